//go:build !amd64 || purego

package edi

// mark writes the bitmap of b into words, and reports whether some byte is not ASCII.
func (m *marker) mark(words []uint64, b []byte) (high bool) { return m.eights(words, b) }

func avx2() bool { return false }

// next goes on to the next byte that takes more than a token or a mark.
func (r *run) next(s *scan, b []byte) { r.inGo(s, b) }
