// Package e2e holds the tests that judge the built program from outside: two
// real gateway processes with real folders, real TLS and real SIGKILLs, and the
// programs and libraries of others as witnesses. Nothing in it reaches into the
// gateway's insides; what it knows is the contract.
//
// `go test -short` leaves out the long kill test alone.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "peacebridge-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "peacebridge")
	status := 1
	if out, err := exec.Command("go", "build", "-o", binary, "peacebridge/cmd/peacebridge").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
	} else {
		status = m.Run()
	}
	_ = os.RemoveAll(dir) // the system's temporary folder is swept by others too
	os.Exit(status)
}

// outcome is how a run of the program ended.
type outcome struct {
	status         int
	stdout, stderr string
	busy           time.Duration // processor time, with that of the processes that it started
}

// peacebridge runs the program to its end.
func peacebridge(t *testing.T, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	o, err := runProgram(ctx, args...)
	if err != nil {
		t.Fatalf("peacebridge %v: %v", args, err)
	}
	return o
}

func runProgram(ctx context.Context, args ...string) (outcome, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	err := cmd.Run()
	o := outcome{stdout: stdout.String(), stderr: stderr.String()}
	if s := cmd.ProcessState; s != nil {
		o.busy = s.UserTime() + s.SystemTime()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		o.status = exit.ExitCode()
		return o, nil
	}
	return o, err
}

// onceDay is one undisturbed run of `demo --once --json`: TestDay judges it, and
// other tests begin with a copy of what it leaves.
type onceDay struct {
	outcome
	dir     string
	stalled time.Duration // while it ran, somebody waited for the machine
	counted bool          // where the system says so
}

// theDay plays the day once for the whole test run.
var theDay = sync.OnceValues(func() (*onceDay, error) {
	dir := filepath.Join(filepath.Dir(binary), "day")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	before, _ := stalls() // if it is not counted, it is not later
	o, err := runProgram(ctx, "demo", "--once", "--json", "--dir", dir)
	after, counted := stalls()
	return &onceDay{outcome: o, dir: dir, stalled: after - before, counted: counted}, err
})

// stalls is for how long, since the start of the system, some process has waited
// for a processor or a disk (Linux, pressure stall information).
func stalls() (total time.Duration, counted bool) {
	for _, of := range []string{"cpu", "io"} {
		b, err := os.ReadFile("/proc/pressure/" + of)
		if err != nil {
			return 0, false
		}
		some, _, _ := strings.Cut(string(b), "\n")
		_, us, _ := strings.Cut(some, "total=")
		n, err := strconv.ParseInt(us, 10, 64)
		if err != nil {
			return 0, false
		}
		total += time.Duration(n) * time.Microsecond
	}
	return total, true
}

func day(t *testing.T) *onceDay {
	t.Helper()
	d, err := theDay()
	if err != nil {
		t.Fatalf("demo --once: %v\n%s", err, d.stderr)
	}
	return d
}

// program finds a program that we did not write and that judges our work.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and CI must not go without it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
