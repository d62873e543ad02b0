package crypto

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestEveryReasonIsInTheTableAndHappens makes each refusal of refusals.csv happen, and holds the table's word on whether
// the sender was proven by then.
func TestEveryReasonIsInTheTableAndHappens(t *testing.T) {
	b := newBorder(t)
	good := b.seal(t, b.claims())
	claims := payloadOf(t, good.JWS)
	signer := key(t, b.cbp, Signing, P256)
	open := func(envelope []byte, change func(*Expect)) error {
		x := b.expect()
		if change != nil {
			change(&x)
		}
		_, _, err := b.cbsa.Open(envelope, x)
		return err
	}
	signed := func(old, new string) []byte {
		return b.reseal(t, forgeSigned(t, signer, signedHeader(signer), bytes.Replace(claims, []byte(old), []byte(new), 1)))
	}
	header := func(old, new string) []byte {
		return b.reseal(t, forgeSigned(t, signer, strings.Replace(signedHeader(signer), old, new, 1), claims))
	}
	late := func(x *Expect) { x.Now = x.Now.AddDate(1, 0, 0) }
	disclosure := func(payload, encoded string) error {
		_, _, err := CheckDisclosure([]byte(payload), encoded)
		return err
	}
	ended, revoked := newBorder(t), newBorder(t)
	if err := ended.cbsa.Retire(key(t, ended.cbp, Signing, P256).ID(), b.now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := revoked.cbsa.Revoke(key(t, revoked.cbp, Signing, P256).ID(), b.now); err != nil {
		t.Fatal(err)
	}
	openAt := func(b *border) error {
		_, _, err := b.cbsa.Open(b.seal(t, b.claims()).Envelope, b.expect())
		return err
	}
	badRecord := `{"_sd":["x"]}`
	withRecord := func() []byte {
		c := b.claims()
		c.Issuer, c.Kind, c.IssuedAt, c.RecipientKey = "us.cbp", KindRecord, b.now, good.RecipientKey
		c.Record, c.Digest = []byte(badRecord), Digest([]byte(badRecord))
		payload, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		return b.reseal(t, forgeSigned(t, signer, signedHeader(signer), payload))
	}
	happens := map[Reason]error{
		TooLarge:           open(make([]byte, MaxEnvelope+1), nil),
		TokenMalformed:     open(nil, nil),
		HeaderRefused:      open(header(`{`, `{"zip":"DEF",`), nil),
		AlgorithmRefused:   open(header("ES256", "none"), nil),
		DecryptionFailed:   open(append(bytes.Clone(good.Envelope[:len(good.Envelope)-22]), strings.Repeat("A", 22)...), nil),
		TypeWrong:          open(good.Envelope, func(x *Expect) { x.Kind = "query" }),
		KeyUnknown:         open(header(signer.ID(), "sha256:x"), nil),
		SignatureInvalid:   open(b.reseal(t, string(good.JWS[:len(good.JWS)-86])+strings.Repeat("A", 86)), nil),
		ClaimsInvalid:      open(signed(`"seq":7,`, ``), nil),
		IssuerWrong:        open(signed(`"iss":"us.cbp"`, `"iss":"mx.sat"`), nil),
		AudienceWrong:      open(signed(`"aud":"ca.cbsa"`, `"aud":"mx.sat"`), nil),
		RecipientKeyWrong:  open(signed(good.RecipientKey, "sha256:x"), nil),
		KeyNotValid:        openAt(ended),
		KeyRevoked:         openAt(revoked),
		NotYetValid:        open(good.Envelope, func(x *Expect) { x.Now = x.Now.Add(-time.Hour) }),
		Expired:            open(good.Envelope, late),
		DigestWrong:        open(signed(`1250.50`, `1250.51`), nil),
		RecordInvalid:      open(withRecord(), nil),
		DisclosureInvalid:  disclosure(`{}`, "?"),
		DisclosureUnsigned: disclosure(`{}`, enc.EncodeToString([]byte(`["s","n",1]`))),
	}
	rows, err := Refusals()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(happens) {
		t.Errorf("%d rows, %d reasons", len(rows), len(happens))
	}
	for _, row := range rows {
		err, ok := happens[row.Code]
		if !ok {
			t.Errorf("%s: in the table, and nothing makes it happen", row.Code)
			continue
		}
		r, ok := err.(*Refusal)
		if !ok || r.Reason != row.Code || r.Authenticated != row.Authenticated {
			t.Errorf("%s: happened as %+v", row.Code, err)
		}
		if row.Title == "" || row.Rule == "" || strings.HasSuffix(row.Title, ".") {
			t.Errorf("%s: title or rule", row.Code)
		}
	}
}

// TestReasonsOfTheCodeAreInTheTable reads the sources: a reason that is not in the table could never be explained.
func TestReasonsOfTheCodeAreInTheTable(t *testing.T) {
	rows, err := Refusals()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range rows {
		known[string(r.Code)] = true
	}
	b, err := os.ReadFile(filepath.Join("refusal.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Reason = "([A-Z_]+)"`).FindAllStringSubmatch(string(b), -1) {
		if !known[m[1]] {
			t.Errorf("%s is not in refusals.csv", m[1])
		}
		delete(known, m[1])
	}
	for code := range known {
		t.Errorf("%s is in refusals.csv and not in the code", code)
	}
}
