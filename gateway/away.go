package gateway

import (
	"fmt"
	"time"

	"peacebridge/audit"
)

// A peer that does not cosign is away. That is counted from its last good
// answer while a head of ours waits for it, and from the last cosignature that
// is in the ledger after a start: a restart is no way around the policy.

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
func (g *Gateway) resumeAway() {
	for _, s := range g.ledger.Status() {
		p := g.peers[s.Relation]
		if p == nil || s.Closed {
			continue
		}
		p.cosigned(g.startedAt)
		if s.CosignedSize < s.PublishedSize && !s.CosignedAt.IsZero() && s.CosignedAt.Before(g.startedAt) {
			p.cosigned(s.CosignedAt)
		}
	}
}

// held says whether everything for a peer is held back.
func (g *Gateway) held(p *peer, now time.Time) bool {
	stop := time.Duration(g.settings.Witness.StopAfter)
	return stop > 0 && p.awayFor(now) > stop
}

// awayLines are the health lines about the cosignatures of a log.
func (g *Gateway) awayLines(s audit.LogStatus, now time.Time, warn func(code, text string)) {
	p := g.peers[s.Relation]
	if p == nil || s.Closed {
		return
	}
	away := p.awayFor(now)
	if away <= time.Duration(g.settings.Witness.WarnAfter) && !g.held(p, now) {
		return
	}
	last := "never"
	if !s.CosignedAt.IsZero() {
		last = fmt.Sprintf("at size %d, %s ago", s.CosignedSize, age(now.Sub(s.CosignedAt)))
	}
	warn("not-cosigned", fmt.Sprintf("the log of %s was last cosigned %s; %d are published", s.Log, last, s.PublishedSize))
	if g.held(p, now) {
		warn("held", fmt.Sprintf("%s has been away for %s: nothing is released to it until it cosigns", s.Log, age(away)))
	}
}

// age is a duration for people.
func age(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}
