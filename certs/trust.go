package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"
)

// skew is how far the clocks of two honest machines may differ.
const skew = 2 * time.Minute

// Trust says which CA may speak for which agency, in which roles, and what each has revoked. Nobody is trusted by default:
// an empty Trust refuses everyone. Add the CAs before the TLS configs are made, because those copy the list of CAs;
// revocation lists may be set at any time and count from the next handshake or Check on. It is safe for several goroutines.
type Trust struct {
	mu  sync.RWMutex
	cas []*anchor
}

// anchor is one CA and what is known of it. During a change of CA an agency has two.
type anchor struct {
	agency string
	roles  []string
	cert   *x509.Certificate
	crl    *revoked // nil until the first list
}

// revoked is a revocation list made ready for look-ups.
type revoked struct {
	number  *big.Int
	stale   time.Time // NextUpdate
	serials map[string]bool
}

// NewTrust returns an empty Trust; the zero value is one too.
func NewTrust() *Trust { return &Trust{} }

// Add lets a CA speak for an agency in the named roles, and in no other. One CA cannot speak for two agencies.
func (t *Trust) Add(agency string, caPEM []byte, roles ...string) error {
	if !agencyName(agency) {
		return refuse(IdentityInvalid, "agency")
	}
	if len(roles) == 0 {
		return refuse(IdentityInvalid, "no role for "+agency)
	}
	for _, role := range roles {
		if !knownRole(role) {
			return refuse(IdentityInvalid, "role")
		}
	}
	cert, err := parseCertificate(caPEM)
	if err != nil {
		return fmt.Errorf("trust: %s: %w", agency, err)
	}
	if !cert.IsCA || !cert.BasicConstraintsValid || cert.KeyUsage&x509.KeyUsageCertSign == 0 {
		return fmt.Errorf("trust: %s: not a CA certificate", agency)
	}
	// A CA that says itself whom it speaks for is not believed about anyone else.
	if len(cert.PermittedURIDomains) > 0 && !slices.Contains(cert.PermittedURIDomains, agency) {
		return refuse(AgencyMismatch, agency)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.cas {
		if bytes.Equal(a.cert.RawSubjectPublicKeyInfo, cert.RawSubjectPublicKeyInfo) && a.agency != agency {
			return refuse(AgencyMismatch, "this CA speaks for "+a.agency)
		}
		if a.cert.Equal(cert) {
			a.roles = slices.Clone(roles)
			return nil
		}
	}
	t.cas = append(t.cas, &anchor{agency: agency, roles: slices.Clone(roles), cert: cert})
	return nil
}

// SetCRL gives the revocation list (DER) of one of the agency's CAs. A list that is older than the one in use is refused,
// because replaying an old list is how a revocation would be undone.
func (t *Trust) SetCRL(agency string, der []byte, now time.Time) error {
	if len(der) > maxFile {
		return refuse(CRLInvalid, "size")
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil || list.Number == nil || list.NextUpdate.IsZero() {
		return refuse(CRLInvalid, agency)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var signers []*anchor // two during a change of CA that keeps the key
	for _, a := range t.cas {
		if a.agency != agency || list.CheckSignatureFrom(a.cert) != nil {
			continue
		}
		switch {
		case list.ThisUpdate.After(now.Add(skew)):
			return refuse(CRLInvalid, agency+": made in the future")
		case !now.Before(list.NextUpdate):
			return refuse(CRLStale, agency)
		case a.crl != nil && list.Number.Cmp(a.crl.number) < 0:
			return refuse(CRLOlder, agency)
		}
		signers = append(signers, a)
	}
	if len(signers) == 0 {
		return refuse(CRLInvalid, agency)
	}
	r := &revoked{number: list.Number, stale: list.NextUpdate, serials: map[string]bool{}}
	for _, e := range list.RevokedCertificateEntries {
		r.serials[string(e.SerialNumber.Bytes())] = true
	}
	for _, a := range signers {
		a.crl = r
	}
	return nil
}

// Check judges the party at the other end of an established connection, from memory. It is the judgement of the handshake,
// to be made again for every request: a connection may have outlived the certificate that opened it.
func (t *Trust) Check(state *tls.ConnectionState, now time.Time) (Identity, error) {
	if state == nil || state.Version < tls.VersionTLS13 || state.DidResume {
		return Identity{}, refuse(ConnectionUnfit, "")
	}
	if len(state.PeerCertificates) == 0 {
		return Identity{}, refuse(CertificateMissing, "")
	}
	return t.judge(state.VerifiedChains, now)
}

// judge looks at chains that crypto/tls has verified (signatures, usages, name constraints) and decides what is ours to
// decide. Our chains have two certificates, the party's and the CA's.
func (t *Trust) judge(chains [][]*x509.Certificate, now time.Time) (Identity, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, chain := range chains {
		if len(chain) != 2 {
			continue
		}
		for _, a := range t.cas {
			if a.cert.Equal(chain[1]) {
				return a.judge(chain[0], now)
			}
		}
	}
	return Identity{}, refuse(CertificateUntrusted, "")
}

func (a *anchor) judge(leaf *x509.Certificate, now time.Time) (Identity, error) {
	id, err := IdentityOf(leaf)
	if err != nil {
		return Identity{}, &Refusal{Reason: IdentityInvalid, Err: err}
	}
	switch {
	case id.Agency != a.agency:
		return Identity{}, refuse(AgencyMismatch, id.URI())
	case !slices.Contains(a.roles, id.Role):
		return Identity{}, refuse(RoleRefused, id.URI())
	case leaf.IsCA:
		return Identity{}, refuse(CertificateUntrusted, id.URI())
	case now.Before(leaf.NotBefore):
		return Identity{}, refuse(CertificateEarly, id.URI())
	case !now.Before(leaf.NotAfter):
		return Identity{}, refuse(CertificateExpired, id.URI())
	case !now.Before(a.cert.NotAfter):
		return Identity{}, refuse(AuthorityExpired, a.agency)
	case a.crl == nil:
		return id, nil
	case a.crl.serials[string(leaf.SerialNumber.Bytes())]:
		return Identity{}, refuse(CertificateRevoked, id.URI())
	case !now.Before(a.crl.stale):
		return Identity{}, refuse(CRLStale, a.agency)
	}
	return id, nil
}

// pool returns the CAs of one agency, or of all when agency is empty. It is never nil: a nil pool would mean the system's roots.
func (t *Trust) pool(agency string) *x509.CertPool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	pool := x509.NewCertPool()
	for _, a := range t.cas {
		if agency == "" || a.agency == agency {
			pool.AddCert(a.cert)
		}
	}
	return pool
}
