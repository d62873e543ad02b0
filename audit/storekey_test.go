package audit

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// With a store key nothing of an event is in clear in store or journal, also
// not after the key was changed; the ledger reads what any of its keys wrote,
// verifies, and is built again from the journal.
func TestEncrypted(t *testing.T) {
	c := testConfig(t)
	c.Encrypt, c.Journal = true, filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	said := func(i int) string { return fmt.Sprintf("in-clear-nowhere-%d", i) }
	tell := func(i int) {
		t.Helper()
		// Enough of them that memtables become tables.
		events := make([]Event, 100)
		for j := range events {
			events[j] = Event{Log: partner, Kind: "k", Header: map[string]string{"set": said(i), "pad": string(bytes.Repeat([]byte("p"), 2000))}}
		}
		for range 16 {
			if _, err := l.Append(t.Context(), events, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 3 {
		tell(i)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		nowhere(t, "in-clear-nowhere", filepath.Join(c.Dir, "badger"), c.Journal)
		if err := Rekey(c); err != nil {
			t.Fatal(err)
		}
		l = open(t, c)
	}
	tell(3)
	for i := range 4 {
		if e, err := l.Entry(partner, uint64(i*1600)); err != nil || e.Header["set"] != said(i) {
			t.Errorf("event under key %d: %v, %v", i, e, err)
		}
	}
	size := l.Size(partner)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	verdicts, err := VerifyTarget(t.Context(), c.Dir, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if !v.Verified {
			t.Errorf("%s: %v", v.Log, v.Problems)
		}
	}
	if err := Recover(t.Context(), c, Incident{Reason: "r", Authority: "a"}); err != nil {
		t.Fatal(err)
	}
	nowhere(t, "in-clear-nowhere", filepath.Join(c.Dir, "badger"), c.Journal)
	l = open(t, c)
	if l.Size(partner) != size+1 {
		t.Errorf("recovered %d events, want %d", l.Size(partner), size+1)
	}
}

// Without its keys an encrypted ledger does not open, and is not changed.
func TestEncryptedWithoutKeys(t *testing.T) {
	c := testConfig(t)
	c.Encrypt = true
	l := create(t, c)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(c.Dir, "keys", storeKeyFile)
	if err := os.Rename(keys, keys+".away"); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(c); err == nil {
		_ = l.Close()
		t.Fatal("opened without its keys")
	}
	if err := os.Rename(keys+".away", keys); err != nil {
		t.Fatal(err)
	}
	open(t, c)
}

// A ledger that was not encrypted is from its first key on.
func TestRekeyPlain(t *testing.T) {
	c := testConfig(t)
	c.Journal = filepath.Join(t.TempDir(), "journal")
	l := create(t, c)
	appendN(t, l, 0, 100)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Rekey(c); err != nil {
		t.Fatal(err)
	}
	l = open(t, c)
	if _, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k", Header: map[string]string{"set": "in-clear-nowhere"}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	nowhere(t, "in-clear-nowhere", filepath.Join(c.Dir, "badger"), c.Journal)
	if l = open(t, c); l.Size(partner) != 101 {
		t.Errorf("%d events, want 101", l.Size(partner))
	}
}

// nowhere looks for a text in all files.
func nowhere(t *testing.T, text string, dirs ...string) {
	t.Helper()
	files := 0
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s: %q is in clear", path, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 3 {
		t.Errorf("only %d files were searched", files)
	}
}
