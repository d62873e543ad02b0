package edi

// marker finds the bytes that are not plain data, 64 at a time: delimiters, the release character and control
// characters. The tokenizer then visits those and no others.
type marker struct {
	delimiters Delimiters
	classes    classes
	turns      turns
	set        [7][32]byte // for the assembly: five delimiters, DEL, and the last control character
	wide       bool        // the processor has AVX2
	slow       bool        // do without assembly: for tests
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
		for j := range m.set[i] {
			m.set[i][j] = b
		}
	}
	return m
}

// portable is mark in Go: for the end of a stretch, and as the judge of the assembly.
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
