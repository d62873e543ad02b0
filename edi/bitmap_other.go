//go:build !amd64 || purego

package edi

// mark reports whether some byte is not ASCII. There is no bitmap: every byte is looked at on the way.
func (m *marker) mark(_ []uint64, b []byte) (high bool) { return firstHigh(b, 0x80, 0xFF) >= 0 }

// assembly says that there is some.
const assembly = false

func avx2() bool { return false }

// next goes on to the next byte that takes more than a token or a mark.
func (r *run) next(s *scan, b []byte) { r.portable(s, b) }
