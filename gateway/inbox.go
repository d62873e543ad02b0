package gateway

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"peacebridge/audit"
)

// Limits of one page of the inbox.
const (
	pageDefault = 100
	pageMax     = 1000
)

// inboxPage is one page of a list; next is the cursor that goes on after it.
type inboxPage struct {
	Items []documentView `json:"items"`
	Next  string         `json:"next"`
}

func (g *Gateway) getInbox(w http.ResponseWriter, r *http.Request) error {
	q, after := r.URL.Query(), uint64(0)
	limit, err := pageLimit(q, pageDefault)
	if err != nil {
		return err
	}
	if s := q.Get("after"); s != "" {
		if after, err = strconv.ParseUint(s, 10, 63); err != nil {
			return refuse("bad-request", "after is not a cursor of this inbox")
		}
	}
	items, err := g.ledger.Scan("inbox/", keyInbox(after), limit)
	if err != nil {
		return err
	}
	page := inboxPage{Items: []documentView{}, Next: strconv.FormatUint(after, 10)}
	for _, item := range items {
		var id string
		if err := json.Unmarshal(item.Value, &id); err != nil {
			return err
		}
		d, err := g.documentByID(id)
		if err != nil {
			return err
		}
		v, err := g.view(d, caller(r).identity)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, v)
		page.Next = strings.TrimLeft(strings.TrimPrefix(item.Key, "inbox/"), "0")
	}
	return writeJSON(w, http.StatusOK, page)
}

// pageLimit is how many items of a list are asked for.
func pageLimit(q url.Values, usual int) (int, error) {
	s := q.Get("limit")
	if s == "" {
		return usual, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n < 1 || n > pageMax {
		return 0, refuse("bad-request", "limit is not a number from 1 to %d", pageMax)
	}
	return int(n), nil
}

// getDead lists the dead letters: documents of which a part could not be
// delivered, by the message ids that were given up, which are its cursors.
func (g *Gateway) getDead(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := pageLimit(q, pageMax)
	if err != nil {
		return err
	}
	page, from := inboxPage{Items: []documentView{}, Next: q.Get("after")}, ""
	if page.Next != "" {
		if uuid.Validate(page.Next) != nil {
			return refuse("bad-request", "after is not a cursor of this list")
		}
		from = keyDead(page.Next)
	}
	items, err := g.ledger.Scan("dead/", from, limit)
	if err != nil {
		return err
	}
	for _, item := range items {
		var m messageRef
		if err := g.state(keyMessage(strings.TrimPrefix(item.Key, "dead/")), &m); err != nil {
			return err
		}
		d, err := g.documentByID(m.Document)
		if err != nil {
			return err
		}
		v, err := g.view(d, caller(r).identity)
		if err != nil {
			return err
		}
		page.Items = append(page.Items, v)
		page.Next = strings.TrimPrefix(item.Key, "dead/")
	}
	return writeJSON(w, http.StatusOK, page)
}

// ackInbox says that an agency system has taken an item; saying it again
// changes nothing.
func (g *Gateway) ackInbox(w http.ResponseWriter, r *http.Request) error {
	d, err := g.find(r)
	if err != nil {
		return err
	}
	if d.State != stateReceived {
		return refuse("not-found", "this document is not an inbox item")
	}
	if !d.Taken {
		c := caller(r)
		_, err := g.ledger.Append(r.Context(), []audit.Event{{
			Log: audit.Internal, Kind: kindAcknowledged, Time: c.at,
			Header: map[string]string{hDocument: d.ID, hParty: c.identity.URI()},
		}}, nil)
		if err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
