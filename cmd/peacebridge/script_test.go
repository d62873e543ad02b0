package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"peacebridge": main})
}

var update = flag.Bool("update", false, "rewrite the golden files inside the scripts")

// TestScript runs the program as a person at a shell does: one script a command, in testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			samples, err := filepath.Abs(filepath.Join("testdata", "samples"))
			if err != nil {
				return err
			}
			examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
			env.Setenv("SAMPLES", samples)
			env.Setenv("EXAMPLES", examples)
			env.Setenv("NO_COLOR", "1")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": exitStatus,
			"keys":   jsonKeys,
			"json":   jsonValue,
		},
	})
}

// exitStatus runs a command and holds its exit status against a number: status 2 peacebridge edi validate absent.x12
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command args...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit status %d, want %s\nstdout: %s\nstderr: %s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// jsonKeys requires that every line of a file ("stdout" is the last command's) is a JSON object that has the keys named: keys stdout file valid findings.
// With a leading path, "findings[]:code,level", the objects found there are meant, and there must be at least one.
func jsonKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: keys file key... or keys file path:key,key")
	}
	for _, object := range jsonLines(ts, args[0]) {
		for _, want := range args[1:] {
			where, list, deep := strings.Cut(want, ":")
			at := []any{object}
			if deep {
				if at = walk(object, strings.Split(where, ".")); len(at) == 0 {
					ts.Fatalf("%s: nothing at %s", args[0], where)
				}
			} else {
				list = where
			}
			for _, one := range at {
				m, ok := one.(map[string]any)
				if !ok {
					ts.Fatalf("%s: %s is no object", args[0], where)
				}
				for _, key := range strings.Split(list, ",") {
					if _, ok := m[key]; !ok {
						ts.Fatalf("%s: no key %q in %v", args[0], key, m)
					}
				}
			}
		}
	}
}

// jsonValue requires that a value stands at a path in some line of a file: json stdout findings[].code edi.segment-count
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] json file path value")
	}
	var found []string
	for _, object := range jsonLines(ts, args[0]) {
		for _, v := range walk(object, strings.Split(args[1], ".")) {
			if s, ok := v.(string); ok {
				found = append(found, s)
				continue
			}
			b, err := json.Marshal(v)
			ts.Check(err)
			found = append(found, string(b))
		}
	}
	if slices.Contains(found, args[2]) == neg {
		ts.Fatalf("%s: at %s stands %q", args[0], args[1], found)
	}
}

func jsonLines(ts *testscript.TestScript, name string) []any {
	var objects []any
	text := strings.TrimRight(ts.ReadFile(name), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var m map[string]any
		if err := d.Decode(&m); err != nil {
			ts.Fatalf("%s: not one JSON object a line: %v: %q", name, err, line)
		}
		objects = append(objects, m)
	}
	return objects
}

// walk follows member names into a JSON value; a name that ends in [] goes into every element of the array.
func walk(v any, path []string) []any {
	if len(path) == 0 {
		return []any{v}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	name, each := strings.CutSuffix(path[0], "[]")
	next, ok := m[name]
	if !ok {
		return nil
	}
	if !each {
		return walk(next, path[1:])
	}
	var all []any
	list, _ := next.([]any)
	for _, one := range list {
		all = append(all, walk(one, path[1:])...)
	}
	return all
}

// runs calls the program inside the test and returns what it said.
func runs(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
