//go:build !amd64

package edi

// mark writes the bitmap of b into words: bit n of word m is byte 64m+n.
func (m *marker) mark(words []uint64, b []byte) { m.portable(words, b) }
