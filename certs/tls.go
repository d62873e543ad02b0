package certs

import (
	"crypto/tls"
	"time"
)

// ServerConfig returns the configuration of a listener that only parties of this Trust get through: TLS 1.3, a certificate
// from everyone, no session tickets. now is the clock for dates and revocation.
func (t *Trust) ServerConfig(cert tls.Certificate, now func() time.Time) *tls.Config {
	c := t.serverConfig(now)
	c.Certificates = []tls.Certificate{withoutRoot(cert)}
	return c
}

// ServerConfigFrom is ServerConfig with the certificate that the pair holds at each handshake.
func (t *Trust) ServerConfigFrom(pair *KeyPair, now func() time.Time) *tls.Config {
	c := t.serverConfig(now)
	// Certificates stays empty: otherwise crypto/tls uses it, and not this, for every client that connects by address.
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert := withoutRoot(*pair.Certificate())
		return &cert, nil
	}
	return c
}

func (t *Trust) serverConfig(now func() time.Time) *tls.Config {
	c := base(now)
	c.ClientAuth = tls.RequireAndVerifyClientCert
	c.ClientCAs = t.pool("")
	// VerifyConnection and not VerifyPeerCertificate: the latter is skipped when a session is resumed.
	c.VerifyConnection = func(state tls.ConnectionState) error {
		_, err := t.Check(&state, now())
		return err
	}
	return c
}

// OptionalServerConfigFrom is ServerConfigFrom for a listener that has another way to know its callers too: a certificate is
// asked for, and judged when one comes.
func (t *Trust) OptionalServerConfigFrom(pair *KeyPair, now func() time.Time) *tls.Config {
	c := t.ServerConfigFrom(pair, now)
	judge := c.VerifyConnection
	c.ClientAuth = tls.VerifyClientCertIfGiven
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return nil
		}
		return judge(state)
	}
	return c
}

// ClientConfig returns the configuration for connecting to one server: a host name or address that its certificate carries,
// and the expected identity. An empty server.ID accepts any party of that agency and role.
func (t *Trust) ClientConfig(cert tls.Certificate, server Identity, now func() time.Time) *tls.Config {
	c := t.clientConfig(server, now)
	c.Certificates = []tls.Certificate{withoutRoot(cert)}
	return c
}

// ClientConfigFrom is ClientConfig with the certificate that the pair holds at each handshake.
func (t *Trust) ClientConfigFrom(pair *KeyPair, server Identity, now func() time.Time) *tls.Config {
	c := t.clientConfig(server, now)
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		cert := withoutRoot(*pair.Certificate())
		return &cert, nil
	}
	return c
}

func (t *Trust) clientConfig(server Identity, now func() time.Time) *tls.Config {
	c := base(now)
	c.RootCAs = t.pool(server.Agency)
	if server.Agency == "" {
		c.RootCAs = (&Trust{}).pool("") // an expectation of nobody is met by nobody
	}
	c.VerifyConnection = func(state tls.ConnectionState) error {
		id, err := t.Check(&state, now())
		if err != nil {
			return err
		}
		if id.Agency != server.Agency || id.Role != server.Role || server.ID != "" && id.ID != server.ID {
			return refuse(ServerMismatch, id.URI())
		}
		return nil
	}
	return c
}

// EnrolServerConfig returns the configuration of the enrolment listener: its clients have no certificate yet. The
// certificate must come with the CA certificate, as the authority hands it out: a client with nothing but a token checks that
// CA by the fingerprint in its token.
func EnrolServerConfig(cert tls.Certificate) *tls.Config {
	c := base(nil)
	c.Certificates = []tls.Certificate{cert}
	return c
}

// EnrolServerConfigFrom is EnrolServerConfig with the certificate that the pair holds at each handshake.
func EnrolServerConfigFrom(pair *KeyPair) *tls.Config {
	c := base(nil)
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.Certificate(), nil }
	return c
}

// base is what all connections have in common. Cipher suites and key exchanges are the standard library's choice: TLS 1.3
// leaves only good suites, and the default order begins with the hybrid X25519MLKEM768.
func base(now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true, // a resumed session would carry a judgement of up to seven days ago
		Time:                   now,
	}
}

// withoutRoot leaves the CA certificate out of the chain that is sent: the other end has it, or will not trust us anyway.
func withoutRoot(cert tls.Certificate) tls.Certificate {
	if len(cert.Certificate) > 1 {
		cert.Certificate = cert.Certificate[:1]
	}
	return cert
}
