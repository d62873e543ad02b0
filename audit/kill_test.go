package audit

import (
	"bufio"
	"context"
	"encoding/hex"
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

// childDir in the environment makes the test binary a ledger that appends
// until it is killed, and says what was acknowledged.
const (
	childDir     = "AUDIT_TEST_CHILD"
	childJournal = "AUDIT_TEST_JOURNAL" // folder of its journal, or empty
	childYears   = "AUDIT_TEST_YEARS"   // the year in which its clock begins and then runs fast, or empty
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVerify); dir != "" {
		verifyChild(dir)
		return
	}
	if dir := os.Getenv(childDir); dir != "" {
		if os.Getenv(childSweep) != "" {
			sweepChild(dir)
		} else {
			child(dir)
		}
		return
	}
	os.Exit(m.Run())
}

func killConfig(dir string) Config {
	return Config{
		Now: yearsPass,
		Dir: filepath.Join(dir, "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, Apply: counting2,
		MemTable: 1 << 20, MinFree: 1, Beat: 20 * time.Millisecond, Journal: os.Getenv(childJournal),
	}
}

// appending is when the child began to append, in Unix nanoseconds.
var appending atomic.Int64

// yearsPass is a clock that runs fast when the test wants it: it stands in the
// last second of a year until there is something to append, then a year takes a
// tenth of a second, and after twenty years it stands again.
func yearsPass() time.Time {
	year, err := strconv.Atoi(os.Getenv(childYears))
	if err != nil {
		return time.Now()
	}
	at := time.Date(year, 12, 31, 23, 59, 59, 0, time.UTC)
	if from := appending.Load(); from != 0 {
		years := min(10*time.Since(time.Unix(0, from)).Seconds(), 20)
		at = at.Add(time.Duration(years * 365 * 24 * float64(time.Hour)))
	}
	return at
}

// newestYear is the year of the newest of these shards, or the one before any. It
// ends before nanoseconds since 1970 do, in 2262.
func newestYear(logs map[string]bool) int {
	newest := december.Year()
	for log := range logs {
		_, label, _ := strings.Cut(log, "/")
		if year, err := strconv.Atoi(label); err == nil {
			newest = min(max(newest, year), 2240)
		}
	}
	return newest
}

// counting2 is a projection whose values stay small.
func counting2(tx Tx, e *Stored) error {
	if k := e.Header["set"]; k != "" {
		tx.Put(k, []byte(e.Header["to"]))
	}
	return nil
}

func child(dir string) {
	l, err := Open(killConfig(dir))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	appending.Store(time.Now().UnixNano())
	var out sync.Mutex
	for k := range 16 {
		go func() {
			for i := 0; ; i++ {
				e := event(i*16 + k)
				if i%8 == 0 {
					e.Bodies = []Body{{Name: "b", Data: make([]byte, 100<<(i/8%11))}}
				}
				c, err := l.Append(context.Background(), []Event{e, {Log: Internal, Kind: "k", Header: map[string]string{"set": fmt.Sprint("k/", k), "to": fmt.Sprint(i)}}}, nil)
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				out.Lock()
				for _, c := range c {
					fmt.Println("ack", c.Log, c.Index, hex.EncodeToString(c.Leaf[:]))
				}
				out.Unlock()
			}
		}()
	}
	select {}
}

// Whatever moment the process is killed at: what was acknowledged is at its
// index, nothing is there twice, and the tree is the signed one.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	rounds := 20 // of each: 60 in CI
	if testing.Short() {
		rounds = 8
	}
	t.Run("store", func(t *testing.T) { killLoop(t, rounds, false) })
	for name, encrypt := range map[string]bool{"journal": false, "encrypted": true} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(childJournal, filepath.Join(t.TempDir(), "journal"))
			killLoop(t, rounds, encrypt)
		})
	}
}

// The same while the year turns some times a second.
func TestAcknowledgedSurvivesKillAtTheTurn(t *testing.T) {
	t.Setenv(childYears, strconv.Itoa(december.Year()))
	t.Run("store", func(t *testing.T) { killLoop(t, 8, false) })
	t.Run("journal", func(t *testing.T) {
		t.Setenv(childJournal, filepath.Join(t.TempDir(), "journal"))
		killLoop(t, 8, false)
	})
}

func killLoop(t *testing.T, rounds int, encrypt bool) {
	if n, err := strconv.Atoi(os.Getenv("AUDIT_KILLS")); err == nil {
		rounds = n
	}
	dir := t.TempDir()
	c := killConfig(dir)
	c.Encrypt = encrypt
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	acked, logs := map[At]string{}, map[string]bool{}
	fresh := map[At]string{} // not read again yet; all are at times, and at the end
	turned := func() bool { return os.Getenv(childYears) == "" || len(logs) >= 4 }
	for round := 0; round < rounds || !turned() && round < 10*rounds; round++ { // a slow machine needs more
		if os.Getenv(childYears) != "" {
			t.Setenv(childYears, strconv.Itoa(newestYear(logs)))
		}
		for at, leaf := range killOnce(t, dir, round%2 == 1) {
			if old, ok := acked[at]; ok && old != leaf {
				t.Fatalf("round %d: %v was given twice", round, at)
			}
			acked[at], fresh[at], logs[at.Log] = leaf, leaf, true
		}
		if round%8 != 7 && round < rounds-1 {
			continue
		}
		if round%128 == 127 || round >= rounds-1 {
			fresh = acked
			t.Logf("%d kills, %d acknowledged events", round+1, len(acked))
		}
		c.Beat = 0
		l, err := Open(c)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for at, leaf := range fresh {
			e, err := l.Entry(at.Log, at.Index)
			if err != nil || hex.EncodeToString(e.Leaf[:]) != leaf {
				t.Fatalf("round %d: %v: %v", round, at, err)
			}
		}
		fresh = map[At]string{}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range verify(t, c.Dir, VerifyOptions{Apply: counting2}) {
		if !v.Verified {
			t.Errorf("%+v", v)
		}
	}
	if !turned() {
		t.Errorf("the year never turned: %v", logs)
	}
	t.Logf("%d kills, %d acknowledged events in %d logs", rounds, len(acked), len(logs))
}

// killOnce lets a child run for a moment and returns what it acknowledged. The
// moment begins with the process, and may end before it is open, or with what it
// acknowledged first, however long that took.
func killOnce(t *testing.T, dir string, opening bool) map[At]string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		time.AfterFunc(time.Duration(40+rand.IntN(200))*time.Millisecond, func() {
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself: its output says why
		})
	})
	if opening {
		kill()
	}
	acked := map[At]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		kill()
		w := strings.Fields(lines.Text())
		if len(w) > 0 && w[0] == "error" {
			t.Fatal(lines.Text())
		}
		if len(w) != 4 || len(w[3]) != 64 {
			continue // cut by the kill
		}
		n, err := strconv.ParseUint(w[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		acked[At{w[1], n}] = w[3]
	}
	_ = cmd.Wait() // killed, as meant
	return acked
}
