package edi

import "encoding/binary"

// marker finds the bytes that are not plain data, 64 at a time: delimiters, the release character and control
// characters. The tokenizer then visits those and no others.
type marker struct {
	delimiters Delimiters
	classes    classes
	turns      turns
	eight      [5]uint64   // delimiters, each eight times
	ascii      bool        // all of them are
	set        [7][32]byte // for the assembly: five delimiters, DEL, and the last control character
	wide       bool        // the processor has AVX2
	slow       bool        // do without assembly: for tests
	bytes      bool        // and byte by byte
}

// turns are what a separator of each class does to the place of the next value: what of it is kept, and what is added.
type turns struct{ keep, add [classTerminator]uint64 }

func newMarker(d Delimiters) *marker {
	m := &marker{delimiters: d, classes: *d.classes(), wide: avx2()}
	m.turns.keep = [...]uint64{classElement: 0xFFFF, classRepetition: 0xFFFF_FFFF, classComponent: placeCoarse - 1}
	m.turns.add = [...]uint64{
		classElement: placeElement + placeRepetition + placeComponent, classRepetition: placeRepetition + placeComponent,
		classComponent: placeComponent,
	}
	for i, b := range []byte{d.Element, d.Component, d.Repetition, d.Terminator, d.Release, 0x7F, 0x1F} {
		if b == 0 {
			b = d.Element
		}
		if i < len(m.eight) {
			m.eight[i] = uint64(b) * eachByte
		}
		m.ascii = (i == 0 || m.ascii) && b < 0x80
		for j := range m.set[i] {
			m.set[i][j] = b
		}
	}
	return m
}

// eights is mark in Go, eight bytes at a time. A byte without its top bit, to which 0x7F is added, has the top bit but
// where it was 0; nothing is carried over into the next one.
func (m *marker) eights(words []uint64, b []byte) (high bool) {
	if !m.ascii {
		return m.portable(words, b)
	}
	const most = 0x7F * eachByte
	e0, e1, e2, e3, e4 := m.eight[0], m.eight[1], m.eight[2], m.eight[3], m.eight[4]
	var tops uint64
	for len(b) >= 64 {
		block := (*[64]byte)(b)
		var word uint64
		for i := uint(0); i < 64; i += 8 {
			w := binary.LittleEndian.Uint64(block[i:])
			tops |= w
			x := w & most
			plain := (x ^ e0 + most) & (x ^ e1 + most) & (x ^ e2 + most) & (x ^ e3 + most) & (x ^ e4 + most) &
				(x + 0x60*eachByte) &^ (x + eachByte) // from blank on, and not DEL
			word |= ^(plain | w) & eachTop >> 7 * 0x0102_0408_1020_4080 >> 56 << (i & 63)
		}
		words[0] = word
		b, words = b[64:], words[1:]
	}
	return m.portable(words, b) || tops&eachTop != 0
}

// portable is mark byte by byte: for the end of a stretch, and as the judge of the others.
func (m *marker) portable(words []uint64, b []byte) (high bool) {
	high = firstHigh(b, 0x80, 0xFF) >= 0
	for w := 0; len(b) > 0; w++ {
		n := min(len(b), 64)
		var word uint64
		for i, c := range b[:n] {
			if m.classes[c] != classData {
				word |= 1 << i
			}
		}
		words[w] = word
		b = b[n:]
	}
	return high
}
