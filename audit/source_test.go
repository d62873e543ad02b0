package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// No code of this package can reach what deletes log data: only store.go
// imports Badger, and it calls nothing that deletes but for state.
func TestNothingDeletesLogData(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	forbidden := map[string]bool{
		"DropAll": true, "DropPrefix": true, "RunValueLogGC": true, "BanNamespace": true, "Load": true,
		"DeleteAt": true, "NewWriteBatch": true, "StreamDB": true, "NewKVLoader": true, "SetEntry": true,
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "badger") && file != "store.go" {
				t.Errorf("%s imports %s", file, imp.Path.Value)
			}
			if strings.Contains(imp.Path.Value, "peacebridge/") || imp.Path.Value == `"testing"` {
				t.Errorf("%s imports %s", file, imp.Path.Value)
			}
		}
		if file != "store.go" {
			continue
		}
		deletes := 0
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if forbidden[sel.Sel.Name] {
					t.Errorf("store.go calls %s", sel.Sel.Name)
				}
				if sel.Sel.Name == "Delete" {
					deletes++
				}
			}
			return true
		})
		if deletes != 1 {
			t.Errorf("store.go deletes in %d places, expected the one in remove", deletes)
		}
	}
}

// The store itself refuses to write twice or to remove what is a log's.
func TestWriteOnce(t *testing.T) {
	s, err := openStore(storeOptions{dir: t.TempDir(), memTable: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range [][]byte{pieceKey(1, 0), bodyKey(1, 0, 0), tileKey(1, 0, 0), publishedKey(1, 9), cosigKey(1, 9, 1), erasedKey(5), nameKey("x"), fileKey([32]byte{}), termKey([16]byte{}, 1, 0)} {
		put := func() error {
			return s.update(func(w *writer) error { w.put(key, []byte("x")); return w.err })
		}
		if err := put(); err != nil {
			t.Errorf("%q: %v", key, err)
		}
		if put() == nil {
			t.Errorf("%q was written twice", key)
		}
		if s.update(func(w *writer) error { w.remove(key); return w.err }) == nil {
			t.Errorf("%q was removed", key)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// Zero-byte files that a kill can leave do not keep a ledger from opening
// (badger issue 2207).
func TestEmptyFiles(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	appendN(t, l, 0, 10)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"00099.mem", "000099.vlog"} {
		if err := os.WriteFile(filepath.Join(c.badgerDir(), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l = open(t, c)
	if l.Size(partner) != 10 {
		t.Error(l.Size(partner))
	}
}

// A table that the manifest names and that never came to be, which a failed
// write of the manifest leaves, does not keep a ledger from opening. One that
// was there and had entries is missed before anything is taken.
func TestTableThatIsNotThere(t *testing.T) {
	c := testConfig(t)
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	for i := range 4 { // a table each
		l, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		if i < 3 {
			appendN(t, l, i*100, 100)
		}
		if err := errors.Join(l.Publish(time.Now()), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	tables, err := filepath.Glob(filepath.Join(c.badgerDir(), "*.sst"))
	if err != nil || len(tables) < 4 {
		t.Fatal(tables, err)
	}
	reported := 0
	for _, table := range tables {
		bad := c
		bad.Dir, bad.Keys = filepath.Join(t.TempDir(), "ledger"), filepath.Join(filepath.Dir(c.Dir), "keys")
		copyTree(t, c.Dir, bad.Dir)
		if err := os.Remove(filepath.Join(bad.badgerDir(), filepath.Base(table))); err != nil {
			t.Fatal(err)
		}
		l, err := Open(bad)
		if err == nil {
			if err = l.refused(); err == nil && l.rehashing() {
				t.Errorf("without %s: not everything was looked at before it opened", filepath.Base(table))
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if err != nil {
			reported++
		}
	}
	if reported < 3 {
		t.Errorf("%d of three tables with entries are missed", reported)
	}
	f, err := os.OpenFile(filepath.Join(c.badgerDir(), "MANIFEST"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	set := []byte{0x0a, 0x02, 0x08, 99} // create table 99
	_, err = f.Write(append(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 4}, crc32.Checksum(set, crc32.MakeTable(crc32.Castagnoli))), set...))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for i := 3; i < 5; i++ {
		for _, v := range verify(t, c.Dir, VerifyOptions{Apply: counting}) {
			if !v.Verified {
				t.Errorf("%+v", v)
			}
		}
		l, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		appendN(t, l, i*100, 100)
		if n := l.Size(partner); n < uint64(i*100+100) || l.refused() != nil {
			t.Errorf("%d events, %v", n, l.refused())
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// After an unclean stop the files that Badger's recovery may cut are copied as
// they are, damage and all.
func TestEvidenceIsKept(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	appendN(t, l, 0, 50)
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	killed := c
	killed.Dir, killed.Keys = filepath.Join(t.TempDir(), "ledger"), filepath.Join(filepath.Dir(c.Dir), "keys")
	copyTree(t, c.Dir, killed.Dir) // as a kill leaves it
	logs, err := filepath.Glob(filepath.Join(killed.badgerDir(), "*.mem"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	var damaged [][]byte
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if end := len(bytes.TrimRight(b, "\x00")); end > 100 {
			b[end/2] ^= 1
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		damaged = append(damaged, b)
	}
	if l, err := Open(killed); err == nil {
		if l.refused() == nil {
			t.Error("opened as if nothing were missing")
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for i, name := range logs {
		if kept, err := os.ReadFile(filepath.Join(killed.Dir, "before-open", filepath.Base(name))); err != nil || !bytes.Equal(kept, damaged[i]) {
			t.Errorf("%s is not kept as it was: %v", filepath.Base(name), err)
		}
	}
}

// Until everything is re-hashed that is a warning, and no more than a warning.
func TestRehashIsAWarning(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	appendN(t, l, 0, 10)
	for l.rehashing() { // the one of the start
		time.Sleep(time.Millisecond)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	if l.rehashAll(interrupted) || !l.rehashing() {
		t.Errorf("interrupted: %+v", l.Problems())
	}
	for _, p := range l.Problems() {
		if !p.Warning {
			t.Errorf("%+v", p)
		}
	}
	if !l.rehashAll(t.Context()) || len(l.Problems()) > 0 || l.refused() != nil {
		t.Errorf("done: %+v", l.Problems())
	}
}
