package audit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// Our edge, tiles and proofs agree with x/mod's tlog on all sizes to 600 and
// on random ones beyond.
func TestTreeAgainstTlog(t *testing.T) {
	const limit = 70_000
	stored := make([]tlog.Hash, 0, 2*limit)
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	special := map[uint64]bool{65_535: true, 65_536: true, 65_537: true, limit: true}
	for range 20 {
		special[rand.Uint64N(limit)] = true
	}
	tiles := map[tileName]*hashTile{}
	e := &edge{}
	e.full = func(level int, n uint64, hs []tlog.Hash) { tiles[tileName{level, n}] = withInner(hs) }
	read := func(level int, n uint64, width int) (*hashTile, error) {
		if t := tiles[tileName{level, n}]; t != nil {
			return t, nil
		}
		return &hashTile{hashes: e.tiles[level]}, nil
	}
	for n := uint64(0); n < limit; n++ {
		leaf := tlog.RecordHash(fmt.Append(nil, n))
		hs, err := tlog.StoredHashesForRecordHash(int64(n), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
		e.append(leaf)
		size := n + 1
		if size > 600 && !special[size] {
			continue
		}
		want, err := tlog.TreeHash(int64(size), reader)
		if err != nil || e.root() != want {
			t.Fatalf("size %d: root differs: %v", size, err)
		}
		for range 3 {
			i := rand.Int64N(int64(size))
			p, err := tlog.ProveRecord(int64(size), i, hashReader(size, read))
			if err != nil {
				t.Fatal(err)
			}
			theirs, _ := tlog.ProveRecord(int64(size), i, reader)
			if fmt.Sprint(p) != fmt.Sprint(theirs) {
				t.Fatalf("size %d: proof of %d differs", size, i)
			}
		}
		leaves := e.tiles[0]
		again, err := loadEdge(size, leaves, func(level int, n uint64) ([]tlog.Hash, error) {
			return tiles[tileName{level, n}].hashes, nil
		})
		if err != nil || again.root() != want {
			t.Fatalf("size %d: loaded edge differs: %v", size, err)
		}
		next := tlog.RecordHash([]byte("next"))
		again.append(next)
		other := e.clone()
		other.append(next)
		if again.root() != other.root() {
			t.Fatalf("size %d: loaded edge grows differently", size)
		}
	}
}

func TestTilePath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tilePath{Entries: rapid.Bool().Draw(t, "entries"), N: rapid.Uint64Range(0, 1<<50).Draw(t, "n"), Width: rapid.IntRange(1, 256).Draw(t, "width")}
		if !p.Entries {
			p.Level = rapid.IntRange(0, 63).Draw(t, "level")
		}
		got, err := parseTilePath(p.String())
		if err != nil || got != p {
			t.Fatalf("%v: %v, %v", p, got, err)
		}
	})
	if s := (tilePath{N: 1234067, Width: 256}).String(); s != "tile/0/x001/x234/067" {
		t.Error(s) // the specification's example
	}
}
