package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestEnrolment is the whole way of a party: token, connection pinned by it, request, answer, first mutual connection.
func TestEnrolment(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	gateway := issueTo(t, a, party(RoleGateway, "gw"), t0)
	trust := NewTrust()
	if err := trust.Add("ca.cbsa", a.Certificate(), Roles()...); err != nil {
		t.Fatal(err)
	}
	api := serve(t, trust, trust.ServerConfig(gateway.tls, at(0)), at(0))
	enrol := serve(t, trust, EnrolServerConfig(gateway.tls), at(0))
	enrol.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		csrPEM, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		certPEM, err := a.Enrol(r.Header.Get("Token"), csrPEM, t0)
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		_, _ = w.Write(certPEM)
	})

	token := must(a.Token(party(RolePartner, "carrier-7"), time.Hour, t0))(t)
	info := must(ParseToken(token))(t)
	if fp := must(Fingerprint(a.Certificate()))(t); info.Fingerprint != fp || a.Fingerprint() != fp {
		t.Fatalf("fingerprint %s in the token, %s of the CA", info.Fingerprint, fp)
	}
	config := must(EnrolClientConfig(token, at(0)))(t)
	keyPEM, csrPEM := mustCSR(t, info.Identity)
	r := must(http.NewRequest("POST", enrol.URL, bytes.NewReader(csrPEM)))(t)
	r.Header.Set("Token", token)
	response := must(client(t, config).Do(r))(t)
	defer response.Body.Close()
	certPEM := must(io.ReadAll(response.Body))(t)

	id, caPEM, err := AcceptEnrolment(token, keyPEM, certPEM, t0)
	if err != nil || id != info.Identity || !bytes.Equal(caPEM, a.Certificate()) {
		t.Fatalf("accept: %v, %v", id, err)
	}
	own := NewTrust()
	if err := own.Add(id.Agency, caPEM, RoleGateway); err != nil {
		t.Fatal(err)
	}
	pair := must(tls.X509KeyPair(certPEM, keyPEM))(t)
	status, body, err := get(client(t, own.ClientConfig(pair, Identity{Agency: id.Agency, Role: RoleGateway}, at(0))), api.URL)
	if err != nil || status != 200 || body != id.URI() {
		t.Errorf("first connection: %d %q %v", status, body, err)
	}
}

func TestEnrolmentServerIsPinnedByTheToken(t *testing.T) {
	a, stranger := newAuthority(t, "ca.cbsa"), newAuthority(t, "ca.cbsa")
	token := must(a.Token(party(RolePartner, "p"), time.Hour, t0))(t)
	config := must(EnrolClientConfig(token, at(0)))(t)
	gateway := issueTo(t, a, party(RoleGateway, "gw"), t0)

	_, _, err := handshake(t, EnrolServerConfig(gateway.tls), config)
	if err != nil {
		t.Fatalf("the right server: %v", err)
	}
	_, _, err = handshake(t, EnrolServerConfig(issueTo(t, stranger, party(RoleGateway, "gw"), t0).tls), config)
	wantReason(t, err, CertificateUntrusted)

	// Somebody else's leaf beside our CA certificate: the fingerprint is right, the signature is not.
	forged := issueTo(t, stranger, party(RoleGateway, "gw"), t0).tls
	forged.Certificate = [][]byte{forged.Certificate[0], a.cert.Raw}
	_, _, err = handshake(t, EnrolServerConfig(forged), config)
	wantReason(t, err, CertificateUntrusted)

	// Another party of the same CA cannot pose as the gateway.
	_, _, err = handshake(t, EnrolServerConfig(issueTo(t, a, party(RolePartner, "q"), t0).tls), config)
	wantReason(t, err, CertificateUntrusted)

	alone := gateway.tls
	alone.Certificate = alone.Certificate[:1]
	_, _, err = handshake(t, EnrolServerConfig(alone), config)
	wantReason(t, err, CertificateUntrusted)

	late := must(EnrolClientConfig(token, at(8*day)))(t)
	_, _, err = handshake(t, EnrolServerConfig(gateway.tls), late)
	wantReason(t, err, CertificateUntrusted)
}

func TestAnswerToEnrolmentIsChecked(t *testing.T) {
	a, stranger := newAuthority(t, "ca.cbsa"), newAuthority(t, "ca.cbsa")
	id := party(RolePartner, "p")
	token := must(a.Token(id, time.Hour, t0))(t)
	keyPEM, csrPEM := mustCSR(t, id)
	certPEM := must(a.Enrol(token, csrPEM, t0))(t)
	other := issueTo(t, a, party(RolePartner, "q"), t0)
	foreign := issueTo(t, stranger, id, t0)
	for name, answer := range map[string][2][]byte{
		"nothing":            {keyPEM, nil},
		"not for our key":    {other.keyPEM, certPEM},
		"another identity":   {other.keyPEM, other.certPEM},
		"another CA":         {foreign.keyPEM, foreign.certPEM},
		"without the CA":     {keyPEM, firstBlock(certPEM)},
		"CA of somebody":     {foreign.keyPEM, append(firstBlock(foreign.certPEM), a.Certificate()...)},
		"more than the pair": {keyPEM, append(bytes.Clone(certPEM), a.Certificate()...)},
	} {
		_, _, err := AcceptEnrolment(token, answer[0], answer[1], t0)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantReason(t, err, EnrolmentMismatch)
	}
}

func firstBlock(b []byte) []byte {
	block, _ := pem.Decode(b)
	return pem.EncodeToMemory(block)
}

func TestTokenIsGoodOnce(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	id := party(RolePartner, "p")
	token := must(a.Token(id, time.Hour, t0))(t)
	_, csrPEM := mustCSR(t, id)
	if _, err := a.Enrol(token, csrPEM, t0); err != nil {
		t.Fatal(err)
	}
	_, err := a.Enrol(token, csrPEM, t0) // the very same request again
	wantReason(t, err, TokenSpent)
	_, csrPEM = mustCSR(t, id)
	_, err = a.Enrol(token, csrPEM, t0)
	wantReason(t, err, TokenSpent)

	b := must(OpenAuthority(a.dir))(t) // and after a restart
	defer b.Close()
	_, err = b.Enrol(token, csrPEM, t0)
	wantReason(t, err, TokenSpent)
}

func TestTokenRefusals(t *testing.T) {
	a, other := newAuthority(t, "ca.cbsa"), newAuthority(t, "ca.cbsa")
	id := party(RolePartner, "p")
	_, csrPEM := mustCSR(t, id)
	token := must(a.Token(id, time.Hour, t0))(t)

	_, err := a.Enrol(token, csrPEM, t0.Add(time.Hour)) // the end itself is outside
	wantReason(t, err, TokenExpired)
	_, err = other.Enrol(token, csrPEM, t0)
	wantReason(t, err, TokenUnknown)
	for _, spoiled := range []string{
		strings.Replace(token, "/partner/p", "/partner/q", 1),
		strings.Replace(token, "/partner/", "/gateway/", 1),
		strings.Replace(token, token[5:9], "AAAA", 1),
		strings.Replace(token, "ca.cbsa", "us.cbp", 1),
	} {
		_, err = a.Enrol(spoiled, csrPEM, t0)
		wantReason(t, err, TokenUnknown)
	}
	for _, malformed := range []string{
		"", "pbt1", token + ":", token + " ", " " + token, strings.ToUpper(token), "pbt2" + token[4:], token + "/x",
		strings.Repeat("pbt1:", 1000), strings.Replace(token, ":", "::", 1),
	} {
		_, err = a.Enrol(malformed, csrPEM, t0)
		wantReason(t, err, TokenMalformed)
	}
	for _, ttl := range []time.Duration{0, -time.Hour, maxTokenLife + 1} {
		_, err = a.Token(id, ttl, t0)
		wantReason(t, err, TokenLifetime)
	}
	if _, err := a.RevokeIdentity(id, "privilegeWithdrawn", t0); err != nil {
		t.Fatal(err)
	}
	_, err = a.Enrol(token, csrPEM, t0)
	wantReason(t, err, TokenVoid)
}

func TestTokenIsNotStored(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	token := must(a.Token(party(RolePartner, "p"), time.Hour, t0))(t)
	secret := strings.Split(token, ":")[1]
	for _, name := range []string{fileRegister, fileCert, fileKey} {
		if b := must(os.ReadFile(filepath.Join(a.dir, name)))(t); bytes.Contains(b, []byte(secret)) {
			t.Errorf("%s holds the secret of a token", name)
		}
	}
}

// TestOneOfManyWins has two authorities on one folder, as a serving gateway and a command are, and many parties with the
// same token.
func TestOneOfManyWins(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	b := must(OpenAuthority(a.dir))(t)
	defer b.Close()
	id := party(RolePartner, "p")
	token := must(a.Token(id, time.Hour, t0))(t)
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		_, csrPEM := mustCSR(t, id)
		authority := []*Authority{a, b}[i%2]
		wg.Go(func() { _, errs[i] = authority.Enrol(token, csrPEM, t0) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantReason(t, err, TokenSpent)
	}
	if won != 1 || len(a.List()) != 1 || len(b.List()) != 1 {
		t.Errorf("%d won, %d and %d certificates on record; want 1", won, len(a.List()), len(b.List()))
	}
}

func TestKeyIsUsedOnce(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	_, csrPEM := mustCSR(t, party(RolePartner, "p"))
	current := must(parseCertificate(must(a.Issue(party(RolePartner, "p"), csrPEM, t0))(t)))(t)
	_, err := a.Issue(party(RolePartner, "p"), csrPEM, t0)
	wantReason(t, err, KeyReused)
	_, err = a.Renew(current, csrPEM, t0)
	wantReason(t, err, KeyReused)
}

func TestRenewal(t *testing.T) {
	a, stranger := newAuthority(t, "ca.cbsa"), newAuthority(t, "ca.cbsa")
	id := party(RoleGateway, "gw")
	_, csrPEM := mustCSR(t, id)
	first := must(parseCertificate(must(a.Issue(id, csrPEM, t0, "gw.cbsa.example"))(t)))(t)
	half := RenewAt(first)
	if life := 7*day + backdate; half.Before(first.NotBefore.Add(life/2)) || half.After(first.NotBefore.Add(life*6/10)) {
		t.Errorf("renewal at %v of a life from %v to %v", half, first.NotBefore, first.NotAfter)
	}

	_, csrPEM = mustCSR(t, id)
	_, err := stranger.Renew(first, csrPEM, half)
	wantReason(t, err, CertificateUnknown)
	_, err = a.Renew(first, csrPEM, first.NotAfter)
	wantReason(t, err, CertificateExpired)
	_, err = a.Renew(first, csrPEM, first.NotBefore.Add(-time.Second))
	wantReason(t, err, CertificateEarly)

	second := must(parseCertificate(must(a.Renew(first, csrPEM, half))(t)))(t)
	if got := must(IdentityOf(second))(t); got != id || second.VerifyHostname("gw.cbsa.example") != nil {
		t.Errorf("renewed as %v with %v", got, second.DNSNames)
	}
	if !second.NotAfter.Equal(half.Add(7*day).Truncate(time.Second)) || second.SerialNumber.Cmp(first.SerialNumber) == 0 {
		t.Errorf("renewed until %v", second.NotAfter)
	}

	// A certificate that says the right things but was never issued: same CA key, not in the register.
	forged := *first
	forged.Raw = append(bytes.Clone(first.Raw), 0)
	_, csrPEM = mustCSR(t, id)
	_, err = a.Renew(&forged, csrPEM, half)
	wantReason(t, err, CertificateUnknown)

	if err := a.Revoke(serialText(first), "superseded", half); err != nil {
		t.Fatal(err)
	}
	_, err = a.Renew(first, csrPEM, half)
	wantReason(t, err, CertificateRevoked)
	if _, err = a.Renew(second, csrPEM, half); err != nil {
		t.Errorf("the renewed one went with the superseded one: %v", err)
	}
}

func TestKeyPairIsReplacedWhileInUse(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	id := party(RoleGateway, "gw")
	first, second := issueTo(t, a, id, t0), issueTo(t, a, id, t0.Add(day))
	dir := t.TempDir()
	certFile, keyFile := write(t, filepath.Join(dir, "tls.crt"), first.certPEM), write(t, filepath.Join(dir, "tls.key"), first.keyPEM)
	pair := must(LoadKeyPair(certFile, keyFile))(t)
	trust := NewTrust()
	if err := trust.Add("ca.cbsa", a.Certificate(), RoleGateway); err != nil {
		t.Fatal(err)
	}
	// Both ends hold the same pair: a connection by address, so without a server name.
	server, caller := trust.ServerConfigFrom(pair, at(day)), trust.ClientConfigFrom(pair, id, at(day))
	seen := func() string {
		t.Helper()
		state, serverErr, clientErr := handshake(t, server, caller)
		if serverErr != nil || clientErr != nil {
			t.Fatal(serverErr, clientErr)
		}
		return serialText(state.PeerCertificates[0])
	}
	if got := seen(); got != first.serial {
		t.Fatalf("before: %s", got)
	}
	if err := pair.Replace(second.certPEM, second.keyPEM); err != nil {
		t.Fatal(err)
	}
	if got := seen(); got != second.serial || pair.Identity() != id || !pair.RenewAt().Equal(RenewAt(second.tls.Leaf)) {
		t.Errorf("after: %s", got)
	}

	stranger := issueTo(t, a, party(RoleGateway, "other"), t0)
	if err := pair.Replace(stranger.certPEM, stranger.keyPEM); err == nil {
		t.Error("replaced by another identity")
	}
	write(t, certFile, []byte("half a fi"))
	if err := pair.Reload(); err != nil {
		t.Errorf("the new certificate lies beside the damaged one: %v", err)
	}
	write(t, keyFile, []byte("half a fi"))
	if err := pair.Reload(); err == nil {
		t.Error("reloaded without a key")
	}
	if got := seen(); got != second.serial {
		t.Errorf("a failed reload changed the pair to %s", got)
	}
}

// TestReplaceInterrupted stops an exchange of the two files after each of its steps.
func TestReplaceInterrupted(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	old, next := issueTo(t, a, party(RoleGateway, "gw"), t0), issueTo(t, a, party(RoleGateway, "gw"), t0)
	for steps, want := range []string{old.serial, old.serial, next.serial, next.serial} {
		dir := t.TempDir()
		certFile, keyFile := write(t, filepath.Join(dir, "tls.crt"), old.certPEM), write(t, filepath.Join(dir, "tls.key"), old.keyPEM)
		if steps >= 1 {
			write(t, certFile+".next", next.certPEM)
		}
		if steps >= 2 {
			write(t, keyFile, next.keyPEM)
		}
		if steps >= 3 {
			write(t, certFile, next.certPEM)
		}
		for range 2 {
			pair := must(LoadKeyPair(certFile, keyFile))(t)
			if got := serialText(pair.Certificate().Leaf); got != want {
				t.Errorf("after %d steps: %s, want %s", steps, got, want)
			}
		}
	}
}

func FuzzEnrol(f *testing.F) {
	a := newAuthority(f, "ca.cbsa")
	id := party(RolePartner, "p")
	token := must(a.Token(id, time.Hour, t0))(f)
	_, csrPEM := mustCSR(f, id)
	f.Add(token, csrPEM)
	f.Add("", []byte(nil))
	f.Add(token, []byte("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"))
	f.Fuzz(func(t *testing.T, tok string, csr []byte) {
		if _, err := ParseToken(tok); err == nil && tok == token {
			// Reach the request: each run has a token of its own.
			tok = must(a.Token(id, time.Hour, t0))(t)
		}
		certPEM, err := a.Enrol(tok, csr, t0)
		if err != nil {
			if _, ok := err.(*Refusal); !ok {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		cert := must(parseCertificate(certPEM))(t)
		if got, err := IdentityOf(cert); err != nil || got != id || cert.IsCA || len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
			t.Fatalf("issued %v, %v", got, err)
		}
	})
}
