package certs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReasonTable holds the constants and the table alike, and every reason to a test that provokes it.
func TestReasonTable(t *testing.T) {
	var table []string
	for _, row := range must(reasonRows())(t) {
		table = append(table, row[0])
		if row[1] == "" || row[2] == "" {
			t.Errorf("%s: title or hint is missing", row[0])
		}
	}
	constants := map[string]string{} // value by name
	file := must(parser.ParseFile(token.NewFileSet(), "refusal.go", nil, 0))(t)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				constants[spec.Names[0].Name] = must(strconv.Unquote(lit.Value))(t)
			}
		}
		return true
	})
	var values []string
	for _, v := range constants {
		values = append(values, v)
	}
	slices.Sort(values)
	sorted := slices.Sorted(slices.Values(table))
	if diff := cmp.Diff(values, sorted); diff != "" {
		t.Errorf("constants and table (-constants +table):\n%s", diff)
	}
	var tests strings.Builder
	for _, name := range must(filepath.Glob("*_test.go"))(t) {
		tests.Write(must(os.ReadFile(name))(t))
	}
	for name := range constants {
		if !strings.Contains(tests.String(), ", "+name) {
			t.Errorf("%s is not provoked by any test", name)
		}
	}
	r := refuse(TokenSpent, "enrol")
	if r.Title() != "the token was already used" || r.Hint() == "" || r.Error() != "enrol: the token was already used" {
		t.Errorf("refusal reads %q, hint %q", r.Error(), r.Hint())
	}
}

// TestOneFileKnowsTheEngine: cfssl is seen by authority.go alone.
func TestOneFileKnowsTheEngine(t *testing.T) {
	for _, name := range must(filepath.Glob("*.go"))(t) {
		file := must(parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly))(t)
		for _, spec := range file.Imports {
			path := must(strconv.Unquote(spec.Path.Value))(t)
			if strings.HasPrefix(path, "github.com/cloudflare/cfssl") && name != "authority.go" ||
				strings.HasPrefix(path, "peacebridge/") && name != "example_test.go" {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
