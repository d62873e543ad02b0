package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"peacebridge/edi"
)

// truckManifest is an overlay as an agency needs it: it extends the base (DOC before RFF in the consignment,
// RFF after SEL, codes of its own) and restricts it.
func truckManifest() edi.Overlay {
	id := 0
	seg := func(name string, usage edi.Usage, max int, choose ...edi.Choice) edi.OverlayNode {
		id++
		return edi.OverlayNode{ID: id, Name: name, Usage: usage, Max: max, Choose: choose}
	}
	loop := func(name string, usage edi.Usage, max int, children ...edi.OverlayNode) edi.OverlayNode {
		id++
		return edi.OverlayNode{ID: id, Name: name, Loop: true, Usage: usage, Max: max, Children: children}
	}
	is := func(element, component int, codes ...string) edi.Choice {
		return edi.Choice{Element: element, Component: component, Codes: codes}
	}
	equipment := seg("EQD", edi.Required, 1)
	equipment.Elements = []edi.OverlayElement{{Element: 1, Codes: []string{"BI", "TL"}}}
	indicator := seg("GEI", edi.Optional, 9)
	indicator.Elements = []edi.OverlayElement{{Element: 1, Codes: []string{"7"}}, {Element: 2, Component: 1, Codes: []string{"134"}, Open: true}}
	count := seg("CNT", edi.Optional, 9)
	count.Elements = []edi.OverlayElement{{Element: 1, Component: 1, Codes: []string{"58"}}}
	return edi.Overlay{
		Name: "test/truck", Syntax: edi.EDIFACT, Release: "D03B", Message: "CUSCAR",
		Body: []edi.OverlayNode{
			seg("BGM", edi.Required, 1), seg("DTM", edi.Required, 1), seg("LOC", edi.Required, 1),
			loop("REF", edi.Optional, 9, seg("RFF", edi.Required, 1)),
			// Two parties with the same tag, in any order.
			loop("DRIVER", edi.Required, 1, seg("NAD", edi.Required, 1, is(1, 1, "VW"))),
			loop("CARRIER", edi.Required, 1, seg("NAD", edi.Required, 1, is(1, 1, "CA"))),
			seg("FTX", edi.Optional, 9),
			loop("MEANS", edi.Required, 1, seg("TDT", edi.Required, 1)),
			loop("EQUIPMENT", edi.Optional, 0, equipment, seg("SEL", edi.Optional, 9),
				seg("RFF", edi.Optional, 2, is(1, 1, "ABZ", "IIT")), seg("LOC", edi.Optional, 1)),
			loop("CONSIGNMENT", edi.Required, 0, seg("CNI", edi.Required, 1), seg("DOC", edi.Optional, 1),
				loop("SHIPMENT", edi.Required, 0, seg("RFF", edi.Required, 1, is(1, 1, "AAM")), count,
					seg("LOC", edi.Optional, 99), indicator,
					loop("ONWARD", edi.Optional, 9, seg("TDT", edi.Required, 1), seg("DTM", edi.Optional, 1),
						loop("BOND", edi.Optional, 9, seg("RFF", edi.Required, 1, is(1, 1, "AWM")), seg("TSR", edi.Optional, 1))),
					loop("PARTY", edi.Required, 99, seg("NAD", edi.Required, 1),
						loop("CONTACT", edi.Optional, 9, seg("CTA", edi.Required, 1), seg("COM", edi.Optional, 9))),
					loop("GOODS", edi.Required, 0, seg("GID", edi.Required, 1), seg("PAC", edi.Required, 1),
						seg("FTX", edi.Required, 9), seg("MEA", edi.Required, 1), seg("SGP", edi.Optional, 99)))),
		},
	}
}

func readWith(t *testing.T, doc []byte, o edi.Overlay) (*edi.Message, *edi.Result) {
	t.Helper()
	spec, err := edi.Builtin().Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	r := edi.NewReader(bytes.NewReader(doc), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return spec, nil }})
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatal("more than one message", err)
	}
	return m, r.Result()
}

// TestOverlayAllowsWhatTheBaseDoesNot reads a manifest as the agency publishes it: valid under the overlay, with
// each deviation from the base told as a warning.
func TestOverlayAllowsWhatTheBaseDoesNot(t *testing.T) {
	doc := documents(t)["sample-real-cuscar-complete.txtar"]
	m, res := readWith(t, doc, truckManifest())
	if !res.Valid() {
		t.Errorf("not valid: %+v", errorsIn(res))
	}
	warned := map[string]bool{}
	for _, f := range res.Findings {
		warned[f.Code+" "+f.Tag] = true
	}
	for _, want := range []string{"edi.segment-unexpected RFF", "edi.segment-unexpected DOC", "edi.code-unknown EQD", "edi.code-unknown CNT", "edi.guide-code-open GEI"} {
		if !warned[want] {
			t.Errorf("no warning %s: %v", want, warned)
		}
	}
	var out strings.Builder
	printIDs(&out, m.Root)
	if strings.Contains(out.String(), ":0") {
		t.Errorf("nodes without an ID: %s", out.String())
	}
	if !strings.Contains(out.String(), "EQUIPMENT:") || !strings.Contains(out.String(), "BOND:") {
		t.Errorf("tree: %s", out.String())
	}
}

func errorsIn(res *edi.Result) []string {
	var out []string
	for _, f := range res.Findings {
		if f.Severity == edi.Error {
			out = append(out, fmt.Sprintf("%s %s %s %s", f.Level, f.Code, f.Rule, place(f.Position)))
		}
	}
	return out
}

func printIDs(w io.Writer, n *edi.Node) {
	for _, c := range n.Children {
		if c.Name != "UNH" && c.Name != "UNT" {
			fmt.Fprintf(w, "%s:%d ", c.Name, c.ID)
		}
		printIDs(w, c)
	}
}

// TestOverlayRestricts breaks each restriction of the overlay.
func TestOverlayRestricts(t *testing.T) {
	doc := string(documents(t)["sample-real-cuscar-complete.txtar"])
	overlay := truckManifest()
	overlay.Body[0].Elements = []edi.OverlayElement{
		{Element: 2, Component: 1, Usage: edi.Required, Max: 20},
		{Element: 2, Usage: edi.Required},
		{Element: 4, Usage: edi.NotUsed},
		{Element: 1, Component: 2, Usage: edi.NotUsed},
		{Element: 3, Codes: []string{"22"}},
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"qualifier":       {"NAD+CA+", "NAD+ZZ+", "guide edi.guide-code"},
		"code":            {"EQD+BI+", "EQD+CN+", "guide edi.guide-code"},
		"element missing": {"+LOCKKH04112206+", "++", "guide edi.guide-element-missing"},
		"element unused":  {"+LOCKKH04112206+22'", "+LOCKKH04112206+22+AA'", "guide edi.guide-element-unused"},
		"component":       {"BGM+85:::", "BGM+85:1::", "guide edi.guide-element-unused"},
		"long":            {"+LOCKKH04112206+", "+LOCKKH0411220612345678+", "directory edi.element-long"},
		"loop missing":    {"TDT+11++03+:::BT++I++:109::10000324'", "", "guide edi.guide-segment-missing"},
		"segment twice":   {"LOC+60+0901:77'", "LOC+60+0901:77'LOC+60+0901:77'", "directory edi.segment-repeats"},
	} {
		changed := strings.Replace(doc, c.old, c.new, 1)
		if changed == doc {
			t.Fatalf("%s: nothing changed", name)
		}
		_, res := readWith(t, []byte(changed), overlay)
		found := false
		for _, e := range errorsIn(res) {
			found = found || strings.HasPrefix(e, c.want)
		}
		if !found {
			t.Errorf("%s: no %s in %v", name, c.want, errorsIn(res))
		}
	}
}

// TestOverlayBorrowsSegments takes a segment from a release, lengthens one element and leaves out a condition.
func TestOverlayBorrowsSegments(t *testing.T) {
	doc := "ISA*00*          *00*          *ZZ*S              *ZZ*R              *261121*1430*U*00401*000000001*0*T*>~" +
		"GS*AQ*SS*RR*20261121*1430*1*X*005020~ST*309*0001~M10*ABCD*J*US***ABCD26112101***W~SE*3*0001~GE*1*1~IEA*1*000000001~"
	base := edi.Overlay{Name: "o", Syntax: edi.X12, Release: "005010", Message: "309", Body: []edi.OverlayNode{{ID: 1, Name: "M10", Max: 1}}}
	if _, res := readWith(t, []byte(doc), base); res.Valid() {
		t.Error("valid with the base segment")
	}
	base.Segments = []edi.SegmentDef{{
		Tag: "M10", From: "005010", Drop: []string{"R0405"},
		Elements: []edi.ElementRef{{Position: 9, Ref: "256"}, {Position: 6, Ref: "55", Min: 2, Max: 25, Type: "AN"}},
	}}
	if _, res := readWith(t, []byte(doc), base); !res.Valid() {
		t.Errorf("%v", errorsIn(res))
	}
}

func TestOverlayRefused(t *testing.T) {
	good := func() edi.Overlay {
		return edi.Overlay{Name: "o", Syntax: edi.X12, Release: "004010", Message: "309", Body: []edi.OverlayNode{{ID: 1, Name: "M10"}}}
	}
	for name, spoil := range map[string]func(o *edi.Overlay){
		"release":      func(o *edi.Overlay) { o.Release = "005020" },
		"message":      func(o *edi.Overlay) { o.Message = "310" },
		"id twice":     func(o *edi.Overlay) { o.Body = append(o.Body, o.Body[0]) },
		"id missing":   func(o *edi.Overlay) { o.Body[0].ID = 0 },
		"segment":      func(o *edi.Overlay) { o.Body[0].Name = "XYZ" },
		"tag":          func(o *edi.Overlay) { o.Body[0].Name = "LONGTAG" },
		"empty loop":   func(o *edi.Overlay) { o.Body[0].Loop = true },
		"element":      func(o *edi.Overlay) { o.Body[0].Elements = []edi.OverlayElement{{Element: 40}} },
		"component":    func(o *edi.Overlay) { o.Body[0].Elements = []edi.OverlayElement{{Element: 1, Component: 2}} },
		"lengths":      func(o *edi.Overlay) { o.Body[0].Elements = []edi.OverlayElement{{Element: 1, Min: 9, Max: 3}} },
		"choice":       func(o *edi.Overlay) { o.Body[0].Choose = []edi.Choice{{Element: 50, Codes: []string{"A"}}} },
		"empty choice": func(o *edi.Overlay) { o.Body[0].Choose = []edi.Choice{{Element: 1}} },
		"condition":    func(o *edi.Overlay) { o.Segments = []edi.SegmentDef{{Tag: "M10", Conditions: []string{"Z12"}}} },
		"drop": func(o *edi.Overlay) {
			o.Segments = []edi.SegmentDef{{Tag: "M10", From: "004010", Drop: []string{"P0102"}}}
		},
		"from": func(o *edi.Overlay) { o.Segments = []edi.SegmentDef{{Tag: "M10", From: "1"}} },
		"ref": func(o *edi.Overlay) {
			o.Segments = []edi.SegmentDef{{Tag: "M10", Elements: []edi.ElementRef{{Position: 1, Ref: "none"}}}}
		},
		"type": func(o *edi.Overlay) {
			o.Segments = []edi.SegmentDef{{Tag: "M10", Elements: []edi.ElementRef{{Position: 1, Ref: "1", Type: "XX"}}}}
		},
		"position": func(o *edi.Overlay) {
			o.Segments = []edi.SegmentDef{{Tag: "M10", Elements: []edi.ElementRef{{Position: 99, Ref: "1"}}}}
		},
	} {
		o := good()
		spoil(&o)
		if _, err := edi.Builtin().Compile(o); err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
	if _, err := edi.Builtin().Compile(good()); err != nil {
		t.Error(err)
	}
}
