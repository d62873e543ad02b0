package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"peacebridge/audit"
)

// Both gateways log the same exchange: who sent has a receipt, who received
// has taken the message in or refused it. The two are compared message by
// message, each time from where the last comparison ended. What one side has
// and the other has not, an hour later still, is a difference: it becomes an
// event and a line of health.

const (
	// settle is how long after an event its counterpart may be missing: the
	// receipt of a message that was committed may have been lost on its way and
	// is asked for again.
	settle = time.Hour
	// forget is how long a difference is shown; its event stays for ever.
	forget = 30 * 24 * time.Hour
	// Bounds of one page of settled messages.
	settledItems   = 300
	settledScanned = 20_000
	settledBytes   = 4 << 20
)

// settled is how a message ended in one log of the relation.
type settled struct {
	Message string    `json:"message"`
	Sent    bool      `json:"sent"` // by the owner of this log; else taken in by it
	Verdict string    `json:"verdict"`
	Digest  string    `json:"digest"`
	Index   uint64    `json:"index"` // in the receiver's log: of the event, or as the receipt says
	Event   uint64    `json:"event"` // in this log
	At      time.Time `json:"at"`

	// Shown proves it, to whom it is sent: the event, and the way from it to the
	// root of a checkpoint that the asking gateway has cosigned itself.
	Shown    *audit.Shown `json:"shown,omitempty"`
	log      string       // of the event, with its position over all shards
	position uint64

	// Unproven is what is wrong with that; of what was received only.
	Unproven string `json:"unproven,omitempty"`
}

// settledHeader is what of an event's header is shown: what settledOf reads.
var settledHeader = []string{hMessage, hDigest, hVerdict, hPeerIndex}

// settledPage is one page of GET /exchange/v1/messages. Positions count the
// events of the relation over all shards of its log.
type settledPage struct {
	Items []settled `json:"items"`
	Next  uint64    `json:"next"` // position to go on from
	Size  uint64    `json:"size"` // of all shards; next equals it at the end

	// Checkpoints are what the items are proven to, by log.
	Checkpoints map[string]string `json:"checkpoints,omitempty"`
	// Successions lead from the key of the first shard to those of the others.
	Successions []json.RawMessage `json:"successions,omitempty"`
}

// settledOf is what an event says of a message's end, false if nothing.
func settledOf(e *audit.Stored) (settled, bool) {
	s := settled{Message: e.Header[hMessage], Digest: e.Header[hDigest], Event: e.Index, Index: e.Index, At: e.Time}
	switch e.Kind {
	case kindReceipted:
		n, err := strconv.ParseUint(e.Header[hPeerIndex], 10, 64)
		s.Sent, s.Verdict, s.Index = true, e.Header[hVerdict], n
		return s, err == nil && s.Message != ""
	case kindTaken:
		s.Verdict = verdictCommitted
	case kindMessageStop:
		s.Verdict = verdictRefused
	default:
		return s, false
	}
	return s, s.Message != ""
}

// settledPage reads a page of a relation's log.
func (g *Gateway) settledPage(log string, from uint64) (*settledPage, error) {
	page := &settledPage{Items: []settled{}, Next: from, Size: g.ledger.Length(log)}
	full := false
	err := g.ledger.EntriesOf(log, from, func(position uint64, e *audit.Stored) bool {
		if position >= page.Size {
			return false
		}
		if s, ok := settledOf(e); ok {
			s.log, s.position = e.Log, position
			page.Items = append(page.Items, s)
		}
		page.Next = position + 1
		full = len(page.Items) >= settledItems || page.Next-from >= settledScanned
		return !full
	})
	if err == nil && !full {
		page.Next = max(page.Next, page.Size) // the last ones may be lost records
	}
	return page, err
}

// provenPage is a page whose items are proven; it ends where the peer has not
// cosigned yet.
func (g *Gateway) provenPage(log string, from uint64) (*settledPage, error) {
	page, err := g.settledPage(log, from)
	if err != nil {
		return nil, err
	}
	page.Checkpoints = map[string]string{}
	for i := range page.Items {
		s := &page.Items[i]
		checkpoint := page.Checkpoints[s.log]
		if checkpoint == "" {
			b, err := g.ledger.CosignedHead(s.log)
			if err != nil {
				return nil, err
			}
			checkpoint = string(b)
		}
		if checkpoint == "" {
			err = audit.ErrNotFound
		} else {
			s.Shown, err = g.ledger.Show(s.log, s.Event, settledHeader, []byte(checkpoint))
		}
		if errors.Is(err, audit.ErrNotFound) { // the rest, when it is cosigned
			page.Next, page.Size, page.Items = s.position, s.position, page.Items[:i]
			return page, nil
		}
		if err != nil {
			return nil, err
		}
		page.Checkpoints[s.log] = checkpoint
	}
	return page, nil
}

// getSettled is GET /exchange/v1/messages: how the messages of the relation
// with the agency that asks have ended here. It knows each of them already, or
// ought to.
func (g *Gateway) getSettled(w http.ResponseWriter, r *http.Request) error {
	p := g.peers[caller(r).identity.Agency]
	if p == nil {
		return refuse("identity-refused", "no relation with this agency")
	}
	return g.answerSettled(w, r, p.agency)
}

// getMessages is GET /v1/audit/messages: the same for this agency's auditors,
// who compare both sides by themselves.
func (g *Gateway) getMessages(w http.ResponseWriter, r *http.Request) error {
	log := r.URL.Query().Get("log")
	if log == "" && len(g.peerNames) == 1 {
		log = g.peerNames[0]
	}
	if g.peers[log] == nil {
		return refuse("bad-request", "log is not the agency of a relation")
	}
	return g.answerSettled(w, r, log)
}

func (g *Gateway) answerSettled(w http.ResponseWriter, r *http.Request, log string) error {
	from := uint64(0)
	if s := r.URL.Query().Get("from"); s != "" {
		var err error
		if from, err = strconv.ParseUint(s, 10, 63); err != nil {
			return refuse("bad-request", "from is not an index")
		}
	}
	page, err := g.provenPage(log, from)
	if err == nil {
		page.Successions, err = g.successions(log)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, page)
}

// successions are those of a relation's closed shards.
func (g *Gateway) successions(relation string) ([]json.RawMessage, error) {
	var docs []json.RawMessage
	for _, s := range g.ledger.Status() {
		if s.Relation != relation || !s.Closed {
			continue
		}
		doc, err := g.ledger.Succession(s.Log)
		if errors.Is(err, audit.ErrNotFound) { // nothing of the next shard is published yet
			continue
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// pair is a message whose two sides have not been found equal.
type pair struct {
	Ours     *settled  `json:"ours,omitempty"`
	Theirs   *settled  `json:"theirs,omitempty"`
	Field    string    `json:"field,omitempty"` // that differs; empty: one side is missing
	Reported time.Time `json:"reported,omitzero"`
}

// at is when the later of the two happened.
func (p *pair) at() time.Time {
	var at time.Time
	for _, s := range []*settled{p.Ours, p.Theirs} {
		if s != nil && s.At.After(at) {
			at = s.At
		}
	}
	return at
}

// differs is the first thing in which the two sides contradict each other.
func (p *pair) differs() string {
	a, b := p.Ours, p.Theirs
	switch {
	case b.Unproven != "":
		return "proof"
	case a.Sent == b.Sent:
		return "sent"
	case a.Verdict != b.Verdict:
		return hVerdict
	case a.Digest != b.Digest:
		return hDigest
	case a.Index != b.Index:
		return "index"
	}
	return ""
}

// comparison is how far two logs have been compared. It is a cache: without
// its file everything is compared again.
type comparison struct {
	At       time.Time        `json:"at"`
	Ours     uint64           `json:"ours"` // next index of either log
	Theirs   uint64           `json:"theirs"`
	Compared int              `json:"compared"` // messages that were found equal
	Open     map[string]*pair `json:"open"`
}

func (g *Gateway) comparisonFile(p *peer) string {
	return filepath.Join(g.home, "reconcile", p.agency+".json")
}

func (g *Gateway) loadComparison(p *peer) (*comparison, error) {
	c := &comparison{Open: map[string]*pair{}}
	b, err := os.ReadFile(g.comparisonFile(p))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if c.Open == nil {
		c.Open = map[string]*pair{}
	}
	return c, err
}

// reconcile compares what is new in both logs, when it is time.
func (g *Gateway) reconcile(ctx context.Context, p *peer, now time.Time) error {
	every := time.Duration(g.current().Reconcile)
	if now.Before(p.comparedAt.Add(every)) {
		return nil
	}
	c, err := g.loadComparison(p)
	if err != nil {
		return err
	}
	if p.comparedAt = c.At; now.Before(c.At.Add(every)) {
		p.differences.Store(int64(c.reported()))
		return nil
	}
	if c.Ours > g.ledger.Length(p.agency) {
		c.again() // this ledger lost something
	}
	// Ours first: what a receipt of ours is about is in their log by then.
	if err := g.compareOurs(p, c); err != nil {
		return err
	}
	if err := g.compareTheirs(ctx, p, c); err != nil {
		return err
	}
	fresh := c.judge(now, min(settle, every))
	if err := g.reportDifferences(ctx, p, c, fresh, now); err != nil {
		return err
	}
	c.At = now
	if err := g.saveComparison(p, c); err != nil {
		return err
	}
	p.comparedAt = now
	p.differences.Store(int64(c.reported()))
	return nil
}

func (g *Gateway) compareOurs(p *peer, c *comparison) error {
	for {
		page, err := g.settledPage(p.agency, c.Ours)
		if err != nil {
			return err
		}
		for _, s := range page.Items {
			c.pair(s.Message).Ours = &s
		}
		if c.Ours = page.Next; page.Next >= page.Size {
			return nil
		}
	}
}

func (g *Gateway) compareTheirs(ctx context.Context, p *peer, c *comparison) error {
	for {
		body, err := p.get(ctx, "/exchange/v1/messages?from="+strconv.FormatUint(c.Theirs, 10), settledBytes)
		if err != nil {
			return err
		}
		var page settledPage
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		for _, s := range page.Items {
			s.Unproven, s.Shown = g.unproven(p, &page, &s), nil
			c.pair(s.Message).Theirs = &s
		}
		switch {
		case page.Size < c.Theirs: // the peer lost something
			c.again()
			return errors.Join(fmt.Errorf("the log of %s is shorter than it was: it is compared from its start", p.agency), g.saveComparison(p, c))
		case page.Next <= c.Theirs && page.Next < page.Size:
			return errors.New("the peer's pages do not go on")
		}
		if c.Theirs = page.Next; page.Next >= page.Size {
			return nil
		}
	}
}

// again makes the next comparison begin at the start of both logs.
func (c *comparison) again() { c.Ours, c.Theirs, c.Compared = 0, 0, 0 }

// unproven is why an item is not what the peer's log says, "" when it is: the
// event is shown with a proof to a head of that log which we have cosigned.
func (g *Gateway) unproven(p *peer, page *settledPage, s *settled) string {
	if s.Shown == nil || s.Shown.Event == nil {
		return "no event is shown"
	}
	checkpoint := page.Checkpoints[s.Shown.Event.Log]
	origin, _, _ := strings.Cut(checkpoint, "\n")
	if first := p.origin(g.settings.Agency); origin != first && !strings.HasPrefix(origin, first+"/") {
		return "the checkpoint is not of the log of the relation"
	}
	e, err := g.ledger.CheckShown(s.Shown, []byte(checkpoint))
	if err != nil {
		return err.Error()
	}
	said, ok := settledOf(e)
	if !ok || said.Message != s.Message || said.Sent != s.Sent || said.Verdict != s.Verdict || said.Digest != s.Digest || said.Index != s.Index || said.Event != s.Event {
		return "the event that is shown says something else"
	}
	return ""
}

func (c *comparison) pair(message string) *pair {
	p := c.Open[message]
	if p == nil {
		p = &pair{}
		c.Open[message] = p
	}
	return p
}

// judge drops what is equal, and returns the messages that have become
// differences by now.
func (c *comparison) judge(now time.Time, settle time.Duration) []string {
	var fresh []string
	for _, id := range slices.Sorted(maps.Keys(c.Open)) {
		p := c.Open[id]
		if p.Ours != nil && p.Theirs != nil {
			if p.Field = p.differs(); p.Field == "" {
				c.Compared++
				delete(c.Open, id)
				continue
			}
		}
		switch {
		case !p.Reported.IsZero() && now.Sub(p.Reported) > forget:
			delete(c.Open, id)
		case p.Reported.IsZero() && now.Sub(p.at()) > settle:
			p.Reported = now
			fresh = append(fresh, id)
		}
	}
	return fresh
}

// reported is the number of differences that are shown.
func (c *comparison) reported() int {
	n := 0
	for _, p := range c.Open {
		if !p.Reported.IsZero() {
			n++
		}
	}
	return n
}

// reportDifferences appends the event, with the list.
func (g *Gateway) reportDifferences(ctx context.Context, p *peer, c *comparison, fresh []string, now time.Time) error {
	if len(fresh) == 0 {
		return nil
	}
	list := map[string]*pair{}
	for _, id := range fresh {
		list[id] = c.Open[id]
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	g.log.Error("the logs of a relation differ", "peer", p.agency, "messages", len(fresh), "first", fresh[0])
	_, err = g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{{
		Log: audit.Internal, Kind: kindDiffers, Time: now,
		Header: map[string]string{hPeer: p.agency, hMessage: fresh[0], hCount: strconv.Itoa(len(fresh)), hReason: c.Open[fresh[0]].Field},
		Bodies: []audit.Body{{Name: bodyDifferences, MediaType: mediaJSON, Data: body}},
	}}, nil)
	return err
}

func (g *Gateway) saveComparison(p *peer, c *comparison) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	file := g.comparisonFile(p)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
