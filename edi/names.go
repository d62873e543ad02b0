package edi

import (
	"math/bits"
	"strings"
)

// wordCache turns short values into strings without allocating for those seen before.
type wordCache [64]string

func (c *wordCache) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	h := uint32(len(b))
	for _, x := range b[:min(len(b), 8)] {
		h = h*31 + uint32(x)
	}
	slot := &c[h*0x9E3779B1>>26]
	if *slot != string(b) {
		if len(b) > 64 {
			return string(b)
		}
		*slot = string(b)
	}
	return *slot
}

// tagTable tells what tags are, those of a Spec or those that were read, by a perfect hash: one multiplication, one look,
// one comparison.
type tagTable struct {
	count int
	mult  uint32
	shift uint8
	slots []tagSlot
}

type tagSlot struct {
	key   uint32
	tag   int16 // its number in the Spec, -1 if there is none
	plain bool  // can stand in a message only, and means nothing beyond what its definition says
	name  string
}

// tagKey packs a tag of two or three bytes; 0 stands for every other length. Bit 24 tells a third byte of zero from
// none.
func tagKey[T string | []byte](tag T) uint32 {
	switch len(tag) {
	case 3:
		return uint32(tag[0]) | uint32(tag[1])<<8 | uint32(tag[2])<<16 | 1<<24
	case 2:
		return uint32(tag[0]) | uint32(tag[1])<<8
	}
	return 0
}

func newTagTable(s Syntax, tags []string) tagTable {
	t := tagTable{count: len(tags)}
	slots := make([]tagSlot, len(tags))
	for i, tag := range tags {
		slots[i] = tagSlot{tagKey(tag), int16(i), s.plainTag(tag), tag}
	}
	size := 1 << bits.Len(uint(2*len(tags)))
	for !t.spread(slots, size, 2000) {
		size *= 2
	}
	return t
}

// spread looks for a multiplier that gives each tag a place of its own among so many, a power of two.
func (t *tagTable) spread(tags []tagSlot, size, tries int) bool {
	t.slots = make([]tagSlot, size)
	t.shift = uint8(32 - bits.Len(uint(size-1)))
	t.mult = 0x9E3779B1
	for range tries {
		if t.place(tags) {
			return true
		}
		clear(t.slots)
		t.mult -= 2
	}
	return false
}

func (t *tagTable) place(tags []tagSlot) bool {
	for _, tag := range tags {
		slot := t.slot(tag.key)
		if slot.key != 0 {
			return false
		}
		*slot = tag
	}
	return true
}

// maxLearned is how many tags a table learns before it starts anew. No message has as many.
const maxLearned = 64

// learn adds a tag.
func (t *tagTable) learn(tag tagSlot) {
	if t.place([]tagSlot{tag}) {
		t.count++
		return
	}
	all := []tagSlot{tag}
	for _, s := range t.slots {
		if s.key != 0 {
			all = append(all, s)
		}
	}
	if len(all) > maxLearned || !t.spread(all, len(t.slots), 500) {
		t.spread(all[:1], len(t.slots), 1)
	}
}

// slot is where a tag is if the table has it.
func (t *tagTable) slot(key uint32) *tagSlot { return &t.slots[key*t.mult>>(t.shift&31)] }

// find returns the number of a tag, -1 if it is not there.
func (t *tagTable) find(tag string) int { return t.number(tagKey(tag)) }

// number is find for the key of a tag.
func (t *tagTable) number(key uint32) int {
	if slot := t.slot(key); slot.key == key && key != 0 {
		return int(slot.tag)
	}
	return -1
}

// name returns the string of a tag.
func (d *Decoder) name(key uint32, b []byte) string {
	if key == 0 {
		return string(b[:min(len(b), 64)])
	}
	for _, t := range []*tagTable{d.tags, &d.learned} {
		if slot := t.slot(key); slot.key == key {
			return slot.name
		}
	}
	name := string(b)
	d.learned.learn(tagSlot{key, -1, d.inter.Syntax.plainTag(name), name})
	return name
}

// plainTag reports whether a tag is none of a service segment, of binary data, of those that nest, and of those that
// another interchange may begin with.
func (s Syntax) plainTag(tag string) bool {
	if !s.validTag(tag) || tag == "ISA" {
		return false
	}
	if s == EDIFACT {
		return tag[0] != 'U'
	}
	switch tag {
	case "GS", "ST", "SE", "GE", "IEA", "BIN", "BDS", "HL", "LS", "LE", "UNA", "UNB":
		return false
	}
	return !secures(X12, tag)
}

// validTag reports whether a tag can be one: two or three capital letters and digits in X12 (X12.6 3.7.1), three
// in EDIFACT (ISO 9735-1 9).
func (s Syntax) validTag(tag string) bool {
	if len(tag) != 3 && (len(tag) != 2 || s == EDIFACT) {
		return false
	}
	for i := 0; i < len(tag); i++ {
		if c := tag[i]; !(c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

// texts makes strings of short values, many to an allocation.
type texts struct{ chunk strings.Builder }

func (t *texts) add(b []byte) string {
	if t.chunk.Len()+len(b) > t.chunk.Cap() {
		t.chunk = strings.Builder{}
		t.chunk.Grow(max(1024, len(b)))
	}
	n := t.chunk.Len()
	t.chunk.Write(b)
	return t.chunk.String()[n:]
}

// word returns a value that is the same in most messages.
func (d *Decoder) word(element, component int) string {
	for i := range d.view.tokens {
		t := &d.view.tokens[i]
		if int(t.element()) == element && int(t.component()) == component && !t.coarse() {
			return d.words.get(d.view.data[t.start():t.end()])
		}
	}
	return d.view.Text(element, component)
}
