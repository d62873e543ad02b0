package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"peacebridge/audit"
	"peacebridge/mapping/cargo"
)

// The nine steps of a document, in order:
//
//	1 identify       routes.go      who speaks, and in which role
//	2 read           read.go        bytes into messages, with findings
//	3 translate in   translate.go   a message into one record, the record into units
//	4 decide         decide.go      what the agreement lets across, element by element
//	5 seal           seal.go        sign, then encrypt to the peer
//	6 commit         commit.go      events and state in one durable transaction
//	7 deliver        deliver.go     at least once; the peer's side is exchange.go
//	8 translate out  render.go      the record in the recipient's own formats
//	9 prove          audit          by the ledger itself
//
// take runs steps 2 to 6 for one submission. It is restartable: what is
// committed stays, and it goes on after the last message that is.
func (g *Gateway) take(ctx context.Context, in *intake) (*submission, error) {
	if in.data == nil { // a large one: a few at a time, because each costs memory
		g.large <- struct{}{}
		defer func() { <-g.large }()
	}
	v, err := g.read(in) // 2
	if err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		sub, err := g.takeFrom(ctx, in, v)
		switch {
		case err == nil:
			return sub, nil
		case errors.Is(err, audit.ErrChanged) && attempt < maxAttempts:
			if err := g.decideChange(in, changedKey(err)); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// largeAtOnce is how many submissions that do not fit in memory are read at the
// same time; others of them wait.
const largeAtOnce = 2

// maxAttempts bounds how often a submission is decided again because an
// agreement changed between the decision and the commit.
const maxAttempts = 5

func (g *Gateway) takeFrom(ctx context.Context, in *intake, v *verdict) (*submission, error) {
	b, err := g.newBatch(in)
	if err != nil {
		return nil, err
	}
	for m, err := range g.messages(in, v, b.done()) { // 3
		if err != nil {
			return nil, err
		}
		if err := g.takeMessage(b, m, in.at); err != nil {
			return nil, err
		}
		if b.full() {
			if err := b.commit(ctx); err != nil { // 6
				return nil, err
			}
		}
	}
	if err := b.answer(v); err != nil {
		return nil, err
	}
	if err := b.commit(ctx); err != nil { // 6
		return nil, err
	}
	g.wake() // 7
	return b.submission()
}

// takeMessage puts the events of one message into the batch.
func (g *Gateway) takeMessage(b *batch, m *inbound, at time.Time) error {
	if !m.accepted() {
		return b.rejected(m)
	}
	doc, err := b.accepted(m)
	if err != nil {
		return err
	}
	for _, u := range cargo.Split(m.record, newID) { // 3
		for _, peer := range g.peerNames {
			d := g.decide(u, peer, m.test, at) // 4
			if d.refused() {
				b.refused(doc, u, peer, d)
				continue
			}
			s, err := g.seal(u, d, peer, at) // 5
			if err != nil {
				return fmt.Errorf("message %d: %w", m.number, err)
			}
			b.sealed(doc, u, peer, d, s)
		}
	}
	return nil
}

// decideChange says what a lost race means. A duplicate and a reused
// idempotency key are answers; a changed agreement is decided again.
func (g *Gateway) decideChange(in *intake, key string) error {
	if in.idempotent != "" && in.stored == nil {
		// Of a repeated request, which has both keys, either may be the one that
		// did not hold: it gets the first one's answer.
		_, _, err := g.ledger.Get(keyIdempotency(in.idempotent))
		if err == nil {
			return errRepeated
		}
		if !errors.Is(err, audit.ErrNotFound) {
			return err
		}
	}
	switch {
	case strings.HasPrefix(key, keyDuplicate("")):
		return g.duplicate(key)
	}
	return nil
}
