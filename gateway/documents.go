package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// documentView is a document as the API shows it, contracts.md section 5.
type documentView struct {
	ID              string           `json:"id"`
	Submission      string           `json:"submission"`
	State           string           `json:"state"`
	Reason          string           `json:"reason"`
	Class           string           `json:"class"`
	Guide           string           `json:"guide"`
	Acknowledgement string           `json:"acknowledgement"`
	ReceivedAt      string           `json:"receivedAt"`
	Log             string           `json:"log"`
	Index           uint64           `json:"index"`
	Findings        []problemFinding `json:"findings"`
	// Missing lists, for an inbox item, what its guide needs and nobody has.
	Missing []missingView `json:"missing,omitempty"`
	// Wanted lists what keeps its rendering from being the whole form.
	Wanted []missingView `json:"wanted,omitempty"`
	Units  []unitView    `json:"units,omitempty"`
	From   string        `json:"from,omitempty"`
	Taken  bool          `json:"taken,omitempty"`
}

type missingView struct {
	Path     string `json:"path"`
	Instance string `json:"instance"`
	Why      string `json:"why"`
}

// unitView is what became of one part of the document at one peer.
type unitView struct {
	Peer      string  `json:"peer"`
	Class     string  `json:"class"`
	State     string  `json:"state"`
	Reason    string  `json:"reason,omitempty"`
	Message   string  `json:"message,omitempty"`
	Index     uint64  `json:"index"`
	PeerIndex *uint64 `json:"peerIndex,omitempty"`
}

// submissionView answers a POST: the first document, and all of them.
type submissionView struct {
	documentView
	Documents []documentView `json:"documents"`
}

// view is a document as one party may see it: what the agreement did with it is
// for the agency's own roles; a partner sees that it was accepted.
func (g *Gateway) view(d *document, to certs.Identity) (documentView, error) {
	v := documentView{
		ID: d.ID, Submission: d.Submission, State: d.State, Reason: d.Reason, Class: d.Class, Guide: d.Guide,
		ReceivedAt: stamp(d.ReceivedAt), Log: d.Shown.Log, Index: d.Shown.Index, Findings: []problemFinding{}, Taken: d.Taken,
	}
	if d.Message != "" {
		v.Submission, v.From = d.Message, d.Party
	}
	if d.Submission != "" {
		s, err := g.submissionByID(d.Submission)
		if err != nil {
			return v, err
		}
		v.Acknowledgement = s.Ack
	}
	if b, err := g.body(d.Event, bodyFindings); err == nil {
		if err := json.Unmarshal(b, &v.Findings); err != nil {
			return v, err
		}
	} else if !errors.Is(err, audit.ErrNotFound) && !errors.Is(err, audit.ErrErased) {
		return v, err
	}
	if v.Findings == nil {
		v.Findings = []problemFinding{}
	}
	if !agencySide(to.Role) {
		if d.State != stateRejected {
			v.State, v.Reason = stateAccepted, ""
		}
		v.Log, v.Index = d.Event.Log, d.Event.Index
		return v, nil
	}
	for _, u := range d.Units {
		uv := unitView{Peer: u.Peer, Class: u.Class, State: u.State, Reason: u.Reason, Message: u.Message, Index: u.Event.Index}
		if u.State == stateDelivered {
			uv.PeerIndex = &u.PeerIndex
		}
		v.Units = append(v.Units, uv)
	}
	return v, g.addMissing(d, &v)
}

func (g *Gateway) addMissing(d *document, v *documentView) error {
	if !d.Missing && !d.Wanted {
		return nil
	}
	_, report, err := g.rendered(d, d.Guide)
	if err != nil {
		return err
	}
	v.Missing, v.Wanted = lacking(report.Missing), lacking(report.Wanted)
	return nil
}

// lacking names each element once, though it may be wanted in several places.
func lacking(entries []mapping.Entry) []missingView {
	var out []missingView
	for _, e := range entries {
		if line := (missingView{Path: e.Path, Instance: e.Instance, Why: e.Why}); !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// answer is the response to a submission, now or replayed: 202 when any message
// was accepted, else 422 with the acknowledgement of the sender's syntax if the
// client takes it, else with the findings.
func (g *Gateway) answer(w http.ResponseWriter, r *http.Request, s *submission) error {
	c := caller(r)
	if s.Repeats != "" {
		return g.duplicateOf(s.Repeats)
	}
	w.Header().Set("Location", "/v1/documents/"+s.First)
	if s.Status == http.StatusUnprocessableEntity {
		if s.Ack != "" && accepts(r, s.MediaType, true) {
			return g.writeAck(w, s, s.Status)
		}
		return g.rejection(s)
	}
	if s.Ack != "" && accepts(r, s.MediaType, false) {
		return g.writeAck(w, s, s.Status)
	}
	out := submissionView{Documents: []documentView{}}
	for n := 1; n <= min(s.Messages, shownDocuments); n++ {
		d, err := g.part(s.ID, n)
		if err != nil {
			return err
		}
		v, err := g.view(d, c.identity)
		if err != nil {
			return err
		}
		out.Documents = append(out.Documents, v)
	}
	if len(out.Documents) > 0 {
		out.documentView = out.Documents[0]
	}
	return writeJSON(w, s.Status, out)
}

// shownDocuments bounds the answer to a large interchange; the rest is reached
// by the acknowledgement.
const shownDocuments = 1000

func (g *Gateway) rejection(s *submission) error {
	e := refuse("document-rejected", "nothing of it was accepted")
	at := s.Answered
	if s.First != "" {
		d, err := g.documentByID(s.First)
		if err != nil {
			return err
		}
		at = &d.Event
		e.first = &documentRef{ID: d.ID, ReceivedAt: stamp(d.ReceivedAt)}
	}
	b, err := g.body(*at, bodyFindings)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &e.findings); err != nil {
		return err
	}
	return e
}

func (g *Gateway) writeAck(w http.ResponseWriter, s *submission, status int) error {
	b, err := g.body(*s.Answered, bodyAck)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", s.MediaType)
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client has gone: it can fetch the acknowledgement later
	return nil
}

// accepts reports whether the client takes a media type. With anything, a
// wildcard or no Accept at all counts, unless JSON was named.
func accepts(r *http.Request, media string, anything bool) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return anything
	}
	wild := false
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.ToLower(strings.TrimSpace(name))
		refused := strings.ReplaceAll(params, " ", "") == "q=0"
		switch {
		case refused && name == media:
			return false
		case refused:
		case name == media:
			return true
		case name == "application/problem+json" || name == mediaJSON:
			anything = false
		case name == "*/*" || name == "application/*":
			wild = true
		}
	}
	return wild && anything
}

// find is the document that a request names, if its caller may see it. To
// others it does not exist.
func (g *Gateway) find(r *http.Request) (*document, error) {
	d, err := g.documentByID(mux.Vars(r)["id"])
	if errors.Is(err, audit.ErrNotFound) || err == nil && !maySee(caller(r).identity, d) {
		return nil, refuse("not-found", "no document with this id")
	}
	return d, err
}

func (g *Gateway) getDocument(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	v, err := g.view(d, caller(r).identity)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

// getContent renders a document by a guide, or gives the record.
func (g *Gateway) getContent(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	if d.State == stateRejected {
		return refuse("not-found", "a rejected document has no record")
	}
	guide := r.URL.Query().Get("guide")
	if guide == "" || guide == "json" {
		b, err := g.body(d.Event, bodyRecord)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", mediaJSON)
		_, _ = w.Write(b)
		return nil
	}
	b, report, err := g.rendered(d, guide)
	if err != nil {
		return err
	}
	if len(report.Missing) > 0 {
		e := refuse("not-rendered", "the record lacks what %s needs", guide)
		for _, m := range report.Missing {
			e.findings = append(e.findings, problemFinding{Code: "gateway.element-missing", Severity: "error", Path: m.Path, Position: m.Target, Rule: guide, Message: m.Why})
		}
		return e
	}
	w.Header().Set("Content-Type", g.mediaOf(guide))
	_, _ = w.Write(b)
	return nil
}

func (g *Gateway) mediaOf(guide string) string {
	gd, _ := g.guides.Guide(guide)
	switch gd.Syntax {
	case "x12":
		return mediaX12
	case "edifact":
		return mediaEDIFACT
	}
	return mediaXML
}

// getReport says what became of every element: when the document was read, or
// when it is rendered by a guide.
func (g *Gateway) getReport(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	guide := r.URL.Query().Get("guide")
	if guide == "" {
		guide = d.Guide
	}
	if d.Submission != "" && guide == d.Guide {
		b, err := g.body(d.Event, bodyReport)
		if errors.Is(err, audit.ErrNotFound) || string(b) == "null" {
			return refuse("not-found", "this document was not translated")
		}
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", mediaJSON)
		_, _ = w.Write(b)
		return nil
	}
	_, report, err := g.rendered(d, guide)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, report)
}

func (g *Gateway) getAcknowledgement(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	if d.Submission == "" {
		return refuse("not-found", "an inbox item has no acknowledgement")
	}
	s, err := g.submissionByID(d.Submission)
	if err != nil {
		return err
	}
	if s.Ack != "" {
		return g.writeAck(w, s, http.StatusOK)
	}
	v, err := g.view(d, caller(r).identity)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"document": d.ID, "accepted": d.State != stateRejected, "findings": v.Findings, "receivedAt": v.ReceivedAt,
	})
}

// record is the cargo record of a document.
func (g *Gateway) record(d *document) (*cargo.Record, error) {
	b, err := g.body(d.Event, bodyRecord)
	if err != nil {
		return nil, err
	}
	rec, _, err := cargo.ParseShared(b)
	if err != nil {
		return nil, fmt.Errorf("stored record of document %s: %w", d.ID, err)
	}
	return rec, nil
}

// Limits of one page of the inbox.
const (
	pageDefault = 100
	pageMax     = 1000
)

// inboxPage is one page of the inbox; next is the cursor that goes on after it.
type inboxPage struct {
	Items []documentView `json:"items"`
	Next  string         `json:"next"`
}

func (g *Gateway) getInbox(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	after, limit := uint64(0), pageDefault
	var err error
	if s := q.Get("after"); s != "" {
		if after, err = strconv.ParseUint(s, 10, 63); err != nil {
			return refuse("bad-request", "after is not a cursor of this inbox")
		}
	}
	if s := q.Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > pageMax {
			return refuse("bad-request", "limit is not a number from 1 to %d", pageMax)
		}
	}
	items, err := g.ledger.Scan("inbox/", keyInbox(after), limit)
	if err != nil {
		return err
	}
	page := inboxPage{Items: []documentView{}, Next: strconv.FormatUint(after, 10)}
	for _, item := range items {
		var id string
		if err := json.Unmarshal(item.Value, &id); err != nil {
			return err
		}
		d, err := g.documentByID(id)
		if err != nil {
			return err
		}
		v, err := g.view(d, caller(r).identity)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, v)
		page.Next = strings.TrimLeft(strings.TrimPrefix(item.Key, "inbox/"), "0")
	}
	return writeJSON(w, http.StatusOK, page)
}

// getDead lists the dead letters: documents of which a part could not be
// delivered, by the message ids that were given up.
func (g *Gateway) getDead(w http.ResponseWriter, r *http.Request) error {
	items, err := g.ledger.Scan("dead/", "", pageMax)
	if err != nil {
		return err
	}
	out := struct {
		Items []documentView `json:"items"`
	}{[]documentView{}}
	for _, item := range items {
		var m messageRef
		if err := g.state(keyMessage(strings.TrimPrefix(item.Key, "dead/")), &m); err != nil {
			return err
		}
		d, err := g.documentByID(m.Document)
		if err != nil {
			return err
		}
		v, err := g.view(d, caller(r).identity)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, v)
	}
	return writeJSON(w, http.StatusOK, out)
}

// ackInbox says that an agency system has taken an item; saying it again
// changes nothing.
func (g *Gateway) ackInbox(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	if d.State != stateReceived {
		return refuse("not-found", "this document is not an inbox item")
	}
	if !d.Taken {
		c := caller(r)
		_, err := g.ledger.Append(r.Context(), []audit.Event{{
			Log: audit.Internal, Kind: kindAcknowledged, Time: c.at,
			Header: map[string]string{hDocument: d.ID, hParty: c.identity.URI()},
		}}, nil)
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client has gone: nobody is left to tell
	return nil
}
