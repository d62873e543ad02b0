package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"peacebridge/crypto"
)

// secret is in every bad document; no answer and no log may repeat it.
const secret = "SECRETVALUE4711"

// memoryLimit is what a gateway may have resident after all that.
const memoryLimit = 300 << 20

// TestDoors knocks at every door with what does not belong there. The answer is
// what the contract says, and the gateway goes on as if nothing had been.
func TestDoors(t *testing.T) {
	w := newWorld(t).start()
	d := &doors{t: t, w: w, n: 3000}
	t.Run("documents", d.documents)
	t.Run("records", d.records)
	t.Run("one segment of 100 MB", d.endless)
	t.Run("larger than memory", d.large)
	t.Run("certificates", d.certificates)
	t.Run("revoked in the middle", d.revoked)
	t.Run("roles", d.roles)
	t.Run("addresses", d.addresses)
	t.Run("enrolment", d.enrolment)
	t.Run("exchange", d.exchange)
	t.Run("agreement", d.agreements)
	w.quiet()
	for _, agency := range []string{cbp, cbsa} {
		w.gateways[agency].stop()
		sound(t, w.gateways[agency].log)
		b, err := os.ReadFile(w.gateways[agency].log)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s's log repeats a value of a document", agency)
		}
		verifyFolder(t, w.dir, agency)
	}
}

type doors struct {
	t *testing.T
	w *world
	n number
}

// refused expects a problem of a type, by the contract, that repeats no value.
func refused(t *testing.T, a *answer, status int, kind string) problem {
	t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("expected %d %s: %s", status, kind, a)
		return problem{}
	}
	p := decode[problem](t, a.body)
	if p.Status != status || !strings.HasSuffix(p.Type, "/"+kind) || p.Title == "" {
		t.Errorf("expected %d %s: %s", status, kind, a)
	}
	if !strings.HasPrefix(p.Instance, "urn:uuid:") || a.header.Get("X-Request-Id") != strings.TrimPrefix(p.Instance, "urn:uuid:") {
		t.Errorf("request id %q, instance %q", a.header.Get("X-Request-Id"), p.Instance)
	}
	if bytes.Contains(a.body, []byte(secret)) {
		t.Errorf("the answer repeats a value: %s", a)
	}
	for _, f := range p.Findings {
		if f.Code == "" || !strings.Contains(f.Code, ".") {
			t.Errorf("a finding without its code: %s", a)
		}
	}
	return p
}

// goesOn hands in a good document and sees it delivered.
func (d *doors) goesOn(t *testing.T) {
	t.Helper()
	d.n++
	doc := d.w.client(t, "carrier-cbp").accepted(manifest(t, d.n))
	d.w.client(t, "system-cbp").inState(doc.ID, "delivered")
}

func (d *doors) documents(t *testing.T) {
	c := d.w.client(t, "carrier-cbp")
	good := string(manifest(t, 2999))
	bad := strings.ReplaceAll(good, "STEEL BRACKETS", secret)
	const x12, edifact, xml = "application/edi-x12", "application/edifact", "application/xml"
	for _, test := range []struct {
		name, media, body string
		status            int
		kind              string
	}{
		{"empty", x12, "", 422, "empty-document"},
		{"truncated in the header", x12, bad[:50], 422, "document-rejected"},
		{"truncated in the middle", x12, bad[:len(bad)/2], 422, "document-rejected"},
		{"truncated before the trailer", x12, strings.TrimSuffix(bad, bad[strings.Index(bad, "IEA"):]), 422, "document-rejected"},
		{"binary", x12, string(randomBytes(5000)), 422, "unknown-syntax"},
		{"binary after a good header", x12, bad[:150] + string(randomBytes(5000)), 422, "document-rejected"},
		{"zeros", x12, strings.Repeat("\x00", 10000), 422, "unknown-syntax"},
		{"text", x12, "Dear customs, " + secret, 422, "unknown-syntax"},
		{"X12 as EDIFACT", edifact, bad, 422, "unknown-syntax"},
		{"EDIFACT as X12", x12, example(t, "3-cargo.edi"), 422, "unknown-syntax"},
		{"JSON as X12", x12, `{"class":"` + secret + `"}`, 422, "unknown-syntax"},
		{"XML", xml, "<a>" + secret + "</a>", 422, "no-guide"},
		{"XML with a document type", xml, `<!DOCTYPE a [<!ENTITY x "` + secret + `">]><a>&x;</a>`, 422, "document-rejected"},
		{"XML above its limit", xml, "<a>" + strings.Repeat("x", 9<<20) + "</a>", 413, "document-too-large"},
		{"wrong media type", "text/plain", bad, 415, "unsupported-media-type"},
		{"no media type", "", bad, 415, "unsupported-media-type"},
		{"malformed media type", "application/edi-x12;;=", bad, 415, "unsupported-media-type"},
		{"another agency's message", edifact, example(t, "3-cargo.edi"), 422, "document-rejected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := map[string]string{"Content-Type": test.media, "Accept": acceptJSON}
			a := c.do(http.MethodPost, "/v1/documents", h, strings.NewReader(test.body))
			refused(t, a, test.status, test.kind)
		})
	}
	t.Run("key too long", func(t *testing.T) {
		refused(t, c.post([]byte(bad), "Idempotency-Key", strings.Repeat("k", 256)), 400, "bad-request")
	})
	t.Run("body that ends early", func(t *testing.T) {
		body := io.MultiReader(strings.NewReader(bad[:300]), brokenReader{})
		if a, err := c.try(t.Context(), http.MethodPost, "/v1/documents", postHeader([]byte(bad)), body); err == nil && a.status < 400 {
			t.Errorf("half a body was taken: %s", a)
		}
	})
	d.goesOn(t)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// randomBytes returns the same bytes every time, with tags where chance would put them once in 16 MB.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = mathrand.NewChaCha8([32]byte{}).Read(b) // it never fails
	for i, tag := range []string{"ISA", "UNA", "UNB", "UNH", "GS"} {
		copy(b[(i+1)*n/6:], tag)
	}
	return b
}

func (d *doors) records(t *testing.T) {
	c := d.w.client(t, "system-cbp")
	const head = `{"class":"trader.status","agency":"us.cbp","function":"original","issuedAt":"2026-11-20T12:00:00Z",`
	trader := head + `"trustedTrader":[{"programme":"C-TPAT","number":"CT-1","issuer":"us.cbp"}]}`
	for _, test := range []struct {
		name, body string
		status     int
		kind       string
		pointer    string // of a finding
	}{
		{"not JSON", "{" + secret, 422, "document-rejected", ""},
		{"an array", "[1]", 422, "document-rejected", ""},
		{"two values", trader + "{}", 422, "document-rejected", ""},
		{"unknown member", strings.Replace(trader, `"number"`, `"colour":"`+secret+`","number"`, 1), 422, "document-rejected", "/trustedTrader/0/colour"},
		{"a secret as a member's name", strings.Replace(trader, `"number"`, `"`+secret+`":1,"number"`, 1), 422, "document-rejected", "/trustedTrader/0"},
		{"member twice", strings.Replace(trader, `"number"`, `"number":"`+secret+`","number"`, 1), 422, "document-rejected", "/trustedTrader/0/number"},
		{"wrong type", strings.Replace(trader, `"CT-1"`, `["`+secret+`"]`, 1), 422, "document-rejected", "/trustedTrader/0/number"},
		{"malformed time", strings.Replace(trader, "2026-11-20T12:00:00Z", secret, 1), 422, "document-rejected", "/issuedAt"},
		{"code outside a closed list", strings.Replace(trader, `"original"`, `"`+secret+`"`, 1), 422, "document-rejected", "/function"},
		{"no class", `{"agency":"us.cbp"}`, 422, "document-rejected", ""},
		{"unknown class", strings.Replace(trader, "trader.status", "secret.plan", 1), 422, "document-rejected", "/class"},
		{"too deep", strings.Repeat(`{"consignment":[`, 5000) + strings.Repeat("]}", 5000), 422, "document-rejected", ""},
		{"not UTF-8", strings.Replace(trader, "CT-1", "\xff\xfe", 1), 422, "document-rejected", ""},
		{"too large", head + `"trustedTrader":[` + strings.Repeat(`{"programme":"C-TPAT"},`, 60_000) + `{}]}`, 413, "document-too-large", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := c.do(http.MethodPost, "/v1/documents", map[string]string{"Content-Type": "application/json", "Accept": acceptJSON}, strings.NewReader(test.body))
			p := refused(t, a, test.status, test.kind)
			if test.status != 422 {
				return
			}
			if len(p.Findings) == 0 {
				t.Fatalf("nothing says what is wrong: %s", a)
			}
			if !slices.ContainsFunc(p.Findings, func(f finding) bool { return f.Position.Pointer == test.pointer || test.pointer == "" }) {
				t.Errorf("no finding points at %s: %s", test.pointer, a)
			}
		})
	}
	t.Run("warnings are no refusal", func(t *testing.T) {
		d.n++
		c := d.w.client(t, "system-cbp")
		body := `{"class":"cargo.report","agency":"us.cbp","mode":"road","function":"original","issuedAt":"2026-11-20T12:00:00Z",` +
			`"conveyance":{"reference":{"trip":"` + d.n.trip() + `"}},"consignment":[{"reference":{"scn":"ABCD` + d.n.scn() + `"}}],"equipment":[{"id":"CSQU3054384"}]}`
		doc := c.accepted([]byte(body))
		if len(doc.Findings) == 0 || doc.Findings[0].Severity != "warning" {
			t.Errorf("a wrong check digit is to be a warning: %+v", doc.Findings)
		}
	})
	d.goesOn(t)
}

// endless hands in 100 MB of one segment, made while it is sent.
func (d *doors) endless(t *testing.T) {
	c := d.w.client(t, "carrier-cbp")
	good := string(manifest(t, 2998))
	head := good[:strings.Index(good, "N10*")+4]
	for _, ends := range []struct{ name, tail string }{{"without an end", ""}, {"with its end", good[len(head):]}} {
		t.Run(ends.name, func(t *testing.T) {
			body := io.MultiReader(strings.NewReader(head), io.LimitReader(repeated(secret), 100<<20), strings.NewReader(ends.tail))
			refused(t, c.do(http.MethodPost, "/v1/documents", postHeader([]byte(head)), body), 422, "document-rejected")
			now, peak := d.w.gateways[cbp].memory()
			t.Logf("resident %d MiB, at most %d MiB", now>>20, peak>>20)
			if peak > memoryLimit {
				t.Errorf("the gateway grew to %d MiB", peak>>20)
			}
		})
	}
	d.nothingOpen(t)
	d.goesOn(t)
}

// nothingOpen expects that what was stored before it was read has ended: else
// it would be taken up again at every start.
func (d *doors) nothingOpen(t *testing.T) {
	t.Helper()
	s, err := readOps(d.w.settings[cbp].Addresses().Ops)
	if err != nil {
		t.Fatal(err)
	}
	if s.Open != 0 {
		t.Errorf("%d submissions are left open", s.Open)
	}
}

// large hands in what is stored before it is read.
func (d *doors) large(t *testing.T) {
	c := d.w.client(t, "carrier-cbp")
	for _, test := range []struct {
		name, media string
		body        []byte
		kind        string
	}{
		{"binary", "application/edi-x12", randomBytes(2 << 20), "unknown-syntax"},
		{"EDIFACT as X12", "application/edi-x12", bytes.Repeat([]byte(example(t, "3-cargo.edi")), 2000), "unknown-syntax"},
		{"XML", "application/xml", []byte("<a>" + strings.Repeat(secret, 200_000) + "</a>"), "no-guide"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := map[string]string{"Content-Type": test.media, "Accept": acceptJSON}
			refused(t, c.do(http.MethodPost, "/v1/documents", h, bytes.NewReader(test.body)), 422, test.kind)
			d.nothingOpen(t)
		})
	}
	t.Run("duplicate", func(t *testing.T) {
		c := d.w.client(t, "carrier-cbp")
		body := padded(t, 4000, 20)
		first := c.accepted(body)
		p := refused(t, c.post(body), 409, "duplicate")
		if p.Document != first.ID || p.ReceivedAt == "" {
			t.Errorf("the first one is not named: %+v", p)
		}
		d.nothingOpen(t)
	})
	t.Run("same key", func(t *testing.T) {
		c := d.w.client(t, "carrier-cbp")
		body := padded(t, 6000, 20)
		first := c.accepted(body, "Idempotency-Key", "large")
		if again := c.accepted(body, "Idempotency-Key", "large"); again.ID != first.ID {
			t.Errorf("the same request made another document: %s, %s", first.ID, again.ID)
		}
		refused(t, c.post(padded(t, 8000, 20), "Idempotency-Key", "large"), 422, "idempotency-key-reused")
		d.nothingOpen(t)
	})
	d.w.quiet()
	d.goesOn(t)
}

// repeated is a text without end.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

// certificates tries every wrong certificate at the api listener.
func (d *doors) certificates(t *testing.T) {
	ca, err := os.ReadFile(filepath.Join(d.w.clientDir("carrier-cbp"), "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pair := func(dir, name string) tls.Certificate {
		p, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, test := range []struct {
		name  string
		pairs []tls.Certificate
	}{
		{"none", nil},
		{"self-signed", []tls.Certificate{selfSigned(t, "peacebridge://us.cbp/partner/carrier-cbp")}},
		{"a partner of the other agency", []tls.Certificate{pair(d.w.clientDir("carrier-cbsa"), "client")}},
		{"a system of the other agency", []tls.Certificate{pair(d.w.clientDir("system-cbsa"), "client")}},
		{"this gateway's own", []tls.Certificate{pair(filepath.Join(d.w.home(cbp), "keys"), "tls")}},
		{"a CA that calls itself so", []tls.Certificate{forged(t, ca)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := clientWith(d.w.url(cbp), ca, test.pairs...)
			defer c.http.CloseIdleConnections()
			if a, err := c.try(t.Context(), http.MethodGet, "/v1/openapi.yaml", nil, nil); err == nil {
				t.Errorf("the gateway answered: %s", a)
			}
		})
	}
	t.Run("a plain HTTP request", func(t *testing.T) {
		res, err := http.Get("http" + strings.TrimPrefix(d.w.url(cbp), "https") + "/v1/inbox")
		if err == nil {
			_ = res.Body.Close() // its status tells enough
			if res.StatusCode != http.StatusBadRequest {
				t.Errorf("answered %d", res.StatusCode)
			}
		}
	})
	d.goesOn(t)
}

func selfSigned(t *testing.T, uri string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template(t, uri), template(t, uri), &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// forged is issued by a CA with the name of the real one and another key.
func forged(t *testing.T, caPEM []byte) tls.Certificate {
	t.Helper()
	real := pemCertificate(t, caPEM)
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{Subject: real.Subject, RawSubject: real.RawSubject, SubjectKeyId: real.SubjectKeyId}
	der, err := x509.CreateCertificate(rand.Reader, template(t, "peacebridge://us.cbp/system/system-cbp"), ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func template(t *testing.T, uri string) *x509.Certificate {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "x"}, URIs: []*url.URL{u},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

// revoked takes a carrier's certificate away while its connection is open.
func (d *doors) revoked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "carrier-9")
	o := peacebridge(t, "certs", "issue", "--ca", filepath.Join(d.w.home(cbp), "ca"), "--out", dir, "--gateway", d.w.url(cbp), "peacebridge://us.cbp/partner/carrier-9")
	if o.status != 0 {
		t.Fatalf("certs issue: %s", o.stderr)
	}
	c := openClient(t, dir)
	d.n++
	doc := c.accepted(manifest(t, d.n))
	o = peacebridge(t, "certs", "revoke", "--ca", filepath.Join(d.w.home(cbp), "ca"), "--reason", "keyCompromise", "peacebridge://us.cbp/partner/carrier-9")
	if o.status != 0 {
		t.Fatalf("certs revoke: %s", o.stderr)
	}
	revokedAt := time.Now()
	var last *answer
	within(t, "the open connection is refused", func() error {
		a, err := c.try(t.Context(), http.MethodGet, "/v1/documents/"+doc.ID, nil, nil)
		if err != nil {
			return nil // a new connection was refused in the handshake
		}
		if last = a; a.status == http.StatusOK {
			return io.ErrNoProgress
		}
		return nil
	})
	t.Logf("refused %v after the revocation", time.Since(revokedAt).Round(time.Millisecond))
	if last != nil && last.status != http.StatusOK {
		refused(t, last, 403, "identity-refused")
		if !last.closes {
			t.Error("the connection stays open")
		}
	}
	fresh := openClient(t, dir)
	if a, err := fresh.try(t.Context(), http.MethodGet, "/v1/documents/"+doc.ID, nil, nil); err == nil {
		t.Errorf("a new connection was answered: %s", a)
	}
	d.w.client(t, "system-cbp").inState(doc.ID, "delivered") // what was accepted before counts
	d.goesOn(t)
}

// roles asks for what other roles may have.
func (d *doors) roles(t *testing.T) {
	d.n++
	doc := d.w.client(t, "carrier-cbp").accepted(manifest(t, d.n))
	item := d.w.client(t, "system-cbsa").inbox()[0]
	partner, auditor, system := d.w.client(t, "carrier-cbp"), d.w.client(t, "auditor-cbp"), d.w.client(t, "system-cbp")
	gw := &client{t: t, url: d.w.url(cbp), http: d.peer(t, cbsa).http}
	body := manifest(t, 2997)
	post := func(c *client) *answer { return c.post(body) }
	get := func(path string) func(*client) *answer { return func(c *client) *answer { return c.get(path) } }
	exchange := func(c *client) *answer {
		return c.do(http.MethodPost, "/exchange/v1/messages", map[string]string{"Content-Type": "application/jose"}, strings.NewReader("x"))
	}
	exam := []byte(example(t, "5-exam.json"))
	for _, test := range []struct {
		name   string
		who    *client
		what   func(*client) *answer
		status int
		kind   string
	}{
		{"an auditor hands in", auditor, post, 403, "forbidden"},
		{"a gateway hands in", gw, post, 403, "forbidden"},
		{"a partner reads the inbox", partner, get("/v1/inbox"), 403, "forbidden"},
		{"a partner asks for a recognition", partner, get("/v1/recognition?unit=CSQU3054383"), 403, "forbidden"},
		{"a partner hands in an exam", partner, func(c *client) *answer { return c.post(exam) }, 403, "not-acceptable-class"},
		{"a system speaks as a gateway", system, exchange, 403, "forbidden"},
		{"a partner speaks as a gateway", partner, exchange, 403, "forbidden"},
		{"a system asks to be witnessed", system, func(c *client) *answer {
			return c.do(http.MethodPost, "/exchange/v1/witness/add-checkpoint", nil, strings.NewReader("old 0\n\n"))
		}, 403, "forbidden"},
		{"a gateway reads a document", gw, get("/v1/documents/" + doc.ID), 403, "forbidden"},
		{"an auditor takes an item", d.w.client(t, "auditor-cbsa"), func(c *client) *answer {
			return c.do(http.MethodPost, "/v1/inbox/"+item.ID+"/ack", nil, nil)
		}, 403, "forbidden"},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.what(test.who), test.status, test.kind) })
	}
	t.Run("a partner reads another's document", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "carrier-8")
		if o := peacebridge(t, "certs", "issue", "--ca", filepath.Join(d.w.home(cbp), "ca"), "--out", dir, "--gateway", d.w.url(cbp), "peacebridge://us.cbp/partner/carrier-8"); o.status != 0 {
			t.Fatal(o.stderr)
		}
		c := openClient(t, dir)
		for _, what := range []string{"", "/content", "/report", "/acknowledgement", "/content?guide=cbp/truck/309"} {
			path := "/v1/documents/" + doc.ID + what
			p := refused(t, c.get(path), 404, "not-found")
			unknown := refused(t, c.get(strings.Replace(path, doc.ID, "0199e0b2-7c1c-7000-8000-5b2f3c0d9a99", 1)), 404, "not-found")
			if p.Detail != unknown.Detail {
				t.Error("the answer tells that the document exists")
			}
		}
	})
	d.goesOn(t)
}

// peer is the gateway of an agency as a client of the other.
func (d *doors) peer(t *testing.T, agency string) *client {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(d.w.home(other(agency)), "ca", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	c := clientWith(d.w.url(other(agency)), ca, d.w.gatewayPair(agency))
	c.t = t
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func (d *doors) addresses(t *testing.T) {
	c := d.w.client(t, "system-cbp")
	del := func(path string) *answer { return c.do(http.MethodDelete, path, nil, nil) }
	for _, test := range []struct {
		name   string
		answer *answer
		status int
		kind   string
	}{
		{"unknown id", c.get("/v1/documents/nobody"), 404, "not-found"},
		{"id with a slash", c.get("/v1/documents/a%2Fb"), 404, "not-found"},
		{"id that climbs", c.get("/v1/documents/..%2f..%2fstate"), 404, "not-found"},
		{"long id", c.get("/v1/documents/" + strings.Repeat("a", 3000)), 404, "not-found"},
		{"unknown address", c.get("/v2/documents"), 404, "not-found"},
		{"wrong method", del("/v1/documents"), 405, "method-not-allowed"},
		{"wrong method at a document", del("/v1/documents/nobody"), 405, "method-not-allowed"},
		{"cursor that is none", c.get("/v1/inbox?after=" + secret), 400, "bad-request"},
		{"negative cursor", c.get("/v1/inbox?after=-1"), 400, "bad-request"},
		{"cursor too large", c.get("/v1/inbox?after=99999999999999999999"), 400, "bad-request"},
		{"limit zero", c.get("/v1/inbox?limit=0"), 400, "bad-request"},
		{"limit too large", c.get("/v1/inbox?limit=1001"), 400, "bad-request"},
		{"no unit", c.get("/v1/recognition"), 400, "bad-request"},
		{"long unit", c.get("/v1/recognition?unit=" + strings.Repeat("A", 41)), 400, "bad-request"},
		{"risk outside its list", c.get("/v1/recognition?unit=CSQU3054383&risk=" + secret), 400, "bad-request"},
		{"ground that is none", c.get("/v1/recognition?unit=CSQU3054383&ground=%00"), 400, "no-ground"},
		{"taking what is no item", c.do(http.MethodPost, "/v1/inbox/nobody/ack", nil, nil), 404, "not-found"},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.answer, test.status, test.kind) })
	}
	t.Run("guide that is none", func(t *testing.T) {
		d.n++
		c := d.w.client(t, "system-cbp")
		doc := c.accepted(manifest(t, d.n))
		refused(t, c.get("/v1/documents/"+doc.ID+"/content?guide="+secret), 404, "not-found")
		refused(t, c.get("/v1/documents/"+doc.ID+"/report?guide="+secret), 404, "not-found")
	})
	t.Run("a header of 200 KB", func(t *testing.T) {
		a, err := c.try(t.Context(), http.MethodGet, "/v1/inbox", map[string]string{"X-Long": strings.Repeat("a", 200_000)}, nil)
		if err == nil && a.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("answered %s", a)
		}
	})
	t.Run("headers of a proxy", func(t *testing.T) {
		h := map[string]string{
			"X-Forwarded-For": "127.0.0.1", "X-Client-Cert": "peacebridge://us.cbp/system/system-cbp", "X-SSL-Client-S-DN": "CN=system-cbp",
			"X-Forwarded-Client-Cert": "URI=peacebridge://us.cbp/system/system-cbp", "Forwarded": "for=127.0.0.1",
		}
		refused(t, d.w.client(t, "carrier-cbp").do(http.MethodGet, "/v1/inbox", h, nil), 403, "forbidden")
	})
	d.goesOn(t)
}

func (d *doors) enrolment(t *testing.T) {
	ca, err := os.ReadFile(filepath.Join(d.w.home(cbp), "ca", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	c := clientWith(d.w.settings[cbp].Addresses().Enrol, ca)
	c.t = t
	defer c.http.CloseIdleConnections()
	post := func(body string) *answer {
		return c.do(http.MethodPost, "/v1/enrol", map[string]string{"Content-Type": "application/json"}, strings.NewReader(body))
	}
	refused(t, post(""), 400, "bad-request")
	refused(t, post(secret), 400, "bad-request")
	refused(t, post(`{"token":"`+secret+`","csr":"`+secret+`"}`), 403, "enrolment-refused")
	refused(t, post(`{"token":"`+strings.Repeat("x", 40<<10)+`","csr":"x"}`), 413, "document-too-large")
	for _, path := range []string{"/v1/documents", "/v1/inbox", "/exchange/v1/messages", "/metrics"} {
		if a := c.get(path); a.status < 400 {
			t.Errorf("%s at the enrolment listener: %s", path, a)
		}
	}
	d.goesOn(t)
}

// exchange speaks as the peer, with envelopes that are none.
func (d *doors) exchange(t *testing.T) {
	gw := d.peer(t, cbsa)
	post := func(body []byte) *answer {
		return gw.do(http.MethodPost, "/exchange/v1/messages", map[string]string{"Content-Type": "application/jose"}, bytes.NewReader(body))
	}
	forged := d.envelope(t, func(c *crypto.Claims) { c.Agreement = "XX-NOBODY" })
	var first string
	for _, test := range []struct {
		name string
		body []byte
	}{
		{"text", []byte(secret)},
		{"four dots", []byte("a.b.c.d.e")},
		{"binary", randomBytes(1000)},
		{"altered", append(bytes.Clone(forged[:len(forged)-4]), "AAAA"...)},
		{"signed by another", d.foreign(t)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := refused(t, post(test.body), 403, "exchange-refused")
			if first == "" {
				first = p.Detail + p.Reason
			}
			if p.Detail+p.Reason != first {
				t.Errorf("the refusal tells which check failed: %+v", p)
			}
		})
	}
	t.Run("too large", func(t *testing.T) {
		refused(t, post(bytes.Repeat([]byte("A"), 3<<20)), 413, "document-too-large")
	})
	t.Run("no such agreement", func(t *testing.T) {
		// It could be opened: the answer is a signed receipt that refuses, twice the same.
		for range 2 {
			if a := post(forged); a.status != http.StatusOK || a.header.Get("Content-Type") != "application/jose" {
				t.Errorf("answered %s", a)
			}
		}
	})
	d.goesOn(t)
}

// ring is the keyring of an agency with its peer's keys.
func (d *doors) ring(t *testing.T, agency string) *crypto.Keyring {
	t.Helper()
	ring, err := crypto.LoadKeyring(filepath.Join(d.w.home(agency), "keys"), agency)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := crypto.LoadKeyring(filepath.Join(d.w.home(other(agency)), "keys"), other(agency))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range peer.Published(time.Now()) {
		if err := ring.AddPeer(other(agency), key); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

// envelope is one that CBSA's gateway could have sealed for CBP's.
func (d *doors) envelope(t *testing.T, change func(*crypto.Claims)) []byte {
	t.Helper()
	return sealed(t, d.ring(t, cbsa), change)
}

func sealed(t *testing.T, ring *crypto.Keyring, change func(*crypto.Claims)) []byte {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	c := crypto.Claims{
		Audience: cbp, MessageID: "0199e0b2-7c1c-7000-8000-5b2f3c0d9a77", Agreement: "CA-US-CARGO", AgreementVersion: 1,
		AgreementHash: "sha256:" + strings.Repeat("0", 64), Purpose: "risk-assessment", Articles: []string{"1.1"}, Sequence: 99999,
		IssuedAt: now, Expires: now.Add(time.Hour), Class: "cargo.report", RecordID: "0199e0b2-7c1c-7000-8000-5b2f3c0d9a78",
		Record: []byte(`{"id":"0199e0b2-7c1c-7000-8000-5b2f3c0d9a78","class":"cargo.report"}`),
	}
	change(&c)
	b, err := ring.Seal(c, now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// foreign is signed by a key that CBP does not know.
func (d *doors) foreign(t *testing.T) []byte {
	t.Helper()
	ring, err := crypto.CreateKeyring(t.TempDir(), cbsa, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range d.ring(t, cbp).Published(time.Now()) {
		if err := ring.AddPeer(cbp, key); err != nil {
			t.Fatal(err)
		}
	}
	return sealed(t, ring, func(*crypto.Claims) {})
}

// agreements suspends the agreement, lets it run out, and puts it in force again.
func (d *doors) agreements(t *testing.T) {
	partner, system := d.w.client(t, "carrier-cbp"), d.w.client(t, "system-cbp")
	expect := func(t *testing.T, reason string) {
		t.Helper()
		within(t, "documents are refused with "+reason, func() error {
			d.n++
			doc := partner.accepted(manifest(t, d.n))
			if doc.State != "accepted" || doc.Reason != "" {
				t.Errorf("the partner sees %s %s", doc.State, doc.Reason)
			}
			got := system.document(doc.ID)
			if got.State == "refused" && got.Reason == reason {
				return nil
			}
			return errState(got)
		})
	}
	file := func(agency string) string { return filepath.Join(d.w.home(agency), "agreements", "agreement.yaml") }
	original, err := os.ReadFile(file(cbp))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("suspended", func(t *testing.T) {
		write(t, file(cbp)+".suspended", nil)
		expect(t, "SUSPENDED")
		if err := os.Remove(file(cbp) + ".suspended"); err != nil {
			t.Fatal(err)
		}
		d.inForce(t)
	})
	t.Run("suspended by the other side", func(t *testing.T) {
		write(t, file(cbsa)+".suspended", nil)
		within(t, "the other side refuses", func() error {
			d.n++
			doc := partner.accepted(manifest(t, d.n))
			var got document
			within(t, "it is decided", func() error {
				if got = system.document(doc.ID); got.State != "delivered" && got.State != "refused" {
					return errState(got)
				}
				return nil
			})
			if got.State == "refused" && got.Reason == "SUSPENDED" {
				return nil
			}
			return errState(got)
		})
		if err := os.Remove(file(cbsa) + ".suspended"); err != nil {
			t.Fatal(err)
		}
		d.inForce(t)
	})
	t.Run("expired", func(t *testing.T) {
		d.signed(t, strings.NewReplacer("from: 2026-01-01", "from: 2020-01-01", "until: 2030-12-31", "until: 2020-12-31", "signed: 2025-12-15", "signed: 2019-12-15", "review: 2028-01-01", "review: 2020-06-01").Replace(string(original)))
		expect(t, "NOT_IN_FORCE")
	})
	t.Run("changed after it was signed", func(t *testing.T) {
		for _, agency := range []string{cbp, cbsa} {
			write(t, file(agency), bytes.Replace(original, []byte("ORCON"), []byte("PRIV"), 1))
		}
		expect(t, "SIGNATURE_INVALID")
	})
	t.Run("gone", func(t *testing.T) {
		if err := os.Remove(file(cbp)); err != nil {
			t.Fatal(err)
		}
		expect(t, "NO_AGREEMENT")
	})
	d.signed(t, string(original))
	d.inForce(t)
}

// inForce waits until documents are shared again.
func (d *doors) inForce(t *testing.T) {
	t.Helper()
	within(t, "documents are delivered again", func() error {
		d.n++
		doc := d.w.client(t, "carrier-cbp").accepted(manifest(t, d.n))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for ctx.Err() == nil {
			switch got := d.w.client(t, "system-cbp").document(doc.ID); got.State {
			case "delivered":
				return nil
			case "refused":
				return errState(got)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return ctx.Err()
	})
}

// signed gives both gateways an agreement with both signatures.
func (d *doors) signed(t *testing.T, text string) {
	t.Helper()
	for _, home := range []string{cbp, cbsa} {
		file := filepath.Join(d.w.home(home), "agreements", "agreement.yaml")
		for _, agency := range []string{cbp, cbsa} {
			jws, err := d.ring(t, agency).SignDetached([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			write(t, file+"."+agency+".jws", append(jws, '\n'))
		}
		write(t, file, []byte(text))
	}
}
