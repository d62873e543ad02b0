package gateway

import (
	"encoding/json"
	"time"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// decision is what an agreement says about one unit for one peer, and the
// version of the agreement's state that it was decided under: the commit
// guards that version, so that nothing leaves under an agreement that was
// suspended in between.
type decision struct {
	agreement.Decision
	guard guard
}

func (d *decision) refused() bool { return d.Outcome != agreement.Share }

// decide is step 4. Without an agreement that covers the unit nothing is
// shared, and a test interchange never reaches production state.
func (g *Gateway) decide(u *cargo.Record, peer string, test bool, at time.Time) *decision {
	none := &decision{Decision: agreement.Decision{Outcome: agreement.Refuse, Reason: "NO_AGREEMENT"}}
	if test && g.settings.production() {
		none.Reason = "TEST_INTERCHANGE"
		return none
	}
	for _, a := range g.agreements.between(g.settings.Agency, peer) {
		d := g.decideBy(a, u, peer, at)
		if !d.refused() {
			return d
		}
		// The first agreement of the two parties gives the reason, unless a
		// later one shares.
		if none.Reason == "NO_AGREEMENT" {
			none = d
		}
	}
	return none
}

// decideBy decides one unit by one agreement.
func (g *Gateway) decideBy(a *agreementFile, u *cargo.Record, to string, at time.Time) *decision {
	from := g.settings.Agency
	guard, reason := g.agreementState(a, at, at)
	d := &decision{guard: guard, Decision: agreement.Decision{
		Outcome: agreement.Refuse, Reason: reason,
		Agreement: agreement.Ref{ID: a.ID, Version: a.Version, Hash: a.Hash},
	}}
	if reason != "" {
		return d
	}
	purpose, ok := a.Purpose(from, to, u.Class)
	if !ok {
		d.Reason = "CLASS_NOT_ALLOWED"
		return d
	}
	d.Decision = a.Decide(agreement.Request{From: from, To: to, Purpose: purpose, Record: u, At: at, Pseudonym: g.pseudonym(a, to, at)})
	return d
}

// tally counts the verdicts over the instances of elements.
func (d *decision) tally() (shared, masked, withheld int) {
	for _, e := range d.Elements {
		switch e.Verdict {
		case agreement.Share:
			shared++
		case agreement.Mask:
			masked++
		case agreement.Withhold:
			withheld++
		}
	}
	return shared, masked, withheld
}

func (d *decision) body() []byte {
	b, err := json.Marshal(d.Decision)
	if err != nil { // plain strings and numbers: cannot happen, and must not be silent
		panic(err)
	}
	return b
}
