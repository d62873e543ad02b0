package gateway

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"peacebridge/audit"
	"peacebridge/mapping"
)

// ruleSet is one state of the rules folder, named by its hash. Every rendering
// names the set that it used, and the set's bytes are in the ledger.
type ruleSet struct {
	hash  string
	rules *mapping.Rules
}

// standing holds the rules in use and those that renderings named before.
type standing struct {
	mu   sync.Mutex
	seen string
	now  *ruleSet
	old  map[string]*ruleSet
}

func (s *standing) current() *ruleSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// loadRules reads the rules folder again when it has changed and stores the
// new set before anything is rendered by it.
func (g *Gateway) loadRules(ctx context.Context, at time.Time) error {
	dir := filepath.Join(g.home, "rules")
	seen, err := fingerprint(dir)
	if err != nil || seen == g.rules.seen && g.rules.current() != nil {
		return err
	}
	rules, err := mapping.LoadRules(os.DirFS(dir))
	if err != nil {
		return err
	}
	set := &ruleSet{hash: rules.Hash(), rules: rules}
	_, err = g.ledger.Append(ctx, []audit.Event{{
		Log: audit.Internal, Kind: kindRules, Time: at,
		Header: map[string]string{hHash: set.hash},
		Bodies: []audit.Body{{Name: bodyRules, MediaType: "application/octet-stream", Data: rules.Bytes()}},
	}}, []audit.Guard{{Key: keyRules(set.hash)}})
	if err != nil && !errors.Is(err, audit.ErrChanged) { // changed: this set is stored already
		return err
	}
	g.rules.mu.Lock()
	defer g.rules.mu.Unlock()
	g.rules.now, g.rules.seen = set, seen
	return nil
}

// byHash is the set that an earlier rendering used.
func (s *standing) byHash(g *Gateway, hash string) (*ruleSet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.hash == hash {
		return s.now, nil
	}
	if set := s.old[hash]; set != nil {
		return set, nil
	}
	var at eventRef
	if err := g.state(keyRules(hash), &at); err != nil {
		return nil, err
	}
	b, err := g.body(at, bodyRules)
	if err != nil {
		return nil, err
	}
	rules, err := mapping.ParseRules(b)
	if err != nil {
		return nil, err
	}
	set := &ruleSet{hash: hash, rules: rules}
	s.old[hash] = set
	return set, nil
}

// body reads a whole body of an event.
func (g *Gateway) body(at eventRef, name string) ([]byte, error) {
	r, err := g.ledger.Body(at.Log, at.Index, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
