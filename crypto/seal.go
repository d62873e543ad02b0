package crypto

import (
	"fmt"
	"time"
)

// Sealed is an envelope with what its sender keeps: the receipt that comes back is judged by PayloadDigest. The sender
// cannot open its own envelope, so what is not kept here is gone.
type Sealed struct {
	Envelope      []byte // compact JWE: store it and send it again unchanged
	JWS           []byte // the signed claims inside; as secret as the record
	PayloadDigest string // Digest of the signed claims
	SigningKey    string // thumbprints
	RecipientKey  string
}

// Seal signs the claims and encrypts the result to the audience: a compact JWS in a compact JWE (RFC 7519 section 11.2).
func (k *Keyring) Seal(c Claims, now time.Time) ([]byte, error) {
	s, err := k.SealEnvelope(c, now)
	if err != nil {
		return nil, err
	}
	return s.Envelope, nil
}

// SealEnvelope is Seal for a sender that will want to check the receipt. What is wrong with the claims is an error of the
// caller, not a refusal: nothing came in from outside.
func (k *Keyring) SealEnvelope(c Claims, now time.Time) (*Sealed, error) {
	if !c.Profile.known() {
		return nil, fmt.Errorf("seal: %v: not known", c.Profile)
	}
	signer, err := k.signer(c.Profile, now)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	recipient, err := k.complete(&c, now)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	payload, err := c.encode()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := decodeClaims(payload); err != nil { // what the peer would refuse is never signed
		return nil, fmt.Errorf("seal: %w", err)
	}
	signed, err := signCompact(signer, recordType(c.Kind), payload)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed, err := encryptCompact(recipient, contentType, []byte(signed))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Sealed{
		Envelope: []byte(sealed), JWS: []byte(signed), PayloadDigest: Digest(payload),
		SigningKey: signer.ID(), RecipientKey: recipient.ID(),
	}, nil
}

// complete fills in what the claims leave to Seal and checks what they do not.
func (k *Keyring) complete(c *Claims, now time.Time) (PublicKey, error) {
	if c.Issuer == "" {
		c.Issuer = k.agency
	}
	if c.Issuer != k.agency {
		return PublicKey{}, fmt.Errorf("iss: %s cannot sign for %s", k.agency, c.Issuer)
	}
	if c.Kind == "" {
		c.Kind = KindRecord
	}
	if c.IssuedAt.IsZero() {
		c.IssuedAt = now
	}
	c.IssuedAt, c.Expires = c.IssuedAt.Truncate(time.Second), c.Expires.Truncate(time.Second)
	if c.IssuedAt.After(now) || !c.Expires.After(now) {
		return PublicKey{}, fmt.Errorf("iat and exp: now is not between them")
	}
	if c.Digest == "" {
		c.Digest = Digest(c.Record)
	}
	if len(c.Record) > MaxRecord {
		return PublicKey{}, fmt.Errorf("record: %d bytes, at most %d", len(c.Record), MaxRecord)
	}
	recipient, err := k.recipient(c, now)
	if err != nil {
		return PublicKey{}, err
	}
	c.RecipientKey = recipient.ID()
	return recipient, nil
}

func (k *Keyring) recipient(c *Claims, now time.Time) (PublicKey, error) {
	if c.RecipientKey == "" {
		return k.Recipient(c.Audience, c.Profile, now)
	}
	key, ok := k.Find(c.Audience, c.RecipientKey)
	if !ok || key.use != Encryption || key.profile != c.Profile || !key.Validity.covers(now) {
		return PublicKey{}, fmt.Errorf("recipientKey: %s: %w", c.Audience, ErrNoKey)
	}
	return key, nil
}

// Every kind of token has a type of its own, so that one can never be taken for another (RFC 8725 section 3.11).
const (
	contentType  = "JWT" // cty of an envelope: a nested JWT (RFC 7519 section 5.2)
	kindReceipt  = "receipt"
	typeDetached = "peacebridge-detached"
)

func recordType(kind string) string { return "peacebridge-" + kind + "+jwt" }
