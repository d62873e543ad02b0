package crypto

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (b *border) receipt(t testing.TB) Receipt {
	c, opened, err := b.cbsa.Open(b.seal(t, b.claims()).Envelope, b.expect())
	if err != nil {
		t.Fatal(err)
	}
	return Receipt{
		Audience: c.Issuer, MessageID: c.MessageID, PayloadDigest: opened.PayloadDigest, Verdict: VerdictCommitted,
		LogOrigin: "cbsa.example/us.cbp", Index: 41, At: b.now.Add(123456789), RecipientKey: opened.RecipientKey, StricterWithheld: 2,
	}
}

func (b *border) expectReceipt() Expect {
	return Expect{Audience: "us.cbp", Issuer: "ca.cbsa", Now: b.now.Add(time.Second)}
}

func TestReceiptRoundTrip(t *testing.T) {
	b := newBorder(t)
	for _, p := range []Profile{P256, P384} {
		want := b.receipt(t)
		want.Profile = p
		token, err := b.cbsa.SignReceipt(want)
		if err != nil {
			t.Fatal(err)
		}
		x := b.expectReceipt()
		x.Profile = p
		got, err := b.cbp.OpenReceipt(token, x)
		if err != nil {
			t.Fatal(err.(*Refusal).Detail())
		}
		want.Issuer, want.SignedAt = "ca.cbsa", b.now
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Error(diff)
		}
		// Signed again with the next key, long after: the same statement.
		later := b.now.AddDate(0, 5, 0)
		next, err := b.cbsa.Rotate(Signing, p, later)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.cbp.AddPeer("ca.cbsa", next); err != nil {
			t.Fatal(err)
		}
		want.SignedAt = later
		if token, err = b.cbsa.SignReceipt(want); err != nil {
			t.Fatal(err)
		}
		x.Now = later
		again, err := b.cbp.OpenReceipt(token, x)
		if err != nil {
			t.Fatal(err.(*Refusal).Detail())
		}
		if !again.Same(*got) {
			t.Error("signed again, not the same")
		}
		if again.Index++; again.Same(*got) {
			t.Error("another index, yet the same")
		}
	}
}

func TestReceiptRefused(t *testing.T) {
	b := newBorder(t)
	good := b.receipt(t)
	token, err := b.cbsa.SignReceipt(good)
	if err != nil {
		t.Fatal(err)
	}
	payload := payloadOf(t, token)
	signer := key(t, b.cbsa, Signing, P256)
	header := fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"peacebridge-receipt+jwt"}`, signer.ID())
	same := func(*Expect) {}
	for name, c := range map[string]struct {
		old, new string
		expect   func(*Expect)
		want     Reason
	}{
		"good":                    {"", "", same, ""},
		"for another audience":    {`"aud":"us.cbp"`, `"aud":"mx.sat"`, same, AudienceWrong},
		"of another issuer":       {`"iss":"ca.cbsa"`, `"iss":"mx.sat"`, same, IssuerWrong},
		"expected of another":     {"", "", func(x *Expect) { x.Issuer = "mx.sat" }, KeyUnknown},
		"unknown verdict":         {"COMMITTED", "MAYBE", same, ClaimsInvalid},
		"refused without reason":  {"COMMITTED", "REFUSED", same, ClaimsInvalid},
		"reason in small letters": {`"COMMITTED"`, `"REFUSED","reason":"no"`, same, ClaimsInvalid},
		"reason of a commit":      {`"COMMITTED"`, `"COMMITTED","reason":"X"`, same, ClaimsInvalid},
		"refused with reason":     {`"COMMITTED"`, `"REFUSED","reason":"NO_AGREEMENT"`, same, ""},
		"digest short":            {good.PayloadDigest, "sha256:ab", same, ClaimsInvalid},
		"unknown claim":           {`"iss"`, `"x":1,"iss"`, same, ClaimsInvalid},
		"index negative":          {`"index":41`, `"index":-1`, same, ClaimsInvalid},
		"message missing":         {`"message"`, `"massage"`, same, ClaimsInvalid},
		"at with an offset":       {`.123456789Z`, `.123456789+00:00`, same, ClaimsInvalid},
		"at not a time":           {`"at":"2026`, `"at":"x`, same, ClaimsInvalid},
		"at ahead":                {`"at":"2026`, `"at":"2027`, same, NotYetValid},
		"signed ahead":            {"", "", func(x *Expect) { x.Now = x.Now.Add(-time.Hour) }, NotYetValid},
		"of another profile":      {"", "", func(x *Expect) { x.Profile = P384 }, AlgorithmRefused},
		"of no profile":           {"", "", func(x *Expect) { x.Profile = 9 }, AlgorithmRefused},
		"not JSON":                {`{`, ``, same, ClaimsInvalid},
	} {
		x := b.expectReceipt()
		c.expect(&x)
		changed := bytes.Replace(payload, []byte(c.old), []byte(c.new), 1)
		if c.old != "" && bytes.Equal(changed, payload) {
			t.Fatalf("%s: nothing changed", name)
		}
		_, err := b.cbp.OpenReceipt([]byte(forgeSigned(t, signer, header, changed)), x)
		if got := reasonOf(err); got != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, err)
		}
		if err != nil && err.Error() != "receipt refused" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.cbp.OpenReceipt(bytes.Repeat([]byte("A"), maxReceipt+1), b.expectReceipt()); reasonOf(err) != TooLarge {
		t.Error(err)
	}
	if _, err := b.cbp.OpenReceipt(b.seal(t, b.claims()).JWS, Expect{Issuer: "us.cbp", Now: b.now}); err == nil {
		t.Error("a record is taken for a receipt")
	}
	if err := b.cbp.Revoke(signer.ID(), b.now); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cbp.OpenReceipt(token, b.expectReceipt()); reasonOf(err) != KeyRevoked {
		t.Error(err)
	}
}

func TestSignReceiptRefusesWhatThePeerWould(t *testing.T) {
	b := newBorder(t)
	for name, change := range map[string]func(*Receipt){
		"foreign issuer": func(r *Receipt) { r.Issuer = "us.cbp" },
		"no audience":    func(r *Receipt) { r.Audience = "" },
		"no message":     func(r *Receipt) { r.MessageID = "" },
		"no digest":      func(r *Receipt) { r.PayloadDigest = "" },
		"no log":         func(r *Receipt) { r.LogOrigin = "" },
		"no key":         func(r *Receipt) { r.RecipientKey = "" },
		"no time":        func(r *Receipt) { r.At = time.Time{} },
		"no verdict":     func(r *Receipt) { r.Verdict = "" },
		"index huge":     func(r *Receipt) { r.Index = 1 << 60 },
		"no profile":     func(r *Receipt) { r.Profile = 9 },
		"key not yet":    func(r *Receipt) { r.At = b.now.AddDate(-1, 0, 0) },
	} {
		r := b.receipt(t)
		change(&r)
		if _, err := b.cbsa.SignReceipt(r); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestDetached(t *testing.T) {
	b := newBorder(t)
	text := []byte("agreement: ca-us-highway\n\r\nversion: 3\n\x00é")
	for _, p := range []Profile{P256, P384} {
		jws, err := b.cbp.SignDetachedAt(text, p, b.now)
		if err != nil {
			t.Fatal(err)
		}
		id, err := DetachedKey(jws)
		if err != nil {
			t.Fatal(err)
		}
		pub, ok := b.cbsa.Find("us.cbp", id)
		if !ok {
			t.Fatal("its key is not known")
		}
		if err := VerifyDetached(pub, text, jws); err != nil {
			t.Error(err.(*Refusal).Detail())
		}
	}
	signer := key(t, b.cbp, Signing, P256)
	pub := signer.Public()
	jws, err := b.cbp.SignDetached(text)
	if err != nil {
		t.Fatal(err)
	}
	record := b.seal(t, b.claims())
	recordParts := strings.Split(string(record.JWS), ".")
	for name, c := range map[string]struct {
		pub     PublicKey
		payload []byte
		jws     string
		want    Reason
	}{
		"good":                 {pub, text, string(jws), ""},
		"one byte more":        {pub, append(bytes.Clone(text), '\n'), string(jws), SignatureInvalid},
		"nothing":              {pub, nil, string(jws), SignatureInvalid},
		"another key":          {key(t, b.cbsa, Signing, P256).Public(), text, string(jws), KeyUnknown},
		"an encryption key":    {key(t, b.cbp, Encryption, P256).Public(), text, string(jws), KeyUnknown},
		"the zero key":         {PublicKey{}, text, string(jws), KeyUnknown},
		"line feed at the end": {pub, text, string(jws) + "\n", TokenMalformed},
		"with the payload":     {pub, text, strings.Replace(string(jws), "..", "."+enc.EncodeToString(text)+".", 1), TokenMalformed},
		"one part more":        {pub, text, string(jws) + ".", TokenMalformed},
		"empty":                {pub, text, "", TokenMalformed},
		"a record's":           {pub, payloadOf(t, record.JWS), recordParts[0] + ".." + recordParts[2], TypeWrong},
		"too large":            {pub, make([]byte, MaxRecord+1), string(jws), TooLarge},
		"signature too large":  {pub, text, strings.Repeat("A", maxReceipt+1), TooLarge},
	} {
		err := VerifyDetached(c.pub, c.payload, []byte(c.jws))
		if got := reasonOf(err); got != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := b.cbp.SignDetached(make([]byte, MaxRecord+1)); err == nil {
		t.Error("too large, and signed")
	}
	for _, bad := range []string{"", "..", "eyJ9..x", "a\n..b", string(record.JWS)} {
		if id, err := DetachedKey([]byte(bad)); err == nil {
			t.Errorf("%q names %s", bad, id)
		}
	}
}
