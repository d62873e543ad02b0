package audit

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// childVerify in the environment makes the test binary verify a folder, again
// and again from the state beside it, until it is killed.
const childVerify = "AUDIT_TEST_VERIFY"

func verifyChild(dir string) {
	for {
		verdicts, err := VerifyTarget(context.Background(), filepath.Join(dir, "ledger"), VerifyOptions{State: filepath.Join(dir, "state")})
		if err != nil || !verdicts[0].Verified {
			fmt.Println("error", err, verdicts)
			os.Exit(1)
		}
		fmt.Println("verified")
		if err := os.Remove(filepath.Join(dir, "state")); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
}

// A verifier that is killed at any moment leaves a state that is whole, and
// with it the next one says the same.
func TestVerifyKilled(t *testing.T) {
	c := testConfig(t)
	c.Apply = nil
	l := create(t, c)
	for i := range 30 {
		events := make([]Event, 1000)
		for k := range events {
			events[k] = Event{Log: partner, Kind: "k", Header: map[string]string{"n": fmt.Sprint(i, k)}}
		}
		if _, err := l.Append(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want := verify(t, c.Dir, VerifyOptions{})[partner]
	dir, resumed := filepath.Dir(c.Dir), 0
	state := filepath.Join(dir, "state")
	for i := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVerify+"="+dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(20 * time.Second)
		for i%2 == 0 && time.Now().Before(deadline) { // half of them while there is a state
			if _, err := os.Stat(state); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(i*7) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed, as meant
		if bytes.Contains(out.Bytes(), []byte("error")) {
			t.Fatal(out.String())
		}
		if _, err := os.Stat(state); err == nil {
			resumed++
		}
		if v := verify(t, c.Dir, VerifyOptions{State: state})[partner]; !v.Verified || v.Root != want.Root {
			t.Errorf("%+v", v)
		}
	}
	t.Logf("%d of 8 left a state", resumed)
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

// cutContext is cancelled at the n-th look.
type cutContext struct {
	context.Context
	left atomic.Int64
}

func (c *cutContext) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A folder: interrupted anywhere the verdict is the same in the end; what is
// new is found out, also a false commitment to a part that was verified before.
func TestVerifyFolderResumes(t *testing.T) {
	c := testConfig(t)
	c.Apply = counting2
	l := create(t, c)
	grow := func(rounds int) {
		t.Helper()
		for i := range rounds {
			events := make([]Event, 500)
			for k := range events {
				events[k] = Event{Log: partner, Kind: "k", Header: map[string]string{"set": fmt.Sprint("k", k%7), "to": fmt.Sprint(i)}}
			}
			events[0].Bodies = []Body{{Name: "b", Data: []byte("body")}}
			if _, err := l.Append(t.Context(), append(events, Event{Log: Internal, Kind: "k"}), nil); err != nil {
				t.Fatal(err)
			}
			if err := l.Publish(time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	reopen := func(rounds int) {
		t.Helper()
		l = open(t, c)
		grow(rounds)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	grow(20)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	o := VerifyOptions{Apply: counting2, State: filepath.Join(t.TempDir(), "state")}
	want := verify(t, c.Dir, VerifyOptions{Apply: counting2})
	same := func(what string) {
		t.Helper()
		got := verify(t, c.Dir, o)
		for log, v := range want {
			if g := got[log]; !g.Verified || g.Size != v.Size || g.Root != v.Root {
				t.Errorf("%s: %s: %+v, want %+v", what, log, g, v)
			}
		}
	}
	for _, at := range []int64{2, 5, 20, 30, 37, 41, 42, 43} {
		ctx := &cutContext{Context: t.Context()}
		ctx.left.Store(at)
		_, _ = VerifyTarget(ctx, c.Dir, o) // interrupted, or done already
		if at%2 == 0 {
			same(fmt.Sprint("cut at ", at))
			if err := os.Remove(o.State); err != nil {
				t.Fatal(err)
			}
		}
	}
	same("at last")
	before, err := os.ReadFile(o.State)
	if err != nil {
		t.Fatal(err)
	}
	reopen(2)
	want = verify(t, c.Dir, VerifyOptions{Apply: counting2})
	same("grown")
	after, err := os.ReadFile(o.State)
	if err != nil || string(after) == string(before) {
		t.Error("the state did not move on")
	}
	// A new event tells of an internal log of before that never was.
	l = open(t, c)
	wrong := Event{Log: partner, Kind: kindHead, Header: map[string]string{"size": "3", "root": Checkpoint{}.Root.String()}}
	if _, err := l.Append(t.Context(), []Event{wrong}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, c.Dir, o)[Internal]; v.Verified || v.Problems[0].Code != badInternal {
		t.Errorf("a false commitment: %+v", v)
	}
}

// A bundle: interrupted, gone on with, and begun again when its bytes, the
// policy or the authority are others.
func TestVerifyBundleResumes(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	appendN(t, l, 0, 60)
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := ExportTarget(t.Context(), c.Dir, &buf, ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(bundle, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(buf.Bytes())
	o := VerifyOptions{State: filepath.Join(t.TempDir(), "state")}
	want := verify(t, bundle, VerifyOptions{})[partner]
	ctx := &cutContext{Context: t.Context()}
	ctx.left.Store(90)
	if _, err := VerifyTarget(ctx, bundle, o); err == nil {
		t.Fatal("was not interrupted")
	}
	ctx.left.Store(100) // of some 180 files: less than all that are left is too little
	if v, err := VerifyTarget(ctx, bundle, o); err != nil || !v[0].Verified || v[0].Size != want.Size || v[0].Root != want.Root {
		t.Errorf("%+v: %v, want %+v", v, err, want)
	}
	for _, kind := range []string{".json", ".entry", ".tlog-proof"} {
		write(oneBitOf(t, buf.Bytes(), kind))
		if v, err := VerifyTarget(t.Context(), bundle, o); err == nil && v[0].Verified {
			t.Errorf("a changed %s: %+v", kind, v)
		}
	}
	write(buf.Bytes())
	policy := []byte("quorum none\n")
	if v, err := VerifyTarget(t.Context(), bundle, VerifyOptions{State: o.State, Policy: policy}); err != nil || v[0].Verified {
		t.Errorf("another policy: %+v: %v", v, err)
	}
}

// oneBitOf flips a bit in what a file in the middle of a bundle holds: a fifth of
// a small archive is said twice there, and read once.
func oneBitOf(t *testing.T, bundle []byte, kind string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range z.File[len(z.File)/2:] {
		if filepath.Ext(file.Name) != kind {
			continue
		}
		at, err := file.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(bundle)
		changed[at+int64(file.CompressedSize64/2)] ^= 1
		return changed
	}
	t.Fatalf("no file %s in the second half", kind)
	return nil
}
