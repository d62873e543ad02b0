package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/mapping/cargo"
)

// answer is the response to a submission, now or replayed, with every document
// as it was when the submission was taken in: 202 when any message
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
	var out submissionView
	var err error
	if out.Documents, err = g.parts(s, 0, shownDocuments, c.identity, (*document).atFirst); err != nil {
		return err
	}
	if s.Messages > shownDocuments {
		out.Next = strconv.Itoa(shownDocuments)
	}
	if len(out.Documents) > 0 {
		out.documentView = out.Documents[0]
	}
	return writeJSON(w, s.Status, out)
}

// shownDocuments bounds the answer to a large interchange; next is where the
// list of its submission goes on.
const shownDocuments = 1000

// parts are the documents of a submission after a number, as one party may see them.
func (g *Gateway) parts(s *submission, after, limit int, to certs.Identity, as func(*document) *document) ([]documentView, error) {
	views := []documentView{}
	for n := after + 1; n <= min(s.Messages, after+limit); n++ {
		d, err := g.part(s.ID, n)
		if err != nil {
			return nil, err
		}
		v, err := g.view(as(d), to)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// getSubmission lists the documents of a submission, in the order of its
// messages: of a large one the answer to the request did not have room for all.
func (g *Gateway) getSubmission(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	s, err := g.submissionByID(mux.Vars(r)["id"])
	if errors.Is(err, audit.ErrNotFound) || err == nil && !agencySide(c.identity.Role) && s.Party != c.identity.URI() {
		return refuse("not-found", "no submission with this id")
	}
	if err != nil {
		return err
	}
	q, after := r.URL.Query(), uint64(0)
	limit, err := pageLimit(q, pageDefault)
	if err != nil {
		return err
	}
	if text := q.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 31); err != nil {
			return refuse("bad-request", "after is not a cursor of this list")
		}
	}
	page := inboxPage{}
	page.Items, err = g.parts(s, int(after), limit, c.identity, func(d *document) *document { return d })
	if err != nil {
		return err
	}
	page.Next = strconv.Itoa(int(after) + len(page.Items))
	return writeJSON(w, http.StatusOK, page)
}

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

// accepts reports whether the client takes a media type, by the most specific of
// the ranges that it names (RFC 9110 section 12.5.1). With anything, a wildcard or
// no Accept at all counts, unless JSON was named.
func accepts(r *http.Request, media string, anything bool) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return anything
	}
	ranks := map[string]int{media: 3, "application/*": 2, "*/*": 1}
	best, taken := 0, false
	for part := range strings.SplitSeq(accept, ",") {
		name, wanted := mediaRange(part)
		if rank := ranks[name]; rank > best {
			best, taken = rank, wanted
		}
		if wanted && (name == "application/problem+json" || name == mediaJSON) {
			anything = false
		}
	}
	return taken && (best == ranks[media] || anything)
}

// mediaRange is one part of an Accept header, and whether it is wanted: its
// weight is not zero.
func mediaRange(part string) (name string, wanted bool) {
	name, params, _ := strings.Cut(part, ";")
	wanted = true
	for param := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(key), "q") {
			weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			wanted = err != nil || weight > 0
		}
	}
	return strings.ToLower(strings.TrimSpace(name)), wanted
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
