package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseIdentity(t *testing.T) {
	for uri, want := range map[string]Identity{
		"peacebridge://ca.cbsa/partner/carrier-7":  {"ca.cbsa", "partner", "carrier-7"},
		"peacebridge://us.cbp/gateway/us.cbp":      {"us.cbp", "gateway", "us.cbp"},
		"peacebridge://x-1.y/admin/0":              {"x-1.y", "admin", "0"},
		"peacebridge://ca.cbsa/system/exam_desk.2": {"ca.cbsa", "system", "exam_desk.2"},
	} {
		if got, err := ParseIdentity(uri); err != nil || got != want {
			t.Errorf("%s: got %v, %v", uri, got, err)
		}
	}
	for _, uri := range []string{
		"", "peacebridge://", "peacebridge:///partner/x", "peacebridge://ca.cbsa", "peacebridge://ca.cbsa/partner", "peacebridge://ca.cbsa/partner/",
		"peacebridge://ca.cbsa/partner/x/y", "peacebridge://ca.cbsa/partner/x/", "peacebridge://ca.cbsa//x",
		"PEACEBRIDGE://ca.cbsa/partner/x", "peacebridge://CA.cbsa/partner/x", "peacebridge://ca.cbsa/Partner/x", "peacebridge://ca.cbsa/partner/X",
		"https://ca.cbsa/partner/x", " peacebridge://ca.cbsa/partner/x", "peacebridge://ca.cbsa/partner/x ", "peacebridge://ca.cbsa/partner/x\x00",
		"peacebridge://ca.cbsa:443/partner/x", "peacebridge://u@ca.cbsa/partner/x", "peacebridge://ca.cbsa/partner/x?y", "peacebridge://ca.cbsa/partner/x#",
		"peacebridge://ca.cbsa/partner/%78", "peacebridge://ca.cbsa/partner/..", "peacebridge://ca.cbsa/partner/a..b", "peacebridge://ca.cbsa/partner/-x",
		"peacebridge://ca..cbsa/partner/x", "peacebridge://.cbsa/partner/x", "peacebridge://ca./partner/x", "peacebridge://ca-/partner/x",
		"peacebridge://10.0.0.1/partner/x", "peacebridge://[::1]/partner/x", "peacebridge://ca.cbsa/owner/x", "peacebridge://ca.cbsa/partner/é",
		"peacebridge://ca.cbsa/partner/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	} {
		if got, err := ParseIdentity(uri); err == nil {
			t.Errorf("%q was read as %v", uri, got)
		}
	}
}

// Every identity has one spelling, and what is read is what was written.
func TestIdentityHasOneSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := Identity{
			Agency: rapid.StringMatching(`[a-z][a-z0-9]{0,9}(\.[a-z][a-z0-9]{0,9}){0,2}`).Draw(t, "agency"),
			Role:   rapid.SampledFrom(Roles()).Draw(t, "role"),
			ID:     rapid.StringMatching(`[a-z0-9]([-_][a-z0-9]{1,9}){0,3}`).Draw(t, "id"),
		}
		if got, err := ParseIdentity(id.URI()); err != nil || got != id {
			t.Fatalf("%s: got %v, %v", id.URI(), got, err)
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	f.Add("peacebridge://ca.cbsa/partner/carrier-7")
	f.Add("peacebridge://us.cbp/gateway/%67")
	f.Add("peacebridge://10.0.0.1/admin/x#")
	f.Fuzz(func(t *testing.T, uri string) {
		id, err := ParseIdentity(uri)
		if err != nil {
			return
		}
		if id.URI() != uri {
			t.Errorf("%q was read as %q", uri, id.URI())
		}
		if u, err := url.Parse(uri); err != nil || u.Host != id.Agency || u.Path != "/"+id.Role+"/"+id.ID {
			t.Errorf("%q: net/url reads something else: %v, %v", uri, u, err)
		}
	})
}

// TestIdentityOfReadsTheCertificateItself gives certificates that another CA might make, with names of every kind.
func TestIdentityOfReadsTheCertificateItself(t *testing.T) {
	const good = "peacebridge://ca.cbsa/partner/x"
	type name struct {
		tag   int
		value string
	}
	uri := func(s string) name { return name{nameURI, s} }
	for _, c := range []struct {
		label string
		names []name
		ok    bool
	}{
		{"one URI", []name{uri(good)}, true},
		{"with host and address", []name{{nameDNS, "localhost"}, uri(good), {nameIP, "\x7f\x00\x00\x01"}}, true},
		{"none", nil, false},
		{"host only", []name{{nameDNS, "ca.cbsa"}}, false},
		{"two", []name{uri(good), uri("peacebridge://ca.cbsa/partner/y")}, false},
		{"same twice", []name{uri(good), uri(good)}, false},
		{"mail address", []name{uri(good), {1, "a@b.example"}}, false},
		{"empty fragment, which net/url forgets", []name{uri(good + "#")}, false},
		{"percent escape", []name{uri("peacebridge://ca.cbsa/partner/%78")}, false},
	} {
		var names []asn1.RawValue
		for _, n := range c.names {
			names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: n.tag, Bytes: []byte(n.value)})
		}
		der := must(asn1.Marshal(names))(t)
		cert := selfSigned(t, []pkix.Extension{{Id: oidAlternativeName(), Value: der}})
		if id, err := IdentityOf(cert); (err == nil) != c.ok || c.ok && id.URI() != good {
			t.Errorf("%s: got %v, %v", c.label, id, err)
		}
	}
}

func selfSigned(t testing.TB, exts []pkix.Extension) *x509.Certificate {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	der := must(x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: t0, NotAfter: t0.Add(time.Hour), ExtraExtensions: exts,
	}, &x509.Certificate{}, key.Public(), key))(t)
	return must(x509.ParseCertificate(der))(t)
}
