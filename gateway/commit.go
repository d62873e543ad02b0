package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"peacebridge/audit"
	"peacebridge/edi"
	"peacebridge/edi/ack"
	"peacebridge/mapping/cargo"
)

// Bounds of one batch: well below a transaction of the ledger, and large
// enough that a big interchange costs few syncs.
const (
	batchEvents = 256
	batchBytes  = 512 << 10
)

type guard = audit.Guard

// batch gathers the events of a submission until they are committed, step 6.
// Whatever is committed together is true together.
type batch struct {
	g      *Gateway
	in     *intake
	events []audit.Event
	guards map[string]uint64
	bytes  int
	ended  []partEnd // how each message ended, for the acknowledgement
	start  int       // messages committed before this process took over
	sub    *submission
}

// partEnd is the end of one message as the acknowledgement needs it.
type partEnd struct{ accepted bool }

func (g *Gateway) newBatch(in *intake) (*batch, error) {
	b := &batch{g: g, in: in, guards: map[string]uint64{}}
	if in.stored == nil {
		e := in.received()
		e.Bodies = []audit.Body{{Name: bodyDocument, MediaType: in.media, Data: in.data}}
		b.add(e)
		for _, gd := range in.guards() {
			b.guards[gd.Key] = gd.Version
		}
		return b, nil
	}
	sub, err := g.submissionByID(in.id)
	if err != nil {
		return nil, err
	}
	b.sub, b.start = sub, sub.Messages
	for n := 1; n <= b.start; n++ { // what an earlier run of this process decided
		d, err := g.part(sub.ID, n)
		if err != nil {
			return nil, err
		}
		b.ended = append(b.ended, partEnd{accepted: d.State != stateRejected})
	}
	if len(sub.Duplicates) == 0 && len(in.duplicates) > 0 {
		b.add(audit.Event{
			Log: audit.Internal, Kind: kindIdentified, Time: in.at,
			Header: map[string]string{hSubmission: in.id, hDuplicate: strings.Join(in.duplicates, " ")},
		})
		for _, d := range in.duplicates {
			b.guards[keyDuplicate(d)] = 0
		}
	}
	return b, nil
}

// done is how many messages are committed: the next one is done()+1.
func (b *batch) done() int { return b.start }

func (b *batch) full() bool { return len(b.events) >= batchEvents || b.bytes >= batchBytes }

func (b *batch) add(e audit.Event) {
	for _, body := range e.Bodies {
		b.bytes += len(body.Data)
	}
	b.events = append(b.events, e)
}

func (b *batch) header(m *inbound, doc string) map[string]string {
	return map[string]string{
		hSubmission: b.in.id, hDocument: doc, hNumber: strconv.Itoa(m.number), hGuide: m.guideName(), hParty: b.in.party.URI(),
	}
}

func (b *batch) rejected(m *inbound) error {
	findings, err := json.Marshal(m.findings)
	if err != nil {
		return err
	}
	h := b.header(m, newID())
	h[hCodes] = codes(m.findings)
	if m.guide != nil {
		h[hClass] = m.guide.Class
	}
	b.add(audit.Event{
		Log: audit.Internal, Kind: kindRejected, Time: b.in.at, Header: h, Subject: subjectOf(b.in.id),
		Bodies: []audit.Body{{Name: bodyFindings, MediaType: mediaJSON, Data: findings}},
	})
	b.ended = append(b.ended, partEnd{})
	return nil
}

// codes are the codes of the errors, each once, in order.
func codes(findings []problemFinding) string {
	var out []string
	seen := map[string]bool{}
	for _, f := range findings {
		if f.Severity == "error" && !seen[f.Code] {
			seen[f.Code] = true
			out = append(out, f.Code)
		}
	}
	return strings.Join(out, ",")
}

func (b *batch) accepted(m *inbound) (doc string, err error) {
	findings, err := json.Marshal(m.findings)
	if err != nil {
		return "", err
	}
	doc = newID()
	h := b.header(m, doc)
	h[hClass], h[hRecord] = m.record.Class, m.record.ID
	b.add(audit.Event{
		Log: audit.Internal, Kind: kindAccepted, Time: b.in.at, Header: h, Subject: subjectOf(b.in.id),
		Terms: termsOf(m.record),
		Bodies: []audit.Body{
			{Name: bodyRecord, MediaType: mediaJSON, Data: m.record.Canonical()},
			{Name: bodyReport, MediaType: mediaJSON, Data: orNull(m.report)},
			{Name: bodyFindings, MediaType: mediaJSON, Data: findings},
		},
	})
	b.ended = append(b.ended, partEnd{accepted: true})
	return doc, nil
}

func orNull(b []byte) []byte {
	if b == nil {
		return []byte("null")
	}
	return b
}

func (b *batch) refused(doc string, u *cargo.Record, peer string, d *decision) {
	b.guard(d.guard)
	b.add(audit.Event{
		Log: peer, Kind: kindRefused, Time: b.in.at, Subject: subjectOf(b.in.id),
		Header: map[string]string{
			hDocument: doc, hPeer: peer, hClass: u.Class, hReason: d.Reason,
			hAgreement: d.Agreement.ID, hHash: d.Agreement.Hash, hPurpose: d.Purpose,
		},
		Terms:  termsOf(u),
		Bodies: []audit.Body{{Name: bodyDecision, MediaType: mediaJSON, Data: d.body()}},
	})
}

func (b *batch) sealed(doc string, u *cargo.Record, peer string, d *decision, s *sealed) {
	b.guard(d.guard)
	shared, masked, withheld := d.tally()
	b.add(audit.Event{
		Log: peer, Kind: kindSealed, Time: b.in.at, Subject: subjectOf(b.in.id), Terms: termsOf(u),
		Header: map[string]string{
			hDocument: doc, hMessage: s.message, hPeer: peer, hClass: u.Class, hRecord: u.ID,
			hSequence: strconv.FormatUint(s.sequence, 10), hDigest: s.digest,
			hAgreement: d.Agreement.ID, hVersion: strconv.Itoa(d.Agreement.Version), hHash: d.Agreement.Hash,
			hPurpose: d.Purpose, hArticles: strings.Join(d.Articles, ","),
			hShared: strconv.Itoa(shared), hMasked: strconv.Itoa(masked), hWithheld: strconv.Itoa(withheld),
		},
		Bodies: []audit.Body{
			{Name: bodyEnvelope, MediaType: mediaJOSE, Data: s.envelope},
			{Name: bodyDecision, MediaType: mediaJSON, Data: d.body()},
			{Name: bodyDisclosure, MediaType: mediaJSON, Data: s.disclosures},
		},
	})
}

func (b *batch) guard(gd guard) {
	if gd.Key != "" {
		b.guards[gd.Key] = gd.Version
	}
}

// answer adds the end of the submission: its acknowledgement, in the syntax of
// the sender, and the HTTP status that every later replay repeats.
func (b *batch) answer(v *verdict) error {
	accepted := 0
	for _, e := range b.ended {
		if e.accepted {
			accepted++
		}
	}
	status := http.StatusUnprocessableEntity
	if accepted > 0 {
		status = http.StatusAccepted
	}
	kind, body, control, err := b.acknowledge(v)
	if err != nil {
		return err
	}
	e := audit.Event{
		Log: audit.Internal, Kind: kindAnswered, Time: b.in.at, Subject: subjectOf(b.in.id), Terms: v.controlTerms(),
		Header: map[string]string{
			hSubmission: b.in.id, hStatus: strconv.Itoa(status), hAck: kind, hControl: control,
			hAccepted: strconv.Itoa(accepted), hRejected: strconv.Itoa(len(b.ended) - accepted),
		},
	}
	if body != nil {
		e.Bodies = append(e.Bodies, audit.Body{Name: bodyAck, MediaType: b.in.media, Data: body})
	}
	if len(b.ended) == 0 { // no message at all: the findings have no document to stand with
		findings, err := json.Marshal(v.outside())
		if err != nil {
			return err
		}
		e.Bodies = append(e.Bodies, audit.Body{Name: bodyFindings, MediaType: mediaJSON, Data: findings})
	}
	b.add(e)
	return nil
}

func (b *batch) acknowledge(v *verdict) (kind string, body []byte, control string, err error) {
	if v.result == nil {
		return "", nil, "", nil
	}
	results := messageResults(v.result)
	for i, e := range b.ended {
		results[i].Refused = results[i].Refused || !e.accepted
	}
	n := b.g.nextControl()
	control = strconv.FormatUint(n, 10)
	var buf bytes.Buffer
	err = ack.Write(&buf, v.result, ack.Options{Control: control, At: b.in.at})
	switch {
	case errors.Is(err, ack.ErrNone):
		return "", nil, "", nil
	case err != nil && !slices.ContainsFunc(b.ended, func(e partEnd) bool { return e.accepted }):
		// An envelope so broken that its own numbers cannot be repeated: the
		// findings are the answer.
		b.g.log.Warn("acknowledgement not written", "submission", b.in.id, "error", err.Error())
		return "", nil, "", nil
	case err != nil:
		return "", nil, "", fmt.Errorf("acknowledgement: %w", err)
	}
	return ackKind(v.syntax, buf.Bytes()), buf.Bytes(), control, nil
}

// ackKind names the acknowledgement by the first message in it.
func ackKind(s edi.Syntax, b []byte) string {
	if s == edi.EDIFACT {
		return "CONTRL"
	}
	for _, kind := range []string{"997", "999"} {
		if bytes.Contains(b, []byte("ST"+string(b[3])+kind)) {
			return kind
		}
	}
	return "TA1"
}

// outside are the findings that belong to no message.
func (v *verdict) outside() []problemFinding {
	if v.result == nil {
		return v.findings
	}
	return ediFindings(nil, v.result.Findings)
}

// commit makes the events durable and the batch empty. Small submissions are
// one commit; larger ones go on after it.
func (b *batch) commit(ctx context.Context) error {
	guards := make([]audit.Guard, 0, len(b.guards))
	for key, version := range b.guards {
		guards = append(guards, audit.Guard{Key: key, Version: version})
	}
	if _, err := b.g.ledger.Append(ctx, b.events, guards); err != nil {
		return err
	}
	b.events, b.bytes, b.start = nil, 0, len(b.ended)
	clear(b.guards)
	sub, err := b.g.submissionByID(b.in.id)
	if err != nil {
		return err
	}
	b.sub, b.in.stored = sub, sub
	return nil
}

func (b *batch) submission() (*submission, error) { return b.sub, nil }

// maxTerms bounds the search terms of one event, the ledger's own limit. Units
// have a handful; a trip with more consignments than this is found by its number.
const maxTerms = 1000

// termsOf are what auditors search by: numbers of the trip, the consignment and
// the equipment.
func termsOf(r *cargo.Record) []string {
	terms := tripTerms(r)
	for _, c := range r.Consignment {
		if c.Reference == nil {
			continue
		}
		terms = term(terms, "scn", c.Reference.SCN)
		terms = term(terms, "ccn", c.Reference.CCN)
		terms = term(terms, "bill", c.Reference.Bill)
	}
	for _, e := range r.Equipment {
		terms = term(terms, "equipment", e.ID)
	}
	return terms[:min(len(terms), maxTerms)]
}

// termKinds are what stands before the colon of a search term.
var termKinds = []string{"control", "equipment", "scn", "ccn", "bill", "trip", "crn"}

// TermKinds lists the kinds of search terms: a number is stored as kind:number,
// and whoever looks for it may not know the kind.
func TermKinds() []string { return slices.Clone(termKinds) }

func tripTerms(r *cargo.Record) []string {
	if r.Conveyance == nil || r.Conveyance.Reference == nil {
		return nil
	}
	return term(term(nil, "trip", r.Conveyance.Reference.Trip), "crn", r.Conveyance.Reference.CRN)
}

func term(terms []string, kind, value string) []string {
	if value == "" {
		return terms
	}
	return append(terms, kind+":"+value)
}
