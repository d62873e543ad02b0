package mapping

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"peacebridge/mapping/cargo"
)

func translateSample(t *testing.T, sample, from, to string, p Params) ([]byte, *Report) {
	t.Helper()
	doc, err := os.ReadFile("testdata/samples/" + sample)
	if err != nil {
		t.Fatal(err)
	}
	out, rep, findings, err := library(t).Translate(from, to, doc, p)
	if err != nil {
		t.Fatal(err, findings)
	}
	return out, rep
}

// TestRulesComeBack: what is stored with an event gives the same rules, hash and document.
func TestRulesComeBack(t *testing.T) {
	p := testParams(t, "ca.cbsa")
	again, err := ParseRules(p.Rules.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != p.Rules.Hash() || !bytes.Equal(again.Bytes(), p.Rules.Bytes()) {
		t.Error("the rules changed on the way")
	}
	first, _ := translateSample(t, "cbp-309-complete.x12", "cbp/truck/309", "cbsa/highway/cuscar", p)
	p.Rules = again
	second, _ := translateSample(t, "cbp-309-complete.x12", "cbp/truck/309", "cbsa/highway/cuscar", p)
	if !bytes.Equal(first, second) {
		t.Error("same record and rules, other bytes")
	}
}

// TestKnownPairWins: a number that is known already is taken, and the pair of a number that is made is given back.
func TestKnownPairWins(t *testing.T) {
	p := testParams(t, "ca.cbsa")
	_, rep := translateSample(t, "cbp-309-complete.x12", "cbp/truck/309", "cbsa/highway/cuscar", p)
	made := Pair{FromPath: "consignment[].reference.scn", From: "ABCD00001001", ToPath: "consignment[].reference.ccn", To: "9999CCN00001001"}
	if len(rep.Pairs) != 1 || rep.Pairs[0] != made {
		t.Errorf("pairs %v", rep.Pairs)
	}
	made.To = "9999KNOWN1"
	p.Pairs = Pairs{made}
	out, rep := translateSample(t, "cbp-309-complete.x12", "cbp/truck/309", "cbsa/highway/cuscar", p)
	if !bytes.Contains(out, []byte("BGM+785+9999KNOWN1+9")) || len(rep.Pairs) != 0 {
		t.Errorf("the known pair was not taken: %s", out)
	}
}

// TestRulesNameFileAndLine: an analyst's mistake is found when the gateway starts, and where.
func TestRulesNameFileAndLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"-- a.csv --\nfrom,to,note,status\n3801,cbsa-office:0453,,\n", "a.csv:2: both codes name their list"},
		{"-- a.csv --\nfrom,to,note,status\ncbp-port:1,cbsa-office:1,,\ncbp-port:1,cbsa-office:2,,\n", "a.csv:3: cbp-port:1 has a row already"},
		{"-- a.csv --\npath,value,when,note,status\nconsignment[].nothing,1,,,\n", "a.csv:2: consignment[].nothing is no value"},
		{"-- a.csv --\npath,value,when,note,status\nmode,space,,,\n", "a.csv:2: mode"},
		{"-- a.csv --\npath,value,when,note,status\nmode,road,nothing is here,,\n", "a.csv:2: condition"},
		{"-- a.csv --\nmake,from,prefix,drop,insert,max,characters\nmode,mode,mode,x,,1,\n", "a.csv:2: drop and max"},
		{"-- a.csv --\nwhat\nis\n", "a.csv:2: the columns"},
		{"stray\n", "text before the first file"},
	} {
		if _, err := ParseRules([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// TestExampleRulesSpeakTheDictionary: each agency's example rules load, and each code is one of an agency's lists.
func TestExampleRulesSpeakTheDictionary(t *testing.T) {
	for _, agency := range []string{"ca.cbsa", "us.cbp"} {
		rules := testParams(t, agency).Rules
		for from, twin := range rules.twins {
			for _, code := range []string{from, twin.to} {
				list, _, _ := strings.Cut(code, ":")
				if _, ok := cargo.Dictionary().List(list); !ok {
					t.Errorf("%s: %s: no list %s", agency, twin.by, list)
				}
			}
		}
	}
}
