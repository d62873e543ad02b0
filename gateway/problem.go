package gateway

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed problems.csv
var problemsCSV string

// problemType is one row of problems.csv.
type problemType struct {
	Code   string
	Status int
	Event  bool // the refusal is an event of its own
	Title  string
	Hint   string
}

// Problem is the answer to a request that could not be done, RFC 9457.
type Problem struct {
	Type     string           `json:"type"`
	Title    string           `json:"title"`
	Status   int              `json:"status"`
	Detail   string           `json:"detail,omitempty"`
	Instance string           `json:"instance,omitempty"`
	Hint     string           `json:"hint,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Findings []problemFinding `json:"findings,omitempty"`
	// Document and ReceivedAt name the first one when this is a duplicate.
	Document   string `json:"document,omitempty"`
	ReceivedAt string `json:"receivedAt,omitempty"`
}

// problemFinding is a finding as partners see it: never the value.
type problemFinding struct {
	Code     string `json:"code"`
	Severity string `json:"severity,omitempty"`
	Path     string `json:"path,omitempty"`
	Position any    `json:"position"`
	Rule     string `json:"rule"`
	Message  string `json:"message,omitempty"`
}

// refusal is the typed error of this room: a problem that the sender can act on.
type refusal struct {
	code     string // row of problems.csv
	detail   string
	reason   string // code of the room that refused, when there is one
	findings []problemFinding
	first    *documentRef
	repeats  string // the submission that this one is a duplicate of
}

type documentRef struct{ ID, ReceivedAt string }

func (e *refusal) Error() string {
	if e.detail == "" {
		return e.code
	}
	return e.code + ": " + e.detail
}

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code: code, detail: fmt.Sprintf(format, args...)}
}

// problemTable is the catalogue by code.
type problemTable map[string]problemType

func loadProblems() (problemTable, error) {
	rows, err := readTable(problemsCSV, 5)
	if err != nil {
		return nil, fmt.Errorf("problems.csv: %w", err)
	}
	t := problemTable{}
	for i, row := range rows {
		status, err := strconv.Atoi(row[1])
		if err != nil || http.StatusText(status) == "" {
			return nil, fmt.Errorf("problems.csv: row %d: status %q", i+2, row[1])
		}
		if _, twice := t[row[0]]; twice {
			return nil, fmt.Errorf("problems.csv: row %d: %s stands twice", i+2, row[0])
		}
		t[row[0]] = problemType{Code: row[0], Status: status, Event: row[2] == "yes", Title: row[3], Hint: row[4]}
	}
	return t, nil
}

// problemURI is relative, so that no gateway sends its readers to another host.
func problemURI(code string) string { return "/problems/" + code }

func (t problemTable) of(e *refusal, instance string) Problem {
	row, ok := t[e.code]
	if !ok {
		row = t["internal"]
		e = &refusal{code: "internal"}
	}
	p := Problem{
		Type: problemURI(row.Code), Title: row.Title, Status: row.Status, Hint: row.Hint,
		Detail: e.detail, Instance: instance, Reason: e.reason, Findings: e.findings,
	}
	if e.first != nil {
		p.Document, p.ReceivedAt = e.first.ID, e.first.ReceivedAt
	}
	return p
}

func (p Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client has gone: nobody is left to tell
}

// asProblems lets a listener whose handlers answer in plain text, net/http's own
// among them, refuse as all others do.
func (g *Gateway) asProblems(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &plainRefusal{ResponseWriter: w}
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path || clean[0] != '/' {
			p.code = "not-found" // a redirect to what is nearly it would lose the body
		} else {
			h.ServeHTTP(p, r)
		}
		if p.code == "" {
			return
		}
		id := newID()
		w.Header().Del("X-Content-Type-Options")
		w.Header().Set("X-Request-Id", id)
		g.problems.of(&refusal{code: p.code}, "urn:uuid:"+id).write(w)
	})
}

// plainCodes are the problems that a status in plain text stands for.
var plainCodes = map[int]string{
	http.StatusUnauthorized: "reader-unknown", http.StatusForbidden: "identity-refused", http.StatusNotFound: "not-found",
	http.StatusMethodNotAllowed: "method-not-allowed", http.StatusInternalServerError: "internal", http.StatusServiceUnavailable: "overloaded",
}

// plainRefusal holds back a refusal in plain text.
type plainRefusal struct {
	http.ResponseWriter
	code string
}

// Unwrap is for http.ResponseController, which sets deadlines.
func (p *plainRefusal) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *plainRefusal) WriteHeader(status int) {
	if strings.HasPrefix(p.Header().Get("Content-Type"), "text/plain") {
		p.code = plainCodes[status]
	}
	if p.code == "" {
		p.ResponseWriter.WriteHeader(status)
	}
}

func (p *plainRefusal) Write(b []byte) (int, error) {
	if p.code != "" {
		return len(b), nil
	}
	return p.ResponseWriter.Write(b)
}
