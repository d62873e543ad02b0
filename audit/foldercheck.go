package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verify recomputes every log of the folder that the policy knows.
func (f *folder) verify(ctx context.Context, o VerifyOptions) ([]Verdict, error) {
	trust, text := "policy", o.Policy
	if text == nil {
		trust, text = "self", f.policy
	}
	policy, err := ParsePolicy(text)
	if err != nil {
		return nil, err
	}
	state, err := openResumer(o.State)
	if err != nil {
		return nil, err
	}
	tsa, err := o.tsa()
	if err != nil {
		return nil, err
	}
	c := &folderCheck{
		f: f, policy: policy, resume: state, tsa: tsa, internal: map[string]map[uint64][]wantedRoot{},
		named: map[string]*verifyKey{}, heads: map[string]Checkpoint{},
	}
	for _, name := range f.names() {
		origin := f.origin + "/audit/" + name
		if !o.wants(name) {
			continue
		}
		key := policy.log(origin)
		if key == nil {
			key = c.named[origin]
		}
		if key == nil && trust == "policy" && relationOf(name) == Internal {
			continue // an auditor's policy need not know the internal log
		}
		v := &Verdict{Log: name, Trust: trust, Origin: origin, Cosignatures: []string{}, Problems: []VerdictProblem{}}
		c.verdicts = append(c.verdicts, v)
		if key == nil {
			v.add(badPolicy, 0, "the policy does not know this log")
			continue
		}
		if err := c.log(ctx, v, name, key); err != nil {
			return nil, err
		}
	}
	if err := c.state(ctx, o.Apply); err != nil {
		return nil, err
	}
	out := make([]Verdict, len(c.verdicts))
	for i, v := range c.verdicts {
		v.Verified = len(v.Problems) == 0
		out[i] = *v
	}
	return out, nil
}

// A folderCheck verifies all logs of a folder.
type folderCheck struct {
	f        *folder
	policy   *Policy
	tsa      *x509.CertPool
	resume   *resumer
	verdicts []*Verdict
	internal map[string]map[uint64][]wantedRoot // what relation logs committed to, by shard of the internal log
	named    map[string]*verifyKey              // keys of shards that the ones before have named, by origin
	heads    map[string]Checkpoint              // of the shards that were verified, by origin
	records  uint64
}

// log verifies one log.
func (c *folderCheck) log(ctx context.Context, v *Verdict, name string, key *verifyKey) error {
	id := c.f.logs[name]
	var head Checkpoint
	wanted := map[uint64][]wantedRoot{}
	err := c.f.store.view(func(r reader) error {
		signed, err := r.get(headKey(id))
		if errors.Is(err, ErrNotFound) {
			head = Checkpoint{Origin: key.name, Root: sha256.Sum256(nil)}
			err = nil
		} else if err == nil {
			if head, _, err = openCheckpoint(signed, key); err != nil {
				v.add(badHead, 0, "newest head: %v", err)
				head, err = lenientHead(signed), nil
			}
		}
		if err != nil {
			return err
		}
		return c.published(r, v, id, key, head, wanted)
	})
	if err != nil {
		return err
	}
	v.Size, v.Root = head.Size, head.Root.String()
	c.highWater(v, key, head, wanted)
	if err := c.timestamps(v, id, head, wanted); err != nil {
		return err
	}
	for size, roots := range c.internal[name] {
		if size > head.Size {
			v.add(badInternal, head.Size, "a relation log committed to size %d", size)
		}
		wanted[size] = append(wanted[size], roots...)
	}
	src := &folderLog{c: c, id: id, name: name, verdict: v}
	check := &treeCheck{src: src, head: head, wanted: wanted, verdict: v, save: c.resume, kind: c.memoryKind(name)}
	if check.edge, err = c.resume.edge(check.memory(), head.Size); err != nil {
		return err
	}
	if err := src.passed(check.edge.size); err != nil {
		return err
	}
	if err := check.run(ctx); err != nil && !errors.Is(err, errTruncated) {
		return err
	}
	c.heads[key.name] = head
	return errors.Join(src.noMore(head.Size), c.chain(v, name, head))
}

// memoryKind is what is remembered of a log of a folder: that its events were
// recomputed, and of the internal log also whose commitments it was held against.
func (c *folderCheck) memoryKind(name string) string {
	if relationOf(name) != Internal {
		return "events of "
	}
	var against []string
	for _, v := range c.verdicts {
		if relationOf(v.Log) != Internal && !slices.Contains(against, relationOf(v.Log)) {
			against = append(against, relationOf(v.Log))
		}
	}
	return fmt.Sprintf("events, with %s, of ", strings.Join(against, " "))
}

// lenientHead reads size and root of a head whose signature is wrong, so that
// the rest can be checked still.
func lenientHead(signed []byte) Checkpoint {
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	c, err := ParseCheckpoint(string(text) + "\n")
	if err != nil {
		return Checkpoint{Root: sha256.Sum256(nil)}
	}
	return c
}

// published checks every published checkpoint's signature, notes the root that
// it wants, and finds the newest with a quorum of cosignatures.
func (c *folderCheck) published(r reader, v *Verdict, id uint16, key *verifyKey, head Checkpoint, wanted map[uint64][]wantedRoot) error {
	var sizes []uint64
	prefix := logKey(keyPublished, id, 0)
	err := r.scan(prefix, nil, func(k, text []byte) (bool, error) {
		size := pieceIndex(k)
		p, _, err := openCheckpoint(text, key)
		switch {
		case err != nil || p.Size != size:
			v.add(badHead, size, "checkpoint published at size %d: not signed by the log", size)
		case size > head.Size:
			v.add(badHead, head.Size, "a checkpoint was published at size %d", size)
		default:
			wanted[size] = append(wanted[size], wantedRoot{p.Root, badHead, size, "published checkpoint", true})
			sizes = append(sizes, size)
		}
		return true, nil
	})
	if err != nil || relationOf(v.Log) == Internal && c.policy.quorum != noQuorum {
		return err // the internal log is cosigned through the relation logs
	}
	for _, size := range slices.Backward(sizes) {
		p, err := readCosigned(r, id, size)
		if err != nil {
			return err
		}
		_, n, err := openCheckpoint(p.note, key, c.policy.verifiers()...)
		if err == nil && c.policy.satisfied(n.Sigs) {
			v.Cosignatures, v.CosignedSize = c.policy.cosigners(n.Sigs), size
			return nil
		}
		var invalid *note.InvalidSignatureError
		if errors.As(err, &invalid) {
			v.add(badHead, size, "cosignature of %s at size %d does not verify", invalid.Name, size)
		}
	}
	if head.Size > 0 && c.policy.quorum != noQuorum {
		v.add(badQuorum, 0, "no published checkpoint has the cosignatures that the policy wants")
	}
	return nil
}

// highWater compares with the note of what was published.
func (c *folderCheck) highWater(v *Verdict, key *verifyKey, head Checkpoint, wanted map[uint64][]wantedRoot) {
	if c.f.highWater == nil {
		return
	}
	notes, err := parseHighWater(c.f.highWater, func(origin string) *verifyKey {
		if origin == key.name {
			return key
		}
		return nil
	})
	if err != nil {
		v.add(badHighWater, 0, "high-water note: %v", err)
		return
	}
	n, ok := notes[key.name]
	h := n.head
	switch {
	case ok && h.Size > head.Size:
		v.add(badHighWater, head.Size, "the high-water note says %d", h.Size)
	case ok:
		wanted[h.Size] = append(wanted[h.Size], wantedRoot{h.Root, badHighWater, h.Size, "high-water note", false})
	}
}

// timestamps checks the tokens over checkpoints of a log.
func (c *folderCheck) timestamps(v *Verdict, id uint16, head Checkpoint, wanted map[uint64][]wantedRoot) error {
	dir := filepath.Join(c.f.original, "timestamps", v.Log)
	sizes, err := stampSizes(dir)
	if err != nil {
		v.add(badTimestamp, 0, "%v", err)
		return nil
	}
	for _, size := range sizes {
		der, err := readStamp(dir, size)
		if err != nil {
			return err
		}
		var p *published
		err = c.f.store.view(func(r reader) error {
			p, err = readCosigned(r, id, size)
			return err
		})
		if err != nil {
			v.add(badTimestamp, size, "time-stamp at size %d: no checkpoint was published there", size)
			continue
		}
		p.head.Origin = v.Origin
		s, err := judgeToken(der, p.head, c.tsa)
		if err != nil {
			v.add(badTimestamp, size, "time-stamp at size %d: %v", size, err)
			continue
		}
		if size <= head.Size {
			wanted[size] = append(wanted[size], wantedRoot{p.head.Root, badTimestamp, size, "time-stamped checkpoint", false})
		}
		v.Timestamps = append(v.Timestamps, s)
	}
	return nil
}

// folderLog is one log of a folder as a logSource.
type folderLog struct {
	c       *folderCheck
	old     bool // passing over what was verified before
	id      uint16
	name    string
	verdict *Verdict
	h       hasher
	losses  losses
}

func (s *folderLog) tile(_ context.Context, level int, n uint64, width int) ([]tlog.Hash, error) {
	if width < tileWidth {
		return nil, nil // only full tiles are stored
	}
	var hs []tlog.Hash
	err := s.c.f.store.view(func(r reader) error {
		b, err := r.get(tileKey(s.id, level, n))
		if err == nil && len(b) != tileBytes {
			err = errTile
		}
		if err != nil {
			return err
		}
		hs, err = decodeTile(b)
		return err
	})
	return hs, err
}

func (s *folderLog) readTile(_ context.Context, level int, n uint64, width int, size uint64) ([]tlog.Hash, error) {
	var hs []tlog.Hash
	err := s.c.f.store.view(func(r reader) error {
		t, err := s.c.f.tiles(r, s.id, size)(level, n, width)
		if err == nil {
			hs = t.hashes
		}
		return err
	})
	if err == nil && len(hs) < width {
		err = errTile
	}
	if err != nil {
		return nil, err
	}
	return hs[:width], nil
}

// passed takes from the part that was verified before what other logs are
// checked with: the commitments to the internal log, and how many there are.
func (s *folderLog) passed(size uint64) error {
	s.old = true
	defer func() { s.old = false }()
	return s.c.f.store.view(func(r reader) error {
		err := eachRecord(r, s.id, 0, size, func(index uint64, rec *record) error {
			s.c.records++
			s.says(index, rec)
			return nil
		})
		if d, ok := errors.AsType[*Damage](err); ok {
			s.verdict.add(badEntry, d.Index, "%s", d.What)
			return nil
		}
		return err
	})
}

func (s *folderLog) entries(_ context.Context, n uint64, width int, fn func(index uint64, entry []byte, err error) error) error {
	from := n * tileWidth
	return s.c.f.store.view(func(r reader) error {
		err := eachEncoded(r, s.id, from, from+uint64(width), func(index uint64, encoded []byte) error {
			rec, err := decodeRecord(encoded)
			if err != nil {
				return fn(index, nil, err)
			}
			if rec.lost {
				s.lost(r, index, rec)
			} else {
				s.c.records++
				s.look(r, index, rec)
			}
			e, err := recordEntry(&s.h, rec)
			return fn(index, e, err)
		})
		var d *Damage
		if errors.As(err, &d) { // what is there counts, the rest is missing
			return nil
		}
		return err
	})
}

// lost checks that an incident has said that a record is lost.
func (s *folderLog) lost(r reader, index uint64, rec *record) {
	s.verdict.Lost++
	if err := s.losses.check(r, s.c.f.later(s.name, rec.ahead), s.name, index, rec); err != nil {
		s.verdict.add(badEntry, index, "%v", err)
	}
}

// look checks what hangs on a record: its bodies, and commitments to the
// internal log.
func (s *folderLog) look(r reader, index uint64, rec *record) {
	for i, b := range rec.bodies {
		if err := s.body(r, index, i, b); err != nil {
			s.verdict.add(badBody, index, "body %s: %v", b.Name, err)
		}
	}
	s.says(index, rec)
}

// says takes in what an event says of other logs, and of its own end.
func (s *folderLog) says(index uint64, rec *record) {
	if rec.kind == kindShardClosed && index+1 != s.verdict.Size {
		s.verdict.add(badShard, index, "the shard was closed here and goes on")
	}
	if rec.kind == kindHead && relationOf(s.name) != Internal {
		size, err1 := strconv.ParseUint(rec.value("size"), 10, 64)
		root, err2 := base64.StdEncoding.DecodeString(rec.value("root"))
		if err1 != nil || err2 != nil || len(root) != tlog.HashSize {
			s.verdict.add(badEntry, index, "malformed commitment to the internal log")
			return
		}
		w := wantedRoot{tlog.Hash(root), badInternal, size, "internal log in " + s.name, s.old}
		shard := cmp.Or(rec.value("log"), Internal)
		if s.c.internal[shard] == nil {
			s.c.internal[shard] = map[uint64][]wantedRoot{}
		}
		s.c.internal[shard][size] = append(s.c.internal[shard][size], w)
	}
}

// body checks the ciphertext of a body against its hash.
func (s *folderLog) body(r reader, index uint64, n int, b StoredBody) error {
	h := sha256.New()
	if !b.InFile {
		box, err := r.get(bodyKey(s.id, index, n))
		if err != nil {
			return err
		}
		h.Write(box)
	} else {
		f, err := os.Open(bodyPath(filepath.Join(s.c.f.original, "bodies"), b.CipherHash))
		if err != nil {
			return errors.New("file is missing")
		}
		_, err = io.Copy(h, f)
		_ = f.Close() // was only read
		if err != nil {
			return err
		}
	}
	if !bytes.Equal(h.Sum(nil), b.CipherHash[:]) {
		return errors.New("ciphertext was changed")
	}
	return nil
}

// noMore checks that no entries stand behind the head.
func (s *folderLog) noMore(size uint64) error {
	return s.c.f.store.view(func(r reader) error {
		k, err := r.last(piecePrefix(s.id), pieceKey(s.id, 1<<63))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil && pieceIndex(k) >= size {
			s.verdict.add(badHead, size, "there are entries behind the head")
		}
		return err
	})
}

// state checks the order over all logs and, with an Apply, state itself.
func (c *folderCheck) state(ctx context.Context, apply Apply) error {
	all := len(c.verdicts) == len(c.f.logs)
	for _, v := range c.verdicts {
		all = all && len(v.Problems) == 0
	}
	if !all || len(c.verdicts) == 0 {
		return nil // state follows from all logs, if they are right
	}
	v := c.verdicts[0]
	sizes := map[string]uint64{}
	for _, v := range c.verdicts {
		sizes[v.Log] = v.Size
	}
	return c.f.store.view(func(r reader) error {
		b, err := r.get(metaKey())
		if err != nil {
			v.add(badStore, 0, "meta record: %v", err)
			return nil
		}
		m, err := decodeMeta(b)
		if err != nil || m.sequence != c.records {
			v.add(badStore, 0, "meta record does not fit the %d events", c.records)
			return nil
		}
		return c.replayState(ctx, r, m.gen, sizes, apply)
	})
}

// replayState computes state from the events and compares.
func (c *folderCheck) replayState(ctx context.Context, r reader, gen byte, sizes map[string]uint64, apply Apply) error {
	v := c.verdicts[0]
	mine := newOverlay(r, gen+1) // an unused generation: starts empty
	last := map[uint64]*Stored{}
	err := replayLogs(ctx, r, c.f.logs, sizes, func(e *Stored) error {
		if apply == nil {
			return nil
		}
		mine.version = e.Sequence
		last[e.Sequence] = &Stored{Log: e.Log, Index: e.Index}
		err := apply(mine, e)
		mine.keep()
		return err
	})
	var d *Damage
	if errors.As(err, &d) {
		v.add(badEntry, d.Index, "%s", d.Error())
		return nil
	}
	if err != nil || apply == nil {
		return err
	}
	report := func(key string, version uint64) {
		at := last[version]
		if at == nil {
			at = &Stored{Log: v.Log}
		}
		for _, w := range c.verdicts {
			if w.Log == at.Log {
				w.add(badState, at.Index, "state %q does not follow from the events", key)
			}
		}
	}
	err = scanState(r, gen, "", "", func(i Item) bool {
		want, ok := mine.changed[i.Key]
		if !ok || want.value == nil || want.version != i.Version || !bytes.Equal(want.value, i.Value) {
			report(i.Key, want.version)
		}
		delete(mine.changed, i.Key)
		return true
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(mine.changed)) {
		if want := mine.changed[key]; want.value != nil {
			report(key, want.version)
		}
	}
	return nil
}
