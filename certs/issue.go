package certs

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"
)

// Issued is one certificate of the register.
type Issued struct {
	Serial      string    `json:"serial"` // lower-case hexadecimal without leading zeros
	Identity    Identity  `json:"identity"`
	Hosts       []string  `json:"hosts,omitempty"`
	By          string    `json:"by"`          // "token:<token id>", "operator" or "renewal:<serial>"
	Key         string    `json:"key"`         // SHA-256 of the SubjectPublicKeyInfo
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the certificate
	IssuedAt    time.Time `json:"issuedAt"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	RevokedAt   time.Time `json:"revokedAt,omitzero"`
	Reason      string    `json:"reason,omitempty"`
}

// Token makes a one-time token for an identity of this agency, good for ttl. Hosts are for gateways only: DNS names or
// addresses under which they are reached, beside 127.0.0.1 and localhost. The token is a secret and is shown only here.
func (a *Authority) Token(id Identity, ttl time.Duration, now time.Time, hosts ...string) (string, error) {
	names, err := a.names(id, hosts)
	if err != nil {
		return "", err
	}
	if ttl <= 0 || ttl > maxTokenLife {
		return "", refuse(TokenLifetime, "")
	}
	token := newToken(id, a.Fingerprint())
	err = a.register.update(func() ([]line, error) {
		return []line{{
			Kind: kindToken, At: now.UTC(), Token: tokenHash(token), Identity: &id, Hosts: names, Expires: now.Add(ttl).UTC(),
		}}, nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Enrol spends a token for a certificate: the leaf followed by the CA certificate, in PEM. A refused request leaves the token
// as it was.
func (a *Authority) Enrol(token string, csrPEM []byte, now time.Time) ([]byte, error) {
	if _, err := ParseToken(token); err != nil {
		return nil, err
	}
	hash := tokenHash(token)
	return a.issue(csrPEM, now, func() (line, error) {
		t := a.register.token(hash)
		switch {
		case t == nil:
			return line{}, refuse(TokenUnknown, "")
		case t.spent:
			return line{}, refuse(TokenSpent, "")
		case t.void:
			return line{}, refuse(TokenVoid, "")
		case !now.Before(t.Expires):
			return line{}, refuse(TokenExpired, "")
		}
		return line{Identity: &t.Identity, Hosts: t.Hosts, Token: hash}, nil
	})
}

// Issue makes a certificate without a token, for the operator who sits at the authority itself.
func (a *Authority) Issue(id Identity, csrPEM []byte, now time.Time, hosts ...string) ([]byte, error) {
	names, err := a.names(id, hosts)
	if err != nil {
		return nil, err
	}
	return a.issue(csrPEM, now, func() (line, error) {
		return line{Identity: &id, Hosts: names}, nil
	})
}

// Renew makes the next certificate for the party that showed a current one: same identity and hosts, new key, new dates.
// The current certificate stays valid until its own end, so that connections can move over.
func (a *Authority) Renew(current *x509.Certificate, csrPEM []byte, now time.Time) ([]byte, error) {
	return a.issue(csrPEM, now, func() (line, error) {
		c := a.register.serials[serialText(current)]
		switch {
		case c == nil || c.Fingerprint != fingerprint(current.Raw):
			return line{}, refuse(CertificateUnknown, "")
		case !c.RevokedAt.IsZero():
			return line{}, refuse(CertificateRevoked, c.Identity.URI())
		case !now.Before(c.NotAfter):
			return line{}, refuse(CertificateExpired, c.Identity.URI())
		case now.Before(c.NotBefore):
			return line{}, refuse(CertificateEarly, c.Identity.URI())
		}
		return line{Identity: &c.Identity, Hosts: c.Hosts, Renews: c.Serial}, nil
	})
}

// issue is the one way to a certificate. Who may have it is decided, the request read, the certificate signed, and all of it
// recorded as one line, under the register's lock; only then does the certificate leave.
func (a *Authority) issue(csrPEM []byte, now time.Time, entitled func() (line, error)) ([]byte, error) {
	var issued *x509.Certificate
	err := a.register.update(func() ([]line, error) {
		l, err := entitled()
		if err != nil {
			return nil, err
		}
		request, err := readRequest(csrPEM, *l.Identity)
		if err != nil {
			return nil, err
		}
		key := fingerprint(request.RawSubjectPublicKeyInfo)
		if a.register.keys[key] {
			return nil, refuse(KeyReused, "")
		}
		if issued, err = a.sign(*l.Identity, l.Hosts, request, now); err != nil {
			return nil, err
		}
		l.Kind, l.At, l.Key = kindIssued, now.UTC(), key
		l.Serial, l.Certificate = serialText(issued), issued.Raw
		l.NotBefore, l.NotAfter = issued.NotBefore, issued.NotAfter
		return []line{l}, nil
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: issued.Raw}), a.certPEM), nil
}

// names checks that an identity is this authority's to give, and returns the hosts of its certificate.
func (a *Authority) names(id Identity, hosts []string) ([]string, error) {
	if err := id.check(); err != nil {
		return nil, &Refusal{Reason: IdentityInvalid, Err: err}
	}
	if id.Agency != a.agency {
		return nil, refuse(IdentityInvalid, "agency is not "+a.agency)
	}
	return hostsOf(id, hosts)
}

// List returns every certificate ever issued, oldest first.
func (a *Authority) List() []Issued {
	var list []Issued
	// A register that cannot be read on stops the next change; what was read before is still true.
	_ = a.register.view(func() {
		for _, c := range a.register.issued {
			list = append(list, *c)
		}
	})
	return list
}

func serialText(cert *x509.Certificate) string { return fmt.Sprintf("%x", cert.SerialNumber) }
