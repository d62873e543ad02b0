package gateway

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"
	"golang.org/x/time/rate"

	"peacebridge/audit"
	"peacebridge/certs"
)

//go:embed openapi.yaml
var openAPI []byte

// handler is an HTTP handler that leaves its failures to one place.
type handler func(w http.ResponseWriter, r *http.Request) error

// call is what step 1 found out about a request.
type call struct {
	id       string
	identity certs.Identity
	at       time.Time // the one instant of this request
}

type callKey struct{}

func caller(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

// routes is the api listener: everything on it wants a client certificate.
func (g *Gateway) routes() (http.Handler, error) {
	submit := []string{certs.RolePartner, certs.RoleSystem}
	read := []string{certs.RolePartner, certs.RoleSystem, certs.RoleAuditor, certs.RoleOfficer, certs.RoleAdmin}
	agency := []string{certs.RoleSystem, certs.RoleAuditor, certs.RoleOfficer, certs.RoleAdmin}
	system := []string{certs.RoleSystem}
	peers := []string{certs.RoleGateway}
	auditors := []string{certs.RoleAuditor}

	m := mux.NewRouter().SkipClean(true) // an address that is nearly right is not there: a redirect would lose the body
	add := func(method, path string, roles []string, h handler) {
		methods := []string{method}
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead) // net/http leaves the body out
		}
		m.Handle(path, g.identify(roles, h)).Methods(methods...)
	}
	add("POST", "/v1/documents", submit, g.admit(g.postDocument))
	add("GET", "/v1/submissions/{id}", read, g.getSubmission)
	add("GET", "/v1/documents/{id}", read, g.getDocument)
	add("GET", "/v1/documents/{id}/content", read, g.getContent)
	add("GET", "/v1/documents/{id}/report", read, g.getReport)
	add("GET", "/v1/documents/{id}/acknowledgement", read, g.getAcknowledgement)
	add("POST", "/v1/documents/{id}/resend", system, g.postResend)
	add("GET", "/v1/inbox", agency, g.getInbox)
	add("GET", "/v1/dead", agency, g.getDead)
	add("POST", "/v1/inbox/{id}/ack", system, g.ackInbox)
	add("GET", "/v1/recognition", agency, g.getRecognition)
	add("GET", "/v1/audit/events", auditors, g.getEvents)
	add("GET", "/v1/audit/messages", auditors, g.getMessages)
	add("POST", "/v1/renew", nil, g.postRenew)
	add("GET", "/v1/openapi.yaml", append(read, certs.RoleGateway), g.getOpenAPI)
	add("POST", "/exchange/v1/messages", peers, g.postMessage)
	add("GET", "/exchange/v1/messages", peers, g.getSettled)
	add("GET", "/exchange/v1/log/{path:.+}", peers, g.getLog)
	add("GET", "/exchange/v1/mirror/{path:.+}", peers, g.getMirror)
	add("GET", "/exchange/v1/crl", peers, g.getCRL)
	add("GET", "/exchange/v1/keys", peers, g.getKeys)
	add("POST", "/exchange/v1/witness/add-checkpoint", peers, g.addCheckpoint)
	m.NotFoundHandler = g.identify(nil, func(http.ResponseWriter, *http.Request) error {
		return refuse("not-found", "no such address")
	})
	m.MethodNotAllowedHandler = g.identify(nil, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", strings.Join(methodsAt(m, r), ", "))
		return refuse("method-not-allowed", "no such method at this address")
	})
	return m, nil
}

// methodsAt are the methods that the address of a request knows, for the Allow
// of a 405 (RFC 9110 section 15.5.6).
func methodsAt(m *mux.Router, r *http.Request) []string {
	var known []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		asked, match := *r, mux.RouteMatch{}
		asked.Method = method
		if m.Match(&asked, &match) && match.MatchErr == nil {
			known = append(known, method)
		}
	}
	return known
}

// identify is step 1: the certificate of the connection is judged again for
// every request, from memory, so that a revocation counts at once.
// No roles means any role.
func (g *Gateway) identify(roles []string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: newID(), at: g.now()}
		w.Header().Set("X-Request-Id", c.id)
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		body := newSlowBody(w, r)
		r.Body = body
		err := g.check(c, r, roles)
		if err == nil {
			err = g.recordQuery(c, r)
		}
		if err == nil {
			err = protect(h)(w, r)
		}
		if err != nil {
			g.fail(w, r, body, c, err)
		}
	})
}

func (g *Gateway) check(c *call, r *http.Request, roles []string) error {
	id, err := g.trust.Check(r.TLS, c.at)
	if err != nil {
		g.log.Warn("identity refused", "request", c.id, "error", err.Error())
		// The connection must not be used again with this certificate.
		return errors.Join(refuse("identity-refused", "the certificate is not, or no longer, good here"), errCloseConn)
	}
	c.identity = id
	switch {
	case g.stopping.Load():
		return refuse("stopping", "")
	case !allowed(roles, id.Role):
		return refuse("forbidden", "the role %s may not use this address", id.Role)
	case !g.limits.allow(id.URI(), g.current().Limits.RequestsPerSecond, c.at):
		return refuse("rate-limited", "at most %d requests a second", g.current().Limits.RequestsPerSecond)
	}
	return wellFormed(r)
}

// once are the query parameters that say one thing.
var once = []string{"after", "limit", "guide", "unit", "risk", "seal", "sealCondition", "term", "log", "kind", "party", "article", "from", "to"}

// wellFormed refuses what could be read in two ways: a slash inside a part of an
// address, and a query of which something would be passed over.
func wellFormed(r *http.Request) error {
	if strings.Contains(strings.ToLower(r.URL.EscapedPath()), "%2f") {
		return refuse("not-found", "no such address")
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse("bad-request", "the query is malformed")
	}
	for _, name := range once {
		switch values := q[name]; {
		case len(values) > 1:
			return refuse("bad-request", "%s stands more than once", name)
		case !utf8.ValidString(q.Get(name)):
			return refuse("bad-request", "%s is not UTF-8", name)
		}
	}
	return nil
}

var errCloseConn = errors.New("close the connection")

func allowed(roles []string, role string) bool {
	for _, r := range roles {
		if r == role {
			return true
		}
	}
	return roles == nil
}

// protect turns a panic into a failure of this one request.
func protect(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &panicked{value: p, stack: debug.Stack()}
			}
		}()
		return h(w, r)
	}
}

type panicked struct {
	value any
	stack []byte
}

func (*panicked) Error() string { return "panic" }

// fail is the one place where an error becomes an answer. What the caller
// could mend is told; a failure of ours says only the request id.
func (g *Gateway) fail(w http.ResponseWriter, r *http.Request, body *slowBody, c *call, err error) {
	if errors.Is(err, errCloseConn) {
		w.Header().Set("Connection", "close")
	}
	if derr := body.unwanted(); derr != nil {
		g.log.Debug("no read deadline", "request", c.id, "error", derr.Error())
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		p := g.problems.of(e, "urn:uuid:"+c.id)
		g.log.Info("request refused", "request", c.id, "party", c.identity.URI(), "code", e.code, "reason", e.reason)
		if g.problems[e.code].Event && c.identity.ID != "" {
			g.recordRefusal(c, e)
		}
		if p.Status < http.StatusInternalServerError && p.Status != http.StatusTooManyRequests { // haste costs those nothing
			if derr := body.drain(); derr != nil {
				g.log.Debug("no read deadline", "request", c.id, "error", derr.Error())
			}
		}
		p.write(w)
		return
	}
	attrs := []any{"request", c.id, "method", r.Method, "path", r.URL.Path, "error", err.Error()}
	if p, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, "stack", string(p.stack))
	}
	code := "internal"
	if errors.Is(err, audit.ErrErased) {
		code = "erased"
	}
	if errors.Is(err, audit.ErrStopped) || errors.Is(err, audit.ErrClosed) || errors.Is(err, audit.ErrDiskFull) || errors.Is(err, audit.ErrBehind) {
		code = "overloaded"
	}
	g.log.Error("request failed", attrs...)
	p := g.problems.of(&refusal{code: code}, "urn:uuid:"+c.id)
	p.write(w)
}

// recordRefusal puts a refusal at the door into the ledger.
func (g *Gateway) recordRefusal(c *call, e *refusal) {
	_, err := g.ledger.Append(context.Background(), []audit.Event{{
		Log: audit.Internal, Kind: kindDoorRefused, Time: c.at,
		Header: map[string]string{hParty: c.identity.URI(), hReason: e.code},
	}}, nil)
	g.note("refusals", err)
}

// limiters hold one rate limiter for each party; their number is bounded by the
// certificates that were ever issued.
type limiters struct {
	mu sync.Mutex
	by map[string]*rate.Limiter
}

func (l *limiters) allow(party string, perSecond int, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[string]*rate.Limiter{}
	}
	lim := l.by[party]
	if lim == nil {
		lim = rate.NewLimiter(rate.Limit(perSecond), perSecond)
		l.by[party] = lim
	}
	if lim.Burst() != perSecond { // the limit was changed meanwhile
		lim.SetLimitAt(at, rate.Limit(perSecond))
		lim.SetBurstAt(at, perSecond)
	}
	return lim.AllowN(at, 1)
}

func (g *Gateway) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(openAPI)
	return err
}
