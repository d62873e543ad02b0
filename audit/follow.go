package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// NewMirrorWith is NewMirror with a client of the caller's: gateways read each
// other's logs over mutual TLS.
func NewMirrorWith(dir, vkey, url string, client *http.Client) (*Mirror, error) {
	m, err := NewMirror(dir, vkey, url, "")
	if err == nil {
		m.remote.client = client
	}
	return m, err
}

// Held is the head that the mirror holds, of size 0 when it holds nothing yet.
func (m *Mirror) Held() (Checkpoint, error) {
	held, _, err := m.load()
	return held, err
}

// Had says whether the mirrored log had a head; of one that is larger than what
// is held nothing is known, and that is ErrNotFound.
func (m *Mirror) Had(head Checkpoint) (bool, error) {
	held, e, err := m.load()
	if err != nil {
		return false, err
	}
	if head.Size > held.Size {
		return false, fmt.Errorf("size %d of %s: %w", head.Size, held.Origin, ErrNotFound)
	}
	root, err := tlog.TreeHash(int64(head.Size), hashReader(held.Size, func(level int, n uint64, _ int) (*hashTile, error) {
		if n == held.Size>>(tileHeight*(level+1)) {
			return &hashTile{hashes: e.tiles[level]}, nil
		}
		b, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(tilePath{Level: level, N: n, Width: tileWidth}.String())))
		if err != nil {
			return nil, err
		}
		hs, err := decodeTile(b)
		return &hashTile{hashes: hs}, err
	}))
	return err == nil && root == head.Root, err
}

// Follow is Pull for a mirror that is kept up beat by beat: the partial tiles
// of the head before, which the new one has made superfluous, are removed
// (C2SP tlog-tiles allows it; otherwise every beat would leave some for ever).
func (m *Mirror) Follow(ctx context.Context) (Checkpoint, error) {
	before, err := m.Held()
	if err != nil {
		return before, err
	}
	head, err := m.Pull(ctx)
	if err != nil {
		return head, err
	}
	for level := range tileLevels {
		n := before.Size >> (tileHeight * level)
		width := int(n % tileWidth)
		if width == 0 || n == head.Size>>(tileHeight*level) {
			continue
		}
		paths := []tilePath{{Level: level, N: n / tileWidth, Width: width}}
		if level == 0 {
			paths = append(paths, tilePath{Entries: true, N: n / tileWidth, Width: width})
		}
		for _, p := range paths {
			err := os.Remove(filepath.Join(m.dir, filepath.FromSlash(p.String())))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return head, err
			}
		}
	}
	return head, nil
}

// SearchTargetAny is SearchTarget for whoever has a number and does not know
// what kind of term it is: the events that any of the terms finds, in the order
// in which they happened. The folder is copied and opened once.
func SearchTargetAny(ctx context.Context, target string, terms []string, q Query) ([]*Stored, error) {
	if bundle, err := isBundle(target); err != nil || bundle {
		if err != nil {
			return nil, err
		}
		return searchBundle(ctx, target, terms, q)
	}
	f, err := openFolder(ctx, target)
	if err != nil {
		return nil, err
	}
	var found []*Stored
	seen := map[At]bool{}
	for _, q.Term = range terms {
		events, err := f.search(ctx, q)
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		for _, e := range events {
			if at := (At{Log: e.Log, Index: e.Index}); !seen[at] {
				seen[at] = true
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Stored) int { return cmp.Compare(a.Sequence, b.Sequence) })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, f.close()
}

// Keep puts the peer's own cosignature beside what is held: it says that the
// whole copy is of a head that was witnessed. Another head is ErrChanged.
func (m *Mirror) Keep(note []byte) error {
	held, err := m.Held()
	if err != nil {
		return err
	}
	head, _, err := openCheckpoint(note, m.key)
	if err != nil {
		return err
	}
	if head != held {
		return fmt.Errorf("mirror of %s holds another head: %w", held.Origin, ErrChanged)
	}
	return writeDurable(filepath.Join(m.dir, "checkpoint"), note)
}

// KeepSuccession puts the succession of the mirrored shard beside it.
func (m *Mirror) KeepSuccession(doc []byte) error {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	return writeDurable(filepath.Join(m.dir, "successor"), doc)
}
