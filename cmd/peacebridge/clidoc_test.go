package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestCommandLineReference holds docs/cli.md to the commands: each has a section, which gives its usage line and every flag.
func TestCommandLineReference(t *testing.T) {
	page := readFile(t, filepath.Join("..", "..", "docs", "cli.md"))
	sections := map[string]string{}
	for _, part := range strings.Split(page, "\n#")[1:] {
		title, text, _ := strings.Cut(part, "\n")
		sections[strings.TrimSpace(strings.TrimLeft(title, "#"))] = text
	}
	known := map[string]bool{}
	each(rootCommand(newTerminal(nil, io.Discard, io.Discard)), func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "peacebridge ")
		known[name] = true
		if strings.HasSuffix(cmd.Use, " COMMAND") {
			return
		}
		text, ok := sections[name]
		if !ok {
			t.Errorf("no section for %s", name)
			return
		}
		if !strings.Contains(text, "`"+cmd.UseLine()+"`") {
			t.Errorf("%s: usage line is `%s`", name, cmd.UseLine())
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "json" && !f.Hidden && !strings.Contains(text, "--"+f.Name) && !strings.Contains(page, "`--"+f.Name+"` is") {
				t.Errorf("%s: --%s is not told of", name, f.Name)
			}
		})
	})
	for name := range sections {
		if first, _, _ := strings.Cut(name, " "); !known[name] && known[first] && !strings.Contains(name, ":") {
			t.Errorf("section for %s, which is no command", name)
		}
	}
}

// TestCommandLineReferenceExamples runs the examples of docs/cli.md, in a folder that looks like a clone of the repository.
func TestCommandLineReferenceExamples(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"examples", "cmd"} {
		target, err := filepath.Abs(filepath.Join("..", "..", folder))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, folder)); err != nil {
			t.Fatal(err)
		}
	}
	examples := docExamples(t, readFile(t, filepath.Join("..", "..", "docs", "cli.md")))
	if len(examples) < 20 {
		t.Errorf("%d examples", len(examples))
	}
	runExamples(t, dir, examples)
}
