package audit

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Shown is an event as it is shown to somebody outside, with the proof that
// it is in a checkpoint: nobody needs to take our word for what our log says.
type Shown struct {
	Event *Disclosure `json:"event"`
	Proof []tlog.Hash `json:"proof"` // from the leaf up
}

// CosignedHead returns the newest published checkpoint of a log that its peer has
// cosigned, with all signatures; nil if there is none.
func (l *Ledger) CosignedHead(log string) ([]byte, error) {
	s, err := l.log(log)
	if err != nil || s.peer == nil {
		return nil, err
	}
	size, _ := s.peer.cosigned()
	if size == 0 {
		return nil, nil
	}
	var p *published
	err = l.view(func(r reader) (err error) {
		p, err = readCosigned(r, s.id, size)
		return err
	})
	if errors.Is(err, ErrNotFound) { // cosigned, and not published since: see cosignRound
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.note, nil
}

// Show discloses an event, with these fields of its header and no others, and
// proves it to be in a checkpoint of ours. ErrNotFound: the checkpoint does not
// cover it yet.
func (l *Ledger) Show(log string, index uint64, header []string, checkpoint []byte) (*Shown, error) {
	s, err := l.log(log)
	if err != nil {
		return nil, err
	}
	text, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	c, err := ParseCheckpoint(string(text) + "\n")
	if err != nil {
		return nil, err
	}
	v := s.view.Load()
	if c.Origin != s.origin || c.Size > v.edge.size || index >= c.Size {
		return nil, fmt.Errorf("log %s: index %d in a checkpoint of size %d: %w", log, index, c.Size, ErrNotFound)
	}
	out := &Shown{}
	err = l.view(func(r reader) error {
		return eachRecord(r, s.id, index, index+1, func(_ uint64, rec *record) error {
			out.Event = disclose(rec, log, index, nil, header, nil)
			return nil
		})
	})
	if err == nil && out.Event == nil {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	out.Proof, err = tlog.ProveRecord(int64(c.Size), int64(index), l.hashes(s, v, c.Size))
	return out, err
}

// CheckShown checks an event that a peer shows of its log: that it hashes to an
// entry, that the entry is in the checkpoint, and that the peer's log has signed
// and this ledger, as its witness, has cosigned that: it is a head of the only
// history that we know.
func (l *Ledger) CheckShown(s *Shown, checkpoint []byte) (*Stored, error) {
	origin, _, _ := bytes.Cut(checkpoint, []byte("\n"))
	log := l.witnessing(string(origin))
	if log == nil {
		return nil, fmt.Errorf("log %q: %w", origin, ErrNotFound)
	}
	self := &verifyKey{name: l.witness.name, alg: l.witness.alg, hash: l.witness.KeyHash(), key: l.witness.public()}
	return s.check(&Policy{logs: []*verifyKey{log.key}, witnesses: map[string]*verifyKey{"self": self}, quorum: "self"}, checkpoint)
}

// CheckShown is Ledger.CheckShown for an auditor.
func (p *Policy) CheckShown(s *Shown, checkpoint []byte) (*Stored, error) {
	return s.check(p, checkpoint)
}

func (s *Shown) check(policy *Policy, checkpoint []byte) (*Stored, error) {
	d := s.Event
	if d == nil {
		return nil, errDisclosure
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	c, _, err := TlogProof{Index: d.Index, Proof: s.Proof, Checkpoint: checkpoint}.check(policy, d.Entry)
	if err != nil {
		return nil, err
	}
	if logName(c.Origin) != d.Log {
		return nil, fmt.Errorf("event of log %s in a checkpoint of %s", d.Log, c.Origin)
	}
	return d.stored(), nil
}

// stored is what is disclosed of an event.
func (d *Disclosure) stored() *Stored {
	e := &Stored{Log: d.Log, Index: d.Index, Kind: d.Kind, Time: d.Time.UTC(), Header: map[string]string{}}
	for _, v := range d.Header {
		if v.Salt != nil {
			e.Header[v.Name] = v.Value
		}
	}
	return e
}
