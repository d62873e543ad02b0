package audit

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFollow keeps a mirror up beat by beat: it holds one partial tile of each
// kind and level at most, and verifies from what it holds alone.
func TestFollow(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "us.cbp", Logs: []string{"ca.cbsa"}, MemTable: 4 << 20, MinFree: 1}
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	srv := httptest.NewServer(l.Handler())
	defer srv.Close()
	dir := t.TempDir()
	total := 0
	for _, n := range []int{1, 2, 200, 60, 1, 300, 0, 5} { // over the edge of a tile, and over two
		if n > 0 {
			if _, err := l.Append(t.Context(), plainEvents(n), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
		m, err := NewMirrorWith(dir, l.LogKey("ca.cbsa"), srv.URL, http.DefaultClient)
		if err != nil {
			t.Fatal(err)
		}
		total += n
		head, err := m.Follow(t.Context())
		if err != nil || head.Size != uint64(total) {
			t.Fatalf("after %d: %+v: %v", total, head, err)
		}
		if held, err := m.Held(); err != nil || held != head {
			t.Fatalf("held %+v: %v", held, err)
		}
		partial := map[string]int{}
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if at := strings.Index(path, ".p/"); at > 0 && !d.IsDir() {
				partial[filepath.Dir(path[:at])]++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for where, n := range partial {
			if n > 1 {
				t.Errorf("after %d: %d partial files in %s", total, n, where)
			}
		}
	}
}

func plainEvents(n int) []Event {
	events := make([]Event, n)
	for i := range events {
		events[i] = Event{Log: "ca.cbsa", Kind: "test"}
	}
	return events
}
