package audit

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const rehashEvery = 24 * time.Hour

// rehash recomputes every log from its entries, at once and then daily, until
// it finds damage or ctx ends.
func (l *Ledger) rehash(ctx context.Context) {
	for l.rehashAll(ctx) {
		select {
		case <-time.After(rehashEvery):
		case <-ctx.Done():
			return
		}
	}
}

// rehashAll recomputes every log once. Its progress is a warning; damage stops
// the ledger. It says whether all is well.
func (l *Ledger) rehashAll(ctx context.Context) bool {
	const code = "audit.rehash"
	err := l.store.verifyBlocks()
	if err == nil && l.journal != nil {
		err = l.journal.Check(ctx)
	}
	for name, s := range l.logs() {
		if err != nil {
			break
		}
		l.report(Problem{Code: code, Log: name, Warning: true, Message: "entries are being re-hashed"})
		if err = l.rehashLog(ctx, s); err == nil {
			l.resolve(code, name)
		}
	}
	if err != nil && ctx.Err() == nil {
		l.stop(err, "audit.damaged")
	}
	return err == nil
}

// rehashLog recomputes the leaf of each entry and compares it with its tile,
// and each tile with the one above, up to the head that the log has now. All
// cores take part; the first bad index is the one that is named.
func (l *Ledger) rehashLog(ctx context.Context, s *logState) error {
	s.checked.Store(0)
	v := s.view.Load()
	if l.refused() != nil {
		return nil // known to be damaged, or closing: nothing new to find
	}
	workers := make([]rehasher, runtime.GOMAXPROCS(0))
	for from := uint64(0); from < v.edge.size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs := make([]error, len(workers))
		var wg sync.WaitGroup
		for i := range workers {
			start, end := from, min(from+rehashChunk, v.edge.size)
			from = end
			wg.Go(func() { errs[i] = workers[i].run(l, s, v, start, end) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return s.named(err)
			}
		}
		s.checked.Store(from)
	}
	if err := l.compareUpper(s, v); err != nil {
		return err
	}
	if v.edge.tilesRoot() != v.root {
		return s.damage(v.edge.size, "head", "entries do not hash to the signed head")
	}
	return nil
}

// rehashChunk entries are re-hashed by one worker at a time: whole tiles.
const rehashChunk = 32 * tileWidth

// A rehasher is one worker; it keeps its buffers.
type rehasher struct {
	hasher hasher
	record record
	losses losses
	leaves []tlog.Hash
}

// run re-hashes some entries, bundle by bundle.
func (w *rehasher) run(l *Ledger, s *logState, v *logView, from, to uint64) error {
	if from >= to {
		return nil
	}
	w.leaves = w.leaves[:0]
	return l.view(func(r reader) error {
		return eachEncoded(r, s.id, from, to, func(index uint64, encoded []byte) error {
			if err := w.record.decode(encoded); err != nil {
				return &Damage{Index: index, Fault: "entry", What: err.Error()}
			}
			w.leaves = append(w.leaves, w.record.leaf(&w.hasher))
			if w.record.lost {
				if err := w.losses.check(r, l.later(s, w.record.ahead), s.name, index, &w.record); err != nil {
					return err
				}
			}
			if len(w.leaves) < tileWidth && index+1 < to {
				return nil
			}
			err := l.compareTile(r, s, v, index/tileWidth, w.leaves)
			w.leaves = w.leaves[:0]
			return err
		})
	})
}

// named puts the log's name into a damage.
func (s *logState) named(err error) error {
	var d *Damage
	if errors.As(err, &d) {
		d.Log = s.name
	}
	return err
}

// compareTile compares the leaves of a bundle with the stored tile, and a full
// one with the tile above it.
func (l *Ledger) compareTile(r reader, s *logState, v *logView, n uint64, leaves []tlog.Hash) error {
	t, err := freshTile(r, s, v, 0, n)
	if err != nil {
		return err
	}
	var root tlog.Hash
	var up []tlog.Hash
	if len(leaves) == tileWidth {
		root = treeRoot(leaves)
		if up, err = freshTile(r, s, v, 1, n/tileWidth); err != nil {
			return err
		}
	}
	for i := range leaves {
		if i >= len(t) || leaves[i] != t[i] {
			fault := "entry"
			if up != nil && root == up[n%tileWidth] {
				fault = "tile"
			}
			return s.damage(n*tileWidth+uint64(i), fault, "entry and tile differ")
		}
	}
	if up != nil && root != up[n%tileWidth] {
		return s.tileDamage(0, n)
	}
	return nil
}

// tileDamage is a tile that does not hash to its place in the one above.
func (s *logState) tileDamage(level int, n uint64) error {
	return s.damage(n<<(tileHeight*(level+1)), "tile", "tile %d/%d does not hash to the tile above", level, n)
}

// compareUpper compares every tile above the second level with the tiles below.
func (l *Ledger) compareUpper(s *logState, v *logView) error {
	return l.view(func(r reader) error {
		for level := 2; level < tileLevels; level++ {
			for n := range v.edge.size >> (tileHeight * level) {
				up, err := freshTile(r, s, v, level, n/tileWidth)
				if err != nil {
					return err
				}
				below, err := freshTile(r, s, v, level-1, n)
				if err != nil {
					return err
				}
				if treeRoot(below) != up[n%tileWidth] {
					return s.tileDamage(level-1, n)
				}
			}
		}
		return nil
	})
}

// freshTile reads a tile past the cache.
func freshTile(r reader, s *logState, v *logView, level int, n uint64) ([]tlog.Hash, error) {
	if n == v.edge.size>>(tileHeight*(level+1)) {
		return v.edge.tiles[level], nil
	}
	b, err := r.get(tileKey(s.id, level, n))
	if err == nil && len(b) != tileBytes {
		err = errTile
	}
	if err != nil {
		return nil, s.damage(n<<(tileHeight*(level+1)), "tile", "tile %d/%d: %v", level, n, err)
	}
	return decodeTile(b)
}
