package gateway

import (
	"context"
	"errors"
	"time"
)

// beat publishes the heads of the logs and has them cosigned by the peers; it
// also notices changed agreements and rules. Everything in it is repeated, so
// a failure is only shown.
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
		g.note("revocations", g.loadCRL(now))
		g.note("certificate", g.renewOwn(now))
		g.note("keys", g.rotateKeys(now))
		g.note("publish", g.ledger.Publish(now))
		for _, name := range g.peerNames {
			p := g.peers[name]
			err := g.cosign(ctx, p)
			if err == nil {
				p.cosigned(g.now())
			}
			g.note("witness "+name, err)
			g.note("revocations of "+name, g.fetchCRL(ctx, p, now))
			g.note("keys of "+name, g.fetchKeys(ctx, p, now))
		}
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
