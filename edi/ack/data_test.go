package ack

import (
	"slices"
	"strings"
	"testing"

	"peacebridge/edi"
)

// lists returns the code lists of the acknowledgements of a release by element number.
func lists(t *testing.T, syntax edi.Syntax, release string, messages ...string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, name := range messages {
		s, err := edi.Builtin().Spec(syntax, release, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range s.Nodes() {
			for _, e := range n.Elements {
				if len(e.Codes) > 0 {
					out[e.Ref] = e.Codes
				}
			}
		}
	}
	return out
}

// TestCodesExist looks every code of findings.csv and of the tables up in the code list of its element.
func TestCodesExist(t *testing.T) {
	x12 := lists(t, edi.X12, "005010", "997", "999", "824")
	syntax3, syntax4 := lists(t, edi.EDIFACT, "D3", "CONTRL"), lists(t, edi.EDIFACT, "41", "CONTRL")
	look := func(where string, list []string, code string) {
		t.Helper()
		if code != "" && !slices.Contains(list, code) {
			t.Errorf("%s: %s is not in the list", where, code)
		}
	}
	for k := range edi.Kinds() {
		look(k.Code+" 716", x12["716"], k.Group)
		look(k.Code+" 718", x12["718"], k.Set)
		look(k.Code+" 720", x12["720"], k.Segment)
		look(k.Code+" 723", x12["723"], k.Element)
		look(k.Code+" 620 or 621", slices.Concat(x12["620"], x12["621"]), k.IK)
		look(k.Code+" 0085 of syntax 3", syntax3["0085"], codeIn("0085", k.EDIFACT, "3"))
		look(k.Code+" 0085 of syntax 4", syntax4["0085"], codeIn("0085", k.EDIFACT, "4"))
	}
	for key, s := range data().codes {
		if list := x12[key[0]]; len(list) > 0 {
			look("codes.csv "+key[0], list, key[1])
			look("codes.csv "+key[0], list, s.instead)
		}
	}
	for p, code := range data().places {
		if list := x12[p.report]; len(list) > 0 {
			look("places.csv "+p.segment, list, code)
		} else if p.report != "I18" || len(code) != 3 {
			t.Errorf("places.csv %s: %s is no list", p.segment, p.report)
		}
	}
	for _, v := range []Verdict{Usual, Accepted, Noted, Partial, Rejected} {
		for _, element := range []string{"715", "717"} {
			look(v.String(), x12[element], v.written(element))
		}
		look(v.String(), syntax4["0083"], v.written("0083"))
		if v.written("110") == "" || v.written("I17") == "" || v.written("1001") == "" || v.written("4343") == "" {
			t.Errorf("%s is not written everywhere", v)
		}
	}
}

func TestCodesByRelease(t *testing.T) {
	for _, c := range []struct{ element, code, release, want string }{
		{"718", "23", "005010", "23"},
		{"718", "23", "004010", "7"},
		{"718", "4", "004010", "4"},
		{"716", "19", "004060", "6"},
		{"723", "12", "004030", "12"},
		{"723", "12", "004010", "3"},
		{"716", "7", "004010", ""},
		{"1001", "313", "D95B", ""},
		{"1001", "313", "D00A", "313"},
		{"I18", "032", "004010", "016"},
		{"I18", "032", "005010", "032"},
		{"720", "", "005010", ""},
		{"0085", "19", "3", "19"},
		{"0085", "38", "3", "38"},
		{"0085", "19", "4", "12"},
		{"0085", "38", "4", "12"},
		{"0085", "37", "4", "37"},
	} {
		if got := codeIn(c.element, c.code, c.release); got != c.want {
			t.Errorf("%s %s in %s: %q, %q expected", c.element, c.code, c.release, got, c.want)
		}
	}
}

func TestTablesAreChecked(t *testing.T) {
	good := [3]string{"element,value,since,instead,until\n718,1,005010,,\n", "segment,element,acknowledgement,code\nGS,1,716,1\n", "verdict,a,b,c,d,e,f,g\naccepted,1,2,3,4,5,6,7\n"}
	for _, c := range []struct {
		part int
		text string
	}{
		{0, "element,value\n"},
		{0, good[0] + "718,1,004010,,\n"},
		{0, "element,value,since,instead,until\n"},
		{1, "a,b\n"},
		{1, "segment,element,acknowledgement,code\nGS,one,716,1\n"},
		{2, "verdict\n"},
	} {
		parts := good
		parts[c.part] = c.text
		if _, err := parseTables([]byte(parts[0]), []byte(parts[1]), []byte(parts[2])); err == nil || !strings.Contains(err.Error(), ".csv: ") {
			t.Errorf("%q: %v", c.text, err)
		}
	}
	if _, err := parseTables([]byte(good[0]), []byte(good[1]), []byte(good[2])); err != nil {
		t.Error(err)
	}
}

func TestPolicyVerdicts(t *testing.T) {
	f := func(level edi.Level, severity edi.Severity) *edi.Finding {
		return &edi.Finding{Code: "edi.code-unknown", Level: level, Severity: severity}
	}
	all := Policy{Syntax: Noted, Envelope: Noted, Directory: Noted, Condition: Noted, Code: Noted, Guide: Noted, Warning: Rejected}
	for level := edi.LevelSyntax; level <= edi.LevelGuide; level++ {
		if got := (Policy{}).Finding(f(level, edi.Error)); got != Rejected {
			t.Errorf("%s: %s", level, got)
		}
		if got := (Policy{}).Finding(f(level, edi.Warning)); got != Accepted {
			t.Errorf("%s: warning: %s", level, got)
		}
		if got := all.Finding(f(level, edi.Error)); got != Noted {
			t.Errorf("%s: noted: %s", level, got)
		}
		if got := all.Finding(f(level, edi.Warning)); got != Rejected {
			t.Errorf("%s: warning rejects: %s", level, got)
		}
	}
	bad, good := &edi.MessageResult{Findings: []edi.Finding{*f(edi.LevelCode, edi.Error)}}, &edi.MessageResult{}
	for _, c := range []struct {
		g    edi.GroupResult
		p    Policy
		want Verdict
	}{
		{edi.GroupResult{}, Policy{}, Accepted},
		{edi.GroupResult{Messages: []*edi.MessageResult{good, bad}}, Policy{}, Partial},
		{edi.GroupResult{Messages: []*edi.MessageResult{good, bad}}, Policy{Whole: true}, Rejected},
		{edi.GroupResult{Messages: []*edi.MessageResult{good, bad}}, Policy{Code: Noted}, Noted},
		{edi.GroupResult{Messages: []*edi.MessageResult{good, bad}}, Policy{Code: Accepted}, Accepted},
		{edi.GroupResult{Messages: []*edi.MessageResult{bad}}, Policy{}, Rejected},
		{edi.GroupResult{Messages: []*edi.MessageResult{bad}, Received: 9}, Policy{}, Partial},
		{edi.GroupResult{Messages: []*edi.MessageResult{{Refused: true}}}, all, Rejected},
		{edi.GroupResult{Messages: []*edi.MessageResult{good}, Findings: []edi.Finding{*f(edi.LevelEnvelope, edi.Error)}}, Policy{}, Rejected},
	} {
		if got := c.p.Group(&c.g); got != c.want {
			t.Errorf("%d messages: %s, %s expected", len(c.g.Messages), got, c.want)
		}
	}
}
