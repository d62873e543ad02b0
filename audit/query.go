package audit

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"
)

// kindQueried is the event that an auditor's query leaves.
const kindQueried = "audit.queried"

// Query finds events, by log and index. The query itself becomes an event of
// the internal log before anything is returned: who asked for what, and how
// much it found. The term is in it only as its HMAC.
func (l *Ledger) Query(ctx context.Context, who string, q Query) ([]*Stored, error) {
	found, err := l.find(ctx, q)
	if err != nil {
		return nil, err
	}
	h := map[string]string{"party": who, "found": strconv.Itoa(len(found))}
	for name, text := range map[string]string{"log": q.Log, "kind": q.Kind, "ofParty": q.Party, "ofArticle": q.Article} {
		if text != "" {
			h[name] = text
		}
	}
	for name, at := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !at.IsZero() {
			h[name] = at.UTC().Format(time.RFC3339)
		}
	}
	if q.Term != "" {
		h["term"] = l.Term(q.Term)
	}
	if _, err := l.Append(ctx, []Event{{Log: Internal, Kind: kindQueried, Header: h}}, nil); err != nil {
		return nil, err
	}
	return found, nil
}

func (l *Ledger) find(ctx context.Context, q Query) ([]*Stored, error) {
	var found []*Stored
	full := func() bool { return q.Limit > 0 && len(found) >= q.Limit }
	if q.Term != "" {
		places, err := l.Search(q.Term)
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			if !q.in(at.Log) || full() {
				continue
			}
			s, err := l.Entry(at.Log, at.Index)
			if err != nil {
				return nil, err
			}
			if q.matches(s) {
				found = append(found, s)
			}
		}
		return found, ctx.Err()
	}
	for _, name := range slices.Sorted(maps.Keys(l.logs())) {
		if !q.in(name) || full() {
			continue
		}
		err := l.Entries(name, 0, func(s *Stored) bool {
			if q.matches(s) {
				found = append(found, s)
			}
			return !full() && ctx.Err() == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, ctx.Err()
}
