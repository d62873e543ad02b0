package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The examples of these pages are run, in this order, in one folder where a demo serves; a page's later blocks see what its
// earlier ones made.
var runDocs = []string{"integrate.md", "api.md", "operate.md", "audit.md"}

// In a page, each fence of the language console is run: lines that begin with "$ " are commands for a shell ("> " goes on), the
// others are what they print. Compared loosely: each line must be found in the output, in order; … stands for anything, alone for
// any lines. A command must succeed, or its output ends with [exit N]. A comment "docs: stop the demo" ends the gateways there.
const (
	fenceRun  = "```console"
	fenceEnd  = "```"
	stopsDemo = "<!-- docs: stop the demo -->"
)

// TestDocExamples runs what the pages tell their readers to run.
func TestDocExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two gateways")
	}
	dir := t.TempDir()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"bash", "curl", "openssl", "jose", "unzip"} {
		if _, err := exec.LookPath(program); err != nil {
			missing := "the program " + program + " is not here: make witnesses installs it"
			if os.Getenv("CI") != "" {
				t.Fatal(missing)
			}
			t.Skip(missing)
		}
	}
	stop := serveDemo(t, dir)
	t.Run("metrics", func(t *testing.T) { metricsAreDocumented(t, filepath.Join(dir, "demo", "us.cbp")) })
	t.Run("verifier", func(t *testing.T) { auditProgramVerifies(t, dir) })
	for _, page := range runDocs {
		t.Run(page, func(t *testing.T) {
			ran := 0
			for _, part := range strings.SplitAfter(readFile(t, filepath.Join("../../docs", page)), stopsDemo) {
				examples := docExamples(t, part)
				ran += len(examples)
				runExamples(t, dir, examples)
				if strings.HasSuffix(part, stopsDemo) {
					stop()
				}
			}
			if ran == 0 {
				t.Error("no example in it is run")
			}
		})
	}
}

// serveDemo starts a serving demo in dir and returns how to end it.
func serveDemo(t *testing.T, dir string) (stop func()) {
	t.Helper()
	cmd := exec.Command("peacebridge", "demo", "--dir", "demo", "--json")
	cmd.Dir = dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already; Wait tells
		if err := cmd.Wait(); err != nil {
			t.Errorf("demo: %v\n%s", err, talk.String())
		}
	}
	t.Cleanup(stop)
	ready := make(chan error, 1)
	go func() {
		var line struct{ Ready bool }
		err := json.NewDecoder(out).Decode(&line)
		if err == nil && !line.Ready {
			err = fmt.Errorf("the demo is not ready")
		}
		ready <- err
		_, _ = bufio.NewReader(out).WriteTo(&bytes.Buffer{}) // nothing more is expected
	}()
	select {
	case err := <-ready:
		if err != nil {
			t.Fatalf("demo: %v\n%s", err, talk.String())
		}
	case <-time.After(5 * time.Minute): // a test that passes does not wait for it
		t.Fatal("the demo is not ready after five minutes")
	}
	return stop
}

// docExample is one command of a page and what it prints.
type docExample struct {
	line    int
	command string
	want    []string
	exit    int
}

func docExamples(t *testing.T, page string) []docExample {
	t.Helper()
	var all []docExample
	in := false
	for n, line := range strings.Split(page, "\n") {
		switch command, isCommand := strings.CutPrefix(line, "$ "); {
		case line == fenceRun:
			in = true
		case line == fenceEnd:
			in = false
		case !in:
		case isCommand:
			all = append(all, docExample{line: n + 1, command: command})
		case len(all) == 0:
			t.Fatalf("output without a command: %s", line)
		default:
			last := &all[len(all)-1]
			more, goesOn := strings.CutPrefix(line, "> ")
			exit, isExit := strings.CutPrefix(line, "[exit ")
			switch {
			case goesOn:
				last.command += "\n" + more
			case isExit:
				status, err := strconv.Atoi(strings.TrimSuffix(exit, "]"))
				if err != nil {
					t.Fatal(err)
				}
				last.exit = status
			default:
				last.want = append(last.want, line)
			}
		}
	}
	return all
}

// patient is the command for a machine that has other work than the reader's: a
// question that is asked after a second is asked until it ends as it is written.
func (x *docExample) patient() string {
	question, waits := strings.CutPrefix(x.command, "sleep 1; ")
	if !waits || len(x.want) == 0 {
		return strings.ReplaceAll(x.command, "sleep 1", "sleep 15")
	}
	return fmt.Sprintf(`for n in {1..100}; do said=$(%s 2>&1); exit=$?; [ $exit = %d ] && grep -qE '%s' <<<"$said" && break; sleep 1; done; printf '%%s\n' "$said"; (exit $exit)`,
		question, x.exit, pattern(x.want[0]))
}

// docMark separates the outputs of commands of one shell.
const docMark = "\x1e"

// runExamples runs the commands in one shell, so that a variable that one sets is there for the next.
func runExamples(t *testing.T, dir string, examples []docExample) {
	t.Helper()
	var script strings.Builder
	for _, x := range examples {
		fmt.Fprintf(&script, "%s\nprintf '\\036%%d\\036' $?\n", x.patient())
	}
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Logf("shell: %v", err)
	}
	parts := strings.Split(out.String(), docMark)
	for i, x := range examples {
		if 2*i+1 >= len(parts) {
			t.Errorf("line %d: %s: the shell ended before it\n%s", x.line, x.command, out.String())
			return
		}
		said := parts[2*i]
		if got := parts[2*i+1]; got != strconv.Itoa(x.exit) {
			t.Errorf("line %d: %s\nexit %s, want %d\n%s", x.line, x.command, got, x.exit, said)
			continue
		}
		if missing := firstMissing(said, x.want); missing != "" {
			t.Errorf("line %d: %s\nnot in its output: %s\n%s", x.line, x.command, missing, said)
		}
	}
}

// firstMissing is the first line of want that is not in the output, in order.
func firstMissing(output string, want []string) string {
	lines := strings.Split(strings.ReplaceAll(output, "\r\n", "\n"), "\n")
	for _, w := range want {
		if strings.TrimSpace(w) == "…" || strings.TrimSpace(w) == "" {
			continue
		}
		is := regexp.MustCompile(pattern(w))
		for len(lines) > 0 && !is.MatchString(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return w
		}
		lines = lines[1:]
	}
	return ""
}

// pattern is a line of a page as a regular expression; … stands for any text.
func pattern(line string) string {
	var parts []string
	for part := range strings.SplitSeq(line, "…") {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return "^" + strings.Join(parts, ".*") + "$"
}
