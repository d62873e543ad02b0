package edi

import (
	"bytes"
	"testing"
)

// FuzzMark compares the assembly with the portable form of the bitmap.
func FuzzMark(f *testing.F) {
	f.Add([]byte("ISA*00*~\r\n\x00\x7F\x80\xFFabc"), byte('*'), byte('>'), byte('~'), byte('?'))
	f.Add(bytes.Repeat([]byte("ABC*DEF>G~"), 40), byte(0x1D), byte(0x1F), byte(0x1C), byte(0))
	f.Add(bytes.Repeat([]byte{0xE0, 0x1F, 0x20, 0x7E}, 64), byte('+'), byte(0xE0), byte('\n'), byte('^'))
	f.Fuzz(func(t *testing.T, b []byte, element, component, terminator, release byte) {
		if element == 0 {
			return
		}
		m := newMarker(Delimiters{Element: element, Component: component, Terminator: terminator, Release: release})
		want := make([]uint64, len(b)/64+1)
		wantHigh := m.portable(want, b)
		for _, wide := range []bool{false, avx2()} {
			m.wide = wide
			got := make([]uint64, len(b)/64+1)
			if high := m.mark(got, b); high != wantHigh {
				t.Fatalf("not ASCII: %v, want %v", high, wantHigh)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("word %d: %064b, want %064b", i, got[i], want[i])
				}
			}
		}
	})
}
