package edi_test

import (
	"testing"

	"peacebridge/edi"
)

// TestRepetitionPositions finds what is wrong in later repetitions where it stands.
func TestRepetitionPositions(t *testing.T) {
	doc := "UNB+UNOC:4+A:14+B:14+20261121:1430+1'UNH+1+CUSREP:D:04B:UN'BGM+336+REF1+9'" +
		"DTM+132:202611211500:203*132:202613991500:203'UNT+4+1'UNZ+1+1'"
	r := edi.NewBytesReader([]byte(doc), edi.Options{})
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	dtm := &m.Segments[2]
	for _, c := range []struct {
		repetition, component int
		offset                int64
	}{{1, 2, 8}, {2, 1, 25}, {2, 2, 29}, {2, 0, 25}, {3, 1, 0}} {
		p := dtm.RepAt(1, c.repetition, c.component)
		if p.Offset != dtm.Position.Offset+c.offset || p.Repetition != c.repetition || p.Component != c.component {
			t.Errorf("repetition %d component %d: %+v", c.repetition, c.component, p)
		}
	}
	found := false
	for _, f := range m.Findings {
		if f.Code == "edi.element-date" {
			found = f.Position.Repetition == 2 && f.Position.Offset == dtm.Position.Offset+29
		}
	}
	if !found {
		t.Errorf("%+v", m.Findings)
	}
}

// TestOpenQualifiers holds the qualifiers of parties to one list, open, in the envelope and in the service message.
func TestOpenQualifiers(t *testing.T) {
	for version, release := range map[string]string{"3": "D:3:UN", "4": "4:1:UN"} {
		res := read(t, []byte("UNB+UNOA:"+version+"+A:ZZ+B:ZZ+261121:1430+1'UNH+1+CONTRL:"+release+"'UCI+8+A:ZZ+B:ZZ+7'UCF+1+A:ZZ+B:ZZ+7'UNT+4+1'UNZ+1+1'"), edi.Options{})
		n := 0
		for _, f := range res.Findings {
			if f.Element == "0007" {
				n++
			}
			if f.Severity == edi.Error {
				t.Errorf("%+v", f)
			}
		}
		if n != 6 {
			t.Errorf("syntax %s: %d qualifiers told", version, n)
		}
	}
}

func TestDefinitions(t *testing.T) {
	d := edi.Builtin()
	if e, err := d.Element(edi.X12, "005010", "143"); err != nil || e.Name == "" {
		t.Errorf("%+v %v", e, err)
	}
	if c, err := d.Composite(edi.EDIFACT, "D03B", "S009"); err != nil || len(c.Components) < 4 {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := d.Element(edi.X12, "005010", "none"); err == nil {
		t.Error("an element that is not defined was found")
	}
	if _, err := d.Composite(edi.X12, "1", "C001"); err == nil {
		t.Error("a composite of an unknown release was found")
	}
}

// TestRepetitionUnfolded reads the repetitions of a last element as elements of their own where the syntax version has no
// repetition, and only there.
func TestRepetitionUnfolded(t *testing.T) {
	for _, c := range []struct{ version, segment, findings string }{
		{"3", "COM+1:TE+2:FX+3:EM", ""},
		{"3", "COM+1:TE+2:FX+3:EM+4:EM", "element-extra"},
		{"3", "COM+1:TE+:FX", "component-missing"},
		{"3", "COM++2:FX", "element-missing"},
		{"4", "COM+1:TE+2:FX", "element-extra"},
		{"4", "COM+1:TE*2:FX*3:EM", ""},
		{"4", "COM+1:TE*2:FX*3:EM*4:EM", "element-repeats"},
	} {
		date := "261121"
		if c.version == "4" {
			date = "20261121"
		}
		doc := "UNB+UNOC:" + c.version + "+A+B+" + date + ":1430+1'UNH+1+PAXLST:D:03B:UN'BGM+745'NAD+MS'" + c.segment + "'TDT+20'DTM+132:20261121:102'UNT+7+1'UNZ+1+1'"
		if got := codes(read(t, []byte(doc), edi.Options{}).Findings); got != c.findings {
			t.Errorf("syntax %s, %s: %q, want %q", c.version, c.segment, got, c.findings)
		}
	}
}
