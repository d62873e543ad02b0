package crypto

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// A key file is one JWK (RFC 7517) with exactly these members:
//
//	{"kty":"EC","crv":"P-256","x":"…","y":"…","d":"…",
//	 "use":"sig","alg":"ES256","kid":"sha256:…","nbf":1795219200,"exp":1802995200}
//
// d only in a private key. use, alg, crv and kid are required and must agree; a library would let a key marked for
// encryption verify a signature. nbf and exp are seconds since 1970, each may be absent; "revoked" stands beside them
// once the key is compromised. Programs that do not know these three members ignore them (RFC 7517 section 4).
type jwkFile struct {
	Kty     string `json:"kty"`
	Crv     string `json:"crv"`
	X       string `json:"x"`
	Y       string `json:"y"`
	D       string `json:"d,omitempty"`
	Use     Use    `json:"use"`
	Alg     string `json:"alg"`
	Kid     string `json:"kid"`
	Nbf     int64  `json:"nbf,omitempty"`
	Exp     int64  `json:"exp,omitempty"`
	Revoked int64  `json:"revoked,omitempty"`
}

func algorithmFor(use Use, p Profile) string {
	if use == Signing {
		return p.signature()
	}
	return algKeyWrap
}

func (k PublicKey) file() (jwkFile, error) {
	if k.key == nil {
		return jwkFile{}, fmt.Errorf("%w: empty key", ErrKey)
	}
	x, y, err := coordinates(k.key, k.profile)
	if err != nil {
		return jwkFile{}, err
	}
	return jwkFile{
		Kty: "EC", Crv: k.profile.String(), X: x, Y: y, Use: k.use, Alg: algorithmFor(k.use, k.profile), Kid: k.id,
		Nbf: seconds(k.Validity.NotBefore), Exp: seconds(k.Validity.NotAfter), Revoked: seconds(k.Validity.Revoked),
	}, nil
}

// JWK writes the public JWK; nil for the zero key.
func (k PublicKey) JWK() []byte {
	f, err := k.file()
	if err != nil {
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil
	}
	return b
}

// Marshal writes the private JWK. The result is a secret.
func (k *PrivateKey) Marshal() ([]byte, error) {
	f, err := k.Public().file()
	if err != nil {
		return nil, err
	}
	d, err := k.key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	f.D = base64.RawURLEncoding.EncodeToString(d)
	return json.Marshal(f)
}

// ParsePublicKey reads a public JWK. A private one is refused: it has no business where public keys are read.
func ParsePublicKey(jwk []byte) (PublicKey, error) {
	j, err := readJWK(jwk)
	if err != nil {
		return PublicKey{}, err
	}
	if j.d != nil {
		return PublicKey{}, fmt.Errorf("%w: jwk: private, public wanted", ErrKey)
	}
	return j.public, nil
}

// ParsePrivateKey reads a private JWK.
func ParsePrivateKey(jwk []byte) (*PrivateKey, error) {
	j, err := readJWK(jwk)
	if err != nil {
		return nil, err
	}
	if j.d == nil {
		return nil, fmt.Errorf("%w: jwk: public, private wanted", ErrKey)
	}
	key, err := ecdsa.ParseRawPrivateKey(j.public.profile.curve(), j.d)
	if err != nil {
		return nil, fmt.Errorf("%w: jwk: d: out of range", ErrKey)
	}
	if !key.PublicKey.Equal(j.public.key) {
		return nil, fmt.Errorf("%w: jwk: d belongs to another public key", ErrKey)
	}
	return &PrivateKey{Validity: j.public.Validity, public: j.public, key: key}, nil
}

type parsedJWK struct {
	public PublicKey
	d      []byte
}

func readJWK(b []byte) (parsedJWK, error) {
	bad := func(format string, args ...any) (parsedJWK, error) {
		return parsedJWK{}, fmt.Errorf("%w: jwk: %s", ErrKey, fmt.Sprintf(format, args...))
	}
	if len(b) > maxJWK {
		return bad("%d bytes, at most %d", len(b), maxJWK)
	}
	v, err := parseJSON(b)
	if err != nil {
		return bad("%v", err)
	}
	o := objectOf(v)
	f := jwkFile{
		Kty: o.text("kty", must), Crv: o.text("crv", must), X: o.text("x", must), Y: o.text("y", must), D: o.text("d", may),
		Use: Use(o.text("use", must)), Alg: o.text("alg", must), Kid: o.text("kid", must),
		Nbf: o.number("nbf", may), Exp: o.number("exp", may), Revoked: o.number("revoked", may),
	}
	if err := o.end(); err != nil {
		return bad("%v", err)
	}
	profile, err := ParseProfile(f.Crv)
	if err != nil || f.Kty != "EC" || f.Crv == "" {
		return bad("kty and crv: not EC on P-256 or P-384")
	}
	if f.Use != Signing && f.Use != Encryption {
		return bad("use: not sig or enc")
	}
	if f.Alg != algorithmFor(f.Use, profile) {
		return bad("alg: not %s, as use and crv ask for", algorithmFor(f.Use, profile))
	}
	point := []byte{4} // uncompressed, SEC 1 section 2.3.3
	for _, c := range []string{f.X, f.Y} {
		half, err := fixed(c, profile.size())
		if err != nil {
			return bad("x and y: %v", err)
		}
		point = append(point, half...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(profile.curve(), point)
	if err != nil {
		return bad("x and y: not a point of the curve")
	}
	public, err := newPublicKey(key, f.Use)
	if err != nil {
		return parsedJWK{}, err
	}
	if public.id != f.Kid {
		return bad("kid: not the key's thumbprint")
	}
	public.Validity = Validity{instant(f.Nbf), instant(f.Exp), instant(f.Revoked)}
	j := parsedJWK{public: public}
	if f.D != "" {
		if j.d, err = fixed(f.D, profile.size()); err != nil {
			return bad("d: %v", err)
		}
	}
	return j, nil
}

// fixed decodes canonical base64url of exactly n bytes.
func fixed(s string, n int) ([]byte, error) {
	if len(s) != base64.RawURLEncoding.EncodedLen(n) || !canonical(s) {
		return nil, fmt.Errorf("not base64url of %s bytes", strconv.Itoa(n))
	}
	return base64.RawURLEncoding.DecodeString(s)
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func instant(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
