package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"
)

var errNotYet = errors.New("not built yet")

// Refusal is the typed error of everything this package says no to.
type Refusal struct {
	Reason string // UPPER_SNAKE, a row of reasons.csv
	Detail string // for people; never a secret
}

func (r *Refusal) Error() string { return r.Detail }

// Issued is one certificate of the register.
type Issued struct {
	Serial      string    `json:"serial"` // lower-case hexadecimal
	Identity    Identity  `json:"identity"`
	Hosts       []string  `json:"hosts,omitempty"`
	Key         string    `json:"key"` // sha256:hex of the SubjectPublicKeyInfo
	By          string    `json:"by"`  // "token:<token id>", "operator" or "renewal:<serial>"
	IssuedAt    time.Time `json:"issuedAt"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	RevokedAt   time.Time `json:"revokedAt,omitzero"`
	Reason      string    `json:"reason,omitempty"`
	Certificate []byte    `json:"certificate"` // DER
}

// Authority is an agency's CA.
type Authority struct{}

func CreateAuthority(dir, agency string, now time.Time) (*Authority, error) { return nil, errNotYet }
func OpenAuthority(dir string) (*Authority, error)                          { return nil, errNotYet }

func (a *Authority) Agency() string      { return "" }
func (a *Authority) Certificate() []byte { return nil } // PEM
func (a *Authority) Fingerprint() string { return "" }  // as Fingerprint(a.Certificate())
func (a *Authority) Close() error        { return nil }

// Token: hosts (gateway role only) are DNS names or addresses beside 127.0.0.1 and localhost.
func (a *Authority) Token(id Identity, ttl time.Duration, now time.Time, hosts ...string) (string, error) {
	return "", errNotYet
}

// Enrol returns the leaf followed by the CA certificate, PEM.
func (a *Authority) Enrol(token string, csrPEM []byte, now time.Time) ([]byte, error) {
	return nil, errNotYet
}

func (a *Authority) Issue(id Identity, csrPEM []byte, now time.Time, hosts ...string) ([]byte, error) {
	return nil, errNotYet
}

func (a *Authority) Renew(current *x509.Certificate, csrPEM []byte, now time.Time) ([]byte, error) {
	return nil, errNotYet
}

// Revoke: serial in hexadecimal; reason is an RFC 5280 name: unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn.
func (a *Authority) Revoke(serial, reason string, now time.Time) error { return errNotYet }

// RevokeIdentity revokes every live certificate and open token of one party.
func (a *Authority) RevokeIdentity(id Identity, reason string, now time.Time) (int, error) {
	return 0, errNotYet
}

func (a *Authority) CRL(now time.Time) ([]byte, error) { return nil, errNotYet } // DER; cheap when nothing changed
func (a *Authority) List() []Issued                    { return nil }

func NewKeyAndCSR(id Identity) (keyPEM, csrPEM []byte, err error) { return nil, nil, errNotYet }

// Fingerprint is "sha256:" and the lower-case hexadecimal SHA-256 of the certificate's DER.
func Fingerprint(caPEM []byte) (string, error) { return "", errNotYet }

// TokenInfo is what a token tells the one who holds it.
type TokenInfo struct {
	Identity    Identity
	Fingerprint string
}

func ParseToken(token string) (TokenInfo, error) { return TokenInfo{}, errNotYet }

// EnrolClientConfig accepts only a gateway under the CA that the token names.
func EnrolClientConfig(token string, now func() time.Time) (*tls.Config, error) {
	return nil, errNotYet
}

// AcceptEnrolment checks the answer of an enrolment before it is stored and returns the CA certificate (PEM) that it came with.
func AcceptEnrolment(token string, keyPEM, certPEM []byte, now time.Time) (Identity, []byte, error) {
	return Identity{}, nil, errNotYet
}

func EnrolServerConfig(cert tls.Certificate) *tls.Config { return nil }

// Trust says which CA speaks for which agency and roles. Complete it before the configs are made.
type Trust struct{}

func NewTrust() *Trust { return &Trust{} }

func (t *Trust) Add(agency string, caPEM []byte, roles ...string) error           { return errNotYet }
func (t *Trust) SetCRL(agency string, der []byte, now time.Time) error            { return errNotYet }
func (t *Trust) ServerConfig(c tls.Certificate, now func() time.Time) *tls.Config { return nil }

// ClientConfig: an empty server.ID accepts any of that agency and role.
func (t *Trust) ClientConfig(c tls.Certificate, server Identity, now func() time.Time) *tls.Config {
	return nil
}

func (t *Trust) Check(state *tls.ConnectionState, now time.Time) (Identity, error) {
	return Identity{}, errNotYet
}

// KeyPair is a certificate and key in two files that can be replaced while in use.
type KeyPair struct{}

func LoadKeyPair(certFile, keyFile string) (*KeyPair, error) { return nil, errNotYet }
func (k *KeyPair) Certificate() *tls.Certificate             { return nil }
func (k *KeyPair) Identity() Identity                        { return Identity{} }
func (k *KeyPair) Reload() error                             { return errNotYet }
func (k *KeyPair) Replace(certPEM, keyPEM []byte) error      { return errNotYet } // durable, then in use
func (k *KeyPair) RenewAt() time.Time                        { return time.Time{} }
func RenewAt(cert *x509.Certificate) time.Time               { return time.Time{} }

// As ServerConfig and ClientConfig, with the certificate that the pair holds at each handshake.
func (t *Trust) ServerConfigFrom(k *KeyPair, now func() time.Time) *tls.Config { return nil }
func (t *Trust) ClientConfigFrom(k *KeyPair, server Identity, now func() time.Time) *tls.Config {
	return nil
}
