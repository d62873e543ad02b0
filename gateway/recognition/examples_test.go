package recognition_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/gateway/recognition"
)

func registers(t testing.TB) recognition.Registers {
	t.Helper()
	r, err := recognition.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readCases(t testing.TB, name string) []recognition.Case {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, err := recognition.ReadCases(f)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestExamples decides every worked case of the rules and compares with the result that stands in its row.
func TestExamples(t *testing.T) {
	const name = "testdata/recognition-examples.csv"
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, head := range rows[0] {
		column[head] = i
	}
	var decisions []recognition.Decision
	for _, c := range readCases(t, name) {
		decisions = append(decisions, recognition.Decide(c, registers(t)))
	}
	var out strings.Builder
	if err := recognition.WriteCSV(&out, decisions); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"case", "decision", "grounds", "reasons", "conditions"}}
	for _, row := range rows[1:] {
		want = append(want, []string{
			row[column["case"]], row[column["expected_decision"]], row[column["expected_grounds"]],
			row[column["expected_reasons"]], row[column["expected_conditions"]],
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decisions (-expected +got):\n%s", diff)
	}
}
