package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryHelpEndsWithAnExample holds every command, also those of other files, to the manners that terminal users expect.
func TestEveryHelpEndsWithAnExample(t *testing.T) {
	each(rootCommand(newTerminal(nil, io.Discard, io.Discard)), func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		t.Run(strings.Join(path, " "), func(t *testing.T) {
			status, stdout, stderr := runs(t, "", append(path, "--help")...)
			if status != statusOK || stderr != "" {
				t.Errorf("status %d, stderr %q", status, stderr)
			}
			_, example, ok := strings.Cut(stdout, "\nExample:\n")
			if !ok || !strings.HasPrefix(strings.TrimSpace(example), "peacebridge ") {
				t.Errorf("does not end with an example:\n%s", stdout)
			}
			for line := range strings.SplitSeq(strings.TrimSpace(example), "\n") {
				if strings.Contains(line, ":") && strings.HasSuffix(line, ":") {
					t.Errorf("something follows the example: %q", line)
				}
			}
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("short text %q: want one line without full stop", cmd.Short)
			}
		})
	})
}

// TestUnknownFlagIsUsage runs every command with a flag that does not exist.
func TestUnknownFlagIsUsage(t *testing.T) {
	each(rootCommand(newTerminal(nil, io.Discard, io.Discard)), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() {
			return
		}
		path := strings.Fields(cmd.CommandPath())[1:]
		t.Run(strings.Join(path, " "), func(t *testing.T) {
			status, stdout, stderr := runs(t, "", append(path, "--no-such-flag")...)
			if status != statusTrouble || stdout != "" || !strings.HasPrefix(stderr, "error: unknown flag --no-such-flag\nhint: ") {
				t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
			}
		})
	})
}

func each(cmd *cobra.Command, do func(*cobra.Command)) {
	if cmd.Hidden {
		return
	}
	do(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, do)
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"validate", "inspect", "ack", "fmt", "directories"}
	for typed, want := range map[string]string{
		"validte": "validate", "vaildate": "validate", "dir": "directories", "acck": "ack", "FMT": "fmt",
		"translate": "", "": "", strings.Repeat("x", 1000): "",
	} {
		got := didYouMean(typed, names)
		if want != "" {
			want = "did you mean " + want + "?"
		}
		if got != want {
			t.Errorf("didYouMean(%.20q) = %q, want %q", typed, got, want)
		}
	}
}

func TestOneLineDisarmsTerminalSequences(t *testing.T) {
	got := oneLine("a\x1b[31mb\r\nc\u202ed\u009be é")
	if slices.ContainsFunc([]rune(got), func(r rune) bool { return r < 0x20 || r == 0x9b || r == 0x202e }) || !strings.Contains(got, "é") {
		t.Errorf("%q", got)
	}
}
