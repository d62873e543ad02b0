package crypto

import "time"

// Expect is what the receiver requires of a token. Nothing in the token is believed that is not held against it.
type Expect struct {
	Audience string    // the receiver; empty is the ring's owner
	Issuer   string    // the party that the connection's certificate names; empty is refused
	Kind     string    // of the envelope; empty is KindRecord
	Now      time.Time // the instant of receipt. Later checks of a stored token pass the instant at which it was received
	Profile  Profile   // the agreement's
}

// Opened is what opening teaches beside the claims.
type Opened struct {
	PayloadDigest string // Digest of the signed claims: what the receipt names
	SigningKey    string // thumbprints
	RecipientKey  string
	JWS           []byte // the issuer's signed statement: the evidence to keep
}

// Open decrypts an envelope, verifies its signature and judges its claims. Whatever is wrong comes back as a *Refusal
// with one text for all reasons.
//
// Open has no memory: that a message comes only once is for the caller to see to, by Claims.ReplayKey.
func (k *Keyring) Open(envelope []byte, x Expect) (*Claims, *Opened, error) {
	const subject = "envelope"
	if !x.Profile.known() {
		return nil, nil, refuse(subject, false, fail(AlgorithmRefused, "%v", x.Profile))
	}
	jws, recipientKey, err := k.decrypt(envelope, x.Profile)
	if err != nil {
		return nil, nil, refuse(subject, false, err)
	}
	if x.Kind == "" {
		x.Kind = KindRecord
	}
	payload, key, err := k.verify(jws, recordType(x.Kind), x)
	if err != nil {
		return nil, nil, refuse(subject, false, err)
	}
	c, err := decodeClaims(payload)
	if err != nil {
		return nil, nil, refuse(subject, true, err)
	}
	c.Profile = x.Profile
	if err := k.judge(c, recipientKey, key, x); err != nil {
		return nil, nil, refuse(subject, true, err)
	}
	return c, &Opened{PayloadDigest: Digest(payload), SigningKey: key.id, RecipientKey: recipientKey, JWS: jws}, nil
}

// decrypt returns the signed token inside and the thumbprint of the key that opened it.
func (k *Keyring) decrypt(envelope []byte, p Profile) (jws []byte, key string, err error) {
	if len(envelope) > MaxEnvelope {
		return nil, "", tooLong(len(envelope), MaxEnvelope)
	}
	token := string(envelope)
	h, err := splitEncrypted(token, p)
	if err != nil {
		return nil, "", err
	}
	if h.cty != contentType {
		return nil, "", fail(TypeWrong, "cty: not %s", contentType)
	}
	private, known := k.decryption(h.kid, p)
	plain, err := decryptCompact(private, token)
	if err != nil {
		return nil, "", err
	}
	if !known { // encrypted to a decoy: nobody knows its public key
		return nil, "", fail(DecryptionFailed, "kid: not a decryption key of ours")
	}
	return plain, h.kid, nil
}

// verify returns the bytes that the signature covers and the issuer's key that made it.
func (k *Keyring) verify(jws []byte, typ string, x Expect) ([]byte, PublicKey, error) {
	token := string(jws)
	h, err := splitSigned(token, x.Profile)
	if err != nil {
		return nil, PublicKey{}, err
	}
	if h.typ != typ {
		return nil, PublicKey{}, fail(TypeWrong, "typ: not %s", typ)
	}
	key, known := k.verification(x.Issuer, h.kid, x.Profile)
	payload, err := verifyCompact(key, token)
	if !known {
		return nil, PublicKey{}, fail(KeyUnknown, "kid: not a signing key of the issuer expected")
	}
	return payload, key, err
}

func (k *Keyring) judge(c *Claims, recipientKey string, key PublicKey, x Expect) error {
	if err := k.judgeParties(c.Issuer, c.Audience, x); err != nil {
		return err
	}
	if c.Kind != x.Kind {
		return fail(ClaimsInvalid, "kind: not %s", x.Kind)
	}
	if c.RecipientKey != recipientKey {
		return fail(RecipientKeyWrong, "recipientKey: not the key that opened it")
	}
	if err := judgeKey(key, c.IssuedAt, x.Now); err != nil {
		return err
	}
	if c.IssuedAt.After(x.Now.Add(Tolerance)) {
		return fail(NotYetValid, "iat: %v ahead", c.IssuedAt.Sub(x.Now))
	}
	if !x.Now.Before(c.Expires.Add(Tolerance)) {
		return fail(Expired, "exp: %v ago", x.Now.Sub(c.Expires))
	}
	return nil
}

func (k *Keyring) judgeParties(issuer, audience string, x Expect) error {
	if x.Audience == "" {
		x.Audience = k.agency
	}
	if x.Issuer == "" || issuer != x.Issuer {
		return fail(IssuerWrong, "iss: not the party expected")
	}
	if audience != x.Audience {
		return fail(AudienceWrong, "aud: not %s", x.Audience)
	}
	return nil
}

// judgeKey holds the key's dates against the date that the token bears, and its revocation against our own clock: who
// has stolen a key can write any date.
func judgeKey(key PublicKey, signedAt, now time.Time) error {
	v := key.Validity
	if v.revokedAt(now) {
		return fail(KeyRevoked, "key revoked at %s", v.Revoked.UTC().Format(time.RFC3339))
	}
	if signedAt.Add(Tolerance).Before(v.NotBefore) || !v.NotAfter.IsZero() && !signedAt.Before(v.NotAfter.Add(Tolerance)) {
		return fail(KeyNotValid, "signed at %s", signedAt.UTC().Format(time.RFC3339))
	}
	return nil
}
