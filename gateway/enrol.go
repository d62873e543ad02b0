package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"peacebridge/audit"
	"peacebridge/certs"
)

// enrolBytes bounds the body of an enrolment: a token and a CSR.
const enrolBytes = 32 << 10

// enrolRequest trades a one-time token and a CSR for a certificate.
type enrolRequest struct {
	Token string `json:"token"`
	CSR   string `json:"csr"` // PEM
}

type enrolAnswer struct {
	Certificate string `json:"certificate"` // PEM, with the CA's behind it
	CA          string `json:"ca"`
}

// enrolRoutes is the enrol listener. Its callers have no certificate yet, so
// it is slow on purpose.
func (g *Gateway) enrolRoutes() http.Handler {
	perSecond := rate.NewLimiter(20, 40)
	m := http.NewServeMux()
	m.HandleFunc("POST /v1/enrol", func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: newID(), at: g.now()}
		w.Header().Set("X-Request-Id", c.id)
		body := newSlowBody(w, r)
		r.Body = body
		err := error(refuse("rate-limited", "too many enrolments"))
		if perSecond.Allow() {
			err = g.enrol(w, r, c.at)
		}
		if err != nil {
			g.fail(w, r, body, c, err)
		}
	})
	return m
}

func (g *Gateway) enrol(w http.ResponseWriter, r *http.Request, at time.Time) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, enrolBytes))
	if err != nil {
		return bodyError(err, enrolBytes)
	}
	var req enrolRequest
	if err := json.Unmarshal(body, &req); err != nil || req.Token == "" || req.CSR == "" {
		return refuse("bad-request", "want a JSON object with token and csr")
	}
	cert, err := g.ca.Enrol(req.Token, []byte(req.CSR), at)
	if err != nil {
		return g.enrolmentRefused(r.Context(), err, at)
	}
	info, err := certs.ParseToken(req.Token)
	if err != nil {
		return err
	}
	_, err = g.ledger.Append(r.Context(), []audit.Event{{
		Log: audit.Internal, Kind: kindEnrolled, Time: at, Header: map[string]string{hParty: info.Identity.URI()},
	}}, nil)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, enrolAnswer{Certificate: string(cert), CA: string(g.ca.Certificate())})
}

// enrolmentRefused records a refusal. Which fault of the token or the request
// it was is for the operator alone.
func (g *Gateway) enrolmentRefused(ctx context.Context, cause error, at time.Time) error {
	refused, ok := errors.AsType[*certs.Refusal](cause)
	if !ok {
		return cause
	}
	_, err := g.ledger.Append(ctx, []audit.Event{{
		Log: audit.Internal, Kind: kindEnrolRefused, Time: at, Header: map[string]string{hReason: refused.Reason},
	}}, nil)
	if err != nil {
		return err
	}
	return refuse("enrolment-refused", "the token or the request is not good")
}
