package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"peacebridge/audit"
	"peacebridge/crypto"
)

const (
	mediaJOSE = "application/jose"
	// scanOutbox is how many lines of the outbox are read at a time.
	scanOutbox = 512
	// firstBackoff doubles with each failure, with jitter, up to Delivery.MaxBackoff.
	firstBackoff = 100 * time.Millisecond
	// attemptTimeout bounds one attempt; the outbox tries again.
	attemptTimeout = 30 * time.Second
	// heldPause is how often is looked whether a peer that was away is back.
	heldPause = time.Second
	// answerBytes is the largest answer that a peer may give.
	answerBytes = 64 << 10
)

// courier is step 7 for one peer: it brings what lies in the outbox to the
// peer, at least once, until a receipt says that it is committed there. The
// outbox is state of the ledger, so nothing is lost with the process; what is
// kept here is only how patient to be.
type courier struct {
	g      *Gateway
	peer   *peer
	wakeup chan struct{}

	mu       sync.Mutex
	inFlight map[string]bool
	tries    map[string]int       // failures of one message
	notUntil map[string]time.Time // of one message
	down     int                  // failures to reach the peer at all, in a row
	reason   string               // why the last attempt failed, for health
}

func newCourier(g *Gateway, p *peer) *courier {
	return &courier{
		g: g, peer: p, wakeup: make(chan struct{}, 1),
		inFlight: map[string]bool{}, tries: map[string]int{}, notUntil: map[string]time.Time{},
	}
}

func (c *courier) wake() {
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

// run ends when ctx does, after the attempts in flight have ended.
func (c *courier) run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, c.g.settings.Delivery.Workers)
	for {
		wait := c.turn(ctx, slots, &workers)
		select {
		case <-ctx.Done():
			return
		case <-c.wakeup:
		case <-time.After(wait):
		}
	}
}

// turn starts an attempt for every line that is due and says when to look
// again. The outbox is read page by page, so that lines that wait for their
// next attempt do not hold up those behind them.
func (c *courier) turn(ctx context.Context, slots chan struct{}, workers *sync.WaitGroup) time.Duration {
	if c.g.held(c.peer, c.g.now()) {
		return heldPause
	}
	prefix, after := "outbox/"+c.peer.agency+"/", ""
	wait := time.Minute
	for {
		items, err := c.g.ledger.Scan(prefix, after, scanOutbox)
		if err != nil {
			c.fail("the outbox could not be read")
			return time.Second
		}
		now := time.Now()
		for _, item := range items {
			due, in := c.due(item.Key, now)
			if !due {
				wait = min(wait, in)
				continue
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return 0
			}
			workers.Go(func() {
				defer func() { <-slots }()
				c.attempt(ctx, item)
				c.wake()
			})
			if c.isDown() { // one attempt at a time finds out whether the peer is back
				return max(wait, 10*time.Millisecond)
			}
		}
		if len(items) < scanOutbox {
			return max(wait, 10*time.Millisecond)
		}
		after = items[len(items)-1].Key
	}
}

func (c *courier) isDown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down > 0
}

// due claims the line for an attempt, or says when to come again.
func (c *courier) due(key string, now time.Time) (bool, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight[key] || c.down > 0 && len(c.inFlight) > 0 {
		return false, time.Minute // its end wakes us
	}
	if wait := c.notUntil[key].Sub(now); wait > 0 {
		return false, wait
	}
	if wait := c.notUntil[""].Sub(now); wait > 0 { // the peer as a whole
		return false, wait
	}
	c.inFlight[key] = true
	return true, 0
}

// errUnreachable is a failure to reach the peer, as opposed to its answer.
var errUnreachable = errors.New("peer not reached")

func (c *courier) attempt(ctx context.Context, item audit.Item) {
	err := c.deliver(ctx, item)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inFlight, item.Key)
	switch {
	case err == nil:
		c.down, c.reason = 0, ""
		delete(c.tries, item.Key)
		delete(c.notUntil, item.Key)
		delete(c.notUntil, "")
	case ctx.Err() != nil:
	case errors.Is(err, errUnreachable):
		c.down++
		c.reason = "the peer is not reached"
		c.notUntil[""] = time.Now().Add(c.backoff(c.down))
	default:
		c.down = 0
		c.tries[item.Key]++
		c.reason = "a delivery is not accepted"
		c.notUntil[item.Key] = time.Now().Add(c.backoff(c.tries[item.Key]))
		c.g.log.Warn("delivery failed", "peer", c.peer.agency, "outbox", item.Key, "tries", c.tries[item.Key], "error", err.Error())
	}
}

func (c *courier) fail(reason string) {
	c.mu.Lock()
	c.reason = reason
	c.mu.Unlock()
}

func (c *courier) backoff(tries int) time.Duration {
	limit := time.Duration(c.g.current().Delivery.MaxBackoff)
	d := firstBackoff << min(tries-1, 20)
	if d > limit || d <= 0 {
		d = limit
	}
	return d/2 + rand.N(d/2+1) // so that many gateways do not come back in step
}

// deliver makes one attempt for one line of the outbox.
func (c *courier) deliver(ctx context.Context, item audit.Item) error {
	var out outgoing
	if err := json.Unmarshal(item.Value, &out); err != nil {
		return err
	}
	now := c.g.now()
	if now.Sub(out.Since) > time.Duration(c.g.current().Delivery.DeadAfter) {
		return c.end(ctx, item, &out, kindDead, map[string]string{hReason: "DELIVERY_EXPIRED"}, nil)
	}
	sent, err := c.g.ledger.Entry(out.Event.Log, out.Event.Index)
	if err != nil {
		return err
	}
	// Decided again before it leaves: this can only stop it.
	if reason := c.g.stopped(sent.Header[hAgreement], sent.Header[hHash], out.SealedAt, now); reason != "" {
		return c.end(ctx, item, &out, kindStopped, map[string]string{hReason: reason}, nil)
	}
	envelope, err := c.g.body(out.Event, bodyEnvelope)
	if err != nil {
		return err
	}
	answer, err := c.post(ctx, "/exchange/v1/messages", mediaJOSE, envelope)
	if err != nil {
		return err
	}
	r, err := c.g.keys.OpenReceipt(answer, crypto.Expect{Issuer: c.peer.agency, Audience: c.g.settings.Agency, Now: c.g.now()})
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if r.MessageID != out.Message || r.PayloadDigest != sent.Header[hDigest] {
		return errors.New("receipt: it is for another message")
	}
	return c.end(ctx, item, &out, kindReceipted, map[string]string{
		hVerdict: r.Verdict, hReason: r.Reason, hDigest: r.PayloadDigest, hPeerLog: r.LogOrigin, hPeerIndex: strconv.FormatUint(r.Index, 10),
	}, answer)
}

// end takes the line out of the outbox, once: the guard lets no second end through.
func (c *courier) end(ctx context.Context, item audit.Item, out *outgoing, kind string, h map[string]string, receipt []byte) error {
	h[hMessage], h[hDocument], h[hPeer] = out.Message, out.Document, c.peer.agency
	e := audit.Event{Log: c.peer.agency, Kind: kind, Time: c.g.now(), Header: h}
	if receipt != nil {
		e.Bodies = []audit.Body{{Name: bodyReceipt, MediaType: mediaJOSE, Data: receipt}}
	}
	_, err := c.g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{e}, []audit.Guard{{Key: item.Key, Version: item.Version}})
	if errors.Is(err, audit.ErrChanged) {
		return nil // it has ended already
	}
	return err
}

// post sends bytes to the peer and returns its answer.
func (c *courier) post(ctx context.Context, path, media string, body []byte) ([]byte, error) {
	status, answer, err := c.peer.post(ctx, path, media, body)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("peer answered %d", status)
	}
	return answer, nil
}

func (p *peer) post(ctx context.Context, path, media string, body []byte) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", media)
	res, err := p.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerBytes+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("%w: %w", errUnreachable, err)
	case len(answer) > answerBytes:
		return 0, nil, errors.New("peer answered more than any receipt has")
	}
	return res.StatusCode, answer, nil
}
