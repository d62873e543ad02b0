package edi_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"peacebridge/edi"
)

// odd is a release with everything that the built-in messages do not have: segments that may come in any order,
// loops between LS and LE told apart by their identifiers, neighbours that nothing tells apart, rules.
func odd() *edi.Directories {
	one := `[[1,"1","M",1],[2,"1","O",1]]`
	var tags []string
	for _, tag := range []string{"ST", "SE", "AA", "BB", "CC", "LS", "LE", "LX", "N1", "N2", "R1", "R2", "R3"} {
		tags = append(tags, fmt.Sprintf(`%q:{"name":%q,"elements":%s}`, tag, tag, one))
	}
	return edi.OpenDirectories(fstest.MapFS{
		"x12/009990/segments.json":   {Data: []byte("{" + strings.Join(tags, ",") + "}")},
		"x12/009990/composites.json": {Data: []byte(`{}`)},
		"x12/009990/elements.json":   {Data: []byte(`{"1":{"name":"text","type":"AN","min":1,"max":9}}`)},
		"x12/009990/111.json": {Data: []byte(`{"name":"odd","rules":[{"rule":"C(R1,R2)","says":"R1 needs R2"},{"rule":"E(R1,R3)"}],"structure":[
 {"seg":"ST","req":"M","max":1},
 {"seg":"AA","req":"M","max":1,"pos":20},{"seg":"BB","req":"M","max":2,"pos":20},{"seg":"CC","req":"O","max":1,"pos":20},
 {"seg":"R2","req":"O","max":1},{"seg":"R1","req":"O","max":1},{"seg":"R3","req":"O","max":1},
 {"loop":"FIRST","req":"O","max":1,"choose":[{"element":1,"codes":["2000"]}],"children":[
  {"seg":"LS","req":"M","max":1},{"loop":"LX","req":"M","max":">1","rules":[{"rule":"R(N2,CC)"}],"children":[
    {"seg":"LX","req":"M","max":1},{"seg":"N2","req":"O","max":1},{"seg":"CC","req":"O","max":1}]},{"seg":"LE","req":"M","max":1}]},
 {"loop":"SECOND","req":"O","max":1,"choose":[{"element":1,"codes":["3000"]}],"children":[
  {"seg":"LS","req":"M","max":1},{"seg":"N2","req":"M","max":1},{"seg":"LE","req":"M","max":1}]},
 {"loop":"N1A","req":"O","max":2,"children":[{"seg":"N1","req":"M","max":1}]},
 {"loop":"N1B","req":"O","max":2,"children":[{"seg":"N1","req":"M","max":1}]},
 {"seg":"SE","req":"M","max":1}]}`)},
	})
}

// structures are bodies of messages of that release with the findings that they must bring.
var structures = []struct{ body, want string }{
	{"AA*1~BB*1~", ""},
	{"BB*1~AA*1~", ""}, // any order
	{"CC*1~BB*1~AA*1~BB*2~", ""},
	{"BB*1~CC*1~", "segment-missing:AA"},
	{"AA*1~BB*1~AA*2~", "segment-repeats"},
	{"AA*1~BB*1~R2*1~R1*1~", ""},
	{"AA*1~BB*1~R1*1~", "segment-needed:R2"},
	{"AA*1~BB*1~R2*1~R1*1~R3*1~", "segment-excluded"},
	{"AA*1~BB*1~LS*2000~LX*1~N2*1~LE*2000~LS*3000~N2*1~LE*3000~", ""},
	{"AA*1~BB*1~LS*3000~N2*1~LE*3000~", ""},
	{"AA*1~BB*1~LS*2000~LX*1~N2*1~LX*2~LE*2000~", "segment-needed:N2"},
	{"AA*1~BB*1~LS*2000~LX*1~LX*2~N2*1~LE*2000~", "segment-needed:N2"},
	{"AA*1~BB*1~LS*2000~LX*1~N2*1~LE*3000~", "loop-identifier"},
	{"AA*1~BB*1~LS*2000~LX*1~N2*1~", "segment-missing:LE"},
	{"AA*1~BB*1~LS*9~LX*1~N2*1~LE*9~", "code-unknown"},
	{"AA*1~BB*1~N1*1~", "ambiguous"},
	{"AA*1~BB*1~N1*1~N1*2~N1*3~N1*4~", "ambiguous"}, // once a message
}

func structureDocument(body string) []byte {
	return fmt.Appendf(nil, "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~"+
		"GS*ZZ*A1*B1*20261121*1430*1*X*009990~ST*111*0001~%sSE*%d*0001~GE*1*1~IEA*1*000000001~", body, strings.Count(body, "~")+2)
}

func structureOptions() edi.Options {
	dirs := odd()
	return edi.Options{Spec: func(m *edi.Message) (*edi.Spec, error) { return dirs.Spec(edi.X12, m.Release, m.Name) }}
}

func codes(findings []edi.Finding) string {
	var out []string
	for _, f := range findings {
		s := strings.TrimPrefix(f.Code, "edi.")
		if f.Position.Tag != "" {
			s += ":" + f.Position.Tag
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestStructures(t *testing.T) {
	o := structureOptions()
	for _, c := range structures {
		if got := codes(read(t, structureDocument(c.body), o).Findings); got != c.want {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
}

// TestBoundLoops follows LS and LE in messages that no directory describes.
func TestBoundLoops(t *testing.T) {
	o := edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return nil, nil }, Limits: edi.Limits{Depth: 2}}
	for _, c := range []struct{ body, want string }{
		{"LS*1~LS*2~LE*2~LE*1~", ""},
		{"LS*1~LS*2~LE*1~LE*2~", "loop-identifier loop-identifier"},
		{"LE*1~", "loop-unopened"},
		{"LS*1~AA*1~", "loop-unclosed:LE"},
		{"LS*1~LS*2~LS*3~LS*4~LE*4~LE*3~LE*2~LE*1~", ""}, // past the depth they are counted
	} {
		if got := codes(read(t, structureDocument(c.body), o).Findings); got != c.want {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
}

// TestHierarchy follows HL: numbers from 1, parents that came before, and HL04, which says whether children follow.
func TestHierarchy(t *testing.T) {
	o := edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return nil, nil }, Limits: edi.Limits{Levels: 4}}
	leaves := strings.Repeat("HL*%d*1*I*1~", 6)
	for _, c := range []struct{ body, want string }{
		{"HL*1**S*1~HL*2*1*O*1~HL*3*2*I*0~HL*4*2*I*0~", ""},
		{"HL*1**S~HL*2*1*O~HL*3*2*I*9~", ""},                           // HL04 is optional
		{"HL*1**S*1~HL*2*1*O*1~HL*3*1*O*1~HL*4*2*I*0~HL*5*3*I*0~", ""}, // not top-down, but each has its child
		{"HL*1**S*0~HL*2*1*O*0~", "hierarchy-child 2 4"},
		{"HL*1**S*0~HL*2*1*O*0~HL*3*1*O*0~", "hierarchy-child 2 4"}, // once for all its children
		{"HL*1**S*1~HL*2*1*O*1~", "hierarchy-child 3 4"},
		{"HL*1**S*1~HL*2*1*O*1~HL*3*1*O*0~", "hierarchy-child 3 4"},
		{"HL*1**S*1~LS*A~HL*2*1*O*1~LE*A~", "hierarchy-child 4 4 A"},
		{"HL*1**S*1~" + fmt.Sprintf(leaves, 2, 3, 4, 5, 6, 7), "hierarchy-child 3 4, hierarchy-child 4 4, hierarchy-child 5 4, " +
			"hierarchy-child 6 4, hierarchy-child 7 4, hierarchy-child 8 4"},
		{"HL*1**S*0~HL*2**S*0~HL*3**S*0~HL*4**S*0~HL*5**S*0~HL*6*1*O*0~", ""}, // past Limits.Levels
		{"HL*2**S*1~HL*3*1*O*1~HL*4*1*O*0~", "hierarchy 2 1, hierarchy-child 2 4, hierarchy-child 3 4"},
		{"HL*1**S*1~HL*1*1*O*1~", "hierarchy 3 1"}, // nobody can tell whose child is whose
		{"HL*A**S*1~HL*B*A*O*0~", "hierarchy 2 1"},
	} {
		var got []string
		for _, f := range read(t, structureDocument(c.body), o).Findings {
			p := f.Position
			got = append(got, strings.TrimSpace(fmt.Sprint(strings.TrimPrefix(f.Code, "edi."), " ", p.MessageSegment, " ", p.Element, " ", f.Loop)))
			if f.Severity != edi.Warning || f.Tag != "HL" {
				t.Errorf("%s: %+v", c.body, f)
			}
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
}

// TestSections moves through the sections of a message with UNS, from any place to the next, and refuses a UNS of
// the wrong one.
func TestSections(t *testing.T) {
	for body, want := range map[string]string{
		"BGM+929+1+9'UNS+D'UNS+S'":                         "",
		"BGM+929+1+9'LOC+22+X'UNS+D'CST+1'LOC+27+X'UNS+S'": "",
		"BGM+929+1+9'CST+1'UNS+D'UNS+S'CNT+5:1'":           "",
		"BGM+929+1+9'UNS+S'UNS+D'":                         "segment-missing:UNS code-unknown",
		"BGM+929+1+9'UNS+D'CST+1'CNT+5:1'":                 "segment-missing:UNS",
		"BGM+929+1+9'UNS+X'UNS+S'":                         "code-unknown",
	} {
		doc := fmt.Sprintf("UNB+UNOA:3+A:14+B:14+261121:1430+1'UNH+1+CUSDEC:D:96B:UN'%sUNT+%d+1'UNZ+1+1'", body, strings.Count(body, "'")+2)
		if got := codes(read(t, []byte(doc), edi.Options{}).Findings); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// TestOverfull repeats a group before a mandatory one and the same group after that: the nearer place is full, and the
// farther one is not taken past what is missing, unless what follows belongs there.
func TestOverfull(t *testing.T) {
	reporters := strings.Repeat("NAD+MS+1'", 5)
	for body, want := range map[string]string{
		reporters + "TDT+20+1'DTM+136:20261121:102'NAD+FL+1'ATT+2++M'":                   "",
		reporters + "NAD+MS+6'TDT+20+1'DTM+136:20261121:102'NAD+FL+1'ATT+2++M'":          "loop-repeats",
		reporters + "NAD+MS+6'COM+1:TE'NAD+MS+7'TDT+20+1'DTM+136:20261121:102'NAD+FL+1'": "loop-repeats loop-repeats",
		reporters + "NAD+FL+1'ATT+2++M'NAD+FL+2'ATT+2++M'":                               "loop-repeats segment-missing:TDT",
	} {
		doc := fmt.Sprintf("UNB+UNOA:3+A:14+B:14+261121:1430+1'UNH+1+PAXLST:D:05B:UN'BGM+745'%sUNT+%d+1'UNZ+1+1'", body, strings.Count(body, "'")+3)
		if got := codes(read(t, []byte(doc), edi.Options{}).Findings); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// TestRules checks the rules that the built-in directories have: status of a release needs its conveyance.
func TestRules(t *testing.T) {
	for body, want := range map[string]string{
		"M10*ABCD*J*US*1234567*BOAT*101N***Z*L~P4*3801*20261121***1800~": "",
		"P4*3801*20261121***1800~":                                       "segment-needed:M10",
	} {
		doc := strings.ReplaceAll(strings.ReplaceAll(string(structureDocument(body)), "ST*111", "ST*350"), "009990", "004010")
		doc = strings.Replace(doc, "GS*ZZ", "GS*SO", 1)
		found := read(t, []byte(doc), edi.Options{}).Findings
		if got := codes(found); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
		for _, f := range found {
			if f.Rule != "004010 350 C(P4,M10)" || f.Position.Segment != 4 {
				t.Errorf("%+v", f)
			}
		}
	}
	o := truckManifest()
	o.Rules = []edi.Rule{{Rule: "C(BGM,NONE)"}}
	if _, err := edi.Builtin().Compile(o); err == nil {
		t.Error("a rule about what is not there was taken")
	}
	o.Rules = []edi.Rule{{Rule: "Q(BGM,LOC)"}}
	if _, err := edi.Builtin().Compile(o); err == nil {
		t.Error("a rule of no kind was taken")
	}
}

// TestTriggers names what makes a broken condition apply.
func TestTriggers(t *testing.T) {
	for _, c := range []struct {
		set, body, rule, tag string
		segment, element     int
	}{
		{"350", "P4*3801*20261121~", "005010 350 C(P4,M10)", "P4", 2, 0},
		{"309", "N1*SH**ZZ~", "005010 N1 P0304", "N1", 2, 3},
		{"309", "N9*BM~", "005010 N9 R0203", "", 0, 0},
	} {
		doc := strings.Replace(isaHead, "*U*00401", "*^*00501", 1) + "GS*RO*AA*BB*20261121*1430*7*X*005010~ST*" + c.set + "*0001~" + c.body + "SE*3*0001~GE*1*7~IEA*1*000000001~"
		found := false
		for _, f := range read(t, []byte(doc), edi.Options{}).Findings {
			if f.Rule != c.rule {
				continue
			}
			found = true
			if at := f.Trigger; at.Tag != c.tag || at.MessageSegment != c.segment || at.Element != c.element || c.element > 0 && at.Offset <= f.Position.Offset && f.Position.Element > at.Element {
				t.Errorf("%s: %+v", c.rule, f)
			}
		}
		if !found {
			t.Errorf("%s: not found", c.rule)
		}
	}
}
