package gateway

import (
	"context"
	"errors"
	"time"
)

// beat publishes the heads of the logs; it also notices changed agreements and
// rules. Everything in it is repeated, so a failure is only shown. Nobody
// outside is waited for: the peers are told that there may be something.
func (g *Gateway) beat(ctx context.Context) {
	tick := time.NewTicker(time.Duration(g.settings.Beat))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := g.now()
		g.note("agreements", g.loadAgreements(ctx, now))
		g.note("rules", g.loadRules(ctx, now))
		g.note("senders", g.loadSenders(ctx, takenAtAChange, now))
		g.note("settings", g.tellInForce(ctx))
		g.note("revocations", g.loadCRL(now))
		g.note("certificate", g.renewOwn(now))
		g.note("keys", g.rotateKeys(now))
		g.note("publish", g.ledger.Publish(now))
		for _, p := range g.peers {
			select {
			case p.published <- struct{}{}:
			default: // still at the last one
			}
		}
	}
}

// askPeer has a peer cosign what is published, and fetches its revocations and
// keys, until ctx ends. Each peer has a loop of its own: one that is slow or
// away delays neither the heads nor the other peers.
func (g *Gateway) askPeer(ctx context.Context, p *peer) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.published:
		}
		err := g.cosign(ctx, p)
		if err == nil {
			p.cosigned(g.now())
		}
		g.note("witness "+p.agency, err)
		g.note("revocations of "+p.agency, g.fetchCRL(ctx, p, g.now()))
		g.note("keys of "+p.agency, g.fetchKeys(ctx, p, g.now()))
	}
}

// cosign asks the peer to witness the published head of our log of the relation.
func (g *Gateway) cosign(ctx context.Context, p *peer) error {
	return g.ledger.Cosign(ctx, p.agency, func(ctx context.Context, body []byte) (int, []byte, error) {
		return p.post(ctx, "/exchange/v1/witness/add-checkpoint", "text/plain; charset=utf-8", body)
	})
}

// note keeps the newest failure of a recurring task for health, by name.
func (g *Gateway) note(task string, err error) {
	g.tasksMu.Lock()
	defer g.tasksMu.Unlock()
	if err == nil || errors.Is(err, context.Canceled) {
		delete(g.tasks, task)
		return
	}
	if g.tasks[task] != err.Error() {
		g.log.Warn("recurring task failed", "task", task, "error", err.Error())
	}
	g.tasks[task] = err.Error()
}
