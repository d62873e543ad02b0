package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"peacebridge/audit"
)

// Outside witnesses cosign the logs of the relations beside the peers: an
// auditor's or a ministry's. With one of them two operators who agree are not
// enough to rewrite a log. Each is asked in a loop of its own, so that one that
// is slow or away delays nothing; what it has seen counts like what the peer
// has seen, but nothing is held back for it.

// OutsideWitnessSettings is a witness (C2SP tlog-witness) that is no peer.
type OutsideWitnessSettings struct {
	// Name is what the ledger's policy, health and status call it: one word.
	Name string `yaml:"name"`
	// VKey is its verifier key (C2SP signed-note, type 0x04), by a way that is trusted.
	VKey string `yaml:"vkey"`
	// URL is its submission prefix; add-checkpoint is put behind it.
	URL string `yaml:"url"`
	// CA is a file with the CA certificates (PEM) of its server, relative to the
	// home. Default those of the system.
	CA string `yaml:"ca,omitempty"`
	// TokenFile is a file with a bearer token for it, relative to the home.
	TokenFile string `yaml:"tokenFile,omitempty"`
}

// checkWitnesses says what is wrong with the outside witnesses.
func (s *Settings) checkWitnesses() error {
	taken := map[string]bool{"none": true, "peers": true, "auditors": true, "witnesses": true, "logs-mldsa": true}
	for _, p := range s.Peers {
		taken[p.Agency] = true
	}
	for _, w := range s.Witnesses {
		if w.Name == "" || strings.ContainsAny(w.Name, " \t\r\n#") || taken[w.Name] {
			return fmt.Errorf("witnesses: name %q: empty, not one word, or taken", w.Name)
		}
		taken[w.Name] = true
		if w.VKey == "" {
			return fmt.Errorf("witnesses: %s: vkey is missing", w.Name)
		}
		u, err := url.Parse(w.URL)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
			return fmt.Errorf("witnesses: %s: url must begin with https://", w.Name)
		}
	}
	switch q := s.Witness.Quorum; q {
	case "", "any", "all":
	default:
		if n, err := strconv.Atoi(q); err != nil || n < 1 || n > len(s.Witnesses) {
			return fmt.Errorf("witness.quorum: %q: want any, all, or a number of witnesses", q)
		}
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// auditors are the outside witnesses as the ledger knows them.
func (s *Settings) auditors() []audit.Auditor {
	var all []audit.Auditor
	for _, w := range s.Witnesses {
		all = append(all, audit.Auditor{Name: w.Name, Key: w.VKey})
	}
	return all
}

// outsideWitness is one of them at work.
type outsideWitness struct {
	name  string
	url   string
	token string
	http  *http.Client

	mu      sync.Mutex
	waiting map[string]time.Time // by log: since when a head waits for it
}

// outsideTimeout bounds one question to an outside witness.
const outsideTimeout = 10 * time.Second

func (g *Gateway) openWitnesses() error {
	for _, s := range g.settings.Witnesses {
		w := &outsideWitness{name: s.Name, url: strings.TrimSuffix(s.URL, "/") + "/add-checkpoint", waiting: map[string]time.Time{}}
		roots, err := g.roots(s.CA)
		if err != nil {
			return fmt.Errorf("witness %s: ca: %w", s.Name, err)
		}
		if s.TokenFile != "" {
			b, err := os.ReadFile(g.inHome(s.TokenFile))
			if err != nil {
				return fmt.Errorf("witness %s: %w", s.Name, err)
			}
			w.token = strings.TrimSpace(string(b))
		}
		w.http = outsideClient(roots, outsideTimeout)
		g.outside = append(g.outside, w)
	}
	return nil
}

// inHome is a path of the configuration, which is relative to the home.
func (g *Gateway) inHome(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(g.home, path)
}

// roots reads CA certificates; nil, the system's, for an empty path.
func (g *Gateway) roots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(g.inHome(path))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s: no certificate (PEM) is in it", path)
	}
	return pool, nil
}

// outsideClient is for services that are neither peers nor parties.
func outsideClient(roots *x509.CertPool, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, IdleConnTimeout: 90 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// maxOutsideWait is the longest pause before somebody outside who did not answer
// is asked again.
const maxOutsideWait = time.Minute

// onBeat asks somebody outside beat by beat, until ctx ends. While there is no
// answer the pauses grow.
func (g *Gateway) onBeat(ctx context.Context, ask func() error) {
	beat := time.Duration(g.settings.Beat)
	wait := beat
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if ask() == nil {
			wait = beat
		} else {
			wait = min(2*wait, max(maxOutsideWait, beat))
		}
	}
}

// askWitness has an outside witness cosign each published head, until ctx ends.
func (g *Gateway) askWitness(ctx context.Context, w *outsideWitness) {
	g.onBeat(ctx, func() error {
		var failed error
		for _, log := range g.peerNames {
			err := g.ledger.CosignBy(ctx, log, w.name, w.post)
			w.note(log, g.now(), err == nil)
			failed = errors.Join(failed, err)
		}
		g.note("witness "+w.name, failed)
		return failed
	})
}

// note remembers since when a log waits.
func (w *outsideWitness) note(log string, now time.Time, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if done {
		w.waiting[log] = now
	}
}

func (w *outsideWitness) awayFor(log string, now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now.Sub(w.waiting[log])
}

func (w *outsideWitness) post(ctx context.Context, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if w.token != "" {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	res, err := w.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() // was only read
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	return res.StatusCode, answer, err
}
