package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tests make their hostile tokens, and judge our good ones, with a second implementation of the little JOSE that the
// profile needs. It uses the standard library alone and puts any header that a test asks for on the wire.

var enc = base64.RawURLEncoding

// forgeSigned signs header and payload as they are (RFC 7515 section 5.1).
func forgeSigned(t testing.TB, key *PrivateKey, header string, payload []byte) string {
	t.Helper()
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString(payload)
	return input + "." + enc.EncodeToString(forgeSignature(t, key, input))
}

func forgeSignature(t testing.TB, key *PrivateKey, input string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(input))
	digest := sum[:]
	if key.Profile() == P384 {
		long := sha512.Sum384([]byte(input))
		digest = long[:]
	}
	r, s, err := ecdsa.Sign(rand.Reader, key.key, digest)
	if err != nil {
		t.Fatal(err)
	}
	n := key.Profile().size()
	return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...)
}

// forgeEncrypted encrypts to a key (RFC 7516 section 5.1, RFC 7518 sections 4.6 and 5.3). header is the text of the whole
// protected header, in which <epk> stands for the ephemeral key: no kid can have that in it.
func forgeEncrypted(t testing.TB, key PublicKey, header string, plain []byte) string {
	t.Helper()
	recipient, err := key.key.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	ephemeral, err := recipient.Curve().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	z, err := ephemeral.ECDH(recipient)
	if err != nil {
		t.Fatal(err)
	}
	content := random(t, 32)
	nonce := random(t, 12)
	protected := enc.EncodeToString([]byte(strings.ReplaceAll(header, "<epk>", ephemeralJWK(ephemeral.PublicKey(), key.profile))))
	block, err := aes.NewCipher(content)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	sealed := gcm.Seal(nil, nonce, plain, []byte(protected))
	body, tag := sealed[:len(plain)], sealed[len(plain):]
	wrapped := wrapKey(t, concatKDF(z, algKeyWrap, 32), content)
	return strings.Join([]string{
		protected, enc.EncodeToString(wrapped), enc.EncodeToString(nonce), enc.EncodeToString(body),
		enc.EncodeToString(tag),
	}, ".")
}

func ephemeralJWK(key *ecdh.PublicKey, p Profile) string {
	point, n := key.Bytes(), p.size()
	return fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, p, enc.EncodeToString(point[1:1+n]), enc.EncodeToString(point[1+n:]))
}

// concatKDF is the one-step derivation of RFC 7518 section 4.6.2, with empty party info and one hash.
func concatKDF(z []byte, alg string, size int) []byte {
	return concatKDFWithParties(z, alg, "", "", size)
}

func concatKDFWithParties(z []byte, alg, u, v string, size int) []byte {
	be := binary.BigEndian
	b := append(be.AppendUint32(nil, 1), z...)
	for _, text := range []string{alg, u, v} {
		b = append(be.AppendUint32(b, uint32(len(text))), text...)
	}
	sum := sha256.Sum256(be.AppendUint32(b, uint32(size*8)))
	return sum[:size]
}

// wrapKey is RFC 3394 section 2.2.1.
func wrapKey(t testing.TB, kek, key []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	if err != nil {
		t.Fatal(err)
	}
	a := []byte{0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6}
	r := append([]byte(nil), key...)
	n := len(key) / 8
	for j := range 6 {
		for i := range n {
			b := append(append([]byte(nil), a...), r[8*i:8*i+8]...)
			block.Encrypt(b, b)
			binary.BigEndian.PutUint64(a, binary.BigEndian.Uint64(b)^uint64(n*j+i+1))
			copy(r[8*i:], b[8:])
		}
	}
	return append(a, r...)
}

func random(t testing.TB, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// border is two agencies that know each other, and a third that both know.
type border struct {
	cbp, cbsa, third *Keyring
	now              time.Time
}

func newBorder(t testing.TB) *border {
	t.Helper()
	b := &border{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	rings := map[string]**Keyring{"us.cbp": &b.cbp, "ca.cbsa": &b.cbsa, "mx.sat": &b.third}
	for agency, ring := range rings {
		k, err := NewKeyring(agency)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []Profile{P256, P384} {
			for _, use := range []Use{Signing, Encryption} {
				if _, err := k.Rotate(use, p, b.now.Add(-time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
		}
		*ring = k
	}
	for _, from := range rings {
		for _, to := range rings {
			if from == to {
				continue
			}
			for _, key := range (*from).Published(b.now) {
				if err := (*to).AddPeer((*from).Agency(), key); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return b
}

// claims are complete ones from CBP to CBSA.
func (b *border) claims() Claims {
	return Claims{
		Audience: "ca.cbsa", MessageID: "01938f00-0000-7000-8000-000000000001", Agreement: "ca-us-highway", AgreementVersion: 3,
		AgreementHash: Digest([]byte("agreement")), Purpose: "risk", Articles: []string{"4.1", "4.2"}, Caveats: []string{"no-onward"},
		Sequence: 7, Expires: b.now.Add(72 * time.Hour), Class: "cargo.report", RecordID: "r-1",
		Record: []byte(`{"consignment":[{"grossMass":{"value":1250.50}}],"note":"Québec <&> \u00e9"}`),
	}
}

func (b *border) expect() Expect {
	return Expect{Audience: "ca.cbsa", Issuer: "us.cbp", Now: b.now}
}

func (b *border) seal(t testing.TB, c Claims) *Sealed {
	t.Helper()
	s, err := b.cbp.SealEnvelope(c, b.now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// key returns a private key of a ring.
func key(t testing.TB, k *Keyring, use Use, p Profile) *PrivateKey {
	t.Helper()
	for _, own := range k.own {
		if own.Use() == use && own.Profile() == p {
			return own
		}
	}
	t.Fatal("no such key")
	return nil
}

func signedHeader(k *PrivateKey) string {
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"peacebridge-record+jwt"}`, k.Profile().signature(), k.ID())
}

func encryptedHeader(k PublicKey) string {
	return fmt.Sprintf(`{"alg":"ECDH-ES+A256KW","enc":"A256GCM","kid":%q,"cty":"JWT","epk":<epk>}`, k.ID())
}

// reseal puts any signed token into an envelope to CBSA.
func (b *border) reseal(t testing.TB, signed string) []byte {
	t.Helper()
	to := key(t, b.cbsa, Encryption, P256).Public()
	return []byte(forgeEncrypted(t, to, encryptedHeader(to), []byte(signed)))
}
