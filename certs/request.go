package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"net/url"
)

// maxRequest bounds a signing request before it is parsed; an honest one has about 500 bytes.
const maxRequest = 16 << 10

// NewKeyAndCSR makes a P-256 key (PKCS #8, RFC 5958) and a signing request for it (RFC 2986). The identity in the request is
// for the people who look at it; the authority compares it and takes its own.
func NewKeyAndCSR(id Identity) (keyPEM, csrPEM []byte, err error) {
	if err := id.check(); err != nil {
		return nil, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("key: %w", err)
	}
	uri, err := url.Parse(id.URI())
	if err != nil {
		return nil, nil, fmt.Errorf("identity: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: id.ID, Organization: []string{id.Agency}},
		URIs:    []*url.URL{uri},
	}, key)
	if err != nil {
		return nil, nil, fmt.Errorf("signing request: %w", err)
	}
	keyPEM, err = marshalKey(key)
	if err != nil {
		return nil, nil, err
	}
	return keyPEM, pem.EncodeToMemory(&pem.Block{Type: blockRequest, Bytes: der}), nil
}

// readRequest reads a signing request that came from outside and refuses what no honest party sends. What it asks for beyond
// its key (subject, host names, key usages) is not looked at, because none of it is used; but a request to be a CA or to be
// somebody else is an attack or a mix-up that its sender should hear about.
func readRequest(csrPEM []byte, id Identity) (*x509.CertificateRequest, error) {
	if len(csrPEM) > maxRequest {
		return nil, refuse(CSRMalformed, "size")
	}
	block, rest := pem.Decode(csrPEM)
	if block == nil || block.Type != blockRequest && block.Type != "NEW "+blockRequest {
		return nil, refuse(CSRMalformed, "PEM")
	}
	if len(bytes.TrimSpace(rest)) != 0 {
		return nil, refuse(CSRMalformed, "more than one PEM block")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, refuse(CSRMalformed, "DER")
	}
	key, ok := request.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, refuse(CSRKey, "")
	}
	// Proof of possession: without it a party could have somebody else's key certified in its own name.
	if err := request.CheckSignature(); err != nil {
		return nil, refuse(CSRSignature, "")
	}
	for _, ext := range request.Extensions {
		switch {
		case ext.Id.Equal(oidBasicConstraints()):
			var bc struct {
				IsCA       bool `asn1:"optional"`
				MaxPathLen int  `asn1:"optional,default:-1"`
			}
			if rest, err := asn1.Unmarshal(ext.Value, &bc); err != nil || len(rest) != 0 {
				return nil, refuse(CSRMalformed, "basic constraints")
			}
			if bc.IsCA {
				return nil, refuse(CSRAuthority, "")
			}
		case ext.Id.Equal(oidAlternativeName()):
			names, err := alternativeNames(ext.Value)
			if err != nil {
				return nil, refuse(CSRMalformed, "subject alternative name")
			}
			for _, name := range names {
				if name.Tag == nameURI && string(name.Bytes) != id.URI() {
					return nil, refuse(CSRIdentity, "")
				}
			}
		}
	}
	return request, nil
}
