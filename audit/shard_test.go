package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// calendar is a clock that a test moves.
type calendar struct{ at atomic.Int64 }

func newCalendar(at time.Time) *calendar {
	c := &calendar{}
	c.set(at)
	return c
}

func (c *calendar) set(at time.Time) { c.at.Store(at.UnixNano()) }

// now is a little later each time.
func (c *calendar) now() time.Time { return time.Unix(0, c.at.Add(1000)).UTC() }

var (
	december = time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)
	january  = time.Date(2027, 1, 1, 0, 0, 1, 0, time.UTC)
)

// turning is a pair whose clocks are the same calendar.
func turning(t testing.TB, change func(c *Config)) (*pair, *calendar) {
	t.Helper()
	cal := newCalendar(december)
	return newPairWith(t, func(c *Config) {
		c.Now = cal.now
		if change != nil {
			change(c)
		}
	}), cal
}

// exchange publishes and cosigns both ways, and tells the witnesses of new shards.
func (p *pair) exchange() {
	p.t.Helper()
	for range 3 { // published, learned, cosigned
		for _, way := range []struct{ log, by *Ledger }{{p.ca, p.us}, {p.us, p.ca}} {
			relation := way.log.relations()[0]
			if err := way.log.Publish(way.log.config.Now()); err != nil {
				p.t.Fatal(err)
			}
			for _, s := range way.log.shards(relation) {
				if doc, err := way.log.Succession(s.name); err == nil {
					if err := way.by.Learn(doc, p.agreed); err != nil && !strings.Contains(err.Error(), "has not ended") {
						p.t.Fatal(err)
					}
				}
			}
			_ = way.log.Cosign(context.Background(), relation, post(way.by)) // asked again
		}
	}
}

// verified requires that every log of a ledger verifies under a policy, and
// returns the verdicts by log.
func verified(t testing.TB, target string, o VerifyOptions) map[string]Verdict {
	t.Helper()
	vs, err := VerifyTarget(context.Background(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Verdict{}
	for _, v := range vs {
		if !v.Verified {
			t.Errorf("%s: %+v", v.Log, v.Problems)
		}
		out[v.Log] = v
	}
	return out
}

// At the turn of the year every log goes on in a new shard. Whoever knows the
// key of the first one needs no other.
func TestTurnOfTheYear(t *testing.T) {
	p, cal := turning(t, nil)
	policy := peersPolicy(p.ca, p.us)
	appendN(t, p.ca, 0, 300)
	if _, err := p.ca.Append(t.Context(), []Event{{Log: Internal, Kind: "note"}}, nil); err != nil {
		t.Fatal(err)
	}
	p.exchange()
	cal.set(january)
	out, err := p.ca.Append(t.Context(), []Event{event(1000), {Log: Internal, Kind: "note"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out[0].Log != partner+"/2027" || out[0].Index != 1 || out[1].Log != "internal/2027" || out[1].Index != 1 {
		t.Fatalf("committed %+v", out)
	}
	appendN(t, p.ca, 1001, 300)
	p.exchange()
	appendN(t, p.ca, 1400, 10)
	p.exchange()

	st := p.ca.Status()
	if len(st) != 4 || st[3].Log != partner+"/2027" || st[3].Closed || !st[2].Closed || st[2].Relation != partner {
		t.Fatalf("status %+v", st)
	}
	for _, s := range st[2:] {
		if s.PublishedSize != s.Size || len(s.CosignedBy) != 1 || len(s.Problems) > 0 && !s.Problems[0].Warning {
			t.Errorf("%+v", s)
		}
	}
	// Search goes over the border; each event has its place.
	for _, i := range []int{7, 1100} {
		at, err := p.ca.Search(fmt.Sprintf("control/%d", i))
		if err != nil || len(at) != 1 {
			t.Fatalf("%v, %v", at, err)
		}
		e, err := p.ca.Entry(at[0].Log, at[0].Index)
		if err != nil || e.Header["document"] != fmt.Sprintf("d-%d", i) || e.Log != at[0].Log {
			t.Errorf("%+v, %v", e, err)
		}
	}
	opened, err := p.ca.Entry(partner+"/2027", 0)
	if err != nil || opened.Kind != kindShardOpened || opened.Header[shardBefore] != "ca.cbsa/audit/us.cbp" || opened.Header[shardRoot] != st[2].Root.String() {
		t.Errorf("%+v, %v", opened, err)
	}
	if found, err := p.ca.Query(t.Context(), "auditor", Query{Log: partner, Kind: "document.accepted"}); err != nil || len(found) != 611 {
		t.Errorf("query found %d, %v", len(found), err)
	}

	// Over HTTP, with the keys of the first shards alone: ours, and x/mod's note and tlog.
	web := httptest.NewServer(p.ca.Handler())
	defer web.Close()
	byURL := verified(t, web.URL, VerifyOptions{Policy: policy})
	if len(byURL) != 2 || byURL[partner].Successor != "ca.cbsa/audit/us.cbp/2027" || byURL[partner+"/2027"].CosignedSize != st[3].Size {
		t.Errorf("%+v", byURL)
	}
	otherVerifier(t, web.URL+"/audit/us.cbp/2027/", p.ca.LogKey(partner+"/2027"))
	otherVerifier(t, web.URL+"/", p.ca.LogKey(partner))

	// State is the same when it is built again, and after a restart.
	version := func() string { // of everything
		items, err := p.ca.Scan("", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(items)
	}
	before := version()
	if err := p.ca.Rebuild(t.Context()); err != nil || version() != before {
		t.Errorf("rebuilt state differs, %v", err)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	byFolder := verified(t, p.caConf.Dir, VerifyOptions{Policy: policy, Apply: counting})
	if len(byFolder) != 2 {
		t.Errorf("%d logs", len(byFolder))
	}
	if self := verified(t, p.caConf.Dir, VerifyOptions{Apply: counting}); len(self) != 4 {
		t.Errorf("%d logs", len(self))
	}
	// A bundle and an explanation need no other key either.
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	z, err := os.Create(bundle)
	if err != nil {
		t.Fatal(err)
	}
	err = ExportTarget(t.Context(), p.caConf.Dir, z, ExportOptions{Query: Query{Log: partner, Kind: "document.accepted"}, Policy: policy})
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	if vs := verified(t, bundle, VerifyOptions{Policy: policy}); len(vs) != 2 || vs[partner+"/2027"].Size == 0 {
		t.Errorf("%+v", vs)
	}
	var words strings.Builder
	if err := ExplainTarget(t.Context(), p.caConf.Dir, partner+"/2027", 5, &words, VerifyOptions{Policy: policy}); err != nil || !strings.Contains(words.String(), "an earlier shard, whose last entry names") {
		t.Errorf("%s %v", words.String(), err)
	}
	if proof, err := ProveTarget(t.Context(), p.caConf.Dir, partner+"/2027", 5, VerifyOptions{}); err != nil || !strings.Contains(string(proof), "ca.cbsa/audit/us.cbp/2027\n") {
		t.Errorf("%s %v", proof, err)
	}
	p.ca = open(t, p.caConf)
	if p.ca.OpenShard(partner) != partner+"/2027" || p.ca.refused() != nil {
		t.Errorf("after a restart: %s, %v", p.ca.OpenShard(partner), p.ca.refused())
	}
	appendN(t, p.ca, 2000, 5)
	p.exchange()
	if s := p.ca.Status()[3]; s.PublishedSize != s.Size || s.CosignedSize != s.Size {
		t.Errorf("after a restart: %+v", s)
	}
	// And the next year.
	cal.set(january.AddDate(1, 0, 0))
	appendN(t, p.ca, 3000, 5)
	p.exchange()
	if s := p.ca.Status(); len(s) != 6 || s[5].Log != partner+"/2028" || s[5].CosignedSize != s[5].Size {
		t.Errorf("%+v", s)
	}
	if got := p.us.PeerShards("ca.cbsa/audit/us.cbp"); len(got) != 3 || got[2].Key != p.ca.LogKey(partner+"/2028") || got[1].Lost {
		t.Errorf("known to the witness: %v", got)
	}
}

// otherVerifier checks a served log with x/mod's note and tlog alone.
func otherVerifier(t testing.TB, prefix, vkey string) {
	t.Helper()
	r := newRemote(prefix, Access{})
	text, err := r.get(context.Background(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(n.Text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.Join(lines[1:], "\n")))
	if err != nil {
		t.Fatal(err)
	}
	hashes := tlog.TileHashReader(tree, &checkedTiles{ctx: context.Background(), r: r})
	for n := int64(0); n*tileWidth < tree.N; n++ {
		b, err := r.get(context.Background(), tilePath{Entries: true, N: uint64(n), Width: int(min(tileWidth, tree.N-n*tileWidth))}.String())
		if err != nil {
			t.Fatal(err)
		}
		entries, err := parseBundle(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			proof, err := tlog.ProveRecord(tree.N, n*tileWidth+int64(i), hashes)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n*tileWidth+int64(i), tlog.RecordHash(e)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// With a journal in front, the store built again has the same shards, keys,
// entries and heads.
func TestTurnReplays(t *testing.T) {
	p, cal := turning(t, func(c *Config) { c.Journal = filepath.Join(filepath.Dir(c.Dir), "journal") })
	appendN(t, p.ca, 0, 50)
	p.exchange()
	cal.set(january)
	appendN(t, p.ca, 50, 50)
	p.exchange()
	before := p.ca.Status()
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), p.caConf, Incident{Reason: "TEST", Authority: "test"}); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, p.caConf)
	for _, s := range before {
		root, err := p.ca.rootAt(p.ca.logs()[s.Log], s.Size)
		if err != nil || root != s.Root {
			t.Errorf("%s: another root at size %d, %v", s.Log, s.Size, err)
		}
	}
	p.exchange()
	if s := p.ca.Status()[2]; s.Log != partner+"/2027" || s.CosignedSize != s.Size {
		t.Errorf("%+v", s)
	}
	// A witness that was built again has not forgotten the shards of its peer.
	if err := p.us.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), p.conf, Incident{Reason: "TEST", Authority: "test"}); err != nil {
		t.Fatal(err)
	}
	p.us = open(t, p.conf)
	doc, err := p.ca.Succession(partner)
	if err == nil {
		err = p.us.Learn(doc, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := string(p.us.Witnessed("ca.cbsa/audit/us.cbp/2027")); !strings.Contains(got, fmt.Sprintf("\n%d\n", p.ca.Size(partner+"/2027"))) {
		t.Errorf("remembered: %q", got)
	}
}

// peersPolicy names the first shard of the relation log and wants the peer's cosignature.
func peersPolicy(l, witness *Ledger) []byte {
	relation := l.relations()[0]
	return fmt.Appendf(nil, "log %s\nwitness peer %s\nquorum peer\n", l.LogKey(relation), witness.WitnessKey())
}

// A monitor follows the log into the next shard, and notices when that is gone.
func TestMonitorFollowsShards(t *testing.T) {
	p, cal := turning(t, nil)
	appendN(t, p.ca, 0, 300)
	p.exchange()
	old := p.keepOld()
	o := MonitorOptions{Policy: peersPolicy(p.ca, p.us), State: filepath.Join(t.TempDir(), "seen"), Now: cal.now}
	look := func(l *Ledger, want string) *Sighting {
		t.Helper()
		web := httptest.NewServer(l.Handler())
		defer web.Close()
		s, err := Monitor(t.Context(), web.URL, o)
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, p := range s.Problems {
			codes = append(codes, p.Code)
		}
		if got := strings.Join(codes, " "); got != want {
			t.Fatalf("found %q, want %q: %+v", got, want, s)
		}
		return s
	}
	p.exchange()
	look(p.ca, "")
	appendN(t, p.ca, 300, 10)
	cal.set(january)
	appendN(t, p.ca, 400, 10)
	p.exchange()
	if s := look(p.ca, ""); s.Origin != "ca.cbsa/audit/us.cbp/2027" || s.Before != 0 {
		t.Errorf("%+v", s)
	}
	appendN(t, p.ca, 500, 10)
	p.exchange()
	if s := look(p.ca, ""); s.Before == 0 || s.Size != s.Before+10 {
		t.Errorf("%+v", s)
	}
	c := p.caConf
	c.Dir = old
	c.Keys = filepath.Join(filepath.Dir(p.caConf.Dir), "keys")
	if s := look(open(t, c), "audit.rollback"); s.Evidence == "" {
		t.Errorf("%+v", s)
	}
}
