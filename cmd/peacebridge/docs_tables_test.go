package main

import (
	"encoding/csv"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/gateway"
)

// section is the text of a page from a heading to the next one of any level.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut(readFile(t, filepath.Join("../../docs", page)), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	text, _, _ = strings.Cut(text, "\n#")
	return text
}

// rows are the rows of the tables of a text, without headings: cells as written.
func rows(text string) (all [][]string) {
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		all = append(all, cells)
	}
	return all
}

func firstCells(text string) (names []string) {
	for _, row := range rows(text) {
		names = append(names, strings.Trim(row[0], "`"))
	}
	return names
}

// TestDocConfig holds the table of config.yaml against the settings that are read.
func TestDocConfig(t *testing.T) {
	want := settingsKeys(reflect.TypeFor[gateway.Settings](), "")
	if diff := cmp.Diff(want, firstCells(section(t, "operate.md", "## config.yaml"))); diff != "" {
		t.Errorf("docs/operate.md and gateway.Settings (-settings +page):\n%s", diff)
	}
}

// settingsKeys are the keys of a settings struct in order, as the page writes them: listen.api, peers[].url.
func settingsKeys(s reflect.Type, prefix string) (keys []string) {
	for field := range s.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" { // of the file, not in it
			continue
		}
		kind, mark := field.Type, ""
		if kind.Kind() == reflect.Slice {
			kind, mark = kind.Elem(), "[]"
		}
		if kind.Kind() == reflect.Struct {
			keys = append(keys, settingsKeys(kind, prefix+name+mark+".")...)
			continue
		}
		keys = append(keys, prefix+name)
	}
	return keys
}

// TestDocProblems holds the table of problem types against the one that answers are made from.
func TestDocProblems(t *testing.T) {
	f, err := os.Open("../../gateway/problems.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // was only read
	r := csv.NewReader(f)
	r.Comment = '#'
	table, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(row []string, column string) string { return row[slices.Index(table[0], column)] }
	var want [][]string
	for _, row := range table[1:] {
		want = append(want, []string{"`" + at(row, "code") + "`", at(row, "status"), at(row, "title"), at(row, "hint")})
	}
	if diff := cmp.Diff(want, rows(section(t, "api.md", "## Problems"))); diff != "" {
		t.Errorf("docs/api.md and gateway/problems.csv (-table +page):\n%s", diff)
	}
}

// TestDocOperations wants a heading for each operation that clients have, and no other.
func TestDocOperations(t *testing.T) {
	page := readFile(t, "../../docs/api.md")
	want := []string{"POST /v1/enrol"} // on a listener of its own
	path := ""
	for line := range strings.SplitSeq(readFile(t, "../../gateway/openapi.yaml"), "\n") {
		if p, ok := strings.CutPrefix(line, "  /v1/"); ok {
			path = "/v1/" + strings.TrimSuffix(p, ":")
		} else if strings.HasPrefix(line, "  /") {
			path = ""
		}
		if method, ok := strings.CutPrefix(line, "    "); ok && path != "" && (method == "get:" || method == "post:") {
			want = append(want, strings.ToUpper(strings.TrimSuffix(method, ":"))+" "+path)
		}
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^### ((?:GET|POST) .*)$`).FindAllStringSubmatch(page, -1) {
		got = append(got, m[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/api.md and gateway/openapi.yaml (-openapi +page):\n%s", diff)
	}
}

// metricsAreDocumented holds the list of metrics against what a gateway says.
func metricsAreDocumented(t *testing.T, home string) {
	t.Helper()
	s, err := gateway.LoadSettings(filepath.Join(home, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(s.Addresses().Ops + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() // was only read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := section(t, "operate.md", "### Metrics")
	documented := firstCells(text)
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (peacebridge_\w+) (\w+)$`).FindAllStringSubmatch(string(body), -1) {
		if !strings.Contains(text, "| `"+m[1]+"` | "+m[2]+" |") {
			t.Errorf("%s %s is not documented", m[2], m[1])
		}
	}
	for _, name := range documented {
		if name != "peacebridge_health_lines" && !strings.Contains(string(body), "# TYPE "+name+" ") {
			t.Errorf("no metric %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^peacebridge_events_total\{what="([^"]*)"\}`).FindAllStringSubmatch(string(body), -1) {
		kind := m[1][strings.LastIndex(m[1], ".")+1:]
		if !strings.Contains(text, "`"+m[1]+"`") && !strings.Contains(text, "`."+kind+"`") {
			t.Errorf("what=%q is not documented", m[1])
		}
	}
}

// TestDocSecurityNamesRealTests looks for each test that a row of the threats is shown by.
func TestDocSecurityNamesRealTests(t *testing.T) {
	named := regexp.MustCompile("`([a-z0-9/]+)/((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(readFile(t, "../../docs/security.md"), -1)
	if len(named) < 20 {
		t.Errorf("%d tests are named", len(named))
	}
	for _, m := range named {
		files, err := filepath.Glob(filepath.Join("../..", m[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(readFile(t, f), "\nfunc "+m[2]+"(") }) {
			t.Errorf("%s has no %s", m[1], m[2])
		}
	}
}

// auditProgramVerifies runs the program of docs/audit.md, which has no line of ours, on a served log.
func auditProgramVerifies(t *testing.T, dir string) {
	t.Helper()
	_, program, ok := strings.Cut(readFile(t, "../../docs/audit.md"), "\n```go\n")
	if !ok {
		t.Fatal("docs/audit.md has no program")
	}
	program, _, _ = strings.Cut(program, "\n```\n")
	if strings.Contains(program, `"peacebridge`) {
		t.Error("the program imports ours")
	}
	file := filepath.Join(dir, "verify.go")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := gateway.LoadSettings(filepath.Join(dir, "demo", "us.cbp", "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	policy := strings.Fields(readFile(t, filepath.Join(dir, "demo/clients/auditor-cbp/policy")))
	out, err := exec.Command("go", "run", file, s.Addresses().Log, policy[1], policy[4]).CombinedOutput()
	if err != nil || !regexp.MustCompile(`^us\.cbp/audit/ca\.cbsa has \d+ entries, cosigned by ca\.cbsa/witness\n$`).Match(out) {
		t.Errorf("%v\n%s", err, out)
	}
}
