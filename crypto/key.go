package crypto

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// ErrKey is what every error about a key's form or use is, for errors.Is.
var ErrKey = errors.New("key not usable")

// Use separates keys: one that signs never decrypts (SP 800-57 part 1, section 5.2; RFC 7517 section 4.2).
type Use string

// The uses, as in a JWK.
const (
	Signing    Use = "sig"
	Encryption Use = "enc"
)

// Validity bounds the life of a key. A zero time is no bound.
type Validity struct {
	NotBefore time.Time // it signs, and is encrypted to, from here on
	NotAfter  time.Time // and until here: what it signed before still verifies, what was encrypted to it still opens
	Revoked   time.Time // compromised: nothing received from here on verifies, whatever date it bears
}

// covers says whether the key may be put to work at an instant.
func (v Validity) covers(at time.Time) bool {
	return !at.Before(v.NotBefore) && (v.NotAfter.IsZero() || at.Before(v.NotAfter)) && !v.revokedAt(at)
}

func (v Validity) revokedAt(at time.Time) bool { return !v.Revoked.IsZero() && !at.Before(v.Revoked) }

// PrivateKey signs or decrypts. It is one or the other for ever.
type PrivateKey struct {
	Validity Validity

	public PublicKey
	key    *ecdsa.PrivateKey
}

// PublicKey verifies or is encrypted to.
type PublicKey struct {
	Validity Validity

	id      string
	use     Use
	profile Profile
	key     *ecdsa.PublicKey
}

// GenerateSigning makes a signing key of the profile P-256.
func GenerateSigning() (*PrivateKey, error) { return P256.GenerateSigning() }

// GenerateEncryption makes a decryption key of the profile P-256.
func GenerateEncryption() (*PrivateKey, error) { return P256.GenerateEncryption() }

// GenerateSigning makes a signing key of this profile.
func (p Profile) GenerateSigning() (*PrivateKey, error) { return p.generate(Signing) }

// GenerateEncryption makes a decryption key of this profile.
func (p Profile) GenerateEncryption() (*PrivateKey, error) { return p.generate(Encryption) }

func (p Profile) generate(use Use) (*PrivateKey, error) {
	if !p.known() {
		return nil, fmt.Errorf("%w: %v", ErrKey, p)
	}
	key, err := ecdsa.GenerateKey(p.curve(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate %s key: %w", use, err)
	}
	return newPrivateKey(key, use)
}

func newPrivateKey(key *ecdsa.PrivateKey, use Use) (*PrivateKey, error) {
	public, err := newPublicKey(&key.PublicKey, use)
	if err != nil {
		return nil, err
	}
	return &PrivateKey{public: public, key: key}, nil
}

func newPublicKey(key *ecdsa.PublicKey, use Use) (PublicKey, error) {
	p, ok := profileOf(key)
	if !ok {
		return PublicKey{}, fmt.Errorf("%w: curve in no profile", ErrKey)
	}
	x, y, err := coordinates(key, p)
	if err != nil {
		return PublicKey{}, err
	}
	return PublicKey{id: thumbprint(p, x, y), use: use, profile: p, key: key}, nil
}

// ID is the key's thumbprint (RFC 7638) as "sha256:<base64url>". Signatures name their key by it.
func (k *PrivateKey) ID() string { return k.public.id }

// Use says what the key is for.
func (k *PrivateKey) Use() Use { return k.public.use }

// Profile is the profile whose curve the key is on.
func (k *PrivateKey) Profile() Profile { return k.public.profile }

// Public is the public half, with the same validity.
func (k *PrivateKey) Public() PublicKey {
	p := k.public
	p.Validity = k.Validity
	return p
}

// ID is the key's thumbprint (RFC 7638) as "sha256:<base64url>".
func (k PublicKey) ID() string { return k.id }

// Use says what the key is for.
func (k PublicKey) Use() Use { return k.use }

// Profile is the profile whose curve the key is on.
func (k PublicKey) Profile() Profile { return k.profile }

// thumbprint hashes the required members in their one order and spelling (RFC 7638 section 3).
func thumbprint(p Profile, x, y string) string {
	sum := sha256.Sum256([]byte(`{"crv":"` + p.String() + `","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// coordinates are the two halves of the uncompressed point, as a JWK writes them (RFC 7518 section 6.2.1).
func coordinates(key *ecdsa.PublicKey, p Profile) (x, y string, err error) {
	point, err := key.Bytes()
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	n := p.size()
	return base64.RawURLEncoding.EncodeToString(point[1 : 1+n]), base64.RawURLEncoding.EncodeToString(point[1+n:]), nil
}

// Digest names bytes by their SHA-256: "sha256:<hex>".
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}
