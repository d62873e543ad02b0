package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// pair is two gateways that witness each other.
type pair struct {
	t            testing.TB
	ca, us       *Ledger
	caConf, conf Config // of ca, of us

	agreed func(vkey string) bool // to a new shard after an incident
}

func newPair(t testing.TB) *pair {
	t.Helper()
	return newPairWith(t, func(*Config) {})
}

// newPairWith is a pair whose configurations were changed before.
func newPairWith(t testing.TB, change func(*Config)) *pair {
	t.Helper()
	ca, us := testConfig(t), testConfig(t)
	us.Origin, us.Logs = "us.cbp", []string{"ca.cbsa"}
	change(&ca)
	change(&us)
	for _, c := range []Config{ca, us} {
		if err := Create(c); err != nil {
			t.Fatal(err)
		}
	}
	caKeys, err := ReadKeys(ca)
	if err != nil {
		t.Fatal(err)
	}
	usKeys, err := ReadKeys(us)
	if err != nil {
		t.Fatal(err)
	}
	ca.Peers = []Peer{{Log: "us.cbp", WitnessKey: usKeys.Witness, LogKeys: []string{usKeys.Logs["ca.cbsa"]}}}
	us.Peers = []Peer{{Log: "ca.cbsa", WitnessKey: caKeys.Witness, LogKeys: []string{caKeys.Logs["us.cbp"]}}}
	return &pair{t: t, ca: open(t, ca), us: open(t, us), caConf: ca, conf: us}
}

// post sends a body to a ledger's witness.
func post(w *Ledger) func(context.Context, []byte) (int, []byte, error) {
	return func(_ context.Context, body []byte) (int, []byte, error) {
		rec := httptest.NewRecorder()
		w.Witness().ServeHTTP(rec, httptest.NewRequest("POST", "/witness/add-checkpoint", bytes.NewReader(body)))
		return rec.Code, rec.Body.Bytes(), nil
	}
}

// round publishes and has CBSA's log cosigned by CBP.
func (p *pair) round() {
	p.t.Helper()
	if err := p.ca.Publish(time.Now()); err != nil {
		p.t.Fatal(err)
	}
	if err := p.ca.Cosign(context.Background(), partner, post(p.us)); err != nil {
		p.t.Fatal(err)
	}
}

func TestCosign(t *testing.T) {
	p := newPair(t)
	for n := range 5 {
		appendN(t, p.ca, n*100, 100)
		p.round()
		st := p.ca.Status()[1]
		if st.Log != partner || st.PublishedSize != st.Size || st.CosignedSize != st.Size || len(st.CosignedBy) != 1 || st.CosignedBy[0] != "us.cbp/witness" {
			t.Fatalf("status %+v", st)
		}
	}
	// An unchanged head is not cosigned again, nor published again.
	calls := 0
	count := func(context.Context, []byte) (int, []byte, error) { calls++; return 500, nil, nil }
	if err := p.ca.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := p.ca.Cosign(t.Context(), partner, count); err != nil || calls != 0 {
		t.Errorf("%d calls, %v", calls, err)
	}
	// Others can verify it: x/mod's note with a cosignature verifier built
	// here from the specification.
	vk, err := note.NewVerifier(p.ca.LogKey(partner))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(p.ca.Checkpoint(partner), note.VerifierList(vk))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 1 {
		t.Fatalf("%+v, %v", n, err)
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.SplitN(n.Text, "\n", 2)[1]))
	if err != nil || tree.N != int64(p.ca.Size(partner)) {
		t.Errorf("tree %v, %v", tree, err)
	}
	// It survives a restart.
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, p.caConf)
	if st := p.ca.Status()[1]; len(st.CosignedBy) != 1 || st.CosignedSize != st.Size {
		t.Errorf("after restart: %+v", st)
	}
}

func TestInternalHeadIsCommitted(t *testing.T) {
	p := newPair(t)
	if _, err := p.ca.Append(t.Context(), []Event{{Log: Internal, Kind: "config.changed"}}, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 { // again without change: no further commitment
		p.round()
	}
	if n := p.ca.Size(partner); n != 1 {
		t.Fatalf("relation log has %d entries", n)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, p.caConf)
	p.round()
	p.round()
	e, err := p.ca.Entry(partner, 0)
	if err != nil || e.Kind != kindHead || e.Header["size"] != "1" || p.ca.Size(partner) != 1 {
		t.Errorf("%+v, %v, size %d", e, err, p.ca.Size(partner))
	}
}

// The answers of the witness, by the table of C2SP tlog-witness.
func TestWitnessAnswers(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 10)
	p.round()
	ten := p.ca.logs()[partner].public.Load().plain
	appendN(t, p.ca, 10, 10)
	if err := p.ca.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	twenty := p.ca.logs()[partner].public.Load().plain
	proof, err := p.ca.Consistency(partner, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(size uint64, root tlog.Hash) []byte {
		n, err := note.Sign(&note.Note{Text: Checkpoint{Origin: "ca.cbsa/audit/us.cbp", Size: size, Root: root}.Text()}, p.ca.logs()[partner].key)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	flip := func(pr tlog.TreeProof) tlog.TreeProof {
		pr = append(tlog.TreeProof{}, pr...)
		pr[0][0] ^= 1
		return pr
	}
	for _, test := range []struct {
		name   string
		body   []byte
		status int
		answer string
	}{
		{"garbage", []byte("hello"), 400, ""},
		{"leading zero", bytes.Replace(addCheckpoint{10, proof, twenty}.encode(), []byte("old 10"), []byte("old 010"), 1), 400, ""},
		{"unknown origin", bytes.ReplaceAll(addCheckpoint{10, proof, twenty}.encode(), []byte("ca.cbsa"), []byte("xx.cbsa")), 404, ""},
		{"bad signature", bytes.Replace(addCheckpoint{10, proof, twenty}.encode(), []byte("\n20\n"), []byte("\n21\n"), 1), 403, ""},
		{"old beyond", addCheckpoint{21, nil, twenty}.encode(), 400, ""},
		{"old behind", addCheckpoint{9, proof, twenty}.encode(), 409, "10\n"},
		{"old zero", addCheckpoint{0, nil, twenty}.encode(), 409, "10\n"},
		{"wrong proof", addCheckpoint{10, flip(proof), twenty}.encode(), 422, ""},
		{"no proof", addCheckpoint{10, nil, twenty}.encode(), 422, ""},
		{"same size, other root", addCheckpoint{10, nil, signed(10, tlog.Hash{1})}.encode(), 409, "10\n"},
		{"fork", addCheckpoint{10, proof, signed(20, tlog.Hash{1})}.encode(), 422, ""},
		{"same again", addCheckpoint{10, nil, ten}.encode(), 200, "— us.cbp/witness "},
		{"good", addCheckpoint{10, proof, twenty}.encode(), 200, "— us.cbp/witness "},
		{"older one", addCheckpoint{10, nil, ten}.encode(), 409, "20\n"},
	} {
		status, answer, _ := post(p.us)(t.Context(), test.body)
		if status != test.status || !strings.HasPrefix(string(answer), test.answer) {
			t.Errorf("%s: %d %q, want %d %q", test.name, status, answer, test.status, test.answer)
		}
	}
}

// Of requests that race, the witness never goes back.
func TestWitnessRace(t *testing.T) {
	p := newPair(t)
	var bodies [][]byte
	for n := range 20 {
		appendN(t, p.ca, n, 1)
		if err := p.ca.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, p.ca.logs()[partner].public.Load().plain)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	ok := 0
	for _, b := range bodies { // all from old size 0: one of them wins
		wg.Go(func() {
			status, _, _ := post(p.us)(context.Background(), addCheckpoint{0, nil, b}.encode())
			mu.Lock()
			defer mu.Unlock()
			switch status {
			case 200:
				ok++
			case 409:
			default:
				t.Errorf("status %d", status)
			}
		})
	}
	wg.Wait()
	if ok != 1 {
		t.Errorf("%d cosigned", ok)
	}
}

func copyTree(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// An old folder that is put back signs nothing: the high-water note on another
// path notices, and without it the witness does.
func TestRollback(t *testing.T) {
	for _, withNote := range []bool{true, false} {
		t.Run(fmt.Sprint("note=", withNote), func(t *testing.T) {
			p := newPair(t)
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			p.caConf.HighWater = filepath.Join(t.TempDir(), "highwater")
			p.ca = open(t, p.caConf)
			appendN(t, p.ca, 0, 20)
			p.round()
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			old := filepath.Join(t.TempDir(), "old")
			copyTree(t, p.caConf.Dir, old)
			p.ca = open(t, p.caConf)
			p.round()
			appendN(t, p.ca, 20, 20)
			p.round()
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			copyTree(t, old, p.caConf.Dir)
			if !withNote {
				if err := os.Remove(p.caConf.HighWater); err != nil {
					t.Fatal(err)
				}
			}
			if v := verify(t, p.caConf.Dir, VerifyOptions{})[partner]; withNote == v.Verified {
				t.Errorf("verifier: %+v", v)
			}
			l := open(t, p.caConf)
			if !withNote {
				if _, err := l.Append(t.Context(), []Event{event(99)}, nil); err != nil {
					t.Errorf("append before the witness is heard: %v", err)
				}
				if err := l.Publish(time.Now()); err != nil {
					t.Fatal(err)
				}
				if st := l.Status()[1]; st.PublishedSize != 20 {
					t.Errorf("published %d before the witness was heard", st.PublishedSize)
				}
				if err := l.Cosign(t.Context(), partner, post(p.us)); !errors.Is(err, ErrBehind) {
					t.Fatalf("cosign: %v", err)
				}
			}
			if _, err := l.Append(t.Context(), []Event{event(99)}, nil); !errors.Is(err, ErrBehind) {
				t.Errorf("append: %v", err)
			}
			if err := l.Publish(time.Now()); !errors.Is(err, ErrBehind) {
				t.Errorf("publish: %v", err)
			}
			if len(l.Problems()) == 0 {
				t.Error("no problem is reported")
			}
			if status, _, _ := post(l)(t.Context(), nil); status != 400 {
				t.Errorf("witness: %d", status)
			}
		})
	}
}

// Two copies that go on apart: the witness takes one of them.
func TestFork(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 20)
	p.round()
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	twin := p.caConf
	twin.Dir = filepath.Join(t.TempDir(), "ledger")
	twin.Keys = filepath.Join(filepath.Dir(p.caConf.Dir), "keys")
	copyTree(t, p.caConf.Dir, twin.Dir)
	p.ca = open(t, p.caConf)
	other := open(t, twin)
	p.round()
	appendN(t, p.ca, 20, 5)
	p.round()
	appendN(t, other, 500, 9)
	if err := other.Cosign(t.Context(), partner, post(p.us)); err != nil && !errors.Is(err, ErrBehind) {
		t.Fatal(err)
	}
	if err := other.Publish(time.Now()); err != nil && !errors.Is(err, ErrBehind) {
		t.Fatal(err)
	}
	err := other.Cosign(t.Context(), partner, post(p.us))
	if !errors.Is(err, ErrBehind) {
		t.Fatalf("twin: %v", err)
	}
	if _, err := other.Append(t.Context(), []Event{event(99)}, nil); !errors.Is(err, ErrBehind) {
		t.Errorf("append: %v", err)
	}
}

func TestWitnessDoor(t *testing.T) {
	p := newPair(t)
	srv := httptest.NewServer(p.us.Witness())
	defer srv.Close()
	for _, test := range []struct {
		method, path string
		body         io.Reader
		status       int
	}{
		{"GET", "/add-checkpoint", nil, 405},
		{"POST", "/other", nil, 404},
		{"POST", "/x/add-checkpoint", strings.NewReader(strings.Repeat("a", maxWitnessBody+1)), 413},
		{"POST", "/x/add-checkpoint", strings.NewReader("\x00\xff"), 400},
	} {
		req, err := http.NewRequest(test.method, srv.URL+test.path, test.body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, res.StatusCode, test.status)
		}
	}
}
