package edi_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"peacebridge/edi"
)

// TestPage holds docs/edi.md against the code: every limit, every level and every code that it names exists, and
// no limit is left out.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../docs/edi.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[edi.Limits]()) {
		if !strings.Contains(page, "\n| `"+field.Name+"` |") {
			t.Errorf("Limits.%s is not in the table of limits", field.Name)
		}
	}
	for l := edi.LevelSyntax; l <= edi.LevelGuide; l++ {
		if !strings.Contains(page, "\n| `"+l.String()+"` |") {
			t.Errorf("level %s is not in the table of levels", l)
		}
	}
	for _, word := range strings.FieldsFunc(page, func(r rune) bool { return r == '`' || r == '\n' }) {
		if strings.HasPrefix(word, "edi.") && strings.ToLower(word) == word {
			if _, ok := edi.KindOf(word); !ok {
				t.Errorf("%s is no code of findings.csv", word)
			}
		}
	}
	for _, r := range edi.Builtin().Releases() {
		if r.Syntax == edi.X12 && !strings.Contains(page, r.Name) {
			t.Errorf("release %s is not named", r.Name)
		}
	}
}
