package edi

// marker finds the bytes that are not plain data, 64 at a time: delimiters, the release character and control
// characters. The tokenizer then visits those and no others.
type marker struct {
	classes classes
	set     [7][16]byte // for the assembly: five delimiters, DEL, and the last control character
}

func newMarker(d Delimiters) *marker {
	m := &marker{classes: *d.classes()}
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

// portable is mark in Go: for other processors, for the end of a window, and as the judge of the assembly.
func (m *marker) portable(words []uint64, b []byte) {
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
}
