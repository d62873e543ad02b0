package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"peacebridge/audit"
	"peacebridge/certs"
)

// The log listener shows hashes only, but their number tells how much was
// logged. With no readers in the configuration it is plain HTTP on loopback.
// With readers it is TLS, and each of them, known by a token or by an
// auditor's certificate, sees the logs that are named for it and not even that
// there are others.

// LogReaderSettings is somebody who may read the log listener: by a
// certificate or by a token, one of the two.
type LogReaderSettings struct {
	// Name is what events call the reader.
	Name string `yaml:"name"`
	// Party is the identity of an auditor's certificate of this agency's CA.
	Party string `yaml:"party,omitempty"`
	// TokenSHA256 is the SHA-256, in hex, of a bearer token of at least 32
	// random characters; the token itself stands nowhere here.
	TokenSHA256 string `yaml:"tokenSHA256,omitempty"`
	// Logs that the reader sees: agencies of relations, or internal.
	Logs []string `yaml:"logs"`
}

// checkLogReaders says what is wrong with the log listener's settings.
func (s *Settings) checkLogReaders() error {
	host, _, err := net.SplitHostPort(s.Listen.Log)
	if err != nil {
		return fmt.Errorf("listen.log: %w", err)
	}
	if ip := net.ParseIP(host); len(s.LogReaders) == 0 && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen.log: %s is not a loopback address, and logReaders names nobody who may read it", s.Listen.Log)
	}
	logs, seen := map[string]bool{audit.Internal: true}, map[string]bool{}
	for _, p := range s.Peers {
		logs[p.Agency] = true
	}
	for _, r := range s.LogReaders {
		if r.Name == "" || seen[r.Name] {
			return fmt.Errorf("logReaders: name %q: empty or twice", r.Name)
		}
		if err := r.check(s.Agency, logs, seen); err != nil {
			return fmt.Errorf("logReaders: %s: %w", r.Name, err)
		}
		seen[r.Name] = true
	}
	return nil
}

// check looks at one reader; seen holds what readers before it are known by.
func (r *LogReaderSettings) check(agency string, logs, seen map[string]bool) error {
	if (r.Party == "") == (r.TokenSHA256 == "") {
		return errors.New("want either party or tokenSHA256")
	}
	if r.Party != "" {
		id, err := certs.ParseIdentity(r.Party)
		if err != nil {
			return err
		}
		if id.Agency != agency || id.Role != certs.RoleAuditor {
			return fmt.Errorf("party: want an auditor of %s; others get a token", agency)
		}
	} else if b, err := hex.DecodeString(r.TokenSHA256); err != nil || len(b) != sha256.Size {
		return errors.New("tokenSHA256: want the 64 hex digits of a SHA-256")
	}
	known := r.Party + strings.ToLower(r.TokenSHA256)
	if seen["="+known] {
		return errors.New("another reader has the same party or token")
	}
	seen["="+known] = true
	if len(r.Logs) == 0 {
		return errors.New("logs: none is named")
	}
	for _, log := range r.Logs {
		if !logs[log] {
			return fmt.Errorf("logs: %s: neither a peer nor internal", log)
		}
	}
	return nil
}

// logReader is a reader ready to be served.
type logReader struct {
	name    string
	party   string
	token   []byte // its SHA-256
	handler http.Handler

	mu  sync.Mutex
	day string // on which its reading was recorded last
}

// logDoor is the log listener's handler, and its TLS configuration when it has readers.
func (g *Gateway) logDoor() (http.Handler, *tls.Config) {
	if len(g.settings.LogReaders) == 0 {
		return g.ledger.Handler(), nil
	}
	g.openLogReaders(g.current())
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reader, status := g.logReader(*g.readers.Load(), r)
		if reader == nil {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="ledger"`)
			}
			http.Error(w, "this log is not served to everybody: a token, or an auditor's certificate, is wanted", status)
			return
		}
		if err := g.recordReading(r.Context(), reader, g.now()); err != nil {
			g.log.Error("reading of a log not recorded", "reader", reader.name, "error", err.Error())
			http.Error(w, "internal", http.StatusServiceUnavailable)
			return
		}
		reader.handler.ServeHTTP(w, r)
	})
	return h, g.trust.OptionalServerConfigFrom(g.own, g.now)
}

// openLogReaders makes the readers of the settings those who may read from now on.
func (g *Gateway) openLogReaders(s *Settings) {
	var readers []*logReader
	for _, r := range s.LogReaders {
		token, _ := hex.DecodeString(r.TokenSHA256) // checked by check
		readers = append(readers, &logReader{name: r.Name, party: r.Party, token: token, handler: g.ledger.HandlerOf(r.Logs...)})
	}
	g.readers.Store(&readers)
}

// logReader finds who asks. A certificate is judged again for every request:
// a revocation counts at once.
func (g *Gateway) logReader(readers []*logReader, r *http.Request) (*logReader, int) {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		id, err := g.trust.Check(r.TLS, g.now())
		if err != nil {
			return nil, http.StatusForbidden
		}
		for _, one := range readers {
			if one.party == id.URI() {
				return one, http.StatusOK
			}
		}
		return nil, http.StatusForbidden
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, http.StatusUnauthorized
	}
	sum := sha256.Sum256([]byte(token))
	var found *logReader
	for _, one := range readers { // all of them, whatever is found
		if subtle.ConstantTimeCompare(one.token, sum[:]) == 1 {
			found = one
		}
	}
	if found == nil {
		return nil, http.StatusUnauthorized
	}
	return found, http.StatusOK
}

// recordReading makes an event of a reader's first request of a day (UTC), and
// of each start: a verification asks for thousands of tiles, which say no more
// than that the log was read.
func (g *Gateway) recordReading(ctx context.Context, r *logReader, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	day := now.UTC().Format(time.DateOnly)
	if r.day == day || g.ledger.Refused() != nil { // a ledger that takes no events can still be verified
		return nil
	}
	_, err := g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{{
		Log: audit.Internal, Kind: kindQueried, Time: now, Header: map[string]string{hParty: r.name, hPath: "log"},
	}}, nil)
	if err == nil {
		r.day = day
	}
	return err
}
