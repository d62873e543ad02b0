package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// One batch is applied while the next one is synced. When that sync fails, the
// batch before it is still acknowledged, nothing after it is, and the next
// start has every acknowledged event at its place.
func TestSyncFailsWhileApplying(t *testing.T) {
	for _, syncs := range []int{0, 1, 5, 20} {
		c := testConfig(t)
		c.Journal = filepath.Join(t.TempDir(), "journal")
		l := create(t, c)
		l.journal.f = &failing{l.journal.f, 1 << 30, syncs, syscall.EIO}
		var mu sync.Mutex
		var acked []Committed
		var wg sync.WaitGroup
		for k := range 64 {
			wg.Go(func() {
				for i := k; ; i += 64 {
					out, err := l.Append(context.Background(), []Event{event(i)}, nil)
					if err != nil {
						if !errors.Is(err, ErrStopped) || !errors.Is(err, syscall.EIO) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					acked = append(acked, out...)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if n := l.Size(partner); int(n) != len(acked) {
			t.Errorf("%d in the log, %d acknowledged", n, len(acked))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, c)
		for _, a := range acked {
			if e, err := l.Entry(a.Log, a.Index); err != nil || e.Leaf != a.Leaf {
				t.Fatalf("index %d: %v", a.Index, err)
			}
		}
	}
}

// Under load the journal goes over to segments that were filled ahead; what
// they hold is there after a close and after a kill, which leaves zeros behind.
func TestJournalFilledAhead(t *testing.T) {
	c := testConfig(t)
	c.Apply, c.Journal = nil, filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	big := Event{Log: partner, Kind: "k", Details: map[string]string{"d": string(make([]byte, 50<<10))}}
	n := uint64(0)
	for filled := false; !filled; n++ {
		if _, err := l.Append(t.Context(), []Event{big}, nil); err != nil {
			t.Fatal(err)
		}
		l.journal.mu.Lock()
		filled = l.journal.room > 0
		l.journal.mu.Unlock()
	}
	if fillsAhead(l.journal, 200<<10) || !fillsAhead(l.journal, 50<<10) {
		t.Error("large frames are not told from small ones")
	}
	copied := filepath.Join(t.TempDir(), "journal") // as a kill leaves it
	if err := os.CopyFS(copied, os.DirFS(c.Journal)); err != nil {
		t.Fatal(err)
	}
	j, err := OpenJournal(copied)
	if err != nil {
		t.Fatal(err)
	}
	if j.end != l.journal.end || j.no != 2 {
		t.Errorf("batch %d in segment %d, want %d in 2", j.end, j.no, l.journal.end)
	}
	if err := errors.Join(j.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if l = open(t, c); l.Size(partner) != n {
		t.Errorf("size %d, want %d", l.Size(partner), n)
	}
	if err := Recover(t.Context(), c, Incident{Reason: "r", Authority: "a"}); err == nil {
		t.Error("recovered a ledger that is in use")
	}
}

// fillsAhead says whether a journal whose frames have been of a size for a while
// begins to fill a segment ahead.
func fillsAhead(j *Journal, size int64) bool {
	other := &Journal{since: aheadAfter + 1, at: 1, room: segmentSize, frames: size}
	other.ahead.path = filepath.Join(j.dir, "probe")
	if err := other.makeRoom(size); err != nil {
		return false
	}
	begun := other.ahead.made != nil
	return errors.Join(other.ahead.drop()) == nil && begun
}
