package gateway_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// report is the part of /status that tests read.
type report struct {
	Health  []struct{ Code, Severity, Text string }
	Counts  map[string]uint64
	Outbox  map[string]int
	Open    int
	Ledgers []struct {
		Log, Origin, MirroredLog            string
		CosignedAt, CosignedAge             string
		Size, Published, Cosigned, Mirrored uint64

		Witnesses []struct {
			Name, Age string
			Cosigned  uint64
		}
	}
}

func (s *side) status() report {
	s.t.Helper()
	res, err := http.Get(s.settings.Addresses().Ops + "/status")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return decode[report](s.t, b)
}

func (r *report) has(code string) bool {
	for _, line := range r.Health {
		if line.Code == code {
			return true
		}
	}
	return false
}

// TestMirrorOfThePeer keeps a verified copy of the peer's log of the relation.
func TestMirrorOfThePeer(t *testing.T) {
	b := newBorder(t)
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	for agency, s := range b.sides {
		within(t, agency+" has the peer's log", func() error {
			theirs := b.sides[other(agency)].status()
			ours := s.status()
			for _, l := range theirs.Ledgers {
				if l.Log != agency || l.Published < 2 {
					continue
				}
				for _, m := range ours.Ledgers {
					if m.Log == other(agency) && m.Mirrored == l.Published && m.CosignedAge != "" {
						return nil
					}
				}
			}
			return fmt.Errorf("%+v", ours.Ledgers)
		})
		copied, err := os.ReadFile(filepath.Join(s.home, "mirror", other(agency), "checkpoint"))
		if err != nil || !strings.HasPrefix(string(copied), other(agency)+"/audit/"+agency+"\n") {
			t.Errorf("copy of %s: %q: %v", agency, copied, err)
		}
	}
	// Nothing but the log of this relation, and to nobody but that peer.
	peer := b.peer(t, cbsa)
	for _, path := range []string{
		"log/../internal/checkpoint", "log/internal/checkpoint", "log/%2e%2e/internal/checkpoint", "log/tile/0/000", "log/x", "log/successor",
		"mirror/../../keys/log.key", "mirror/%2e%2e/%2e%2e/keys/log.key", "mirror/tile/../../../keys/log.key", "mirror/tile/%2e%2e/%2e%2e/%2e%2e/keys/log.key",
		"mirror/2027/checkpoint", "mirror/tile", "mirror/tile/entries", "mirror/x",
	} {
		req, err := http.NewRequest(http.MethodGet, peer.url+"/exchange/v1/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := peer.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode == http.StatusOK || bytes.Contains(body, []byte("internal\n")) || bytes.Contains(body, []byte("PRIVATE")) {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		res.Body.Close()
	}
	for _, who := range []*party{system, carrier} {
		if a := who.get("/exchange/v1/log/checkpoint"); a.status != http.StatusForbidden {
			t.Errorf("another role: %s", a)
		}
	}
}

// TestMirrorNoticesAnotherHistory puts another history behind the copy.
func TestMirrorNoticesAnotherHistory(t *testing.T) {
	b := newBorder(t)
	system := b.party(t, cbp, "system", "ace")
	system.inState(b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1)).ID, "delivered")
	s := b.sides[cbsa]
	within(t, "there is a copy", func() error {
		_, err := os.Stat(filepath.Join(s.home, "mirror", cbp, "checkpoint"))
		return err
	})
	s.stop()
	anotherHistory(t, copyHome(t, b.sides[cbp]), filepath.Join(s.home, "mirror", cbp))
	s.start()
	within(t, "it is noticed", func() error {
		if r := s.status(); !r.has("peer-log") {
			return fmt.Errorf("health %+v", r.Health)
		}
		return nil
	})
	auditor := b.party(t, cbsa, "auditor", "inspector")
	var found []audit.Stored
	within(t, "it is recorded", func() error { // health shows it while it is being written
		a := auditor.get("/v1/audit/events?kind=peer.log")
		if found = decode[struct{ Items []audit.Stored }](t, a.body).Items; len(found) == 0 {
			return fmt.Errorf("events %s", a)
		}
		return nil
	})
	if len(found) != 1 || found[0].Header["peer"] != cbp {
		t.Errorf("events %+v", found)
	}
}

// copyHome is a copy of a home that is stopped for it and started again.
func copyHome(t *testing.T, s *side) string {
	t.Helper()
	s.stop()
	home := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(home, os.DirFS(s.home)); err != nil {
		t.Fatal(err)
	}
	s.start()
	return home
}

// anotherHistory goes on with a copy of CBP's log under its key, as if nobody
// witnessed it, and replaces a mirror by a copy of that.
func anotherHistory(t *testing.T, home, mirror string) {
	t.Helper()
	l, err := audit.Open(audit.Config{
		Dir: filepath.Join(home, "ledger"), Keys: filepath.Join(home, "keys"), HighWater: filepath.Join(home, "highwater"),
		Journal: filepath.Join(home, "journal"),
		Origin:  cbp, Logs: []string{cbsa}, Apply: gateway.Apply,
	})
	if err != nil {
		t.Fatal(err)
	}
	events := make([]audit.Event, 50)
	for i := range events {
		events[i] = audit.Event{Log: cbsa, Kind: "test"}
	}
	_, err = l.Append(t.Context(), events, nil)
	if err == nil {
		err = l.Publish(time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(mirror); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(l.Handler())
	defer srv.Close()
	m, err := audit.NewMirror(mirror, l.LogKey(cbsa), srv.URL, "")
	if err == nil {
		_, err = m.Pull(t.Context())
	}
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestInconsistentHeadIsEvidence asks the witness to cosign what does not follow:
// it does not, and keeps what was signed.
func TestInconsistentHeadIsEvidence(t *testing.T) {
	b := newBorder(t)
	b.party(t, cbp, "system", "ace").inState(b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1)).ID, "delivered")
	peer, auditor := b.peer(t, cbp), b.party(t, cbsa, "auditor", "inspector")
	within(t, "a proof that proves nothing is refused", func() error {
		res, err := http.Get(b.sides[cbp].settings.Addresses().Log + "/audit/" + cbsa + "/checkpoint")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		checkpoint, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		size := strings.Split(string(checkpoint), "\n")[1]
		body := fmt.Sprintf("old %s\n%s\n\n%s", size, strings.Repeat("A", 43)+"=", checkpoint)
		for range 2 {
			a := peer.do(http.MethodPost, "/exchange/v1/witness/add-checkpoint", map[string]string{"Content-Type": "text/plain"}, strings.NewReader(body))
			if a.status != http.StatusUnprocessableEntity {
				return fmt.Errorf("answered %s", a)
			}
		}
		return nil
	})
	if r := b.sides[cbsa].status(); !r.has("peer-log") {
		t.Errorf("health %+v", r.Health)
	}
	found := decode[struct{ Items []audit.Stored }](t, auditor.get("/v1/audit/events?kind=peer.log").body).Items
	if len(found) != 1 || found[0].Header["peer"] != cbp || len(found[0].Bodies) != 1 {
		t.Errorf("events %+v", found)
	}
}

// TestReconciliation compares both logs by message; what one side has lost is a
// line of health and an event.
func TestReconciliation(t *testing.T) {
	clock := &clock{}
	b := makeBorderAt(t, clock.now)
	for _, s := range b.sides {
		s.start()
	}
	// What is a day old and cosigned is compared: what is missing then is lost.
	aDayLater := func() {
		b.cosigned()
		clock.pass(25 * time.Hour)
	}
	system := b.party(t, cbp, "system", "ace")
	carrier := b.party(t, cbp, "partner", "carrier")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	compared := func(agency string) (out struct {
		Compared int
		Open     map[string]json.RawMessage
	}, err error,
	) {
		text, err := os.ReadFile(filepath.Join(b.sides[agency].home, "reconcile", other(agency)+".json"))
		if err == nil {
			err = json.Unmarshal(text, &out)
		}
		return out, err
	}
	aDayLater()
	for _, agency := range []string{cbp, cbsa} {
		within(t, agency+" finds them equal", func() error {
			c, err := compared(agency)
			if err == nil && (c.Compared < 2 || len(c.Open) > 0) {
				err = fmt.Errorf("%+v", c)
			}
			return err
		})
	}
	if r := b.sides[cbp].status(); r.has("differences") {
		t.Errorf("health %+v", r.Health)
	}
	// CBP's log says that a message was received there which CBSA never sent.
	s := b.sides[cbp]
	s.stop()
	l, err := gateway.OpenLedger(s.home)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(t.Context(), []audit.Event{{
		Log: cbsa, Kind: "message.refused", Header: map[string]string{"peer": cbsa, "message": "m-nobody-sent", "digest": "d", "reason": "TEST"},
	}}, nil)
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	s.start()
	aDayLater()
	for agency, s := range b.sides {
		within(t, agency+" says so", func() error {
			if r := s.status(); !r.has("differences") {
				return fmt.Errorf("health %+v", r.Health)
			}
			return nil
		})
		found := decode[struct{ Items []audit.Stored }](t, b.party(t, agency, "auditor", "inspector").get("/v1/audit/events?kind=relation.differs").body).Items
		if len(found) != 1 || found[0].Header["message"] != "m-nobody-sent" || len(found[0].Bodies) != 1 {
			t.Errorf("%s: events %+v", agency, found)
		}
	}
}

// lies are what a peer may do to an item of its list of messages, and the page
// around it; each with a word of what is found.
var lies = []struct {
	found string
	tell  func(page, item map[string]any)
}{
	{"no event is shown", func(_, item map[string]any) { delete(item, "shown") }},
	{"says something else", func(_, item map[string]any) { item["digest"] = "sha256:another" }},
	{"does not lead to the entry", func(_, item map[string]any) {
		for _, h := range item["shown"].(map[string]any)["event"].(map[string]any)["header"].([]any) {
			if h := h.(map[string]any); h["name"] == "digest" {
				h["value"] = "sha256:another"
			}
		}
		item["digest"] = "sha256:another"
	}},
	{"proof", func(_, item map[string]any) {
		proof := item["shown"].(map[string]any)["proof"].([]any)
		proof[0], proof[1] = proof[1], proof[0]
	}},
	{"proof", func(_, item map[string]any) {
		item["event"] = after(item)
		item["shown"].(map[string]any)["event"].(map[string]any)["index"] = item["event"]
	}},
	{"cosignatures", func(page, _ map[string]any) {
		for log, c := range page["checkpoints"].(map[string]any) {
			lines := strings.SplitAfter(c.(string), "\n")
			page["checkpoints"].(map[string]any)[log] = strings.Join(lines[:5], "") // the log's own signature
		}
	}},
}

// after is the index after an item's event.
func after(item map[string]any) int64 {
	n, _ := item["event"].(json.Number).Int64() // a peer's own number
	return n + 1
}

// TestLyingPeer compares with a peer whose list of messages is not what its log
// says: each lie is a difference named proof, and the honest side has none.
func TestLyingPeer(t *testing.T) {
	clock := &clock{}
	b := makeBorderAt(t, clock.now)
	told := map[string]string{} // what must be found, by message
	var mu sync.Mutex
	liar := b.liar(t, cbp, func(page map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		items, _ := page["items"].([]any)
		if len(items) == 0 {
			return
		}
		item := items[0].(map[string]any) // one a page: some lies are about the page
		page["items"], page["next"] = items[:1], after(item)
		if n := len(told); n < len(lies) {
			told[item["message"].(string)] = lies[n].found
			lies[n].tell(page, item)
		}
	})
	s := b.sides[cbsa]
	s.settings.Peers[0].URL = liar
	s.settle()
	for _, s := range b.sides {
		s.start()
	}
	system, carrier := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "partner", "carrier")
	for n := range 1 + len(lies)/2 {
		system.inState(carrier.accepted(manifest(t, n+1)).ID, "delivered")
	}
	b.cosigned()
	clock.pass(25 * time.Hour)
	type open struct {
		Compared int
		Open     map[string]struct {
			Field  string
			Theirs *struct{ Unproven string }
		}
	}
	within(t, "each lie is found, and the rest is equal", func() error {
		text, err := os.ReadFile(filepath.Join(s.home, "reconcile", cbp+".json"))
		if err != nil {
			return err
		}
		c := decode[open](t, text)
		mu.Lock()
		defer mu.Unlock()
		if len(told) < len(lies) || c.Compared < 2 {
			return fmt.Errorf("told %d, compared %d", len(told), c.Compared)
		}
		for message, found := range told {
			p := c.Open[message]
			if p.Field != "proof" || p.Theirs == nil || !strings.Contains(p.Theirs.Unproven, found) {
				return fmt.Errorf("%s: %+v %+v: want %s", message, p, p.Theirs, found)
			}
		}
		return nil
	})
	within(t, "health says so", func() error {
		if r := s.status(); !r.has("differences") {
			return fmt.Errorf("%+v", r.Health)
		}
		return nil
	})
	auditor := b.party(t, cbsa, "auditor", "inspector")
	found := decode[struct{ Items []audit.Stored }](t, auditor.get("/v1/audit/events?kind=relation.differs").body).Items
	if len(found) == 0 || found[0].Header["reason"] != "proof" {
		t.Errorf("events %+v", found)
	}
	if r := b.sides[cbp].status(); r.has("differences") {
		t.Errorf("the other side: %+v", r.Health)
	}
}

// liar stands before the gateway of an agency, with its key, and changes its
// list of messages on the way to its peer.
func (b *border) liar(t *testing.T, agency string, change func(page map[string]any)) string {
	t.Helper()
	s := b.sides[agency]
	keys := filepath.Join(s.home, "keys")
	pair, err := tls.LoadX509KeyPair(filepath.Join(keys, "tls.crt"), filepath.Join(keys, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := url.Parse(s.settings.Addresses().API)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Transport: b.peer(t, other(agency)).http.Transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(real) },
		ModifyResponse: func(res *http.Response) error {
			if res.Request.URL.Path != "/exchange/v1/messages" || res.StatusCode != http.StatusOK {
				return nil
			}
			var page map[string]any
			d := json.NewDecoder(res.Body)
			d.UseNumber()
			if err := errors.Join(d.Decode(&page), res.Body.Close()); err != nil {
				return err
			}
			change(page)
			text, err := json.Marshal(page)
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
			res.Header.Del("Content-Length")
			return err
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestPeerThatDoesNotAnswer takes connections and says nothing: heads are
// published on the beat all the same.
func TestPeerThatDoesNotAnswer(t *testing.T) {
	b := newBorder(t)
	system, carrier, s := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "partner", "carrier"), b.sides[cbp]
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	within(t, "the peer has cosigned", func() error {
		if r := s.status(); r.Ledgers[1].Cosigned == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	b.sides[cbsa].stop()
	mute, err := net.Listen("tcp", b.sides[cbsa].settings.Listen.API)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for n := 2; n < 6; n++ {
		carrier.accepted(manifest(t, n))
		size := s.status().Ledgers[1].Size
		within(t, "what is new is published", func() error {
			if l := s.status().Ledgers[1]; l.Published < size {
				return fmt.Errorf("%d of %d", l.Published, size)
			}
			return nil
		})
	}
	if l := s.status().Ledgers[1]; l.Cosigned == l.Published {
		t.Errorf("cosigned by nobody: %+v", l)
	}
}

// TestPeerAwayStopsRelease holds everything back while the peer does not
// cosign, and lets it go when it is back.
func TestPeerAwayStopsRelease(t *testing.T) {
	b := newBorder(t, func(s *gateway.Settings) {
		if s.Agency == cbp {
			s.Witness = gateway.WitnessSettings{WarnAfter: gateway.Duration(500 * time.Millisecond), StopAfter: gateway.Duration(time.Second)}
		}
	})
	system, carrier := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "partner", "carrier")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	within(t, "the peer has cosigned", func() error {
		if r := b.sides[cbp].status(); r.Ledgers[1].Cosigned == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	b.sides[cbsa].stop()
	second := carrier.accepted(manifest(t, 2))
	system.inState(second.ID, "shared")
	within(t, "health says that everything is held", func() error {
		if r := b.sides[cbp].status(); !r.has("held") || !r.has("not-cosigned") {
			return fmt.Errorf("health %+v", r.Health)
		}
		return nil
	})
	third := carrier.accepted(manifest(t, 3)) // still answered
	system.inState(third.ID, "shared")
	// A restart is no way around it.
	b.sides[cbp].stop()
	b.sides[cbp].start()
	if r := b.sides[cbp].status(); !r.has("held") {
		t.Errorf("after a restart: health %+v of %+v", r.Health, r.Ledgers)
	}
	b.sides[cbsa].start()
	for _, d := range []document{second, third} {
		system.inState(d.ID, "delivered")
	}
	within(t, "health is well again", func() error {
		if r := b.sides[cbp].status(); r.has("held") || r.has("not-cosigned") {
			return fmt.Errorf("health %+v", r.Health)
		}
		return nil
	})
}

// TestAuditorsAreRecorded finds each question of an auditor in the ledger.
func TestAuditorsAreRecorded(t *testing.T) {
	b := newBorder(t)
	system, auditor := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "inspector")
	doc := b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1))
	system.inState(doc.ID, "delivered")
	items := func(query string) []audit.Stored {
		a := auditor.get("/v1/audit/events" + query)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %s", query, a)
		}
		return decode[struct{ Items []audit.Stored }](t, a.body).Items
	}
	if found := items("?term=020000001"); len(found) != 1 || found[0].Kind != "submission.answered" {
		t.Errorf("by control number: %+v", found)
	}
	if found := items("?kind=record.sealed&log=" + cbsa); len(found) == 0 {
		t.Error("by kind: nothing")
	}
	if a := auditor.get("/v1/documents/" + doc.ID); a.status != http.StatusOK {
		t.Fatalf("%s", a)
	}
	queried := items("?kind=audit.queried")
	if len(queried) != 3 || queried[0].Header["found"] != "1" || queried[0].Header["term"] == "" || queried[2].Header["path"] != "/v1/documents/"+doc.ID {
		t.Errorf("recorded %+v", queried)
	}
	for _, bad := range []string{"?from=yesterday", "?limit=0"} {
		if a := auditor.get("/v1/audit/events" + bad); a.status != http.StatusBadRequest {
			t.Errorf("%s: %s", bad, a)
		}
	}
	if a := system.get("/v1/audit/events"); a.status != http.StatusForbidden {
		t.Errorf("another role: %s", a)
	}
}

// TestOperatorErasesAndHolds works on the ledger of a stopped gateway.
func TestOperatorErasesAndHolds(t *testing.T) {
	b := newBorder(t)
	system := b.party(t, cbp, "system", "ace")
	doc := b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1))
	system.inState(doc.ID, "delivered")
	s := b.sides[cbp]
	if _, err := gateway.OpenLedger(s.home); !errors.Is(err, audit.ErrHeld) {
		t.Errorf("of a running gateway: %v", err)
	}
	s.stop()
	l, err := gateway.OpenLedger(s.home)
	if err != nil {
		t.Fatal(err)
	}
	subject := "submission/" + doc.Submission
	if _, err := l.Hold(t.Context(), audit.Hold{ID: "1", Subject: subject, Authority: "court"}); err != nil {
		t.Fatal(err)
	}
	e := audit.Erasure{Subject: subject, Ground: "RETENTION", Authority: "order"}
	if _, err := l.Erase(t.Context(), e); !errors.Is(err, audit.ErrOnHold) {
		t.Errorf("under a hold: %v", err)
	}
	if _, err := l.Release(t.Context(), audit.Hold{ID: "1", Subject: subject, Authority: "court"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.start() // and goes on, cosigned
	if a := system.get("/v1/documents/" + doc.ID + "/content"); a.status != http.StatusGone {
		t.Errorf("after the erasure: %s", a)
	}
	within(t, "the erasure is cosigned", func() error {
		for _, l := range s.status().Ledgers {
			if l.Log == cbsa && l.Cosigned == l.Size {
				return nil
			}
		}
		return errors.New("not yet")
	})
}

// provenMessages are what an auditor is shown of messages, each proven under a
// policy to the log that it is in.
func provenMessages(t *testing.T, auditor *party, policy []byte) map[string]*audit.Stored {
	t.Helper()
	a := auditor.get("/v1/audit/messages")
	if a.status != http.StatusOK {
		t.Fatalf("%s", a)
	}
	page := decode[struct {
		Items []struct {
			Message string
			Shown   *audit.Shown
		}
		Checkpoints map[string]string
		Successions []json.RawMessage
	}](t, a.body)
	under, err := audit.ParsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range page.Successions {
		under.Follow([][]byte{doc})
	}
	found := map[string]*audit.Stored{}
	for _, item := range page.Items {
		e, err := under.CheckShown(item.Shown, []byte(page.Checkpoints[item.Shown.Event.Log]))
		if err != nil || e.Header["message"] != item.Message || e.Header["document"] != "" {
			t.Errorf("%+v: %v", e, err)
			continue
		}
		found[item.Message] = e
	}
	return found
}

// TestMessagesAreProven shows auditors how each message ended, with proofs that
// hold under the policy of the relation.
func TestMessagesAreProven(t *testing.T) {
	b := newBorder(t)
	system, carrier, auditor := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "auditor", "inspector")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	policy, err := gateway.RelationPolicy(b.sides[cbp].home, cbsa)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "there is an item", func() error {
		found := provenMessages(t, auditor, policy)
		if len(found) == 0 {
			return errors.New("none")
		}
		return nil
	})
	if a := auditor.get("/v1/audit/messages?log=internal"); a.status != http.StatusBadRequest {
		t.Errorf("another log: %s", a)
	}
	if a := system.get("/v1/audit/messages"); a.status != http.StatusForbidden {
		t.Errorf("another role: %s", a)
	}
	if found := decode[struct{ Items []audit.Stored }](t, auditor.get("/v1/audit/events?kind=audit.queried").body).Items; len(found) == 0 {
		t.Error("the auditor's question is not recorded")
	}
}

// TestAuditorsFind finds what happened to one document by each thing that an
// auditor may know of it.
func TestAuditorsFind(t *testing.T) {
	b := newBorder(t)
	began := time.Now().Add(-time.Second)
	system, auditor := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "inspector")
	doc := b.party(t, cbp, "partner", "carrier-7").accepted(manifest(t, 1))
	system.inState(doc.ID, "delivered")
	kinds := func(who *party, query string) map[string]int {
		t.Helper()
		a := who.get("/v1/audit/events?limit=1000&" + query)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %s", query, a)
		}
		found := map[string]int{}
		for _, e := range decode[struct{ Items []audit.Stored }](t, a.body).Items {
			found[e.Kind]++
		}
		return found
	}
	var record struct {
		Consignment []struct {
			Reference struct{ SCN string }
		}
	}
	if err := json.Unmarshal(system.get("/v1/documents/"+doc.ID+"/content").body, &record); err != nil || len(record.Consignment) == 0 {
		t.Fatal(record, err)
	}
	sealed := decode[struct{ Items []audit.Stored }](t, auditor.get("/v1/audit/events?kind=record.sealed").body).Items
	article, _, _ := strings.Cut(sealed[0].Header["articles"], ",")
	day := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	for _, test := range []struct {
		what, query string
		want        []string
		not         []string
	}{
		{"control number", "term=020000001", []string{"submission.answered"}, []string{"record.sealed"}},
		{"container", "term=CSQU3054383", []string{"document.accepted", "record.sealed"}, []string{"submission.received"}},
		{"container of a kind", "term=equipment:CSQU3054383", []string{"document.accepted", "record.sealed"}, nil},
		{"consignment", "term=" + record.Consignment[0].Reference.SCN, []string{"document.accepted", "record.sealed"}, nil},
		{"party", "party=carrier-7", []string{"submission.received", "document.accepted"}, []string{"record.sealed"}},
		{"party's identity", "party=peacebridge://us.cbp/partner/carrier-7", []string{"document.accepted"}, nil},
		{"part of a party", "party=7", nil, []string{"document.accepted"}},
		{"article", "article=" + article, []string{"record.sealed"}, []string{"document.accepted"}},
		{"kind", "kind=document.accepted", []string{"document.accepted"}, []string{"record.sealed"}},
		{"date", "from=" + day(began) + "&to=" + day(time.Now().Add(time.Hour)), []string{"document.accepted", "record.sealed"}, nil},
		{"date before", "to=" + day(began.Add(-time.Hour*2)), nil, []string{"document.accepted", "record.sealed"}},
		{"all of it", "term=CSQU3054383&party=carrier-7&kind=document.accepted&from=" + day(began), []string{"document.accepted"}, []string{"record.sealed"}},
	} {
		found := kinds(auditor, test.query)
		for _, kind := range test.want {
			if found[kind] == 0 {
				t.Errorf("by %s: no %s in %v", test.what, kind, found)
			}
		}
		for _, kind := range test.not {
			if found[kind] > 0 {
				t.Errorf("by %s: %s is found", test.what, kind)
			}
		}
	}
	if found := kinds(b.party(t, cbsa, "auditor", "inspector"), "term=CSQU3054383"); found["message.received"] == 0 {
		t.Errorf("by container on the other side: %v", found)
	}
	if queried := kinds(auditor, "kind=audit.queried"); queried["audit.queried"] < 12 {
		t.Errorf("%d questions are recorded", queried["audit.queried"])
	}
}
