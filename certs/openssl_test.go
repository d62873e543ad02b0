package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// These tests let a program that we did not write judge what we wrote. It has its own clock, so they happen now.

// openssl runs one command and returns all that it printed and whether it succeeded.
func openssl(t *testing.T, stdin string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t, "openssl"), args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// place is a folder with a CA created now and files for openssl.
type place struct {
	*testing.T
	dir string
	ca  *Authority
	now time.Time
}

func newPlace(t *testing.T) place {
	program(t, "openssl")
	dir := t.TempDir()
	now := time.Now()
	ca := must(CreateAuthority(filepath.Join(dir, "ca"), "ca.cbsa", now))(t)
	t.Cleanup(func() { _ = ca.Close() })
	return place{t, dir, ca, now}
}

func (p place) file(name string) string { return filepath.Join(p.dir, name) }

func (p place) enrolled(id Identity) (certFile, keyFile string, cert issued) {
	c := issueTo(p, p.ca, id, p.now)
	return write(p, p.file(id.ID+".crt"), c.certPEM), write(p, p.file(id.ID+".key"), c.keyPEM), c
}

func TestOpenSSLSpeaksToTheServer(t *testing.T) {
	p := newPlace(t)
	trust := NewTrust()
	if err := trust.Add("ca.cbsa", p.ca.Certificate(), Roles()...); err != nil {
		t.Fatal(err)
	}
	_, _, gateway := p.enrolled(party(RoleGateway, "gw"))
	s := serve(t, trust, trust.ServerConfig(gateway.tls, time.Now), time.Now)
	certFile, keyFile, partner := p.enrolled(party(RolePartner, "p"))
	stranger := must(CreateAuthority(p.file("stranger"), "ca.cbsa", p.now))(t)
	foreign := issueTo(t, stranger, partner.id, p.now)
	foreignCert, foreignKey := write(t, p.file("f.crt"), foreign.certPEM), write(t, p.file("f.key"), foreign.keyPEM)

	base := []string{
		"s_client", "-connect", strings.TrimPrefix(s.URL, "https://"), "-CAfile", p.file("ca/ca.crt"),
		"-verify_return_error", "-verify_ip", "127.0.0.1", "-ign_eof",
	}
	const ask = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	out, _ := openssl(t, ask, append(base, "-cert", certFile, "-key", keyFile)...)
	if !strings.Contains(out, "HTTP/1.1 200 OK") || !strings.Contains(out, partner.id.URI()) || !strings.Contains(out, "New, TLSv1.3") {
		t.Errorf("with a certificate:\n%s", out)
	}
	if strings.Contains(out, "New Session Ticket") {
		t.Errorf("a session ticket was sent:\n%s", out)
	}
	for name, args := range map[string][]string{
		"no certificate":      nil,
		"foreign certificate": {"-cert", foreignCert, "-key", foreignKey},
		"TLS 1.2":             {"-cert", certFile, "-key", keyFile, "-tls1_2"},
	} {
		out, _ := openssl(t, ask, append(base, args...)...)
		if strings.Contains(out, "HTTP/1.1") || !strings.Contains(out, "alert") {
			t.Errorf("%s: no alert, or even an answer:\n%s", name, out)
		}
	}
}

func TestOpenSSLAgreesOnCertificates(t *testing.T) {
	p := newPlace(t)
	gatewayFile, _, _ := p.enrolled(party(RoleGateway, "gw"))
	goodFile, _, _ := p.enrolled(party(RolePartner, "good"))
	badFile, _, bad := p.enrolled(party(RolePartner, "bad"))
	if err := p.ca.Revoke(bad.serial, ReasonKeyCompromise, p.now); err != nil {
		t.Fatal(err)
	}
	der := must(p.ca.CRL(p.now))(t)
	crlFile := write(t, p.file("crl.pem"), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	verify := func(file string, args ...string) (string, bool) {
		t.Helper()
		args = append([]string{"verify", "-x509_strict", "-CAfile", p.file("ca/ca.crt"), "-CRLfile", crlFile, "-crl_check"}, args...)
		return openssl(t, "", append(args, file)...)
	}
	for _, c := range []struct {
		file, purpose, complaint string
	}{
		{goodFile, "sslclient", ""},
		{goodFile, "sslserver", "purpose"},
		{gatewayFile, "sslclient", ""},
		{gatewayFile, "sslserver", ""},
		{badFile, "sslclient", "certificate revoked"},
	} {
		out, ok := verify(c.file, "-purpose", c.purpose)
		if ok != (c.complaint == "") || !strings.Contains(out, c.complaint) {
			t.Errorf("%s for %s: want %q, got:\n%s", filepath.Base(c.file), c.purpose, c.complaint, out)
		}
	}

	out, ok := openssl(t, "", "crl", "-in", crlFile, "-noout", "-text")
	if !ok || !strings.Contains(out, "X509v3 CRL Number") || !strings.Contains(out, "Key Compromise") {
		t.Errorf("revocation list:\n%s", out)
	}
	out, _ = openssl(t, "", "x509", "-in", p.file("ca/ca.crt"), "-noout", "-fingerprint", "-sha256")
	_, hex, _ := strings.Cut(strings.TrimSpace(out), "=")
	if got := fingerprintPrefix + strings.ToLower(strings.ReplaceAll(hex, ":", "")); got != p.ca.Fingerprint() {
		t.Errorf("fingerprint %s, openssl says %s", p.ca.Fingerprint(), got)
	}
	out, _ = openssl(t, "", "x509", "-in", badFile, "-noout", "-serial")
	if _, hex, _ := strings.Cut(strings.TrimSpace(out), "="); normalSerial(hex) != bad.serial {
		t.Errorf("serial %s, openssl says %s", bad.serial, hex)
	}
}

// TestOpenSSLKeepsAuthoritiesApart: a CA key in the wrong hands still cannot speak for another agency, nor make another CA.
func TestOpenSSLKeepsAuthoritiesApart(t *testing.T) {
	p := newPlace(t)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	tmpl := func(uri string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(9), NotBefore: p.now.Add(-time.Minute), NotAfter: p.now.Add(time.Hour), BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			URIs: []*url.URL{must(url.Parse(uri))(t)}, AuthorityKeyId: p.ca.cert.SubjectKeyId,
		}
	}
	pemOf := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: der}) }
	for uri, complaint := range map[string]string{
		"peacebridge://ca.cbsa/gateway/gw": "",
		"peacebridge://us.cbp/gateway/gw":  "permitted subtree violation",
	} {
		der := must(x509.CreateCertificate(rand.Reader, tmpl(uri), p.ca.cert, key.Public(), p.ca.key))(t)
		out, ok := openssl(t, "", "verify", "-CAfile", p.file("ca/ca.crt"), write(t, p.file("forged.crt"), pemOf(der)))
		if ok != (complaint == "") || !strings.Contains(out, complaint) {
			t.Errorf("%s: want %q, got:\n%s", uri, complaint, out)
		}
	}

	sub := tmpl("peacebridge://ca.cbsa/gateway/sub")
	sub.IsCA, sub.KeyUsage, sub.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	sub.Subject.CommonName, sub.SubjectKeyId = "sub", []byte{1}
	subDER := must(x509.CreateCertificate(rand.Reader, sub, p.ca.cert, key.Public(), p.ca.key))(t)
	leaf := tmpl("peacebridge://ca.cbsa/gateway/gw")
	leaf.AuthorityKeyId = nil
	leafDER := must(x509.CreateCertificate(rand.Reader, leaf, must(x509.ParseCertificate(subDER))(t), key.Public(), key))(t)
	out, ok := openssl(t, "", "verify", "-CAfile", p.file("ca/ca.crt"),
		"-untrusted", write(t, p.file("sub.crt"), pemOf(subDER)), write(t, p.file("leaf.crt"), pemOf(leafDER)))
	if ok || !strings.Contains(out, "path length constraint exceeded") {
		t.Errorf("a CA under the CA:\n%s", out)
	}
}

func TestOpenSSLRequestIsEnrolled(t *testing.T) {
	p := newPlace(t)
	keyFile, csrFile := p.file("k.key"), p.file("k.csr")
	out, ok := openssl(t, "", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-subj", "/CN=whatever", "-keyout", keyFile, "-out", csrFile)
	if !ok {
		t.Fatal(out)
	}
	token := must(p.ca.Token(party(RolePartner, "p"), time.Hour, p.now))(t)
	certPEM := must(p.ca.Enrol(token, must(os.ReadFile(csrFile))(t), p.now))(t)
	keyPEM := must(os.ReadFile(keyFile))(t)
	if _, _, err := AcceptEnrolment(token, keyPEM, certPEM, p.now); err != nil {
		t.Error(err)
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Error(err)
	}
}
