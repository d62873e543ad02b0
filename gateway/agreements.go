package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"peacebridge/audit"
	"peacebridge/crypto"
	"peacebridge/gateway/agreement"
)

// agreementFile is one agreement of the agreements folder with what stands
// beside it: <file>.<agency>.jws, one detached signature of each party, and
// <file>.suspended, by which this side alone stops it at once.
type agreementFile struct {
	*agreement.Agreement
	path      string
	sigs      []agreement.Signature
	suspended bool
	signed    bool // both signatures were verified when it was loaded
}

// agreementSet is what the folder held when it was last read.
type agreementSet struct {
	mu    sync.RWMutex
	files []*agreementFile
	seen  string // names, sizes and times: what tells that something changed
	bad   []string
}

// between are the agreements of two parties, the highest version first.
func (s *agreementSet) between(from, to string) []*agreementFile {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*agreementFile
	for _, a := range s.files {
		_, sends := a.Party(from)
		_, receives := a.Party(to)
		if sends && receives {
			out = append(out, a)
		}
	}
	return out
}

func (s *agreementSet) find(id string, version int, hash string) *agreementFile {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.files {
		if a.ID == id && a.Version == version && a.Hash == hash {
			return a
		}
	}
	return nil
}

func (s *agreementSet) byHash(id, hash string) *agreementFile {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, a := range s.files {
		if a.ID == id && a.Hash == hash {
			return a
		}
	}
	return nil
}

const inForce = "in-force"

// loadAgreements reads the folder again when it has changed, and puts every
// change of what is in force into the ledger before anything is decided by it.
func (g *Gateway) loadAgreements(ctx context.Context, at time.Time) error {
	dir := filepath.Join(g.home, "agreements")
	seen, err := fingerprint(dir)
	if err != nil {
		return err
	}
	if seen != g.agreements.seen {
		files, bad, err := g.readAgreements(dir)
		if err != nil {
			return err
		}
		g.agreements.mu.Lock()
		g.agreements.files, g.agreements.bad, g.agreements.seen = files, bad, seen
		g.agreements.mu.Unlock()
	}
	return g.recordAgreements(ctx, at)
}

func fingerprint(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // gone in between: the next beat sees it
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
	}
	return b.String(), nil
}

func (g *Gateway) readAgreements(dir string) (files []*agreementFile, bad []string, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		a, issues := agreement.Parse(b)
		if a == nil {
			bad = append(bad, filepath.Base(path))
			g.log.Error("agreement not read", "file", filepath.Base(path), "issues", len(issues))
			continue
		}
		f := &agreementFile{Agreement: a, path: path}
		for _, p := range a.Parties {
			if jws, err := os.ReadFile(path + "." + p.Agency + ".jws"); err == nil {
				f.sigs = append(f.sigs, agreement.Signature{Agency: p.Agency, JWS: []byte(strings.TrimSpace(string(jws)))})
			}
		}
		_, err = os.Stat(path + ".suspended")
		f.suspended = err == nil
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b *agreementFile) int { return b.Version - a.Version })
	return files, bad, nil
}

// verifySignature is the agreement room's view of our keyring: the signing key
// that the agreement itself names for the party.
func (g *Gateway) verifySignature(agency, thumbprint string, payload, jws []byte) error {
	key, ok := g.keys.Find(agency, thumbprint)
	if !ok {
		return errors.New("the key that the agreement names is not known here")
	}
	return crypto.VerifyDetached(key, payload, jws)
}

// status says whether an agreement binds now, or the reason why not.
func (g *Gateway) agreementStatus(a *agreementFile, at time.Time) string {
	if a.suspended {
		return "SUSPENDED"
	}
	if a.signed && a.Dates.Contains(at) {
		return inForce
	}
	err := a.InForce(at, a.sigs, g.verifySignature)
	var r *agreement.Refusal
	switch {
	case err == nil:
		a.signed = true
		return inForce
	case errors.As(err, &r):
		return r.Reason
	}
	return "SIGNATURE_INVALID"
}

func (g *Gateway) recordAgreements(ctx context.Context, at time.Time) error {
	g.agreements.mu.Lock()
	defer g.agreements.mu.Unlock()
	for _, a := range g.agreements.files {
		status := g.agreementStatus(a, at)
		key := keyAgreement(agreementKey(a))
		var have agreementState
		version, err := g.stateVersion(key, &have)
		if err != nil && !errors.Is(err, audit.ErrNotFound) {
			return err
		}
		if have.Status == status && have.Hash == a.Hash {
			continue
		}
		var events []audit.Event
		for _, p := range a.Parties {
			if g.peers[p.Agency] != nil {
				events = append(events, audit.Event{
					Log: p.Agency, Kind: kindAgreement, Time: at,
					Header: map[string]string{
						hAgreement: a.ID, hVersion: strconv.Itoa(a.Version), hHash: a.Hash, hStatus: status, hPeer: p.Agency,
					},
				})
			}
		}
		if len(events) == 0 {
			continue // not ours to act on
		}
		_, err = g.ledger.Append(ctx, events, []audit.Guard{{Key: key, Version: version}})
		if err != nil {
			return err
		}
		g.log.Info("agreement changed", "agreement", a.ID, "version", a.Version, "status", status)
	}
	return nil
}

func agreementKey(a *agreementFile) string { return a.ID + "/" + strconv.Itoa(a.Version) }

// agreementState is the guard that a decision by this agreement must carry,
// and the reason why there can be none. The ledger's word and the dates must
// both hold at the instant; what was sealed before the end may still travel
// within the agreement's grace.
func (g *Gateway) agreementState(a *agreementFile, sealed, at time.Time) (guard, string) {
	key := keyAgreement(agreementKey(a))
	var s agreementState
	version, err := g.stateVersion(key, &s)
	gd := guard{Key: key, Version: version}
	switch {
	case err != nil || s.Hash != a.Hash:
		return guard{}, "NOT_IN_FORCE"
	case s.Status == inForce && a.Dates.Contains(at):
		return gd, ""
	case s.Status != "SUSPENDED" && g.inGrace(a, sealed, at):
		return gd, ""
	case s.Status == inForce:
		return gd, "NOT_IN_FORCE"
	}
	return gd, s.Status
}

func (g *Gateway) inGrace(a *agreementFile, sealed, at time.Time) bool {
	if a.suspended || !sealed.Before(at) || !a.Dates.Contains(sealed) || a.Dates.Contains(at) {
		return false
	}
	if at.After(a.Dates.Until.AddDate(0, 0, 1).Add(a.Dates.Grace)) {
		return false
	}
	return a.InForce(sealed, a.sigs, g.verifySignature) == nil
}

// stopped says why a sealed message may not leave now; "" lets it go.
func (g *Gateway) stopped(id, hash string, sealed, at time.Time) string {
	a := g.agreements.byHash(id, hash)
	if a == nil {
		return "NOT_IN_FORCE"
	}
	_, reason := g.agreementState(a, sealed, at)
	return reason
}

// pseudonym masks by a key that the two agencies of the relation share, so that
// both see the same party as the same, within one agreement and year, and
// nobody else can. The key is computed when the first value wants it; without
// one, what would be masked so is left out.
func (g *Gateway) pseudonym(a *agreementFile, peer string, at time.Time) func(path, value string) string {
	mask := sync.OnceValue(func() func(path, value string) string {
		key, err := g.keys.RelationKey(peer, "pseudonym", at)
		g.note("pseudonyms for "+peer, err)
		if err != nil {
			return func(string, string) string { return "" }
		}
		return agreement.NewPseudonym(key, a.ID, at.UTC().Year())
	})
	return func(path, value string) string { return mask()(path, value) }
}
