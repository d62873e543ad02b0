package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"peacebridge/audit"
)

// TimestampSettings names a time-stamping authority (RFC 3161).
type TimestampSettings struct {
	// URL of the authority, https or http: its answers are signed. Default none.
	URL string `yaml:"url,omitempty"`
	// CA is a file with the CA certificates (PEM) under which the authority is
	// known, relative to the home.
	CA string `yaml:"ca,omitempty"`
	// Every is how often a checkpoint of each relation's log gets a token, if it
	// has grown. Default 24h.
	Every Duration `yaml:"every,omitempty"`
}

func (t TimestampSettings) check() error {
	if t.URL == "" {
		return nil
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("timestamps.url: want an http or https URL")
	}
	if t.CA == "" {
		return errors.New("timestamps.ca: missing: without it nobody could say whose word a token is")
	}
	return nil
}

// timestampTimeout bounds one question to the authority.
const timestampTimeout = 30 * time.Second

// openTimestamps reads the authority's CA.
func (g *Gateway) openTimestamps() error {
	s := g.settings.Timestamps
	if s.URL == "" {
		return nil
	}
	roots, err := g.roots(s.CA)
	if err != nil {
		return fmt.Errorf("timestamps.ca: %w", err)
	}
	client := outsideClient(nil, timestampTimeout)
	g.tsa = &audit.TSA{Roots: roots, Post: func(ctx context.Context, request []byte) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(request))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/timestamp-query")
		res, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close() // was only read
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("answers %d", res.StatusCode)
		}
		return io.ReadAll(io.LimitReader(res.Body, answerBytes))
	}}
	return nil
}

// stampLogs has the logs time-stamped, until ctx ends. The ledger knows when
// the last token was given, so a restart asks for none too early.
func (g *Gateway) stampLogs(ctx context.Context) {
	g.onBeat(ctx, func() error {
		var failed error
		for _, log := range g.peerNames {
			failed = errors.Join(failed, g.ledger.Timestamp(ctx, log, time.Duration(g.settings.Timestamps.Every), *g.tsa))
		}
		g.note("timestamp", failed)
		return failed
	})
}
