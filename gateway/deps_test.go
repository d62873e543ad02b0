package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms is the table of docs/architecture.md: who may import whom among our own
// packages. A package below a room belongs to it. Nothing imports upwards, and
// rooms on one level do not know each other.
var rooms = map[string][]string{
	"edi":                 {},
	"crypto":              {},
	"audit":               {},
	"certs":               {},
	"examples":            {},
	"mapping/cargo":       {},
	"mapping":             {"mapping/cargo", "edi"},
	"gateway/agreement":   {"mapping/cargo"},
	"gateway/recognition": {"mapping/cargo"},
	"gateway":             {"gateway/agreement", "gateway/recognition", "mapping", "mapping/cargo", "edi", "crypto", "audit", "certs"},
	"cmd": {
		"gateway", "gateway/agreement", "gateway/recognition", "mapping", "mapping/cargo", "edi", "crypto", "audit", "certs", "examples",
	},
}

// owners are the libraries that one room, or one file of it, keeps to itself.
var owners = map[string]string{
	"github.com/dgraph-io/badger": "audit/store.go",
	"github.com/cloudflare/cfssl": "certs/authority.go",
	"github.com/gorilla/mux":      "gateway/", // routes.go and the path variables of its handlers
	"github.com/beevik/etree":     "mapping/xml.go",
	"github.com/go-jose/go-jose":  "crypto/",
	"github.com/prometheus":       "gateway/",
	"github.com/spf13":            "cmd/",
	"net/http":                    "gateway/ audit/ cmd/",
	"github.com/digitorus":        "audit/timestamp.go",
	"filippo.io/mldsa":            "audit/mldsa.go",
	"golang.org/x/mod/sumdb":      "audit/",
}

// testOnly are never imported by shipped code.
var testOnly = []string{
	"testing", "pgregory.net/rapid", "github.com/rogpeppe/go-internal", "github.com/google/go-cmp", "github.com/getkin/kin-openapi",
}

type listed struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
}

// TestImportDirection holds the rooms of design §2.
func TestImportDirection(t *testing.T) {
	const module = "peacebridge/"
	packages := list(t)
	if len(packages) < len(rooms) {
		t.Fatalf("go list found %d packages, fewer than there are rooms", len(packages))
	}
	for _, p := range packages {
		own := strings.TrimPrefix(p.ImportPath, module)
		room := roomOf(own)
		if room == "" {
			t.Errorf("%s stands in no room", own)
			continue
		}
		if strings.HasSuffix(own, "test") || strings.Contains(own, "/internal/gen") { // helpers of tests and of go generate
			continue
		}
		for _, imp := range p.Imports {
			if other, ours := strings.CutPrefix(imp, module); ours {
				if r := roomOf(other); r != room && !slices.Contains(rooms[room], r) {
					t.Errorf("%s imports %s: %s may not know %s", own, other, room, r)
				}
			}
			for _, lib := range testOnly {
				if imp == lib || strings.HasPrefix(imp, lib+"/") {
					t.Errorf("%s imports %s, which is for tests only", own, imp)
				}
			}
		}
	}
}

// TestOneLibraryOneOwner holds the files that alone may see a library.
func TestOneLibraryOneOwner(t *testing.T) {
	for lib, places := range owners {
		for _, file := range filesImporting(t, lib) {
			if !slices.ContainsFunc(strings.Fields(places), func(place string) bool { return strings.HasPrefix(file, place) }) {
				t.Errorf("%s imports %s; only %s may", file, lib, places)
			}
		}
	}
}

func roomOf(path string) string {
	best := ""
	for room := range rooms {
		if (path == room || strings.HasPrefix(path, room+"/")) && len(room) > len(best) {
			best = room
		}
	}
	return best
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// filesImporting are the shipped files that import a library or anything below it.
func filesImporting(t *testing.T, lib string) []string {
	t.Helper()
	cmd := exec.Command("grep", "-rlE", `^\s*([a-z_]+ )?"`+lib+`(/[^"]*)?"$`, "--include=*.go", "--exclude=*_test.go", ".")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		return nil // grep ends with 1 when nothing matches
	}
	var files []string
	for line := range strings.Lines(string(out)) {
		file := strings.TrimPrefix(strings.TrimSpace(line), "./")
		if !strings.Contains(file, "test/") {
			files = append(files, file)
		}
	}
	return files
}
