package crypto

import (
	"encoding/json"
	"errors"
	"io"
	"time"
)

var errSkeleton = errors.New("not built yet")

// Profile is one set of algorithms.
type Profile uint8

// The profiles.
const (
	P256 Profile = iota
	P384
)

// Validity bounds the use of a key.
type Validity struct{ NotBefore, NotAfter, Revoked time.Time }

// PrivateKey is one private key.
type PrivateKey struct{ Validity Validity }

// PublicKey is one public key.
type PublicKey struct{ Validity Validity }

// GenerateSigning makes a P-256 signing key.
func GenerateSigning() (*PrivateKey, error) { return nil, errSkeleton }

// GenerateEncryption makes a P-256 decryption key.
func GenerateEncryption() (*PrivateKey, error) { return nil, errSkeleton }

// GenerateSigning makes a signing key of this profile.
func (p Profile) GenerateSigning() (*PrivateKey, error) { return nil, errSkeleton }

// GenerateEncryption makes a decryption key of this profile.
func (p Profile) GenerateEncryption() (*PrivateKey, error) { return nil, errSkeleton }

// ParsePrivateKey reads a private JWK.
func ParsePrivateKey(jwk []byte) (*PrivateKey, error) { return nil, errSkeleton }

// ParsePublicKey reads a public JWK.
func ParsePublicKey(jwk []byte) (PublicKey, error) { return PublicKey{}, errSkeleton }

// ID is the thumbprint of RFC 7638 as "sha256:<base64url>".
func (k *PrivateKey) ID() string { return "" }

// Public is the public half.
func (k *PrivateKey) Public() PublicKey { return PublicKey{} }

// Marshal writes the private JWK.
func (k *PrivateKey) Marshal() ([]byte, error) { return nil, errSkeleton }

// ID is the thumbprint of RFC 7638 as "sha256:<base64url>".
func (k PublicKey) ID() string { return "" }

// JWK writes the public JWK.
func (k PublicKey) JWK() []byte { return nil }

// Keyring holds an agency's keys and its peers' public keys.
type Keyring struct{}

// NewKeyring makes an empty keyring of an agency.
func NewKeyring(agency string) (*Keyring, error) { return nil, errSkeleton }

// CreateKeyring makes and saves a keyring with one key pair of each use.
func CreateKeyring(dir, agency string, now time.Time) (*Keyring, error) { return nil, errSkeleton }

// LoadKeyring reads own/*.jwk and peers/<agency>/*.jwk below dir.
func LoadKeyring(dir, agency string) (*Keyring, error) { return nil, errSkeleton }

// Save writes the keyring below dir.
func (k *Keyring) Save(dir string) error { return errSkeleton }

// AddOwn adds a private key.
func (k *Keyring) AddOwn(key *PrivateKey) error { return errSkeleton }

// AddPeer adds a peer's public key.
func (k *Keyring) AddPeer(agency string, key PublicKey) error { return errSkeleton }

// Retire ends the validity of a key at an instant.
func (k *Keyring) Retire(id string, at time.Time) error { return errSkeleton }

// Revoke says that a key is compromised from an instant on.
func (k *Keyring) Revoke(id string, at time.Time) error { return errSkeleton }

// Published are the own public keys that a peer needs at an instant and later.
func (k *Keyring) Published(now time.Time) []PublicKey { return nil }

// Recipient is the key to which a record for the agency is encrypted.
func (k *Keyring) Recipient(agency string, p Profile, now time.Time) (PublicKey, error) {
	return PublicKey{}, errSkeleton
}

// Find returns a key of an agency (the own one included) by its thumbprint.
func (k *Keyring) Find(agency, id string) (PublicKey, bool) { return PublicKey{}, false }

// Disclosure reveals one concealed value.
type Disclosure struct{ Pointer, Encoded string }

// Conceal replaces the values at pointers by salted digests.
func Conceal(record []byte, pointers []string, rnd io.Reader) (payload []byte, disclosures []Disclosure, err error) {
	return nil, nil, errSkeleton
}

// Strip is the record without digests.
func Strip(payload []byte) (record []byte, concealed int, err error) { return nil, 0, errSkeleton }

// CheckDisclosure says what a disclosure reveals in a payload.
func CheckDisclosure(payload []byte, encoded string) (pointer string, value json.RawMessage, err error) {
	return "", nil, errSkeleton
}

// Claims are what is signed.
type Claims struct {
	Issuer, Audience, MessageID, Kind, Agreement string
	AgreementVersion                             int
	AgreementHash, Purpose                       string
	Articles, Caveats                            []string
	Sequence                                     uint64
	IssuedAt, Expires                            time.Time
	Replaces, Class, RecordID, Digest            string
	RecipientKey                                 string
	Record                                       json.RawMessage
	Profile                                      Profile // not signed as a claim: the alg headers say it
}

// Sealed is an envelope with what the sender keeps to judge the receipt.
type Sealed struct {
	Envelope, JWS                           []byte
	PayloadDigest, SigningKey, RecipientKey string
}

// Opened is what opening taught besides the claims.
type Opened struct {
	PayloadDigest, SigningKey string
	JWS                       []byte
}

// Expect is what the receiver requires.
type Expect struct {
	Audience, Issuer, Kind string
	Now                    time.Time
	Profile                Profile
}

// Seal signs, then encrypts.
func (k *Keyring) Seal(c Claims, now time.Time) ([]byte, error) { return nil, errSkeleton }

// SealEnvelope is Seal with what the sender keeps.
func (k *Keyring) SealEnvelope(c Claims, now time.Time) (*Sealed, error) { return nil, errSkeleton }

// Open decrypts, verifies and judges.
func (k *Keyring) Open(envelope []byte, x Expect) (*Claims, *Opened, error) {
	return nil, nil, errSkeleton
}

// Receipt is the peer's signed statement.
type Receipt struct {
	Issuer, Audience, MessageID, PayloadDigest, Verdict, Reason, LogOrigin string
	Index                                                                  uint64
	At                                                                     time.Time
	RecipientKey                                                           string
	StricterWithheld                                                       int
	SignedAt                                                               time.Time
	Profile                                                                Profile
}

// Verdicts of a receipt.
const (
	VerdictCommitted = "COMMITTED"
	VerdictDuplicate = "DUPLICATE"
	VerdictRefused   = "REFUSED"
)

// SignReceipt signs.
func (k *Keyring) SignReceipt(r Receipt) ([]byte, error) { return nil, errSkeleton }

// OpenReceipt verifies.
func (k *Keyring) OpenReceipt(b []byte, x Expect) (*Receipt, error) { return nil, errSkeleton }

// SignDetached signs bytes with a detached signature of RFC 7515 appendix F.
func (k *Keyring) SignDetached(payload []byte) ([]byte, error) { return nil, errSkeleton }

// SignDetachedAt is SignDetached with the key in use at an instant.
func (k *Keyring) SignDetachedAt(payload []byte, now time.Time) ([]byte, error) {
	return nil, errSkeleton
}

// VerifyDetached checks a detached signature.
func VerifyDetached(pub PublicKey, payload, jws []byte) error { return errSkeleton }

// Reason is a code of refusals.csv.
type Reason string

// Some reasons.
const (
	SignatureInvalid Reason = "SIGNATURE_INVALID"
	DecryptionFailed Reason = "DECRYPTION_FAILED"
	AudienceWrong    Reason = "AUDIENCE_WRONG"
	Expired          Reason = "EXPIRED"
)

// Refusal is a refused envelope, receipt, signature or disclosure. Error never says the reason.
type Refusal struct{ Reason Reason }

func (r *Refusal) Error() string { return "envelope refused" }

// ErrRefused is what every Refusal is.
var ErrRefused = errors.New("refused")

// Is makes errors.Is(err, ErrRefused) true.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }
