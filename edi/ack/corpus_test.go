package ack_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

const corpusDir = "../testdata/corpus/x12/"

// said returns the segments of an acknowledgement that say something: not its envelopes, whose dates and numbers are
// each writer's own. The copy of a value that is wrong (AK404) is left out: a finding never holds it.
func said(answer string) []string {
	var out []string
	for _, line := range strings.FieldsFunc(answer, func(r rune) bool { return r == '~' || r == '\n' || r == '\r' }) {
		values := strings.Split(line, "*")
		switch values[0] {
		case "AK1", "AK2", "AK3", "AK4", "AK5", "AK9", "IK3", "IK4", "IK5", "TA1", "CTX":
			if values[0] == "AK4" && len(values) > 4 {
				values = values[:4]
			}
			out = append(out, strings.TrimRight(strings.Join(values, "*"), "*"))
		}
	}
	return out
}

// guideFindings adds what a guide that is not built in would have found to the messages of a result.
func guideFindings(res *edi.Result, rows []map[string]string) {
	var all []*edi.MessageResult
	for _, i := range res.Interchanges {
		for _, g := range i.Groups {
			all = append(all, g.Messages...)
		}
	}
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // empty is 0
		return n
	}
	for _, row := range rows {
		m := all[number(row["message"])-1]
		f := edi.Finding{
			Code: row["code"], Tag: row["tag"], Element: row["number"], Severity: edi.Error, Rule: row["rule"], Level: edi.LevelDirectory,
			Position: edi.Position{MessageSegment: number(row["segment"]), Element: number(row["element"]), Component: number(row["component"]), Repetition: number(row["repetition"])},
		}
		if element, component, _ := strings.Cut(row["trigger"], "-"); element != "" {
			f.Trigger = edi.Position{MessageSegment: f.Position.MessageSegment, Element: number(element), Component: number(component), Tag: f.Tag}
		}
		if k, ok := edi.KindOf(row["code"]); ok {
			f.Level = k.Level
		}
		if strings.HasSuffix(row["code"], "-missing") && row["element"] == "" {
			f.Position.Tag = row["tag"]
		}
		m.Findings = append(m.Findings, f)
	}
}

// industryGuides compiles the guides of another industry that the corpus rests on, from data alone: a folder of directories
// and overlays on them, in testdata/guides. They have what the files of the corpus exercise, and no more.
func industryGuides(t testing.TB) func(*edi.Message) (*edi.Spec, error) {
	t.Helper()
	dirs := edi.OpenDirectories(os.DirFS("testdata/guides"))
	var overlays []edi.Overlay
	if err := json.Unmarshal(mustRead(t, "testdata/guides/overlays.json"), &overlays); err != nil {
		t.Fatal(err)
	}
	specs := make(map[string]*edi.Spec)
	for _, o := range overlays {
		s, err := dirs.Compile(o)
		if err != nil {
			t.Fatal(err)
		}
		specs[o.Name] = s
	}
	return func(m *edi.Message) (*edi.Spec, error) {
		if m.Group != nil && specs[m.Group.Version] != nil && specs[m.Group.Version].Message == m.Name {
			return specs[m.Group.Version], nil
		}
		return edi.Builtin().Spec(m.Interchange.Syntax, m.Release, m.Name)
	}
}

// TestCorpusReproduced writes every acknowledgement that other people's suites expect. Those rest on guides of another
// industry, which are compiled from data. Where the answer differs all the same, testdata/differences.csv has both, and
// the clause that decides.
func TestCorpusReproduced(t *testing.T) {
	differences, used := make(map[string]map[string]string), make(map[string]bool)
	var order []string
	for _, row := range table(t, mustRead(t, "testdata/differences.csv")) {
		key := row["file"] + " " + row["expected"]
		if differences[key] != nil || row["why"] == "" || row["expected"] == row["written"] {
			t.Errorf("differences.csv: %s stands twice, or says nothing", key)
		}
		differences[key] = row
		order = append(order, key)
	}
	guides := industryGuides(t)
	files, err := filepath.Glob(corpusDir + "*.expected-99?.txt")
	if err != nil || len(files) != 16 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name, kind, _ := strings.Cut(filepath.Base(file), ".expected-")
		res := readWith(t, mustRead(t, corpusDir+name+".edi"), edi.Options{Spec: guides})
		o := ack.Options{Use999: kind == "999.txt"}
		written, expected := said(write(t, res, o)), said(string(mustRead(t, file)))
		// The order of TA1 and groups differs between writers: X12.5 has TA1 first.
		expected = ta1First(expected)
		for i, line := range expected {
			if row := differences[name+" "+line]; row != nil {
				expected[i] = row["written"]
				used[name+" "+line] = true
			}
		}
		expected = strings.Split(strings.Join(expected, "~"), "~") // several where there is one
		if diff := cmp.Diff(without(expected), written); diff != "" {
			t.Errorf("%s (-expected +written)\n%s", name, diff)
		}
	}
	for _, row := range table(t, mustRead(t, "../testdata/corpus/index.csv")) {
		first := firstError.FindStringSubmatch(row["expected"])
		if first == nil {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(row["file"]), ".edi")
		want := first[1] + " " + first[2]
		if d := differences[name+" "+want]; d != nil {
			want = d["written"]
			used[name+" "+d["expected"]] = true
		}
		if got := codesOf(write(t, result(t, mustRead(t, "../testdata/corpus/"+row["file"])), ack.Options{})); !slices.Contains(got, want) {
			t.Errorf("%s: %s expected, %v written", name, want, got)
		}
	}
	for _, key := range order {
		if !used[key] {
			t.Errorf("differences.csv: %s: there is no such difference", key)
		}
	}
}

// firstError finds what the origin of a file expects to be reported first, by element and code.
var firstError = regexp.MustCompile(`first error: (TA105|AK905|AK502|AK304) (\d+)`)

// codesOf returns the codes of an acknowledgement by the first element that can hold them.
func codesOf(answer string) []string {
	var out []string
	for _, line := range said(answer) {
		values := strings.Split(line, "*")
		for tag, first := range map[string]int{"TA1": 5, "AK9": 5, "AK5": 2, "AK3": 4} {
			for n := first; n < len(values) && values[0] == tag; n++ {
				out = append(out, fmt.Sprintf("%s%02d %s", tag, first, values[n]))
			}
		}
	}
	return out
}

func ta1First(lines []string) []string {
	var first, rest []string
	for _, l := range lines {
		if strings.HasPrefix(l, "TA1") {
			first = append(first, l)
		} else {
			rest = append(rest, l)
		}
	}
	return append(first, rest...)
}

func without(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
