package edi

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzMark compares the assembly, and Go by eight bytes, with the bitmap that is made byte by byte.
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
			eights := make([]uint64, len(b)/64+1)
			if high := m.eights(eights, b); high != wantHigh || !slices.Equal(eights, want) {
				t.Fatalf("by eight bytes: %v %064b, want %v %064b", high, eights, wantHigh, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("word %d: %064b, want %064b", i, got[i], want[i])
				}
			}
		}
	})
}

// FuzzScan compares the tokenizer with the assembly and without, by the bitmap and byte by byte.
func FuzzScan(f *testing.F) {
	f.Add([]byte("ST*309*0001~\r\nN1*AB>C^D**E~ X~~\n \nSE*2*0001~"), byte('>'), byte('^'), byte('~'), byte(0), 7)
	f.Add([]byte("UNH+1+A:D?'?\r\n:B'\nFTX+??+?+'BGM'\x00\t'A\x01B+'"), byte(':'), byte('*'), byte('\''), byte('?'), 40)
	f.Add([]byte("A*B\nC*D\n\r\n"), byte(0), byte(0), byte('\n'), byte(0), 3000)
	f.Fuzz(func(t *testing.T, doc []byte, component, repetition, terminator, release byte, repeat int) {
		doc = bytes.Repeat(doc, 1+min(max(repeat, 0), 20_000/(len(doc)+1)))
		d := Delimiters{Element: '*', Component: component, Repetition: repetition, Terminator: terminator, Release: release}
		if release != 0 {
			d.Element = '+'
		}
		limits := Limits{Elements: 50}.withDefaults()
		for _, slow := range []bool{false, true} {
			compareScans(t, doc, d, &limits, slow)
		}
	})
}

// compareScans compares the tokenizer, with the assembly or without it, with that which goes byte by byte.
func compareScans(t *testing.T, doc []byte, d Delimiters, limits *Limits, without bool) {
	fast, slow := scan{}, scan{}
	fast.begin(d)
	slow.begin(d)
	fast.marker.slow = without
	slow.marker.slow, slow.marker.bytes = true, true
	a, b := bytesSource(doc), bytesSource(doc)
	for {
		v, w := View{release: newEscape(d)}, View{release: newEscape(d)}
		o, p := fast.next(&a, &v, limits), slow.next(&b, &w, limits)
		if o != p || a.pos != b.pos || v.Offset != w.Offset || v.form != w.form || v.elements != w.elements ||
			!bytes.Equal(v.data, w.data) || !bytes.Equal(v.name, w.name) || !slices.Equal(v.tokens, w.tokens) {
			t.Fatalf("at %d: %d %+v, want %d %+v", a.pos, o, v, p, w)
		}
		if o != outcomeSegment {
			return
		}
	}
}
