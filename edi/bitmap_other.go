//go:build !amd64

package edi

// mark writes the bitmap of b into words, bit n of word m for byte 64m+n, and reports whether some byte is not
// ASCII.
func (m *marker) mark(words []uint64, b []byte) (high bool) { return m.portable(words, b) }

func avx2() bool { return false }

// next goes on to the next byte that takes more than a token or a mark.
func (r *run) next(s *scan, b []byte) { r.portable(s, b) }
