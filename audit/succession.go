package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Succession shows the key of the next shard to whoever knows the key of a
// closed one. It is served below the closed shard, as "successor".
type Succession struct {
	Key     string `json:"key"`               // vkey of the next shard
	Closing string `json:"closing,omitempty"` // tlog-proof of the last entry, which names it; none after an incident
	Opening string `json:"opening"`           // tlog-proof of the next shard's first entry
}

// maxSuccession bounds what is read of one: two events and two proofs.
const maxSuccession = 256 << 10

var errSuccession = errors.New("succession of shards does not verify")

// A handover is a succession that was verified.
type handover struct {
	key     *verifyKey        // of the next shard
	final   Checkpoint        // of the shard before, as both say
	first   Checkpoint        // of the next shard, with its first entry
	opening map[string]string // header of that
	closed  bool              // the shard before has named the next one itself; else there was an incident
}

// parseSuccession verifies the succession of a shard whose key is known.
func parseSuccession(b []byte, before *verifyKey) (*handover, error) {
	var s Succession
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || len(b) > maxSuccession {
		return nil, errSuccession
	}
	h := &handover{closed: s.Closing != ""}
	var err error
	if h.key, err = parseVkey(s.Key); err != nil || h.key.alg != algEd25519 {
		return nil, fmt.Errorf("%w: %w", errSuccession, errVkey)
	}
	origin := firstOrigin(before.name)
	label, ok := strings.CutPrefix(h.key.name, origin+"/")
	if !ok || !validLabel(label) || h.key.name == before.name {
		return nil, fmt.Errorf("%w: %s is no shard of %s", errSuccession, h.key.name, origin)
	}
	opened, err := provenEvent(s.Opening, h.key, kindShardOpened)
	if err != nil {
		return nil, fmt.Errorf("%w: opening: %w", errSuccession, err)
	}
	h.first, h.opening = opened.head, opened.header
	if h.final, err = openedAfter(opened.header); err != nil {
		return nil, err
	}
	if opened.index != 0 || h.final.Origin != before.name {
		return nil, fmt.Errorf("%w: opening is not the first entry, or follows another shard", errSuccession)
	}
	if !h.closed {
		if opened.header["reason"] == "" || opened.header["authority"] == "" {
			return nil, fmt.Errorf("%w: nothing closed %s, and no incident is named", errSuccession, before.name)
		}
		return h, nil
	}
	closing, err := provenEvent(s.Closing, before, kindShardClosed)
	if err != nil {
		return nil, fmt.Errorf("%w: closing: %w", errSuccession, err)
	}
	switch {
	case closing.index != closing.head.Size-1:
		return nil, fmt.Errorf("%w: closing is not the last entry", errSuccession)
	case closing.header[shardSuccessor] != h.key.name || closing.header[shardKey] != s.Key:
		return nil, fmt.Errorf("%w: closing names another shard", errSuccession)
	case closing.head != h.final || closing.note != opened.header[shardNote]:
		return nil, fmt.Errorf("%w: opening holds another final head", errSuccession)
	}
	return h, nil
}

// openedAfter is the final head of the shard before, as an opening names it.
func openedAfter(header map[string]string) (Checkpoint, error) {
	size, err := decimal(header[shardSize], 1<<63-1)
	if err != nil {
		return Checkpoint{}, errSuccession
	}
	root, err := tlog.ParseHash(header[shardRoot])
	if err != nil {
		return Checkpoint{}, errSuccession
	}
	return Checkpoint{Origin: header[shardBefore], Size: size, Root: root}, nil
}

// An eventProven is an event of a log with the checkpoint that it was proven in.
type eventProven struct {
	index  uint64
	head   Checkpoint
	header map[string]string
	note   string // SHA-256 of the checkpoint as the log signed it
}

// provenEvent verifies a tlog-proof whose extra data are the disclosed event.
func provenEvent(text string, key *verifyKey, kind string) (*eventProven, error) {
	p, err := ParseTlogProof([]byte(text))
	if err != nil {
		return nil, err
	}
	var d Disclosure
	if err := json.Unmarshal(p.Extra, &d); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	c, n, err := openCheckpoint(p.Checkpoint, key)
	if err != nil {
		return nil, err
	}
	if p.Index >= c.Size || d.Kind != kind {
		return nil, errProof
	}
	if err := tlog.CheckRecord(p.Proof, int64(c.Size), c.Root, int64(p.Index), hashEntry(d.Entry)); err != nil {
		return nil, err
	}
	out := &eventProven{index: p.Index, head: c, header: map[string]string{}, note: noteHash(n, key)}
	for _, v := range d.Header {
		if v.Salt != nil {
			out.header[v.Name] = v.Value
		}
	}
	return out, nil
}

// noteHash is the SHA-256 of a checkpoint with its log's signature alone.
func noteHash(n *note.Note, key *verifyKey) string {
	text := n.Text + "\n"
	for _, sig := range n.Sigs {
		if sig.Name == key.name && sig.Hash == key.hash {
			text += sigLine(sig)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Succession returns the succession of a closed shard, as JSON. ErrNotFound
// while the shard is open, and until both heads are published.
func (l *Ledger) Succession(log string) ([]byte, error) {
	s, err := l.log(log)
	if err != nil {
		return nil, err
	}
	next := l.after(s)
	if next == nil || next.public.Load() == nil {
		return nil, fmt.Errorf("log %s: successor: %w", log, ErrNotFound)
	}
	if doc, err := l.keptSuccession(s); err != nil || doc != nil {
		return doc, err
	}
	out := Succession{Key: next.key.vkey()}
	if out.Opening, err = l.proveEvent(next, 0); err != nil {
		return nil, err
	}
	final, p := s.view.Load().edge.size, s.public.Load()
	if !next.incident {
		if p == nil || p.head.Size != final {
			return nil, fmt.Errorf("log %s: final head: %w", log, ErrNotFound)
		}
		if out.Closing, err = l.proveEvent(s, final-1); err != nil {
			return nil, err
		}
	}
	b, err := json.MarshalIndent(out, "", "  ")
	return append(b, '\n'), err
}

// keptSuccession is the succession of a shard whose closing is a lost record:
// it came back with the entries. Nil: there is none.
func (l *Ledger) keptSuccession(s *logState) (doc []byte, err error) {
	err = l.view(func(r reader) error {
		doc, err = r.get(successorKey(s.origin))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	return doc, err
}

// proveEvent is a tlog-proof with the event, all of its header disclosed.
func (l *Ledger) proveEvent(s *logState, index uint64) (string, error) {
	_, rec, err := l.record(s.name, index)
	if err != nil {
		return "", err
	}
	proof, checkpoint, err := l.Proof(s.name, index)
	if err != nil {
		return "", err
	}
	extra, err := json.Marshal(disclose(rec, s.name, index, nil, nil, nil))
	return string(TlogProof{Extra: extra, Index: index, Proof: proof, Checkpoint: checkpoint}.Encode()), err
}

// finalHead writes a head into the header of an opening.
func finalHead(header map[string]string, c Checkpoint) {
	header[shardBefore] = c.Origin
	header[shardSize] = strconv.FormatUint(c.Size, 10)
	header[shardRoot] = base64.StdEncoding.EncodeToString(c.Root[:])
}

// A witness follows a log from shard to shard.

// loadWitnessed knows a peer's log, and the shards that followed it as far as
// they were accepted here.
func (l *Ledger) loadWitnessed(r reader, key *verifyKey) error {
	for {
		w := &witnessed{key: key}
		l.witnessed[key.name] = w
		doc, err := r.get(successorKey(key.name))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		h, err := parseSuccession(doc, key)
		if err != nil {
			return fmt.Errorf("peer's log %s: %w", key.name, err)
		}
		w.next, w.lost, key = h.key, !h.closed, h.key
	}
}

// witnessing returns what is known of a peer's log, nil if it is nobody's.
func (l *Ledger) witnessing(origin string) *witnessed {
	l.witnessedMu.RLock()
	defer l.witnessedMu.RUnlock()
	return l.witnessed[origin]
}

// witnessedOrigins lists the logs of peers.
func (l *Ledger) witnessedOrigins() []string {
	l.witnessedMu.RLock()
	defer l.witnessedMu.RUnlock()
	return slices.Sorted(maps.Keys(l.witnessed))
}

// A PeerShard is a shard of a peer's log that is cosigned here.
type PeerShard struct {
	Origin string
	Label  string // below the first shard's URL, empty for that
	Key    string // vkey
	Lost   bool   // an incident ended it: the peer may not have all of it any more
}

// PeerShards are the shards of a peer's log, given by the origin of the first,
// as far as they are known here.
func (l *Ledger) PeerShards(origin string) []PeerShard {
	l.witnessedMu.RLock()
	defer l.witnessedMu.RUnlock()
	var out []PeerShard
	for w := l.witnessed[origin]; w != nil; w = l.witnessed[w.next.name] {
		out = append(out, PeerShard{Origin: w.key.name, Label: shardLabel(logName(w.key.name)), Key: w.key.vkey(), Lost: w.lost})
		if w.next == nil {
			break
		}
	}
	return out
}

// A PeerIncident is the answer to a new shard that a peer has opened because it
// lost a part of its log. Nothing that the peer says can be held against the
// part that it has no more, and whoever wants to hide entries would say the
// same: a person of this side has to agree to the key.
type PeerIncident struct {
	Before    string // origin of the shard that ended
	Key       string // vkey of the new one: what is agreed to
	Kept      Checkpoint
	Witnessed Checkpoint // what was cosigned here last
	Reason    string
	Authority string
}

func (e *PeerIncident) Error() string {
	return fmt.Sprintf("%s: of %d entries that were cosigned here the peer has kept %d; the new shard is not cosigned before somebody agrees to %s",
		e.Before, e.Witnessed.Size, e.Kept.Size, e.Key)
}

// Learn takes a peer's Succession, so that this ledger cosigns the next shard.
// The closed shard must have ended with the head that was cosigned here last,
// and takes no entry after that. After an incident it may have less: then the
// answer is a *PeerIncident, unless the key is agreed to.
func (l *Ledger) Learn(doc []byte, agreed func(vkey string) bool) error {
	if err := l.refused(); err != nil {
		return err
	}
	before, err := l.successionOf(doc)
	if before == nil {
		return err
	}
	before.mu.Lock() // nothing is cosigned in between
	defer before.mu.Unlock()
	if before.next != nil {
		return nil // another was quicker
	}
	h, err := parseSuccession(doc, before.key)
	if err != nil {
		return err
	}
	seen, err := l.witnessedHead(before.key.name, before.key)
	if err != nil {
		return err
	}
	switch {
	case h.closed && seen != h.final, h.final.Size > seen.Size, h.final.Size == seen.Size && h.final.Root != seen.Root:
		return fmt.Errorf("%w: %s has not ended with the head of size %d that is cosigned here", errSuccession, before.key.name, seen.Size)
	case !h.closed && (agreed == nil || !agreed(h.key.vkey())):
		return &PeerIncident{before.key.name, h.key.vkey(), h.final, seen, h.opening["reason"], h.opening["authority"]}
	}
	return l.acceptShard(before, h, doc)
}

// acceptShard makes the next shard a log that is cosigned. before.mu is held.
func (l *Ledger) acceptShard(before *witnessed, h *handover, doc []byte) error {
	l.witnessedMu.Lock()
	defer l.witnessedMu.Unlock()
	err := l.write(func(w *writer) error {
		w.put(successorKey(before.key.name), doc)
		if text := l.unlearned[h.key.name]; text != nil {
			if _, _, err := openCheckpoint(text, h.key); err != nil {
				return fmt.Errorf("high-water note: %w", err)
			}
			w.put(witnessKey(h.key.name), text)
		}
		return w.err
	})
	if err != nil {
		return err
	}
	delete(l.unlearned, h.key.name)
	before.next, before.lost = h.key, !h.closed
	l.witnessed[h.key.name] = &witnessed{key: h.key}
	return nil
}

// successionOf finds the shard that a succession is about: the newest that is
// known. Nil without an error: it is known already.
func (l *Ledger) successionOf(doc []byte) (*witnessed, error) {
	var s Succession
	if err := json.Unmarshal(doc, &s); err != nil || len(doc) > maxSuccession {
		return nil, errSuccession
	}
	origin, _, _ := strings.Cut(s.Key, "+")
	if l.witnessing(origin) != nil {
		return nil, nil
	}
	known := l.PeerShards(firstOrigin(origin))
	if len(known) == 0 {
		return nil, fmt.Errorf("%s: nobody's log here: %w", origin, ErrNotFound)
	}
	return l.witnessing(known[len(known)-1].Origin), nil
}
