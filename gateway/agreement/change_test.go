package agreement_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/gateway/agreement"
)

func TestDiffSaysWhatGetsWider(t *testing.T) {
	one := parse(t, head+article("1", list("share", "header", "consignment[].reference.{scn,ccn}"), list("withhold", "consignment[].quantity"))+
		article("2", list("share", "header", "equipment[].id")))
	two := parse(t, strings.Replace(head, "version: 1", "version: 2", 1)+
		article("1", list("share", "header", "consignment[].reference.scn", "consignment[].reference.bill"), "mask: {\"consignment[].reference.ccn\": hash}")+
		article("3", list("share", "header", "equipment[].id")))
	got := map[string]agreement.Change{}
	for _, c := range agreement.Diff(one, two) {
		got[c.Where] = c
	}
	for _, want := range []agreement.Change{
		{Kind: "changed", Where: "version", Before: "1", After: "2"},
		{Kind: "changed", Where: "articles[1]:consignment[].reference.ccn", Before: "share", After: "mask hash", Effect: "narrower"},
		{Kind: "added", Where: "articles[1]:consignment[].reference.bill", After: "share", Effect: "wider"},
		{Kind: "removed", Where: "articles[1]:consignment[].quantity", Before: "withhold", Effect: "wider"},
		{Kind: "removed", Where: "articles[2]", Before: "2"},
		{Kind: "added", Where: "articles[3]", After: "3"},
		{Kind: "added", Where: "articles[3]:equipment[].id", After: "share", Effect: "wider"},
	} {
		if diff := cmp.Diff(want, got[want.Where]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Where, diff)
		}
	}
	if changes := agreement.Diff(two, two); len(changes) != 0 {
		t.Errorf("a version differs from itself: %v", changes)
	}
}

// TestFillKeysChangesNothingElse writes the thumbprints into the draft: every other byte stays.
func TestFillKeysChangesNothingElse(t *testing.T) {
	ca, us := newSigner(t, "ca.cbsa").thumbprint(), newSigner(t, "us.cbp").thumbprint()
	for name, draft := range map[string]string{
		"demo":   demoFile(t),
		"inline": "parties: [{id: ca.cbsa, key: x}, {key: 'x', id: us.cbp, country: US}] # é\n",
	} {
		filled, err := agreement.FillKeys([]byte(draft), map[string]string{"ca.cbsa": ca, "us.cbp": us})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(string(filled), ca) || !strings.Contains(string(filled), us) {
			t.Errorf("%s: a key is not in the file", name)
		}
		back := strings.NewReplacer(ca, "sha256:…", us, "sha256:…").Replace(string(filled))
		if name == "demo" && back != draft {
			t.Errorf("%s: more than the keys changed", name)
		}
	}
	for name, c := range map[string]struct{ draft, key string }{
		"no parties":  {"a: 1", ca},
		"no key":      {"parties: [{id: ca.cbsa}]", ca},
		"no print":    {"parties: [{id: ca.cbsa, key: x}]", "md5:1"},
		"not YAML":    {"{", ca},
		"folded text": {"parties:\n  - id: ca.cbsa\n    key: >-\n      x\n", ca},
	} {
		if _, err := agreement.FillKeys([]byte(c.draft), map[string]string{"ca.cbsa": c.key}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestMaskOrderIsThatOfTheTable: the ranks that decisions compare are the rows of methods.csv.
func TestMaskOrderIsThatOfTheTable(t *testing.T) {
	order := []string{"full", "generalise", "pseudonym", "hash", "yes-no", "redact"}
	for i, wide := range order {
		for _, narrow := range order[i+1:] {
			a := parse(t, head+article("1", "share: [header]", "mask: {\"consignment[].consignee.address.postalCode\": "+wide+"}")+
				article("2", "mask: {\"consignment[].consignee.address.postalCode\": "+narrow+"}"))
			d := a.Decide(request(record(t, report(`"consignee":{"address":{"postalCode":"48201"}}`))))
			if e := verdictOf(t, d, "consignment[0].consignee.address.postalCode"); e.Method != narrow || e.Article != "2" {
				t.Errorf("%s and %s give %+v", wide, narrow, e)
			}
		}
	}
}

func TestPurposeIsOfTheFirstArticle(t *testing.T) {
	a := parse(t, demoFile(t))
	for _, c := range []struct{ from, to, class, purpose string }{
		{"us.cbp", "ca.cbsa", "cargo.report", "risk-assessment"},
		{"ca.cbsa", "us.cbp", "exam.result", "exam-recognition"},
		{"us.cbp", "ca.cbsa", "trader.status", ""},
		{"us.cbp", "mx.anam", "cargo.report", ""},
		{"us.cbp", "us.cbp", "cargo.report", ""},
	} {
		got, ok := a.Purpose(c.from, c.to, c.class)
		if got != c.purpose || ok != (c.purpose != "") {
			t.Errorf("%s to %s, %s: %q %v", c.from, c.to, c.class, got, ok)
		}
	}
	q := request(record(t, `{"class":"trader.status","agency":"us.cbp","trustedTrader":[{"programme":"C-TPAT","number":"1"}]}`))
	q.Purpose = ""
	if d := a.Decide(q); d.Reason != "CLASS_NOT_ALLOWED" {
		t.Errorf("a class that no article covers: %s %s", d.Outcome, d.Reason)
	}
	q.Record = nil
	if d := a.Decide(q); d.Outcome != agreement.Refuse {
		t.Errorf("no record: %s", d.Outcome)
	}
}
