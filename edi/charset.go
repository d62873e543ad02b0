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
		d.report("edi.control-character", d.clause("character"), v.around(v.control), "")
	}
	if d.inter.Syntax == EDIFACT && !d.foreign {
		d.checkSet()
	}
}

// watched reports whether a text can be outside the declared set although it is ASCII.
func (d *Decoder) watched() bool {
	if d.inter.Syntax != EDIFACT {
		return false
	}
	set := d.inter.Version[:min(len(d.inter.Version), 4)]
	return set == "UNOA" || set == "UNOX"
}

// around returns the position of a byte of the segment.
func (v *View) around(i int) Position {
	p := v.Position()
	p.Offset += int64(i)
	for _, t := range v.tokens {
		if int(t.start()) <= i && i < int(t.end()) {
			p.Element = int(t.element())
		}
	}
	return p
}

// checkSet looks for the first character outside the set that UNB declares (ISO 9735-1 annex A). It is told once
// an interchange: text in another set is so throughout.
func (d *Decoder) checkSet() {
	v := &d.view
	set := d.inter.Version[:min(len(d.inter.Version), 4)]
	i, message := -1, ""
	switch set {
	case "UNOA":
		i, message = outsideUNOA(v.data), "outside level A: capital letters, digits and some signs"
	case "UNOB":
		i, message = firstHigh(v.data, 0x80, 0xFF), "outside level B: ISO 646"
	case "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK":
		i, message = firstHigh(v.data, 0x80, 0x9F), "outside ISO 8859; the byte is a character in Windows-1252"
		if i < 0 && v.form&formHigh != 0 {
			i, message = unassigned(v.data, charsets[set]), "no character of its part of ISO 8859"
		}
	case "UNOY", "UNOW":
		if firstHigh(v.data, 0x80, 0xFF) >= 0 && !utf8.Valid(v.data) {
			i, message = firstInvalid(v.data), "not UTF-8"
		}
	case "UNOX":
		d.foreign = true
		d.report("edi.character-set", d.clause("character"), v.Position(), "ISO 2022 text is not decoded")
		return
	}
	if i >= 0 {
		d.foreign = true
		d.report("edi.character-set", d.clause("character"), v.around(i), message)
	}
}

// unassigned returns the first byte that a part of ISO 8859 has no character for, -1 if there is none.
func unassigned(b []byte, set *charmap.Charmap) int {
	for i, c := range b {
		if c >= 0xA0 && set.DecodeByte(c) == utf8.RuneError {
			return i
		}
	}
	return -1
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

// outsideUNOA returns the first byte that is not in level A. Small letters and what stands beside them have two
// bits in common.
func outsideUNOA(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if w&0x8080808080808080|w&(w<<1)&0x4040404040404040 != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c >= 0x80 || c >= 'a' && c <= 'z' {
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
