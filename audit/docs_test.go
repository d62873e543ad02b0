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
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for _, name := range regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source.String(), "func "+name[1]+"(") {
			t.Errorf("%s does not exist", name[1])
		}
	}
	for _, code := range regexp.MustCompile("`(audit\\.[a-z-]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source.String(), `"`+code[1]+`"`) {
			t.Errorf("no code %s", code[1])
		}
	}
	for _, name := range regexp.MustCompile("`(AUDIT_[A-Z]+)=").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source.String(), `"`+name[1]+`"`) {
			t.Errorf("no variable %s", name[1])
		}
	}
	for _, sym := range regexp.MustCompile("`audit\\.([A-Z][A-Za-z]+)`").FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(source.String(), "func "+sym[1]+"(") {
			t.Errorf("no function %s", sym[1])
		}
	}
}
