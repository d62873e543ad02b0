package audit

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestCompare(t *testing.T) {
	p := newPair(t)
	add := func(l *Ledger, log, kind, id, digest string) {
		h := map[string]string{"message": id}
		if digest != "" {
			h["digest"] = digest
		}
		if _, err := l.Append(t.Context(), []Event{{Log: log, Kind: kind, Header: h}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	add(p.ca, "us.cbp", "record.sealed", "m1", "d1")
	add(p.us, "ca.cbsa", "message.received", "m1", "d1")
	add(p.ca, "us.cbp", "record.sealed", "m2", "d2") // never arrived
	add(p.us, "ca.cbsa", "message.received", "m3", "d3")
	add(p.ca, "us.cbp", "record.sealed", "m4", "d4")
	add(p.us, "ca.cbsa", "message.received", "m4", "other")
	add(p.ca, "us.cbp", "delivery.receipted", "m1", "")
	a, err := p.ca.Mentions("us.cbp", CompareOptions{})
	if err != nil || len(a) != 4 {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := errors.Join(p.ca.Close(), p.us.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := CompareTargets(t.Context(), p.caConf.Dir, p.conf.Dir, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range got {
		lines = append(lines, m.ID+":"+m.Field)
	}
	if s := strings.Join(lines, " "); s != "m2: m3: m4:digest" {
		t.Error(s)
	}
}

func TestMonitor(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 300)
	p.round()
	policy, err := os.ReadFile(filepath.Join(p.caConf.Dir, "policy"))
	if err != nil {
		t.Fatal(err)
	}
	var handler atomic.Value
	handler.Store(p.ca.Handler())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().(http.Handler).ServeHTTP(w, r) }))
	defer srv.Close()
	o := MonitorOptions{Policy: policy, State: filepath.Join(t.TempDir(), "seen")}
	look := func(codes ...string) *Sighting {
		t.Helper()
		s, err := Monitor(t.Context(), srv.URL, o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range s.Problems {
			got = append(got, p.Code)
		}
		if strings.Join(got, " ") != strings.Join(codes, " ") {
			t.Fatalf("found %v, want %v", s.Problems, codes)
		}
		return s
	}
	look()
	appendN(t, p.ca, 300, 400)
	p.round()
	if s := look(); s.Before != 300 || s.Size != 700 {
		t.Errorf("%+v", s)
	}
	o.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	look(seenStale)
	o.Now = nil
	// The same log in another history, with the true keys: rollback and fork.
	twin := p.caConf
	twin.Dir = filepath.Join(t.TempDir(), "ledger")
	twin.Peers = nil
	if err := Create(twin); err != nil {
		t.Fatal(err)
	}
	twin.Keys = filepath.Join(filepath.Dir(p.caConf.Dir), "keys")
	other := open(t, twin)
	o.Policy = bytes.Replace(policy, []byte("quorum us.cbp"), []byte("quorum none"), 1)
	appendN(t, other, 5000, 100)
	if err := other.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	handler.Store(other.Handler())
	if s := look(seenRollback); s.Evidence == "" {
		t.Error("no evidence")
	}
	appendN(t, other, 6000, 900)
	if err := other.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	s := look(seenFork)
	b, err := os.ReadFile(s.Evidence)
	if err != nil || bytes.Count(b, []byte("ca.cbsa/audit/us.cbp\n")) < 2 {
		t.Errorf("evidence %q, %v", b, err)
	}
}

func TestMirror(t *testing.T) {
	p := newPair(t)
	url := serve(t, p.ca)
	dir := filepath.Join(t.TempDir(), "mirror")
	m, err := NewMirror(dir, p.ca.LogKey(partner), url, "")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, n := range []int{1, 254, 1, 1, 300, 700} {
		appendN(t, p.ca, size, n)
		size += n
		p.round()
		c, err := m.Pull(t.Context())
		if err != nil || c.Size != uint64(size) {
			t.Fatalf("size %d: %+v, %v", size, c, err)
		}
	}
	// Any static file server can serve it, and it verifies.
	files := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer files.Close()
	policy, err := os.ReadFile(filepath.Join(p.caConf.Dir, "policy"))
	if err != nil {
		t.Fatal(err)
	}
	if v := verify(t, files.URL, VerifyOptions{Policy: policy})[partner]; !v.Verified || v.Size != uint64(size) {
		t.Errorf("%+v", v)
	}
	// Another history is not taken.
	twin := testConfig(t)
	twin.Keys = filepath.Join(filepath.Dir(p.caConf.Dir), "keys")
	l := create(t, twin)
	appendN(t, l, 0, size+100)
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	m2, err := NewMirror(dir, l.LogKey(partner), serve(t, l), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m2.Pull(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("other history: %v", err)
	}
	if c, err := m.Pull(t.Context()); err != nil || c.Size != uint64(size) {
		t.Errorf("after the refusal: %+v, %v", c, err)
	}
}

func TestExplain(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 300)
	p.round()
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	for _, index := range []uint64{0, 1, 255, 256, 299} {
		var out bytes.Buffer
		if err := ExplainTarget(t.Context(), p.caConf.Dir, partner, index, &out, VerifyOptions{}); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if !strings.Contains(out.String(), "has not changed since") || !strings.Contains(out.String(), "us.cbp/witness has cosigned") {
			t.Error(out.String())
		}
	}
	var zip bytes.Buffer
	if err := ExportTarget(t.Context(), p.caConf.Dir, &zip, ExportOptions{Query: Query{Log: partner, Limit: 3}}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.zip")
	if err := os.WriteFile(path, zip.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := ExplainTarget(t.Context(), path, "", 0, &out, VerifyOptions{}); err != nil || strings.Count(out.String(), "has not changed since") != 3 {
		t.Errorf("%v\n%s", err, out.String())
	}
	foreign := []byte("quorum none\n")
	if err := ExplainTarget(t.Context(), path, "", 0, &out, VerifyOptions{Policy: foreign}); !errors.Is(err, ErrDamaged) {
		t.Errorf("unknown log: %v", err)
	}
}

func TestQueryIsAnEvent(t *testing.T) {
	l := create(t, testConfig(t))
	appendN(t, l, 0, 20)
	for _, test := range []struct {
		q Query
		n int
	}{{Query{Term: "control/7"}, 1}, {Query{Term: "nothing"}, 0}, {Query{Kind: "document.accepted"}, 20}, {Query{Log: partner, Limit: 5}, 5}, {Query{From: time.Now().Add(time.Hour)}, 0}} {
		before := l.Size(Internal)
		found, err := l.Query(t.Context(), "auditor/a", test.q)
		if err != nil || len(found) != test.n {
			t.Errorf("%+v: %d, %v", test.q, len(found), err)
		}
		e, err := l.Entry(Internal, before)
		if err != nil || e.Kind != kindQueried || e.Header["party"] != "auditor/a" || strings.Contains(e.Header["term"], "control") {
			t.Errorf("%+v, %v", e, err)
		}
	}
}
