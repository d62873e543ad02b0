package gateway_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"peacebridge/gateway"
)

func TestIdempotency(t *testing.T) {
	b := newBorder(t)
	carrier := b.party(t, cbp, "partner", "carrier")
	doc := manifest(t, 1)
	first := carrier.post(doc, "Idempotency-Key", "k1")
	if first.status != http.StatusAccepted {
		t.Fatal(first)
	}
	t.Run("same key, same body", func(t *testing.T) {
		again := carrier.post(doc, "Idempotency-Key", "k1")
		if again.status != first.status || !bytes.Equal(again.body, first.body) || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("first %s\nagain %s", first, again)
		}
	})
	t.Run("same key, other body", func(t *testing.T) {
		expect(t, carrier.post(manifest(t, 2), "Idempotency-Key", "k1"), 422, "idempotency-key-reused")
	})
	t.Run("same key, other media type", func(t *testing.T) {
		expect(t, carrier.post(doc, "Idempotency-Key", "k1", "Content-Type", "application/edifact"), 422, "idempotency-key-reused")
	})
	t.Run("another party's same key", func(t *testing.T) {
		if d := b.party(t, cbp, "partner", "other").accepted(manifest(t, 3), "Idempotency-Key", "k1"); d.ID == decode[document](t, first.body).ID {
			t.Error("one party got another's answer")
		}
	})
	t.Run("a rejection is repeated too", func(t *testing.T) {
		bad := example(t, "4-broken.x12")
		one := carrier.post(bad, "Idempotency-Key", "k2")
		two := carrier.post(bad, "Idempotency-Key", "k2")
		expect(t, one, 422, "document-rejected")
		p1, p2 := decode[problem](t, one.body), decode[problem](t, two.body)
		if p1.Document == "" || p1.Document != p2.Document || len(p1.Findings) != len(p2.Findings) {
			t.Errorf("first %s\nagain %s", one, two)
		}
	})
	t.Run("many at once", func(t *testing.T) { b.manyAtOnce(t, carrier) })
}

// TestKeyOfRefused repeats, with its key, what was refused whole: the answer is the
// first one, to the letter, and the key is used up, also after a restart.
func TestKeyOfRefused(t *testing.T) {
	b := makeBorder(t)
	register := filepath.Join(b.sides[cbp].home, "senders.csv")
	if err := os.WriteFile(register, []byte("party,qualifier,sender,note\npeacebridge://us.cbp/partner/owner,ZZ,WXYZ,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.sides {
		s.start()
	}
	carrier, auditor := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "auditor", "oig")
	first := manifest(t, 1)
	carrier.accepted(first)
	large := func(doc string) string { return strings.Replace(doc, "~\n", "~"+strings.Repeat("\n", 1<<20), 1) }
	tests := []struct {
		code string
		doc  string
		more []string
	}{
		{"duplicate", first, nil},
		{"duplicate", large(first), nil},
		{"unknown-syntax", manifest(t, 2), []string{"Content-Type", "application/edifact"}},
		{"unknown-syntax", large(manifest(t, 2)), []string{"Content-Type", "application/edifact"}},
		{"foreign-sender", strings.Replace(manifest(t, 3), "*ZZ*ABCD           *", "*ZZ*WXYZ           *", 1), nil},
		{"not-acceptable-class", example(t, "6-trader.json"), nil},
		{"no-guide", "<a/>", []string{"Content-Type", "application/xml"}},
		{"too-many-interchanges", strings.Repeat(manifest(t, 4), 101), nil},
		{"empty-document", "", nil},
	}
	var answers []*answer
	for i, test := range tests {
		key := []string{"Idempotency-Key", fmt.Sprintf("refused-%d", i)}
		a := carrier.post(test.doc, append(key, test.more...)...)
		if p := decode[problem](t, a.body); p.Type != "/problems/"+test.code {
			t.Errorf("%d: expected %s: %s", i, test.code, a)
		}
		answers = append(answers, a)
	}
	kept := len(events(t, auditor, "submission.duplicate"))
	repeat := func(t *testing.T) {
		for i, test := range tests {
			key := []string{"Idempotency-Key", fmt.Sprintf("refused-%d", i)}
			again := carrier.post(test.doc, append(key, test.more...)...)
			if again.status != answers[i].status || sameProblem(t, again) != sameProblem(t, answers[i]) {
				t.Errorf("%d: first %s\nagain %s", i, answers[i], again)
			}
			expect(t, carrier.post(manifest(t, 10+i), key...), 422, "idempotency-key-reused")
			expect(t, carrier.post(large(manifest(t, 10+i)), key...), 422, "idempotency-key-reused")
		}
	}
	t.Run("at once", repeat)
	if now := len(events(t, auditor, "submission.duplicate")); kept != 2 || now != kept {
		t.Errorf("%d duplicates are in the ledger, after the repeated requests %d", kept, now)
	}
	b.sides[cbp].stop()
	if err := os.Remove(register); err != nil { // who was refused then is told so still
		t.Fatal(err)
	}
	b.sides[cbp].start()
	t.Run("after a restart", repeat)
	carrier.accepted(manifest(t, 11)) // refused with a used key, it has left no trace
	if s := b.sides[cbp].status(); s.Open != 0 {
		t.Errorf("%d submissions are open", s.Open)
	}
}

// sameProblem is a problem without the id of its request.
func sameProblem(t *testing.T, a *answer) string {
	t.Helper()
	p := decode[map[string]any](t, a.body)
	delete(p, "instance")
	return fmt.Sprint(p)
}

// events are the events of a kind, as an auditor finds them.
func events(t *testing.T, auditor *party, kind string) []event {
	t.Helper()
	return decode[struct{ Items []event }](t, auditor.get("/v1/audit/events?limit=1000&kind="+kind).body).Items
}

type event struct {
	Log, Kind string
	Header    map[string]string
}

// TestReplayAfterDelivery repeats a request of an agency's system, which is shown
// what was delivered: the answer is the one from before the delivery.
func TestReplayAfterDelivery(t *testing.T) {
	b := newBorder(t)
	system := b.party(t, cbp, "system", "ace")
	doc := manifest(t, 1)
	first := system.post(doc, "Idempotency-Key", "k")
	system.inState(decode[document](t, first.body).ID, "delivered")
	again := system.post(doc, "Idempotency-Key", "k")
	if first.status != http.StatusAccepted || again.status != first.status || !bytes.Equal(again.body, first.body) {
		t.Errorf("first %s\nagain %s", first, again)
	}
}

// manyAtOnce sends the same request from many sides: whichever is first counts,
// and no other is told that it is a duplicate.
func (b *border) manyAtOnce(t *testing.T, carrier *party) {
	for round := range 10 {
		doc, key := manifest(t, 100+round), fmt.Sprintf("many-%d", round)
		var mu sync.Mutex
		ids := map[string]int{}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
					a := carrier.post(doc, "Idempotency-Key", key)
					if a.status == http.StatusConflict && bytes.Contains(a.body, []byte("request-in-progress")) {
						time.Sleep(50 * time.Millisecond) // with eight at it, below the rate limit
						continue
					}
					if a.status != http.StatusAccepted {
						t.Errorf("answered %s", a)
						return
					}
					mu.Lock()
					ids[decode[document](t, a.body).ID]++
					mu.Unlock()
					return
				}
				t.Error("in progress for ever")
			})
		}
		group.Wait()
		if len(ids) != 1 {
			t.Errorf("one request became %d documents", len(ids))
		}
	}
}

func TestDuplicates(t *testing.T) {
	b := newBorder(t)
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	doc := manifest(t, 1)
	first := carrier.accepted(doc)
	repeated := func(t *testing.T, who *party, doc string) {
		t.Helper()
		p := expect(t, who.post(doc), 409, "duplicate")
		if p.Document != first.ID || p.ReceivedAt != first.ReceivedAt {
			t.Errorf("the first one is not named: %+v, %+v", p, first)
		}
	}
	t.Run("same bytes", func(t *testing.T) { repeated(t, carrier, doc) })
	t.Run("same control number, other content", func(t *testing.T) {
		repeated(t, carrier, strings.Replace(doc, "STEEL BRACKETS", "WOODEN BRACKETS", 1))
	})
	t.Run("another key does not help", func(t *testing.T) {
		if a := carrier.post(doc, "Idempotency-Key", "new"); a.status != http.StatusConflict {
			t.Error(a)
		}
	})
	t.Run("another carrier has its own numbers", func(t *testing.T) {
		b.party(t, cbp, "partner", "other").accepted(doc)
	})
	t.Run("a rejected one may come again, corrected", func(t *testing.T) {
		good := manifest(t, 2)
		expect(t, carrier.post(strings.Replace(good, "SE*22", "SE*21", 1)), 422, "document-rejected")
		carrier.accepted(good)
	})
	t.Run("records", func(t *testing.T) {
		trader := example(t, "6-trader.json")
		one := system.accepted(trader)
		if p := expect(t, system.post(trader), 409, "duplicate"); p.Document != one.ID {
			t.Errorf("%+v", p)
		}
		withID := strings.Replace(trader, `"class"`, `"id":"0199e0b2-7c1c-7000-8000-5b2f3c0d9a01","class"`, 1)
		two := system.accepted(withID)
		other := strings.Replace(withID, "VALIDATED", "SUSPENDED", 1)
		if p := expect(t, system.post(other), 409, "duplicate"); p.Document != two.ID {
			t.Errorf("same id: %+v", p)
		}
	})
	t.Run("at once", func(t *testing.T) {
		doc := manifest(t, 3)
		var mu sync.Mutex
		got := map[int]int{}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				a := carrier.post(doc)
				mu.Lock()
				got[a.status]++
				mu.Unlock()
			})
		}
		group.Wait()
		if got[http.StatusAccepted] != 1 || got[http.StatusConflict] != 7 {
			t.Errorf("answers %v", got)
		}
	})
	within(t, "every document that counts is delivered once", func() error {
		n := 0
		for _, item := range b.party(t, cbsa, "system", "aci").inbox() {
			if item.Class == "cargo.report" {
				n++
			}
		}
		if n != 4 {
			return fmt.Errorf("%d cargo reports are in the inbox", n)
		}
		return nil
	})
}

// TestOneBadMessage hands in three messages of which the second is broken: the
// two others count, and the 997 says which is which.
func TestOneBadMessage(t *testing.T) {
	b := newBorder(t)
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	one := manifest(t, 1)
	begin, end := strings.Index(one, "ST*309"), strings.Index(one, "GE*1*")
	body := one[:begin]
	for i := range 3 {
		m := manifest(t, 1+i)
		m = strings.NewReplacer("ST*309*0001", fmt.Sprintf("ST*309*%04d", i+1), "SE*22*0001", fmt.Sprintf("SE*22*%04d", i+1)).Replace(m[begin:end])
		if i == 1 {
			m = strings.Replace(m, "*80107*12*SKD", "**12*SKD", 1) // place of receipt is mandatory
		}
		body += m
	}
	body += strings.Replace(one[end:], "GE*1*", "GE*3*", 1)
	doc := carrier.accepted(body)
	var states []string
	for _, d := range doc.Documents {
		states = append(states, d.State)
	}
	if strings.Join(states, " ") != "accepted rejected accepted" {
		t.Fatalf("states %v", states)
	}
	bad := doc.Documents[1]
	if bad.Reason != "edi.element-missing" || !slices.ContainsFunc(bad.Findings, func(f finding) bool {
		return f.Severity == "error" && f.Code == bad.Reason && f.Path != "" && f.Position.Segment == 35 && f.Position.Element == 2
	}) {
		t.Errorf("nothing says what is wrong: %+v", bad)
	}
	ack := string(carrier.get("/v1/documents/" + doc.ID + "/acknowledgement").body)
	for _, want := range []string{"AK9*P*3*3*2", "AK2*309*0002", "AK5*R", "AK5*A"} {
		if !strings.Contains(ack, want) {
			t.Errorf("the 997 has no %s:\n%s", want, ack)
		}
	}
	system.inState(doc.Documents[0].ID, "delivered")
	system.inState(doc.Documents[2].ID, "delivered")
	system.inState(bad.ID, "rejected")
	expect(t, system.get("/v1/documents/"+bad.ID+"/content"), 404, "not-found")
}

// TestBrokenEnvelope hands in a sound message in an envelope that is not: nothing
// is accepted, and the findings say why.
func TestBrokenEnvelope(t *testing.T) {
	b := newBorder(t)
	carrier, highway := b.party(t, cbp, "partner", "carrier"), b.party(t, cbsa, "partner", "carrier")
	cargo := example(t, "3-cargo.edi")
	for _, test := range []struct {
		to                *party
		doc, broken, want string
	}{
		{carrier, manifest(t, 1), strings.Replace(manifest(t, 1), "IEA*1*", "IEA*2*", 1), "edi.group-count IEA 1"},
		{carrier, manifest(t, 2), strings.Replace(manifest(t, 2), "GE*1*", "GE*7*", 1), "edi.message-count GE 1"},
		{highway, cargo, strings.Replace(cargo, "UNZ+1+", "UNZ+3+", 1), "edi.group-count UNZ 1"},
	} {
		p := expect(t, test.to.post(test.broken), http.StatusUnprocessableEntity, "document-rejected")
		d := decode[document](t, test.to.get("/v1/documents/"+p.Document).body)
		for _, findings := range [][]finding{p.Findings, d.Findings} {
			var said []string
			for _, f := range findings {
				if f.Severity == "error" {
					said = append(said, fmt.Sprintf("%s %s %d", f.Code, segmentAt(test.broken, f.Position.Offset), f.Position.Element))
				}
			}
			if strings.Join(said, ", ") != test.want {
				t.Errorf("errors %q, want %q", said, test.want)
			}
		}
		if code, _, _ := strings.Cut(test.want, " "); d.State != "rejected" || d.Reason != code {
			t.Errorf("document %s %s, want rejected %s", d.State, d.Reason, code)
		}
		test.to.accepted(test.doc) // the number is free again
	}
}

// segmentAt is the tag of the segment that a byte of an interchange stands in.
func segmentAt(doc string, offset int64) string {
	start := strings.LastIndexAny(doc[:offset], "~'") + 1
	tag := strings.TrimLeft(doc[start:], "\r\n")
	return tag[:strings.IndexAny(tag, "*+")]
}

// TestAccept asks for the answer in each way that a client may.
func TestAccept(t *testing.T) {
	b := newBorder(t)
	carrier := b.party(t, cbp, "partner", "carrier")
	n := 0
	for _, test := range []struct {
		accept         string
		good, rejected string // media types
	}{
		{"", "application/json", "application/edi-x12"},
		{"*/*", "application/json", "application/edi-x12"},
		{"application/json", "application/json", "application/problem+json"},
		{"application/problem+json", "application/json", "application/problem+json"},
		{"application/edi-x12", "application/edi-x12", "application/edi-x12"},
		{"Application/EDI-X12", "application/edi-x12", "application/edi-x12"},
		{"application/edi-x12;q=0, */*", "application/json", "application/problem+json"},
		{"application/edi-x12; q=0.00, application/*", "application/json", "application/problem+json"},
		{"*/*, application/*;q=0", "application/json", "application/problem+json"},
		{"application/*;q=0, application/edi-x12;charset=us-ascii;Q=0.1", "application/edi-x12", "application/edi-x12"},
		{"application/edifact", "application/json", "application/problem+json"},
		{"application/json, application/edi-x12;q=0.5", "application/edi-x12", "application/edi-x12"},
	} {
		t.Run(test.accept, func(t *testing.T) {
			n++
			good := carrier.post(manifest(t, n), "Accept", test.accept)
			if got := good.header.Get("Content-Type"); good.status != http.StatusAccepted || got != test.good {
				t.Errorf("accepted: %s as %s, expected %s", good, got, test.good)
			}
			bad := carrier.post(example(t, "4-broken.x12", "*000000004*", fmt.Sprintf("*%09d*", 500+n), "IEA*1*000000004", fmt.Sprintf("IEA*1*%09d", 500+n)), "Accept", test.accept)
			if got := bad.header.Get("Content-Type"); bad.status != http.StatusUnprocessableEntity || got != test.rejected {
				t.Errorf("rejected: %s as %s, expected %s", bad, got, test.rejected)
			}
			if test.rejected == "application/edi-x12" && !bytes.Contains(bad.body, []byte("AK5*R")) {
				t.Errorf("no rejecting 997: %s", bad)
			}
		})
	}
}

// TestScoping gives two partners a document each: neither finds the other's, and
// neither learns what the agreement did.
func TestScoping(t *testing.T) {
	b := newBorder(t)
	parties := []*party{b.party(t, cbp, "partner", "carrier-1"), b.party(t, cbp, "partner", "carrier-2")}
	system, auditor := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "oig")
	docs := []document{parties[0].accepted(manifest(t, 1)), parties[1].accepted(manifest(t, 1))}
	for i, p := range parties {
		for _, what := range []string{"", "/content", "/report", "/acknowledgement", "/content?guide=cbp/truck/309"} {
			if a := p.get("/v1/documents/" + docs[i].ID + what); a.status != http.StatusOK {
				t.Errorf("own document%s: %s", what, a)
			}
			theirs := expect(t, p.get("/v1/documents/"+docs[1-i].ID+what), 404, "not-found")
			nobodys := expect(t, p.get("/v1/documents/0199e0b2-7c1c-7000-8000-5b2f3c0d9a99"+what), 404, "not-found")
			if theirs.Detail != nobodys.Detail {
				t.Errorf("the answers differ: %q, %q", theirs.Detail, nobodys.Detail)
			}
		}
		theirs := expect(t, p.get("/v1/submissions/"+docs[1-i].Submission), 404, "not-found")
		nobodys := expect(t, p.get("/v1/submissions/0199e0b2-7c1c-7000-8000-5b2f3c0d9a99"), 404, "not-found")
		own := decode[struct {
			Items []document
			Next  string
		}](t, p.get("/v1/submissions/"+docs[i].Submission).body)
		if theirs.Detail != nobodys.Detail || len(own.Items) != 1 || own.Items[0].ID != docs[i].ID || own.Next != "1" {
			t.Errorf("submissions: own %+v, theirs %q, nobody's %q", own, theirs.Detail, nobodys.Detail)
		}
		system.inState(docs[i].ID, "delivered")
		if a := auditor.get("/v1/documents/" + docs[i].ID); a.status != http.StatusOK {
			t.Errorf("the auditor: %s", a)
		}
		if d := decode[document](t, p.get("/v1/documents/"+docs[i].ID).body); d.State != "accepted" || len(d.Units) > 0 || d.Log != "internal" {
			t.Errorf("the partner sees %+v", d)
		}
	}
	// An inbox item belongs to the agency, not to a partner that knows its id.
	item := b.party(t, cbsa, "system", "aci").inbox()[0]
	expect(t, b.party(t, cbsa, "partner", "carrier").get("/v1/documents/"+item.ID), 404, "not-found")
}

// TestTestInterchange marks an interchange as a test in a production gateway:
// it is answered, and shared with nobody.
func TestTestInterchange(t *testing.T) {
	b := newBorder(t, func(s *gateway.Settings) { s.Environment = "production" })
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	test := carrier.accepted(manifest(t, 1))
	if d := decode[document](t, system.get("/v1/documents/"+test.ID).body); d.State != "refused" || d.Reason != "TEST_INTERCHANGE" {
		t.Errorf("it is %s %s", d.State, d.Reason)
	}
	live := carrier.accepted(strings.Replace(manifest(t, 2), "*0*T*>", "*0*P*>", 1))
	system.inState(live.ID, "delivered")
}
