package gateway

import (
	"errors"
	"net/http"

	"peacebridge/audit"
)

// postResend is POST /v1/documents/{id}/resend: what was given up of a document
// goes back into the outbox. The sealed bytes are the same ones, so a peer that
// has them after all answers with its first receipt.
func (g *Gateway) postResend(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	c := caller(r)
	var events []audit.Event
	var guards []audit.Guard
	for _, u := range d.Units {
		if u.State != stateDead {
			continue
		}
		e, err := g.ledger.Entry(u.Event.Log, u.Event.Index)
		if err != nil {
			return err
		}
		if c.at.Sub(e.Time) >= validity {
			return refuse("not-resendable", "it was sealed %s ago and is good for %s", c.at.Sub(e.Time).Round(1e9), validity)
		}
		var dead eventRef
		version, err := g.stateVersion(keyDead(u.Message), &dead)
		if err != nil {
			return err
		}
		guards = append(guards, audit.Guard{Key: keyDead(u.Message), Version: version})
		events = append(events, audit.Event{
			Log: u.Peer, Kind: kindResumed, Time: c.at,
			Header: map[string]string{hMessage: u.Message, hDocument: d.ID, hPeer: u.Peer, hParty: c.identity.URI()},
		})
	}
	if len(events) == 0 {
		return refuse("not-resendable", "no part of it is in the dead letters")
	}
	_, err = g.ledger.Append(r.Context(), events, guards)
	if errors.Is(err, audit.ErrChanged) {
		return refuse("not-resendable", "it is being sent again already")
	}
	if err != nil {
		return err
	}
	g.wake()
	return g.getDocument(w, r)
}
