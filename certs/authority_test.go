package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorityIsLimitedToItsAgency(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	ca := must(parseCertificate(a.Certificate()))(t)
	if !ca.IsCA || ca.MaxPathLen != 0 || !ca.MaxPathLenZero {
		t.Errorf("path length %d, zero %v: want a CA with path length zero", ca.MaxPathLen, ca.MaxPathLenZero)
	}
	if diff := cmp.Diff([]string{"ca.cbsa"}, ca.PermittedURIDomains); diff != "" {
		t.Errorf("permitted URI domains (-want +got):\n%s", diff)
	}
	if key, ok := ca.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P384() {
		t.Errorf("key %T, want P-384", ca.PublicKey)
	}
	if !ca.NotBefore.Equal(t0.Add(-backdate)) || !ca.NotAfter.Equal(t0.Add(authorityLife)) {
		t.Errorf("dates %v to %v are not those asked for", ca.NotBefore, ca.NotAfter)
	}
	info := must(os.Stat(filepath.Join(a.dir, fileKey)))(t)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key %04o, want 0600", info.Mode().Perm())
	}
}

func TestAuthorityIsNeverOverwritten(t *testing.T) {
	for _, name := range []string{fileCert, fileKey, fileCRL, fileRegister} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), []byte("precious"))
		if _, err := CreateAuthority(dir, "ca.cbsa", t0); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: got %v, want fs.ErrExist", name, err)
		}
		if b := must(os.ReadFile(filepath.Join(dir, name)))(t); string(b) != "precious" {
			t.Errorf("%s was overwritten", name)
		}
	}
	_, err := CreateAuthority(t.TempDir(), "CA.CBSA", t0)
	wantReason(t, err, IdentityInvalid)
}

func TestAuthorityThatIsNotWholeDoesNotOpen(t *testing.T) {
	other := newAuthority(t, "ca.cbsa")
	spoil := map[string]func(dir string) error{
		"foreign certificate": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, fileCert), other.Certificate(), 0o600)
		},
		"foreign register": func(dir string) error {
			b, err := os.ReadFile(filepath.Join(other.dir, fileRegister))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, fileRegister), b, 0o600))
		},
		"no key":           func(dir string) error { return os.Remove(filepath.Join(dir, fileKey)) },
		"key for everyone": func(dir string) error { return os.Chmod(filepath.Join(dir, fileKey), 0o644) },
		"key is no key":    func(dir string) error { return os.WriteFile(filepath.Join(dir, fileKey), []byte("x"), 0o600) },
		"empty register":   func(dir string) error { return os.Truncate(filepath.Join(dir, fileRegister), 0) },
		"damaged register": func(dir string) error {
			f, err := os.OpenFile(filepath.Join(dir, fileRegister), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("\x00\x00\n")
			return errors.Join(err, f.Close())
		},
		"register of a newer version": func(dir string) error {
			f, err := os.OpenFile(filepath.Join(dir, fileRegister), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString(`{"kind":"blessing","at":"2026-11-21T12:00:00Z"}` + "\n")
			return errors.Join(err, f.Close())
		},
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, "ca.cbsa")
			if err := f(a.dir); err != nil {
				t.Fatal(err)
			}
			if b, err := OpenAuthority(a.dir); err == nil {
				_ = b.Close()
				t.Error("opened")
			}
		})
	}
}

// TestProfilePerRole states what a certificate of each role can do.
func TestProfilePerRole(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	for _, role := range Roles() {
		id := party(role, "one")
		_, csrPEM := mustCSR(t, id)
		var hosts []string
		if role == RoleGateway {
			hosts = []string{"gw.cbsa.example", "10.1.2.3", "2001:db8::1"}
		}
		cert := must(parseCertificate(must(a.Issue(id, csrPEM, t0, hosts...))(t)))(t)
		usages := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if role == RoleGateway {
			usages = append(usages, x509.ExtKeyUsageServerAuth)
		}
		if diff := cmp.Diff(usages, cert.ExtKeyUsage); diff != "" {
			t.Errorf("%s: usages (-want +got):\n%s", role, diff)
		}
		serves := cert.VerifyHostname("127.0.0.1") == nil && cert.VerifyHostname("localhost") == nil &&
			cert.VerifyHostname("gw.cbsa.example") == nil && cert.VerifyHostname("2001:db8::1") == nil
		if serves != (role == RoleGateway) {
			t.Errorf("%s: serves its hosts: %v", role, serves)
		}
		if len(cert.URIs) != 1 || cert.URIs[0].String() != id.URI() {
			t.Errorf("%s: URIs %v", role, cert.URIs)
		}
		p, _ := profileOf(role)
		if !cert.NotAfter.Equal(t0.Add(p.life)) || p.life > 7*day {
			t.Errorf("%s: ends %v after %v", role, cert.NotAfter.Sub(t0), p.life)
		}
	}
}

func TestIdentityIsTheAuthoritysToGive(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	_, csrPEM := mustCSR(t, party(RolePartner, "x"))
	for _, id := range []Identity{
		{},
		{Agency: "us.cbp", Role: RolePartner, ID: "x"},
		{Agency: "ca.cbsa", Role: "root", ID: "x"},
		{Agency: "ca.cbsa", Role: RolePartner, ID: "x/../y"},
		{Agency: "ca.cbsa", Role: RolePartner, ID: "x\ny"},
	} {
		_, err := a.Issue(id, csrPEM, t0)
		wantReason(t, err, IdentityInvalid)
		_, err = a.Token(id, time.Hour, t0)
		wantReason(t, err, IdentityInvalid)
	}
	for _, host := range []string{"", "*.example", "a@b.example", "/path", "https://x", "x..y", "1.2.3", "a b", "UPPER", "x.\x00"} {
		_, err := a.Issue(party(RoleGateway, "g"), csrPEM, t0, host)
		wantReason(t, err, HostInvalid)
	}
	_, err := a.Issue(party(RolePartner, "x"), csrPEM, t0, "gw.example")
	wantReason(t, err, HostInvalid)
	_, err = a.Issue(party(RoleGateway, "g"), csrPEM, t0, manyHosts()...)
	wantReason(t, err, HostInvalid)
}

func manyHosts() []string {
	var hosts []string
	for i := range maxHosts {
		hosts = append(hosts, fmt.Sprintf("h%d.example", i))
	}
	return hosts
}

func TestDatesStayInsideTheAuthoritys(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	end := t0.Add(authorityLife)
	_, csrPEM := mustCSR(t, party(RolePartner, "late"))
	cert := must(parseCertificate(must(a.Issue(party(RolePartner, "late"), csrPEM, end.Add(-time.Hour)))(t)))(t)
	if !cert.NotAfter.Equal(end) {
		t.Errorf("ends %v, want the authority's end %v", cert.NotAfter, end)
	}
	_, csrPEM = mustCSR(t, party(RolePartner, "soon"))
	cert = must(parseCertificate(must(a.Issue(party(RolePartner, "soon"), csrPEM, t0.Add(-time.Minute)))(t)))(t)
	if cert.NotBefore.Before(t0.Add(-backdate)) {
		t.Errorf("begins %v, before the authority", cert.NotBefore)
	}
	_, csrPEM = mustCSR(t, party(RolePartner, "never"))
	for _, when := range []time.Time{end, t0.Add(-day)} {
		_, err := a.Issue(party(RolePartner, "never"), csrPEM, when)
		wantReason(t, err, AuthorityExpired)
		_, err = a.CRL(when)
		wantReason(t, err, AuthorityExpired)
	}
}

func mustCSR(t testing.TB, id Identity) (keyPEM, csrPEM []byte) {
	t.Helper()
	keyPEM, csrPEM, err := NewKeyAndCSR(id)
	if err != nil {
		t.Fatal(err)
	}
	return keyPEM, csrPEM
}

func request(t testing.TB, key crypto.Signer, tmpl x509.CertificateRequest) []byte {
	t.Helper()
	der := must(x509.CreateCertificateRequest(rand.Reader, &tmpl, key))(t)
	return pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: der})
}

// TestHostileRequests has two kinds of rows: what is refused, and what is not refused but has no effect (reason "").
func TestHostileRequests(t *testing.T) {
	id := party(RolePartner, "carrier-7")
	p256 := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))(t)
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	weakRSA := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	uri := func(s string) []*url.URL { return []*url.URL{must(url.Parse(s))(t)} }
	ext := func(oid asn1.ObjectIdentifier, der ...byte) []pkix.Extension {
		return []pkix.Extension{{Id: oid, Value: der}}
	}
	good := request(t, p256, x509.CertificateRequest{URIs: uri(id.URI())})
	block, _ := pem.Decode(good)
	forged := bytes.Clone(block.Bytes)
	forged[len(forged)-1] ^= 1

	cases := []struct {
		name   string
		csr    []byte
		reason string
	}{
		{"other agency", request(t, p256, x509.CertificateRequest{URIs: uri("peacebridge://us.cbp/partner/carrier-7")}), CSRIdentity},
		{"other role", request(t, p256, x509.CertificateRequest{URIs: uri("peacebridge://ca.cbsa/gateway/carrier-7")}), CSRIdentity},
		{"two identities", request(t, p256, x509.CertificateRequest{URIs: append(uri(id.URI()), uri("peacebridge://us.cbp/gateway/g")...)}), CSRIdentity},
		{"foreign URI", request(t, p256, x509.CertificateRequest{URIs: uri("spiffe://x/y")}), CSRIdentity},
		{"CA:TRUE", request(t, p256, x509.CertificateRequest{ExtraExtensions: ext(oidBasicConstraints(), 0x30, 3, 1, 1, 0xff)}), CSRAuthority},
		{"CA:TRUE, path length 9", request(t, p256, x509.CertificateRequest{ExtraExtensions: ext(oidBasicConstraints(), 0x30, 6, 1, 1, 0xff, 2, 1, 9)}), CSRAuthority},
		{"broken basic constraints", request(t, p256, x509.CertificateRequest{ExtraExtensions: ext(oidBasicConstraints(), 0x30, 9)}), CSRMalformed},
		{"P-224", request(t, p224, x509.CertificateRequest{}), CSRKey},
		{"P-384", request(t, p384, x509.CertificateRequest{}), CSRKey},
		{"RSA", request(t, weakRSA, x509.CertificateRequest{}), CSRKey},
		{"Ed25519", request(t, ed, x509.CertificateRequest{}), CSRKey},
		{"signature of another", pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: forged}), CSRSignature},
		{"empty", nil, CSRMalformed},
		{"no PEM", []byte("CERTIFICATE REQUEST"), CSRMalformed},
		{"a certificate", pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: block.Bytes}), CSRMalformed},
		{"truncated", pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: block.Bytes[:40]}), CSRMalformed},
		{"bytes after it", pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: append(bytes.Clone(block.Bytes), 0)}), CSRMalformed},
		{"two blocks", append(bytes.Clone(good), good...), CSRMalformed},
		{"huge", append(bytes.Clone(good), bytes.Repeat([]byte(" "), maxRequest)...), CSRMalformed},

		{"server usage", request(t, p256, x509.CertificateRequest{ExtraExtensions: ext(oidExtKeyUsage(), 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1)}), ""},
		{"cert sign usage", request(t, p256, x509.CertificateRequest{ExtraExtensions: ext(oidKeyUsage(), 3, 2, 2, 4)}), ""},
		{"hosts", request(t, p256, x509.CertificateRequest{
			DNSNames: []string{"gw.cbp.example", "localhost"}, IPAddresses: []net.IP{{10, 0, 0, 1}}, EmailAddresses: []string{"a@b.example"},
		}), ""},
		{"subject", request(t, p256, x509.CertificateRequest{Subject: pkix.Name{
			CommonName: "peacebridge://us.cbp/gateway/g", Organization: []string{"us.cbp"}, SerialNumber: "1",
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 3}, Value: "x"}},
		}}), ""},
		{"unknown critical extension", request(t, p256, x509.CertificateRequest{
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}},
		}), ""},
		{"delegation usage", request(t, p256, x509.CertificateRequest{
			// cfssl copies this one into its template even with extension copying off.
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 44363, 44}, Value: []byte{5, 0}}},
		}), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, "ca.cbsa") // a new one each: the same key may be used again
			token := must(a.Token(id, time.Hour, t0))(t)
			certPEM, err := a.Enrol(token, c.csr, t0)
			if c.reason != "" {
				wantReason(t, err, c.reason)
				_, good := mustCSR(t, id)
				if _, err := a.Enrol(token, good, t0); err != nil {
					t.Errorf("a refused request spent the token: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			cert := must(parseCertificate(certPEM))(t)
			names := slices.Concat(cert.DNSNames, cert.EmailAddresses)
			if cert.IsCA || len(names) != 0 || len(cert.IPAddresses) != 0 || cert.KeyUsage != x509.KeyUsageDigitalSignature ||
				!slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) ||
				cert.Subject.CommonName != "carrier-7" || onlyOurExtensions(cert.Extensions) != nil {
				t.Errorf("the request had an effect: %+v", cert.Subject)
			}
			if got := must(IdentityOf(cert))(t); got != id {
				t.Errorf("identity %v", got)
			}
		})
	}
}

// TestInspectIsNotBlind shows that the last look before a certificate leaves would notice a signer that went wrong.
func TestInspectIsNotBlind(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	g := issueTo(t, a, party(RoleGateway, "g"), t0)
	leaf := g.tls.Leaf
	meant := intent{id: g.id, hosts: []string{"127.0.0.1", "localhost"}, serves: true, key: leaf.PublicKey, notBefore: leaf.NotBefore, notAfter: leaf.NotAfter}
	if err := meant.inspect(leaf, a.cert); err != nil {
		t.Fatal(err)
	}
	other := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	for name, spoil := range map[string]func(m *intent, c *x509.Certificate){
		"identity":      func(m *intent, _ *x509.Certificate) { m.id.ID = "h" },
		"hosts":         func(m *intent, _ *x509.Certificate) { m.hosts = m.hosts[1:] },
		"key":           func(m *intent, _ *x509.Certificate) { m.key = other.Public() },
		"usage":         func(m *intent, _ *x509.Certificate) { m.serves = false },
		"end":           func(m *intent, _ *x509.Certificate) { m.notAfter = m.notAfter.Add(-time.Second) },
		"CA":            func(_ *intent, c *x509.Certificate) { c.IsCA = true },
		"key usage":     func(_ *intent, c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign },
		"serial number": func(_ *intent, c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 160) },
		"subject":       func(_ *intent, c *x509.Certificate) { c.Subject.CommonName = "h" },
		"extension": func(_ *intent, c *x509.Certificate) {
			c.Extensions = append(slices.Clone(c.Extensions), pkix.Extension{Id: asn1.ObjectIdentifier{1, 2}})
		},
		"signature": func(_ *intent, c *x509.Certificate) { c.Signature = append([]byte{0}, c.Signature...) },
	} {
		m, c := meant, *leaf
		spoil(&m, &c)
		if m.inspect(&c, a.cert) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}
