package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Whoever has the key of a first shard is led to the others: by the successions
// that a folder holds, and that are in every bundle.

// successions are those of the folder's closed shards, in order, by the shard
// that was closed. Shards that an incident opened are left out: a policy has to
// name those.
func (f *folder) successions(r reader) (names []string, docs [][]byte, err error) {
	for _, name := range f.names() {
		next := ""
		for _, other := range f.names() {
			if f.before(other) == name {
				next = other
			}
		}
		if next == "" {
			continue
		}
		doc, err := f.succession(r, name, next)
		if err != nil {
			return nil, nil, fmt.Errorf("log %s: successor: %w", name, err)
		}
		if doc != nil {
			names, docs = append(names, name), append(docs, doc)
		}
	}
	return names, docs, nil
}

// succession is the succession of a closed shard, nil when it was not closed
// by an entry of its own.
func (f *folder) succession(r reader, name, next string) ([]byte, error) {
	doc, err := r.get(successorKey(f.origin + "/audit/" + name))
	if err == nil || !errors.Is(err, ErrNotFound) {
		return doc, err
	}
	signed, err := r.get(headKey(f.logs[name]))
	if errors.Is(err, ErrNotFound) {
		return nil, nil // nothing was ever in it
	}
	if err != nil {
		return nil, err
	}
	var s Succession
	kind, key, err := "", "", error(nil)
	last := lenientHead(signed).Size - 1
	err = eachRecord(r, f.logs[name], last, last+1, func(_ uint64, rec *record) error {
		kind, key = rec.kind, rec.value(shardKey)
		return nil
	})
	if err != nil || kind != kindShardClosed {
		return nil, err
	}
	s.Key = key
	if s.Closing, err = f.proveEvent(r, name, last); err != nil {
		return nil, err
	}
	if s.Opening, err = f.proveEvent(r, next, 0); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// proveEvent is Ledger.proveEvent from a folder.
func (f *folder) proveEvent(r reader, log string, index uint64) (string, error) {
	id := f.logs[log]
	c, text, err := f.best(r, id, index)
	if err != nil {
		return "", err
	}
	raw, err := f.proofAt(r, id, index, c, text)
	if err != nil {
		return "", err
	}
	p, err := ParseTlogProof(raw)
	if err != nil {
		return "", err
	}
	err = eachRecord(r, id, index, index+1, func(_ uint64, rec *record) error {
		p.Extra, err = json.Marshal(disclose(rec, log, index, nil, nil, nil))
		return err
	})
	return string(p.Encode()), err
}

// Follow adds the keys to which successions (see [Succession]) lead from the
// policy's own. One that does not verify, or was opened by an incident, leads nowhere.
func (p *Policy) Follow(docs [][]byte) {
	for range docs { // in whatever order they are
		for _, doc := range docs {
			for _, key := range slices.Clone(p.logs) {
				h, err := parseSuccession(doc, key)
				if err == nil && h.closed && p.log(h.key.name) == nil {
					p.logs = append(p.logs, h.key)
					p.named = append(p.named, h.key)
				}
			}
		}
	}
}

// successions are those of a bundle.
func (c *bundleCheck) successions() [][]byte {
	var docs [][]byte
	for name := range c.files {
		if strings.HasPrefix(name, "successions/") && len(docs) < maxSuccessions {
			if doc, err := c.read(name); err == nil {
				docs = append(docs, doc)
			}
		}
	}
	return docs
}

// maxSuccessions are more years than any ledger has.
const maxSuccessions = 1000

// bundleLog is the log of an event's name in a bundle.
func bundleLog(name string) string { return path.Dir(strings.TrimPrefix(name, "events/")) }
