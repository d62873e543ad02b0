package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What a power cut leaves of the files that we write ourselves: journal, key
// pages, bodies, notes. A child's calls are recorded with strace; at each of
// them the power may fail. Of what was not synced then, all, nothing, or any
// part in any order is on the disk, and a name is only there when its folder
// was synced. Badger's files, which a journal stands in front of, are as they
// were before the child.

// A disk is what the calls so far have made of a folder.
type disk struct {
	durable, current map[string]*inode   // by path
	pending          map[string][]naming // by folder: not synced yet
	at               map[string]int64    // where a descriptor writes next, by its number
}

type inode struct {
	durable, current []byte
	pending          []diskWrite
}

// A diskWrite is a write, or a truncation when data is nil.
type diskWrite struct {
	at   int64
	data []byte
}

// A naming gives a path to a file, or takes it away when there is none.
type naming struct {
	path string
	file *inode
}

func (p diskWrite) apply(b []byte) []byte {
	if p.data == nil {
		return slices.Concat(b, make([]byte, max(0, int(p.at)-len(b))))[:p.at]
	}
	if need := int(p.at) + len(p.data); need > len(b) {
		b = append(b, make([]byte, need-len(b))...)
	}
	copy(b[p.at:], p.data)
	return b
}

func (f *inode) change(p diskWrite) {
	f.current = p.apply(bytes.Clone(f.current))
	f.pending = append(f.pending, p)
}

func (d *disk) name(path string, f *inode) {
	if f == nil {
		delete(d.current, path)
	} else {
		d.current[path] = f
	}
	dir := filepath.Dir(path)
	d.pending[dir] = append(d.pending[dir], naming{path, f})
}

func (d *disk) sync(path string) {
	if f := d.current[path]; f != nil {
		f.durable, f.pending = f.current, nil
		return
	}
	for _, n := range d.pending[path] {
		n.apply(d.durable)
	}
	delete(d.pending, path)
}

func (n naming) apply(names map[string]*inode) {
	if n.file == nil {
		delete(names, n.path)
	} else {
		names[n.path] = n.file
	}
}

// afterCut is what is found when the power comes back. How much of what was not
// synced is there is said by keep: 0 nothing, 1 all, else any of it.
func (d *disk) afterCut(rnd *rand.Rand, keep int) map[string][]byte {
	some := func(n int) int {
		switch keep {
		case 0:
			return 0
		case 1:
			return n
		}
		return rnd.IntN(n + 1)
	}
	names := maps.Clone(d.durable)
	for _, dir := range slices.Sorted(maps.Keys(d.pending)) { // a folder's changes come in order
		for _, n := range d.pending[dir][:some(len(d.pending[dir]))] {
			n.apply(names)
		}
	}
	out := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(names)) {
		b := bytes.Clone(names[path].durable)
		for _, p := range names[path].pending { // those of a file in any order
			if some(1) == 0 {
				continue
			}
			if n := some(len(p.data)); keep > 1 && n < len(p.data) {
				p.data = p.data[:n/512*512] // torn
				if len(p.data) == 0 {
					continue
				}
			}
			b = p.apply(b)
		}
		out[path] = b
	}
	return out
}

// A call of the child.
type call struct {
	name string
	args string
	ok   bool
	fd   string // that an openat returned
}

var (
	callForm   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
	quoted     = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	descriptor = regexp.MustCompile(`^(\d+)<((?:\\x[0-9a-f]{2})*)>`)
)

// calls reads what strace wrote; the two halves of an interrupted line are put together.
func calls(t *testing.T, trace string) []call {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]string{} // by thread
	var out []call
	for line := range strings.Lines(string(text)) {
		thread, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if first, ok := strings.CutSuffix(line, " <unfinished ...>\n"); ok {
			begun[thread] = first
			continue
		}
		if _, second, ok := strings.Cut(rest, " resumed>"); ok && strings.HasPrefix(strings.TrimSpace(rest), "<...") {
			line = begun[thread] + second
		}
		m := callForm.FindStringSubmatch(line)
		if m != nil {
			out = append(out, call{name: m[2], args: m[3], ok: !strings.HasPrefix(m[4], "-"), fd: m[4]})
		}
	}
	return out
}

// unhex reads strace's -xx.
func unhex(s string) string {
	b, _ := hex.DecodeString(strings.ReplaceAll(s, `\x`, "")) // the expression took hex only
	return string(b)
}

func (c *call) paths() (out []string) {
	for _, m := range quoted.FindAllStringSubmatch(c.args, -1) {
		out = append(out, unhex(m[1]))
	}
	return out
}

// does carries out a call on the disk; what it said to standard output is returned.
func (d *disk) does(c call, ours func(path string) bool) (said string) {
	if !c.ok {
		return ""
	}
	fd, on := "", ""
	if m := descriptor.FindStringSubmatch(c.args); m != nil {
		fd, on = m[1], unhex(m[2])
	}
	p := c.paths()
	switch c.name {
	case "openat":
		if !ours(p[0]) {
			delete(d.at, c.fd)
			return ""
		}
		f := d.current[p[0]]
		if f == nil && strings.Contains(c.args, "O_CREAT") {
			f = &inode{}
			d.name(p[0], f)
		}
		if f == nil {
			return "" // a folder
		}
		if strings.Contains(c.args, "O_TRUNC") && len(f.current) > 0 {
			f.change(diskWrite{})
		}
		d.at[c.fd] = 0
		if strings.Contains(c.args, "O_APPEND") {
			d.at[c.fd] = -1
		}
	case "write":
		if fd == "1" {
			return p[0]
		}
		if f := d.current[on]; f != nil && ours(on) {
			at := d.at[fd]
			if at < 0 {
				at = int64(len(f.current))
			} else {
				d.at[fd] += int64(len(p[0]))
			}
			f.change(diskWrite{at, []byte(p[0])})
		}
	case "pwrite64":
		if f := d.current[on]; f != nil && ours(on) {
			at, _ := strconv.ParseInt(c.args[strings.LastIndex(c.args, " ")+1:], 10, 64)
			f.change(diskWrite{at, []byte(p[0])})
		}
	case "ftruncate":
		if f := d.current[on]; f != nil && ours(on) {
			n, _ := strconv.ParseInt(c.args[strings.LastIndex(c.args, " ")+1:], 10, 64)
			f.change(diskWrite{at: n})
		}
	case "truncate":
		if f := d.current[p[0]]; f != nil && ours(p[0]) {
			n, _ := strconv.ParseInt(c.args[strings.LastIndex(c.args, " ")+1:], 10, 64)
			f.change(diskWrite{at: n})
		}
	case "fsync", "fdatasync":
		if ours(on) {
			d.sync(on)
		}
	case "renameat", "linkat":
		if f := d.current[p[0]]; f != nil && ours(p[0]) {
			d.name(p[1], f)
			if c.name == "renameat" {
				d.name(p[0], nil)
			}
		}
	case "unlinkat":
		if d.current[p[0]] != nil {
			d.name(p[0], nil)
		}
	}
	return ""
}

// TestPowerLoss cuts the power at calls of a child that appends, publishes and
// erases: what was acknowledged is there, can be read, and verifies; what was
// erased stays erased.
func TestPowerLoss(t *testing.T) {
	strace := straceProgram(t)
	dir := t.TempDir()
	t.Setenv(childJournal, filepath.Join(dir, "journal"))
	c := killConfig(dir)
	c.Beat = 0
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before")
	copyTree(t, dir, before)
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-y", "-xx", "-s", "1000000", "-o", trace, "-e",
		"trace=openat,write,pwrite64,fsync,fdatasync,renameat,unlinkat,linkat,ftruncate,truncate", os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSweep+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ours := func(path string) bool {
		return strings.HasPrefix(path, dir+"/") && !strings.Contains(path, "/badger") && !strings.Contains(path, "/before-open")
	}
	d := &disk{durable: map[string]*inode{}, pending: map[string][]naming{}, at: map[string]int64{}}
	err := filepath.WalkDir(before, func(path string, e os.DirEntry, err error) error {
		if name := dir + strings.TrimPrefix(path, before); err == nil && !e.IsDir() && ours(name) {
			var b []byte
			b, err = os.ReadFile(path)
			d.durable[name] = &inode{durable: b, current: b}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.current = maps.Clone(d.durable)
	all := calls(t, trace)
	every := len(all)/12 + 1
	if os.Getenv("AUDIT_SWEEP") != "" {
		every = 1
	} else if testing.Short() {
		every = len(all)/5 + 1
	}
	var said strings.Builder
	cuts := 0
	for i, one := range all {
		said.WriteString(d.does(one, ours))
		switch one.name {
		case "write", "pwrite64", "fsync", "fdatasync", "renameat", "unlinkat", "openat":
		default:
			continue
		}
		if i%every != 0 {
			continue
		}
		for keep := range 4 {
			cuts++
			found := d.afterCut(rand.New(rand.NewPCG(uint64(i), uint64(keep))), keep)
			afterPowerLoss(t, fmt.Sprintf("call %d of %d (%s), keep %d", i, len(all), one.name, keep), dir, before, found, said.String())
		}
	}
	if !strings.Contains(said.String(), "erased") || strings.Count(said.String(), "ack") != 12 {
		t.Errorf("the recorded child said\n%s", said.String())
	}
	t.Logf("%d power cuts in %d calls", cuts, len(all))
}

// afterPowerLoss starts a ledger on what is found, with the folder of Badger as
// it was before, and checks it against what the child had said.
func afterPowerLoss(t *testing.T, what, dir, before string, found map[string][]byte, said string) {
	t.Helper()
	at, err := os.MkdirTemp(t.TempDir(), "cut")
	if err != nil {
		t.Fatal(err)
	}
	copyTree(t, filepath.Join(before, "ledger", "badger"), filepath.Join(at, "ledger", "badger"))
	for path, b := range found {
		name := at + strings.TrimPrefix(path, dir)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c := killConfig(at)
	c.Beat, c.Journal = 0, filepath.Join(at, "journal")
	l, err := Open(c)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if l.refused() != nil {
		t.Errorf("%s: %v", what, l.refused())
	}
	for _, e := range acknowledged(t, l, what, said) {
		erasing := strings.HasSuffix(e.Header["document"], "-1") || strings.HasSuffix(e.Header["document"], "-4") || strings.HasSuffix(e.Header["document"], "-7")
		_, err := l.Details(e.Log, e.Index)
		if erased := errors.Is(err, ErrErased); !erased && err != nil || erased && !erasing || !erased && erasing && strings.Contains(said, "erased") {
			t.Errorf("%s: details of index %d: %v", what, e.Index, err)
		}
		if len(e.Bodies) == 0 || err != nil {
			continue
		}
		r, err := l.Body(e.Log, e.Index, "b")
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			err = errors.Join(err, r.Close())
		}
		if err != nil {
			t.Errorf("%s: body of index %d: %v", what, e.Index, err)
		}
	}
	if _, err := l.Append(t.Context(), []Event{event(99)}, nil); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("%s: close: %v", what, err)
	}
	for _, v := range verify(t, c.Dir, VerifyOptions{Apply: counting2}) {
		if !v.Verified {
			t.Errorf("%s: %+v", what, v)
		}
	}
	if err := os.RemoveAll(at); err != nil {
		t.Error(err)
	}
}
