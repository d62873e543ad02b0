package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// appendTogether appends events in one piece: a large value.
func appendTogether(t *testing.T, l *Ledger, from, n int) {
	t.Helper()
	var events []Event
	for i := range n {
		events = append(events, event(from+i))
	}
	if _, err := l.Append(t.Context(), events, nil); err != nil {
		t.Fatal(err)
	}
}

// createLarge makes a ledger with a journal and 600 events in large values.
func createLarge(t *testing.T) (Config, *Ledger) {
	t.Helper()
	c := testConfig(t)
	c.Journal, c.MemTable = filepath.Join(t.TempDir(), "journal"), 8<<20
	l := create(t, c)
	for i := range 10 {
		appendTogether(t, l, i*60, 60)
	}
	return c, l
}

// stopped returns the configuration of a copy of a ledger as it is on the disk
// while it is open: what a process that was killed leaves.
func stopped(t *testing.T, c Config) Config {
	t.Helper()
	out := c
	dir := t.TempDir()
	out.Dir, out.Journal, out.Keys = filepath.Join(dir, "ledger"), filepath.Join(dir, "journal"), filepath.Join(filepath.Dir(c.Dir), "keys")
	for from, to := range map[string]string{c.Dir: out.Dir, c.Journal: out.Journal} {
		if err := copyFolder(from, to); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// loseValueLog makes the value log what it was before anything of it reached the
// disk, and says how many bytes that took.
func loseValueLog(t *testing.T, c Config) (lost int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.badgerDir(), "*.vlog"))
	if err != nil {
		t.Fatal(err)
	}
	const header = 20 // Badger syncs it
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lost += int64(len(bytes.TrimRight(b[header:], "\x00")))
		clear(b[header:])
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return lost
}

// A power cut can take what the value log has and was not synced: the start
// builds the store again from the journal, and nothing that was acknowledged is
// lost or stands elsewhere.
func TestPowerCutTakesLargeValues(t *testing.T) {
	c, l := createLarge(t)
	appendN(t, l, 600, 20)
	before, state := l.Status(), dump(t, l)

	cut := stopped(t, c)
	if loseValueLog(t, cut) == 0 {
		t.Fatal("the value log has nothing")
	}
	re := open(t, cut)
	if err := re.refused(); err != nil {
		t.Fatal(err)
	}
	for i, s := range re.Status() {
		root, err := re.rootAt(re.logs()[s.Log], before[i].Size)
		if err != nil || root != before[i].Root {
			t.Errorf("%s: another tree: %v", s.Log, err)
		}
		e, err := re.Entry(s.Log, before[i].Size)
		if err != nil || e.Kind != kindRecovered || e.Header["reason"] != "unclean-stop" {
			t.Errorf("%s: %+v, %v", s.Log, e, err)
		}
	}
	after := slices.DeleteFunc(dump(t, re), func(i Item) bool { return i.Key == "count/"+kindRecovered })
	if d := cmp.Diff(state, after); d != "" {
		t.Error(d)
	}
	damaged, err := filepath.Glob(filepath.Join(cut.Dir, "badger-damaged-*"))
	if err != nil || len(damaged) != 1 {
		t.Errorf("the store that lost something is not kept: %v, %v", damaged, err)
	}
}

// What was synced and is gone all the same was not taken by a power cut: no
// start hides that.
func TestLargeValueIsDamaged(t *testing.T) {
	c, l := createLarge(t)
	for i := range tileWidth { // so that the right edge is elsewhere
		appendTogether(t, l, 600+i, 1)
	}
	if err := l.store.sync(); err != nil {
		t.Fatal(err)
	}
	damaged := stopped(t, c)
	loseValueLog(t, damaged)
	re := open(t, damaged)
	for end := time.Now().Add(patience); re.refused() == nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	var d *Damage
	if !errors.As(re.refused(), &d) || d.Log != partner || d.Index != 0 || d.Fault != "entry" {
		t.Errorf("%+v", re.refused())
	}
	if _, err := re.Entry(partner, 599); !errors.As(err, &d) {
		t.Errorf("%+v", err)
	}
}

// With a journal that has not everything either, or without room for another
// store, nothing is changed, and the ledger is open for reading and says why it
// takes nothing.
func TestPowerCutTakesMore(t *testing.T) {
	c, l := createLarge(t)
	if err := l.Publish(l.config.Now()); err != nil {
		t.Fatal(err)
	}
	appendTogether(t, l, 600, 60)
	for name, test := range map[string]struct {
		change func(c *Config) error
		want   error
	}{
		"the journal": {func(c *Config) error { return os.Truncate(filepath.Join(c.Journal, "00000001.journal"), 0) }, ErrBehind},
		"the room":    {func(c *Config) error { c.MinFree = 1 << 60; return nil }, ErrDiskFull},
	} {
		t.Run(name, func(t *testing.T) {
			cut := stopped(t, c)
			loseValueLog(t, cut)
			if err := test.change(&cut); err != nil {
				t.Fatal(err)
			}
			re := open(t, cut)
			if err := re.refused(); !errors.Is(err, errCut) || !errors.Is(err, test.want) || re.Size(partner) != 660 {
				t.Errorf("%v, size %d", err, re.Size(partner))
			}
			if _, err := re.Append(t.Context(), []Event{event(1)}, nil); err == nil {
				t.Error("an append was taken")
			}
			if damaged, err := filepath.Glob(filepath.Join(cut.Dir, "badger-damaged-*")); err != nil || len(damaged) != 0 {
				t.Errorf("a store was moved: %v, %v", damaged, err)
			}
		})
	}
}

// The note says since when large values may not be on the disk, and nothing when
// all are.
func TestUnsyncedNote(t *testing.T) {
	s, err := openStore(storeOptions{dir: t.TempDir(), memTable: 1 << 20, behind: true})
	if err != nil {
		t.Fatal(err)
	}
	note := func() (since []byte) {
		if err := s.view(func(r reader) (err error) { since, err = r.get(unsyncedKey()); return err }); err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
		return since
	}
	put := func(n uint64, size int) {
		w := s.begin()
		w.put(pieceKey(1, n), make([]byte, size))
		if err := w.commit(); err != nil {
			t.Fatal(err)
		}
	}
	put(1, 100)
	if note() != nil {
		t.Error("a small value was noted")
	}
	put(2, 10_000)
	first := note()
	if len(first) != 8 {
		t.Fatal("no note")
	}
	put(3, 10_000)
	if !bytes.Equal(note(), first) {
		t.Error("the note was moved before a sync")
	}
	if err := s.sync(); err != nil || len(note()) != 0 {
		t.Errorf("after a sync: %x, %v", note(), err)
	}
	const size = 200 << 10
	for n := range uint64(syncEvery/size + 2) {
		put(10+n, size)
	}
	s.large.turn <- struct{}{} // the sync that was due has ended
	<-s.large.turn
	if s.large.synced == 0 || bytes.Equal(note(), first) {
		t.Errorf("no sync of %d bytes", s.large.written)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
