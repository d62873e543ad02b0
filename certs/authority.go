package certs

import (
	stdcrypto "crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cloudflare/cfssl/config"
	"github.com/cloudflare/cfssl/csr"
	"github.com/cloudflare/cfssl/initca"
	"github.com/cloudflare/cfssl/log"
	"github.com/cloudflare/cfssl/signer"
	"github.com/cloudflare/cfssl/signer/local"
)

// This file is the only one that knows cfssl (v1.6.5). What it lets a caller get wrong is settled here, once:
//
//   - without a CSR whitelist every name in the request is copied: set, and only for the key;
//   - an unknown profile name silently becomes the default profile: no names, each signer has the one policy it is for;
//   - extension copying lets the request choose its own usages: off;
//   - dates of the request are taken as they are, beyond the profile and the CA: computed and clamped by us;
//   - serial numbers, key identifiers and the encoding are left to it.
//
// After signing, the certificate is parsed again and compared with what was meant (inspect), so that a change in a later
// version of the library is a failure here and not a certificate in the world.

// makeRoot makes the key and the self-signed certificate of an agency's authority: P-384, because it lives for years where
// everything that it signs lives for days.
func makeRoot(agency string, now time.Time) (certDER []byte, key stdcrypto.Signer, err error) {
	hushEngine()
	csrPEM, keyPEM, err := csr.ParseRequest(&csr.CertificateRequest{
		CN:         agency + " peacebridge authority",
		Names:      []csr.Name{{O: agency}},
		KeyRequest: &csr.KeyRequest{A: "ecdsa", S: 384},
		CA:         &csr.CAConfig{PathLenZero: true},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("authority key: %w", err)
	}
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, nil, errors.New("authority key: not PEM")
	}
	key, err = x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("authority key: %w", err)
	}

	policy := initca.CAPolicy()
	policy.Default.Expiry = authorityLife
	policy.Default.CAConstraint = config.CAConstraint{IsCA: true, MaxPathLen: 0, MaxPathLenZero: true}
	policy.Default.ExtensionWhitelist = map[string]bool{oidNameConstraints().String(): true}
	constraint, err := constrainTo(agency)
	if err != nil {
		return nil, nil, err
	}
	root, err := local.NewSigner(key, nil, signer.DefaultSigAlgo(key), policy)
	if err != nil {
		return nil, nil, fmt.Errorf("authority: %w", err)
	}
	certPEM, err := root.Sign(signer.SignRequest{
		Request:    string(csrPEM),
		Extensions: []signer.Extension{constraint},
		NotBefore:  now.Add(-backdate),
		NotAfter:   now.Add(authorityLife),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("authority certificate: %w", err)
	}
	block, _ = pem.Decode(certPEM)
	if block == nil {
		return nil, nil, errors.New("authority certificate: not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("authority certificate: %w", err)
	}
	if err := inspectRoot(cert, agency); err != nil {
		return nil, nil, err
	}
	return block.Bytes, key, nil
}

// constrainTo limits a CA certificate to URIs of one agency (name constraints, RFC 5280 §4.2.1.10): any verifier that
// follows the standard, not only ours, refuses what this CA might say about another agency.
func constrainTo(agency string) (signer.Extension, error) {
	type subtree struct {
		Base string `asn1:"tag:6,ia5"` // GeneralName uniformResourceIdentifier
	}
	der, err := asn1.Marshal(struct {
		Permitted []subtree `asn1:"tag:0"`
	}{[]subtree{{agency}}})
	if err != nil {
		return signer.Extension{}, fmt.Errorf("name constraints: %w", err)
	}
	return signer.Extension{ID: config.OID(oidNameConstraints()), Critical: true, Value: hex.EncodeToString(der)}, nil
}

func inspectRoot(cert *x509.Certificate, agency string) error {
	switch {
	case !cert.IsCA || !cert.BasicConstraintsValid || cert.MaxPathLen != 0 || !cert.MaxPathLenZero:
		return errors.New("authority certificate: not a CA with path length zero")
	case cert.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign:
		return errors.New("authority certificate: other key usages than signing certificates and revocation lists")
	case !slices.Equal(cert.PermittedURIDomains, []string{agency}) || !cert.PermittedDNSDomainsCritical:
		return errors.New("authority certificate: not limited to its agency")
	case !slices.Equal(cert.Subject.Organization, []string{agency}):
		return errors.New("authority certificate: subject names another agency")
	}
	return cert.CheckSignatureFrom(cert)
}

// sign issues one certificate: the key from the request, everything else from the arguments and the role's profile.
func (a *Authority) sign(id Identity, hosts []string, request *x509.CertificateRequest, now time.Time) (*x509.Certificate, error) {
	hushEngine()
	p, ok := profileOf(id.Role)
	if !ok {
		return nil, refuse(IdentityInvalid, "role")
	}
	notBefore, notAfter, err := a.dates(p, now)
	if err != nil {
		return nil, err
	}
	usage := []string{"digital signature", "client auth"}
	if p.serves {
		usage = append(usage, "server auth")
	}
	engine, err := local.NewSigner(a.key, a.cert, signer.DefaultSigAlgo(a.key), &config.Signing{Default: &config.SigningProfile{
		Usage:        usage,
		Expiry:       p.life,
		CSRWhitelist: &config.CSRWhitelist{PublicKey: true, PublicKeyAlgorithm: true, SignatureAlgorithm: true},
	}})
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	certPEM, err := engine.Sign(signer.SignRequest{
		Request:   string(pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: request.Raw})),
		Subject:   &signer.Subject{CN: id.ID, Names: []csr.Name{{O: id.Agency, OU: id.Role}}},
		Hosts:     append([]string{id.URI()}, hosts...),
		NotBefore: notBefore,
		NotAfter:  notAfter,
	})
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return nil, errors.New("issue: not PEM")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("issue: %w", err)
	}
	meant := intent{id: id, hosts: hosts, serves: p.serves, key: request.PublicKey, notBefore: notBefore, notAfter: notAfter}
	if err := meant.inspect(cert, a.cert); err != nil {
		return nil, fmt.Errorf("issue: the certificate is not what was meant: %w", err)
	}
	return cert, nil
}

// dates are the profile's, kept inside the CA's own: a certificate never outlives who vouches for it.
func (a *Authority) dates(p profile, now time.Time) (notBefore, notAfter time.Time, err error) {
	if now.Before(a.cert.NotBefore) || !now.Before(a.cert.NotAfter) {
		return time.Time{}, time.Time{}, refuse(AuthorityExpired, "")
	}
	notBefore = now.Add(-backdate).UTC().Truncate(time.Second)
	if notBefore.Before(a.cert.NotBefore) {
		notBefore = a.cert.NotBefore
	}
	notAfter = now.Add(p.life).UTC().Truncate(time.Second)
	if notAfter.After(a.cert.NotAfter) {
		notAfter = a.cert.NotAfter
	}
	return notBefore, notAfter, nil
}

// intent is what a new certificate has to say.
type intent struct {
	id                  Identity
	hosts               []string
	serves              bool
	key                 stdcrypto.PublicKey
	notBefore, notAfter time.Time
}

func (m intent) inspect(cert, ca *x509.Certificate) error {
	id, err := IdentityOf(cert)
	if err != nil {
		return err
	}
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	usages := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if m.serves {
		usages = append(usages, x509.ExtKeyUsageServerAuth)
	}
	key, ok := cert.PublicKey.(interface {
		Equal(stdcrypto.PublicKey) bool
	})
	switch {
	case id != m.id:
		return errors.New("identity")
	case !sameSet(names, m.hosts):
		return errors.New("host names")
	case !ok || !key.Equal(m.key):
		return errors.New("key")
	case cert.IsCA || !cert.BasicConstraintsValid:
		return errors.New("basic constraints")
	case cert.KeyUsage != x509.KeyUsageDigitalSignature:
		return errors.New("key usage")
	case !slices.Equal(cert.ExtKeyUsage, usages) || len(cert.UnknownExtKeyUsage) != 0:
		return errors.New("extended key usage")
	case !cert.NotBefore.Equal(m.notBefore) || !cert.NotAfter.Equal(m.notAfter):
		return errors.New("dates")
	case cert.SerialNumber.Sign() <= 0 || cert.SerialNumber.BitLen() > 159:
		return errors.New("serial number") // RFC 5280 §4.1.2.2
	case cert.Subject.CommonName != m.id.ID || len(cert.Subject.Names) != 3:
		return errors.New("subject")
	}
	return errors.Join(onlyOurExtensions(cert.Extensions), cert.CheckSignatureFrom(ca))
}

func onlyOurExtensions(exts []pkix.Extension) error {
	ours := []asn1.ObjectIdentifier{
		oidSubjectKeyID(), oidKeyUsage(), oidAlternativeName(), oidBasicConstraints(), oidAuthorityKeyID(), oidExtKeyUsage(),
	}
	for _, ext := range exts {
		if !slices.ContainsFunc(ours, ext.Id.Equal) {
			return fmt.Errorf("extension %s", ext.Id)
		}
	}
	return nil
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// hushEngine turns off cfssl's own log, which writes a line for each certificate to standard error. Its level is a variable
// of that package, so it is set once for the process.
var hushEngine = sync.OnceFunc(func() { log.Level = log.LevelFatal })
