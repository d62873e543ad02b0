package certs

import (
	stdcrypto "crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Files of an authority's folder.
const (
	fileCert     = "ca.crt"
	fileKey      = "ca.key"
	fileCRL      = "ca.crl"
	fileRegister = "register.jsonl"
)

// PEM block types.
const (
	blockCertificate = "CERTIFICATE"
	blockRequest     = "CERTIFICATE REQUEST"
	blockKey         = "PRIVATE KEY"
)

const fingerprintPrefix = "sha256:"

// Authority is an agency's certification authority. It is safe for use by several goroutines, and several processes may have
// the same folder open.
type Authority struct {
	dir      string
	agency   string
	cert     *x509.Certificate
	certPEM  []byte
	key      stdcrypto.Signer
	register *register
}

// CreateAuthority makes the authority of an agency in a folder, which is created when missing. It never overwrites: if any
// file of an authority is there already, also one that an interrupted creation left, it is an error.
func CreateAuthority(dir, agency string, now time.Time) (*Authority, error) {
	if !agencyName(agency) {
		return nil, refuse(IdentityInvalid, "agency")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	for _, name := range []string{fileCert, fileKey, fileCRL, fileRegister} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("authority: %s: %w", filepath.Join(dir, name), fs.ErrExist)
		}
	}
	certDER, key, err := makeRoot(agency, now.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	keyPEM, err := marshalKey(key)
	if err != nil {
		return nil, err
	}
	first, err := json.Marshal(line{Kind: kindAuthority, At: now.UTC(), Agency: agency, CA: fingerprint(certDER)})
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	// The certificate comes last: without it there is no authority. Exclusive creation also settles a race of two.
	for _, f := range []struct {
		name string
		mode fs.FileMode
		b    []byte
	}{
		{fileKey, 0o600, keyPEM},
		{fileRegister, 0o600, append(first, '\n')},
		{fileCert, 0o644, pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: certDER})},
	} {
		if err := createFile(filepath.Join(dir, f.name), f.b, f.mode); err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
	}
	if err := errors.Join(syncDir(dir), syncDir(filepath.Dir(dir))); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return OpenAuthority(dir)
}

// OpenAuthority opens what CreateAuthority made. Key, certificate and register must belong together, and the key must not be
// readable by other users.
func OpenAuthority(dir string) (*Authority, error) {
	a := &Authority{dir: dir}
	var err error
	if a.certPEM, err = readFile(filepath.Join(dir, fileCert)); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	if a.cert, err = parseCertificate(a.certPEM); err != nil {
		return nil, fmt.Errorf("authority: %s: %w", fileCert, err)
	}
	if a.key, err = readSecretKey(filepath.Join(dir, fileKey)); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	if pub, ok := a.key.Public().(interface {
		Equal(stdcrypto.PublicKey) bool
	}); !ok || !pub.Equal(a.cert.PublicKey) {
		return nil, fmt.Errorf("authority: %s and %s do not belong together", fileKey, fileCert)
	}
	if a.register, err = openRegister(filepath.Join(dir, fileRegister)); err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	a.agency = a.register.agency
	if a.register.ca != fingerprint(a.cert.Raw) {
		err = fmt.Errorf("%s and %s do not belong together", fileRegister, fileCert)
	} else {
		err = inspectRoot(a.cert, a.agency)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("authority: %w", err), a.register.close())
	}
	return a, nil
}

// Close ends the use of the folder.
func (a *Authority) Close() error { return a.register.close() }

// Agency is the agency that this authority speaks for.
func (a *Authority) Agency() string { return a.agency }

// Certificate is the CA certificate in PEM.
func (a *Authority) Certificate() []byte { return append([]byte(nil), a.certPEM...) }

// Fingerprint is the fingerprint of the CA certificate, as tokens carry it.
func (a *Authority) Fingerprint() string { return fingerprint(a.cert.Raw) }

// Fingerprint returns "sha256:" and the SHA-256 of a certificate's DER form in lower-case hexadecimal: what
// `openssl x509 -fingerprint -sha256` prints with colons.
func Fingerprint(caPEM []byte) (string, error) {
	cert, err := parseCertificate(caPEM)
	if err != nil {
		return "", err
	}
	return fingerprint(cert.Raw), nil
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return fingerprintPrefix + hex.EncodeToString(sum[:])
}

// parseCertificate reads the first PEM block, which must be a certificate.
func parseCertificate(b []byte) (*x509.Certificate, error) {
	if len(b) > maxFile {
		return nil, errors.New("certificate: too large")
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != blockCertificate {
		return nil, errors.New("certificate: not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return cert, nil
}

func marshalKey(key stdcrypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: der}), nil
}

func readSecretKey(name string) (stdcrypto.Signer, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: readable by others (mode %04o, 0600 wanted)", name, info.Mode().Perm())
	}
	b, err := readFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != blockKey {
		return nil, fmt.Errorf("%s: no %s block", name, blockKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	key, ok := parsed.(stdcrypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: not a signing key", name)
	}
	return key, nil
}
