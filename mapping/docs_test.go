package mapping

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// example returns a fenced part of docs/guides.md.
func example(t *testing.T, doc, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "<!-- example: "+name+" -->\n```")
	if !ok {
		t.Fatalf("docs/guides.md has no example %s", name)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("example %s is not closed", name)
	}
	return text
}

// with returns the built-in files with one more guide, or another text for one.
func with(t testing.TB, file string, text []byte) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(builtinFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := builtinFiles.ReadFile(path)
		out[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out[file] = &fstest.MapFile{Data: text}
	return out
}

// TestDocumentedGuide runs the example of docs/guides.md: the guide loads, says something of everything, reads
// the document into the record, and writes it back.
func TestDocumentedGuide(t *testing.T) {
	b, err := os.ReadFile("../docs/guides.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	l, err := Load(with(t, "guides/cbsa/highway/arrival.yaml", []byte(example(t, doc, "guide"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range l.Check() {
		t.Error(err)
	}
	document := example(t, doc, "document")
	rec, _, findings, err := l.Translate("", JSON, []byte(document), Params{})
	if err != nil {
		t.Fatal(err, findings)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, rec, "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(example(t, doc, "record"), pretty.String()); diff != "" {
		t.Errorf("record (-doc +got)\n%s", diff)
	}
	written, rep, findings, err := l.Translate(JSON, "cbsa/highway/arrival", rec, testParams(t, ""))
	if err != nil {
		t.Fatal(err, findings)
	}
	if len(rep.Missing) > 0 {
		t.Fatal(rep.Missing)
	}
	_, want, _ := strings.Cut(document, "\n")
	_, got, _ := strings.Cut(segmentLines(written), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written (-doc +got)\n%s", diff)
	}
}
