package edi_test

import (
	"fmt"
	"io"
	"math/bits"
	"strings"
	"testing"

	"peacebridge/edi"
)

// holds says what the clauses say of three positions, those present being the bits of present: X12.6 3.7.3 for the
// letters, ISO 9735-1 annex C for D1 to D7.
func holds(kind string, present uint) bool {
	n := bits.OnesCount(present)
	first, others := present&1 == 1, bits.OnesCount(present>>1)
	switch kind {
	case "D1": // one and only one
		return n == 1
	case "P", "D2": // all or none
		return n == 0 || n == 3
	case "R", "D3": // one or more
		return n > 0
	case "E", "D4": // one or none
		return n < 2
	case "C", "D5": // if first, then all
		return !first || others == 2
	case "L", "D6": // if first, then one or more
		return !first || others > 0
	case "D7": // if first, then none of the others
		return !first || others == 0
	}
	panic(kind)
}

// TestConditions breaks every condition in every way, between elements and between components, and looks where
// the fault is said to be.
func TestConditions(t *testing.T) {
	for _, s := range []struct {
		syntax    edi.Syntax
		release   string
		message   string
		kinds     []string
		text      string
		composite string
	}{
		{edi.X12, "005010", "997", []string{"P", "R", "E", "C", "L"}, "%s010203", "C030"},
		{edi.EDIFACT, "D03B", "APERAK", []string{"D1", "D2", "D3", "D4", "D5", "D6", "D7"}, "%s(010,020,030)", "C002"},
	} {
		for _, kind := range s.kinds {
			three := []edi.ElementRef{{Position: 1, Ref: "ZZZ1"}, {Position: 2, Ref: "ZZZ1"}, {Position: 3, Ref: "ZZZ1"}}
			condition := fmt.Sprintf(s.text, kind)
			o := edi.Overlay{
				Name: "conditions", Syntax: s.syntax, Release: s.release, Message: s.message,
				Elements:   []edi.ElementDef{{ID: "ZZZ1", Name: "text", Type: map[edi.Syntax]string{edi.X12: "AN", edi.EDIFACT: "an"}[s.syntax], Min: 1, Max: 9}},
				Composites: []edi.CompositeDef{{ID: "CZZ1", Name: "three", Components: three, Conditions: []string{condition}}},
				Segments: []edi.SegmentDef{
					{Tag: "ZZA", Name: "elements", Elements: append([]edi.ElementRef{}, append(three, edi.ElementRef{Position: 4, Ref: "ZZZ1"})...), Conditions: []string{condition}},
					{Tag: "ZZB", Name: "components", Elements: []edi.ElementRef{{Position: 1, Ref: "ZZZ1"}, {Position: 2, Ref: "CZZ1"}}},
				},
				Body: []edi.OverlayNode{{ID: 1, Name: "ZZA", Max: 1}, {ID: 2, Name: "ZZB", Max: 1}},
			}
			spec, err := edi.Builtin().Compile(o)
			if err != nil {
				t.Fatal(err)
			}
			for present := range uint(8) {
				values := [3]string{}
				for i := range values {
					if present>>i&1 == 1 {
						values[i] = "A"
					}
				}
				element, component := "*", ">"
				if s.syntax == edi.EDIFACT {
					element, component = "+", ":"
				}
				inside := strings.TrimRight(strings.Join(values[:], component), component)
				body := []string{"ZZA" + element + strings.Join(values[:], element) + element + "A", "ZZB" + element + "A" + strings.TrimRight(element+inside, element)}
				for at, segment := range body {
					if at == 1 && present == 0 {
						continue // a composite of which nothing is there is not there
					}
					doc := isaHead + "GS*FA*AA*BB*20261121*1430*1*X*005010~ST*997*0001~" + segment + "~SE*3*0001~GE*1*1~IEA*1*000000001~"
					if s.syntax == edi.EDIFACT {
						doc = unbHead + "UNH+1+APERAK:D:03B:UN'" + segment + "'UNT+3+1'UNZ+1+1'"
					}
					checkCondition(t, doc, kind, present, at == 1, spec)
				}
			}
		}
	}
}

func checkCondition(t *testing.T, doc, kind string, present uint, composite bool, spec *edi.Spec) {
	t.Helper()
	r := edi.NewBytesReader([]byte(doc), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return spec, nil }})
	for {
		if _, err := r.Next(); err == io.EOF {
			break
		}
	}
	var broken []edi.Finding
	for _, f := range r.Result().Findings {
		if f.Level == edi.LevelCondition {
			broken = append(broken, f)
		} else if f.Severity == edi.Error {
			t.Fatalf("%s: %+v", doc, f)
		}
	}
	if holds(kind, present) != (len(broken) == 0) || len(broken) > 1 {
		t.Fatalf("%s: %03b of %s: %+v", doc, present, kind, broken)
	}
	for _, f := range broken {
		at := f.Position.Element
		if composite {
			at = f.Position.Component
		}
		there := at > 0 && present>>(at-1)&1 == 1
		if excess := f.Code == "edi.condition-excluded"; at < 1 || at > 3 || excess != there || f.Position.MessageSegment != 2 || f.Severity != edi.Error {
			t.Errorf("%s: %03b of %s: %+v", doc, present, kind, f)
		}
	}
}
