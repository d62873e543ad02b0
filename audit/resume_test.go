package audit

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A verification that is interrupted goes on where it was, one that is
// repeated reads what is new, and neither misses what changed before.
func TestVerifyResumes(t *testing.T) {
	c := testConfig(t)
	c.Apply = nil
	l := create(t, c)
	grow := func(n int) {
		t.Helper()
		events := make([]Event, n)
		for i := range events {
			events[i] = Event{Log: partner, Kind: "k"}
		}
		if _, err := l.Append(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
		if err := l.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		grow(1000)
	}
	var bundles atomic.Int64
	var cut atomic.Pointer[context.CancelFunc]
	var bad atomic.Bool
	honest := l.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/tile/entries/") {
			honest.ServeHTTP(w, r)
			return
		}
		if cancel := cut.Load(); bundles.Add(1) == 70 && cancel != nil {
			(*cancel)()
		}
		rec := httptest.NewRecorder()
		honest.ServeHTTP(rec, r)
		b := rec.Body.Bytes()
		if bad.Load() && strings.HasSuffix(r.URL.Path, "/080") {
			b[50] ^= 1
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(b) // the client went away
	}))
	defer server.Close()
	policy, err := os.ReadFile(filepath.Join(c.Dir, "policy"))
	if err != nil {
		t.Fatal(err)
	}
	o := VerifyOptions{Policy: policy, State: filepath.Join(t.TempDir(), "state")}
	url := server.URL + "/audit/" + partner
	run := func() (Verdict, int64) {
		t.Helper()
		bundles.Store(0)
		return verify(t, url, o)[partner], bundles.Load()
	}

	ctx, cancel := context.WithCancel(t.Context())
	cut.Store(&cancel)
	if _, err := VerifyTarget(ctx, url, o); err == nil {
		t.Fatal("was not interrupted")
	}
	cut.Store(nil)
	if v, n := run(); !v.Verified || v.Size != 20_000 || n < 8 || n > 15 { // of 79 bundles
		t.Errorf("after the interruption: %+v with %d bundles", v, n)
	}
	if v, n := run(); !v.Verified || n != 1 {
		t.Errorf("again: %+v with %d bundles", v, n)
	}
	grow(1000)
	bad.Store(true)
	if v, _ := run(); v.Verified || len(v.Problems) == 0 || v.Problems[0].Index < 80*tileWidth {
		t.Errorf("a changed entry: %+v", v)
	}
	bad.Store(false)
	if v, n := run(); !v.Verified || n != 83 {
		t.Errorf("after a problem: %+v with %d bundles, want all", v, n)
	}

	b, err := os.ReadFile(o.State)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(b), `"root":"`) + 10
	b[i]++
	if err := os.WriteFile(o.State, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyTarget(t.Context(), url, o); err == nil {
		t.Error("a damaged state was taken")
	}
}

func FuzzResume(f *testing.F) {
	f.Add([]byte(`{"a":{"size":256,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","tiles":[null,["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &resumer{logs: map[string]resumed{}}
		if err := json.Unmarshal(b, &r.logs); err != nil {
			return
		}
		for origin, s := range r.logs {
			if e, err := r.edge(origin, 1<<62); err == nil && e.size > 0 && (e.size != s.Size || e.root() != s.Root) {
				t.Errorf("%s: size %d", b, e.size)
			}
		}
	})
}
