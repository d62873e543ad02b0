package audit

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"
)

const rehashEvery = 24 * time.Hour

// rehash recomputes every log from its entries, at once and then daily. Until
// the first round is done its progress is a warning; damage stops the ledger.
func (l *Ledger) rehash(ctx context.Context) {
	const code = "audit.rehash"
	for {
		if err := l.store.verifyBlocks(); err != nil {
			l.stop(err, "audit.damaged")
			return
		}
		for name, s := range l.logs() {
			l.report(Problem{Code: code, Log: name, Warning: true, Message: "entries are being re-hashed"})
			if err := l.rehashLog(ctx, s); err != nil {
				if ctx.Err() == nil {
					l.stop(err, "audit.damaged")
				}
				return
			}
			l.resolve(code, name)
		}
		select {
		case <-time.After(rehashEvery):
		case <-ctx.Done():
			return
		}
	}
}

// rehashLog compares each entry with its leaf and each tile with the one above,
// up to the head that the log has now.
func (l *Ledger) rehashLog(ctx context.Context, s *logState) error {
	s.checked.Store(0)
	v := s.view.Load()
	if l.refused() != nil {
		return nil // known to be damaged, or closing: nothing new to find
	}
	var e edge
	workers := uint64(runtime.GOMAXPROCS(0))
	for from := uint64(0); from < v.edge.size; from += workers * rehashChunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunks := make([][]tlog.Hash, workers)
		var g errgroup.Group
		for i := range workers {
			start := from + i*rehashChunk
			g.Go(func() (err error) {
				chunks[i], err = l.rehashChunk(s, start, min(start+rehashChunk, v.edge.size))
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return s.named(err)
		}
		for leaves := range slices.Chunk(slices.Concat(chunks...), tileWidth) {
			if err := l.compareTile(s, v, e.size/tileWidth, leaves); err != nil {
				return err
			}
			for i := range leaves {
				e.append(leaves[i])
			}
		}
		s.checked.Store(e.size)
	}
	if e.root() != v.root {
		return s.damage(v.edge.size, "head", "entries do not hash to the signed head")
	}
	return l.compareUpper(s, v)
}

// rehashChunk entries are re-hashed by one worker at a time.
const rehashChunk = 16 * tileWidth

// rehashChunk recomputes the leaves of some entries.
func (l *Ledger) rehashChunk(s *logState, from, to uint64) ([]tlog.Hash, error) {
	if from >= to {
		return nil, nil
	}
	var h hasher
	leaves := make([]tlog.Hash, 0, to-from)
	err := l.view(func(r reader) error {
		return eachRecord(r, s.id, from, to, func(_ uint64, rec *record) error {
			leaves = append(leaves, rec.leaf(&h))
			return nil
		})
	})
	return leaves, err
}

// named puts the log's name into a damage.
func (s *logState) named(err error) error {
	var d *Damage
	if errors.As(err, &d) {
		d.Log = s.name
	}
	return err
}

// compareTile compares the leaves of a bundle with the stored tile.
func (l *Ledger) compareTile(s *logState, v *logView, n uint64, leaves []tlog.Hash) error {
	t, err := l.freshTile(s, v, 0, n)
	if err != nil {
		return err
	}
	for i := range leaves {
		if i >= len(t) || leaves[i] != t[i] {
			fault := "entry"
			if len(leaves) == tileWidth {
				if up, err := l.freshTile(s, v, 1, n/tileWidth); err == nil && treeRoot(leaves) == up[n%tileWidth] {
					fault = "tile"
				}
			}
			return s.damage(n*tileWidth+uint64(i), fault, "entry and tile differ")
		}
	}
	return nil
}

// compareUpper compares every tile above the first level with the tiles below.
func (l *Ledger) compareUpper(s *logState, v *logView) error {
	for level := 1; level < tileLevels; level++ {
		for n := range v.edge.size >> (tileHeight * level) {
			up, err := l.freshTile(s, v, level, n/tileWidth)
			if err != nil {
				return err
			}
			below, err := l.freshTile(s, v, level-1, n)
			if err != nil {
				return err
			}
			if treeRoot(below) != up[n%tileWidth] {
				return s.damage(n<<(tileHeight*level), "tile", "tile %d/%d does not hash to the tile above", level-1, n)
			}
		}
	}
	return nil
}

// freshTile reads a tile past the cache.
func (l *Ledger) freshTile(s *logState, v *logView, level int, n uint64) ([]tlog.Hash, error) {
	if n == v.edge.size>>(tileHeight*(level+1)) {
		return v.edge.tiles[level], nil
	}
	var hs []tlog.Hash
	err := l.view(func(r reader) error {
		b, err := r.get(tileKey(s.id, level, n))
		if err == nil && len(b) != tileBytes {
			err = errTile
		}
		if err != nil {
			return s.damage(n<<(tileHeight*(level+1)), "tile", "tile %d/%d: %v", level, n, err)
		}
		hs, err = decodeTile(b)
		return err
	})
	return hs, err
}
