package mapping

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

var update = flag.Bool("update", false, "rewrite the expected parts of the vectors")

// A vector is one translation: testdata/vectors/*.txtar. Its header says from, to and perhaps rules (a folder of
// examples/rules); "document" is what is translated, the other files what must come of it:
//
//	findings     what edi says of the document, one a line
//	record.json  the record that was read
//	report       what became of each value
//	written      the document that was written, a segment a line
type vector struct {
	file     string
	ar       *txtar.Archive
	from, to string
	rules    string
	document []byte
}

var vectorTime = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

func vectors(t testing.TB) []*vector {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	var out []*vector
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v := &vector{file: file, ar: ar}
		for _, line := range strings.Split(string(ar.Comment), "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "from":
				v.from = value
			case "to":
				v.to = value
			case "rules":
				v.rules = value
			}
		}
		for _, f := range ar.Files {
			if f.Name == "document" {
				v.document = f.Data
			}
		}
		if v.document == nil {
			t.Fatalf("%s: no document", file)
		}
		out = append(out, v)
	}
	return out
}

// run translates the vector and returns the files that must come of it.
func (v *vector) run(l *Library) (map[string]string, error) {
	p := Params{At: vectorTime, Control: "1", Usage: "T"} // the receiver is the guide's own
	if g, ok := l.Guide(v.to); !ok || g.env.sender.ID == "" {
		p.Sender = edi.Address{Qualifier: "ZZ", ID: "SENDER"}
	}
	if v.rules != "" {
		rules, err := LoadRules(os.DirFS(filepath.Join("../examples/rules", v.rules)))
		if err != nil {
			return nil, err
		}
		p.Rules = rules
	}
	out := map[string]string{}
	if v.from != JSON {
		rec, _, findings, err := l.Translate(v.from, JSON, v.document, p)
		out["findings"] = findingLines(findings)
		if err != nil {
			out["findings"] += err.Error() + "\n"
			return out, nil
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, rec, "", "  "); err != nil {
			return nil, err
		}
		out["record.json"] = strings.TrimRight(pretty.String(), "\n") + "\n"
	}
	written, rep, _, err := l.Translate(v.from, v.to, v.document, p)
	if err != nil {
		return nil, err
	}
	out["report"] = reportLines(rep)
	if v.to != JSON && written != nil {
		out["written"] = segmentLines(written)
	}
	return out, nil
}

func findingLines(findings []edi.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s %s at %s\n", f.Severity, f.Code, f.Rule, where(&Place{Position: f.Position}))
	}
	return b.String()
}

func where(p *Place) string {
	switch {
	case p == nil:
		return "-"
	case p.Pointer != "":
		return p.Pointer
	}
	out := fmt.Sprint(p.Segment)
	if p.Tag != "" {
		out = p.Tag
	}
	if p.Element > 0 {
		out += fmt.Sprintf(".%d", p.Element)
	}
	if p.Component > 0 {
		out += fmt.Sprintf(".%d", p.Component)
	}
	return out
}

func reportLines(r *Report) string {
	var b strings.Builder
	for _, part := range []struct {
		name    string
		entries []Entry
	}{
		{"carried", r.Carried},
		{"converted", r.Converted},
		{"defaulted", r.Defaulted},
		{"cut", r.Cut},
		{"dropped", r.Dropped},
		{"missing", r.Missing},
		{"wanted", r.Wanted},
	} {
		for _, e := range part.entries {
			name := e.Instance
			if name == "" {
				name = "(" + e.Path + ")"
			}
			line := fmt.Sprintf("%s %s %s > %s", part.name, name, where(e.Source), where(e.Target))
			if e.Why != "" {
				line += "; " + e.Why
			}
			if e.By != "" && !strings.HasPrefix(e.By, "guides/") { // lines of guides move
				line += "; " + e.By
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// segmentLines puts a line break after every segment.
func segmentLines(doc []byte) string {
	if bytes.HasPrefix(doc, []byte("ISA")) {
		return strings.ReplaceAll(string(doc), "~", "~\n")
	}
	var b strings.Builder
	for i, c := range doc {
		b.WriteRune(rune(c)) // UNOC is ISO 8859-1; the vectors are UTF-8, to be read
		if c == '\'' && doc[i-1] != '?' {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestVectors(t *testing.T) {
	l := library(t)
	for _, v := range vectors(t) {
		t.Run(strings.TrimSuffix(filepath.Base(v.file), ".txtar"), func(t *testing.T) {
			got, err := v.run(l)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				v.rewrite(t, got)
				return
			}
			want := map[string]string{}
			for _, f := range v.ar.Files {
				if f.Name != "document" {
					want[f.Name] = string(f.Data)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got, rewrite with -update)\n%s", diff)
			}
		})
	}
}

func (v *vector) rewrite(t *testing.T, got map[string]string) {
	ar := &txtar.Archive{Comment: v.ar.Comment, Files: []txtar.File{{Name: "document", Data: v.document}}}
	for _, name := range []string{"findings", "record.json", "report", "written"} {
		if text, ok := got[name]; ok {
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if err := os.WriteFile(v.file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestShow keeps the printed guides: what a guide says of itself is part of what is reviewed.
func TestShow(t *testing.T) {
	for _, g := range library(t).Guides() {
		var b bytes.Buffer
		if err := g.Show(&b); err != nil {
			t.Fatal(err)
		}
		file := "testdata/show/" + strings.ReplaceAll(g.Name, "/", "-") + ".txt"
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got, rewrite with -update)\n%s", g.Name, diff)
		}
	}
}

func parseRecord(t testing.TB, b []byte) *cargo.Record {
	t.Helper()
	rec, findings, err := cargo.Parse(b)
	if err != nil || !cargo.Valid(findings) {
		t.Fatalf("record: %v %v", err, findings)
	}
	return rec
}
