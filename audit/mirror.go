package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// A Mirror is a verified copy of somebody's published log, as a folder in the
// layout of C2SP tlog-tiles: any web server can serve it, and any tool for
// such logs reads it. It holds entries (commitments), never what they commit to.
type Mirror struct {
	dir    string
	key    *verifyKey
	remote *remoteLog
	failed error // of storing a tile, during Pull
}

// NewMirror mirrors the log behind a URL, whose vkey is given, into a folder.
func NewMirror(dir, vkey, url, bearer string) (*Mirror, error) {
	key, err := parseVkey(vkey)
	if err != nil || key.alg != algEd25519 {
		return nil, fmt.Errorf("mirror: %w", errVkey)
	}
	return &Mirror{dir: dir, key: key, remote: newRemote(url, Access{Bearer: bearer})}, nil
}

// Pull fetches what is new, verifies that every entry and tile is of the
// published head and that this extends what is held already, and only then
// takes the new checkpoint. ErrDamaged: the log is not an extension, or its
// parts do not fit; what was held stays.
func (m *Mirror) Pull(ctx context.Context) (Checkpoint, error) {
	m.failed = nil
	held, e, err := m.load()
	if err != nil {
		return held, err
	}
	text, err := m.remote.get(ctx, "checkpoint")
	if err != nil {
		return held, err
	}
	head, _, err := openCheckpoint(text, m.key)
	if err != nil {
		return held, m.damage(0, "head", err.Error())
	}
	if head.Size < held.Size || head.Size == held.Size && head.Root != held.Root {
		return held, m.damage(head.Size, "head", fmt.Sprintf("mirror holds %d entries of another history", held.Size))
	}
	for n := e.size / tileWidth; n*tileWidth < head.Size; n++ {
		width := int(min(tileWidth, head.Size-n*tileWidth))
		if err := errors.Join(m.pullBundle(ctx, e, n, width), m.failed); err != nil {
			return held, err
		}
	}
	if e.root() != head.Root {
		return held, m.damage(held.Size, "entry", "entries do not hash to the published head")
	}
	for level := 1; level < tileLevels; level++ {
		if hs := e.tiles[level]; len(hs) > 0 {
			if err := m.write(tilePath{Level: level, N: e.size >> (tileHeight * (level + 1)), Width: len(hs)}, encodeTile(hs)); err != nil {
				return held, err
			}
		}
	}
	return head, writeDurable(filepath.Join(m.dir, "checkpoint"), text)
}

// pullBundle adds the new entries of one bundle to the edge and stores bundle
// and tile. Tiles are computed, never fetched.
func (m *Mirror) pullBundle(ctx context.Context, e *edge, n uint64, width int) error {
	var bundle []byte
	have := e.size - n*tileWidth
	err := m.remote.entries(ctx, n, width, func(index uint64, entry []byte, err error) error {
		bundle = appendBundle(bundle, entry)
		if index >= n*tileWidth+have {
			e.append(hashEntry(entry))
		} else if h := hashEntry(entry); h != e.tiles[0][index%tileWidth] {
			return m.damage(index, "entry", "entry differs from the one that is mirrored")
		}
		return err
	})
	if err != nil {
		return err
	}
	if e.size != n*tileWidth+uint64(width) {
		return m.damage(e.size, "entry", "entries are missing")
	}
	if err := m.write(tilePath{Entries: true, N: n, Width: width}, bundle); err != nil {
		return err
	}
	if width < tileWidth {
		return m.write(tilePath{N: n, Width: width}, encodeTile(e.tiles[0]))
	}
	return nil
}

func (m *Mirror) damage(index uint64, fault, what string) error {
	return &Damage{Log: m.key.name, Index: index, Fault: fault, What: what}
}

func (m *Mirror) write(t tilePath, data []byte) error {
	path := filepath.Join(m.dir, filepath.FromSlash(t.String()))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return writeDurable(path, data)
}

// load reads the held checkpoint and recomputes its edge from the held files.
func (m *Mirror) load() (Checkpoint, *edge, error) {
	e := &edge{}
	var held Checkpoint
	text, err := os.ReadFile(filepath.Join(m.dir, "checkpoint"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return held, nil, err
	default:
		if held, _, err = openCheckpoint(text, m.key); err != nil {
			return held, nil, fmt.Errorf("%s: %w", m.dir, err)
		}
		if e, err = m.edge(held); err != nil {
			return held, nil, err
		}
	}
	e.full = m.storeFull
	return held, e, nil
}

// storeFull stores a tile that got full.
func (m *Mirror) storeFull(level int, n uint64, hashes []tlog.Hash) {
	if err := m.write(tilePath{Level: level, N: n, Width: tileWidth}, encodeTile(hashes)); err != nil && m.failed == nil {
		m.failed = err
	}
}

// edge rebuilds the edge from the mirror's own tiles.
func (m *Mirror) edge(held Checkpoint) (*edge, error) {
	read := func(t tilePath) ([]tlog.Hash, error) {
		b, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(t.String())))
		if err != nil {
			return nil, err
		}
		return decodeTile(b)
	}
	var leaves []tlog.Hash
	if width := int(held.Size % tileWidth); width > 0 {
		var err error
		if leaves, err = read(tilePath{N: held.Size / tileWidth, Width: width}); err != nil {
			return nil, err
		}
	}
	e, err := loadEdge(held.Size, leaves, func(level int, n uint64) ([]tlog.Hash, error) {
		return read(tilePath{Level: level, N: n, Width: tileWidth})
	})
	if err == nil && e.root() != held.Root {
		err = m.damage(held.Size, "tile", "mirror does not hash to its own checkpoint")
	}
	return e, err
}
