package mapping

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// TestLoadWith puts guides of one's own upon those that are built in.
func TestLoadWith(t *testing.T) {
	builtin, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := fs.ReadFile(builtinFiles, "guides/cbp/truck/353.yaml")
	if err != nil {
		t.Fatal(err)
	}
	l, err := LoadWith(fstest.MapFS{
		"guides/cbp/truck/353.yaml": {Data: []byte(strings.Replace(string(replaced), `version: "2026.1"`, `version: "mine"`, 1))},
		"guides/cbp/rail/353.yaml":  {Data: []byte(strings.Replace(small, "cbp/truck/353", "cbp/rail/353", 1))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Guides()) != len(builtin.Guides())+1 {
		t.Errorf("%d guides, with %d built in", len(l.Guides()), len(builtin.Guides()))
	}
	for name, version := range map[string]string{"cbp/truck/353": "mine", "cbp/rail/353": "1", "cbp/truck/309": "2026.1"} {
		if g, ok := l.Guide(name); !ok || g.Version != version {
			t.Errorf("%s is not version %s", name, version)
		}
	}
	for name, own := range map[string]fstest.MapFS{
		"no guides in it":       {"353.yaml": {Data: []byte(small)}},
		"stands in the file of": {"guides/cbp/rail/354.yaml": {Data: []byte(small)}},
		"codes/mine.csv":        {"codes/mine.csv": {Data: []byte("nonsense")}},
		`unknown key "guid"`:    {"guides/cbp/truck/353.yaml": {Data: []byte("guid: cbp/truck/353\n")}},
	} {
		if _, err := LoadWith(own); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
