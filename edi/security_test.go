package edi_test

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"peacebridge/edi"
)

const (
	isaHead = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~"
	unbHead = "UNB+UNOA:4+A:14+B:14+20261121:1430+1'"
)

// TestGuests reads what stands in an interchange and is no business of ours: security, delivery, anti-collision and
// interactive segments, and objects.
func TestGuests(t *testing.T) {
	message := "UNH+1+APERAK:D:03B:UN'BGM+313'UNT+3+1'"
	for name, c := range map[string]struct{ doc, findings string }{
		"X12.58 around and inside sets": {
			isaHead + "GS*FA*AA*BB*20261121*1430*1*X*004010~S1S*AB*A*B*C*D~S1A*X~ST*997*0001~S2S*A*B*C*D~AK1*SO*17~AK9*A*1*1*1~S2A*X~S2E*A~SVA*X~SE*8*0001~" +
				"S1E*ABC~GE*1*1~IEA*1*000000001~", "security-unchecked",
		},
		"X12 delivery and TA3":  {isaHead + "ISB*1~TA3*X~ISE*1~IEA*0*000000001~", ""},
		"ISO 9735-5 everywhere": {unbHead + "USH+1+1+1'USA+1'USC+1'USR+1'UNH+1+APERAK:D:03B:UN'USH+7+1'USA+2'BGM+313'UST+7+2'USR+1'UNT+7+1'UST+1+1'USR+1'UNZ+1+1'", "security-unchecked"},
		"ISO 9735-7":            {unbHead + "UNH+1+APERAK:D:03B:UN'USD+5'BGM+313'USU+5'UNT+5+1'UNZ+1+1'", "security-unchecked"},
		"object":                {unbHead + message + "UNO+2+7:8+7+5'a'b+'UNP+5+2'UNZ+2+1'", ""},
		"anti-collision":        {unbHead + "UNH+1+APERAK:D:03B:UN'BGM+313'UGH+1'UGS+1'UNT+5+1'UNZ+1+1'", "segment-not-in-message segment-not-in-message"},
		"interactive message":   {unbHead + message + "UIH+X:D:3+2'BGM+313'UIT+2+3'UNZ+2+1'", "interactive"},
		"interactive behind":    {unbHead + message + "UNZ+1+1'\nUIB+UNOA:4+1'UIH+X:D:3+1'UIT+1+1'UIZ+1'", "interactive"},
		"interactive before":    {"UIB+UNOA:4+1'UIH+X:D:3+1'UIT+1+1'UIZ+1'" + unbHead + "UNZ+0+1'", "interactive"},
		"group of old":          {"UNB+UNOA:1+A:14+B:14+861121:1430+1'UNG+APERAK+A+B+861121:1430+1+UN+1:861'UNH+1+APERAK:1:861:UN'BGM+313'UNT+3+1'UNE+1+1'UNZ+1+1'", "release-unknown"},
		"ISX before its time":   {isaHead + "ISX*?~IEA*0*000000001~", "segment-outside"},
	} {
		res := read(t, []byte(c.doc), edi.Options{})
		if got := codes(res.Findings); got != c.findings {
			t.Errorf("%s: %q, want %q", name, got, c.findings)
		}
	}
}

// TestForeign names what is no EDI, and where it stands between interchanges.
func TestForeign(t *testing.T) {
	for doc, says := range map[string]string{
		"STX=ANA:1+5000000000000'MHD=1+ORDHDR:8'": "TRADACOMS", "SCH=1'STX=ANA:1": "TRADACOMS", "MSH|^~\\&|A|B": "HL7", "\x0bMSH|^~\\&|A|B\x1c\r": "HL7",
		"FHS|^~\\&|A": "HL7", "FWB/16\n020-12345675": "Cargo-IMP", "<?xml version='1.0'?>": "XML", "{\"a\":1}": "JSON", "%PDF-1.7": "PDF",
		"PK\x03\x04\x14": "ZIP", "\xff\xfeI\x00S\x00A\x00": "UTF-16", "Dear Sir,\nplease find enclosed": "plain text", "UIB+UNOA:4+1'": "interactive",
	} {
		res := read(t, []byte(doc), edi.Options{})
		if len(res.Findings) != 1 || !strings.Contains(res.Findings[0].Message, says) || res.Valid() || res.Syntax != edi.Unknown {
			t.Errorf("%q: %+v", doc, res.Findings)
		}
		res = read(t, []byte(isaHead+"IEA*0*000000001~\n"+doc), edi.Options{})
		if says != "plain text" && !strings.Contains(messages(res), says) || says == "plain text" && codes(res.Findings) != "noise" || res.Findings[0].Position.Offset < 120 {
			t.Errorf("behind an interchange, %q: %+v", doc, res.Findings)
		}
	}
	for _, doc := range []string{"ST*309*0001~SE*2*0001~", "GS*SO*AA*BB~"} {
		if res := read(t, []byte(doc), edi.Options{}); codes(res.Findings) != "no-interchange" || !strings.Contains(messages(res), "X12 without ISA") {
			t.Errorf("%q: %+v", doc, res.Findings)
		}
	}
	for _, doc := range []string{"I", "IS", "UN", "ISA", "UNB", "UNA:+", "UNA:+.? '", "UNA:+.? 'UNB"} {
		if res := read(t, []byte(doc), edi.Options{}); codes(res.Findings) != "premature-end" || res.Findings[0].Position.Offset != int64(len(doc)) {
			t.Errorf("%q: %+v", doc, res.Findings)
		}
	}
	for _, doc := range []string{"", " \n", "\x00\x01\x02"} {
		if res := read(t, []byte(doc), edi.Options{}); codes(res.Findings) != "no-interchange" {
			t.Errorf("%q: %+v", doc, res.Findings)
		}
	}
}

// TestExtension reads X12 with the release character that ISX gives it (X12.5 from 007040 on).
func TestExtension(t *testing.T) {
	isa := strings.Replace(strings.Replace(isaHead, "*U*00401", "*^*00704", 1), "*T*", "*T*", 1)
	rest := "GS*FA*AA*BB*20261121*1430*1*X*007040~ST*997*0001~ABC*A?*B?~C??>D*E~SE*3*0001~GE*1*1~IEA*1*000000001~"
	r := edi.NewBytesReader([]byte(isa+"ISX*?~"+rest), edi.Options{Spec: unchecked})
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Segments[1]; s.Text(1, 1) != "A*B~C?" || s.Text(1, 2) != "D" || s.Text(2, 1) != "E" || len(m.Segments) != 3 {
		t.Errorf("%q", s.Raw())
	}
	if _, err := r.Next(); err != io.EOF || len(r.Result().Findings) > 0 {
		t.Errorf("%v %+v", err, r.Result().Findings)
	}
	for _, isx := range []string{"ISX*A~", "ISX*??~", "ISX* ~"} {
		res := read(t, []byte(isa+isx+"IEA*0*000000001~"), edi.Options{})
		if codes(res.Findings) != "delimiter" || res.Findings[0].Position.Element != 1 {
			t.Errorf("%s: %+v", isx, res.Findings)
		}
	}
}

// TestTagsInBinary reads binary data that has tags by chance: none begins an interchange, but for a header.
func TestTagsInBinary(t *testing.T) {
	random := rand.New(rand.NewChaCha8([32]byte{1}))
	for range 100 {
		doc := []byte{0x81, 1, 2, 3}
		for range 100 {
			doc = append(doc, []string{"ISA", "UNA", "UNB", "UNH", "UNG"}[random.IntN(5)]...)
			for range random.IntN(2000) {
				doc = append(doc, byte(random.Uint32()))
			}
		}
		if res := read(t, doc, edi.Options{}); codes(res.Findings) != "no-interchange" {
			t.Fatalf("%.200s", codes(res.Findings))
		}
		for _, good := range []string{isaHead + "IEA*0*000000001~\n", "UNA:+.? 'UNB+UNOA:3+A:14+B:14+261121:1430+1'UNZ+0+1'", "UNB+UNOA:3+A:14+B:14+261121:1430+1'UNZ+0+1'"} {
			if res := read(t, append(doc, "\x00"+good...), edi.Options{}); codes(res.Findings) != "noise" {
				t.Fatalf("%s: %.200s", good, codes(res.Findings))
			}
		}
	}
}
