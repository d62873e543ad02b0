package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"
)

// KeyPair is a party's own certificate and key, in two files that are replaced while connections go on. New handshakes use
// the new certificate; connections that are open keep theirs until it is refused, so idle ones should be closed after a change.
type KeyPair struct {
	certFile, keyFile string
	held              atomic.Pointer[held]
}

type held struct {
	cert tls.Certificate
	id   Identity
}

// LoadKeyPair reads a certificate (with or without the CA certificate after it) and its key.
func LoadKeyPair(certFile, keyFile string) (*KeyPair, error) {
	k := &KeyPair{certFile: certFile, keyFile: keyFile}
	if err := k.Reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// Certificate returns the pair in use, with Leaf set.
func (k *KeyPair) Certificate() *tls.Certificate { return &k.held.Load().cert }

// Identity returns the identity of the certificate in use.
func (k *KeyPair) Identity() Identity { return k.held.Load().id }

// Reload reads the files again. When they are not a usable pair, the one in use stays in use.
func (k *KeyPair) Reload() error {
	certPEM, err := readFile(k.certFile)
	if err != nil {
		return fmt.Errorf("key pair: %w", err)
	}
	keyPEM, err := readFile(k.keyFile)
	if err != nil {
		return fmt.Errorf("key pair: %w", err)
	}
	h, err := hold(certPEM, keyPEM)
	if err != nil {
		h, err = k.finish(keyPEM, err)
	}
	if err != nil {
		return fmt.Errorf("key pair: %s: %w", k.certFile, err)
	}
	k.held.Store(h)
	return nil
}

// Replace stores a new pair durably and then uses it. Two files cannot be exchanged in one step, so the new certificate is
// first put beside the old one: a crash in between leaves a key that fits that one, and Reload finishes the exchange.
func (k *KeyPair) Replace(certPEM, keyPEM []byte) error {
	h, err := hold(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("key pair: %w", err)
	}
	if h.id != k.Identity() {
		return fmt.Errorf("key pair: %w", refuse(EnrolmentMismatch, h.id.URI()))
	}
	for _, step := range []struct {
		name string
		b    []byte
		mode fs.FileMode
	}{
		{k.nextFile(), certPEM, 0o644},
		{k.keyFile, keyPEM, 0o600},
		{k.certFile, certPEM, 0o644},
	} {
		if err := replaceFile(step.name, step.b, step.mode); err != nil {
			return fmt.Errorf("key pair: %w", err)
		}
	}
	k.held.Store(h)
	return nil
}

// finish completes a Replace that was interrupted after the key: the certificate that fits it lies beside the old one.
func (k *KeyPair) finish(keyPEM []byte, cause error) (*held, error) {
	next, err := readFile(k.nextFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	h, err := hold(next, keyPEM)
	if err != nil {
		return nil, cause
	}
	return h, replaceFile(k.certFile, next, 0o644)
}

func (k *KeyPair) nextFile() string { return k.certFile + ".next" }

func hold(certPEM, keyPEM []byte) (*held, error) {
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	id, err := IdentityOf(cert.Leaf)
	if err != nil {
		return nil, err
	}
	return &held{cert: cert, id: id}, nil
}

// RenewAt is when the certificate in use should be renewed.
func (k *KeyPair) RenewAt() time.Time { return RenewAt(k.Certificate().Leaf) }

// RenewAt is when to renew a certificate: at half of its life, and up to a tenth later, by its serial number, so that what
// was issued together is not renewed together. The second half is the time to get it done in.
func RenewAt(cert *x509.Certificate) time.Time {
	life := cert.NotAfter.Sub(cert.NotBefore)
	var jitter time.Duration
	if b := cert.SerialNumber.Bytes(); len(b) > 0 {
		jitter = life / 10 * time.Duration(b[len(b)-1]) / 256
	}
	return cert.NotBefore.Add(life/2 + jitter)
}
