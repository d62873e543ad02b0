package crypto

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

// FuzzOpen: whatever comes in, the answer is a refusal or the sealed claims, and never both.
func FuzzOpen(f *testing.F) {
	b := newBorder(f)
	good := b.seal(f, b.claims())
	signer := key(f, b.cbp, Signing, P256)
	for _, seed := range [][]byte{
		nil, good.Envelope, good.JWS, []byte("...."), []byte(`{"ciphertext":""}`),
		b.reseal(f, "a.b.c"), b.reseal(f, forgeSigned(f, signer, signedHeader(signer), []byte(`{}`))),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, in []byte, inside bool) {
		if inside { // the signed token, in a good envelope
			in = b.reseal(t, string(in))
		}
		c, o, err := b.cbsa.Open(in, b.expect())
		if err != nil {
			if !errors.Is(err, ErrRefused) || err.Error() != "envelope refused" || c != nil || o != nil {
				t.Fatalf("%v with %v", err, c)
			}
			return
		}
		if o.PayloadDigest != good.PayloadDigest {
			t.Fatal("opened what nobody sealed")
		}
	})
}

// FuzzClaims: the bytes are signed by the true issuer, so everything rests on the claims' own checks.
func FuzzClaims(f *testing.F) {
	b := newBorder(f)
	f.Add(payloadOf(f, b.seal(f, b.claims()).JWS))
	f.Add([]byte(`{"iss":"us.cbp"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := decodeClaims(in)
		if err != nil {
			if _, ok := errors.AsType[*fault](err); !ok {
				t.Fatal(err)
			}
			return
		}
		again, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeClaims(again); err != nil {
			t.Fatalf("read once, not twice: %v\n%s", err, again)
		}
	})
}

// FuzzJSON: what the scanner takes, encoding/json takes too, and sees the same; and the raw bytes are the input's.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[1,-0.5e+3,true,false,null,"\u00e9\ud83d\ude00"]`, ` {"a":{"b":[{}]}} `, `{"a":1,"a":2}`, `"\ud800"`, `01`, `[1,]`,
		`"\ud83d\u0041"`, `{"_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}`, "\"\xff\"", `"\\u` + `d800"`, `-`, `1.`, `"\uD83D\uDE00"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := parseJSON(in)
		if err != nil {
			return
		}
		if !json.Valid(in) {
			t.Fatal("not JSON, and taken")
		}
		if !bytes.Equal(v.raw(), bytes.Trim(in, " \t\r\n")) {
			t.Fatalf("raw is %q", v.raw())
		}
		record, _, err := Strip(in)
		if err == nil && !json.Valid(record) {
			t.Fatalf("stripped to %q", record)
		}
	})
}

// FuzzDisclosure: a disclosure that is accepted has its digest in the payload.
func FuzzDisclosure(f *testing.F) {
	payload, disclosures, err := Conceal([]byte(shipment), []string{"/id", "/consignment/0"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, disclosures[0].Encoded)
	f.Add(payload, disclosures[1].Encoded)
	f.Add([]byte(`{"a":[{"...":""}]}`), "WyJzIiwxXQ")
	f.Fuzz(func(t *testing.T, payload []byte, encoded string) {
		pointer, v, err := CheckDisclosure(payload, encoded)
		if err != nil {
			if !errors.Is(err, ErrRefused) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Contains(payload, []byte(digestOf(encoded))) || !json.Valid(v) || pointer == "" {
			t.Fatalf("%q reveals %s", pointer, v)
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	k, err := GenerateSigning()
	if err != nil {
		f.Fatal(err)
	}
	private, err := k.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(private)
	f.Add(k.Public().JWK())
	f.Fuzz(func(t *testing.T, in []byte) {
		if k, err := ParsePrivateKey(in); err == nil {
			b, err := k.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParsePrivateKey(b); err != nil {
				t.Fatal(err)
			}
		}
		if p, err := ParsePublicKey(in); err == nil && p.JWK() == nil {
			t.Fatal("a public key that cannot be written")
		}
	})
}
