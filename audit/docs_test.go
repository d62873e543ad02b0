package audit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tests, problem codes and variables that docs/ledger.md names exist.
func TestDocumentationHolds(t *testing.T) {
	doc, err := os.ReadFile("../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	source := sourceOf(t, ".")
	elsewhere := map[string]string{}
	for room, dir := range map[string]string{"gateway": "../gateway", "interop": "interop", "e2e": "../cmd/peacebridge/e2e", "cmd/peacebridge": "../cmd/peacebridge"} {
		elsewhere[room] = sourceOf(t, dir)
	}
	for _, name := range regexp.MustCompile("`(?:([a-z0-9/]+)/)?((?:Test|Fuzz|Benchmark)[A-Za-z]+)`").FindAllStringSubmatch(string(doc), -1) {
		in := source
		if name[1] != "" {
			in = elsewhere[name[1]]
		}
		if !strings.Contains(in, "func "+name[2]+"(") {
			t.Errorf("%s does not exist", name[0])
		}
	}
	for _, code := range regexp.MustCompile("`(audit\\.[a-z-]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source, `"`+code[1]+`"`) {
			t.Errorf("no code %s", code[1])
		}
	}
	for _, name := range regexp.MustCompile("`(AUDIT_[A-Z]+)=").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source, `"`+name[1]+`"`) {
			t.Errorf("no variable %s", name[1])
		}
	}
	for _, sym := range regexp.MustCompile("`audit\\.([A-Z][A-Za-z]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source, "func "+sym[1]+"(") {
			t.Errorf("no function %s", sym[1])
		}
	}
}

// sourceOf is the text of all Go files of a folder.
func sourceOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	var source strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	return source.String()
}
