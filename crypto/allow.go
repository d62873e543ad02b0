package crypto

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"fmt"
	"time"
)

// Profile is one complete choice of algorithms. An agreement names one profile; a token of any other is refused before
// its key is looked at, so there is nothing to negotiate and nothing to talk down (RFC 8725 section 3.1).
//
// Both profiles wrap a fresh content key with ECDH-ES+A256KW and encrypt with A256GCM (RFC 7518 sections 4.6, 5.3).
// They differ in the curve and the signature. Not in any profile, and why:
//
//   - none, HS*: a public key must never become a shared secret (RFC 8725 section 2.1).
//   - RSA in any form: 1.5 padding, key sizes and salt lengths are checks that we then need not make.
//   - EdDSA, X25519: the JOSE library does not know the names of RFC 9864, nor the key type for ECDH-ES.
//   - dir, PBES2, A*KW alone: they need shared secrets; PBES2 also lets a sender choose our work.
//   - zip: compressed text is a bomb on the way in and a leak by length on the way out (RFC 8725 section 3.6).
type Profile uint8

// The profiles. The zero value is the one that holds where an agreement names none.
const (
	P256 Profile = iota // ES256, ECDH-ES+A256KW on P-256, A256GCM
	P384                // ES384, ECDH-ES+A256KW on P-384, A256GCM: about six times the time for each message
)

const (
	algKeyWrap = "ECDH-ES+A256KW"
	algContent = "A256GCM"
)

// String is the name that an agreement uses.
func (p Profile) String() string {
	switch p {
	case P256:
		return "P-256"
	case P384:
		return "P-384"
	}
	return fmt.Sprintf("profile %d", uint8(p))
}

// ParseProfile reads the name of a profile; the empty name is P-256.
func ParseProfile(name string) (Profile, error) {
	switch name {
	case "", "P-256":
		return P256, nil
	case "P-384":
		return P384, nil
	}
	return 0, fmt.Errorf("profile %q: not P-256 or P-384", name)
}

func (p Profile) known() bool { return p == P256 || p == P384 }

// signature is the JWS algorithm (RFC 7518 section 3.4).
func (p Profile) signature() string {
	if p == P384 {
		return "ES384"
	}
	return "ES256"
}

func (p Profile) curve() elliptic.Curve {
	if p == P384 {
		return elliptic.P384()
	}
	return elliptic.P256()
}

// size is the length in bytes of a coordinate, of a private scalar, and of each half of a signature.
func (p Profile) size() int {
	if p == P384 {
		return 48
	}
	return 32
}

func profileOf(key *ecdsa.PublicKey) (Profile, bool) {
	switch key.Curve {
	case elliptic.P256():
		return P256, true
	case elliptic.P384():
		return P384, true
	}
	return 0, false
}

// Limits. Each is checked on the encoded form, before anything is decoded or allocated for it.
const (
	MaxRecord   = 1 << 20            // bytes of the record in an envelope; images and attachments travel apart, by digest
	MaxEnvelope = 2 << 20            // bytes of a compact token: MaxRecord and its claims, in base64url twice
	maxPayload  = MaxRecord + 32<<10 // bytes of the signed claims with their record
	maxHeader   = 4 << 10            // bytes of a JOSE header, encoded
	maxJWK      = 4 << 10            // bytes of a JWK file
	maxText     = 512                // bytes of a text claim
	maxList     = 256                // entries of a list claim
)

// Tolerance is how far two agencies' clocks may differ. It is fixed: a wider one is a longer life for stolen keys.
const Tolerance = 2 * time.Minute
