package gateway

import (
	"context"
	"io"
	"net/http"
	"time"

	"peacebridge/audit"
	"peacebridge/certs"
)

// Certificates live for days and renew themselves: the gateway's own from its
// agency's CA, a party's over the connection that its present one opens.

// postRenew is POST /v1/renew: a CSR with a new key for the identity of the
// connection, answered with its certificate.
func (g *Gateway) postRenew(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	if c.identity.Agency != g.settings.Agency {
		return refuse("forbidden", "this agency did not issue your certificate")
	}
	csr, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, enrolBytes))
	if err != nil {
		return bodyError(err, enrolBytes)
	}
	cert, err := g.ca.Renew(r.TLS.PeerCertificates[0], csr, c.at)
	if err != nil {
		return g.enrolmentRefused(r.Context(), err, c.at)
	}
	_, err = g.ledger.Append(r.Context(), []audit.Event{{
		Log: audit.Internal, Kind: kindEnrolled, Time: c.at, Header: map[string]string{hParty: c.identity.URI()},
	}}, nil)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, enrolAnswer{Certificate: string(cert), CA: string(g.ca.Certificate())})
}

// renewOwn renews this gateway's certificate at half of its life. New
// connections use the new one; those that are open go on.
func (g *Gateway) renewOwn(now time.Time) error {
	if now.Before(g.own.RenewAt()) {
		return nil
	}
	key, csr, err := certs.NewKeyAndCSR(g.own.Identity())
	if err != nil {
		return err
	}
	cert, err := g.ca.Renew(g.own.Certificate().Leaf, csr, now)
	if err != nil {
		return err
	}
	return g.own.Replace(cert, key)
}

// crlBytes bounds a revocation list that is fetched from a peer.
const crlBytes = 4 << 20

// crlEvery is how often a peer is asked for its revocation list.
const crlEvery = time.Minute

// loadCRL brings the CA's own revocations into the handshake and every request.
func (g *Gateway) loadCRL(at time.Time) error {
	crl, err := g.ca.CRL(at)
	if err != nil {
		return err
	}
	return g.trust.SetCRL(g.settings.Agency, crl, at)
}

// getCRL gives peers this agency's revocation list (DER); it is signed.
func (g *Gateway) getCRL(w http.ResponseWriter, r *http.Request) error {
	crl, err := g.ca.CRL(caller(r).at)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pkix-crl")
	_, _ = w.Write(crl) // the peer asks again
	return nil
}

// fetchCRL brings a peer's revocations in, from time to time. A handshake never
// waits for it.
func (g *Gateway) fetchCRL(ctx context.Context, p *peer, now time.Time) error {
	if now.Sub(p.crlAt) < crlEvery && now.After(p.crlAt) {
		return nil
	}
	der, err := p.get(ctx, "/exchange/v1/crl", crlBytes)
	if err != nil {
		return err
	}
	if err := g.trust.SetCRL(p.agency, der, now); err != nil {
		return err
	}
	p.crlAt = now
	return nil
}
