package edi

import (
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// wide reports whether characters of the interchange take more than one byte: UTF-8 (UNOY), or text of a
// syntax without a declared set, where UTF-8 is what people send.
func (d *Decoder) wide() bool {
	return d.inter.Syntax == X12 || len(d.inter.Version) > 3 && (d.inter.Version[:4] == "UNOY" || d.inter.Version[:4] == "UNOW")
}

// checkText checks the characters of a segment.
func (d *Decoder) checkText() {
	v := &d.view
	if v.binary > 0 {
		return
	}
	if v.form&formControl != 0 {
		d.character("edi.control-character", v.control, "")
	}
	if !d.foreign {
		d.checkSet()
	}
}

// set is the one that the interchange declares. X12 declares none: it is the one that Options name.
func (d *Decoder) set() Charset {
	if d.inter.Syntax == X12 && d.o.Charset != "" {
		return d.o.Charset
	}
	return d.inter.Charset()
}

// watched reports whether a text can be outside the set although it is ASCII.
func (d *Decoder) watched() bool {
	if d.foreign {
		return false
	}
	switch d.set() {
	case LevelA, LevelB, X12Basic, "UNOX":
		return true
	}
	return false
}

// checkHeader is checkText for ISA, which is found otherwise than other segments. ISA11 and ISA16 are separators.
func (d *Decoder) checkHeader() {
	v := &d.view
	data := v.data
	defer func() { v.data = data }()
	d.scratch = append(d.scratch[:0], data...)
	v.data = d.scratch
	for _, t := range v.tokens {
		if n := t.element(); n == 11 || n == 16 {
			clear(v.data[t.start():t.end()])
		}
	}
	for i, b := range v.data {
		if c := d.classes[b]; b >= 0x80 {
			v.form |= formHigh
		} else if b > 0 && (c == classControl || c == classBreak) && v.form&formControl == 0 {
			v.form |= formControl
			v.control = i
		}
	}
	d.checkText()
}

// around returns the position of a byte of the segment, as exactly as the definition of the segment allows.
func (d *Decoder) around(i int) (p Position, ref string) {
	v := &d.view
	p = v.Position()
	use := d.definition()
	for _, t := range v.tokens {
		if int(t.start()) > i || i >= int(t.end()) {
			continue
		}
		p.Element = int(t.element())
		if use != nil && p.Element <= len(use.elements) {
			p = v.where(use, p.Element, int(t.repetition()), 0)
			e := &use.elements[p.Element-1]
			if ref = e.ref; e.composite && int(t.component()) <= len(e.parts) {
				p.Component, ref = int(t.component()), e.parts[t.component()-1].ref
			}
		}
	}
	p.Offset = v.Offset + int64(i)
	return p, ref
}

// definition returns that of the segment in the view, nil if it has none.
func (d *Decoder) definition() *segmentUse {
	switch c := d.check; {
	case c != nil && c.at >= 0:
		return c.spec.uses[c.at]
	case c == nil && d.service != nil:
		return d.service.uses[d.view.tag]
	}
	return nil
}

// character reports a character, and which element it is in.
func (d *Decoder) character(code string, i int, message string) {
	p, ref := d.around(i)
	d.report(code, d.clause("character"), p, message)
	d.found[len(d.found)-1].Element = ref
}

// checkSet looks for the first character outside the set that UNB declares (ISO 9735-1 annex A), or that goes for
// X12 (X12.6 3.3). It is told once an interchange: text in another set is so throughout.
func (d *Decoder) checkSet() {
	v := &d.view
	set := d.set()
	if set == "UNOX" {
		d.strange()
		d.report("edi.character-set", d.clause("character"), v.Position(), "ISO 2022 text is not decoded")
		return
	}
	if v.form&formHigh == 0 && !d.watched() {
		return
	}
	if d.sieve == nil || d.sieve.set != set || d.sieve.delimiters != d.delimiters {
		d.sieve = newSieve(set, d.delimiters)
	}
	if i := d.sieve.outside(v.data); i >= 0 {
		d.strange()
		d.character("edi.character-set", i, set.strange(v.data[i]))
	}
}

// strange notes that there is text outside the declared set.
func (d *Decoder) strange() { d.foreign, d.everyText = true, false }

// strange says what a byte outside the set is.
func (c Charset) strange(b byte) string {
	switch {
	case c == LevelA:
		return "outside level A: capital letters, digits and some signs"
	case c == LevelB && b < 0x80:
		return "outside level B: a sign that ISO 646 leaves to nations"
	case c == LevelB:
		return "outside level B: ISO 646"
	case c == X12Basic:
		return "outside the basic set: capital letters, digits and some signs"
	case c == X12Extended:
		return "not ASCII: X12 declares no set for other characters; agree on one"
	case c == LevelY || c == "UNOW":
		return "not UTF-8"
	case b < 0xA0:
		return "outside ISO 8859; the byte is a character in Windows-1252"
	}
	return "no character of its part of ISO 8859"
}

// A sieve finds what is outside a set, under one set of delimiters. Delimiters are no part of a set, and control
// characters are another matter.
type sieve struct {
	set        Charset
	delimiters Delimiters
	inside     [256]bool
	wide       bool   // a character may have several bytes: UTF-8
	quick      bool   // suspects tells most of what is inside
	capital    uint64 // for it: small letters are outside
}

func newSieve(set Charset, d Delimiters) *sieve {
	s := &sieve{set: set, delimiters: d, wide: set == LevelY || set == "UNOW", quick: set == LevelA || set == LevelB}
	if set == LevelA {
		s.capital = eachTop
	}
	m := charsets[string(set)]
	for b := range 256 {
		switch {
		case b < ' ' || b == 0x7F || !set.known() || s.wide:
			s.inside[b] = true
		case b < 0x80:
			s.inside[b] = set.Has(rune(b))
		default:
			s.inside[b] = m != nil && b >= 0xA0 && m.DecodeByte(byte(b)) != utf8.RuneError
		}
	}
	for _, b := range []byte{d.Component, d.Element, d.Release, d.Repetition, d.Terminator} {
		s.inside[b] = true
	}
	return s
}

// outside returns the first byte that is not in the set, -1 if there is none.
func (s *sieve) outside(b []byte) int {
	if s.wide {
		if firstHigh(b, 0x80, 0xFF) < 0 || utf8.Valid(b) {
			return -1
		}
		return firstInvalid(b)
	}
	i := 0
	if s.quick {
		for ; i+8 <= len(b) && !s.suspects(binary.LittleEndian.Uint64(b[i:])); i += 8 { //nolint:revive // the loop is the work
		}
	}
	for ; i < len(b); i++ {
		if !s.inside[b[i]] {
			return i
		}
	}
	return -1
}

const (
	eachByte = 0x0101010101010101
	eachTop  = 0x80 * eachByte
)

// suspects reports whether one of eight bytes may be outside level A or B: one that is not ASCII, # or $, @ or what
// stands behind Z, ` or what stands behind z, in level A all that stand in the columns of the small letters.
func (s *sieve) suspects(w uint64) bool {
	column := w & (0x1F * eachByte) // the place in a column of 32
	edge := (column + 0x65*eachByte) | ^(column + 0x7F*eachByte)
	sign := (w + 0x5D*eachByte) &^ (w + 0x5B*eachByte)
	return (w|w<<1&(edge|w<<2&s.capital)|sign)&eachTop != 0
}

// firstHigh returns the first byte from low to high, -1 if there is none. Eight bytes at a time it looks for the
// top bit, which plain text never has.
func firstHigh(b []byte, low, high byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
			continue
		}
		for j, c := range b[i : i+8] {
			if c >= low && c <= high {
				return i + j
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= low && b[i] <= high {
			return i
		}
	}
	return -1
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// Decode turns a value into UTF-8 from the character set that the interchange declares. Sets that are not known
// and text that is UTF-8 already are returned as they are.
func (i *Interchange) Decode(value string) string {
	if i.Syntax != EDIFACT || firstHigh([]byte(value), 0x80, 0xFF) < 0 {
		return value
	}
	decoder := charsets[i.Version[:min(len(i.Version), 4)]]
	if decoder == nil {
		return value
	}
	if decoder == charmap.ISO8859_1 && firstHigh([]byte(value), 0x80, 0x9F) >= 0 {
		decoder = charmap.Windows1252
	}
	out, err := decoder.NewDecoder().String(value)
	if err != nil {
		return value
	}
	return out
}
