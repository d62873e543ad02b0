package gateway

import (
	"errors"
	"fmt"
	"time"

	"peacebridge/audit"
)

// A peer that does not cosign is away. That is counted from its last good
// answer while a head of ours waits for it, and after a start from the oldest
// event in the ledger that it has not cosigned: a restart is no way around the
// policy, also for a peer that never cosigned anything.

// cosigned notes that nothing waits for the peer's cosignature at an instant.
func (p *peer) cosigned(at time.Time) {
	p.seenMu.Lock()
	p.seenAt = at
	p.seenMu.Unlock()
}

// awayFor is for how long heads have been waiting for the peer.
func (p *peer) awayFor(now time.Time) time.Duration {
	p.seenMu.Lock()
	defer p.seenMu.Unlock()
	return now.Sub(p.seenAt)
}

// resumeAway takes up the count where the last run left it.
func (g *Gateway) resumeAway() error {
	for _, s := range g.ledger.Status() {
		p := g.peers[s.Relation]
		if p == nil || s.Closed {
			continue
		}
		for i, w := range s.Witnesses {
			since, err := g.waitingSince(s, w)
			if err != nil {
				return err
			}
			if i == 0 {
				p.cosigned(since)
			}
			for _, o := range g.outside {
				if o.name == w.Name {
					o.note(s.Relation, since, true)
				}
			}
		}
	}
	return nil
}

// waitingSince is when the oldest published event happened that a witness has
// not cosigned: the ledger itself remembers it, however often the gateway was
// started since. It is now when there is none.
func (g *Gateway) waitingSince(s audit.LogStatus, w audit.WitnessStatus) (time.Time, error) {
	if w.Size >= s.PublishedSize {
		return g.startedAt, nil
	}
	e, err := g.ledger.Entry(s.Log, w.Size)
	if errors.Is(err, audit.ErrDamaged) {
		return g.startedAt, nil // the ledger's own health says it
	}
	if err != nil || e.Time.After(g.startedAt) {
		return g.startedAt, err
	}
	return e.Time, nil
}

// held says whether everything for a peer is held back.
func (g *Gateway) held(p *peer, now time.Time) bool {
	stop := time.Duration(g.current().Witness.StopAfter)
	return stop > 0 && p.awayFor(now) > stop
}

// awayLines are the health lines about the cosignatures of a log.
func (g *Gateway) awayLines(s audit.LogStatus, now time.Time, warn func(code, text string)) {
	p := g.peers[s.Relation]
	if p == nil || s.Closed {
		return
	}
	late := time.Duration(g.current().Witness.WarnAfter)
	for _, o := range g.outside {
		if o.awayFor(s.Relation, now) > late {
			warn("not-cosigned", notCosigned(s, o.name, now))
		}
	}
	away := p.awayFor(now)
	if away <= late && !g.held(p, now) {
		return
	}
	warn("not-cosigned", notCosigned(s, s.Relation, now))
	if g.held(p, now) {
		warn("held", fmt.Sprintf("%s has been away for %s: nothing is released to it until it cosigns", s.Log, age(away)))
	}
}

// notCosigned says what a witness has cosigned last.
func notCosigned(s audit.LogStatus, witness string, now time.Time) string {
	last := "never"
	for _, w := range s.Witnesses {
		if w.Name == witness && !w.At.IsZero() {
			last = fmt.Sprintf("at size %d, %s ago", w.Size, age(now.Sub(w.At)))
		}
	}
	if witness != s.Relation {
		last = "by " + witness + " " + last
	}
	return fmt.Sprintf("the log of %s was last cosigned %s; %d are published", s.Log, last, s.PublishedSize)
}

// age is a duration for people.
func age(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}
