package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childSweep makes the child append a fixed number of events, publish and
// erase, and end by itself.
const childSweep = "AUDIT_TEST_SWEEP"

func sweepChild(dir string) {
	l, err := Open(killConfig(dir))
	if err != nil {
		fmt.Println("refused", err)
		os.Exit(3)
	}
	for i := range 12 {
		e := event(i)
		e.Subject = fmt.Sprint("s", i%3)
		if i%4 == 0 {
			e.Bodies = []Body{{Name: "b", Data: make([]byte, 70_000)}}
		}
		c, err := l.Append(context.Background(), []Event{e}, nil)
		if err != nil {
			fmt.Println("refused", err)
			os.Exit(3)
		}
		fmt.Println("ack", c[0].Log, c[0].Index, hex.EncodeToString(c[0].Leaf[:]))
		if i == 5 {
			_ = l.Publish(time.Now()) // may meet the fault
		}
		if i == 8 {
			if _, err := l.Erase(context.Background(), Erasure{Subject: "s1", Ground: "g", Authority: "a"}); err == nil { // else it met the fault
				fmt.Println("erased s1")
			}
		}
	}
	if err := l.Close(); err != nil {
		fmt.Println("refused", err)
	}
}

// A fault at every syscall by which something gets to the disk: the process is
// killed there, or the call fails. What was acknowledged before is there
// after, at its index, and everything verifies.
func TestFaultAtEverySyscall(t *testing.T) {
	strace := straceProgram(t)
	step, most := 16, 60
	if n, err := strconv.Atoi(os.Getenv("AUDIT_SWEEP")); err == nil {
		step, most = n, 1000
	} else if testing.Short() {
		step = most
	}
	met := 0
	for i, call := range []string{"msync", "fsync", "fdatasync", "write", "pwrite64", "renameat", "ftruncate", "openat", "mmap", "unlinkat", "linkat", "mkdirat"} {
		t.Run(call, func(t *testing.T) {
			for k, journal := range []bool{false, true} {
				for j, fault := range []string{"signal=KILL", "error=EIO", "error=ENOSPC"} {
					n := 1 + (i+2*j+k)%min(step, 6) // strace counts the calls of each thread by itself
					for n < most && sweepOnce(t, strace, call, fault, n, journal) {
						met++
						n += step
					}
				}
			}
		})
	}
	t.Logf("%d faults met", met)
	if met == 0 {
		t.Error("no fault was met")
	}
}

// sweepOnce runs a child with one fault and checks what it leaves. It says
// whether the fault was met.
func sweepOnce(t *testing.T, strace, call, fault string, n int, journal bool) bool {
	t.Helper()
	what := fmt.Sprintf("%s %s at call %d, journal %t", call, fault, n, journal)
	dir := t.TempDir()
	c := killConfig(dir)
	c.Beat = 0
	if journal {
		t.Setenv(childJournal, filepath.Join(dir, "journal"))
		defer func() { _ = os.Unsetenv(childJournal) }() // t.Setenv restores at the end of the test
		c.Journal = filepath.Join(dir, "journal")
	}
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(dir, "trace")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, strace, "-f", "-qq", "-o", trace, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", call, fault, n), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSweep+"=1")
	out, _ := cmd.Output() // dies of the fault, as meant
	if ctx.Err() != nil {
		t.Fatalf("%s: the child hangs", what)
	}
	log, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		t.Fatalf("%s: open after: %v\n%s", what, err, out)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("%s: close: %v", what, err)
		}
		for _, v := range verify(t, c.Dir, VerifyOptions{Apply: counting2}) {
			if !v.Verified {
				t.Errorf("%s: %+v", what, v)
			}
		}
	}()
	if l.refused() != nil {
		t.Errorf("%s: %v\n%s", what, l.refused(), out)
	}
	acknowledged(t, l, what, string(out))
	return bytes.Contains(log, []byte("INJECTED")) || bytes.Contains(log, []byte("killed by SIGKILL"))
}

// acknowledged returns the events of which a child said that they were
// acknowledged: each is at its index.
func acknowledged(t *testing.T, l *Ledger, what, said string) []*Stored {
	t.Helper()
	var events []*Stored
	for line := range strings.Lines(said) {
		w := strings.Fields(line)
		if len(w) != 4 || w[0] != "ack" || len(w[3]) != 64 {
			continue // something else, or cut by the fault
		}
		index, err := strconv.ParseUint(w[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		e, err := l.Entry(w[1], index)
		if err != nil || hex.EncodeToString(e.Leaf[:]) != w[3] {
			t.Errorf("%s: acknowledged index %d: %v", what, index, err)
			continue
		}
		events = append(events, e)
	}
	return events
}

// straceProgram finds a strace that may trace; CI must not go without.
func straceProgram(t *testing.T) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") != "" {
		missing = t.Fatalf
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		missing("strace is not installed: make witnesses installs it, as Debian package strace")
	}
	if out, err := exec.Command(strace, "-f", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		missing("strace cannot trace here: %s", out)
	}
	return strace
}
