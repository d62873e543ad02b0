package mapping

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

const small = `guide: cbp/truck/353
title: {en: T, fr: T}
agency: us.cbp
version: "1"
source: test
status: proposed
record: movement.event
text: x12-basic
base: {syntax: x12, release: "006040", message: "353"}
envelope: {version: "00400", reads: ["006050"]}
unused: all others
message:
  - M10:
      1: {to: conveyance.carrier.code, list: cbp-carrier}
      unused: 2-17
  - loop M15+:
      for: event[]
      unused: all others
      body:
        - M15!:
            1!: {to: code, list: cbp-m15}
            2!: subject.number
            3+6!: {to: at, form: date-time}
            4!: {to: place.code, list: cbp-port}
            unused: 5 7-19
`

// TestGuideErrorsNameFileAndLine: whatever is wrong with a guide is said when it is loaded, with its line.
func TestGuideErrorsNameFileAndLine(t *testing.T) {
	load := func(text string) error {
		fsys := with(t, "guides/cbp/truck/353.yaml", []byte(text)).(fstest.MapFS)
		for path := range fsys {
			if strings.HasPrefix(path, "guides/") && path != "guides/cbp/truck/353.yaml" {
				delete(fsys, path)
			}
		}
		_, err := Load(fsys)
		return err
	}
	if err := load(small); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, text, want string }{
		{"subject.number", "subject.numbr", "353.yaml:22: event[].subject.numbr is not in the dictionary"},
		{"subject.number", "{too: subject.number}", "353.yaml:22: position 2!: exactly one of"},
		{"subject.number", "{to: subject.number, width: 3}", `353.yaml:22: position 2!: unknown key "width"`},
		{"subject.number", "reference.message", "353.yaml:22: event[].reference.message is not in the dictionary"},
		{"subject.number", "{to: /exam.outcome}", "353.yaml:22: exam.outcome does not belong to records of class movement.event"},
		{"list: cbp-m15", "list: cbp-m16", "353.yaml:21: event[].code has no codes of list cbp-m16"},
		{", list: cbp-m15", "", "353.yaml:21: event[].code has several lists"},
		{", form: date-time", "", "353.yaml:23: event[].at is a time: a form is needed"},
		{"form: date-time", "form: time", "353.yaml:23: form time takes 1 positions, not 2"},
		{"form: date-time", "form: hourglass", `353.yaml:23: form "hourglass" is not known`},
		{"for: event[]", "for: event", "353.yaml:17: event does not repeat"},
		{"for: event[]", "at: event[]", "353.yaml:17: event[] repeats; use for"},
		{"M15!:", "M15?:", `353.yaml:20: "M15?": TAG or loop NAME was expected`},
		{"status: proposed", "status: sure", `status "sure": one of`},
		{"text: x12-basic", "text: klingon", `353.yaml:8: text: "klingon" is none of`},
		{"version: \"1\"\n", "", "version is needed"},
		{"{version: \"00400\", reads", "{group: AX, version: \"00400\", reads", "353.yaml:10: envelope: a group needs release"},
		{"reads: [\"006050\"]", "group: AX", "353.yaml:10: envelope: reads is needed"},
		{"version: \"00400\", ", "", "353.yaml:10: envelope: version is needed"},
		{"subject.number", "subject.reference.ccn", "is not in the dictionary, which has consignment[].reference.ccn"},
		{"subject.number", "/equipment[].tenant.id", "353.yaml:22: equipment[].tenant.id is not in the dictionary"},
		{"guide: cbp/truck/353", "guide: cbp/truck/354", "stands in the file of cbp/truck/353"},
		{"unused: 5 7-19", "unused: 5 7-x", `"x" is not a position`},
		{"1!: {to: code", "20!: {to: code", "element 20"},
		{"\"353\"}", "\"309x\"}", "309x"},
		{"1: {to: conv", "1: &a {to: conv", ""},
	} {
		err := load(strings.Replace(small, c.old, c.text, 1))
		if c.want == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %s", c.text, c.old, err, c.want)
		}
	}
}

// TestCheckRefusesSilence: a position, a segment, a loop that nothing is said of.
func TestCheckRefusesSilence(t *testing.T) {
	for _, c := range []struct{ old, text, want string }{
		{"unused: 5 7-19", "unused: 5 7-18", "M15: nothing is said of position 19"},
		{"      unused: all others\n", "      unused: M7A V1 V2 MEA\n", "loop M15: nothing is said of K1"},
		{"\nunused: all others\n", "\nunused: CM\n", "the message: nothing is said of P4"},
		{"\nunused: all others\n", "\nunused: CM P4 N1\n", "the message: unused N1 is not in the base message here"},
	} {
		l, err := Load(fstest.MapFS{
			"guides/cbp/truck/353.yaml": {Data: []byte(strings.Replace(small, c.old, c.text, 1))},
			"codes/cbp-port.csv":        {Data: []byte("code,name,source,status\n")},
		})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, err := range l.Check() {
			found = found || strings.Contains(err.Error(), c.want)
		}
		if !found {
			t.Errorf("%s: %v, want %s", c.text, l.Check(), c.want)
		}
	}
}

func TestDetect(t *testing.T) {
	l := library(t)
	for _, c := range []struct{ sample, agency, want string }{
		{"cbp-309-complete.x12", "us.cbp", "cbp/truck/309"},
		{"cbsa-309-cargo.x12", "ca.cbsa", "cbsa/highway/309"},
		{"real-cbp-cuscar-complete.edi", "us.cbp", "cbp/truck/cuscar"},
		{"cbsa-cuscar-cargo.edi", "ca.cbsa", "cbsa/highway/cuscar"},
		{"cbsa-cuscar-cargo.edi", "us.cbp", ""},
		{"cbp-cusres-status.edi", "us.cbp", "cbp/truck/cusres-status"},
		{"cbp-cusres-reject.edi", "us.cbp", "cbp/truck/cusres-accept"},
		{"cbsa-rns-exam.edi", "ca.cbsa", "cbsa/any/rns"},
		{"cbp-309-ocean-004010.x12", "us.cbp", ""},
	} {
		f, err := os.Open("testdata/samples/" + c.sample)
		if err != nil {
			t.Fatal(err)
		}
		m, err := edi.NewReader(f, edi.Options{}).Next()
		_ = f.Close() // only read
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if g, ok := l.Detect(m, c.agency); ok {
			name = g.Name
		}
		if name != c.want {
			t.Errorf("%s for %s: %q, want %q", c.sample, c.agency, name, c.want)
		}
	}
}

// TestPathOf: a finding about a position names the element that stands there.
func TestPathOf(t *testing.T) {
	g, _ := library(t).Guide("cbp/truck/309")
	for _, c := range []struct {
		tag     string
		element int
		want    cargo.Path
	}{
		{"P4", 1, "conveyance.arrival.port.code"},
		{"M11", 1, "consignment[].reference.scn"},
		{"M11", 12, "consignment[].reference.scn"},
		{"M10", 3, ""},
		{"N10", 2, "consignment[].goods[].description"},
	} {
		for id, n := range g.byID {
			if n.tag == c.tag && !n.loop {
				if got := g.PathOf(id, c.element, 0); got != c.want {
					t.Errorf("%s%02d: %q, want %q", c.tag, c.element, got, c.want)
				}
			}
		}
	}
	if g.PathOf(0, 1, 0) != "" {
		t.Error("a node that is none has a path")
	}
}
