package main

import (
	"bytes"
	"strings"
	"testing"

	"peacebridge/edi"
)

func TestExcerptPutsTheCaretUnderTheElement(t *testing.T) {
	x12 := edi.Delimiters{Element: '*', Component: '>', Repetition: '^', Terminator: '~'}
	edifact := edi.Delimiters{Element: '+', Component: ':', Release: '?', Terminator: '\''}
	for _, tt := range []struct {
		name       string
		doc        string
		d          edi.Delimiters
		at         string // the offset is where this begins
		p          edi.Position
		hide       func(element, component int) bool
		text, mark string
	}{
		{"an element", "ST*309*0001~\nN4*TORONTO*ONT*M5V~\n", x12, "ONT*", edi.Position{Element: 2}, nil, "N4*TORONTO*ONT*M5V~", "           ^^^"},
		{"the tag", "ST*309*0001~\nN4*TORONTO~\n", x12, "N4*", edi.Position{}, nil, "N4*TORONTO~", "^^"},
		{"an element that is missing", "ST*309~N4*A~", x12, "N4*", edi.Position{Element: 3}, nil, "N4*A~", "    ^"},
		{"an empty element, named by its segment", "N4**ON~", x12, "N4*", edi.Position{Element: 1}, nil, "N4**ON~", "   ^"},
		{"a component", "SVC*HC>99213>25*40~", x12, "99213", edi.Position{Element: 1, Component: 2}, nil, "SVC*HC>99213>25*40~", "       ^^^^^"},
		{"a component by its segment", "SVC*HC>99213>25*40~", x12, "SVC", edi.Position{Element: 1, Component: 3}, nil, "SVC*HC>99213>25*40~", "             ^^"},
		{"a composite as a whole", "SVC*HC>99213*40~", x12, "SVC", edi.Position{Element: 1}, nil, "SVC*HC>99213*40~", "    ^^^^^^^^"},
		{"behind a release character", "FTX+A?'B?+C+DE'GID+1'", edifact, "DE'", edi.Position{Element: 2}, nil, "FTX+A?'B?+C+DE'", "            ^^"},
		{"a hidden element", "NM1*EJ*1*TREMBLAY*LUC~", x12, "LUC", edi.Position{Element: 4}, func(e, _ int) bool { return e > 2 }, "NM1*EJ*1*········*···~", "                  ^^^"},
		{"a control character and a byte that is no UTF-8", "N4*A\x1b[31m\xe9*B~", x12, "B~", edi.Position{Element: 2}, nil, "N4*A·[31m·*B~", "           ^"},
		{"the end of a cut file", "ST*309*0001~N4*TOR", x12, "", edi.Position{}, nil, "N4*TOR", "      ^"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Offset = int64(len(tt.doc))
			if tt.at != "" {
				tt.p.Offset = int64(strings.Index(tt.doc, tt.at))
			}
			e, ok := newExcerpt(&input{size: -1, kept: []byte(tt.doc)}, &edi.Interchange{Delimiters: tt.d}, tt.p, tt.hide)
			if !ok {
				t.Fatal("no excerpt")
			}
			if text, mark := e.lines(100); text != tt.text || mark != tt.mark {
				t.Errorf("got\n%s\n%s\nwant\n%s\n%s", text, mark, tt.text, tt.mark)
			}
		})
	}
}

// TestExcerptDecodes shows letters of the declared set.
func TestExcerptDecodes(t *testing.T) {
	in := &edi.Interchange{Syntax: edi.EDIFACT, Version: "UNOC:3", Delimiters: edi.Delimiters{Element: '+', Component: ':', Release: '?', Terminator: '\''}}
	e, ok := newExcerpt(&input{size: -1, kept: []byte("FTX+Montr\xe9al+\x93B'")}, in, edi.Position{Offset: 13, Element: 2}, nil)
	if text, mark := e.lines(100); !ok || text != "FTX+Montréal+“B'" || mark != "             ^^" {
		t.Errorf("%s\n%s", text, mark)
	}
}

// FuzzExcerpt holds that no document and no position makes it panic or print what a terminal would obey.
func FuzzExcerpt(f *testing.F) {
	f.Add([]byte("ST*309*0001~\nN4*TORONTO*ON~"), int64(14), 2, 1, 40)
	f.Add([]byte("FTX+A?'B'"), int64(3), 1, 0, 5)
	f.Add([]byte("\x1b]0;x\a'"), int64(0), 0, 0, 1)
	f.Fuzz(func(t *testing.T, doc []byte, offset int64, element, component, limit int) {
		d := edi.Delimiters{Element: '*', Component: '>', Release: '?', Terminator: '~'}
		e, ok := newExcerpt(&input{size: -1, kept: doc}, &edi.Interchange{Delimiters: d}, edi.Position{Offset: offset, Element: element, Component: component}, nil)
		if !ok {
			return
		}
		text, carets := e.lines(max(1, limit%200))
		if strings.ContainsFunc(text+carets, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			t.Errorf("%q", text)
		}
	})
}

// TestFmtKeepsEveryValue lays samples out in both ways and compares every value with what was there before.
func TestFmtKeepsEveryValue(t *testing.T) {
	for _, sample := range []string{"cbp-309-complete.x12", "cbsa-cuscar-cargo.edi", "cbsa-housebill.edi", "real-cbp-cuscar-complete.edi", "cbp-997-accept.x12"} {
		doc := readFile(t, "testdata/samples/"+sample)
		want := values(t, doc)
		for _, flags := range [][]string{{"edi", "fmt", "-"}, {"edi", "fmt", "--wrap", "-"}} {
			status, out, stderr := runs(t, doc, flags...)
			if status != statusOK || stderr != "" {
				t.Fatalf("%s: status %d, %s", sample, status, stderr)
			}
			if got := values(t, out); got != want {
				t.Errorf("%s %v: values changed", sample, flags)
			}
			if _, again, _ := runs(t, out, flags...); again != out {
				t.Errorf("%s %v: laid out twice is not laid out once", sample, flags)
			}
		}
	}
}

func values(t *testing.T, doc string) string {
	t.Helper()
	d := edi.NewDecoder(strings.NewReader(doc), edi.Options{Spec: envelopesOnly})
	var b bytes.Buffer
	for {
		e, err := d.Next()
		if err != nil {
			return b.String()
		}
		if e.Kind != edi.SegmentRead {
			continue
		}
		b.WriteString(d.Segment().Tag())
		for v := range d.Segment().Values {
			b.WriteString("|" + v.Text())
		}
		b.WriteByte('\n')
	}
}
