package audit

import (
	"context"
	"errors"
	"strings"
)

// A link is one shard of a log that is read over HTTP.
type link struct {
	key  *verifyKey
	log  *remoteLog
	from *handover // from the shard before, nil for the one that the policy names
}

// next follows the succession of a shard, nil if it is the last one. After an
// incident only a policy can say that the next shard is to be trusted.
func (k *link) next(ctx context.Context) (*link, error) {
	doc, err := k.log.get(ctx, "successor")
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h, err := parseSuccession(doc, k.key)
	if err != nil || !h.closed {
		return nil, err
	}
	return &link{h.key, k.log.sibling(k.key.name, h.key.name), h}, nil
}

// sibling is another shard of the log with that origin.
func (r *remoteLog) sibling(origin, other string) *remoteLog {
	prefix := r.prefix
	if label := shardLabel(logName(origin)); label != "" {
		prefix = strings.TrimSuffix(prefix, label+"/")
	}
	out := *r
	out.prefix = prefix
	if label := shardLabel(logName(other)); label != "" {
		out.prefix += label + "/"
	}
	return &out
}

// chain lists a shard and those that follow it. A succession that does not
// verify ends the list, with the error.
func chain(ctx context.Context, key *verifyKey, r *remoteLog) ([]*link, error) {
	links := []*link{{key: key, log: r}}
	for {
		next, err := links[len(links)-1].next(ctx)
		if err != nil || next == nil {
			return links, err
		}
		links = append(links, next)
	}
}

// wants are the roots that a shard must have had: that of its opening, and the
// final one if another shard follows.
func wants(links []*link, i int, head Checkpoint, v *Verdict) map[uint64][]wantedRoot {
	wanted := map[uint64][]wantedRoot{}
	if h := links[i].from; h != nil {
		if h.first.Size > head.Size {
			v.add(badHead, head.Size, "the head of the opening has size %d", h.first.Size)
		}
		wanted[h.first.Size] = []wantedRoot{{h.first.Root, badHead, h.first.Size, "head of the opening", false}}
	}
	if i+1 < len(links) {
		v.Successor = links[i+1].key.name
		if final := links[i+1].from.final; final != head {
			v.add(badShard, final.Size, "the shard was closed at size %d and is served with another head", final.Size)
		}
	}
	return wanted
}

// pickShard finds the shard with a name in the chain that starts with a key,
// nil if it is not there. Without a name it is the first one.
func pickShard(ctx context.Context, first *verifyKey, r *remoteLog, log string) (*verifyKey, *remoteLog, error) {
	if log == "" || log == logName(first.name) {
		return first, r, nil
	}
	if relationOf(log) != relationOf(logName(first.name)) {
		return nil, nil, nil
	}
	links, err := chain(ctx, first, r)
	for _, k := range links {
		if logName(k.key.name) == log {
			return k.key, k.log, nil
		}
	}
	return nil, nil, err
}
