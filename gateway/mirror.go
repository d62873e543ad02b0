package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"peacebridge/audit"
)

// Each gateway shows its peer the log of their relation (C2SP tlog-tiles) and
// keeps a verified copy of the peer's: whoever rewrites a log later has to
// explain the copy on the other side of the border. The copy holds entries,
// which are commitments, and nothing of what they commit to.

// getLog is GET /exchange/v1/log/…: this gateway's log of its relation with
// the agency that asks, and no other.
func (g *Gateway) getLog(w http.ResponseWriter, r *http.Request) error {
	p := g.peers[caller(r).identity.Agency]
	if p == nil {
		return refuse("identity-refused", "no relation with this agency")
	}
	inner := r.Clone(r.Context())
	inner.URL = &url.URL{Path: "/audit/" + p.agency + "/" + mux.Vars(r)["path"]}
	found := &foundOnly{ResponseWriter: w}
	g.ledger.HandlerOf(p.agency).ServeHTTP(found, inner)
	if found.missing {
		return refuse("not-found", "the published log has no such part")
	}
	return nil
}

// foundOnly leaves it to the caller to say that something is not there.
type foundOnly struct {
	http.ResponseWriter
	missing bool
}

func (f *foundOnly) WriteHeader(status int) {
	if f.missing = status == http.StatusNotFound; !f.missing {
		f.ResponseWriter.WriteHeader(status)
	}
}

func (f *foundOnly) Write(b []byte) (int, error) {
	if f.missing {
		return len(b), nil
	}
	return f.ResponseWriter.Write(b)
}

const (
	// checkpointBytes is more than a checkpoint with its cosignatures has.
	checkpointBytes = 64 << 10
	// successionBytes is more than two events with their proofs have.
	successionBytes = 256 << 10
)

// peerLog is the copy of a peer's log.
type peerLog struct {
	mirror *audit.Mirror // of one shard; watch's alone, as the next
	shard  int           // its number

	attested bool // what is held has our cosignature; watch's alone

	mu     sync.Mutex // of what follows
	held   audit.Checkpoint
	broken string // what is wrong with the peer's log
	next   bool   // the peer wants heads of a shard cosigned that is not known here
	lost   string // what the peer has lost, until somebody agrees to its new shard

	inconsistent bool // since the start it wanted a head cosigned that does not follow
}

func (g *Gateway) mirrorDir(p *peer) string { return filepath.Join(g.home, "mirror", p.agency) }

// watch keeps what is known of a peer's log up to date, until ctx ends. It
// runs beside the beat: a large log to copy must not delay cosigning.
func (g *Gateway) watch(ctx context.Context, p *peer) {
	tick := time.NewTicker(time.Duration(g.settings.Beat))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.logKey == "" {
			continue
		}
		g.note("shards of "+p.agency, g.learn(ctx, p))
		if g.settings.mirrors() {
			g.note("mirror of "+p.agency, g.follow(ctx, p))
		}
		g.note("reconciliation with "+p.agency, g.reconcile(ctx, p, g.now()))
	}
}

// logPath is where the peer serves a shard of its log of the relation.
func logPath(shard audit.PeerShard, path string) string {
	if shard.Label != "" {
		path = shard.Label + "/" + path
	}
	return "/exchange/v1/log/" + path
}

// openMirror opens the copy of a shard.
func (g *Gateway) openMirror(p *peer, shard audit.PeerShard) error {
	client := *p.client
	client.Timeout = attemptTimeout
	dir := filepath.Join(g.mirrorDir(p), shard.Label)
	m, err := audit.NewMirrorWith(dir, shard.Key, p.url+strings.TrimSuffix(logPath(shard, ""), "/"), &client)
	if err != nil {
		return err
	}
	held, err := m.Held()
	if err != nil {
		return err
	}
	p.log.mirror, p.log.attested = m, false
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	p.log.held, p.log.broken = held, ""
	return nil
}

// follow brings the copy up to the head that the peer publishes, shard by
// shard. Until a head has been cosigned here there is nothing to copy.
func (g *Gateway) follow(ctx context.Context, p *peer) error {
	shards := g.ledger.PeerShards(p.origin(g.settings.Agency))
	for {
		shard := shards[p.log.shard]
		if p.log.mirror == nil {
			if err := g.openMirror(p, shard); err != nil {
				return err
			}
		}
		last := p.log.shard+1 == len(shards)
		cosigned := g.ledger.Witnessed(shard.Origin)
		if cosigned == nil && last {
			return nil
		}
		if last || !p.log.has(cosigned) {
			err := g.followShard(ctx, p, shard)
			if last || !shard.Lost && (err != nil || !p.log.has(cosigned)) {
				return err
			}
		}
		p.log.shard++
		p.log.mirror = nil
	}
}

func (g *Gateway) followShard(ctx context.Context, p *peer, shard audit.PeerShard) error {
	note, err := p.get(ctx, logPath(shard, "checkpoint"), checkpointBytes)
	if err != nil {
		return err
	}
	if p.log.has(note) {
		return g.attest(p, shard)
	}
	head, err := p.log.mirror.Follow(ctx)
	if d, ok := errors.AsType[*audit.Damage](err); ok {
		return g.peerLogBroken(ctx, p, d)
	}
	if err != nil {
		return err
	}
	p.log.mu.Lock()
	p.log.held, p.log.broken = head, ""
	p.log.mu.Unlock()
	p.log.attested = false
	return g.attest(p, shard)
}

// attest puts our cosignature to a copy that has reached the head that was
// cosigned: this is what the peer can be refilled from.
func (g *Gateway) attest(p *peer, shard audit.PeerShard) error {
	note := g.ledger.Cosigned(shard.Origin)
	if p.log.attested || !p.log.has(note) {
		return nil
	}
	err := p.log.mirror.Keep(note)
	p.log.attested = err == nil
	return err
}

// peerLogBroken records, once, that what the peer serves is not an extension
// of what it served before. The copy stays as it was: it is the evidence.
func (g *Gateway) peerLogBroken(ctx context.Context, p *peer, d *audit.Damage) error {
	what := d.Fault + ": " + d.What
	p.log.mu.Lock()
	known := p.log.broken == what
	p.log.broken = what
	size := p.log.held.Size
	p.log.mu.Unlock()
	if known {
		return nil
	}
	g.log.Error("peer's log is not what it was", "peer", p.agency, "index", d.Index, "fault", d.Fault)
	_, err := g.ledger.Append(context.WithoutCancel(ctx), []audit.Event{{
		Log: audit.Internal, Kind: kindPeerLog, Time: g.now(),
		Header: map[string]string{hPeer: p.agency, hReason: d.Fault, hIndex: strconv.FormatUint(d.Index, 10), hSize: strconv.FormatUint(size, 10)},
	}}, nil)
	return err
}

// has says whether a checkpoint is of the head that is held already.
func (l *peerLog) has(note []byte) bool {
	text, _, _ := strings.Cut(string(note), "\n\n")
	c, err := audit.ParseCheckpoint(text + "\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	return err == nil && l.broken == "" && c == l.held
}

// addCheckpoint is POST /exchange/v1/witness/add-checkpoint. A head that the
// peer's log has signed and that does not follow from the one before is kept,
// once: it is the evidence of a second history.
func (g *Gateway) addCheckpoint(w http.ResponseWriter, r *http.Request) error {
	p := g.peers[caller(r).identity.Agency]
	if p == nil {
		return refuse("identity-refused", "no relation with this agency")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, checkpointBytes))
	if err != nil {
		return bodyError(err, checkpointBytes)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &statusOf{ResponseWriter: w}
	g.ledger.Witness().ServeHTTP(answer, r)
	if answer.status == http.StatusNotFound {
		p.log.mu.Lock()
		p.log.next = true // learned beside the beat
		p.log.mu.Unlock()
	}
	if answer.status != http.StatusUnprocessableEntity {
		return nil
	}
	p.log.mu.Lock()
	known := p.log.inconsistent
	p.log.inconsistent = true
	p.log.mu.Unlock()
	if known {
		return nil
	}
	g.log.Error("peer wants a head cosigned that does not follow from the one before", "peer", p.agency)
	_, err = g.ledger.Append(context.WithoutCancel(r.Context()), []audit.Event{{
		Log: audit.Internal, Kind: kindPeerLog, Time: caller(r).at, Header: map[string]string{hPeer: p.agency, hReason: "head"},
		Bodies: []audit.Body{{Name: bodyCheckpoint, MediaType: "text/plain", Data: body}},
	}}, nil)
	g.note("evidence against "+p.agency, err) // the witness has answered already
	return nil
}

// statusOf remembers the status of an answer.
type statusOf struct {
	http.ResponseWriter
	status int
}

func (s *statusOf) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// copied is the head that the copy has reached.
func (l *peerLog) copied() audit.Checkpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// peerLines are the health lines about a peer's log.
func (g *Gateway) peerLines(p *peer, warn func(code, text string)) {
	if what := p.log.trouble(); what != "" {
		warn("peer-log", "the log of "+p.agency+" is not what it was: "+what)
	}
	if what := p.log.loss(); what != "" {
		warn("peer-incident", what)
	}
	if n := p.differences.Load(); n > 0 {
		warn("differences", fmt.Sprintf("the logs of the relation with %s tell %d messages differently", p.agency, n))
	}
}

func (l *peerLog) trouble() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == "" && l.inconsistent {
		return "a head that does not follow from the one before was to be cosigned"
	}
	return l.broken
}

// origin is the name of the peer's log of the relation with an agency.
func (p *peer) origin(agency string) string { return p.agency + "/audit/" + agency }
