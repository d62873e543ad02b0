package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A TlogProof says that an entry is in a log (C2SP tlog-proof@v1).
type TlogProof struct {
	Extra      []byte
	Index      uint64
	Proof      tlog.RecordProof
	Checkpoint []byte // signed note with cosignatures
}

const proofHeader = "c2sp.org/tlog-proof@v1\n"

// Encode writes the proof as text.
func (p TlogProof) Encode() []byte {
	b := []byte(proofHeader)
	if p.Extra != nil {
		b = fmt.Appendf(b, "extra %s\n", base64.StdEncoding.EncodeToString(p.Extra))
	}
	b = fmt.Appendf(b, "index %d\n", p.Index)
	for _, h := range p.Proof {
		b = append(append(b, h.String()...), '\n')
	}
	return append(append(b, '\n'), p.Checkpoint...)
}

var errProof = errors.New("malformed proof")

// ParseTlogProof reads the text of a proof. The checkpoint is not verified.
func ParseTlogProof(b []byte) (TlogProof, error) {
	var p TlogProof
	rest, ok := bytes.CutPrefix(b, []byte(proofHeader))
	if !ok {
		return p, errProof
	}
	head, checkpoint, ok := bytes.Cut(rest, []byte("\n\n"))
	if !ok {
		return p, errProof
	}
	p.Checkpoint = checkpoint
	lines := strings.Split(string(head), "\n")
	if text, ok := strings.CutPrefix(lines[0], "extra "); ok {
		var err error
		if p.Extra, err = base64.StdEncoding.DecodeString(text); err != nil || base64.StdEncoding.EncodeToString(p.Extra) != text {
			return p, errProof
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || len(lines) > 1+63 {
		return p, errProof
	}
	text, ok := strings.CutPrefix(lines[0], "index ")
	if !ok {
		return p, errProof
	}
	var err error
	if p.Index, err = decimal(text, 1<<63-1); err != nil {
		return p, errProof
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil || h.String() != line {
			return p, errProof
		}
		p.Proof = append(p.Proof, h)
	}
	return p, nil
}

// check verifies that the proof holds for an entry under a policy.
func (p TlogProof) check(policy *Policy, entry []byte) (Checkpoint, []string, error) {
	origin, _, _ := strings.Cut(string(p.Checkpoint), "\n")
	key := policy.log(origin)
	if key == nil {
		return Checkpoint{}, nil, &unknownLog{origin: origin}
	}
	c, n, err := openCheckpoint(p.Checkpoint, key, policy.verifiers()...)
	if err != nil {
		return c, nil, err
	}
	if p.Index >= c.Size {
		return c, nil, errProof
	}
	if err := tlog.CheckRecord(p.Proof, int64(c.Size), c.Root, int64(p.Index), hashEntry(entry)); err != nil {
		return c, nil, err
	}
	if !isInternal(key) && !policy.satisfied(n.Sigs) {
		return c, policy.cosigners(n.Sigs), errQuorum
	}
	return c, policy.cosigners(n.Sigs), nil
}

var errQuorum = errors.New("cosignatures that the policy wants are missing")

// TlogProof is Proof as C2SP tlog-proof text.
func (l *Ledger) TlogProof(log string, index uint64) ([]byte, error) {
	proof, checkpoint, err := l.Proof(log, index)
	if err != nil {
		return nil, err
	}
	return TlogProof{Index: index, Proof: proof, Checkpoint: checkpoint}.Encode(), nil
}

// best is the checkpoint that a folder's proofs are for: the newest published
// one with cosignatures that covers the index, else the newest published one,
// else the signed head.
func (f *folder) best(r reader, id uint16, index uint64) (Checkpoint, []byte, error) {
	var found *published
	err := r.scan(logKey(keyPublished, id, 0), publishedKey(id, index+1), func(k, _ []byte) (bool, error) {
		p, err := readCosigned(r, id, pieceIndex(k))
		if err == nil && (found == nil || len(p.sigs) > 0 || len(found.sigs) == 0) {
			found = p
		}
		return true, err
	})
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if found != nil {
		return found.head, found.note, nil
	}
	signed, err := r.get(headKey(id))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c := lenientHead(signed)
	if index >= c.Size {
		return c, nil, fmt.Errorf("index %d: %w", index, ErrNotFound)
	}
	return c, signed, nil
}

// prove makes a proof from a folder.
func (f *folder) prove(_ context.Context, log string, index uint64) ([]byte, error) {
	id, ok := f.logs[log]
	if !ok {
		return nil, fmt.Errorf("log %s: %w", log, ErrNotFound)
	}
	var out []byte
	err := f.store.view(func(r reader) error {
		c, text, err := f.best(r, id, index)
		if err != nil {
			return err
		}
		out, err = f.proofAt(r, id, index, c, text)
		return err
	})
	return out, err
}

// proofAt proves an index in a checkpoint.
func (f *folder) proofAt(r reader, id uint16, index uint64, c Checkpoint, text []byte) ([]byte, error) {
	proof, err := tlog.ProveRecord(int64(c.Size), int64(index), hashReader(c.Size, f.tiles(r, id, c.Size)))
	if err != nil {
		return nil, err
	}
	return TlogProof{Index: index, Proof: proof, Checkpoint: text}.Encode(), nil
}

// tiles reads tiles from a folder; the last ones are computed.
func (f *folder) tiles(r reader, id uint16, size uint64) tileSource {
	var last *edge
	return func(level int, n uint64, width int) (*hashTile, error) {
		b, err := r.get(tileKey(id, level, n))
		if err == nil {
			hs, err := decodeTile(b)
			return &hashTile{hashes: hs}, err
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if last == nil {
			if last, err = storedEdge(r, id, size); err != nil {
				return nil, err
			}
		}
		if width > len(last.tiles[level]) {
			return nil, errTile
		}
		return &hashTile{hashes: last.tiles[level]}, nil
	}
}

// search finds events in a folder.
func (f *folder) search(ctx context.Context, q Query) ([]*Stored, error) {
	var out []*Stored
	err := f.store.view(func(r reader) error {
		return f.each(ctx, r, q, func(_ uint16, index uint64, rec *record, log string) error {
			out = append(out, rec.stored(log, index))
			return nil
		})
	})
	return out, err
}

// each calls fn for the records that match a query, up to its limit.
func (f *folder) each(ctx context.Context, r reader, q Query, fn func(id uint16, index uint64, rec *record, log string) error) error {
	left := q.Limit
	visit := func(id uint16, log string, index uint64, rec *record) error {
		if rec.lost || !q.matches(rec.stored(log, index)) {
			return nil
		}
		if err := fn(id, index, rec, log); err != nil {
			return err
		}
		if left--; left == 0 {
			return errStop
		}
		return ctx.Err()
	}
	err := f.walk(r, q, visit)
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

func (f *folder) walk(r reader, q Query, visit func(id uint16, log string, index uint64, rec *record) error) error {
	if q.Term == "" {
		for _, name := range f.names() {
			if !q.in(name) {
				continue
			}
			id := f.logs[name]
			size := uint64(0)
			if signed, err := r.get(headKey(id)); err == nil {
				size = lenientHead(signed).Size
			}
			stopped := false
			err := eachRecord(r, id, 0, size, func(index uint64, rec *record) error {
				err := visit(id, name, index, rec)
				stopped = errors.Is(err, errStop)
				return err
			})
			if err != nil || stopped {
				return err
			}
		}
		return nil
	}
	if f.keys == nil {
		return errors.New("search by term needs the key pages of the folder")
	}
	mac, err := f.keys.get(termKeyID)
	if err != nil {
		return err
	}
	names := map[uint16]string{}
	for name, id := range f.logs {
		names[id] = name
	}
	var places []At
	ids := map[string]uint16{}
	err = searchTerm(r, mac16(mac, "pb-term-1", q.Term), func(id uint16, index uint64) {
		if q.in(names[id]) {
			places = append(places, At{names[id], index})
			ids[names[id]] = id
		}
	})
	if err != nil {
		return err
	}
	stopped := false
	for _, at := range places {
		err := eachRecord(r, ids[at.Log], at.Index, at.Index+1, func(index uint64, rec *record) error {
			err := visit(ids[at.Log], at.Log, index, rec)
			stopped = errors.Is(err, errStop)
			return err
		})
		if err != nil || stopped {
			return err
		}
	}
	return nil
}
