package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"peacebridge/audit"
	"peacebridge/certs"
)

// Auditors see everything, and everything that they ask for is an event: who
// watches is watched.

// eventsPath is where an auditor searches the ledger; what is asked there is
// recorded with its answer's size by the ledger itself.
const eventsPath = "/v1/audit/events"

// eventList is what GET /v1/audit/events answers.
type eventList struct {
	Items []*audit.Stored `json:"items"`
}

// getEvents is GET /v1/audit/events: events by what the ledger keeps in clear.
func (g *Gateway) getEvents(w http.ResponseWriter, r *http.Request) error {
	q, err := eventQuery(r)
	if err != nil {
		return err
	}
	list := eventList{Items: []*audit.Stored{}}
	for _, q.Term = range g.termsFor(q.Term) {
		found, err := g.ledger.Query(context.WithoutCancel(r.Context()), caller(r).identity.URI(), q)
		if err != nil {
			return err
		}
		for _, e := range found {
			if len(list.Items) < q.Limit && !slices.ContainsFunc(list.Items, func(x *audit.Stored) bool { return x.Sequence == e.Sequence }) {
				list.Items = append(list.Items, e)
			}
		}
	}
	return writeJSON(w, http.StatusOK, list)
}

func eventQuery(r *http.Request) (audit.Query, error) {
	v := r.URL.Query()
	q := audit.Query{
		Term: v.Get("term"), Log: v.Get("log"), Kind: v.Get("kind"), Party: v.Get("party"), Article: v.Get("article"),
	}
	for name, most := range map[string]int{"term": 128, "log": 64, "kind": 64, "party": 255, "article": 64} {
		if utf8.RuneCountInString(v.Get(name)) > most {
			return q, refuse("bad-request", "%s is longer than %d characters", name, most)
		}
	}
	for name, to := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if s := v.Get(name); s != "" {
			at, err := time.Parse(time.RFC3339, strings.ToUpper(s))
			if err != nil {
				return q, refuse("bad-request", "%s is not a time of RFC 3339", name)
			}
			*to = at
		}
	}
	var err error
	q.Limit, err = pageLimit(v, pageDefault)
	return q, err
}

// termsFor are the terms that a number may be: whoever has only the number need
// not know what kind it is. Those that nothing has are not asked for.
func (g *Gateway) termsFor(term string) []string {
	if term == "" || strings.Contains(term, ":") {
		return []string{term}
	}
	var terms []string
	for _, kind := range termKinds {
		if found, err := g.ledger.Search(kind + ":" + term); err == nil && len(found) > 0 {
			terms = append(terms, kind+":"+term)
		}
	}
	if len(terms) == 0 {
		return []string{term} // the question is recorded all the same
	}
	return terms
}

// recordQuery makes an event of what an auditor reads, before it is answered.
// What was asked beside the path is kept as its HMAC: it may be a container.
func (g *Gateway) recordQuery(c *call, r *http.Request) error {
	if c.identity.Role != certs.RoleAuditor || r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Path == eventsPath {
		return nil
	}
	h := map[string]string{hParty: c.identity.URI(), hPath: firstPart(r.URL.EscapedPath(), 200)}
	if r.URL.RawQuery != "" {
		h[hQuery] = g.ledger.Term("query:" + r.URL.RawQuery)
	}
	_, err := g.ledger.Append(context.WithoutCancel(r.Context()), []audit.Event{{Log: audit.Internal, Kind: kindQueried, Time: c.at, Header: h}}, nil)
	return err
}

// firstPart is at most n bytes of an ASCII text.
func firstPart(text string, n int) string { return text[:min(len(text), n)] }
