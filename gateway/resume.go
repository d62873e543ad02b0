package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"peacebridge/certs"
)

// resume takes up the submissions that were stored but not answered when the
// process ended.
func (g *Gateway) resume(ctx context.Context) error {
	items, err := g.ledger.Scan("open/", "", 0)
	if err != nil {
		return err
	}
	var failed error // one that cannot be taken in does not keep the others from it
	for _, item := range items {
		var id string
		if err := json.Unmarshal(item.Value, &id); err != nil {
			return err
		}
		sub, err := g.submissionByID(id)
		if err != nil {
			return err
		}
		if !sub.ReceivedAt.Before(g.startedAt) {
			continue // it is being taken in right now
		}
		party, err := certs.ParseIdentity(sub.Party)
		if err != nil {
			return err
		}
		in := &intake{
			id: sub.ID, party: party, media: sub.MediaType, at: g.now(), digest: sub.Digest,
			duplicates: sub.Duplicates, idempotent: sub.Idempotent, stored: sub,
		}
		_, err = g.takeOrEnd(ctx, in)
		if _, refused := errors.AsType[*refusal](err); err != nil && !refused {
			failed = errors.Join(failed, fmt.Errorf("submission %s: %w", sub.ID, err))
			continue
		}
		g.log.Info("submission resumed", "submission", sub.ID, "messages", sub.Messages)
	}
	return failed
}
