package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A store that is damaged or gone is built again from the journal: same
// indexes, leaves, roots, state and versions, and the witness goes on.
func TestRecover(t *testing.T) {
	p := newPair(t)
	journal := filepath.Join(t.TempDir(), "journal")
	c := testConfig(t)
	c.Journal, c.Peers = journal, p.caConf.Peers
	// A fresh ledger with CBSA's keys, so that CBP witnesses it.
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	c.Keys = filepath.Join(filepath.Dir(p.caConf.Dir), "keys")
	p.ca = open(t, c)
	for i := range 30 {
		appendN(t, p.ca, i*20, 20)
	}
	for _, subject := range []string{"s", "gone"} {
		if _, err := p.ca.Append(t.Context(), []Event{{Log: partner, Kind: "k", Subject: subject, Details: map[string]string{"a": "b"}, Bodies: []Body{{Name: "f", Data: make([]byte, 100_000)}}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.ca.Erase(t.Context(), Erasure{Subject: "gone", Ground: "g", Authority: "a"}); err != nil {
		t.Fatal(err)
	}
	p.round()
	appendN(t, p.ca, 600, 5) // not published
	before, state, size := p.ca.Status(), dump(t, p.ca), p.ca.Size(partner)
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(c.badgerDir()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(c.badgerDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), c, Incident{Reason: "disk lost", Authority: "operator"}); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, c)
	if p.ca.refused() != nil {
		t.Fatal(p.ca.refused())
	}
	for i, s := range p.ca.Status() {
		root, err := p.ca.rootAt(p.ca.logs()[s.Log], before[i].Size)
		if err != nil || root != before[i].Root {
			t.Errorf("%s: another tree: %v", s.Log, err)
		}
	}
	e, err := p.ca.Entry(partner, size)
	if err != nil || e.Kind != kindRecovered || e.Header["reason"] != "disk lost" {
		t.Errorf("%+v, %v", e, err)
	}
	after := slices.DeleteFunc(dump(t, p.ca), func(i Item) bool { return i.Key == "count/"+kindRecovered })
	if d := cmp.Diff(state, after); d != "" {
		t.Error(d)
	}
	if d, err := p.ca.Details(partner, 600); err != nil || d["a"] != "b" {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := p.ca.Details(partner, 601); !errors.Is(err, ErrErased) {
		t.Errorf("erased: %v", err)
	}
	r, err := p.ca.Body(partner, 600, "f")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	p.round()
	p.round()
	if st := p.ca.Status()[1]; st.CosignedSize != st.Size {
		t.Errorf("%+v", st)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	for _, v := range verify(t, c.Dir, VerifyOptions{Apply: counting}) {
		if !v.Verified {
			t.Errorf("%+v", v)
		}
	}
}

// A journal that has lost its end cannot recover beyond it: nothing is
// changed.
func TestRecoverNotEnough(t *testing.T) {
	c := testConfig(t)
	c.Journal = filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	for i := range 10 {
		appendN(t, l, i, 1)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	seg := filepath.Join(c.Journal, "00000001.journal")
	info, err := os.Stat(seg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(seg, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), c, Incident{Reason: "r", Authority: "a"}); !errors.Is(err, ErrBehind) {
		t.Fatal(err)
	}
	l = open(t, c)
	if l.Size(partner) != 10 {
		t.Errorf("size %d", l.Size(partner))
	}
	if _, err := l.Append(t.Context(), []Event{event(1)}, nil); !errors.Is(err, ErrBehind) {
		t.Errorf("append: %v", err)
	}
}

func testBatch(t testing.TB, n int) *Batch {
	r := &record{kind: "k", seal: bytes.Repeat([]byte{byte(n)}, n)}
	p := &prepared{log: Internal, record: r, encoded: r.encode(nil)}
	return &Batch{clock: int64(n), subs: []*submission{{events: []*prepared{p}}}}
}

// Wherever the file is cut, what was complete is there and the rest is gone;
// a change before the end is damage.
func TestJournalCrashPoints(t *testing.T) {
	dir := t.TempDir()
	j, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	for n := range 3 {
		if err := j.Sequence(t.Context(), testBatch(t, n), uint64(n)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, j.at)
	}
	if err := j.Sequence(t.Context(), testBatch(t, 9), 1); !errors.Is(err, ErrHeadMoved) {
		t.Errorf("old head: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(j.path(1))
	if err != nil {
		t.Fatal(err)
	}
	reopen := func(data []byte) (uint64, error) {
		if err := os.WriteFile(j.path(1), data, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := OpenJournal(dir)
		if err != nil {
			return 0, err
		}
		defer func() {
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		}()
		var clocks []int64
		if err := again.Follow(t.Context(), 0, func(b *Batch) error { clocks = append(clocks, b.clock); return nil }); err != nil {
			return 0, err
		}
		if len(clocks) != int(again.end) || again.Sequence(t.Context(), testBatch(t, 5), again.end) != nil {
			t.Errorf("%d batches, end %d", len(clocks), again.end)
		}
		return uint64(len(clocks)), nil
	}
	for cut := 0; cut <= len(whole); cut += 3 {
		for _, tail := range [][]byte{nil, make([]byte, 10), bytes.Repeat([]byte{0xa5}, 30)} { // torn, zeroed, garbage
			data := append(bytes.Clone(whole[:cut]), tail...)
			want := uint64(0)
			for _, e := range ends {
				if len(data) >= int(e) && bytes.Equal(data[:e], whole[:e]) {
					want++
				}
			}
			if got, err := reopen(data); err != nil || got != want {
				t.Fatalf("cut at %d: %d batches, want %d, %v", cut, got, want, err)
			}
		}
	}
	for at := 0; at < int(ends[1]); at += 2 {
		bad := bytes.Clone(whole)
		bad[at] ^= 4
		if _, err := reopen(bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
	}
}

// failing is a file that fails from some write or sync on.
type failing struct {
	journalFile
	writes, syncs int
	err           error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		n, _ := f.journalFile.Write(p[:len(p)/2]) // short
		return n, f.err
	}
	return f.journalFile.Write(p)
}

func (f *failing) Sync() error {
	if f.syncs--; f.syncs < 0 {
		return f.err
	}
	return f.journalFile.Sync()
}

// A write or sync that fails stops the ledger: nothing is acknowledged or
// signed after it, and the next start has all that was acknowledged.
func TestJournalFails(t *testing.T) {
	for _, test := range []struct {
		name          string
		writes, syncs int
		err           error
	}{{"no space", 3, 99, syscall.ENOSPC}, {"write error", 0, 99, syscall.EIO}, {"sync error", 99, 2, syscall.EIO}} {
		t.Run(test.name, func(t *testing.T) {
			c := testConfig(t)
			c.Journal = filepath.Join(t.TempDir(), "journal")
			l := create(t, c)
			l.journal.f = &failing{l.journal.f, test.writes, test.syncs, test.err}
			acked := 0
			var err error
			for err == nil {
				if _, err = l.Append(context.Background(), []Event{event(acked)}, nil); err == nil {
					acked++
				}
			}
			if !errors.Is(err, ErrStopped) || !errors.Is(err, test.err) {
				t.Fatal(err)
			}
			if _, err := l.Append(t.Context(), []Event{event(0)}, nil); !errors.Is(err, ErrStopped) {
				t.Errorf("after the failure: %v", err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = open(t, c)
			if n := int(l.Size(partner)); n < acked || n > acked+1 {
				t.Errorf("%d in the log, %d acknowledged", n, acked)
			}
			if _, err := l.Append(t.Context(), []Event{event(0)}, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzJournalFrame(f *testing.F) {
	f.Add([]byte(frameMagic + "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, payload, ok := readFrame(b); ok && len(payload)+frameHeader > len(b) {
			t.Error("longer than the file")
		}
	})
}

// stalled is a disk that does not answer until it is let go.
type stalled struct {
	journalFile
	wait chan struct{}
}

func (s stalled) Sync() error { <-s.wait; return s.journalFile.Sync() }

// On a disk that stands still the queue is bounded: who does not get into it
// can give up, and who is in it is answered when the disk goes on.
func TestSlowDiskBoundedQueue(t *testing.T) {
	c := testConfig(t)
	c.Journal, c.Apply = filepath.Join(t.TempDir(), "journal"), nil
	l := create(t, c)
	wait := make(chan struct{})
	l.journal.f = stalled{l.journal.f, wait}
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	const clients = queueLength + gatherCount + 500
	var committed, gaveUp atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			_, err := l.Append(ctx, []Event{{Log: partner, Kind: "k"}}, nil)
			switch {
			case err == nil:
				committed.Add(1)
			case errors.Is(err, context.DeadlineExceeded):
				gaveUp.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	<-ctx.Done()
	time.Sleep(50 * time.Millisecond)
	close(wait)
	wg.Wait()
	if committed.Load()+gaveUp.Load() != clients || gaveUp.Load() < 100 {
		t.Errorf("%d committed, %d gave up", committed.Load(), gaveUp.Load())
	}
	if n := int64(l.Size(partner)); n != committed.Load() {
		t.Errorf("%d in the log, %d committed", n, committed.Load())
	}
}

// A ledger with a journal is never opened without it: the journal would lack
// what is appended then, and the next start with it would rightly refuse.
func TestJournalIsNotLeftOut(t *testing.T) {
	c := testConfig(t)
	c.Journal = filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c.Journal = ""
	if l, err := Open(c); err == nil {
		_ = l.Close()
		t.Error("opened without its journal")
	}
}

// A start reads the segments that it needs; Check reads the others, and says
// which is damaged, out of order or cut off.
func TestJournalSegments(t *testing.T) {
	dir := t.TempDir()
	j, err := OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 9 {
		if err := j.Sequence(t.Context(), testBatch(t, n), uint64(n)); err != nil {
			t.Fatal(err)
		}
		if n%3 == 2 {
			if err := j.next(nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(j.Check(t.Context()), j.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(j.path(1))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[100] ^= 1
	second, err := os.ReadFile(j.path(2))
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{"": whole, "flipped": flipped, "cut": whole[:len(whole)-5], "empty": nil, "another": second} {
		if err := os.WriteFile(j.path(1), data, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := OpenJournal(dir)
		if err != nil || again.end != 9 || again.no != 4 {
			t.Fatalf("%s: %v, batch %d in segment %d", what, err, again.end, again.no)
		}
		follow := func(head uint64) (n int, err error) {
			err = again.Follow(t.Context(), head, func(*Batch) error { n++; return nil })
			return n, err
		}
		if n, err := follow(5); n != 4 || err != nil {
			t.Errorf("%s: %d batches after the fifth, %v", what, n, err)
		}
		n, err := follow(0)
		if check := again.Check(t.Context()); (check == nil) != (what == "") || (err == nil) != (what == "") || err == nil && n != 9 {
			t.Errorf("%s: %d batches, %v; check: %v", what, n, err, check)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Segments that are full may lie on another volume, with a link in their place:
// what reads the journal reads them there.
func TestJournalSegmentsElsewhere(t *testing.T) {
	c := testConfig(t)
	c.Journal = filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	for n := range 3 {
		appendN(t, l, n*10, 10)
		l.journal.mu.Lock()
		err := l.journal.next(nil)
		l.journal.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
	}
	appendN(t, l, 30, 10)
	if err := errors.Join(l.Publish(time.Now()), l.Close()); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for no := 1; no <= 3; no++ {
		from, to := l.journal.path(no), filepath.Join(elsewhere, filepath.Base(l.journal.path(no)))
		if err := errors.Join(os.Rename(from, to), os.Symlink(to, from)); err != nil {
			t.Fatal(err)
		}
	}
	size, root := l.Size(partner), l.Status()[1].Root
	if err := os.RemoveAll(c.badgerDir()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.badgerDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Recover(t.Context(), c, Incident{Reason: "TEST", Authority: "test"}); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	if err := l.journal.Check(t.Context()); err != nil || l.Size(partner) != size+1 {
		t.Errorf("%d events of %d and one, %v", l.Size(partner), size, err)
	}
	if known, err := l.log(partner); err != nil || known.view.Load().root == root {
		t.Error("the incident is not in the tree")
	}
}
