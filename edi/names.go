package edi

import "strings"

// tagCache turns short values into strings without allocating for those seen before.
type tagCache [64]string

func (c *tagCache) get(b []byte) string {
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

// tagNames turns tags into strings and remembers what they are: a tag is its own key.
type tagNames [64]tagName

type tagName struct {
	key   uint32
	plain bool // can stand in a message only, and means nothing beyond what its definition says
	name  string
}

// find returns what is known about a tag, nil if it is new.
func (c *tagNames) find(key uint32) *tagName {
	at := key * 0x9E3779B1 >> 26
	for i := range uint32(4) { // tags that share a place use its neighbours
		if n := &c[(at+i)&63]; n.key == key {
			return n
		}
	}
	return nil
}

// name returns the string of a tag.
func (d *Decoder) name(key uint32, b []byte) string {
	if key == 0 {
		return string(b[:min(len(b), 64)])
	}
	if n := d.names.find(key); n != nil {
		return n.name
	}
	at := key * 0x9E3779B1 >> 26
	n := &d.names[(at+3)&63]
	for i := range uint32(3) {
		if free := &d.names[(at+i)&63]; free.key == 0 {
			n = free
			break
		}
	}
	*n = tagName{key, d.plain(string(b)), string(b)}
	return n.name
}

// plain reports whether a tag is none of a service segment and none of those that nest.
func (d *Decoder) plain(tag string) bool {
	if !d.validTag(tag) {
		return false
	}
	if d.inter.Syntax == EDIFACT {
		return tag[0] != 'U' || tag == "UNS"
	}
	switch tag {
	case "GS", "ST", "SE", "GE", "ISA", "IEA", "BIN", "BDS", "HL", "LS", "LE":
		return false
	}
	return !secures(X12, tag)
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
			return d.tags.get(d.view.data[t.start():t.end()])
		}
	}
	return d.view.Text(element, component)
}
