package edi_test

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

func table(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := make(map[string]string)
		for i, h := range rows[0] {
			m[h] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// verdict is what we say about a file.
type verdict struct {
	valid       bool
	errors, odd []string // code@offset
	codes       map[string]bool
	envelop     []string // codes of errors about syntax and envelope
}

func judge(t testing.TB, doc []byte) verdict {
	t.Helper()
	res := read(t, doc, edi.Options{})
	v := verdict{valid: res.Valid(), codes: map[string]bool{}}
	for _, f := range res.Findings {
		entry := fmt.Sprintf("%s@%d", strings.TrimPrefix(f.Code, "edi."), f.Position.Offset)
		v.codes[f.Code] = true
		if f.Severity == edi.Warning {
			v.odd = append(v.odd, entry)
			continue
		}
		v.errors = append(v.errors, entry)
		if f.Level <= edi.LevelEnvelope {
			v.envelop = append(v.envelop, f.Code)
		}
	}
	return v
}

func (v verdict) line(file string) string {
	return fmt.Sprintf("%s,%t,%s,%s\n", file, v.valid, strings.Join(v.errors, " "), strings.Join(v.odd, " "))
}

// statement is what the index says in its own words, and the findings that say the same.
type statement struct {
	text  *regexp.Regexp
	codes []string
}

func statements(t testing.TB) []statement {
	t.Helper()
	var out []statement
	for _, row := range table(t, "testdata/corpus/statements.csv") {
		out = append(out, statement{regexp.MustCompile(row["statement"]), strings.Fields(row["codes"])})
	}
	return out
}

// items splits what the index expects of a file.
func items(expected string) []string {
	var out []string
	for _, part := range strings.Split(expected, " || ") {
		for _, prefix := range []string{"envelope check: ", "envelope error: ", "body: "} {
			part = strings.TrimPrefix(part, prefix)
		}
		out = append(out, strings.Split(part, " | ")...)
	}
	return out
}

// compare returns where a verdict is another than what the index expects.
func compare(v verdict, expected string, known []statement) []string {
	var out []string
	explained := map[string]bool{}
	for _, item := range items(expected) {
		if item == "envelope valid" && len(v.envelop) > 0 && !strings.Contains(expected, " | ") {
			out = append(out, item)
		}
		for _, s := range known {
			if !s.text.MatchString(item) || len(s.codes) == 0 {
				continue
			}
			found := false
			for _, c := range s.codes {
				explained[c] = true
				found = found || v.codes[c]
			}
			if !found {
				out = append(out, item)
			}
		}
	}
	if strings.HasPrefix(expected, "expected acknowledgement") && !strings.Contains(expected, "envelope check") {
		return out // what it says is compared in TestCorpusAcknowledgements
	}
	slices.Sort(v.envelop)
	for _, c := range slices.Compact(v.envelop) {
		if !explained[c] && !strings.HasPrefix(expected, "envelope valid") {
			out = append(out, "besides "+strings.TrimPrefix(c, "edi."))
		}
	}
	return out
}

// TestCorpus reads interchanges of other people's test suites. Every statement of their index about an interchange
// must be among our findings, and every error of ours about syntax and envelope among its statements; what is not
// stands in disagreements.csv with the clause that decides. All findings are held in verdicts.csv (-update).
func TestCorpus(t *testing.T) {
	known := statements(t)
	agreed := map[string]bool{}
	for _, row := range table(t, "testdata/corpus/disagreements.csv") {
		agreed[row["file"]+": "+row["said"]] = true
		if row["clause"] == "" || row["why"] == "" {
			t.Errorf("%s: %s: no clause or no reason", row["file"], row["said"])
		}
	}
	var lines strings.Builder
	lines.WriteString("file,valid,errors,warnings\n")
	for _, row := range table(t, "testdata/corpus/index.csv") {
		doc, err := os.ReadFile(filepath.Join("testdata/corpus", row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		v := judge(t, doc)
		lines.WriteString(v.line(row["file"]))
		for _, d := range compare(v, row["expected"], known) {
			key := row["file"] + ": " + d
			if !agreed[key] {
				t.Errorf("%s (of %q), found %v", key, row["expected"], v.errors)
			}
			delete(agreed, key)
		}
	}
	for key := range agreed {
		t.Errorf("%s: no disagreement any more", key)
	}
	golden(t, "testdata/corpus/verdicts.csv", lines.String())
}

// TestCorpusElsewhere reads the files that may not be carried here because of their licences, from a folder that
// has them: EDI_CORPUS names it, with x12/index.csv and edifact/index.csv as in testdata/corpus/index.csv. What
// was found when they were last read is elsewhere.csv.
func TestCorpusElsewhere(t *testing.T) {
	dir := os.Getenv("EDI_CORPUS")
	if dir == "" {
		t.Skip("EDI_CORPUS names no folder; elsewhere.csv holds what was found in it")
	}
	known := statements(t)
	carried := map[string]bool{}
	for _, row := range table(t, "testdata/corpus/index.csv") {
		carried[row["file"]] = true
	}
	var lines strings.Builder
	lines.WriteString("# Files that are not carried here because of their licence (CDDL-1.0, LGPL-3.0), as read by TestCorpusElsewhere: what we find,\n" +
		"# and where that is another than what the index of the corpus says of them.\n" +
		"file,origin_repo,origin_commit,licence,sha256,valid,errors,warnings,disagreements\n")
	for _, folder := range []string{"x12", "edifact"} {
		for _, row := range table(t, filepath.Join(dir, folder, "index.csv")) {
			file := folder + "/" + row["file"]
			if carried[file] {
				continue
			}
			doc, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			v := judge(t, doc)
			var line strings.Builder
			w := csv.NewWriter(&line)
			_ = w.Write([]string{ // a strings.Builder takes everything
				file, row["origin_repo"], row["origin_commit"], row["licence"], fmt.Sprintf("%x", sha256.Sum256(doc)),
				fmt.Sprint(v.valid), strings.Join(v.errors, " "), strings.Join(v.odd, " "), strings.Join(compare(v, row["expected"], known), "; "),
			})
			w.Flush()
			lines.WriteString(line.String())
		}
	}
	golden(t, "testdata/corpus/elsewhere.csv", lines.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +now)\n%s", name, diff)
	}
}

// first maps the first error that the pyx12 suite expects of a file to the acknowledgement segment that tells it.
var first = map[string]string{
	"pyx12__GE_count.edi": "AK9*R*999*0*0*5", "pyx12__GE_id_match_GS_id.edi": "AK9*R*0*0*0*4", "pyx12__IEA_count.edi": "*R*021~",
	"pyx12__IEA_id_match_ISA_id.edi": "*R*001~", "pyx12__SE_count.edi": "AK5*R*4~", "pyx12__SE_id_match_ST_id.edi": "AK5*R*3~",
	"pyx12__missing_IEA.edi": "*R*023~",
}

// TestCorpusAcknowledgements compares what we answer with what other suites expect, as far as it does not rest on
// the guides of another industry: accepted or not, counts, and envelope codes.
func TestCorpusAcknowledgements(t *testing.T) {
	for _, row := range table(t, "testdata/corpus/index.csv") {
		name := filepath.Base(row["file"])
		doc, err := os.ReadFile(filepath.Join("testdata/corpus", row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		answered := string(answer(t, read(t, doc, edi.Options{}), ack.Auto))
		if want := first[name]; want != "" && !strings.Contains(answered, want) {
			t.Errorf("%s: no %s in\n%s", name, want, answered)
		}
		expected, ok := strings.CutPrefix(strings.Split(row["expected"], " || ")[0], "expected acknowledgement: ")
		if !ok {
			continue
		}
		for _, want := range strings.Fields(expected) {
			// Rejections for the body rest on guides that are not here; so do the counts that follow from them.
			if strings.HasPrefix(want, "AK5*A") || strings.HasPrefix(want, "AK9*A") {
				if !strings.Contains(answered, want+"~") && !strings.Contains(answered, want) {
					t.Errorf("%s: no %s in\n%s", name, want, answered)
				}
			}
		}
	}
}

// TestEveryFinding proves that each row of findings.csv is produced by some document of the vectors, the corpus
// or the list here, so that no row is dead.
func TestEveryFinding(t *testing.T) {
	seen := make(map[string]bool)
	look := func(res *edi.Result) {
		for _, f := range res.Findings {
			seen[f.Code] = true
		}
	}
	for _, doc := range documents(t) {
		look(read(t, doc, edi.Options{}))
	}
	files, err := filepath.Glob("testdata/corpus/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		look(read(t, doc, edi.Options{}))
	}
	for _, c := range structures {
		look(read(t, structureDocument(c.body), structureOptions()))
	}
	look(read(t, structureDocument("LE*1~LS*2~"), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return nil, nil }}))
	isa := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~"
	unb := "UNB+UNOA:3+A:14+B:14+261121:1430+1'"
	for _, doc := range []string{
		"", "STX=ANA:1", "UIB+UNOA:4+1'", "<xml/>", "ISA*00*          *00*   " + strings.Repeat("x", 200),
		isa + "GS*SO*AA*BB*20261121*1430*1*X*004010~ST*309*0001~M10*\x01~x~~ST~SE*1*1~" + isa[:40],
		isa + "IEA*0*000000001~" + isa + "IEA*0*000000001~", isa + isa, isa + "S1S*AB~IEA*0*000000001~", "UNA++.? '" + unb, "UNA::.? '" + unb,
		isa + "GS*SO*AA*BB*20261121*1430*1*X*004010~ST**1~" + strings.Repeat("A", 2<<20) + "~A" + strings.Repeat("*1", 20000) + "~SE",
		unb + "UNO+1+A:1+1:2:3+5'abcdeX+1'UNP+5+1'", isa + "BIN*5*abcdefg~IEA*0*000000001~", "UNA:+.? 'hello world",
		strings.Replace(isa, "*>~", "* ~", 1), strings.Replace(isa, "SENDER", "      ", 1), strings.Replace(unb, "+A:14", "+\xe9:14", 1) + "UNH+\xe9'",
		isa + "GS*AQ*AA*BB*20261121*1430*1*X*004010~ST*309*0001~M12*62*123456789*3801*80107*15000*123*ABCD*ZZ~",
		isa + strings.Repeat("A", 2<<20) + "~", strings.Replace(unb, "UNOA:3", "UNOA:9", 1),
	} {
		look(read(t, []byte(doc), edi.Options{}))
	}
	doc := documents(t)["sample-real-cuscar-complete.txtar"]
	overlay := truckManifest()
	overlay.Body[0].Elements = []edi.OverlayElement{{Element: 1, Component: 1, Usage: edi.Required, Codes: []string{"1"}}, {Element: 2, Component: 1, Usage: edi.NotUsed}, {Element: 4, Usage: edi.Required}}
	overlay.Body[1].Usage = edi.NotUsed
	overlay.Body = append(overlay.Body, edi.OverlayNode{ID: 900, Name: "AUT", Usage: edi.Required})
	_, res := readWith(t, doc, overlay)
	look(res)
	many := strings.Repeat("UNH+X%d+A:D:1:UN'UNT+2+X%d'", 1)
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, many, i, i)
	}
	look(read(t, []byte(unb+b.String()), edi.Options{Limits: edi.Limits{Controls: 5}}))
	look(read(t, []byte(unb+b.String()), edi.Options{Limits: edi.Limits{Findings: 3}}))
	var missing []string
	for k := range edi.Kinds() {
		if !seen[k.Code] {
			missing = append(missing, k.Code)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("never found: %v", missing)
	}
}
