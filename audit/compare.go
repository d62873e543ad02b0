package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Both gateways log the same exchange. What one has and the other has not is a
// finding: a delivery under way, a loss, or an event that somebody hides.

// A Mention is an event of a relation log that names a message.
type Mention struct {
	ID     string            `json:"id"` // of the message
	Log    string            `json:"log"`
	Index  uint64            `json:"index"`
	Kind   string            `json:"kind"`
	Time   time.Time         `json:"time"`
	Fields map[string]string `json:"fields,omitempty"` // that must be the same on both sides
}

// A Mismatch is a message without a counterpart, or one that the two sides
// describe differently.
type Mismatch struct {
	ID    string    `json:"id"`
	Field string    `json:"field,omitempty"` // empty: no counterpart
	A     []Mention `json:"a"`
	B     []Mention `json:"b"`
}

// CompareOptions say what connects the two sides.
type CompareOptions struct {
	ID       string   // header with the message id, default "message"
	Same     []string // headers that must not differ where both sides have them; default "digest"
	From, To time.Time
}

func (o *CompareOptions) defaults() {
	if o.ID == "" {
		o.ID = "message"
	}
	if o.Same == nil {
		o.Same = []string{"digest"}
	}
}

// mention returns what an event says of a message, nil if it names none.
func (o *CompareOptions) mention(s *Stored) *Mention {
	q := Query{From: o.From, To: o.To}
	id := s.Header[o.ID]
	if id == "" || !q.matches(s) {
		return nil
	}
	m := &Mention{ID: id, Log: s.Log, Index: s.Index, Kind: s.Kind, Time: s.Time}
	for _, f := range o.Same {
		if v := s.Header[f]; v != "" {
			if m.Fields == nil {
				m.Fields = map[string]string{}
			}
			m.Fields[f] = v
		}
	}
	return m
}

// Reconcile compares what two sides mention, by message.
func Reconcile(a, b []Mention) []Mismatch {
	byID := map[string]*Mismatch{}
	side := func(list []Mention, pick func(*Mismatch) *[]Mention) {
		for _, m := range list {
			d := byID[m.ID]
			if d == nil {
				d = &Mismatch{ID: m.ID, A: []Mention{}, B: []Mention{}}
				byID[m.ID] = d
			}
			*pick(d) = append(*pick(d), m)
		}
	}
	side(a, func(d *Mismatch) *[]Mention { return &d.A })
	side(b, func(d *Mismatch) *[]Mention { return &d.B })
	out := []Mismatch{}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		d := byID[id]
		if len(d.A) == 0 || len(d.B) == 0 {
			out = append(out, *d)
			continue
		}
		if f := differing(d.A, d.B); f != "" {
			d.Field = f
			out = append(out, *d)
		}
	}
	return out
}

// differing returns the first field of which both sides give values, but none
// in common.
func differing(a, b []Mention) string {
	values := func(list []Mention) map[string]map[string]bool {
		out := map[string]map[string]bool{}
		for _, m := range list {
			for f, v := range m.Fields {
				if out[f] == nil {
					out[f] = map[string]bool{}
				}
				out[f][v] = true
			}
		}
		return out
	}
	va, vb := values(a), values(b)
	for _, f := range slices.Sorted(maps.Keys(va)) {
		common := len(vb[f]) == 0
		for v := range va[f] {
			common = common || vb[f][v]
		}
		if !common {
			return f
		}
	}
	return ""
}

// Mentions lists what a relation log says of messages, for a reconciliation
// with the peer.
func (l *Ledger) Mentions(log string, o CompareOptions) ([]Mention, error) {
	o.defaults()
	out := []Mention{}
	err := l.EntriesOf(log, 0, func(_ uint64, s *Stored) bool {
		if m := o.mention(s); m != nil {
			out = append(out, *m)
		}
		return true
	})
	return out, err
}

// A Side is one of two ledgers that are compared.
type Side struct {
	Agency string // whose ledger it is
	// Partial says that it holds a choice of events: what it lacks says nothing.
	Partial bool
	// Mentions lists what its log of the relation with a peer says of messages.
	Mentions func(ctx context.Context, peer string, o CompareOptions) ([]Mention, error)
	Close    func() error
}

// OpenSide opens a ledger folder or a bundle for a comparison. A bundle must
// verify.
func OpenSide(ctx context.Context, target string, o VerifyOptions) (*Side, error) {
	bundle, err := isBundle(target)
	if err != nil {
		return nil, err
	}
	if bundle {
		return bundleSide(ctx, target, o)
	}
	f, err := openFolder(ctx, target)
	if err != nil {
		return nil, err
	}
	return &Side{Agency: f.origin, Mentions: func(ctx context.Context, peer string, o CompareOptions) ([]Mention, error) {
		return f.mentions(ctx, peer, &o)
	}, Close: f.close}, nil
}

// CompareTargets compares the ledgers of two gateways, each a folder or a
// bundle: the log that either keeps of its relation with the other.
func CompareTargets(ctx context.Context, a, b string, o CompareOptions) ([]Mismatch, error) {
	var sides [2]*Side
	for i, target := range []string{a, b} {
		s, err := OpenSide(ctx, target, VerifyOptions{})
		if err != nil {
			if i > 0 {
				err = errors.Join(err, sides[0].Close())
			}
			return nil, err
		}
		sides[i] = s
	}
	found, err := CompareSides(ctx, sides[0], sides[1], o)
	return found, errors.Join(err, sides[0].Close(), sides[1].Close())
}

// CompareSides is CompareTargets for sides that the caller opened.
func CompareSides(ctx context.Context, a, b *Side, o CompareOptions) ([]Mismatch, error) {
	o.defaults()
	ma, err := a.Mentions(ctx, b.Agency, o)
	if err != nil {
		return nil, err
	}
	mb, err := b.Mentions(ctx, a.Agency, o)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(Reconcile(ma, mb), func(m Mismatch) bool {
		return a.Partial && len(m.A) == 0 || b.Partial && len(m.B) == 0
	}), nil
}

// Mention is what an event says of a message, nil if it names none.
func (o CompareOptions) Mention(e *Stored) *Mention {
	o.defaults()
	return o.mention(e)
}

func (f *folder) mentions(ctx context.Context, peer string, o *CompareOptions) ([]Mention, error) {
	if _, ok := f.logs[peer]; !ok {
		return nil, fmt.Errorf("%s: no log of the relation with %s: %w", f.original, peer, ErrNotFound)
	}
	out := []Mention{}
	err := f.store.view(func(r reader) error {
		return f.each(ctx, r, Query{Log: peer}, func(_ uint16, index uint64, rec *record, log string) error {
			if m := o.mention(rec.stored(log, index)); m != nil {
				out = append(out, *m)
			}
			return nil
		})
	})
	return out, err
}
