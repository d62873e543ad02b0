package agreement_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// vector is one txtar file: parts that are given, and parts that are expected.
type vector struct {
	name    string
	archive *txtar.Archive
}

func vectors(t *testing.T, folder string) []vector {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no vectors in %s: %v", folder, err)
	}
	var out []vector
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, vector{name, archive})
	}
	return out
}

func (v vector) part(name string) string {
	for _, f := range v.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// expect compares a part with what came out, or with -update rewrites it.
func (v vector) expect(t *testing.T, name, got string) {
	t.Helper()
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	if *update {
		i := slices.IndexFunc(v.archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			v.archive.Files = append(v.archive.Files, txtar.File{Name: name})
			i = len(v.archive.Files) - 1
		}
		v.archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(v.name, txtar.Format(v.archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(v.part(name), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestDecideVectors decides the record of each vector. The part agreement.yaml is a whole agreement, or articles alone.
func TestDecideVectors(t *testing.T) {
	for _, v := range vectors(t, "decide") {
		t.Run(strings.TrimSuffix(filepath.Base(v.name), ".txtar"), func(t *testing.T) {
			text := v.part("agreement.yaml")
			if !strings.Contains(text, "agreement:") {
				text = head + text
			}
			a, q := parse(t, text), request(record(t, v.part("record.json")))
			for line := range strings.Lines(v.part("request")) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
				value = strings.TrimSpace(value)
				set(t, &q, name, value)
			}
			d := a.Decide(q)
			v.expect(t, "decision", show(d))
			shared := ""
			if d.Record != nil {
				var b bytes.Buffer
				if err := json.Indent(&b, d.Record.Canonical(), "", "  "); err != nil {
					t.Fatal(err)
				}
				shared = b.String()
			}
			v.expect(t, "shared.json", shared)
		})
	}
}

func set(t *testing.T, q *agreement.Request, name, value string) {
	t.Helper()
	switch name {
	case "from":
		q.From = value
	case "to":
		q.To = value
	case "purpose":
		q.Purpose = value
	case "at":
		q.At = at(value)
	case "sealedAt":
		q.SealedAt = at(value)
	case "received":
		q.Received = value == "true"
	case "approved":
		q.Approved = strings.Fields(value)
	case "legalRequest":
		q.LegalRequest = value
	case "sent":
		var n int
		if _, err := fmt.Sscan(value, &n); err != nil {
			t.Fatal(err)
		}
		q.Sent = func(string, time.Time) int { return n }
	default:
		t.Fatalf("request: %s is not known", name)
	}
}

// show writes a decision a line an element, as a person compares it.
func show(d agreement.Decision) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(d.Outcome+" "+d.Reason))
	fmt.Fprintf(&b, "articles %v caveats %v retention %s\n", d.Articles, d.Caveats, d.Retention)
	for _, e := range d.Elements {
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%-8s %-50s %-3s %s", e.Verdict, e.Instance, e.Article, e.Method+e.Reason), " "))
	}
	return b.String()
}

// TestLintVectors reads the file of each vector and compares its issues.
func TestLintVectors(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range vectors(t, "lint") {
		t.Run(strings.TrimSuffix(filepath.Base(v.name), ".txtar"), func(t *testing.T) {
			_, issues := agreement.Parse([]byte(v.part("agreement.yaml")))
			var b strings.Builder
			for _, i := range issues {
				seen[i.Code] = true
				fmt.Fprintf(&b, "%s %s\n", i.Severity, i)
			}
			v.expect(t, "issues", b.String())
		})
	}
	_, issues := agreement.Parse(bytes.Repeat([]byte("#"), 1<<20))
	for _, i := range issues {
		seen[i.Code] = true
	}
	for _, code := range issueCodes(t) {
		if !seen[code] {
			t.Errorf("no vector shows %s", code)
		}
	}
}

func issueCodes(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("issues.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if code, _, found := strings.Cut(line, ","); found && strings.HasPrefix(code, "agreement.") {
			out = append(out, code)
		}
	}
	return out
}

// TestEveryReasonIsGiven looks for every row of reasons.csv in the vectors of decisions and in the laws.
func TestEveryReasonIsGiven(t *testing.T) {
	law, err := os.ReadFile("law_test.go")
	if err != nil {
		t.Fatal(err)
	}
	text := string(law)
	for _, v := range vectors(t, "decide") {
		text += v.part("decision")
	}
	for _, r := range agreement.Reasons() {
		if !strings.Contains(text, r.Code) {
			t.Errorf("no test shows %s", r.Code)
		}
	}
}

// TestDemoAgreementIsClean: the demo's agreement has no issue but the keys that the demo fills in, and reads the same in both languages.
func TestDemoAgreementIsClean(t *testing.T) {
	a, issues := agreement.Parse([]byte(demoFile(t)))
	if a == nil {
		t.Fatal(issues)
	}
	for _, i := range issues {
		if i.Code != "agreement.key-missing" {
			t.Error(i)
		}
	}
	for _, lang := range []string{agreement.English, agreement.French} {
		name, got := "testdata/render/demo."+lang+".txt", a.Render(lang)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if strings.Contains(got, "{1}") || strings.Count(got, "\n") < 100 {
			t.Errorf("%s: a phrase is not filled in, or the text is short", name)
		}
	}
}

// TestEveryGroupHasAName: the rendered text calls nothing by the English name of a step.
func TestEveryGroupHasAName(t *testing.T) {
	var paths []string
	seen := map[string]bool{}
	for e := range cargo.Dictionary().Leaves() {
		for path := string(e.Path); strings.Contains(path, "."); {
			path = path[:strings.LastIndexByte(path, '.')]
			if !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	table, err := os.ReadFile("vocabulary/groups.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		e, found := cargo.Dictionary().Lookup(cargo.Path(path))
		if (!found || e.NameEN == "") && !strings.Contains(string(table), "\n"+path+",") {
			t.Errorf("%s has no name in vocabulary/groups.csv", path)
		}
	}
}

// TestDecisionJSONIsThatOfTheContract: every key of the contract is there, also when it has nothing to say.
func TestDecisionJSONIsThatOfTheContract(t *testing.T) {
	a := parse(t, head+article("1", list("share", "header", "consignment[].reference.scn")))
	b, err := json.Marshal(a.Decide(request(record(t, report("")))))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"outcome":"share","reason":"","agreement":{"id":"CA-US-TEST","version":1,"hash":"sha256:`,
		`{"path":"consignment[].reference.scn","instance":"consignment[0].reference.scn","verdict":"share","method":"","article":"1","reason":""}`,
	} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s is not in %s", part, b)
		}
	}
}
