package gateway_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"peacebridge/crypto"
	"peacebridge/gateway/agreement"
)

// renews gets a new certificate for a party over the connection of its old one.
func (b *border) renews(t *testing.T, p *party) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	csr := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	h := map[string]string{"Content-Type": "application/pkcs10"}
	a := p.do(http.MethodPost, "/v1/renew", h, bytes.NewReader(csr))
	if a.status != http.StatusCreated {
		t.Fatalf("renewal: %s", a)
	}
	block, _ := pem.Decode([]byte(decode[struct{ Certificate string }](t, a.body).Certificate))
	if block == nil {
		t.Fatalf("no certificate: %s", a)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !key.PublicKey.Equal(cert.PublicKey) || cert.URIs[0].String() != "peacebridge://us.cbp/partner/carrier" {
		t.Errorf("certificate %v: %v", cert, err)
	}
	if a := p.do(http.MethodPost, "/v1/renew", h, bytes.NewReader(csr)); a.status != http.StatusForbidden {
		t.Errorf("the same key again: %s", a)
	}
}

// rings are both agencies' keyrings, each with the other's public keys.
func (b *border) rings() map[string]*crypto.Keyring {
	b.t.Helper()
	rings := map[string]*crypto.Keyring{}
	for agency, s := range b.sides {
		rings[agency] = s.ring(agency)
	}
	for agency, ring := range rings {
		for _, key := range rings[other(agency)].Published(time.Now()) {
			if err := ring.AddPeer(other(agency), key); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return rings
}

// claims are what CBSA's gateway would say to CBP's about a cargo report.
func (b *border) claims() crypto.Claims {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.sides[cbp].home, "agreements", "agreement.yaml"))
	if err != nil {
		b.t.Fatal(err)
	}
	a, issues := agreement.Parse(text)
	if a == nil {
		b.t.Fatal(issues)
	}
	now := time.Now().Truncate(time.Second)
	const id = "0199e0b2-7c1c-7000-8000-5b2f3c0d9a78"
	return crypto.Claims{
		Issuer: cbsa, Audience: cbp, MessageID: "0199e0b2-7c1c-7000-8000-5b2f3c0d9a77", Agreement: a.ID, AgreementVersion: a.Version, AgreementHash: a.Hash,
		Purpose: "risk-assessment", Articles: []string{"1.1"}, Sequence: 1, IssuedAt: now, Expires: now.Add(time.Hour), Class: "cargo.report", RecordID: id,
		Record: json.RawMessage(`{"id":"` + id + `","class":"cargo.report","agency":"ca.cbsa","mode":"road","function":"original","issuedAt":"2026-11-20T12:00:00Z",` +
			`"consignment":[{"reference":{"ccn":"9999TEST1"}}]}`),
	}
}

func (b *border) seal(ring *crypto.Keyring, c crypto.Claims) []byte {
	b.t.Helper()
	env, err := ring.Seal(c, c.IssuedAt)
	if err != nil {
		b.t.Fatal(err)
	}
	return env
}

func (p *party) deliver(envelope []byte) *answer {
	p.t.Helper()
	return p.do(http.MethodPost, "/exchange/v1/messages", map[string]string{"Content-Type": "application/jose"}, bytes.NewReader(envelope))
}

// deliversTwice says the same thing several times, in other bytes too: it counts
// once, and every receipt tells the same place in the ledger.
func (b *border) deliversTwice(t *testing.T, peer *party) {
	t.Helper()
	rings := b.rings()
	system := b.party(t, cbp, "system", "ace-2")
	before := len(system.inbox())
	c := b.claims()
	first := b.seal(rings[cbsa], c)
	var want *crypto.Receipt
	for i, envelope := range [][]byte{first, first, b.seal(rings[cbsa], c)} {
		a := peer.deliver(envelope)
		if a.status != http.StatusOK {
			t.Fatalf("delivery %d: %s", i, a)
		}
		r, err := rings[cbsa].OpenReceipt(a.body, crypto.Expect{Issuer: cbp, Audience: cbsa, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict != crypto.VerdictCommitted || r.MessageID != c.MessageID || r.LogOrigin != "us.cbp/audit/ca.cbsa" {
			t.Errorf("receipt %+v", r)
		}
		r.SignedAt = time.Time{} // it may be signed again
		if want == nil {
			want = r
		}
		// The third was signed again and is another payload by its signature only.
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("receipt %d differs: %s", i, diff)
		}
	}
	if n := len(system.inbox()) - before; n != 1 {
		t.Errorf("the message is in the inbox %d times", n)
	}
	c.Purpose = "enforcement-case"
	a := peer.deliver(b.seal(rings[cbsa], c))
	if p := decode[problem](t, a.body); a.status != http.StatusForbidden || p.Reason != "MESSAGE_ID_REUSED" {
		t.Errorf("another payload under the same id: %s", a)
	}
}

// witnesses has the head of CBSA's log cosigned once more.
func (b *border) witnesses(t *testing.T, peer *party) {
	t.Helper()
	within(t, "the head is cosigned", func() error {
		res, err := http.Get(b.sides[cbsa].settings.Addresses().Log + "/audit/" + cbp + "/checkpoint")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		checkpoint, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		size := strings.Split(string(checkpoint), "\n")[1]
		body := fmt.Sprintf("old %s\n\n%s", size, checkpoint)
		a := peer.do(http.MethodPost, "/exchange/v1/witness/add-checkpoint", map[string]string{"Content-Type": "text/plain"}, strings.NewReader(body))
		if a.status != http.StatusOK || !strings.HasPrefix(string(a.body), "— ") {
			return fmt.Errorf("answered %s", a)
		}
		return nil
	})
}

// TestMessagesThatAreRefused speaks as the peer in every way in which a message
// can be opened and must not be taken. The refusal is a signed receipt.
func TestMessagesThatAreRefused(t *testing.T) {
	b := newBorder(t)
	rings, peer, system := b.rings(), b.peer(t, cbsa), b.party(t, cbp, "system", "ace")
	for i, test := range []struct {
		name   string
		change func(*crypto.Claims)
		reason string
	}{
		{"unknown agreement", func(c *crypto.Claims) { c.Agreement = "XX-NOBODY" }, "NO_AGREEMENT"},
		{"another version", func(c *crypto.Claims) { c.AgreementVersion = 2 }, "NO_AGREEMENT"},
		{"other bytes", func(c *crypto.Claims) { c.AgreementHash = "sha256:" + strings.Repeat("0", 64) }, "NO_AGREEMENT"},
		{"purpose that is not agreed", func(c *crypto.Claims) { c.Purpose = "statistics" }, "PURPOSE_NOT_ALLOWED"},
		{"class of another article", func(c *crypto.Claims) { c.Purpose = "exam-recognition" }, "CLASS_NOT_ALLOWED"},
		{"class that is not the record's", func(c *crypto.Claims) { c.Class = "conveyance.report" }, "RECORD_INVALID"},
		{"id that is not the record's", func(c *crypto.Claims) { c.RecordID = "0199e0b2-7c1c-7000-8000-5b2f3c0d9a00" }, "RECORD_INVALID"},
		{"record with an unknown member", func(c *crypto.Claims) {
			c.Record = bytes.Replace(c.Record, []byte(`"mode"`), []byte(`"mood":"x","mode"`), 1)
		}, "RECORD_INVALID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := b.claims()
			c.MessageID = fmt.Sprintf("0199e0b2-7c1c-7000-8000-%012d", i)
			test.change(&c)
			a := peer.deliver(b.seal(rings[cbsa], c))
			if a.status != http.StatusOK {
				t.Fatalf("answered %s", a)
			}
			r, err := rings[cbsa].OpenReceipt(a.body, crypto.Expect{Issuer: cbp, Audience: cbsa, Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != crypto.VerdictRefused || r.Reason != test.reason {
				t.Errorf("receipt says %s %s, expected %s", r.Verdict, r.Reason, test.reason)
			}
		})
	}
	if items := system.inbox(); len(items) > 0 {
		t.Errorf("the inbox has %d of them", len(items))
	}
	t.Run("what cannot be opened", func(t *testing.T) {
		c := b.claims()
		c.IssuedAt = c.IssuedAt.Add(-5 * time.Minute)
		c.Expires = c.IssuedAt.Add(time.Minute) // beyond what clocks may differ by
		late := b.seal(rings[cbsa], c)
		stranger, err := crypto.CreateKeyring(t.TempDir(), cbsa, time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range rings[cbp].Published(time.Now()) {
			if err := stranger.AddPeer(cbp, key); err != nil {
				t.Fatal(err)
			}
		}
		var said []string
		for _, envelope := range [][]byte{late, b.seal(stranger, b.claims()), late[:len(late)-8], []byte("x")} {
			a := peer.deliver(envelope)
			p := decode[problem](t, a.body)
			if a.status != http.StatusForbidden {
				t.Errorf("answered %s", a)
			}
			said = append(said, p.Title+p.Detail+p.Reason)
		}
		for _, one := range said {
			if one != said[0] {
				t.Errorf("the answers tell faults apart: %q", said)
			}
		}
	})
}

// TestReceivedIsNeverMore hands over more than the agreement allows: the
// receiver keeps what its own reading lets through.
func TestReceivedIsNeverMore(t *testing.T) {
	b := newBorder(t)
	rings, peer, system := b.rings(), b.peer(t, cbsa), b.party(t, cbp, "system", "ace")
	c := b.claims()
	c.Record = bytes.Replace(c.Record, []byte(`{"ccn":"9999TEST1"}`), []byte(`{"ccn":"9999TEST1"},"importer":{"name":"CNRYIMPORTER"}`), 1)
	c.Record = bytes.Replace(c.Record, []byte(`"consignment"`), []byte(`"conveyance":{"person":[{"name":{"last":"CNRYDRIVER"}}]},"consignment"`), 1)
	a := peer.deliver(b.seal(rings[cbsa], c))
	r, err := rings[cbsa].OpenReceipt(a.body, crypto.Expect{Issuer: cbp, Audience: cbsa, Now: time.Now()})
	if err != nil {
		t.Fatalf("%v: %s", err, a)
	}
	if r.Verdict != crypto.VerdictCommitted || r.StricterWithheld != 2 {
		t.Errorf("receipt %+v", r)
	}
	items := system.inbox()
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	record := system.get("/v1/documents/" + items[0].ID + "/content")
	if record.status != http.StatusOK || bytes.Contains(record.body, []byte("CNRY")) || !bytes.Contains(record.body, []byte("9999TEST1")) {
		t.Errorf("record %s", record)
	}
}
