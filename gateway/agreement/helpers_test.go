package agreement_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

var update = flag.Bool("update", false, "rewrite the expected parts of the vectors")

// parse reads an agreement that must be free of errors.
func parse(t testing.TB, text string) *agreement.Agreement {
	t.Helper()
	a, issues := agreement.Parse([]byte(text))
	if a == nil {
		t.Fatalf("agreement is refused: %v", issues)
	}
	return a
}

func demoFile(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../examples/agreement.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func record(t testing.TB, text string) *cargo.Record {
	t.Helper()
	r, findings, err := cargo.Parse([]byte(text))
	if err != nil {
		t.Fatalf("record: %v %v", err, findings)
	}
	return r
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// head is a whole agreement but for its articles.
const head = `agreement: CA-US-TEST
version: 1
title: {en: Test, fr: Essai}
parties:
  - {id: ca.cbsa, country: CA, key: "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
  - {id: us.cbp, country: US, key: "sha256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"}
authority: {ca.cbsa: [Customs Act s. 107(8)], us.cbp: [19 U.S.C. 1628]}
assurances: [held-in-confidence, purpose-only]
inForce: {from: 2026-01-01, until: 2026-12-31, review: 2026-06-01}
articles:
`

// article writes an article of class cargo.report for risk assessment with the lines given.
func article(id string, lines ...string) string {
	return "  - id: \"" + id + "\"\n    purpose: risk-assessment\n    direction: both\n    classes: [cargo.report]\n    retention: P1Y\n    " +
		strings.Join(lines, "\n    ") + "\n"
}

// list writes a member of an article that is a list of paths.
func list(name string, paths ...string) string {
	return name + `: ["` + strings.Join(paths, `", "`) + `"]`
}

// report is a cargo report with one consignment; more is JSON that follows its reference.
func report(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"id":"01940000-0000-7000-8000-000000000001","class":"cargo.report","agency":"us.cbp","mode":"road","function":"original",` +
		`"issuedAt":"2026-05-01T10:00:00Z","consignment":[{"reference":{"scn":"ABCD00001001"}` + more + `}]}`
}

func request(r *cargo.Record) agreement.Request {
	return agreement.Request{
		From: "us.cbp", To: "ca.cbsa", Purpose: "risk-assessment", Record: r, At: at("2026-05-01T12:00:00Z"),
		Pseudonym: agreement.NewPseudonym([]byte("key of both sides"), "CA-US-TEST", 2026),
	}
}

// signer is an agency with a real key pair; its thumbprint is a digest of the public key.
type signer struct {
	agency string
	public ed25519.PublicKey
	secret ed25519.PrivateKey
}

func newSigner(t testing.TB, agency string) signer {
	t.Helper()
	seed := sha256.Sum256([]byte(agency))
	secret := ed25519.NewKeyFromSeed(seed[:])
	return signer{agency, secret.Public().(ed25519.PublicKey), secret}
}

func (s signer) thumbprint() string {
	sum := sha256.Sum256(s.public)
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s signer) sign(payload []byte) agreement.Signature {
	return agreement.Signature{Agency: s.agency, JWS: ed25519.Sign(s.secret, payload)}
}

// verify is the Verify function over the keys of the signers.
func verify(signers ...signer) agreement.Verify {
	return func(agency, thumbprint string, payload, jws []byte) error {
		for _, s := range signers {
			if s.agency == agency && s.thumbprint() == thumbprint && ed25519.Verify(s.public, payload, jws) {
				return nil
			}
		}
		return errors.New("does not verify")
	}
}

func reasonOf(err error) string {
	if r, ok := errors.AsType[*agreement.Refusal](err); ok {
		return r.Reason
	}
	return ""
}

func verdictOf(t testing.TB, d agreement.Decision, instance string) agreement.Element {
	t.Helper()
	for _, e := range d.Elements {
		if e.Instance == instance {
			return e
		}
	}
	t.Fatalf("%s is not in the decision", instance)
	return agreement.Element{}
}
