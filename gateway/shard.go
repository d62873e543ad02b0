package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"peacebridge/audit"
)

// The peer's log goes on in a new shard each year, which the shard before
// names, and after an incident, which a person of this side has to agree to.

// learn follows the peer's log to the next shard, when the peer has asked for
// one that is not known here.
func (g *Gateway) learn(ctx context.Context, p *peer) error {
	p.log.mu.Lock()
	next := p.log.next
	p.log.mu.Unlock()
	if !next {
		return nil
	}
	shards := g.ledger.PeerShards(p.origin(g.settings.Agency))
	before := shards[len(shards)-1]
	doc, err := p.get(ctx, logPath(before, "successor"), successionBytes)
	if err != nil {
		return err
	}
	agreed, err := g.agreedShards(p)
	if err != nil {
		return err
	}
	err = g.ledger.Learn(doc, func(vkey string) bool { return agreed[vkey] != "" })
	if incident, ok := errors.AsType[*audit.PeerIncident](err); ok {
		return g.peerIncident(ctx, p, incident)
	}
	if err != nil {
		return err
	}
	p.log.mu.Lock()
	p.log.next, p.log.lost = false, ""
	p.log.mu.Unlock()
	shards = g.ledger.PeerShards(p.origin(g.settings.Agency))
	if authority := agreed[shards[len(shards)-1].Key]; authority != "" {
		err = g.incidentEvent(ctx, p, "agreed", map[string]string{hShard: shards[len(shards)-1].Key, hAuthority: authority})
	}
	if !g.settings.mirrors() {
		return err
	}
	m, merr := audit.NewMirror(filepath.Join(g.mirrorDir(p), before.Label), before.Key, p.url, "")
	if merr == nil {
		merr = m.KeepSuccession(doc)
	}
	return errors.Join(err, merr)
}

// peerIncident records, once for each new shard, that the peer has lost a part
// of its log. What it says to have kept must be what was copied here.
func (g *Gateway) peerIncident(ctx context.Context, p *peer, e *audit.PeerIncident) error {
	if m := p.log.mirror; m != nil {
		if had, err := m.Had(e.Kept); err == nil && !had {
			return g.peerLogBroken(ctx, p, &audit.Damage{Log: e.Before, Index: e.Kept.Size, Fault: "head", What: "an incident names another history"})
		}
	}
	p.log.mu.Lock()
	p.log.lost = fmt.Sprintf("%s has lost a part of its log: of %d entries cosigned here it has kept %d; its new shard is cosigned when somebody agrees: peacebridge audit agree --peer %s --key %s",
		p.agency, e.Witnessed.Size, e.Kept.Size, p.agency, e.Key)
	p.log.mu.Unlock()
	return g.incidentEvent(ctx, p, "declared", map[string]string{
		hShard: e.Key, hSize: strconv.FormatUint(e.Kept.Size, 10), hWitnessed: strconv.FormatUint(e.Witnessed.Size, 10),
		hReason: e.Reason, hAuthority: e.Authority,
	})
}

// incidentEvent is in the log of the relation, so that the peer and both sides'
// auditors see it.
func (g *Gateway) incidentEvent(ctx context.Context, p *peer, status string, h map[string]string) error {
	known := "peer.incident/" + status + "/" + h[hShard]
	if found, err := g.ledger.Search(known); err != nil || len(found) > 0 {
		return err
	}
	g.log.Error("peer's log has an incident", "peer", p.agency, "status", status, "shard", h[hShard])
	h[hPeer], h[hStatus] = p.agency, status
	_, err := g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{{
		Log: p.agency, Kind: kindIncident, Time: g.now(), Header: h, Terms: []string{known},
	}}, nil)
	return err
}

func (l *peerLog) loss() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

func shardsFile(home, agency string) string { return filepath.Join(home, "peers", agency+".shards") }

// agreedShards are the keys of the peer's shards that somebody has agreed to,
// with that person's authority.
func (g *Gateway) agreedShards(p *peer) (map[string]string, error) {
	b, err := os.ReadFile(shardsFile(g.home, p.agency))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	agreed := map[string]string{}
	for line := range bytes.Lines(b) {
		key, authority, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		agreed[key] = authority
	}
	return agreed, err
}

// AgreeShard notes in a home that somebody agrees to a new shard of a peer's
// log after an incident. The gateway may be running.
func AgreeShard(home, peer, key, authority string) error {
	s, err := LoadSettings(filepath.Join(home, configFile))
	if err != nil {
		return err
	}
	known := false
	for _, p := range s.Peers {
		known = known || p.Agency == peer
	}
	origin, _, ok := strings.Cut(key, "+")
	switch {
	case !known:
		return fmt.Errorf("%s is no peer of %s", peer, s.Agency)
	case !ok || !strings.HasPrefix(origin, peer+"/audit/"+s.Agency+"/") || strings.ContainsAny(key, " \n") || strings.Contains(authority, "\n"):
		return fmt.Errorf("%q is no key of a shard of %s", key, peer+"/audit/"+s.Agency)
	}
	f, err := os.OpenFile(shardsFile(home, peer), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s\n", key, authority)
	return errors.Join(err, f.Sync(), f.Close())
}

// mirrorPath is a part of a copy: of the first shard, or of one below it.
var mirrorPath = regexp.MustCompile(`^(?:(\d{4}(?:\.\d+)?)/)?(checkpoint|witnessed|successor|tile/[x0-9a-z/.]+)$`)

// getMirror is GET /exchange/v1/mirror/…: the copy of the log of the agency
// that asks, so that it can be refilled from it. "witnessed" is the newest head
// that was cosigned.
func (g *Gateway) getMirror(w http.ResponseWriter, r *http.Request) error {
	p := g.peers[caller(r).identity.Agency]
	if p == nil {
		return refuse("identity-refused", "no relation with this agency")
	}
	path := mirrorPath.FindStringSubmatch(mux.Vars(r)["path"])
	missing := refuse("not-found", "the copy has no such part")
	if path == nil {
		return missing
	}
	if path[2] == "witnessed" {
		note := g.ledger.Cosigned(strings.TrimSuffix(p.origin(g.settings.Agency)+"/"+path[1], "/"))
		if note == nil {
			return missing
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(note) // the peer asks again
		return nil
	}
	f, err := os.OpenInRoot(g.mirrorDir(p), filepath.Join(path[1], filepath.FromSlash(path[2])))
	if errors.Is(err, fs.ErrNotExist) {
		return missing
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // was only read
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(missing, err)
	}
	media := "application/octet-stream"
	switch path[2] {
	case "checkpoint":
		media = "text/plain; charset=utf-8"
	case "successor":
		media = mediaJSON
	}
	w.Header().Set("Content-Type", media)
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}
