package crypto

import (
	"bytes"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func reasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}

func TestOpenGivesWhatWasSealed(t *testing.T) {
	b := newBorder(t)
	for _, p := range []Profile{P256, P384} {
		c := b.claims()
		c.Profile = p
		sealed := b.seal(t, c)
		x := b.expect()
		x.Profile = p
		got, opened, err := b.cbsa.Open(sealed.Envelope, x)
		if err != nil {
			t.Fatal(p, err)
		}
		c.Issuer, c.Kind, c.IssuedAt, c.Digest, c.RecipientKey = "us.cbp", KindRecord, b.now, Digest(c.Record), sealed.RecipientKey
		if diff := cmp.Diff(&c, got); diff != "" {
			t.Error(p, diff)
		}
		want := &Opened{sealed.PayloadDigest, sealed.SigningKey, sealed.RecipientKey, sealed.JWS}
		if diff := cmp.Diff(want, opened); diff != "" {
			t.Error(p, diff)
		}
	}
}

// TestOpenReadsAnotherImplementation opens a token that the library had no part in.
func TestOpenReadsAnotherImplementation(t *testing.T) {
	b := newBorder(t)
	for _, p := range []Profile{P256, P384} {
		c := b.claims()
		c.Profile = p
		sealed := b.seal(t, c)
		_, payload, _ := strings.Cut(string(sealed.JWS), ".")
		payload, _, _ = strings.Cut(payload, ".")
		claims, err := enc.DecodeString(payload)
		if err != nil {
			t.Fatal(err)
		}
		signer := key(t, b.cbp, Signing, p)
		to := key(t, b.cbsa, Encryption, p).Public()
		envelope := forgeEncrypted(t, to, encryptedHeader(to), []byte(forgeSigned(t, signer, signedHeader(signer), claims)))
		x := b.expect()
		x.Profile = p
		if _, _, err := b.cbsa.Open([]byte(envelope), x); err != nil {
			t.Error(p, err.(*Refusal).Detail())
		}
	}
}

// TestEveryBindingIsJudged changes one signed fact, or one expectation, at a time. The signature is always good.
func TestEveryBindingIsJudged(t *testing.T) {
	b := newBorder(t)
	sealed := b.seal(t, b.claims())
	claims := payloadOf(t, sealed.JWS)
	edit := func(old, new string) func(*Expect) []byte {
		return func(*Expect) []byte {
			if !bytes.Contains(claims, []byte(old)) {
				t.Fatalf("claims lack %s", old)
			}
			return bytes.Replace(claims, []byte(old), []byte(new), 1)
		}
	}
	expect := func(f func(*Expect)) func(*Expect) []byte {
		return func(x *Expect) []byte { f(x); return claims }
	}
	hash := Digest([]byte("agreement"))
	for name, c := range map[string]struct {
		change func(*Expect) []byte
		want   Reason
	}{
		"as it was":                {expect(func(*Expect) {}), ""},
		"issuer of another":        {edit(`"iss":"us.cbp"`, `"iss":"mx.sat"`), IssuerWrong},
		"issuer not an agency":     {edit(`"iss":"us.cbp"`, `"iss":"../x"`), ClaimsInvalid},
		"audience another":         {edit(`"aud":"ca.cbsa"`, `"aud":"mx.sat"`), AudienceWrong},
		"audience a list":          {edit(`"aud":"ca.cbsa"`, `"aud":["ca.cbsa"]`), ClaimsInvalid},
		"audience the issuer":      {edit(`"aud":"ca.cbsa"`, `"aud":"us.cbp"`), ClaimsInvalid},
		"message id missing":       {edit(`"jti":`, `"xti":`), ClaimsInvalid},
		"message id with slash":    {edit(`"jti":"0`, `"jti":"/`), ClaimsInvalid},
		"message id twice":         {edit(`"jti":`, `"jti":"other","jti":`), ClaimsInvalid},
		"message id in capitals":   {edit(`"jti":`, `"JTI":`), ClaimsInvalid},
		"agreement missing":        {edit(`"agreement":`, `"xgreement":`), ClaimsInvalid},
		"agreement version 0":      {edit(`"version":3`, `"version":0`), ClaimsInvalid},
		"agreement version text":   {edit(`"version":3`, `"version":"3"`), ClaimsInvalid},
		"agreement version float":  {edit(`"version":3`, `"version":3.0`), ClaimsInvalid},
		"agreement more":           {edit(`"version":3`, `"version":3,"also":1`), ClaimsInvalid},
		"agreement hash short":     {edit(hash, hash[:20]), ClaimsInvalid},
		"purpose missing":          {edit(`"purpose":`, `"xurpose":`), ClaimsInvalid},
		"purpose empty":            {edit(`"purpose":"risk"`, `"purpose":""`), ClaimsInvalid},
		"sequence missing":         {edit(`"seq":7,`, ``), ClaimsInvalid},
		"sequence too large":       {edit(`"seq":7`, `"seq":9007199254740993`), ClaimsInvalid},
		"sequence negative":        {edit(`"seq":7`, `"seq":-7`), ClaimsInvalid},
		"issued at missing":        {edit(`"iat":`, `"nbf":`), ClaimsInvalid},
		"expiry missing":           {edit(`"exp":`, `"exq":`), ClaimsInvalid},
		"expiry a text":            {edit(`"exp":1`, `"exp":"1`), ClaimsInvalid},
		"unknown claim":            {edit(`"iss":`, `"admin":true,"iss":`), ClaimsInvalid},
		"control character":        {edit(`"class":"cargo`, `"class":"\u0007cargo`), ClaimsInvalid},
		"digest of another record": {edit(Digest(b.claims().Record), hash), DigestWrong},
		"record of another digest": {edit(`1250.50`, `1250.5`), DigestWrong},
		"record not an object":     {edit(`"record":{`, `"record":[{}],"x":{`), ClaimsInvalid},
		"record missing":           {edit(`"record":{`, `"xecord":{`), ClaimsInvalid},
		"another digest algorithm": {edit(`"_sd_alg":"sha-256"`, `"_sd_alg":"sha-1"`), ClaimsInvalid},
		"recipient key of another": {edit(sealed.RecipientKey, key(t, b.third, Encryption, P256).ID()), RecipientKeyWrong},
		"another kind inside":      {edit(`"kind":"record"`, `"kind":"query"`), ClaimsInvalid},
		"kind receipt inside":      {edit(`"kind":"record"`, `"kind":"receipt"`), ClaimsInvalid},
		"text after":               {func(*Expect) []byte { return append(bytes.Clone(claims), "{}"...) }, ClaimsInvalid},
		"not JSON":                 {func(*Expect) []byte { return []byte("record") }, ClaimsInvalid},
		"nothing":                  {func(*Expect) []byte { return nil }, ClaimsInvalid},
		"expected of another":      {expect(func(x *Expect) { x.Issuer = "mx.sat" }), KeyUnknown},
		"nobody expected":          {expect(func(x *Expect) { x.Issuer = "" }), KeyUnknown},
		"expected for another":     {expect(func(x *Expect) { x.Audience = "mx.sat" }), AudienceWrong},
		"audience by the ring":     {expect(func(x *Expect) { x.Audience = "" }), ""},
		"expected of another kind": {expect(func(x *Expect) { x.Kind = "query" }), TypeWrong},
		"of another profile":       {expect(func(x *Expect) { x.Profile = P384 }), HeaderRefused},
		"of no profile":            {expect(func(x *Expect) { x.Profile = 9 }), AlgorithmRefused},
		"clock 2 minutes behind":   {expect(func(x *Expect) { x.Now = x.Now.Add(-Tolerance) }), ""},
		"clock further behind":     {expect(func(x *Expect) { x.Now = x.Now.Add(-Tolerance - time.Second) }), NotYetValid},
		"last instant":             {expect(func(x *Expect) { x.Now = b.claims().Expires.Add(Tolerance - 1) }), ""},
		"over":                     {expect(func(x *Expect) { x.Now = b.claims().Expires.Add(Tolerance) }), Expired},
	} {
		t.Run(name, func(t *testing.T) {
			x := b.expect()
			changed := c.change(&x)
			signer := key(t, b.cbp, Signing, P256)
			_, _, err := b.cbsa.Open(b.reseal(t, forgeSigned(t, signer, signedHeader(signer), changed)), x)
			if got := reasonOf(err); got != c.want || (err == nil) != (c.want == "") {
				t.Errorf("reason %q, want %q: %v", got, c.want, err)
			}
		})
	}
}

func payloadOf(t testing.TB, jws []byte) []byte {
	t.Helper()
	payload, err := enc.DecodeString(strings.Split(string(jws), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// TestForwardedRecordIsRefused is the attack that signing before encrypting leaves open: the honest recipient takes the
// signed token out and encrypts it to a third agency.
func TestForwardedRecordIsRefused(t *testing.T) {
	b := newBorder(t)
	_, opened, err := b.cbsa.Open(b.seal(t, b.claims()).Envelope, b.expect())
	if err != nil {
		t.Fatal(err)
	}
	to := key(t, b.third, Encryption, P256).Public()
	forwarded := forgeEncrypted(t, to, encryptedHeader(to), opened.JWS)
	_, _, err = b.third.Open([]byte(forwarded), Expect{Issuer: "us.cbp", Now: b.now})
	if reasonOf(err) != AudienceWrong {
		t.Errorf("forwarded: %v", reasonOf(err))
	}
	// The same agency's next key does not help either: the key is inside the signature.
	next, err := b.cbsa.Rotate(Encryption, P256, b.now)
	if err != nil {
		t.Fatal(err)
	}
	again := forgeEncrypted(t, next, encryptedHeader(next), opened.JWS)
	if _, _, err = b.cbsa.Open([]byte(again), b.expect()); reasonOf(err) != RecipientKeyWrong {
		t.Errorf("encrypted again to another key: %v", reasonOf(err))
	}
}

// TestReplayKeySurvivesOtherBytes holds that every further form of one message that verifies has one replay key.
func TestReplayKeySurvivesOtherBytes(t *testing.T) {
	b := newBorder(t)
	c, opened, err := b.cbsa.Open(b.seal(t, b.claims()).Envelope, b.expect())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(opened.JWS), ".")
	sig, err := enc.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(sig[32:]) // (r, n-s) is a second valid signature (FIPS 186-5 section 6.4)
	s.Sub(elliptic.P256().Params().N, s).FillBytes(sig[32:])
	for name, jws := range map[string]string{
		"encrypted again": string(opened.JWS),
		"other half":      parts[0] + "." + parts[1] + "." + enc.EncodeToString(sig),
	} {
		again, _, err := b.cbsa.Open(b.reseal(t, jws), b.expect())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again.ReplayKey() != c.ReplayKey() {
			t.Errorf("%s: another replay key", name)
		}
	}
	if c.ReplayKey() != "us.cbp/01938f00-0000-7000-8000-000000000001" {
		t.Error(c.ReplayKey())
	}
}

// TestRefusalsLookAlike holds that what goes out is one text, whatever was wrong.
func TestRefusalsLookAlike(t *testing.T) {
	b := newBorder(t)
	good := b.seal(t, b.claims()).Envelope
	for i := 0; i < len(good); i += len(good) / 40 {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		_, _, err := b.cbsa.Open(bad, b.expect())
		if err == nil || err.Error() != "envelope refused" || !errors.Is(err, ErrRefused) || errors.Unwrap(err) != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	x := b.expect()
	x.Now = x.Now.AddDate(1, 0, 0)
	_, _, err := b.cbsa.Open(good, x)
	r, ok := errors.AsType[*Refusal](err)
	if !ok || err.Error() != "envelope refused" || !r.Authenticated || !strings.HasPrefix(r.Detail(), "EXPIRED: ") {
		t.Errorf("%+v", err)
	}
	if got := r.LogValue().String(); !strings.Contains(got, "EXPIRED") {
		t.Error(got)
	}
}

func TestSealRefusesWhatThePeerWould(t *testing.T) {
	b := newBorder(t)
	for name, change := range map[string]func(*Claims){
		"foreign issuer":      func(c *Claims) { c.Issuer = "ca.cbsa" },
		"unknown audience":    func(c *Claims) { c.Audience = "fr.douane" },
		"no message id":       func(c *Claims) { c.MessageID = "" },
		"no agreement":        func(c *Claims) { c.Agreement = "" },
		"agreement version 0": func(c *Claims) { c.AgreementVersion = 0 },
		"no agreement hash":   func(c *Claims) { c.AgreementHash = "" },
		"no purpose":          func(c *Claims) { c.Purpose = "" },
		"no expiry":           func(c *Claims) { c.Expires = time.Time{} },
		"expired":             func(c *Claims) { c.Expires = b.now },
		"issued later":        func(c *Claims) { c.IssuedAt = b.now.Add(time.Minute) },
		"no record":           func(c *Claims) { c.Record = nil },
		"record not JSON":     func(c *Claims) { c.Record = json.RawMessage(`{"a":`) },
		"record a list":       func(c *Claims) { c.Record = json.RawMessage(`[]`) },
		"record twice a name": func(c *Claims) { c.Record = json.RawMessage(`{"a":1,"a":2}`) },
		"record breaks out":   func(c *Claims) { c.Record = json.RawMessage(`{}},"admin":{"a":1`) },
		"record with _sd_alg": func(c *Claims) { c.Record = json.RawMessage(`{"_sd_alg":"sha-256"}`) },
		"record bad digests":  func(c *Claims) { c.Record = json.RawMessage(`{"_sd":["x"]}`) },
		"record too large":    func(c *Claims) { c.Record = append([]byte(`{"a":"`+strings.Repeat("a", MaxRecord)), `"}`...) },
		"digest of another":   func(c *Claims) { c.Digest = Digest(nil) },
		"recipient a signer":  func(c *Claims) { c.RecipientKey = key(t, b.cbsa, Signing, P256).ID() },
		"recipient of third":  func(c *Claims) { c.RecipientKey = key(t, b.third, Encryption, P256).ID() },
		"kind receipt":        func(c *Claims) { c.Kind = "receipt" },
		"article with break":  func(c *Claims) { c.Articles = []string{"4\n1"} },
		"not UTF-8":           func(c *Claims) { c.Purpose = "r\xffsk" },
		"unknown profile":     func(c *Claims) { c.Profile = 7 },
	} {
		c := b.claims()
		change(&c)
		if out, err := b.cbp.Seal(c, b.now); err == nil || out != nil {
			t.Errorf("%s: sealed", name)
		} else if errors.Is(err, ErrRefused) {
			t.Errorf("%s: a refusal, want a failure of the caller", name)
		}
	}
}

func TestSealOpenIsIdentity(t *testing.T) {
	b := newBorder(t)
	texts := rapid.StringMatching(`[^\p{C}\x{FFFD}]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		record := anyRecord().Draw(t, "record")
		c := Claims{
			Audience: "ca.cbsa", MessageID: rapid.StringMatching(`[A-Za-z0-9._:-]{1,40}`).Draw(t, "id"),
			Agreement: texts.Draw(t, "agreement"), AgreementVersion: rapid.IntRange(1, 1e6).Draw(t, "version"),
			AgreementHash: Digest(nil), Purpose: texts.Draw(t, "purpose"),
			Articles: rapid.SliceOfN(texts, 1, 5).Draw(t, "articles"), Sequence: rapid.Uint64Range(0, 1<<53-1).Draw(t, "sequence"),
			Expires: b.now.Add(time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "life")) * time.Second),
			Class:   texts.Draw(t, "class"), Record: record,
		}
		envelope, err := b.cbp.Seal(c, b.now)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := b.cbsa.Open(envelope, b.expect())
		if err != nil {
			t.Fatal(err.(*Refusal).Detail())
		}
		c.Issuer, c.Kind, c.IssuedAt, c.Digest, c.RecipientKey = "us.cbp", KindRecord, b.now, Digest(record), got.RecipientKey
		if diff := cmp.Diff(&c, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
