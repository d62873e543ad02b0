package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"peacebridge/examples"
)

// A step is one thing that happens in the demo's day. It says what it expects;
// anything else fails the demo.
type step struct {
	who  string // client
	what string
	do   func(ctx context.Context, a *actor) error
}

// actor is a client of one side at work in a step.
type actor struct {
	d      *demo
	c      *client
	s      *side
	name   string
	told   string // outcome, for the line that the step prints
	ledger string // and the place in the ledger
}

// play runs the steps in order. A step that fails is told, and the day goes on.
func (d *demo) play(ctx context.Context) error {
	var day day
	for n, st := range day.steps() {
		a, err := d.actor(st.who)
		if err != nil {
			return err
		}
		err = st.do(ctx, a)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcome := a.told
		if err != nil {
			d.failed++
			outcome = d.t.colour(d.t.people(), red, "NOT AS EXPECTED: "+oneLine(err.Error()))
		}
		d.t.print("%s", strings.TrimRight(fmt.Sprintf("%2d  %-12s  %-60s  %-52s  %s", n+1, st.who, st.what, outcome, d.t.colour(d.t.people(), dim, a.ledger)), " "))
	}
	return nil
}

func (d *demo) actor(name string) (*actor, error) {
	for _, s := range d.sides {
		if !strings.HasSuffix(name, "-"+s.short) {
			continue
		}
		c, err := openClientFolder(d.clientDir(name))
		if err != nil {
			return nil, err
		}
		return &actor{d: d, c: c, s: s, name: name}, nil
	}
	return nil, fmt.Errorf("no side for client %s", name)
}

// day remembers what later steps need of earlier ones.
type day struct {
	first   *documentObject // the manifest of step 1
	waiting string          // the document that was sent while the peer was down
}

// container is the one of the first manifest, which is examined later.
const container = "CSQU3054383"

func (y *day) steps() []step {
	return []step{
		{"carrier-cbp", "hands in a complete truck manifest (X12 309)", func(ctx context.Context, a *actor) (err error) {
			y.first, err = a.accepted(ctx, "1-manifest.x12", "997")
			return err
		}},
		{"system-cbsa", "finds the cargo report, as its CUSCAR", finds("cargo.report", "cbsa/highway/cuscar", "UNB+")},
		{"system-cbsa", "finds the conveyance report, as its CUSREP", finds("conveyance.report", "cbsa/highway/cusrep", "UNB+")},
		{"system-cbsa", "looks for the driver's birth date and passport", y.nothingPersonal},
		{"carrier-cbp", "hands in the same in EDIFACT (CUSCAR)", func(ctx context.Context, a *actor) error {
			_, err := a.accepted(ctx, "2-manifest.edi", "CONTRL")
			return err
		}},
		{"system-cbsa", "finds its cargo report", finds("cargo.report", "cbsa/highway/cuscar", "UNB+")},
		{"system-cbsa", "finds its conveyance report", finds("conveyance.report", "cbsa/highway/cusrep", "UNB+")},
		{"carrier-cbsa", "hands in a northbound cargo report (CUSCAR)", func(ctx context.Context, a *actor) error {
			_, err := a.accepted(ctx, "3-cargo.edi", "CONTRL")
			return err
		}},
		{"system-cbp", "finds it as a preliminary X12 309", finds("cargo.report", "cbp/truck/309", "ISA*")},
		{"carrier-cbp", "hands in a broken 309", y.broken},
		{"system-cbsa", "reports an exam: image, clear, seal of class H unchanged", func(ctx context.Context, a *actor) error {
			_, err := a.accepted(ctx, "5-exam.json", "")
			return err
		}},
		{"system-cbp", "finds the exam result, as its X12 350", finds("exam.result", "cbp/truck/350", "ISA*")},
		{"system-cbp", "asks whether the exam counts for the container", y.recognised},
		{"system-cbp", "hands in a trader status, which no article covers", y.refused},
		{"carrier-cbp", "sends the first manifest again", y.duplicate},
		{"carrier-cbp", "hands in a manifest while CBSA's gateway is down", y.whileDown},
		{"system-cbp", "sees it delivered when CBSA's gateway is back", y.delivered},
		{"system-cbsa", "finds its cargo report", finds("cargo.report", "cbsa/highway/cuscar", "UNB+")},
	}
}

// post hands in a document of the day, patiently: the idempotency key makes a
// repeated request the same request.
func (a *actor) post(ctx context.Context, file, key, accept string) (*answer, error) {
	body, err := document(file, a.d.started)
	if err != nil {
		return nil, err
	}
	h := http.Header{"Content-Type": {mediaOf(body)}, "Idempotency-Key": {key}, "Accept": {accept}}
	var out *answer
	err = patiently(ctx, func() error {
		out, err = a.c.do(ctx, http.MethodPost, "/v1/documents", nil, h, bytes.NewReader(body))
		if err == nil && (out.status >= 500 || out.status == http.StatusTooManyRequests || bytes.Contains(out.body, []byte("request-in-progress"))) {
			err = fmt.Errorf("the gateway answered %d", out.status)
		}
		return err
	})
	return out, err
}

const acceptJSON = "application/json, application/problem+json"

// accepted expects 202, and the acknowledgement that the syntax wants.
func (a *actor) accepted(ctx context.Context, file, ack string) (*documentObject, error) {
	ans, err := a.post(ctx, file, file, acceptJSON)
	if err != nil {
		return nil, err
	}
	if ans.status != http.StatusAccepted {
		return nil, fmt.Errorf("answered %d: %s", ans.status, ans.body)
	}
	var d documentObject
	if err := json.Unmarshal(ans.body, &d); err != nil {
		return nil, err
	}
	if d.Acknowledgement != ack {
		return nil, fmt.Errorf("acknowledged by %q, expected %q", d.Acknowledgement, ack)
	}
	a.told = "accepted"
	if ack != "" {
		a.told = ack + ", accepted"
		got, err := a.get(ctx, "/v1/documents/"+d.ID+"/acknowledgement", nil)
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(got.body, []byte(ack)) {
			return nil, fmt.Errorf("the acknowledgement is no %s", ack)
		}
	}
	a.place(&d)
	return &d, nil
}

func (a *actor) place(d *documentObject) {
	a.ledger = fmt.Sprintf("%s log %s #%d", a.s.agency, d.Log, d.Index)
}

func (a *actor) get(ctx context.Context, path string, q url.Values) (*answer, error) {
	var out *answer
	err := patiently(ctx, func() (err error) {
		out, err = a.c.do(ctx, http.MethodGet, path, q, nil, nil)
		if err == nil && out.status >= 500 {
			err = fmt.Errorf("the gateway answered %d", out.status)
		}
		return err
	})
	if err == nil && out.status != http.StatusOK {
		err = fmt.Errorf("%s answered %d: %s", path, out.status, out.body)
	}
	return out, err
}

// inbox waits until an item of a class that was not taken yet is there.
func (a *actor) inbox(ctx context.Context, class string) (*documentObject, error) {
	var found *documentObject
	err := patiently(ctx, func() error {
		ans, err := a.get(ctx, "/v1/inbox", url.Values{"limit": {"1000"}})
		if err != nil {
			return err
		}
		var page struct {
			Items []struct {
				documentObject
				Taken bool `json:"taken"`
			} `json:"items"`
		}
		if err := json.Unmarshal(ans.body, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if item.Class == class && !item.Taken {
				found = &item.documentObject
				return nil
			}
		}
		return fmt.Errorf("no new %s in the inbox", class)
	})
	return found, err
}

// finds expects one new inbox item of a class that its guide renders, and takes it.
func finds(class, guide, begins string) func(context.Context, *actor) error {
	return func(ctx context.Context, a *actor) error {
		item, err := a.inbox(ctx, class)
		if err != nil {
			return err
		}
		if item.Guide != guide {
			return fmt.Errorf("rendered by %q, expected %s", item.Guide, guide)
		}
		if len(item.Missing) > 0 {
			return fmt.Errorf("%s is missing", item.Missing[0].Path)
		}
		doc, err := a.get(ctx, "/v1/documents/"+item.ID+"/content", url.Values{"guide": {guide}})
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(doc.body, []byte(begins)) {
			return fmt.Errorf("the document does not begin with %s", begins)
		}
		rep, err := a.get(ctx, "/v1/documents/"+item.ID+"/report", url.Values{"guide": {guide}})
		if err != nil {
			return err
		}
		var r struct{ Defaulted, Dropped []json.RawMessage }
		if err := json.Unmarshal(rep.body, &r); err != nil {
			return err
		}
		if err := a.take(ctx, item.ID); err != nil {
			return err
		}
		a.told = fmt.Sprintf("%s: %d by rule, %d not carried", guide, len(r.Defaulted), len(r.Dropped))
		if len(item.Wanted) > 0 {
			a.told += fmt.Sprintf(", %d wanted", len(item.Wanted))
		}
		a.place(item)
		return nil
	}
}

func (a *actor) take(ctx context.Context, id string) error {
	return patiently(ctx, func() error {
		ans, err := a.c.do(ctx, http.MethodPost, "/v1/inbox/"+id+"/ack", nil, nil, nil)
		if err == nil && ans.status != http.StatusNoContent {
			err = fmt.Errorf("taking %s answered %d", id, ans.status)
		}
		return err
	})
}

// nothingPersonal reads every record that crossed so far and looks for what
// the agreement withholds.
func (y *day) nothingPersonal(ctx context.Context, a *actor) error {
	ans, err := a.get(ctx, "/v1/inbox", nil)
	if err != nil {
		return err
	}
	var page struct {
		Items []documentObject `json:"items"`
	}
	if err := json.Unmarshal(ans.body, &page); err != nil {
		return err
	}
	for _, item := range page.Items {
		rec, err := a.get(ctx, "/v1/documents/"+item.ID+"/content", nil)
		if err != nil {
			return err
		}
		for _, secret := range []string{"1980-03-12", "19800312", "QX184467", "TREMBLAY"} {
			if bytes.Contains(rec.body, []byte(secret)) {
				return fmt.Errorf("a withheld element is in record %s", item.ID)
			}
		}
	}
	a.told = fmt.Sprintf("%s read, they did not cross", count(len(page.Items), "record"))
	return nil
}

// broken expects 422, the 997 that rejects, and findings that name what is wrong.
func (y *day) broken(ctx context.Context, a *actor) error {
	ack, err := a.post(ctx, "4-broken.x12", "4-broken.x12", "application/edi-x12")
	if err != nil {
		return err
	}
	if ack.status != http.StatusUnprocessableEntity || !bytes.Contains(ack.body, []byte("AK5*R")) {
		return fmt.Errorf("answered %d without a rejecting 997", ack.status)
	}
	prob, err := a.post(ctx, "4-broken.x12", "4-broken.x12", acceptJSON)
	if err != nil {
		return err
	}
	var p problem
	if err := json.Unmarshal(prob.body, &p); err != nil {
		return err
	}
	for _, want := range []string{"edi.segment-count", "edi.element-missing", "edi.guide-code"} {
		if !slices.ContainsFunc(p.Findings, func(f problemFinding) bool { return f.Code == want && f.Position.Segment > 0 }) {
			return fmt.Errorf("no finding %s", want)
		}
	}
	a.told = fmt.Sprintf("997 rejects, %s", count(len(p.Findings), "finding"))
	st, err := a.get(ctx, "/v1/documents/"+p.Document, nil)
	if err != nil {
		return err
	}
	var d documentObject
	if err := json.Unmarshal(st.body, &d); err != nil {
		return err
	}
	if d.State != "rejected" {
		return fmt.Errorf("its state is %s", d.State)
	}
	a.place(&d)
	return nil
}

func (y *day) recognised(ctx context.Context, a *actor) error {
	ans, err := a.get(ctx, "/v1/recognition", url.Values{"unit": {container}, "seal": {"H4471902"}})
	if err != nil {
		return err
	}
	var d struct {
		Decision string   `json:"decision"`
		Grounds  []string `json:"grounds"`
		Reasons  []string `json:"reasons"`
		documentObject
	}
	if err := json.Unmarshal(ans.body, &d); err != nil {
		return err
	}
	a.place(&d.documentObject)
	if d.Decision != "RECOGNISED" {
		return fmt.Errorf("%s: %s", d.Decision, strings.Join(d.Reasons, ", "))
	}
	a.told = "recognised for " + strings.Join(d.Grounds, ", ")
	return nil
}

func (y *day) refused(ctx context.Context, a *actor) error {
	ans, err := a.post(ctx, "6-trader.json", "6-trader.json", acceptJSON)
	if err != nil {
		return err
	}
	var d documentObject
	if err := json.Unmarshal(ans.body, &d); err != nil {
		return err
	}
	if ans.status != http.StatusAccepted || d.State != "refused" || d.Reason == "" {
		return fmt.Errorf("answered %d, state %s", ans.status, d.State)
	}
	a.told = "refused: " + d.Reason
	a.place(&d)
	return nil
}

func (y *day) duplicate(ctx context.Context, a *actor) error {
	ans, err := a.post(ctx, "1-manifest.x12", "again", acceptJSON)
	if err != nil {
		return err
	}
	var p problem
	if err := json.Unmarshal(ans.body, &p); err != nil {
		return err
	}
	if ans.status != http.StatusConflict || y.first == nil || p.Document != y.first.ID {
		return fmt.Errorf("answered %d and does not name the first one", ans.status)
	}
	a.told = "409, names the first one"
	a.place(y.first)
	return nil
}

// whileDown stops the other side's gateway, hands in a document, and sees that
// it waits.
func (y *day) whileDown(ctx context.Context, a *actor) error {
	other := a.d.other(a.s)
	other.process.stop()
	defer func() {
		if err := other.process.start(ctx); err != nil {
			a.d.t.say("%s: %v", other.agency, err)
		}
	}()
	d, err := a.accepted(ctx, "7-preliminary.x12", "997")
	if err != nil {
		return err
	}
	y.waiting = d.ID
	a.told = "997, accepted, waits in the outbox"
	return nil
}

func (y *day) delivered(ctx context.Context, a *actor) error {
	return patiently(ctx, func() error {
		ans, err := a.get(ctx, "/v1/documents/"+y.waiting, nil)
		if err != nil {
			return err
		}
		var d documentObject
		if err := json.Unmarshal(ans.body, &d); err != nil {
			return err
		}
		if d.State != "delivered" {
			return fmt.Errorf("its state is %s", d.State)
		}
		a.told = "delivered"
		a.place(&d)
		return nil
	})
}

// document is a file of the example day, re-dated: the day that it was written
// for becomes the day of the run, and the day before it the day before. All
// dates change in one pass: on the day after the one that the files were written
// for, what was put in for the day before would else be moved again.
func document(file string, now time.Time) ([]byte, error) {
	b, err := examples.Files.ReadFile(path.Join("day", file))
	if err != nil {
		return nil, err
	}
	var pairs []string
	for written, to := range map[string]time.Time{
		"2026-11-21": now, "2026-11-20": now.AddDate(0, 0, -1),
		"2026-06-01": now.AddDate(0, 0, -173), // an instrument was calibrated
		"2004-10-16": now, "2004-12-30": now,  // the agency's own sample
	} {
		from, err := time.Parse(time.DateOnly, written)
		if err != nil {
			return nil, err
		}
		forms := []string{"2006-01-02", "20060102"}
		if from.Year() == 2026 { // ISA09 and UNB S004 in six digits, and the trip numbers made of them
			forms = append(forms, "060102")
		}
		for _, form := range forms {
			pairs = append(pairs, from.Format(form), to.UTC().Format(form))
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(b))), nil
}
