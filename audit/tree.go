package audit

import (
	"crypto/sha256"
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileBytes  = tileWidth * tlog.HashSize
	tileLevels = 8 // 256^8 events are enough
)

// An edge is the right edge of a tree: what is needed to append to it, to
// compute its root, and the tiles that are not full yet. Copies of an edge
// stay valid while the original grows (slices are only appended to, and given
// up when full), so that readers can keep one.
type edge struct {
	size  uint64
	nodes [64]tlog.Hash                                 // nodes[l]: root of the full subtree of 2^l leaves at the edge, if bit l of size is set
	tiles [tileLevels][]tlog.Hash                       // tiles[k]: hashes of the last tile of level k, fewer than 256
	full  func(level int, n uint64, hashes []tlog.Hash) // called for each tile that gets full; may be nil
}

// append adds a leaf.
func (e *edge) append(h tlog.Hash) {
	e.grow(0, h)
	level := 0
	for ; e.size>>level&1 == 1; level++ {
		h = nodeHash(&e.nodes[level], &h)
		if (level+1)%tileHeight == 0 {
			e.grow((level+1)/tileHeight, h)
		}
	}
	e.nodes[level] = h
	e.size++
}

// grow adds a hash to the last tile of a level.
func (e *edge) grow(level int, h tlog.Hash) {
	t := e.tiles[level]
	if t == nil {
		t = make([]tlog.Hash, 0, tileWidth)
	}
	t = append(t, h)
	if len(t) == tileWidth {
		if e.full != nil {
			e.full(level, e.size>>(tileHeight*(level+1)), t)
		}
		t = nil
	}
	e.tiles[level] = t
}

// root is the root of the tree (RFC 6962 section 2.1).
func (e *edge) root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	level := bits.TrailingZeros64(e.size)
	h := e.nodes[level]
	for level++; level < 64; level++ {
		if e.size>>level&1 == 1 {
			h = nodeHash(&e.nodes[level], &h)
		}
	}
	return h
}

// tilesRoot is the root that the tiles at the edge lead to.
func (e *edge) tilesRoot() tlog.Hash {
	c := edge{size: e.size}
	for level, hs := range e.tiles {
		if c.setLevel(level, hs) != nil {
			return tlog.Hash{}
		}
	}
	return c.root()
}

// nodeHash is RFC 6962's hash of an inner node, without allocation.
func nodeHash(left, right *tlog.Hash) tlog.Hash {
	var b [1 + 2*tlog.HashSize]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+tlog.HashSize:], right[:])
	return sha256.Sum256(b[:])
}

// treeRoot is the root of 1, 2, 4 … or 256 hashes, which form a full subtree.
func treeRoot(hs []tlog.Hash) tlog.Hash {
	var room [tileWidth / 2]tlog.Hash
	for len(hs) > 1 {
		above := room[:len(hs)/2]
		for i := range above {
			above[i] = nodeHash(&hs[2*i], &hs[2*i+1])
		}
		hs = above
	}
	return hs[0]
}

// clone returns a copy for readers.
func (e *edge) clone() *edge {
	c := *e
	c.full = nil
	return &c
}

var errTile = errors.New("malformed tile")

func encodeTile(hs []tlog.Hash) []byte {
	b := make([]byte, 0, len(hs)*tlog.HashSize)
	for i := range hs {
		b = append(b, hs[i][:]...)
	}
	return b
}

func decodeTile(b []byte) ([]tlog.Hash, error) {
	if len(b) == 0 || len(b)%tlog.HashSize != 0 || len(b) > tileBytes {
		return nil, errTile
	}
	hs := make([]tlog.Hash, len(b)/tlog.HashSize)
	for i := range hs {
		copy(hs[i][:], b[i*tlog.HashSize:])
	}
	return hs, nil
}

// loadEdge rebuilds the edge of a tree of a given size: leaves are the hashes
// of the events after the last full tile, tile reads full tiles.
func loadEdge(size uint64, leaves []tlog.Hash, tile func(level int, n uint64) ([]tlog.Hash, error)) (*edge, error) {
	e := &edge{size: size}
	for level := 0; level < tileLevels; level++ {
		width := int(size >> (tileHeight * level) % tileWidth)
		hs := leaves
		if level > 0 {
			hs = make([]tlog.Hash, 0, tileWidth)
			first := size >> (tileHeight * (level + 1)) << tileHeight
			for i := range width {
				below, err := tile(level-1, first+uint64(i))
				if err != nil {
					return nil, err
				}
				if len(below) != tileWidth {
					return nil, errTile
				}
				hs = append(hs, treeRoot(below))
			}
		}
		if err := e.setLevel(level, hs); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// setLevel sets the last tile of a level, and the roots of the perfect
// subtrees inside it.
func (e *edge) setLevel(level int, hs []tlog.Hash) error {
	width := int(e.size >> (tileHeight * level) % tileWidth)
	if len(hs) != width {
		return errTile
	}
	if width > 0 {
		e.tiles[level] = append(make([]tlog.Hash, 0, tileWidth), hs...)
	}
	for l := range tileHeight {
		if width>>l&1 == 1 {
			start := width >> (l + 1) << (l + 1)
			e.nodes[level*tileHeight+l] = treeRoot(hs[start : start+1<<l])
		}
	}
	return nil
}
