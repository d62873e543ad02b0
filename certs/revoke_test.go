package certs

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func parseCRL(t testing.TB, der []byte) *x509.RevocationList {
	t.Helper()
	return must(x509.ParseRevocationList(der))(t)
}

func TestRevocationListNumbersRise(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	first := must(a.CRL(t0))(t)
	if again := must(a.CRL(t0.Add(crlRenew - time.Second)))(t); !bytes.Equal(first, again) {
		t.Error("nothing changed and yet another list was made")
	}
	number := func(der []byte) int64 { return parseCRL(t, der).Number.Int64() }
	if n := number(first); n != 1 {
		t.Errorf("first number %d", n)
	}
	if n := number(must(a.CRL(t0.Add(crlRenew)))(t)); n != 2 {
		t.Errorf("a day later: number %d", n)
	}
	p := issueTo(t, a, party(RolePartner, "p"), t0)
	if err := a.Revoke(p.serial, ReasonKeyCompromise, t0.Add(crlRenew)); err != nil {
		t.Fatal(err)
	}
	b := must(OpenAuthority(a.dir))(t)
	defer b.Close()
	list := parseCRL(t, must(b.CRL(t0.Add(crlRenew)))(t))
	if list.Number.Int64() != 3 || len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].ReasonCode != 1 {
		t.Errorf("after revocation: number %v, entries %v", list.Number, list.RevokedCertificateEntries)
	}
	if err := list.CheckSignatureFrom(a.cert); err != nil {
		t.Error(err)
	}
	// A list written just before a crash, a lost file, a damaged one: no number is given twice.
	onDisk := filepath.Join(a.dir, fileCRL)
	ahead := must(os.ReadFile(onDisk))(t)
	write(t, onDisk, first)
	if n := number(must(a.CRL(t0.Add(crlRenew)))(t)); n != 4 {
		t.Errorf("after an old file: number %d", n)
	}
	if err := os.Remove(onDisk); err != nil {
		t.Fatal(err)
	}
	if n := number(must(a.CRL(t0.Add(crlRenew)))(t)); n != 5 {
		t.Errorf("after a lost file: number %d", n)
	}
	write(t, onDisk, ahead[:len(ahead)-1])
	if n := number(must(a.CRL(t0.Add(crlRenew)))(t)); n != 6 {
		t.Errorf("after a damaged file: number %d", n)
	}
	// An entry stays until a week after the certificate's end.
	for when, want := range map[time.Duration]int{14 * day: 1, 15 * day: 0} {
		if got := len(parseCRL(t, must(a.CRL(t0.Add(when)))(t)).RevokedCertificateEntries); got != want {
			t.Errorf("%v after issue: %d entries, want %d", when, got, want)
		}
	}
}

func TestRevocationRefusals(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	p := issueTo(t, a, party(RolePartner, "p"), t0)
	for _, reason := range []string{"", "because", "certificateHold", "removeFromCRL", "cACompromise"} {
		wantReason(t, a.Revoke(p.serial, reason, t0), RevocationReason)
		_, err := a.RevokeIdentity(p.id, reason, t0)
		wantReason(t, err, RevocationReason)
	}
	for _, serial := range []string{"", "0", "zz", "-1", p.serial + "0"} {
		wantReason(t, a.Revoke(serial, "unspecified", t0), CertificateUnknown)
	}
}

func TestSerialAsOtherProgramsPrintIt(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	for i, spell := range []func(string) string{
		strings.ToUpper,
		func(s string) string { return "00" + s },
		func(s string) string {
			s = strings.Repeat("0", len(s)%2) + s
			return strings.Join(slices.Collect(func(yield func(string) bool) {
				for pair := range slices.Chunk([]byte(s), 2) {
					if !yield(string(pair)) {
						return
					}
				}
			}), ":")
		},
	} {
		p := issueTo(t, a, party(RolePartner, "p"), t0)
		if err := a.Revoke(spell(p.serial), "unspecified", t0); err != nil || a.List()[i].RevokedAt.IsZero() {
			t.Errorf("%s: %v", spell(p.serial), err)
		}
	}
}

// TestStolenKeyCannotOutliveItsRevocation: whoever held the key may have renewed, again and again.
func TestStolenKeyCannotOutliveItsRevocation(t *testing.T) {
	chain := func(t *testing.T, reason string) (ended []bool) {
		a := newAuthority(t, "ca.cbsa")
		id := party(RolePartner, "p")
		c := issueTo(t, a, id, t0).tls.Leaf
		stolen := serialText(c)
		for range 3 {
			_, csrPEM := mustCSR(t, id)
			c = must(parseCertificate(must(a.Renew(c, csrPEM, t0))(t)))(t)
		}
		issueTo(t, a, id, t0) // enrolled separately
		if err := a.Revoke(stolen, reason, t0); err != nil {
			t.Fatal(err)
		}
		for _, c := range a.List() {
			ended = append(ended, !c.RevokedAt.IsZero())
		}
		return ended
	}
	for reason, want := range map[string][]bool{
		ReasonKeyCompromise: {true, true, true, true, false},
		"superseded":        {true, false, false, false, false},
	} {
		if diff := cmp.Diff(want, chain(t, reason)); diff != "" {
			t.Errorf("%s: ended (-want +got):\n%s", reason, diff)
		}
	}
}

func TestRevokeIdentity(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	id := party(RolePartner, "p")
	for range 2 {
		issueTo(t, a, id, t0)
	}
	issueTo(t, a, party(RolePartner, "q"), t0)
	n := must(a.RevokeIdentity(id, "cessationOfOperation", t0.Add(time.Hour)))(t)
	again := must(a.RevokeIdentity(id, "cessationOfOperation", t0.Add(2*time.Hour)))(t)
	if n != 2 || again != 0 {
		t.Errorf("ended %d, then %d", n, again)
	}
	for _, c := range a.List() {
		if (c.Identity == id) != c.RevokedAt.Equal(t0.Add(time.Hour)) {
			t.Errorf("%v: revoked %v", c.Identity, c.RevokedAt)
		}
	}
}

func TestTrustTakesOnlyGoodLists(t *testing.T) {
	a, other := newAuthority(t, "ca.cbsa"), newAuthority(t, "us.cbp")
	trust := NewTrust()
	if err := trust.Add("ca.cbsa", a.Certificate(), RolePartner); err != nil {
		t.Fatal(err)
	}
	first := must(a.CRL(t0))(t)
	second := must(a.CRL(t0.Add(crlRenew)))(t)
	wantReason(t, trust.SetCRL("ca.cbsa", nil, t0), CRLInvalid)
	wantReason(t, trust.SetCRL("ca.cbsa", first[:len(first)-1], t0), CRLInvalid)
	wantReason(t, trust.SetCRL("ca.cbsa", must(other.CRL(t0))(t), t0), CRLInvalid)
	wantReason(t, trust.SetCRL("us.cbp", first, t0), CRLInvalid)
	wantReason(t, trust.SetCRL("ca.cbsa", second, t0), CRLInvalid) // from tomorrow
	wantReason(t, trust.SetCRL("ca.cbsa", first, t0.Add(crlLife)), CRLStale)
	wantReason(t, trust.SetCRL("ca.cbsa", make([]byte, maxFile+1), t0), CRLInvalid)
	for _, der := range [][]byte{first, second, second} {
		if err := trust.SetCRL("ca.cbsa", der, t0.Add(crlRenew)); err != nil {
			t.Fatal(err)
		}
	}
	wantReason(t, trust.SetCRL("ca.cbsa", first, t0.Add(crlRenew)), CRLOlder)
}
