package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"peacebridge/certs"
	"peacebridge/crypto"
	"peacebridge/examples"
	"peacebridge/gateway"
	"peacebridge/gateway/agreement"
)

const (
	cbp  = "us.cbp"
	cbsa = "ca.cbsa"
)

// border is two gateways of this process on loopback, with real homes, real
// ledgers and an agreement that both have signed.
type border struct {
	t     *testing.T
	sides map[string]*side
}

// side is one of them.
type side struct {
	t        *testing.T
	home     string
	settings *gateway.Settings
	now      func() time.Time // its clock
	log      *logged
	running  *gateway.Gateway
	end      func() error // nil while it does not run
}

// logged is what a gateway said to its operator.
type logged struct {
	slow func(line []byte) // waits as a full pipe does, if set before the start
	mu   sync.Mutex
	b    bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	if l.slow != nil {
		l.slow(p)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newBorder makes and starts both sides; change may alter settings before.
func newBorder(t *testing.T, change ...func(*gateway.Settings)) *border {
	t.Helper()
	b := makeBorder(t, change...)
	for _, s := range b.sides {
		s.start()
	}
	return b
}

// clock is one that a test moves.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())).UTC() }

func (c *clock) set(at time.Time) { c.offset.Store(int64(time.Until(at))) }

func (c *clock) pass(d time.Duration) { c.offset.Add(int64(d)) }

// noon is a clock of today on which no midnight comes.
func noon() *clock {
	c := &clock{}
	c.set(today().Truncate(24 * time.Hour).Add(12 * time.Hour))
	return c
}

func makeBorder(t *testing.T, change ...func(*gateway.Settings)) *border {
	t.Helper()
	return makeBorderAt(t, time.Now, change...)
}

// makeBorderAt makes both sides with the test's own clock.
func makeBorderAt(t *testing.T, now func() time.Time, change ...func(*gateway.Settings)) *border {
	t.Helper()
	b := &border{t: t, sides: map[string]*side{}}
	for _, agency := range []string{cbsa, cbp} {
		inbox, err := gateway.DefaultInbox(agency)
		if err != nil {
			t.Fatal(err)
		}
		s := &gateway.Settings{
			Agency: agency, Name: "gateway", Environment: "test", Beat: gateway.Duration(50 * time.Millisecond), Inbox: inbox, Journal: "journal",
			Listen:   gateway.ListenSettings{API: freePort(t), Enrol: freePort(t), Log: freePort(t), Ops: freePort(t)},
			Delivery: gateway.DeliverySettings{MaxBackoff: gateway.Duration(200 * time.Millisecond)},
		}
		for _, c := range change {
			c(s)
		}
		b.sides[agency] = &side{t: t, home: filepath.Join(t.TempDir(), agency), settings: s, now: now, log: &logged{}}
	}
	for agency, s := range b.sides {
		s.settings.Peers = []gateway.PeerSettings{{Agency: other(agency), URL: b.sides[other(agency)].settings.Addresses().API}}
		// An hour ago: so that there can be messages of a while ago.
		if err := gateway.Create(s.home, s.settings, now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		s.copyRules(agency)
	}
	for agency, s := range b.sides {
		in, err := os.ReadFile(filepath.Join(b.sides[other(agency)].home, "introduction.json"))
		if err == nil {
			err = gateway.Introduce(s.home, in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.sign()
	return b
}

func other(agency string) string {
	if agency == cbp {
		return cbsa
	}
	return cbp
}

// freePort is an address that nobody listens on, for the length of a test. It is
// below the ports that outgoing connections get and apart from those of demos,
// and the UDP port of the same number is the sign for other tests, also of other
// processes, that it is taken: a gateway that is started again must find its own
// free.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(10_000))
		taken, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			_ = taken.Close() // nothing was said on it
			continue
		}
		t.Cleanup(func() { _ = taken.Close() }) // likewise
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}

func (s *side) copyRules(agency string) {
	dir := path.Join("rules", agency)
	entries, err := fs.ReadDir(examples.Files, dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(examples.Files, path.Join(dir, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(s.home, "rules", e.Name()), b, 0o600)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// sign gives both sides the example agreement with both signatures.
func (b *border) sign() {
	b.t.Helper()
	draft, err := examples.Files.ReadFile("agreement.yaml")
	if err != nil {
		b.t.Fatal(err)
	}
	keys, rings := map[string]string{}, map[string]*crypto.Keyring{}
	for agency, s := range b.sides {
		rings[agency] = s.ring(agency)
		keys[agency] = signingKey(b.t, rings[agency], s.now())
	}
	text, err := agreement.FillKeys(draft, keys)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, s := range b.sides {
		file := filepath.Join(s.home, "agreements", "agreement.yaml")
		err := os.WriteFile(file, text, 0o600)
		for agency, ring := range rings {
			var jws []byte
			if err == nil {
				jws, err = ring.SignDetached(text)
			}
			if err == nil {
				err = os.WriteFile(file+"."+agency+".jws", jws, 0o600)
			}
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (s *side) ring(agency string) *crypto.Keyring {
	s.t.Helper()
	ring, err := crypto.LoadKeyring(filepath.Join(s.home, "keys"), agency)
	if err != nil {
		s.t.Fatal(err)
	}
	return ring
}

func signingKey(t *testing.T, ring *crypto.Keyring, now time.Time) string {
	t.Helper()
	for _, k := range ring.Published(now) {
		var jwk struct{ Use string }
		if err := json.Unmarshal(k.JWK(), &jwk); err != nil {
			t.Fatal(err)
		}
		if jwk.Use == "sig" {
			return k.ID()
		}
	}
	t.Fatal("no signing key")
	return ""
}

// start runs the gateway until stop, or the end of the test.
func (s *side) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	g, err := gateway.New(ctx, gateway.Config{Home: s.home, Now: s.now, Log: slog.New(slog.NewJSONHandler(s.log, nil))})
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	s.running = g
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- g.Run(ctx, func() { close(ready) }) }()
	s.end = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	s.t.Cleanup(s.stop)
	select {
	case <-ready:
	case err := <-done:
		done <- err
		s.t.Fatal(err)
	}
}

func (s *side) stop() {
	if s.end == nil {
		return
	}
	if err := s.end(); err != nil {
		s.t.Errorf("gateway ended with %v", err)
	}
	s.end = nil
}

// party is a client with a certificate of one role.
type party struct {
	t    *testing.T
	http *http.Client
	url  string
	pair tls.Certificate
	ca   *x509.CertPool
}

// party enrols somebody at an agency, on its operator's own word.
func (b *border) party(t *testing.T, agency, role, id string) *party {
	t.Helper()
	s := b.sides[agency]
	ca, err := certs.OpenAuthority(filepath.Join(s.home, "ca"))
	if err != nil {
		t.Fatal(err)
	}
	defer ca.Close()
	identity := certs.Identity{Agency: agency, Role: role, ID: id}
	key, csr, err := certs.NewKeyAndCSR(identity)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.Issue(identity, csr, s.now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return s.as(t, pair)
}

// peer is the other agency's gateway as a client of this one.
func (b *border) peer(t *testing.T, agency string) *party {
	t.Helper()
	keys := filepath.Join(b.sides[agency].home, "keys")
	pair, err := tls.LoadX509KeyPair(filepath.Join(keys, "tls.crt"), filepath.Join(keys, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	pair.Certificate = pair.Certificate[:1]
	return b.sides[other(agency)].as(t, pair)
}

func (s *side) as(t *testing.T, pairs ...tls.Certificate) *party {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(s.home, "ca", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	p := &party{t: t, url: s.settings.Addresses().API, ca: x509.NewCertPool()}
	p.ca.AppendCertsFromPEM(ca)
	if len(pairs) > 0 {
		p.pair = pairs[0]
	}
	p.http = &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, Time: s.now, RootCAs: p.ca, Certificates: pairs},
	}}
	t.Cleanup(p.http.CloseIdleConnections)
	return p
}

// answer is what a gateway said; every one is held against openapi.yaml.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) String() string {
	return fmt.Sprintf("%d %s", a.status, a.body[:min(len(a.body), 1500)])
}

func (p *party) do(method, path string, header map[string]string, body io.Reader) *answer {
	p.t.Helper()
	a, err := p.try(method, path, header, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (p *party) try(method, path string, header map[string]string, body io.Reader) (*answer, error) {
	p.t.Helper()
	req, err := http.NewRequest(method, p.url+path, body)
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	a := &answer{status: res.StatusCode, header: res.Header, body: b}
	documented(p.t, req, a)
	return a, nil
}

func (p *party) get(path string) *answer {
	p.t.Helper()
	return p.do(http.MethodGet, path, nil, nil)
}

const acceptJSON = "application/json, application/problem+json"

// post hands in a document; more are names and values of further headers.
func (p *party) post(doc string, more ...string) *answer {
	p.t.Helper()
	return p.do(http.MethodPost, "/v1/documents", headers(doc, more...), strings.NewReader(doc))
}

func headers(doc string, more ...string) map[string]string {
	h := map[string]string{"Content-Type": "application/edi-x12", "Accept": acceptJSON}
	switch {
	case strings.HasPrefix(doc, "{"):
		h["Content-Type"] = "application/json"
	case strings.HasPrefix(doc, "UN"):
		h["Content-Type"] = "application/edifact"
	}
	for i := 0; i+1 < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// document is the part of a document object that tests read.
type document struct {
	ID, Submission, State, Reason, Class, Guide, Acknowledgement, ReceivedAt, Log, From string
	Index                                                                               uint64
	Taken                                                                               bool
	Findings                                                                            []finding
	Missing                                                                             []struct{ Path, Why string }
	Documents                                                                           []document
	Units                                                                               []struct {
		Peer, Class, State, Reason, Message string
		PeerIndex                           *uint64
	}
}

type finding struct {
	Code, Severity, Path, Rule string
	Position                   struct {
		Offset           int64
		Segment, Element int
		Tag, Pointer     string
	}
}

type problem struct {
	Type, Title, Detail, Reason, Document, ReceivedAt string
	Status                                            int
	Findings                                          []finding
}

func decode[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return v
}

// accepted hands a document in and expects 202.
func (p *party) accepted(doc string, more ...string) document {
	p.t.Helper()
	a := p.post(doc, more...)
	if a.status != http.StatusAccepted {
		p.t.Fatalf("expected 202: %s", a)
	}
	return decode[document](p.t, a.body)
}

// inState waits until a document is in a state.
func (p *party) inState(id, state string) document {
	p.t.Helper()
	var d document
	within(p.t, "document "+id+" is "+state, func() error {
		d = decode[document](p.t, p.get("/v1/documents/"+id).body)
		if d.State != state {
			return fmt.Errorf("it is %s %s", d.State, d.Reason)
		}
		return nil
	})
	return d
}

// cosigned waits until both logs of the relation are whole, published and
// cosigned.
func (b *border) cosigned() {
	b.t.Helper()
	for agency, s := range b.sides {
		within(b.t, "the log of "+agency+" is cosigned", func() error {
			for _, l := range s.status().Ledgers {
				if l.Log == other(agency) && (l.Size == 0 || l.Published < l.Size || l.Cosigned < l.Published) {
					return fmt.Errorf("%+v", l)
				}
			}
			return nil
		})
	}
}

func (p *party) inbox() []document {
	p.t.Helper()
	return decode[struct{ Items []document }](p.t, p.get("/v1/inbox?limit=1000").body).Items
}

// patience is how long a test waits for what must come: far longer than the
// slowest machine needs, because a test that passes does not wait for it.
const patience = 3 * time.Minute

// within repeats what fails until it does not, or patience is at its end.
func within(t *testing.T, what string, try func() error) {
	t.Helper()
	err := errors.New("not tried")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("it is not so that %s: %v", what, err)
}

// today is the day of all documents of this run, which may pass midnight.
var today = sync.OnceValue(func() time.Time { return time.Now().UTC() })

// example is a file of the example day, re-dated to today, with texts replaced.
func example(t *testing.T, name string, oldnew ...string) string {
	t.Helper()
	b, err := examples.Files.ReadFile("day/" + name)
	if err != nil {
		t.Fatal(err)
	}
	now := today()
	doc := strings.NewReplacer(
		"20261121", now.Format("20060102"), "261121", now.Format("060102"),
		"2026-11-20", now.AddDate(0, 0, -1).Format(time.DateOnly),
		"2026-06-01", now.AddDate(0, 0, -173).Format(time.DateOnly),
	).Replace(string(b))
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(doc, oldnew[i]) {
			t.Fatalf("%s has no %q", name, oldnew[i])
		}
		doc = strings.ReplaceAll(doc, oldnew[i], oldnew[i+1])
	}
	return doc
}

// manifest is a complete truck manifest (X12 309) with numbers of its own.
func manifest(t *testing.T, n int) string {
	t.Helper()
	control := fmt.Sprintf("%09d", 1000+n)
	return example(t, "1-manifest.x12", "*000000001*", "*"+control+"*", "IEA*1*000000001", "IEA*1*"+control,
		"00001001", fmt.Sprintf("%08d", 20_000_000+n), "ABCD"+today().Format("060102")+"01", fmt.Sprintf("ABCD%08d", n))
}
