package interop

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"peacebridge/audit"
)

// Tessera's fsck accepts a log that was refilled from a mirror, the closed
// shard of the year before and the one that follows it.
func TestTesseraAfterLossAndTurn(t *testing.T) {
	var year atomic.Int64
	year.Store(2026)
	dir := t.TempDir()
	c := audit.Config{
		Dir: filepath.Join(dir, "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, MinFree: 1,
		Now: func() time.Time { return time.Date(int(year.Load()), 7, 1, 0, 0, 0, 0, time.UTC) },
	}
	if err := audit.Create(c); err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, ledger: reopened(t, c)}
	g.grow(300)
	closed(t, g.ledger)
	old := filepath.Join(dir, "old")
	if err := os.CopyFS(old, os.DirFS(c.Dir)); err != nil {
		t.Fatal(err)
	}
	g.ledger = reopened(t, c)
	g.grow(1300)
	server := httptest.NewServer(g.ledger.Handler())
	mirror, err := audit.NewMirror(filepath.Join(dir, "mirror"), g.ledger.LogKey(partner), server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.Pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Close()
	closed(t, g.ledger)
	if err := os.RemoveAll(c.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(c.Dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	r := audit.Recovery{
		Incident: audit.Incident{Reason: "TEST", Authority: "test"},
		Copies:   []audit.Copy{{Relation: partner, Place: filepath.Join(dir, "mirror")}},
	}
	if _, err := audit.Refill(t.Context(), c, r); err != nil {
		t.Fatal(err)
	}
	g.ledger = reopened(t, c)
	g.grow(1400)
	g.check(partner)
	year.Store(2027)
	g.grow(1401) // closes it
	for range 3 {
		if _, err := g.ledger.Append(t.Context(), []audit.Event{{Log: partner, Kind: "k"}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.ledger.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	g.check(partner)
	g.check(partner + "/2027")
	closed(t, g.ledger)
}

// check has a log judged over HTTP.
func (g *gateway) check(log string) {
	g.t.Helper()
	server := httptest.NewServer(g.ledger.Handler())
	defer server.Close()
	var err error
	if g.verifier, err = note.NewVerifier(g.ledger.LogKey(log)); err != nil {
		g.t.Fatal(err)
	}
	u, err := url.Parse(server.URL + "/audit/" + log + "/")
	if err != nil {
		g.t.Fatal(err)
	}
	if g.fetch, err = client.NewHTTPFetcher(u, http.DefaultClient); err != nil {
		g.t.Fatal(err)
	}
	g.origin = "ca.cbsa/audit/" + log
	if err := g.fsck(g.t.Context()); err != nil {
		g.t.Errorf("%s: %v", log, err)
	}
}

func reopened(t *testing.T, c audit.Config) *audit.Ledger {
	t.Helper()
	l, err := audit.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // when the test failed before
	return l
}

func closed(t *testing.T, l *audit.Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
