package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLargeInterchangeSurvivesKill hands in an interchange that is stored before
// it is read, kills the gateway while it is at it, and expects every message of
// it at the other side, once, after a start.
func TestLargeInterchangeSurvivesKill(t *testing.T) {
	const messages = 2500
	w := newWorld(t).start()
	before := w.client(t, "system-cbsa").references()
	body := interchange(t, 1, messages)
	if len(body) <= 1<<20 {
		t.Fatalf("%d bytes are not large", len(body))
	}
	ops := w.settings[cbp].Addresses().Ops
	start, err := readOps(ops)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	carrier := w.client(t, "carrier-cbp")
	post := func() (*answer, error) {
		return carrier.try(t.Context(), http.MethodPost, "/v1/documents", postHeader(body, "Idempotency-Key", "once"), bytes.NewReader(body))
	}
	go func() {
		a, err := post()
		if err == nil {
			t.Logf("answered %s", a)
		}
		answered <- err
	}()
	var at int64
	within(t, "some messages are committed", func() error {
		s, err := readOps(ops)
		if err != nil {
			return err
		}
		if at = s.Counts["documents.accepted"] - start.Counts["documents.accepted"]; at < 100 {
			return fmt.Errorf("%d are", at)
		}
		return nil
	})
	w.gateways[cbp].kill()
	if err := <-answered; err == nil {
		t.Fatal("the interchange was answered before the gateway was killed: it is not large enough")
	}
	t.Logf("killed after %d of %d messages", at, messages)
	w.startOne(cbp)
	var a *answer
	within(t, "the repeated request is answered", func() error {
		if a, err = post(); err != nil {
			return err
		}
		if a.status == http.StatusConflict {
			return errors.New(string(a.body))
		}
		return nil
	})
	if a.status != http.StatusAccepted {
		t.Fatalf("answered %s", a)
	}
	first := decode[document](t, a.body)
	ack := carrier.mustGet("/v1/documents/" + first.ID + "/acknowledgement")
	if want := fmt.Sprintf("AK9*A*%d*%d*%d", messages, messages, messages); !bytes.Contains(ack, []byte(want)) {
		t.Errorf("the 997 has no %s: %s", want, ack[max(0, len(ack)-200):])
	}
	w.quiet()
	w.everyDocument(t, first, messages)
	got := w.client(t, "system-cbsa").references()
	for i := range messages {
		for _, key := range manifestKeys(number(1 + i)) {
			if got[key] != 1 {
				t.Errorf("%s arrived %d times", key, got[key])
			}
			delete(got, key)
		}
	}
	for key, n := range got {
		if n != before[key] {
			t.Errorf("%s is in the inbox %d times, before it was %d", key, n, before[key])
		}
	}
	for _, agency := range []string{cbp, cbsa} {
		_, peak := w.gateways[agency].memory()
		t.Logf("%s: at most %d MiB resident", agency, peak>>20)
		w.gateways[agency].stop()
		sound(t, w.gateways[agency].log)
		verifyFolder(t, w.dir, agency)
	}
}

// everyDocument goes through the documents of a submission, page by page: the
// answer had room for the first of them alone.
func (w *world) everyDocument(t *testing.T, first document, want int) {
	t.Helper()
	system, seen, next := w.client(t, "system-cbp"), map[string]bool{}, "0"
	if len(first.Documents) != 1000 || first.Next != "1000" {
		t.Errorf("the answer has %d documents and goes on at %q", len(first.Documents), first.Next)
	}
	for {
		page := decode[struct {
			Items []document
			Next  string
		}](t, system.mustGet("/v1/submissions/"+first.Submission+"?limit=700&after="+next))
		for _, d := range page.Items {
			seen[d.ID] = true
			if d.State != "delivered" {
				t.Errorf("document %s is %s %s", d.ID, d.State, d.Reason)
			}
		}
		if page.Next == next {
			break
		}
		next = page.Next
	}
	if len(seen) != want {
		t.Errorf("%d documents are listed, of %d", len(seen), want)
	}
	file := filepath.Join(t.TempDir(), "large.x12")
	write(t, file, interchange(t, 1, want)) // handed in again: it is the same request
	o := peacebridge(t, "send", "--as", w.clientDir("carrier-cbp"), "--key", "once", "--json", file)
	if n := strings.Count(o.stdout, "\n"); o.status != 0 || n != want {
		t.Errorf("send ends with %d and prints %d documents, of %d: %s", o.status, n, want, o.stderr)
	}
}

// TestManyMessagesInBoundedMemory has interchanges of 400 and of 2,400
// messages pass both gateways. What a gateway needs (anonymous memory;
// files that are mapped are the kernel's to drop) has a bound, and is hardly
// more for the larger one, whose messages would be some 300 MB taken apart.
func TestManyMessagesInBoundedMemory(t *testing.T) {
	const most, growth = 256 << 20, 96 << 20
	w := newWorld(t).start()
	carrier := w.client(t, "carrier-cbp")
	peak := map[string][]int64{}
	for i, messages := range []int{400, 2400} {
		body := interchange(t, number(1+i*2000), messages)
		done, watched := make(chan struct{}), make(chan map[string]int64, 1)
		go func() {
			top := map[string]int64{}
			for {
				for agency, g := range w.gateways {
					n, _ := g.kernel("RssAnon:") // 0 when it has ended
					top[agency] = max(top[agency], n)
				}
				select {
				case <-done:
					watched <- top
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		a, err := carrier.try(t.Context(), http.MethodPost, "/v1/documents", postHeader(body), bytes.NewReader(body))
		if err != nil || a.status != http.StatusAccepted {
			t.Errorf("%d messages: %v %s", messages, err, a)
		}
		w.quiet()
		close(done)
		for agency, n := range <-watched {
			peak[agency] = append(peak[agency], n)
		}
	}
	for agency, p := range peak {
		t.Logf("%s: %d MiB for 400 messages, %d for 2,400", agency, p[0]>>20, p[1]>>20)
		if p[1] == 0 || p[1] > most || p[1] > p[0]+growth {
			t.Errorf("%s: anonymous memory is not bounded: %d and %d MiB", agency, p[0]>>20, p[1]>>20)
		}
	}
}

// TestKeyOfDuplicateSurvivesKill kills a gateway when it has answered that a
// document is a duplicate, and again while it is finding out about a large one:
// the key of the request keeps its answer, and is good for no other document.
func TestKeyOfDuplicateSurvivesKill(t *testing.T) {
	w := newWorld(t)
	w.startOne(cbp)
	carrier := w.client(t, "carrier-cbp")
	doc := manifest(t, 1)
	first := carrier.accepted(doc)
	large := padded(t, 1, 100) // of the same control number
	requests := map[string][]byte{"small": doc, "large": large}
	refused(t, carrier.post(doc, "Idempotency-Key", "small"), http.StatusConflict, "duplicate")
	w.gateways[cbp].kill()
	w.startOne(cbp)
	cut, done := context.WithCancel(t.Context())
	go func() {
		defer done()
		_, _ = carrier.try(cut, http.MethodPost, "/v1/documents", postHeader(large, "Idempotency-Key", "large"), bytes.NewReader(large))
	}()
	ops := w.settings[cbp].Addresses().Ops
	for cut.Err() == nil { // stored and not answered, or answered: either may be hit
		if s, err := readOps(ops); err == nil && s.Open > 0 {
			break
		}
	}
	w.gateways[cbp].kill()
	<-cut.Done()
	w.startOne(cbp)
	for key, body := range requests {
		var a *answer
		within(t, key+": the repeated request is answered", func() error {
			a = carrier.post(body, "Idempotency-Key", key)
			if bytes.Contains(a.body, []byte("request-in-progress")) {
				return errors.New(string(a.body))
			}
			return nil
		})
		if p := refused(t, a, http.StatusConflict, "duplicate"); p.Document != first.ID || p.ReceivedAt != first.ReceivedAt {
			t.Errorf("%s: the first one is not named: %+v", key, p)
		}
		refused(t, carrier.post(manifest(t, 2), "Idempotency-Key", key), http.StatusUnprocessableEntity, "idempotency-key-reused")
	}
	carrier.accepted(manifest(t, 2), "Idempotency-Key", "fresh")
}
