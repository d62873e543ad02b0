package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"peacebridge/audit"
	"peacebridge/crypto"
	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// Verdicts of a receipt, and of what is kept of an incoming message.
const (
	verdictCommitted = crypto.VerdictCommitted
	verdictRefused   = crypto.VerdictRefused
)

// envelopeBytes is the largest envelope: a 1 MiB record grows by base64 twice.
const envelopeBytes = 2<<20 + 64<<10

// postMessage is POST /exchange/v1/messages: the peer's side of step 7. The
// message is opened, checked by this side's reading of the agreement,
// committed once, and answered with a signed receipt that names the index in
// this gateway's log of the relation.
func (g *Gateway) postMessage(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	p := g.peers[c.identity.Agency]
	if p == nil {
		return refuse("identity-refused", "no relation with this agency")
	}
	envelope, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, envelopeBytes))
	if err != nil {
		return bodyError(err, envelopeBytes)
	}
	in, err := g.takeIn(r.Context(), p, envelope, c.at)
	if err != nil {
		return err
	}
	receipt, err := g.receipt(p, in, c.at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaJOSE)
	_, _ = w.Write(receipt) // the peer asks again when it does not get this
	return nil
}

// receipt is derived from the committed event and may be signed again.
func (g *Gateway) receipt(p *peer, in *incoming, at time.Time) ([]byte, error) {
	return g.keys.SignReceipt(crypto.Receipt{
		Issuer: g.settings.Agency, Audience: p.agency, MessageID: in.Message, PayloadDigest: in.Digest,
		Verdict: in.Verdict, Reason: in.Reason, LogOrigin: g.origin(in.Event.Log), Index: in.Event.Index,
		At: in.At, RecipientKey: in.Key, StricterWithheld: in.Withheld, SignedAt: at,
	})
}

// takeIn opens one envelope and commits what becomes of it.
func (g *Gateway) takeIn(ctx context.Context, p *peer, envelope []byte, at time.Time) (*incoming, error) {
	claims, opened, err := g.keys.Open(envelope, crypto.Expect{Issuer: p.agency, Audience: g.settings.Agency, Kind: kindRecord, Now: at})
	if err != nil {
		return nil, g.refuseEnvelope(ctx, p, err, at)
	}
	for attempt := 0; ; attempt++ {
		var first incoming
		err := g.state(keyIncoming(p.agency, claims.MessageID), &first)
		if err == nil {
			return g.again(&first, opened)
		}
		if !errors.Is(err, audit.ErrNotFound) {
			return nil, err
		}
		events, guards := g.judge(p, claims, opened, envelope, at)
		guards = append(guards, audit.Guard{Key: keyIncoming(p.agency, claims.MessageID)})
		if _, err = g.ledger.Append(context.WithoutCancel(ctx), events, guards); err == nil {
			err = g.state(keyIncoming(p.agency, claims.MessageID), &first)
			return &first, err
		}
		if !errors.Is(err, audit.ErrChanged) || attempt == maxAttempts {
			return nil, err
		}
	}
}

// again answers a message that came before: the same receipt for the same
// payload. Another payload under the same id is refused.
func (g *Gateway) again(first *incoming, opened *crypto.Opened) (*incoming, error) {
	if first.Digest != opened.PayloadDigest {
		e := refuse("exchange-refused", "this message id was used for another payload")
		e.reason = "MESSAGE_ID_REUSED"
		return nil, e
	}
	return first, nil
}

// refuseEnvelope records an envelope that could not be opened. The peer learns
// no more than that.
func (g *Gateway) refuseEnvelope(ctx context.Context, p *peer, cause error, at time.Time) error {
	var r *crypto.Refusal
	if !errors.As(cause, &r) {
		return cause
	}
	_, err := g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{{
		Log: p.agency, Kind: kindMessageStop, Time: at,
		Header: map[string]string{hPeer: p.agency, hReason: string(r.Reason)},
	}}, nil)
	if err != nil {
		return err
	}
	e := refuse("exchange-refused", "the envelope was refused")
	e.reason = "ENVELOPE_REFUSED"
	return e
}

// judge makes the event of an opened message: taken in, or refused with the reason.
func (g *Gateway) judge(p *peer, c *crypto.Claims, o *crypto.Opened, envelope []byte, at time.Time) ([]audit.Event, []audit.Guard) {
	refused := func(reason string) ([]audit.Event, []audit.Guard) {
		return []audit.Event{{
			Log: p.agency, Kind: kindMessageStop, Time: at,
			Header: map[string]string{
				hPeer: p.agency, hMessage: c.MessageID, hDigest: o.PayloadDigest, hKey: c.RecipientKey, hReason: reason,
				hAgreement: c.Agreement, hHash: c.AgreementHash, hPurpose: c.Purpose,
			},
			Bodies: []audit.Body{{Name: bodyEnvelope, MediaType: mediaJOSE, Data: envelope}},
		}}, nil
	}
	a := g.agreements.find(c.Agreement, c.AgreementVersion, c.AgreementHash)
	if a == nil {
		return refused("NO_AGREEMENT")
	}
	gd, reason := g.agreementState(a, c.IssuedAt, at)
	if reason != "" {
		return refused(reason)
	}
	rec, reason := g.openRecord(c)
	if reason != "" {
		return refused(reason)
	}
	rec, dropped, reason := g.stricter(a, rec, c, p.agency, at)
	if reason != "" {
		return refused(reason)
	}
	e, err := g.takenEvent(p, c, o, rec, envelope, at)
	if err != nil {
		g.log.Error("message could not be rendered", "message", c.MessageID, "error", err.Error())
		return refused("RECORD_INVALID")
	}
	e.Header[hWithheld] = strconv.Itoa(dropped)
	return []audit.Event{e}, []audit.Guard{gd}
}

// openRecord is the record that the claims carry, without its digests. The
// signature says who the issuer is: what the record says of its origin is that.
func (g *Gateway) openRecord(c *crypto.Claims) (*cargo.Record, string) {
	plain, _, err := crypto.Strip(c.Record)
	if err != nil {
		return nil, "RECORD_INVALID"
	}
	rec, _, err := cargo.ParseShared(plain)
	if err != nil || rec.Class != c.Class || rec.ID != "" && rec.ID != c.RecordID {
		return nil, "RECORD_INVALID"
	}
	if len(g.origins.foreign(rec, c.Issuer)) > 0 {
		return nil, "FOREIGN_ORIGIN"
	}
	return rec, ""
}

// stricter drops what this side's reading of the agreement withholds.
func (g *Gateway) stricter(a *agreementFile, rec *cargo.Record, c *crypto.Claims, from string, at time.Time) (*cargo.Record, int, string) {
	d := a.Decide(agreement.Request{From: from, To: g.settings.Agency, Purpose: c.Purpose, Record: rec, At: at, SealedAt: c.IssuedAt, Received: true})
	if d.Outcome != agreement.Share {
		return nil, 0, d.Reason
	}
	withheld := make(map[string]bool, len(d.Withheld))
	for _, instance := range d.Withheld {
		withheld[instance] = true
	}
	if len(withheld) == 0 {
		return rec, 0, ""
	}
	kept := cargo.Filter(rec, func(l cargo.Leaf) (string, bool) { return l.Value, !withheld[l.Instance] })
	return kept, len(withheld), ""
}

// takenEvent is the inbox item with everything that its rendering depends on,
// so that it is the same byte for byte years later.
func (g *Gateway) takenEvent(p *peer, c *crypto.Claims, o *crypto.Opened, rec *cargo.Record, envelope []byte, at time.Time) (audit.Event, error) {
	id := newID()
	h := map[string]string{
		hPeer: p.agency, hMessage: c.MessageID, hDocument: id, hClass: rec.Class, hRecord: rec.ID, hDigest: o.PayloadDigest, hKey: c.RecipientKey,
		hAgreement: c.Agreement, hVersion: strconv.Itoa(c.AgreementVersion), hHash: c.AgreementHash,
		hPurpose: c.Purpose, hSequence: strconv.FormatUint(c.Sequence, 10),
	}
	e := audit.Event{
		Log: p.agency, Kind: kindTaken, Time: at, Header: h, Subject: "message/" + c.MessageID, Terms: termsOf(rec),
		Bodies: []audit.Body{
			{Name: bodyEnvelope, MediaType: mediaJOSE, Data: envelope},
			{Name: bodyRecord, MediaType: mediaJSON, Data: rec.Canonical()},
		},
	}
	guide := g.current().guideFor(rec.Class)
	if guide == "" {
		return e, nil
	}
	control := g.nextControl()
	rules := g.rules.current()
	h[hGuide], h[hControl], h[hRules] = guide, strconv.FormatUint(control, 10), rules.hash
	_, report, err := g.render(rec, guide, rendering{at: at, control: control, rules: rules, peer: p.agency})
	if err != nil {
		return e, fmt.Errorf("guide %s: %w", guide, err)
	}
	if len(report.Missing) > 0 {
		h[hMissing] = strconv.Itoa(len(report.Missing))
	}
	if len(report.Wanted) > 0 {
		h[hWanted] = strconv.Itoa(len(report.Wanted))
	}
	return e, nil
}
