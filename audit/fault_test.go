package audit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A clock that steps back is flagged in every event until it has caught up;
// order stays.
func TestClockStep(t *testing.T) {
	c := testConfig(t)
	var now atomic.Int64
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	c.Now = func() time.Time { return start.Add(time.Duration(now.Load())) }
	l := create(t, c)
	for i, step := range []struct {
		at      time.Duration
		flagged bool
	}{{0, false}, {time.Second, false}, {-24 * time.Hour, true}, {0, true}, {2 * time.Second, false}, {365 * 24 * time.Hour, false}, {3 * time.Second, true}} {
		now.Store(int64(step.at))
		out, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := l.Entry(out[0].Log, out[0].Index)
		if err != nil || e.ClockStepped != step.flagged || !e.Time.Equal(start.Add(step.at)) {
			t.Errorf("step %d: %+v, %v", i, e, err)
		}
	}
}

// Below the low-water mark appends are refused, and taken again when there is
// room.
func TestDiskAlmostFull(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	l.minFree.Store(1 << 62)
	l.checkSpace()
	if _, err := l.Append(t.Context(), []Event{event(1)}, nil); !errors.Is(err, ErrDiskFull) {
		t.Fatal(err)
	}
	if p := l.Problems(); len(p) == 0 || p[len(p)-1].Code != "audit.disk-full" {
		t.Errorf("%+v", p)
	}
	l.minFree.Store(1)
	l.checkSpace()
	if _, err := l.Append(t.Context(), []Event{event(1)}, nil); err != nil {
		t.Fatal(err)
	}
}

// On a small volume that fills up: refusal, no SIGBUS, nothing acknowledged is
// lost.
func TestDiskFullOnSmallVolume(t *testing.T) {
	if os.Getenv(ownMounts) == "" && !mayMount(t) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDiskFullOnSmallVolume$", "-test.v")
		cmd.Env = append(os.Environ(), ownMounts+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState != nil {
			t.Logf("with mounts of its own: %s", out)
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
	for name, journal := range map[string]bool{"store": false, "journal": true} {
		t.Run(name, func(t *testing.T) { diskFull(t, journal) })
	}
}

// mayMount says whether this process may mount.
func mayMount(t *testing.T) bool {
	t.Helper()
	dir := t.TempDir()
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "") != nil {
		return false
	}
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
	return true
}

// ownMounts in the environment says that this process may mount.
const ownMounts = "AUDIT_TEST_MOUNTS"

// smallVolume is a folder on a volume that has less than 48 MB, and what must be
// left on it. Where nothing can be mounted it is on the usual volume, whose room
// others change all the time: one byte must be left, until the test says more.
func smallVolume(t *testing.T) (dir string, minFree int64) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m")
	if err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		return dir, 24 << 20
	}
	t.Logf("no small volume can be mounted (%v): this one counts as full when it suits the test", err)
	return dir, 1
}

func diskFull(t *testing.T, journal bool) {
	c := testConfig(t)
	dir, minFree := smallVolume(t)
	c.Dir, c.MinFree, c.MemTable = filepath.Join(dir, "ledger"), minFree, 1<<20
	if journal {
		c.Journal = filepath.Join(dir, "journal")
	}
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	const most = 100_000 // 400 MB
	usual := minFree == 1
	var acked atomic.Int64
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for i := 0; acked.Load() < most; i++ {
				e := event(i*8 + k)
				e.Bodies = []Body{{Name: "b", Data: make([]byte, 4000)}}
				_, err := l.Append(context.Background(), []Event{e}, nil)
				if errors.Is(err, ErrDiskFull) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				if acked.Add(1) == 5000 && usual {
					l.minFree.Store(1 << 62)
				}
			}
		})
	}
	wg.Wait()
	if n := int64(l.Size(partner)); n != acked.Load() || n == 0 || n >= most {
		t.Errorf("%d in the log, %d acknowledged", n, acked.Load())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, err = Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(l.Size(partner)); n != acked.Load() {
		t.Errorf("%d after reopening, %d acknowledged", n, acked.Load())
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("%d acknowledged before the refusal", acked.Load())
}

// Close gives up on a folder that is gone instead of waiting for ever.
func TestCloseOnVanishedFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the deadline of Close")
	}
	c := testConfig(t)
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 0, 10)
	if err := os.RemoveAll(c.Dir); err != nil {
		t.Fatal(err)
	}
	l.closeTimeout = 300 * time.Millisecond
	done := make(chan error, 1)
	go func() { done <- l.Close() }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("closing what is gone is no error")
		}
	case <-time.After(patience):
		t.Error("Close hangs")
	}
}

// One flipped bit, in any file of a stopped ledger, its keys and its journal: what is then opened or
// verified reports it or is right all the same. Never wrong, never less, under
// a green state.
func TestBitFlips(t *testing.T) {
	t.Run("plain", func(t *testing.T) { bitFlips(t, false, false) })
	t.Run("encrypted", func(t *testing.T) { bitFlips(t, true, false) })
	t.Run("journal", func(t *testing.T) { bitFlips(t, false, true) })
	t.Run("encrypted journal", func(t *testing.T) { bitFlips(t, true, true) })
}

func bitFlips(t *testing.T, encrypt, journal bool) {
	seeds := 30
	if testing.Short() {
		seeds = 15
	}
	if n, err := strconv.Atoi(os.Getenv("AUDIT_FLIPS")); err == nil {
		seeds = n
	}
	c := testConfig(t)
	c.MemTable, c.Encrypt, c.Keys = 1<<20, encrypt, filepath.Join(c.Dir, "own-keys")
	if journal {
		c.Journal = filepath.Join(c.Dir, "journal")
	}
	l := create(t, c)
	for i := range 20 {
		appendN(t, l, i*40, 40)
	}
	if _, err := l.Append(t.Context(), []Event{{Log: partner, Kind: "k", Bodies: []Body{{Name: "f", Data: make([]byte, 100_000)}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	root, size := l.Status()[1].Root, l.Size(partner)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"badger/*", "bodies/??/*", "keys/*", "own-keys/*", "journal/*", "highwater", "policy", "origin"} {
		m, _ := filepath.Glob(filepath.Join(c.Dir, pattern))
		files = append(files, m...)
	}
	harmless, reported := 0, 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 7))
		bad := c
		bad.Dir = filepath.Join(t.TempDir(), "ledger")
		bad.Keys = filepath.Join(bad.Dir, "own-keys")
		if journal {
			bad.Journal = filepath.Join(bad.Dir, "journal")
		}
		copyTree(t, c.Dir, bad.Dir)
		rel, err := filepath.Rel(c.Dir, files[seed%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		what := flipBit(t, rnd, filepath.Join(bad.Dir, rel))
		switch judge(t, bad, root, size) {
		case "reported":
			reported++
		case "right":
			harmless++
		default:
			t.Errorf("seed %d: %s of %s: silent", seed, what, rel)
		}
	}
	t.Logf("%d reported, %d harmless", reported, harmless)
}

func flipBit(t *testing.T, rnd *rand.Rand, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := len(strings.TrimRight(string(b), "\x00")) // not in what is reserved
	if end == 0 {
		return "nothing"
	}
	at := rnd.IntN(end)
	b[at] ^= 1 << rnd.IntN(8)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("byte %d of %d", at, end)
}

// judge says how a damaged ledger shows: "reported", "right", or "silent".
func judge(t *testing.T, c Config, root [32]byte, size uint64) string {
	t.Helper()
	vs, err := VerifyTarget(context.Background(), c.Dir, VerifyOptions{Apply: counting})
	if err != nil {
		return "reported"
	}
	for _, v := range vs {
		if !v.Verified {
			return "reported"
		}
	}
	for _, v := range vs {
		if v.Log == partner && v.Size != size {
			return "silent"
		}
	}
	l, err := Open(c)
	if err != nil {
		return "reported"
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Log(err)
		}
	}()
	for l.rehashing() {
		time.Sleep(time.Millisecond)
	}
	if l.refused() != nil {
		return "reported"
	}
	if l.Size(partner) != size || l.Status()[1].Root != root {
		return "silent"
	}
	for i := range size {
		if _, err := l.Details(partner, i); err != nil {
			return "reported"
		}
	}
	return "right"
}

func (l *Ledger) rehashing() bool {
	for _, p := range l.Problems() {
		if p.Code == "audit.rehash" {
			return l.refused() == nil
		}
	}
	return false
}
