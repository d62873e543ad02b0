package crypto

import (
	"crypto/fips140"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// This is the only file that knows the JOSE library. Every token that comes in here has been through compact.go, and
// every call passes one algorithm and one key: never a list of keys to choose from, never a header that names one.

// errFIPSOnly: the library chooses GCM nonces itself, which Go's module forbids in its strictest mode by a panic.
var errFIPSOnly = errors.New("GODEBUG=fips140=only cannot encrypt with A256GCM here; use fips140=on")

func signCompact(key *PrivateKey, typ string, payload []byte) (string, error) {
	options := new(jose.SignerOptions).WithType(jose.ContentType(typ)).WithHeader("kid", key.ID())
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(key.Profile().signature()),
		Key:       key.key,
	}, options)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed.CompactSerialize()
}

// verifyCompact returns the payload bytes that the signature covers.
func verifyCompact(key PublicKey, token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.profile.signature())})
	if err != nil {
		return nil, fail(SignatureInvalid, "%w", err)
	}
	payload, err := signed.Verify(key.key)
	if err != nil {
		return nil, fail(SignatureInvalid, "%w", err)
	}
	return payload, nil
}

func encryptCompact(key PublicKey, cty string, plain []byte) (string, error) {
	if fips140.Enforced() {
		return "", errFIPSOnly
	}
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{
		Algorithm: jose.ECDH_ES_A256KW,
		Key:       key.key,
		KeyID:     key.id,
	}, new(jose.EncrypterOptions).WithContentType(jose.ContentType(cty)))
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	sealed, err := encrypter.Encrypt(plain)
	if err != nil {
		return "", fmt.Errorf("encrypt: %w", err)
	}
	return sealed.CompactSerialize()
}

func decryptCompact(key *PrivateKey, token string) ([]byte, error) {
	if fips140.Enforced() {
		return nil, errFIPSOnly
	}
	sealed, err := jose.ParseEncryptedCompact(token,
		[]jose.KeyAlgorithm{jose.ECDH_ES_A256KW}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, fail(DecryptionFailed, "%w", err)
	}
	plain, err := sealed.Decrypt(key.key)
	if err != nil {
		return nil, fail(DecryptionFailed, "%w", err)
	}
	return plain, nil
}
