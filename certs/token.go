package certs

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

// A token is text that its holder can spend once for a certificate:
//
//	pbt1:<secret>:<fingerprint>:<agency>/<role>/<id>
//
// The secret is 32 random bytes in base64url, the fingerprint the SHA-256 of the CA certificate in hexadecimal. The
// authority stores the SHA-256 of the whole text, so nothing in it can be exchanged. A fast hash is enough: there is no
// guessing of 256 random bits.
const (
	tokenPrefix = "pbt1"
	maxToken    = 512
	// maxTokenLife: a token lies around in mail and tickets; a month is more than any enrolment needs.
	maxTokenLife = 30 * day
)

// TokenInfo is what a token tells the one who holds it.
type TokenInfo struct {
	Identity    Identity // the identity that its certificate will have
	Fingerprint string   // of the CA certificate, as Fingerprint returns it
}

// ParseToken reads a token without judging it; only the authority that made it can do that.
func ParseToken(token string) (TokenInfo, error) {
	if len(token) > maxToken {
		return TokenInfo{}, refuse(TokenMalformed, "")
	}
	parts := strings.Split(token, ":")
	if len(parts) != 4 || parts[0] != tokenPrefix {
		return TokenInfo{}, refuse(TokenMalformed, "")
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil || len(secret) != 32 {
		return TokenInfo{}, refuse(TokenMalformed, "secret")
	}
	sum, err := hex.DecodeString(parts[2])
	if err != nil || len(sum) != sha256.Size || hex.EncodeToString(sum) != parts[2] {
		return TokenInfo{}, refuse(TokenMalformed, "fingerprint")
	}
	id, err := ParseIdentity(scheme + parts[3])
	if err != nil {
		return TokenInfo{}, &Refusal{Reason: TokenMalformed, Err: err}
	}
	return TokenInfo{Identity: id, Fingerprint: fingerprintPrefix + parts[2]}, nil
}

// newToken makes the text of a token for an identity under the CA with this fingerprint.
func newToken(id Identity, fingerprint string) string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand.Read ends the program instead
	return strings.Join([]string{
		tokenPrefix,
		base64.RawURLEncoding.EncodeToString(secret[:]),
		strings.TrimPrefix(fingerprint, fingerprintPrefix),
		strings.TrimPrefix(id.URI(), scheme),
	}, ":")
}

// tokenRecord is what the register keeps of a token.
type tokenRecord struct {
	Hash     string // SHA-256 of the token, hexadecimal
	Identity Identity
	Hosts    []string
	Expires  time.Time
	spent    bool
	void     bool
}

// tokenID is the public name of a token: enough of its hash to find it, useless for spending it.
func tokenID(hash string) string { return hash[:16] }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
