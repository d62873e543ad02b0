package agreement_test

import (
	"os"
	"strings"
	"testing"

	"peacebridge/gateway/agreement"
)

// TestDocumentationHolds parses the agreement that docs/agreements.md shows, and looks there for every word of the closed vocabularies and every reason.
func TestDocumentationHolds(t *testing.T) {
	b, err := os.ReadFile("../../docs/agreements.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	_, example, _ := strings.Cut(text, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	a, issues := agreement.Parse([]byte(example))
	if a == nil {
		t.Fatal(issues)
	}
	for _, i := range issues {
		if i.Code != "agreement.key-missing" {
			t.Error(i)
		}
	}
	for _, purpose := range agreement.Purposes() {
		if !strings.Contains(text, "`"+purpose+"`") {
			t.Errorf("purpose %s is not explained", purpose)
		}
	}
	for _, r := range agreement.Reasons() {
		if !strings.Contains(text, "`"+r.Code+"`") {
			t.Errorf("reason %s is not explained", r.Code)
		}
	}
	for _, name := range []string{"methods", "facts", "caveats", "assurances"} {
		table, err := os.ReadFile("vocabulary/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			word, _, _ := strings.Cut(line, ",")
			if !strings.HasPrefix(line, "#") && word != "id" && !strings.Contains(text, "`"+word+"`") {
				t.Errorf("%s: %s is not explained", name, word)
			}
		}
	}
}
