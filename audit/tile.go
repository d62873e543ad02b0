package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A tilePath is the name of a tile or entry bundle under a log's prefix (C2SP
// tlog-tiles): tile/<L>/<N>[.p/<W>] or tile/entries/<N>[.p/<W>].
type tilePath struct {
	Entries bool
	Level   int
	N       uint64
	Width   int // 256: full
}

var errTilePath = errors.New("malformed tile path")

// parseTilePath accepts exactly the paths of the specification.
func parseTilePath(path string) (tilePath, error) {
	var t tilePath
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return t, errTilePath
	}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return t, errTilePath
	}
	if t.Entries = level == "entries"; !t.Entries {
		n, err := decimal(level, 63)
		if err != nil {
			return t, err
		}
		t.Level = int(n)
	}
	t.Width = tileWidth
	rest, width, partial := strings.Cut(rest, ".p/")
	if partial {
		n, err := decimal(width, tileWidth-1)
		if err != nil || n == 0 {
			return t, errTilePath
		}
		t.Width = int(n)
	}
	parts := strings.Split(rest, "/")
	if len(parts) > 6 {
		return t, errTilePath
	}
	for i, p := range parts {
		if i < len(parts)-1 {
			if p, ok = strings.CutPrefix(p, "x"); !ok {
				return t, errTilePath
			}
		}
		if len(p) != 3 || strings.Trim(p, "0123456789") != "" || i == 0 && len(parts) > 1 && p == "000" {
			return t, errTilePath
		}
		n, err := strconv.ParseUint(p, 10, 64)
		if err != nil {
			return t, errTilePath
		}
		t.N = t.N*1000 + n
	}
	return t, nil
}

// decimal parses a number without sign or leading zeros.
func decimal(s string, limit uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > limit || strconv.FormatUint(n, 10) != s {
		return 0, errTilePath
	}
	return n, nil
}

// String is the inverse of parseTilePath.
func (t tilePath) String() string {
	kind := strconv.Itoa(t.Level)
	if t.Entries {
		kind = "entries"
	}
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	if t.Width != tileWidth {
		n += ".p/" + strconv.Itoa(t.Width)
	}
	return "tile/" + kind + "/" + n
}

// An entry bundle is a sequence of entries, each after its length in two bytes.

func appendBundle(b []byte, e []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(e))), e...)
}

var errBundle = errors.New("malformed entry bundle")

// parseBundle splits a bundle into its entries.
func parseBundle(b []byte) ([][]byte, error) {
	var entries [][]byte
	for len(b) > 0 {
		if len(b) < 2 {
			return nil, errBundle
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n || len(entries) == tileWidth {
			return nil, errBundle
		}
		entries = append(entries, b[2:2+n:2+n])
		b = b[2+n:]
	}
	return entries, nil
}

// A tileSource reads a tile of which at least width hashes are wanted.
type tileSource func(level int, n uint64, width int) (*hashTile, error)

// A hashTile is a tile with, when it is kept, its inner nodes.
type hashTile struct {
	hashes []tlog.Hash
	inner  [][]tlog.Hash // inner[l-1]: the roots of 2^l hashes; nil: compute
}

// withInner computes the inner nodes of a tile that is kept.
func withInner(hs []tlog.Hash) *hashTile {
	t := &hashTile{hashes: hs}
	below := hs
	for len(below) > 1 {
		above := make([]tlog.Hash, len(below)/2)
		for i := range above {
			above[i] = nodeHash(&below[2*i], &below[2*i+1])
		}
		t.inner = append(t.inner, above)
		below = above
	}
	return t
}

// node is the root of the 2^l hashes from the start-th on.
func (t *hashTile) node(l, start int) (tlog.Hash, error) {
	if start+1<<l > len(t.hashes) {
		return tlog.Hash{}, errTile
	}
	if l > 0 && t.inner != nil {
		return t.inner[l-1][start>>l], nil
	}
	return treeRoot(t.hashes[start : start+1<<l]), nil
}

// hashReader computes the hashes that proofs in a tree of the given size need.
func hashReader(size uint64, tiles tileSource) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			level, n := tlog.SplitStoredHashIndex(x)
			k, l := level/tileHeight, level%tileHeight
			first := uint64(n) << l // in hashes of tile level k
			width := tileWidth
			if first/tileWidth == size>>(tileHeight*(k+1)) {
				width = int(size >> (tileHeight * k) % tileWidth)
			}
			t, err := tiles(k, first/tileWidth, width)
			if err != nil {
				return nil, err
			}
			if out[i], err = t.node(l, int(first%tileWidth)); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}
