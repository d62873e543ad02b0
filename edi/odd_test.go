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

// TestCharsets names what is outside the declared set, where it stands, and decodes what is inside.
func TestCharsets(t *testing.T) {
	for _, c := range []struct{ level, text, finding, decoded string }{
		{"UNOA", "ABC .,-()/='+?!\"%&*;<>_", "", "ABC .,-()/='+?!\"%&*;<>_"},
		{"UNOA", "~abc", "level A", "abc"},
		{"UNOB", "abc ABC .,-()/='+?!\"%&*;<>_", "", "abc ABC .,-()/='+?!\"%&*;<>_"},
		{"UNOB", "caf~\xe9", "level B", "caf\xe9"},
		{"UNOC", "caf\xe9#$@[\\]^`{|}", "", "café#$@[\\]^`{|}"},
		{"UNOC", "~\x93caf\xe9\x94", "Windows-1252", "“café”"},
		{"UNOE", "\xbc\xde\xe1\xda\xd2\xd0", "", "Москва"},
		{"UNOF", "~\xd2", "ISO 8859", "\ufffd"},
		{"UNOY", "Łódź", "", "Łódź"},
		{"UNOW", "~\xa3", "not UTF-8", "\xa3"},
		{"UNOX", "ABC", "ISO 2022", "ABC"},
		{"X12", "abc ABC !\"&'()+,-./:;?=%@[]_{}\\|<#$^`", "", "abc ABC !\"&'()+,-./:;?=%@[]_{}\\|<#$^`"},
		{"X12", "caf~é", "not ASCII", "café"},
		{"X12 basic", "ABC !\"&'()+,-./:;?=", "", "ABC !\"&'()+,-./:;?="},
		{"X12 basic", "AB~c", "basic set", "ABc"},
		{"UNOY in X12", "café", "", "café"},
		{"UNOY in X12", "caf~\xe9", "not UTF-8", "caf\xe9"},
	} {
		at := strings.IndexByte(c.text, '~')
		text := strings.Replace(c.text, "~", "", 1)
		released := strings.NewReplacer("'", "?'", "+", "?+", "?", "??", "*", "?*").Replace(text)
		doc := "UNB+" + c.level + ":4+A:14+B:14+20261121:1430+1'UNH+1+CUSREP:D:04B:UN'FTX+AAI+++" + released + "'UNT+3+1'UNZ+1+1'"
		o := edi.Options{Spec: unchecked}
		if strings.Contains(c.level, "X12") {
			doc = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~" +
				"GS*FA*AA*BB*20261121*1430*1*X*004010~ST*309*0001~NTE***" + "*" + text + "~SE*3*0001~GE*1*1~IEA*1*000000001~"
			released = text
			if c.level != "X12" {
				o.Charset = edi.Charset(strings.TrimSuffix(c.level, " in X12"))
			}
		}
		r := edi.NewBytesReader([]byte(doc), o)
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, f := range r.Result().Findings {
			if f.Code == "edi.envelope-code" {
				continue // UNOW is younger than the code list
			}
			found += f.Code + " " + f.Message
			if at >= 0 && (f.Position.Offset != int64(strings.LastIndex(doc, released)+at) || f.Position.MessageSegment != 2 || f.Position.Element != 4) {
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

// TestEveryCharacter holds the quick look at levels A and B to the definition of the sets: each byte, in each place
// of a word, in header and message.
func TestEveryCharacter(t *testing.T) {
	for _, level := range []edi.Charset{edi.LevelA, edi.LevelB, "UNOC", "UNOF"} {
		for b := ' '; b <= 0xFF; b++ {
			if strings.ContainsRune(":+'?*\x7F", b) {
				continue
			}
			one := &edi.Interchange{Syntax: edi.EDIFACT, Version: string(level)}
			want := !level.Has([]rune(one.Decode(string([]byte{byte(b)})))[0]) || b >= 0x80 && b <= 0x9F
			for before := range 9 {
				text := strings.Repeat("A", before) + string([]byte{byte(b)}) + "AAAAAAA"
				doc := "UNB+" + string(level) + ":4+A+B+20261121:1430+1'UNH+1+CUSREP:D:04B:UN'FTX+AAI+++" + text + "'UNT+3+1'UNZ+1+1'"
				res := read(t, []byte(doc), edi.Options{Spec: unchecked})
				if got := codes(res.Findings) == "character-set"; got != want {
					t.Fatalf("%s 0x%02x behind %d: told %v, want %v", level, b, before, got, want)
				}
			}
		}
	}
	res := read(t, []byte("UNB+UNOA:3+A+b+261121:1430+1'UNH+1+X:D:04B:UN'FTX+a'UNT+3+1'UNZ+1+1'"), edi.Options{Spec: unchecked})
	if len(res.Findings) != 1 || res.Findings[0].Position.Segment != 1 || res.Findings[0].Position.Element != 3 || res.Findings[0].Position.Offset != 13 {
		t.Errorf("%+v", res.Findings)
	}
	res = read(t, []byte(strings.Replace("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~"+
		"GS*FA*AA*B\x01*20261121*1430*1*X*004010~GE*0*1~IEA*1*000000001~", "RECEIVER", "R\xc9CEPTEU", 1)), edi.Options{})
	if codes(res.Findings) != "character-set control-character" || res.Findings[0].Position.Element != 8 || res.Findings[1].Position.Element != 3 {
		t.Errorf("%+v", res.Findings)
	}
}
