package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// peerState is what is known of the witness of a log.
type peerState struct {
	name string // in the policy
	key  *verifyKey
	pq   *verifyKey // its second key, nil: none

	round sync.Mutex // one witness round at a time

	mu        sync.Mutex
	size      uint64 // newest size that it cosigned
	at        time.Time
	confirmed bool // it has been heard since the start, and we are not behind it
	ever      bool // something was published before this start
}

// mayPublish says whether a new head may be published. After a restart that
// waits until the witness has been heard: a store that was put back must not
// publish a second history.
func (p *peerState) mayPublish() bool {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.confirmed || !p.ever
}

func (p *peerState) cosigned() (uint64, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size, p.at
}

// loadPeers reads the keys of the peers.
func (l *Ledger) loadPeers() error {
	l.witnessed = map[string]*witnessed{}
	for _, p := range l.config.Peers {
		if _, err := l.openShard(p.Log); err != nil {
			return fmt.Errorf("peer: %w", err)
		}
		if p.WitnessKey != "" {
			key, err := parseVkey(p.WitnessKey)
			if err != nil || key.alg != algCosignature {
				return fmt.Errorf("peer %s: witness key: %w", p.Log, errVkey)
			}
			var pq *verifyKey
			if p.WitnessMLDSA != "" {
				if pq, err = parseVkey(p.WitnessMLDSA); err != nil || pq.alg != algMLDSA {
					return fmt.Errorf("peer %s: ML-DSA witness key: %w", p.Log, errVkey)
				}
			}
			for _, s := range l.shards(p.Log) {
				s.peer = &peerState{name: p.Log, key: key, pq: pq}
				if err := l.loadCosigned(s, s.peer); err != nil {
					return err
				}
			}
		}
		for _, text := range p.LogKeys {
			key, err := parseVkey(text)
			if err != nil || key.alg != algEd25519 {
				return fmt.Errorf("peer %s: log key: %w", p.Log, errVkey)
			}
			if err := l.store.view(func(r reader) error { return l.loadWitnessed(r, key) }); err != nil {
				return err
			}
		}
	}
	return l.loadAuditors()
}

// loadAuditors reads the keys of the further witnesses.
func (l *Ledger) loadAuditors() error {
	for _, c := range l.config.Auditors {
		key, err := parseVkey(c.Key)
		if err != nil || !key.cosigns() {
			return fmt.Errorf("auditor %s: witness key: %w", c.Name, errVkey)
		}
		for _, s := range l.logs() {
			if s.relation() == Internal {
				continue
			}
			for _, other := range s.witnesses() {
				if other.key.name == key.name || other.key.hash == key.hash {
					return fmt.Errorf("auditor: %s is a witness of log %s already", key.name, s.name)
				}
			}
			a := &peerState{name: c.Name, key: key}
			if err := l.loadCosigned(s, a); err != nil {
				return err
			}
			s.auditors = append(s.auditors, a)
		}
	}
	return nil
}

// witnesses are all who cosign a log, the peer first.
func (s *logState) witnesses() []*peerState {
	if s.peer == nil {
		return s.auditors
	}
	return append([]*peerState{s.peer}, s.auditors...)
}

// cosignatureLimit bounds the search for a witness's newest cosignature among
// those of the others. Who is not found is asked from zero: it says its size.
const cosignatureLimit = 256

// loadCosigned finds the newest cosignature of a witness.
func (l *Ledger) loadCosigned(s *logState, w *peerState) error {
	return l.store.view(func(r reader) error {
		_, err := r.get(publicKey(s.id))
		w.ever = err == nil || s.before != nil
		prefix := logKey(keyCosig, s.id, 0)
		from := cosigKey(s.id, 1<<63, 1<<32-1)
		for range cosignatureLimit {
			k, err := r.last(prefix, from)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			line, err := r.get(k)
			if err != nil {
				return err
			}
			if sig, err := parseSigLine(string(line)); err == nil && sig.Hash == w.key.hash {
				w.size, w.at = pieceIndex(k), sigTime(sig)
				return nil
			}
			size, hash := pieceIndex(k), binary.BigEndian.Uint32(k[11:])
			switch {
			case hash > 0:
				from = cosigKey(s.id, size, hash-1)
			case size > 0:
				from = cosigKey(s.id, size-1, 1<<32-1)
			default:
				return nil
			}
		}
		return nil
	})
}

// Cosign asks the witness of a relation's log to cosign the published head of
// each shard. Post sends the body to the witness's add-checkpoint and returns what it answered. A head
// that is cosigned already is not sent again. When the witness has seen more
// than there is here, the ledger stops: ErrBehind.
func (l *Ledger) Cosign(ctx context.Context, log string, post func(ctx context.Context, body []byte) (status int, answer []byte, err error)) error {
	s, err := l.openShard(log)
	if err != nil {
		return err
	}
	if s.peer == nil {
		return fmt.Errorf("log %s: witness: %w", log, ErrNotFound)
	}
	return l.CosignBy(ctx, log, s.peer.name, post)
}

// CosignBy is Cosign by one of Config.Auditors, by its name. What an auditor
// has seen counts like what the peer has seen, but publishing does not wait for
// it.
func (l *Ledger) CosignBy(ctx context.Context, log, witness string, post func(ctx context.Context, body []byte) (status int, answer []byte, err error)) error {
	known := false
	for _, s := range l.shards(log) {
		for _, w := range s.witnesses() {
			if w.name != witness || s.abandoned(l) {
				continue
			}
			known = true
			if err := l.cosignRound(ctx, s, w, post); err != nil {
				return err
			}
		}
	}
	if !known {
		return fmt.Errorf("log %s: witness %s: %w", log, witness, ErrNotFound)
	}
	return nil
}

func (l *Ledger) cosignRound(ctx context.Context, s *logState, w *peerState, post func(ctx context.Context, body []byte) (status int, answer []byte, err error)) error {
	log := s.name
	if err := l.refused(); err != nil {
		return err
	}
	w.round.Lock()
	defer w.round.Unlock()
	p := s.public.Load()
	unpublished := p == nil
	if unpublished {
		if w.mayPublish() {
			return nil
		}
		// Opened just before the last stop. Has the witness seen more of it?
		v := s.view.Load()
		p = &published{head: Checkpoint{Origin: s.origin, Size: v.edge.size, Root: v.root}, note: v.note, plain: v.note}
	}
	if w.done(p.head.Size) {
		return nil
	}
	old, _ := w.cosigned()
	for range 3 { // a first try, one with the size that the witness named, and one more for a race
		if old > p.head.Size {
			return l.witnessAhead(s, w, old)
		}
		proof, err := l.Consistency(log, old, p.head.Size)
		if err != nil {
			return err
		}
		status, answer, err := post(ctx, addCheckpoint{old: old, proof: proof, note: p.plain}.encode())
		if err != nil {
			return fmt.Errorf("log %s: witness: %w", log, err)
		}
		switch {
		case unpublished && (status == http.StatusOK || status == http.StatusNotFound):
			w.mu.Lock()
			w.confirmed = true
			w.mu.Unlock()
			return nil
		case status == http.StatusNotFound && s.before != nil:
			return fmt.Errorf("log %s: witness %s has not accepted this shard, whose key is %s: %w", log, w.key.name, s.key.vkey(), ErrNotFound)
		case status == http.StatusOK:
			return l.takeCosignatures(s, w, p, answer)
		case status == http.StatusConflict:
			size, err := decimal(strings.TrimSuffix(string(answer), "\n"), 1<<63-1)
			if err != nil {
				return fmt.Errorf("log %s: witness answers 409 without its size", log)
			}
			if size == old {
				return l.forked(s, w, size)
			}
			old = size
		case status == http.StatusUnprocessableEntity:
			return l.forked(s, w, old)
		default:
			return fmt.Errorf("log %s: witness answers %d", log, status)
		}
	}
	return fmt.Errorf("log %s: witness keeps changing its size", log)
}

// done says whether the witness has cosigned this size and was heard.
func (p *peerState) done(size uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.confirmed && p.size == size
}

// witnessAhead is what follows when the witness has seen more than was
// published: it may be in the log still (the note of its publication was
// lost), or the log is behind.
func (l *Ledger) witnessAhead(s *logState, w *peerState, size uint64) error {
	if have := s.view.Load().edge.size; size > have {
		err := fmt.Errorf("log %s has %d entries, its witness %s has seen %d: %w", s.name, have, w.key.name, size, ErrBehind)
		l.stop(err, "audit.behind")
		return err
	}
	w.mu.Lock()
	w.confirmed = true // its cosignature of that size is not here, and is asked for again
	w.mu.Unlock()
	return nil
}

func (l *Ledger) forked(s *logState, w *peerState, size uint64) error {
	err := fmt.Errorf("log %s is not the one that its witness %s has seen at size %d: %w", s.name, w.key.name, size, ErrBehind)
	l.stop(err, "audit.forked")
	return err
}

// takeCosignatures verifies and stores what the witness signed.
func (l *Ledger) takeCosignatures(s *logState, w *peerState, p *published, answer []byte) error {
	keys := []note.Verifier{w.key}
	if w.pq != nil {
		keys = append(keys, w.pq)
	}
	n, err := note.Open(append(bytes.Clone(p.plain), answer...), note.VerifierList(keys...))
	if err != nil {
		return fmt.Errorf("log %s: cosignature: %w", s.name, err)
	}
	i := slices.IndexFunc(n.Sigs, func(sig note.Signature) bool { return sig.Name == w.key.name && sig.Hash == w.key.hash })
	if i < 0 {
		return fmt.Errorf("log %s: witness %s has not signed with its first key", s.name, w.name)
	}
	at := sigTime(n.Sigs[i])
	if at.After(l.config.Now().Add(time.Hour)) {
		return fmt.Errorf("log %s: cosignature is from the future: %s", s.name, at.Format(time.RFC3339))
	}
	l.publish.Lock()
	defer l.publish.Unlock()
	err = l.write(func(tx *writer) error {
		for _, sig := range n.Sigs {
			k := cosigKey(s.id, p.head.Size, sig.Hash)
			there, err := tx.has(k)
			if err != nil {
				return err
			}
			if !there {
				tx.put(k, []byte(sigLine(sig)))
			}
		}
		return tx.err
	})
	if err != nil {
		return err
	}
	if now := s.public.Load(); now.head.Size == p.head.Size && !now.has(w.key) {
		next := *now
		for _, sig := range n.Sigs {
			next.add(sig)
		}
		s.public.Store(&next)
	}
	w.mu.Lock()
	w.confirmed, w.size, w.at = true, p.head.Size, at
	w.mu.Unlock()
	return nil
}

// has says whether a witness has cosigned this head.
func (p *published) has(key *verifyKey) bool {
	for _, s := range p.sigs {
		if s.Name == key.name && s.Hash == key.hash {
			return true
		}
	}
	return false
}
