package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// errDamage builds what a reader returns for a damaged log.
func (s *logState) damage(index uint64, fault, format string, args ...any) error {
	return &Damage{Log: s.name, Index: index, Fault: fault, What: fmt.Sprintf(format, args...)}
}

// eachRecord calls fn for the records [from, to) of a log, in order. A gap is
// an error.
func eachRecord(r reader, id uint16, from, to uint64, fn func(index uint64, rec *record) error) error {
	return eachEncoded(r, id, from, to, func(index uint64, encoded []byte) error {
		rec, err := decodeRecord(encoded)
		if err != nil {
			return &Damage{Index: index, Fault: "entry", What: err.Error()}
		}
		return fn(index, rec)
	})
}

// errStop ends a walk early.
var errStop = errors.New("stop")

func eachEncoded(r reader, id uint16, from, to uint64, fn func(index uint64, encoded []byte) error) error {
	if from >= to {
		return nil
	}
	next := from
	missing := func() error {
		return &Damage{Index: next, Fault: "entry", What: "missing"}
	}
	var unread *Damage
	first, err := r.last(piecePrefix(id), pieceKey(id, from))
	if errors.Is(err, ErrNotFound) {
		return missing()
	}
	if err != nil {
		return err
	}
	err = r.scan(piecePrefix(id), first, func(k, piece []byte) (bool, error) {
		start := pieceIndex(k)
		if start > next {
			return false, missing()
		}
		werr := walkPiece(piece, func(i int, encoded []byte) (bool, error) {
			index := start + uint64(i)
			if index < next {
				return true, nil
			}
			if index == to {
				return false, nil
			}
			next++
			return true, fn(index, encoded)
		})
		if errors.Is(werr, errRecord) {
			werr = &Damage{Index: next, Fault: "entry", What: "malformed piece"}
		}
		return next < to, werr
	})
	switch {
	case errors.Is(err, errStop):
		return nil
	case errors.As(err, &unread) && unread.Fault == "store":
		return &Damage{Index: next, Fault: "entry", What: unread.What}
	case err != nil:
		return err
	case next < to:
		return missing()
	}
	return nil
}

// record reads one record and checks it against the tree: what does not hash
// to its leaf is never returned.
func (l *Ledger) record(log string, index uint64) (*logState, *record, error) {
	s, err := l.log(log)
	if err != nil {
		return nil, nil, err
	}
	v := s.view.Load()
	if index >= v.edge.size {
		return nil, nil, fmt.Errorf("log %s: index %d: %w", log, index, ErrNotFound)
	}
	var rec *record
	err = l.view(func(r reader) error {
		return eachRecord(r, s.id, index, index+1, func(_ uint64, found *record) error {
			rec = found
			rec.seal = bytes.Clone(rec.seal)
			return nil
		})
	})
	if err != nil {
		return nil, nil, l.noteDamage(s, err)
	}
	t, err := l.tile(s, v.edge, 0, index/tileWidth)
	if err != nil {
		return nil, nil, l.noteDamage(s, err)
	}
	var h hasher
	if leaf := rec.leaf(&h); leaf != t.hashes[index%tileWidth] {
		return nil, nil, l.noteDamage(s, s.damage(index, "entry", "does not hash to its leaf"))
	}
	if rec.lost {
		return nil, nil, rec.lostError(log, index)
	}
	return s, rec, nil
}

// noteDamage turns the state red when what was read is damaged.
func (l *Ledger) noteDamage(s *logState, err error) error {
	var d *Damage
	if errors.As(err, &d) {
		d.Log = s.name
		l.damaged(d)
	}
	return err
}

// tileCache keeps full tiles with their inner nodes, 16 KB each.
type tileCache struct {
	mu    sync.Mutex
	tiles map[tileName]*hashTile
}

type tileName struct {
	level int
	n     uint64
}

const tileCacheSize = 4096

func (c *tileCache) get(name tileName) *hashTile {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tiles[name]
}

func (c *tileCache) add(name tileName, t *hashTile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tiles == nil {
		c.tiles = map[tileName]*hashTile{}
	}
	if len(c.tiles) >= tileCacheSize {
		for old := range c.tiles { // any one
			delete(c.tiles, old)
			break
		}
	}
	c.tiles[name] = t
}

// last is the last tile of a level with its inner nodes, computed once a head.
func (v *logView) last(level int) *hashTile {
	if t := v.inner[level].Load(); t != nil {
		return t
	}
	t := withInner(v.edge.tiles[level])
	v.inner[level].Store(t)
	return t
}

// tile reads a tile: a full one from the store, the last one from the edge.
func (l *Ledger) tile(s *logState, e *edge, level int, n uint64) (*hashTile, error) {
	if level >= tileLevels {
		return nil, ErrNotFound
	}
	full := e.size >> (tileHeight * (level + 1))
	if n == full && len(e.tiles[level]) > 0 {
		return &hashTile{hashes: e.tiles[level]}, nil
	}
	if n >= full {
		return nil, fmt.Errorf("tile %d/%d: %w", level, n, ErrNotFound)
	}
	name := tileName{level, n}
	if t := s.tiles.get(name); t != nil {
		return t, nil
	}
	var t *hashTile
	err := l.view(func(r reader) error {
		b, err := r.get(tileKey(s.id, level, n))
		if err == nil && len(b) != tileBytes {
			err = errTile
		}
		if err != nil {
			return s.damage(n<<(tileHeight*(level+1)), "tile", "tile %d/%d: %v", level, n, err)
		}
		hs, err := decodeTile(b)
		t = withInner(hs)
		return err
	})
	if err == nil {
		s.tiles.add(name, t)
	}
	return t, err
}

// hashes reads hashes of the tree of a head.
func (l *Ledger) hashes(s *logState, v *logView, size uint64) tlog.HashReaderFunc {
	return hashReader(size, func(level int, n uint64, _ int) (*hashTile, error) {
		if level < tileLevels && n == v.edge.size>>(tileHeight*(level+1)) {
			return v.last(level), nil
		}
		return l.tile(s, v.edge, level, n)
	})
}

// rootAt computes the root that the log had at an earlier size.
func (l *Ledger) rootAt(s *logState, size uint64) (tlog.Hash, error) {
	v := s.view.Load()
	if size > v.edge.size {
		return tlog.Hash{}, fmt.Errorf("log %s: size %d: %w", s.name, size, ErrNotFound)
	}
	return tlog.TreeHash(int64(size), l.hashes(s, v, size))
}

// Entry returns an event, checked against the tree.
func (l *Ledger) Entry(log string, index uint64) (*Stored, error) {
	_, r, err := l.record(log, index)
	if err != nil {
		return nil, err
	}
	out := r.stored(log, index)
	var h hasher
	out.Leaf = r.leaf(&h)
	return out, nil
}

// Entries calls fn for the events of a log from an index on, in order, until
// fn returns false. They are not checked one by one; see Entry. Lost records
// are left out.
func (l *Ledger) Entries(log string, from uint64, fn func(*Stored) bool) error {
	s, err := l.log(log)
	if err != nil {
		return err
	}
	size := s.view.Load().edge.size // first: what is appended next is not in the transaction
	return l.view(func(r reader) error {
		return eachRecord(r, s.id, from, size, func(index uint64, rec *record) error {
			if !rec.lost && !fn(rec.stored(log, index)) {
				return errStop
			}
			return nil
		})
	})
}

// open decrypts the sealed part of a record and checks the details against
// their commitment.
func openSealed(keys *keyPages, r *record) (*sealed, error) {
	if r.key == 0 {
		return &sealed{}, nil
	}
	key, err := keys.get(r.key)
	if err != nil {
		return nil, err
	}
	text, err := decrypt(key, r.seal, r.details[:])
	if err != nil {
		return nil, err
	}
	s, err := decodeSealed(text)
	if err != nil {
		return nil, err
	}
	var h hasher
	if s.root(&h) != r.details {
		return nil, errors.New("details do not match their commitment")
	}
	return s, nil
}

// Details decrypts the details of an event. ErrErased when the key is gone.
func (l *Ledger) Details(log string, index uint64) (map[string]string, error) {
	_, r, err := l.record(log, index)
	if err != nil {
		return nil, err
	}
	s, err := openSealed(l.keys, r)
	if err != nil {
		return nil, fmt.Errorf("log %s: index %d: details: %w", log, index, err)
	}
	if r.key == 0 {
		return nil, nil
	}
	return s.asMap(), nil
}

// Body opens a body of an event. ErrErased when the key is gone. The content
// of a file is authenticated as it is read.
func (l *Ledger) Body(log string, index uint64, name string) (io.ReadCloser, error) {
	_, r, err := l.record(log, index)
	if err != nil {
		return nil, err
	}
	var body io.ReadCloser
	err = l.view(func(rd reader) error {
		body, err = openBody(rd, l.keys, l.spools.dir, l.logs()[log].id, index, r, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("log %s: index %d: body %s: %w", log, index, name, err)
	}
	return body, nil
}

func openBody(r reader, keys *keyPages, dir string, id uint16, index uint64, rec *record, name string) (io.ReadCloser, error) {
	n := slices.IndexFunc(rec.bodies, func(b StoredBody) bool { return b.Name == name })
	if n < 0 {
		return nil, ErrNotFound
	}
	s, err := openSealed(keys, rec)
	if err != nil {
		return nil, err
	}
	if n >= len(s.bodies) {
		return nil, errRecord
	}
	key, err := keys.get(s.bodies[n].id)
	if err != nil {
		return nil, err
	}
	content := s.bodies[n].unwrap(key)
	if rec.bodies[n].InFile {
		f, err := openBodyFile(bodyPath(dir, rec.bodies[n].CipherHash), content)
		if errors.Is(err, os.ErrNotExist) {
			err = &Damage{Index: index, Fault: "body", What: "file is missing"}
		}
		if err != nil {
			return nil, err
		}
		return f, nil
	}
	box, err := r.get(bodyKey(id, index, n))
	if err != nil {
		return nil, err
	}
	text, err := decrypt(content, box, rec.bodies[n].Commitment[:])
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

// Search returns where the events with this term stand, by log and index.
func (l *Ledger) Search(term string) ([]At, error) {
	names := map[uint16]string{}
	for name, s := range l.logs() {
		names[s.id] = name
	}
	var found []At
	err := l.view(func(r reader) error {
		return searchTerm(r, l.term(term), func(id uint16, index uint64) {
			found = append(found, At{Log: names[id], Index: index})
		})
	})
	return found, err
}

func searchTerm(r reader, term [16]byte, fn func(id uint16, index uint64)) error {
	prefix := termPrefix(term)
	return r.scan(prefix, nil, func(k, _ []byte) (bool, error) {
		at := k[len(prefix):]
		if len(at) != 10 {
			return false, &Damage{Fault: "store", What: "malformed search index"}
		}
		fn(binary.BigEndian.Uint16(at), binary.BigEndian.Uint64(at[2:]))
		return true, nil
	})
}

// Proof proves that an event is in the returned checkpoint: the published one
// if it covers the event, else the newest signed one.
func (l *Ledger) Proof(log string, index uint64) (tlog.RecordProof, []byte, error) {
	s, err := l.log(log)
	if err != nil {
		return nil, nil, err
	}
	v := s.view.Load()
	size, text := v.edge.size, v.note
	if p := s.public.Load(); p != nil && index < p.head.Size {
		size, text = p.head.Size, p.note
	}
	if index >= size {
		return nil, nil, fmt.Errorf("log %s: index %d: %w", log, index, ErrNotFound)
	}
	proof, err := tlog.ProveRecord(int64(size), int64(index), l.hashes(s, v, size))
	return proof, text, err
}

// Consistency proves that the log of size to extends the one of size from.
func (l *Ledger) Consistency(log string, from, to uint64) (tlog.TreeProof, error) {
	s, err := l.log(log)
	if err != nil {
		return nil, err
	}
	v := s.view.Load()
	if from > to || to > v.edge.size {
		return nil, fmt.Errorf("log %s: sizes %d to %d: %w", log, from, to, ErrNotFound)
	}
	if from == 0 || from == to {
		return nil, nil
	}
	return tlog.ProveTree(int64(to), int64(from), l.hashes(s, v, to))
}
