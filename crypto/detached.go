package crypto

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// SignDetached signs the exact bytes of a document that travels beside its signature, such as an agreement: a compact
// JWS whose middle part is left out (RFC 7515 appendix F). It uses the newest own signing key of the profile P-256 that is
// not revoked, whatever its dates; where a new key waits for its day, use SignDetachedAt.
func (k *Keyring) SignDetached(payload []byte) ([]byte, error) {
	key, err := k.newest(P256, func(v Validity) bool { return v.Revoked.IsZero() })
	if err != nil {
		return nil, err
	}
	return signDetached(key, payload)
}

// SignDetachedAt is SignDetached with the key of a profile that is in use at an instant.
func (k *Keyring) SignDetachedAt(payload []byte, p Profile, now time.Time) ([]byte, error) {
	key, err := k.signer(p, now)
	if err != nil {
		return nil, err
	}
	return signDetached(key, payload)
}

func signDetached(key *PrivateKey, payload []byte) ([]byte, error) {
	if len(payload) > MaxRecord {
		return nil, fmt.Errorf("detached signature: %d bytes, at most %d", len(payload), MaxRecord)
	}
	token, err := signCompact(key, typeDetached, payload)
	if err != nil {
		return nil, err
	}
	head, rest, _ := strings.Cut(token, ".")
	_, signature, _ := strings.Cut(rest, ".")
	return []byte(head + ".." + signature), nil
}

// VerifyDetached checks a detached signature over exact bytes with one key. The signature must name that key. Dates are
// for the caller to judge: a detached signature bears none.
func VerifyDetached(pub PublicKey, payload, jws []byte) error {
	const subject = "signature"
	if pub.key == nil || pub.use != Signing {
		return refuse(subject, false, fail(KeyUnknown, "not a signing key"))
	}
	if len(payload) > MaxRecord || len(jws) > maxReceipt {
		return refuse(subject, false, fail(TooLarge, "payload of %d bytes, signature of %d", len(payload), len(jws)))
	}
	head, signature, ok := strings.Cut(string(jws), "..")
	if !ok {
		return refuse(subject, false, fail(TokenMalformed, "not a detached signature"))
	}
	token := head + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + signature
	h, err := splitSigned(token, pub.profile)
	if err != nil {
		return refuse(subject, false, err)
	}
	if h.typ != typeDetached {
		return refuse(subject, false, fail(TypeWrong, "typ: not %s", typeDetached))
	}
	if h.kid != pub.id {
		return refuse(subject, false, fail(KeyUnknown, "kid: another key"))
	}
	if _, err := verifyCompact(pub, token); err != nil {
		return refuse(subject, false, err)
	}
	return nil
}

// DetachedKey says which key a detached signature names, so that the caller can look it up. Nothing is verified.
func DetachedKey(jws []byte) (string, error) {
	const subject = "signature"
	head, _, ok := strings.Cut(string(jws), "..")
	if !ok || len(jws) > maxReceipt || len(head) > maxHeader || !canonical(head) {
		return "", refuse(subject, false, fail(TokenMalformed, "not a detached signature"))
	}
	for _, p := range []Profile{P256, P384} {
		if h, err := readHeader(head, p, false); err == nil {
			return h.kid, nil
		}
	}
	return "", refuse(subject, false, fail(HeaderRefused, "not a header of ours"))
}
