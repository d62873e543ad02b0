package edi_test

import (
	"bytes"
	"strings"
	"testing"

	"peacebridge/edi"
)

// TestClashes reads headers whose delimiters are not distinct, or are none.
func TestClashes(t *testing.T) {
	isa := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*^*00501*000000001*0*T*>~"
	rest := "GS*FA*AA*BB*20261121*1430*1*X*005010~ST*997*0001~AK1*SO*17~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
	unb := "UNB+UNOA:4+A:14+B:14+20261121:1430+1'UNH+1+APERAK:D:03B:UN'BGM+313'UNT+3+1'UNZ+1+1'"
	for name, c := range map[string]struct {
		doc, findings string
		messages      int
	}{
		"terminator is separator":         {strings.ReplaceAll(isa+rest, "~", "*"), "delimiter-clash noise", 0},
		"17 elements":                     {strings.Replace(isa, "~", "*X~", 1) + rest, "delimiter-clash noise", 0},
		"17 elements, then another":       {strings.Replace(isa, "~", "*X~", 1) + rest + isa + rest, "delimiter-clash noise", 1},
		"ISA11 is the separator":          {strings.Replace(isa, "*^*", "***", 1) + rest, "delimiter", 1},
		"ISA11 is the terminator":         {strings.Replace(isa, "^", "~", 1) + rest, "delimiter", 1},
		"ISA11 is ISA16":                  {strings.Replace(isa, "^", ">", 1) + rest, "delimiter", 1},
		"ISA11 is a digit":                {strings.Replace(isa, "^", "7", 1) + rest, "delimiter", 1},
		"ISA11 as before 00402":           {strings.Replace(isa, "^", "U", 1) + rest, "", 1},
		"qualifiers":                      {strings.Replace(isa, "*00*          *00*          *ZZ*", "*99*          *77*          *05*", 1) + rest, "envelope-element envelope-element envelope-element", 1},
		"release is component":            {"UNA:+.: '" + unb, "delimiter-clash", 1},
		"repetition is element":           {"UNA:+.?+'" + unb, "delimiter", 1},
		"repetition is terminator":        {"UNA:+.?''" + unb, "delimiter", 1},
		"repetition is release":           {"UNA:+.??'" + unb, "delimiter", 1},
		"repetition is blank":             {"UNA:+.? '" + unb, "", 1},
		"five characters":                 {"UNA:+.?'" + unb, "una-broken noise", 1},
		"five, then a line break":         {"UNA:+.?'\r\n" + unb, "una-broken noise", 1},
		"five in lines":                   {"UNA:+.?'\n" + strings.ReplaceAll(unb, "'", "'\n"), "una-broken noise", 1},
		"six, the last a line break":      {"UNA:+.?*\n" + strings.ReplaceAll(unb, "'", "\n"), "", 1},
		"seven characters":                {"UNA:+.?  '" + unb, "una-broken noise", 1},
		"UNA before UIB":                  {"UNA:+./*'UIB+UNOA:0++1'UIH+X:1:1+1'UIT+1+2'UIZ'", "interactive", 0},
		"UNA before UIB, behind a batch":  {unb + "UNA:+./*'UIB+UNOA:0++1'UIZ'", "interactive", 1},
		"group number that is no number":  {isa + strings.ReplaceAll(rest, "1430*1*", "1430*A*"), "element-type group-reference", 1},
		"repetition separator of 3, none": {"UNA:+.?:'" + strings.Replace(strings.Replace(unb, ":4", ":3", 1), "2026", "26", 1), "", 1},
	} {
		res := read(t, []byte(c.doc), edi.Options{})
		if got := codes(res.Findings); got != c.findings || res.Messages != c.messages {
			t.Errorf("%s: %d messages, %q", name, res.Messages, got)
		}
	}
}

// TestPackages reads objects between messages by their length, and holds UNP to UNO (ISO 9735-8).
func TestPackages(t *testing.T) {
	object := "UNZ'+?\x00'\xff"
	for name, c := range map[string]struct{ packages, findings string }{
		"one":             {"UNO+P1+1:2+3+9'" + object + "UNP+9+P1'", ""},
		"leading zeros":   {"UNO+P1+1:2+3+9'" + object + "UNP+009+P1'", ""},
		"empty":           {"UNO+P1+1:2+3+0'UNP+0+P1'", ""},
		"several windows": {"UNO+P1+1:2+3+200000'" + strings.Repeat("'+", 100_000) + "UNP+200000+P1'", ""},
		"other length":    {"UNO+P1+1:2+3+9'" + object + "UNP+8+P1'", "binary-length"},
		"other reference": {"UNO+P1+1:2+3+9'" + object + "UNP+9+P2'", "message-reference"},
		"no number":       {"UNO+P1+1:2+3+-9'UNP+9+P1'", "binary-length binary-length"},
		"too long":        {"UNO+P1+1:2+3+8'AB''''''" + "CUNP+8+P1'", "binary-length tag-invalid segment-outside"},
		"twice":           {strings.Repeat("UNO+P1+1:2+3+9'"+object+"UNP+9+P1'", 2), "message-duplicate"},
		"no header":       {"UNO+P1+1:2+3+9'" + object + "UNP+9+P1'UNP+9+P1'", "trailer-unexpected"},
	} {
		count := "1"
		if name == "twice" {
			count = "2"
		}
		doc := "UNB+UNOC:4+A+B+20261121:1430+1'" + c.packages + "UNZ+" + count + "+1'"
		if got := codes(read(t, []byte(doc), edi.Options{}).Findings); got != c.findings {
			t.Errorf("%s: %q, want %q", name, got, c.findings)
		}
	}
}

// TestBinaryLengths reads binary segments by their length, whatever is in them and however long they are.
func TestBinaryLengths(t *testing.T) {
	object := "A~B*C>D\n~~SE*1*"
	for name, c := range map[string]struct{ segment, findings string }{
		"BIN":             {"BIN*15*" + object + "~", ""},
		"BDS":             {"BDS*ASB*15*" + object + "~", ""},
		"leading zeros":   {"BIN*0015*" + object + "~", ""},
		"empty":           {"BIN*0*~", ""},
		"past the limit":  {"BIN*100*" + strings.Repeat("~", 100) + "~", "segment-too-long"},
		"BDS past it":     {"BDS*ASB*100*" + strings.Repeat("*", 100) + "~", "segment-too-long"},
		"several windows": {"BIN*200000*" + strings.Repeat("~*", 100_000) + "~", "segment-too-long"},
		"and then wrong":  {"BIN*99*" + strings.Repeat("x", 100) + "~", "segment-too-long binary-length segment-empty tag-invalid"},
		"past the stream": {"BIN*99999*ABC~", "binary-length"},
		"no number":       {"BIN*X*ABC~", "binary-length"},
		"signed":          {"BDS*ASB*-3*ABC~", "binary-length"},
		"no data":         {"BIN*3~", ""},
	} {
		segments := "4"
		if name == "and then wrong" {
			segments = "5"
		}
		doc := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*^*00501*000000001*0*T*>~" +
			"GS*SP*AA*BB*20261121*1430*1*X*005010~ST*841*0001~" + c.segment + "N1*A~SE*" + segments + "*0001~GE*1*1~IEA*1*000000001~"
		o := edi.Options{Spec: unchecked, Limits: edi.Limits{BinaryBytes: 50}}
		r := edi.NewReader(bytes.NewReader([]byte(doc)), o)
		m, err := r.Next()
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := r.Next(); err == nil {
			t.Errorf("%s: another message", name)
		}
		if got := codes(r.Result().Findings); got != c.findings {
			t.Errorf("%s: %q, want %q", name, got, c.findings)
		}
		if s := m.Segments[1]; (name == "BIN" || name == "BDS") && s.Text(s.Len(), 1) != object {
			t.Errorf("%s: %q", name, s.Raw())
		}
	}
}

// TestExponents reads numbers with an exponent in syntax version 4, and only there (ISO 9735-1:2002 10).
func TestExponents(t *testing.T) {
	for value, want := range map[string]string{
		"12.5": "", "1E3": "", "-1.5E-3": "", "123456789012345678e99": "",
		"1E": "element-type", "E3": "element-type", "1E2E3": "element-type", "1234567890123456789E1": "element-long",
	} {
		for _, version := range []string{"3", "4"} {
			date := "261121"
			if version == "4" {
				date = "20261121"
			}
			doc := "UNB+UNOC:" + version + "+A+B+" + date + ":1430+1'UNH+1+CUSCAR:D:96B:UN'BGM+785+X1+9'GIS+23'EQD+CN+ABCU1234567'CNT+1:" + value + "'UNT+6+1'UNZ+1+1'"
			expected := want
			if version == "3" && value != "12.5" {
				expected = "element-type"
			}
			if got := codes(read(t, []byte(doc), edi.Options{}).Findings); got != expected {
				t.Errorf("syntax %s, %s: %q, want %q", version, value, got, expected)
			}
		}
	}
}
