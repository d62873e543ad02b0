package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const partner = "us.cbp"

// counting is a projection that keeps what each key was set to last and how
// often: header "set" names a key, "to" its value, "del" a key to delete.
func counting(tx Tx, e *Stored) error {
	if e.Header["fail"] != "" {
		return errors.New(e.Header["fail"])
	}
	if k := e.Header["set"]; k != "" {
		tx.Put(k, []byte(e.Header["to"]))
	}
	if k := e.Header["del"]; k != "" {
		tx.Delete(k)
	}
	n, _, err := tx.Get("count/" + e.Kind)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	tx.Put("count/"+e.Kind, append(bytes.Clone(n), '.'))
	return nil
}

// patience is how long a test waits for what must come: far longer than the
// slowest machine needs, because a test that passes does not wait for it.
const patience = 5 * time.Minute

// testConfig is a small ledger of CBSA with one relation.
func testConfig(t testing.TB) Config {
	return Config{
		Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "ca.cbsa", Logs: []string{partner},
		Apply: counting, MemTable: 4 << 20, MinFree: 1,
	}
}

func open(t testing.TB, c Config) *Ledger {
	t.Helper()
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func create(t testing.TB, c Config) *Ledger {
	t.Helper()
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	return open(t, c)
}

func event(i int) Event {
	return Event{
		Log: partner, Kind: "document.accepted",
		Header:  map[string]string{"document": fmt.Sprintf("d-%d", i), "set": fmt.Sprintf("doc/%d", i%7), "to": fmt.Sprint(i)},
		Details: map[string]string{"control": fmt.Sprintf("%09d", i), "party": "ACME"},
		Terms:   []string{fmt.Sprintf("control/%d", i)},
	}
}

func appendN(t testing.TB, l *Ledger, from, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := from; i < from+n; i++ {
		wg.Go(func() {
			if _, err := l.Append(t.Context(), []Event{event(i)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// What is appended while others read is there for them, or not yet: never missing.
func TestEntriesWhileAppending(t *testing.T) {
	l := create(t, testConfig(t))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for n := uint64(0); ; {
				select {
				case <-done:
					return
				default:
				}
				err := l.Entries(partner, n, func(e *Stored) bool {
					n = e.Index
					return true
				})
				if err != nil {
					t.Errorf("from %d on: %v", n, err)
					return
				}
			}
		})
	}
	for i := range 100 {
		appendN(t, l, 10*i, 10)
	}
	close(done)
	readers.Wait()
}

func TestAppendReadReopen(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	at := time.Date(2026, 11, 21, 10, 0, 0, 5, time.UTC)
	e := event(1)
	e.Time = at
	e.Bodies = []Body{
		{Name: "document", MediaType: "application/edi-x12", Data: []byte("ISA*00*")},
		{Name: "image", MediaType: "image/png", Data: bytes.Repeat([]byte("image "), 30_000)},
	}
	out, err := l.Append(t.Context(), []Event{e, {Log: Internal, Kind: "note"}}, []Guard{{"doc/1", 0}})
	if err != nil {
		t.Fatal(err)
	}
	if out[0].Log != partner || out[0].Index != 0 || out[1].Log != Internal || !out[0].Time.Equal(at) {
		t.Errorf("committed %+v", out)
	}
	appendN(t, l, 2, 700)
	check := func(l *Ledger) {
		t.Helper()
		s, err := l.Entry(partner, 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Leaf != out[0].Leaf || !s.Time.Equal(at) || s.Kind != e.Kind {
			t.Errorf("entry %+v", s)
		}
		if d := cmp.Diff(e.Header, s.Header); d != "" {
			t.Error(d)
		}
		d, err := l.Details(partner, 0)
		if err != nil || !maps.Equal(d, e.Details) {
			t.Errorf("details %v, %v", d, err)
		}
		for _, b := range e.Bodies {
			r, err := l.Body(partner, 0, b.Name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, b.Data) {
				t.Errorf("body %s: %d bytes, %v", b.Name, len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		found, err := l.Search("control/400")
		if err != nil || len(found) != 1 {
			t.Fatalf("search: %v, %v", found, err)
		}
		if d, err := l.Details(found[0].Log, found[0].Index); err != nil || d["control"] != "000000400" {
			t.Errorf("found %v, %v", d, err)
		}
		if n := l.Size(partner); n != 701 {
			t.Errorf("size %d", n)
		}
		if v, _, err := l.Get("count/document.accepted"); err != nil || len(v) != 701 {
			t.Errorf("state %d, %v", len(v), err)
		}
	}
	check(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	check(open(t, c))
}

func TestGuards(t *testing.T) {
	l := create(t, testConfig(t))
	add := func(set, to string, g ...Guard) error {
		_, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k", Header: map[string]string{"set": set, "to": to}}}, g)
		return err
	}
	if err := add("a", "1", Guard{"a", 0}); err != nil {
		t.Fatal(err)
	}
	_, v, err := l.Get("a")
	if err != nil || v == 0 {
		t.Fatalf("version %d, %v", v, err)
	}
	err = add("a", "2", Guard{"a", 0})
	var changed *Changed
	if !errors.Is(err, ErrChanged) || !errors.As(err, &changed) || changed.Key != "a" || changed.Have != v {
		t.Errorf("second creation: %v", err)
	}
	if err := add("a", "2", Guard{"a", v}); err != nil {
		t.Errorf("right version: %v", err)
	}
	if err := add("a", "3", Guard{"a", v}); !errors.Is(err, ErrChanged) {
		t.Errorf("old version: %v", err)
	}
	if n := l.Size(partner); n != 2 {
		t.Errorf("size %d after refusals", n)
	}
}

// Of identical submissions in one batch exactly one is taken.
func TestDuplicateInOneBatch(t *testing.T) {
	l := create(t, testConfig(t))
	for round := range 20 {
		key := fmt.Sprintf("dup/%d", round)
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken, refused := 0, 0
		for range 32 {
			wg.Go(func() {
				e := Event{Log: partner, Kind: "k", Header: map[string]string{"set": key, "to": "x"}}
				_, err := l.Append(context.Background(), []Event{e}, []Guard{{key, 0}})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					taken++
				case errors.Is(err, ErrChanged):
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken != 1 || refused != 31 {
			t.Fatalf("round %d: %d taken, %d refused", round, taken, refused)
		}
	}
	if n := l.Size(partner); n != 20 {
		t.Errorf("size %d", n)
	}
}

// An Apply that refuses leaves no trace of the append that it refused, also
// not of its earlier events.
func TestApplyRefuses(t *testing.T) {
	l := create(t, testConfig(t))
	_, err := l.Append(t.Context(), []Event{
		{Log: partner, Kind: "k", Header: map[string]string{"set": "a", "to": "1"}},
		{Log: Internal, Kind: "k", Header: map[string]string{"fail": "no"}},
	}, nil)
	if err == nil || err.Error() != "no" {
		t.Fatalf("got %v", err)
	}
	if _, _, err := l.Get("a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("state: %v", err)
	}
	if l.Size(partner)+l.Size(Internal) != 0 {
		t.Error("something was appended")
	}
	appendN(t, l, 0, 3)
	if l.Size(partner) != 3 {
		t.Errorf("size %d", l.Size(partner))
	}
}

func dump(t testing.TB, l *Ledger) []Item {
	t.Helper()
	items, err := l.Scan("", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// State rebuilt equals state kept, also after an erasure.
func TestRebuild(t *testing.T) {
	l := create(t, testConfig(t))
	appendN(t, l, 0, 300)
	if _, err := l.Append(t.Context(), []Event{{Log: Internal, Kind: "x", Subject: "s", Details: map[string]string{"a": "b"}, Header: map[string]string{"del": "doc/3"}}}, nil); err != nil {
		t.Fatal(err)
	}
	kept := dump(t, l)
	if err := l.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(kept, dump(t, l)); d != "" {
		t.Fatal(d)
	}
	if _, err := l.Erase(t.Context(), Erasure{Subject: "s", Ground: "g", Authority: "a"}); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 300, 10)
	kept = dump(t, l)
	if err := l.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(kept, dump(t, l)); d != "" {
		t.Fatal(d)
	}
}

func TestScan(t *testing.T) {
	l := create(t, testConfig(t))
	for _, k := range []string{"a/1", "a/2", "a/3", "b/1"} {
		if _, err := l.Append(t.Context(), []Event{{Log: Internal, Kind: "k", Header: map[string]string{"set": k, "to": k}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"a/", "", 0, "a/1 a/2 a/3"},
		{"a/", "a/1", 0, "a/2 a/3"},
		{"a/", "a/1", 1, "a/2"},
		{"b", "", 0, "b/1"},
		{"zz", "", 0, ""},
		{"b", "a/1", 0, "b/1"},
		{"a/", "a/3", 5, ""},
	} {
		items, err := l.Scan(test.prefix, test.after, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, i := range items {
			keys = append(keys, i.Key)
		}
		if got := strings.Join(keys, " "); got != test.want {
			t.Errorf("Scan(%q, %q, %d) = %q, want %q", test.prefix, test.after, test.limit, got, test.want)
		}
	}
}

func TestSpool(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	for _, size := range []int{0, 1, chunkSize, chunkSize + 1, 3 * chunkSize, 1_000_000} {
		data := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, size/7+1)[:size]
		s, err := l.Spool()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(s, io.MultiReader(bytes.NewReader(data[:size/3]), bytes.NewReader(data[size/3:]))); err != nil {
			t.Fatal(err)
		}
		got, err := s.Commit()
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest != sha256.Sum256(data) || got.Size != int64(size) {
			t.Errorf("%d: spooled %+v", size, got)
		}
		out, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k", Bodies: []Body{{Name: "b", File: got.File}}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Abort(); err != nil { // an event has it: nothing happens
			t.Error(err)
		}
		r, err := l.Body(partner, out[0].Index, "b")
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(back, data) {
			t.Errorf("%d: read %d bytes, %v", size, len(back), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	// What no event names is swept at the next start.
	s, _ := l.Spool()
	if _, err := s.Write(make([]byte, 2*chunkSize)); err != nil {
		t.Fatal(err)
	}
	orphan, err := s.Commit()
	if err != nil {
		t.Fatal(err)
	}
	files := func() int {
		m, _ := filepath.Glob(filepath.Join(c.Dir, "bodies", "*", "*"))
		return len(m)
	}
	before := files()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	if after := files(); after != before-1 {
		t.Errorf("%d files before, %d after the sweep", before, after)
	}
	if _, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k", Bodies: []Body{{Name: "b", File: orphan.File}}}}, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("orphan: %v", err)
	}
}

// What is erased is gone from every file: the text, the data key, the salts. The
// tree is what it was.
func TestErase(t *testing.T) {
	t.Run("store", func(t *testing.T) { testErase(t, false) })
	t.Run("journal", func(t *testing.T) { testErase(t, true) })
}

// secretsOf are the data key of an event, and the salts and content keys under it.
func secretsOf(t *testing.T, l *Ledger, index uint64) [][]byte {
	t.Helper()
	_, r, err := l.record(partner, index)
	if err != nil {
		t.Fatal(err)
	}
	key, err := l.keys.get(r.key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSealed(l.keys, r)
	if err != nil {
		t.Fatal(err)
	}
	var h hasher
	out := [][]byte{key[:], s.secret[:]}
	for i := range len(s.names) + len(s.bodies) {
		salt := h.salt(&s.secret, i)
		out = append(out, salt[:])
	}
	for _, w := range s.bodies {
		own, err := l.keys.get(w.id)
		if err != nil {
			t.Fatal(err)
		}
		content := w.unwrap(own)
		out = append(out, content[:]) // the body's own key opens nothing without the sealed part
	}
	return out
}

func testErase(t *testing.T, journal bool) {
	c := testConfig(t)
	if journal {
		c.Journal = filepath.Join(c.Dir, "journal")
	}
	l := create(t, c)
	secretText := "canary-3141592653"
	add := func(subject string) uint64 {
		out, err := l.Append(t.Context(), []Event{{
			Log: partner, Kind: "k", Subject: subject, Details: map[string]string{"name": secretText},
			Bodies: []Body{{Name: "a", Data: []byte(secretText)}, {Name: "b", Data: bytes.Repeat([]byte(secretText), 9000)}},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Index
	}
	a1, a2, b, own := add("A"), add("A"), add("B"), add("")
	root := l.Status()[1].Root
	var gone [][]byte
	for _, index := range []uint64{a1, a2, own} {
		gone = append(gone, secretsOf(t, l, index)...)
	}
	hold := Hold{ID: "court-7", Log: partner, Index: a2, Authority: "court"}
	if _, err := l.Hold(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), Erasure{Subject: "A", Ground: "retention", Authority: "officer"}); !errors.Is(err, ErrOnHold) {
		t.Fatalf("erased under a hold: %v", err)
	}
	if _, err := l.Release(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), Erasure{Subject: "A", Ground: "retention", Authority: "officer"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), Erasure{Log: partner, Index: b, Body: "a", Ground: "retention", Authority: "officer"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), Erasure{Log: partner, Index: own, Ground: "retention", Authority: "officer"}); err != nil {
		t.Fatal(err)
	}
	a3 := add("A") // the subject may come back, under a new key
	check := func() {
		t.Helper()
		for _, test := range []struct {
			index  uint64
			body   string
			erased bool
		}{{a1, "", true}, {a2, "", true}, {a1, "a", true}, {a2, "b", true}, {b, "", false}, {b, "a", true}, {b, "b", false}, {own, "", true}, {own, "b", true}, {a3, "", false}, {a3, "b", false}} {
			var err error
			if test.body == "" {
				_, err = l.Details(partner, test.index)
			} else {
				var r io.ReadCloser
				if r, err = l.Body(partner, test.index, test.body); err == nil {
					err = r.Close()
				}
			}
			if test.erased != errors.Is(err, ErrErased) || !test.erased && err != nil {
				t.Errorf("index %d body %q: %v", test.index, test.body, err)
			}
		}
		got, err := l.rootAt(l.logs()[partner], 4)
		if err != nil || got != root {
			t.Errorf("tree changed: %v", err)
		}
	}
	check()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	check()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secretText)) {
			t.Errorf("%s holds plain text", path)
		}
		for _, secret := range gone {
			if bytes.Contains(data, secret) {
				t.Errorf("%s holds a key or a salt of what is erased", path)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
