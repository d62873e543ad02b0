package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"time"
)

// This file is the party's side of enrolment: it starts with a token and ends with a certificate that it has reason to use.

// EnrolClientConfig returns the configuration for connecting to an enrolment listener. The party knows no CA yet, so it takes
// the CA certificate from the server's chain if, and only if, it has the fingerprint that the token carries. The server must
// then be a gateway of the token's agency under that CA. Under which host name it was reached does not matter: a host
// name says where a machine is, the identity says who it is.
func EnrolClientConfig(token string, now func() time.Time) (*tls.Config, error) {
	info, err := ParseToken(token)
	if err != nil {
		return nil, err
	}
	c := base(now)
	c.InsecureSkipVerify = true // only turns off the check against known roots; VerifyConnection below checks everything
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if state.Version < tls.VersionTLS13 || state.DidResume {
			return refuse(ConnectionUnfit, "")
		}
		id, err := pinned(info, state.PeerCertificates, x509.ExtKeyUsageServerAuth, now())
		if err != nil {
			return err
		}
		if id.Role != RoleGateway {
			return refuse(ServerMismatch, id.URI())
		}
		return nil
	}
	return c, nil
}

// AcceptEnrolment checks the answer to an enrolment before it is stored: the token's CA issued it, for the token's identity
// and for our key. It returns the identity and the CA certificate (PEM), which is what to trust the gateway by from now on.
func AcceptEnrolment(token string, keyPEM, certPEM []byte, now time.Time) (Identity, []byte, error) {
	info, err := ParseToken(token)
	if err != nil {
		return Identity{}, nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM) // also checks that the key is the certificate's
	if err != nil {
		return Identity{}, nil, &Refusal{Reason: EnrolmentMismatch, Err: err}
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return Identity{}, nil, &Refusal{Reason: EnrolmentMismatch, Err: err}
		}
		chain = append(chain, cert)
	}
	id, err := pinned(info, chain, x509.ExtKeyUsageClientAuth, now)
	if err != nil {
		return Identity{}, nil, &Refusal{Reason: EnrolmentMismatch, Err: err}
	}
	if id != info.Identity {
		return Identity{}, nil, refuse(EnrolmentMismatch, id.URI())
	}
	ca := chain[len(chain)-1]
	return id, pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: ca.Raw}), nil
}

// pinned verifies a chain of leaf and CA by the CA's fingerprint alone and returns the identity of the leaf.
func pinned(info TokenInfo, chain []*x509.Certificate, usage x509.ExtKeyUsage, now time.Time) (Identity, error) {
	if len(chain) != 2 || fingerprint(chain[1].Raw) != info.Fingerprint {
		return Identity{}, refuse(CertificateUntrusted, "the CA is not the one that the token names")
	}
	roots := x509.NewCertPool()
	roots.AddCert(chain[1])
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}})
	if err != nil {
		return Identity{}, &Refusal{Reason: CertificateUntrusted, Err: err}
	}
	id, err := IdentityOf(chain[0])
	if err != nil {
		return Identity{}, &Refusal{Reason: IdentityInvalid, Err: err}
	}
	if id.Agency != info.Identity.Agency {
		return Identity{}, refuse(AgencyMismatch, id.URI())
	}
	return id, nil
}
