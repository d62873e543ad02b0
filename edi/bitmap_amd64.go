//go:build !purego

package edi

import "sync"

// The assembly is in bitmap_amd64.s. n counts words and is not 0.

//go:noescape
func mark16(words *uint64, data *byte, n int, set *[7][32]byte) (high uint64)

//go:noescape
func mark32(words *uint64, data *byte, n int, set *[7][32]byte) (high uint64)

//go:noescape
func visit(r *run)

func hasAVX2() bool

var avx2 = sync.OnceValue(hasAVX2)

// mark writes the bitmap of b into words, bit n of word m for byte 64m+n, and reports whether some byte is not
// ASCII.
func (m *marker) mark(words []uint64, b []byte) (high bool) {
	if n := len(b) / 64; n > 0 {
		_ = words[n-1]
		var bits uint64
		if m.wide {
			bits = mark32(&words[0], &b[0], n, &m.set)
		} else {
			bits = mark16(&words[0], &b[0], n, &m.set)
		}
		high = bits != 0
		words, b = words[n:], b[n*64:]
	}
	return m.portable(words, b) || high
}

// next goes on to the next byte that takes more than a token or a mark.
func (r *run) next(s *scan, b []byte) {
	if s.marker.slow {
		r.inGo(s, b)
		return
	}
	// The assembly checks no bounds: room and the walk saw to it that there is place for all that it writes.
	r.bytes, r.words, r.token, r.mark = &b[0], &s.words[0], &s.tokens[0], &s.marks[0]
	r.classes, r.turns = &s.marker.classes, &s.marker.turns
	visit(r)
}
