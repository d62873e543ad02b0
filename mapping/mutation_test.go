package mapping

import (
	"maps"
	"os"
	"strings"
	"testing"
)

// descriptive keys are for people: what they say is kept by testdata/show, not by a translation.
var descriptive = []string{"note:", "source:", "status:", "because:", "version:", "title:"}

// TestEveryLineOfAGuideMatters takes each line out of the guides of the day, one at a time: then the guide must
// not load, or the check must speak, or a vector must come out otherwise.
func TestEveryLineOfAGuideMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("loads a guide for each of its lines")
	}
	all := vectors(t)
	for _, name := range []string{"cbp/truck/309", "cbp/truck/cuscar", "cbp/truck/350", "cbsa/highway/cuscar", "cbsa/highway/cusrep"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := library(t)
			file := "guides/" + name + ".yaml"
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var mine []*vector
			for _, v := range all {
				if v.from == name || v.to == name {
					mine = append(mine, v)
				}
			}
			lines := strings.SplitAfter(string(text), "\n")
			for i, line := range lines {
				if speaks(line) && !noticed(t, l, name, mine, strings.Join(lines[:i], "")+"\n"+strings.Join(lines[i+1:], "")) {
					t.Errorf("%s:%d can go: %s", file, i+1, strings.TrimSpace(line))
				}
			}
		})
	}
}

// speaks reports whether a line says something to the program.
func speaks(line string) bool {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") {
		return false
	}
	for _, key := range descriptive {
		if strings.HasPrefix(line, key) {
			return false
		}
	}
	return true
}

// noticed compiles the changed guide into a copy of the library, and runs its vectors.
func noticed(t *testing.T, l *Library, name string, mine []*vector, text string) bool {
	t.Helper()
	changed := &Library{guides: maps.Clone(l.guides), codes: l.codes}
	file := "guides/" + name + ".yaml"
	shared, err := loadBlocks(builtinFiles, "guides/"+strings.Split(name, "/")[0]+"/blocks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	g, err := changed.loadGuide(name, file, []byte(text), shared)
	if err != nil || len(g.check()) > 0 {
		return true
	}
	changed.guides[name] = g
	for _, v := range mine {
		got, err := v.run(changed)
		if err != nil {
			return true
		}
		for _, f := range v.ar.Files {
			if f.Name != "document" && got[f.Name] != string(f.Data) {
				return true
			}
		}
	}
	return false
}
