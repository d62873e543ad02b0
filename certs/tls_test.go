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
	"testing"
	"time"
)

// trustIn is the Trust of CBSA's gateway: everyone of its own, and of CBP the gateway only.
func trustIn(t testing.TB, own, peer *Authority) *Trust {
	t.Helper()
	trust := NewTrust()
	if err := trust.Add(own.Agency(), own.Certificate(), Roles()...); err != nil {
		t.Fatal(err)
	}
	if err := trust.Add(peer.Agency(), peer.Certificate(), RoleGateway); err != nil {
		t.Fatal(err)
	}
	return trust
}

func TestWhoGetsThrough(t *testing.T) {
	cbsa, cbp, stranger := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp"), newAuthority(t, "ca.cbsa")
	trust := trustIn(t, cbsa, cbp)
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0)
	server := trust.ServerConfig(gateway.tls, at(0))
	us := func(role string) Identity { return Identity{Agency: "us.cbp", Role: role, ID: "x"} }

	revokedOne := issueTo(t, cbsa, party(RolePartner, "revoked"), t0)
	if err := cbsa.Revoke(revokedOne.serial, "privilegeWithdrawn", t0); err != nil {
		t.Fatal(err)
	}
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(t), t0); err != nil {
		t.Fatal(err)
	}
	const byTLS = "" // crypto/tls itself refuses
	for _, c := range []struct {
		name   string
		cert   tls.Certificate
		reason string
	}{
		{"own partner", issueTo(t, cbsa, party(RolePartner, "p"), t0).tls, "ok"},
		{"own auditor", issueTo(t, cbsa, party(RoleAuditor, "a"), t0).tls, "ok"},
		{"peer's gateway", issueTo(t, cbp, us(RoleGateway), t0).tls, "ok"},
		{"peer's partner", issueTo(t, cbp, us(RolePartner), t0).tls, RoleRefused},
		{"peer's admin", issueTo(t, cbp, us(RoleAdmin), t0).tls, RoleRefused},
		{"revoked", revokedOne.tls, CertificateRevoked},
		{"nobody", tls.Certificate{}, byTLS},
		{"stranger of the same name", issueTo(t, stranger, party(RolePartner, "p"), t0).tls, byTLS},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := trust.ClientConfig(c.cert, gateway.id, at(0))
			if len(c.cert.Certificate) == 0 {
				config.Certificates = nil
			}
			state, serverErr, clientErr := handshake(t, server, config)
			switch c.reason {
			case "ok":
				if serverErr != nil || clientErr != nil {
					t.Fatal(serverErr, clientErr)
				}
				if state.Version != tls.VersionTLS13 || state.CurveID != tls.X25519MLKEM768 {
					t.Errorf("version %x, key exchange %v; want TLS 1.3 and the hybrid", state.Version, state.CurveID)
				}
			case byTLS:
				if serverErr == nil || clientErr == nil {
					t.Fatal("got through")
				}
			default:
				wantReason(t, serverErr, c.reason)
				if clientErr == nil {
					t.Error("the client does not know")
				}
			}
		})
	}
}

func TestDatesInTheHandshake(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := trustIn(t, cbsa, cbp)
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0.Add(6*day))
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	config := trust.ClientConfig(p.tls, gateway.id, at(6*day))
	for when, ok := range map[time.Duration]bool{7*day - time.Second: true, 7 * day: true, 7*day + time.Second: false, -6 * time.Minute: false} {
		_, serverErr, _ := handshake(t, trust.ServerConfig(gateway.tls, at(when)), config)
		if when == 7*day {
			wantReason(t, serverErr, CertificateExpired) // crypto/x509 takes the last second as valid; we do not
			continue
		}
		if (serverErr == nil) != ok {
			t.Errorf("at %v: %v", when, serverErr)
		}
	}
}

// TestCANamesOnlyItsOwnAgency: CBP's CA key is used, outside our code, to name a party of CBSA.
func TestCANamesOnlyItsOwnAgency(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	forge := func(ca *x509.Certificate, signer any, isCA bool) tls.Certificate {
		der := must(x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(7), NotBefore: t0.Add(-time.Hour), NotAfter: t0.Add(time.Hour), IsCA: isCA, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			URIs: []*url.URL{must(url.Parse("peacebridge://ca.cbsa/gateway/gw"))(t)},
		}, ca, key.Public(), signer))(t)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	trust := trustIn(t, cbsa, cbp)
	server := trust.ServerConfig(gateway.tls, at(0))
	forged := forge(cbp.cert, cbp.key, false)
	if _, serverErr, _ := handshake(t, server, trust.ClientConfig(forged, gateway.id, at(0))); serverErr == nil {
		t.Error("the name constraint of CBP's CA did not hold")
	}

	// A CA without a name constraint, as another product may make it: our own check holds.
	caKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: t0.Add(-time.Hour), NotAfter: t0.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	tmpl.RawSubject = []byte{0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x03, 'c', 'b', 'p'}
	free := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, caKey.Public(), caKey))(t)))(t)
	freePEM := pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: free.Raw})
	trust = NewTrust()
	if err := trust.Add("us.cbp", freePEM, RoleGateway); err != nil {
		t.Fatal(err)
	}
	config := trustIn(t, cbsa, cbp).ClientConfig(forge(free, caKey, false), gateway.id, at(0))
	_, serverErr, _ := handshake(t, trust.ServerConfig(gateway.tls, at(0)), config)
	wantReason(t, serverErr, AgencyMismatch)

	wantReason(t, trust.Add("ca.cbsa", freePEM, RoleGateway), AgencyMismatch)           // it speaks for CBP already
	wantReason(t, trust.Add("ca.cbsa", cbp.Certificate(), RoleGateway), AgencyMismatch) // it says itself that it is CBP's
}

func TestClientKnowsWhomItExpects(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := trustIn(t, cbsa, cbp)
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0)
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	server := trust.ServerConfig(gateway.tls, at(0))
	for _, c := range []struct {
		expected Identity
		reason   string // "" when crypto/tls itself refuses
	}{
		{gateway.id, "ok"},
		{Identity{Agency: "ca.cbsa", Role: RoleGateway}, "ok"},
		{party(RoleGateway, "gw2"), ServerMismatch},
		{party(RoleSystem, "gw"), ServerMismatch},
		{Identity{Agency: "us.cbp", Role: RoleGateway}, ""},
		{Identity{}, ""},
	} {
		_, _, err := handshake(t, server, trust.ClientConfig(p.tls, c.expected, at(0)))
		switch {
		case (err == nil) != (c.reason == "ok"):
			t.Errorf("expecting %v: %v", c.expected, err)
		case c.reason == ServerMismatch:
			wantReason(t, err, ServerMismatch)
		}
	}
	// A partner's certificate cannot serve, whatever the client expects.
	_, _, err := handshake(t, trust.ServerConfig(p.tls, at(0)), trust.ClientConfig(p.tls, p.id, at(0)))
	if err == nil {
		t.Error("a partner served")
	}
	// The gateway's certificate is revoked: the client refuses too.
	if err := cbsa.Revoke(gateway.serial, ReasonKeyCompromise, t0); err != nil {
		t.Fatal(err)
	}
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(t), t0); err != nil {
		t.Fatal(err)
	}
	_, _, err = handshake(t, server, trust.ClientConfig(p.tls, gateway.id, at(0)))
	wantReason(t, err, CertificateRevoked)
}

// TestRevokedInTheMiddleOfAConnection: the connection stays, the next request on it is refused.
func TestRevokedInTheMiddleOfAConnection(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := trustIn(t, cbsa, cbp)
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0)
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	now := t0
	clock := func() time.Time { return now }
	s := serve(t, trust, trust.ServerConfig(gateway.tls, clock), clock)
	c := client(t, trust.ClientConfig(p.tls, gateway.id, at(0)))
	want := func(status int, body string) {
		t.Helper()
		gotStatus, gotBody, err := get(c, s.URL)
		if err != nil || gotStatus != status || gotBody != body {
			t.Fatalf("got %d %q %v, want %d %q", gotStatus, gotBody, err, status, body)
		}
	}
	want(200, p.id.URI())
	now = t0.Add(7 * day)
	want(403, CertificateExpired+"\n")
	now = t0
	want(200, p.id.URI())
	if err := cbsa.Revoke(p.serial, ReasonKeyCompromise, t0); err != nil {
		t.Fatal(err)
	}
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(t), t0); err != nil {
		t.Fatal(err)
	}
	want(403, CertificateRevoked+"\n")
	now = t0.Add(crlLife - time.Second)
	want(403, CertificateRevoked+"\n")
	c.CloseIdleConnections()
	if status, _, err := get(c, s.URL); err == nil {
		t.Errorf("a revoked party connected again: %d", status)
	}
}

func TestStaleListRefusesTheAgency(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := trustIn(t, cbsa, cbp)
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(t), t0); err != nil {
		t.Fatal(err)
	}
	later := t0.Add(crlLife)
	p, peer := issueTo(t, cbsa, party(RolePartner, "p"), later), issueTo(t, cbp, Identity{"us.cbp", RoleGateway, "g"}, later)
	judge := func(c issued, a *Authority, now time.Time) error {
		_, err := trust.Check(&tls.ConnectionState{
			Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{c.tls.Leaf}, VerifiedChains: [][]*x509.Certificate{{c.tls.Leaf, a.cert}},
		}, now)
		return err
	}
	if err := judge(p, cbsa, later.Add(-time.Second)); err != nil {
		t.Error(err)
	}
	wantReason(t, judge(p, cbsa, later), CRLStale)
	if err := judge(peer, cbp, later); err != nil {
		t.Errorf("the other agency has nothing to do with it: %v", err)
	}
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(later))(t), later); err != nil {
		t.Fatal(err)
	}
	if err := judge(p, cbsa, later); err != nil {
		t.Error(err)
	}
}

func TestCheckWantsAFullConnection(t *testing.T) {
	cbsa := newAuthority(t, "ca.cbsa")
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	trust := NewTrust()
	good := tls.ConnectionState{
		Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{p.tls.Leaf}, VerifiedChains: [][]*x509.Certificate{{p.tls.Leaf, cbsa.cert}},
	}
	check := func(spoil func(*tls.ConnectionState)) error {
		state := good
		spoil(&state)
		_, err := trust.Check(&state, t0)
		return err
	}
	wantReason(t, check(func(*tls.ConnectionState) {}), CertificateUntrusted) // nobody is trusted by default
	wantReason(t, trust.Add("ca.cbsa", cbsa.Certificate()), IdentityInvalid)
	wantReason(t, trust.Add("ca.cbsa", cbsa.Certificate(), "owner"), IdentityInvalid)
	wantReason(t, trust.Add("", cbsa.Certificate(), RolePartner), IdentityInvalid)
	if err := trust.Add("ca.cbsa", p.certPEM, RolePartner); err == nil {
		t.Error("a party's certificate was taken for a CA")
	}
	if err := trust.Add("ca.cbsa", cbsa.Certificate(), RolePartner); err != nil {
		t.Fatal(err)
	}
	if err := check(func(*tls.ConnectionState) {}); err != nil {
		t.Error(err)
	}
	wantReason(t, check(func(s *tls.ConnectionState) { s.Version = tls.VersionTLS12 }), ConnectionUnfit)
	wantReason(t, check(func(s *tls.ConnectionState) { s.DidResume = true }), ConnectionUnfit)
	wantReason(t, check(func(s *tls.ConnectionState) { s.PeerCertificates = nil }), CertificateMissing)
	wantReason(t, check(func(s *tls.ConnectionState) { s.VerifiedChains = nil }), CertificateUntrusted)
	wantReason(t, check(func(s *tls.ConnectionState) { s.VerifiedChains = [][]*x509.Certificate{{p.tls.Leaf}} }), CertificateUntrusted)
	_, err := trust.Check(nil, t0)
	wantReason(t, err, ConnectionUnfit)
	_, err = trust.Check(&good, t0.Add(-time.Hour))
	wantReason(t, err, CertificateEarly)
	_, err = trust.Check(&good, t0.Add(authorityLife))
	wantReason(t, err, CertificateExpired)

	nameless := selfSigned(t, nil)
	_, err = trust.judge([][]*x509.Certificate{{nameless, cbsa.cert}}, t0)
	wantReason(t, err, IdentityInvalid)
	wantReason(t, func() error {
		a := &anchor{agency: "ca.cbsa", roles: []string{RolePartner}, cert: &x509.Certificate{NotAfter: t0}}
		_, err := a.judge(p.tls.Leaf, t0)
		return err
	}(), AuthorityExpired)
}

func TestOldTLSAndResumptionAreImpossible(t *testing.T) {
	cbsa, cbp := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := trustIn(t, cbsa, cbp)
	gateway := issueTo(t, cbsa, party(RoleGateway, "gw"), t0)
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	for name, server := range map[string]*tls.Config{
		"mutual": trust.ServerConfig(gateway.tls, at(0)),
		"enrol":  EnrolServerConfig(gateway.tls),
	} {
		config := trust.ClientConfig(p.tls, gateway.id, at(0))
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		if _, serverErr, clientErr := handshake(t, server, config); serverErr == nil || clientErr == nil {
			t.Errorf("%s: TLS 1.2 was spoken", name)
		}
		config = trust.ClientConfig(p.tls, gateway.id, at(0))
		config.SessionTicketsDisabled = false
		cache := &countingCache{ClientSessionCache: tls.NewLRUClientSessionCache(4)}
		config.ClientSessionCache = cache
		for range 3 {
			state, _, err := handshake(t, server, config)
			if err != nil || state.DidResume {
				t.Errorf("%s: resumed %v, %v", name, state.DidResume, err)
			}
		}
		if cache.puts != 0 {
			t.Errorf("%s: %d tickets were sent", name, cache.puts)
		}
	}
	// And the client refuses TLS 1.2 of a server that offers nothing else.
	old := trust.ServerConfig(gateway.tls, at(0))
	old.MinVersion, old.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	if _, _, err := handshake(t, old, trust.ClientConfig(p.tls, gateway.id, at(0))); err == nil {
		t.Error("the client spoke TLS 1.2")
	}
}

type countingCache struct {
	tls.ClientSessionCache
	puts int
}

func (c *countingCache) Put(key string, s *tls.ClientSessionState) {
	if s != nil {
		c.puts++
	}
	c.ClientSessionCache.Put(key, s)
}

// Two generations of a CA may share one key: a list signed by it is both's.
func TestListIsForEveryCertificateOfTheCA(t *testing.T) {
	cbsa := newAuthority(t, "ca.cbsa")
	tmpl := *cbsa.cert
	tmpl.SerialNumber, tmpl.NotAfter = big.NewInt(2), cbsa.cert.NotAfter.Add(365*day)
	next := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &tmpl, &tmpl, cbsa.key.Public(), cbsa.key))(t)))(t)
	trust := NewTrust()
	for _, ca := range [][]byte{cbsa.Certificate(), pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: next.Raw})} {
		if err := trust.Add("ca.cbsa", ca, RolePartner); err != nil {
			t.Fatal(err)
		}
	}
	p := issueTo(t, cbsa, party(RolePartner, "p"), t0)
	if err := cbsa.Revoke(p.serial, "unspecified", t0); err != nil {
		t.Fatal(err)
	}
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(t), t0); err != nil {
		t.Fatal(err)
	}
	for _, ca := range []*x509.Certificate{cbsa.cert, next} {
		_, err := trust.judge([][]*x509.Certificate{{p.tls.Leaf, ca}}, t0)
		wantReason(t, err, CertificateRevoked)
	}
}

func BenchmarkCheck(b *testing.B) {
	cbsa := newAuthority(b, "ca.cbsa")
	p := issueTo(b, cbsa, party(RolePartner, "p"), t0)
	trust := trustIn(b, cbsa, newAuthority(b, "us.cbp"))
	if err := trust.SetCRL("ca.cbsa", must(cbsa.CRL(t0))(b), t0); err != nil {
		b.Fatal(err)
	}
	state := &tls.ConnectionState{
		Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{p.tls.Leaf}, VerifiedChains: [][]*x509.Certificate{{p.tls.Leaf, cbsa.cert}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := trust.Check(state, t0); err != nil {
			b.Fatal(err)
		}
	}
}

func TestEmptyTrustDoesNotMeanTheSystemsRoots(t *testing.T) {
	c := NewTrust().ServerConfig(tls.Certificate{}, at(0))
	if c.ClientCAs == nil || !c.ClientCAs.Equal(x509.NewCertPool()) {
		t.Error("an empty trust must have an empty pool")
	}
	c = NewTrust().ClientConfig(tls.Certificate{}, Identity{}, at(0))
	if c.RootCAs == nil || !c.RootCAs.Equal(x509.NewCertPool()) {
		t.Error("an empty trust must have an empty pool")
	}
}
