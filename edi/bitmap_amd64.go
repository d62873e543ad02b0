package edi

// markBlocks is in bitmap_amd64.s.
//
//go:noescape
func markBlocks(words *uint64, data *byte, blocks int, set *[7][16]byte)

// mark writes the bitmap of b into words: bit n of word m is byte 64m+n.
func (m *marker) mark(words []uint64, b []byte) {
	if blocks := len(b) / 64; blocks > 0 {
		markBlocks(&words[0], &b[0], blocks, &m.set)
		words, b = words[blocks:], b[blocks*64:]
	}
	m.portable(words, b)
}
