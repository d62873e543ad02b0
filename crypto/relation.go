package crypto

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"
)

// RelationKey is a secret of 32 bytes that the two agencies of a relation both
// compute and nobody else: static Diffie-Hellman between their encryption keys
// of the P-256 profile in force at an instant (SP 800-56A section 6.3), taken
// through HKDF-SHA-256 (RFC 5869) for one use, the label. It keys pseudonyms,
// which both sides must be able to compare; it encrypts nothing. When either
// agency changes its encryption key, the secret changes too.
func (k *Keyring) RelationKey(agency, label string, at time.Time) ([]byte, error) {
	mine, err := k.Recipient(k.agency, P256, at)
	if err != nil {
		return nil, err
	}
	theirs, err := k.Recipient(agency, P256, at)
	if err != nil {
		return nil, err
	}
	k.mu.RLock()
	own := k.own[mine.id]
	k.mu.RUnlock()
	private, err := own.key.ECDH()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	public, err := theirs.key.ECDH()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	secret, err := private.ECDH(public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return hkdf.Key(sha256.New, secret, nil, "peacebridge relation key: "+label, 32)
}
