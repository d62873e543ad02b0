package edi_test

import (
	"strings"
	"testing"

	"peacebridge/edi"
)

// TestOddDelimiters reads an interchange with terminators and separators as they are met.
func TestOddDelimiters(t *testing.T) {
	doc := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~" +
		"GS*FA*AA*BB*20261121*1430*1*X*004010~ST*997*0001~AK1*SO*17~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
	for _, terminator := range []string{"\n", "\r", "\r\n", "~\r\n", "~ \n", "\x1c", "\x85", "|", " ", "\t", "¦", "~~", "¦\n", "!\n\n"} {
		once := strings.ReplaceAll(doc, "~", terminator)
		if res := read(t, []byte(once+once), edi.Options{}); res.Messages != 2 || codes(res.Findings) != "interchange-duplicate" {
			t.Errorf("terminator %q: %d messages, %s", terminator, res.Messages, codes(res.Findings))
		}
	}
	for _, separator := range []string{"\x1d", "\t", "|", "^", "\xb3"} {
		if res := read(t, []byte(strings.ReplaceAll(doc, "*", separator)), edi.Options{}); !res.Valid() || res.Messages != 1 {
			t.Errorf("separator %q: %s", separator, codes(res.Findings))
		}
	}
}

// TestCharsets names what is outside the declared set, and decodes what is inside.
func TestCharsets(t *testing.T) {
	for _, c := range []struct{ level, text, finding, decoded string }{
		{"UNOA", "ABC", "", "ABC"},
		{"UNOA", "abc", "level A", "abc"},
		{"UNOB", "caf\xe9", "level B", "caf\xe9"},
		{"UNOC", "caf\xe9", "", "café"},
		{"UNOC", "\x93caf\xe9\x94", "Windows-1252", "“café”"},
		{"UNOE", "\xbc\xde\xe1\xda\xd2\xd0", "", "Москва"},
		{"UNOF", "\xd2", "ISO 8859", "\ufffd"},
		{"UNOY", "Łódź", "", "Łódź"},
		{"UNOW", "\xa3", "not UTF-8", "\xa3"},
		{"UNOX", "ABC", "ISO 2022", "ABC"},
	} {
		doc := "UNB+" + c.level + ":4+A:14+B:14+20261121:1430+1'UNH+1+CUSREP:D:04B:UN'FTX+AAI+++" + c.text + "'UNT+3+1'UNZ+1+1'"
		r := edi.NewBytesReader([]byte(doc), edi.Options{Spec: unchecked})
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, f := range m.Findings {
			found += f.Code + " " + f.Message
			if c.level != "UNOX" && (f.Position.Offset != int64(strings.Index(doc, c.text)) && c.level != "UNOB" || f.Position.Segment != 3) {
				t.Errorf("%s %q: %+v", c.level, c.text, f.Position)
			}
		}
		if (found == "") != (c.finding == "") || !strings.Contains(found, c.finding) {
			t.Errorf("%s %q: %q, want %q", c.level, c.text, found, c.finding)
		}
		if got := m.Interchange.Decode(m.Segments[1].Text(4, 1)); got != c.decoded {
			t.Errorf("%s %q: %q, want %q", c.level, c.text, got, c.decoded)
		}
	}
}
