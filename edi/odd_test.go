package edi_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"peacebridge/edi"
)

// TestOddDelimiters reads an interchange with terminators and separators as they are met.
func TestOddDelimiters(t *testing.T) {
	doc := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~" +
		"GS*FA*AA*BB*20261121*1430*1*X*004010~ST*997*0001~AK1*SO*17~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
	for _, terminator := range []string{"\n", "\r", "\r\n", "~\r\n", "~ \n", "\x1c", "\x85", "|", " ", "\t", "¦", "~~", "¦\n", "!\n\n", "\x00", "\x00\n", "\x7f"} {
		once := strings.ReplaceAll(doc, "~", terminator)
		if res := read(t, []byte(once+once), edi.Options{}); res.Messages != 2 || codes(res.Findings) != "interchange-duplicate" {
			t.Errorf("terminator %q: %d messages, %s", terminator, res.Messages, codes(res.Findings))
		}
	}
	for _, separator := range []string{"\x1d", "\t", "|", "^", "\xb3", "\x00", "\n", "\r", "\xc2", "\x7f"} {
		if res := read(t, []byte(strings.ReplaceAll(doc, "*", separator)), edi.Options{}); !res.Valid() || res.Messages != 1 {
			t.Errorf("separator %q: %s", separator, codes(res.Findings))
		}
	}
}

// TestMixedTerminators reads interchanges whose line breaks come and go, where they are part of the terminator or not.
func TestMixedTerminators(t *testing.T) {
	isa := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>"
	rest := []string{"GS*FA*AA*BB*20261121*1430*1*X*004010", "ST*997*0001", "AK1*SO*17", "AK9*A*1*1*1", "SE*4*0001", "GE*1*1", "IEA*1*000000001"}
	una := []string{"UNB+UNOA:3+A:14+B:14+261121:1430+1", "UNH+1+APERAK:D:03B:UN", "BGM+313", "UNT+3+1", "UNZ+1+1"}
	for _, breaks := range [][]string{{"\n", "", "\r\n"}, {"", "\n"}, {"\r\n", "\r\n", "", "\n\n"}, {" \n", "\t"}} {
		x12, edifact := isa+"~", "UNA:+.? '"
		line := isa + "\n" // the line break is the terminator, with or without a carriage return before it
		for i, s := range rest {
			x12 += breaks[i%len(breaks)] + s + "~"
			line += s + []string{"\n", "\r\n", "\n\n"}[i%3]
		}
		for i, s := range una {
			edifact += breaks[i%len(breaks)] + s + "'"
		}
		for _, doc := range []string{x12, line, edifact, strings.ReplaceAll(edifact, "'", "¦")} {
			if res := read(t, []byte(doc), edi.Options{}); len(res.Findings) > 0 || res.Messages != 1 {
				t.Errorf("%q: %d messages, %s", doc, res.Messages, codes(res.Findings))
			}
		}
	}
}

// TestReleasedBreak keeps a released line break in the value where line breaks are the terminator.
func TestReleasedBreak(t *testing.T) {
	doc := "UNA:+.? \nUNB+UNOC:3+A:14+B:14+261121:1430+1\nUNH+1+APERAK:D:03B:UN\nBGM+A?\nB+??\n\nUNT+3+1\nUNZ+1+1\n"
	r := edi.NewBytesReader([]byte(doc), edi.Options{Spec: unchecked})
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Segments[1]; s.Text(1, 1) != "A\nB" || s.Text(2, 1) != "?" || len(m.Segments) != 3 {
		t.Errorf("%q %q in %d segments", s.Text(1, 1), s.Text(2, 1), len(m.Segments))
	}
	if _, err := r.Next(); err != io.EOF || !r.Result().Valid() {
		t.Errorf("%v %s", err, codes(r.Result().Findings))
	}
}

// TestInformationSeparators reads level B with the separators that nobody prints, without UNA (ISO 9735:1988 5.2).
func TestInformationSeparators(t *testing.T) {
	doc := strings.NewReplacer("'", "\x1c", "+", "\x1d", ":", "\x1f").Replace("UNB+UNOB:2+a:14+B:14+261121:1430+1'UNH+1+APERAK:D:96B:UN'BGM+313'UNT+3+1'UNZ+1+1'")
	doc = strings.Replace(doc, "313", "a'b+c:d?", 1)
	r := edi.NewBytesReader([]byte(doc), edi.Options{Spec: unchecked})
	m, err := r.Next()
	if err != nil || m.Segments[1].Text(1, 1) != "a'b+c:d?" {
		t.Fatalf("%v %+v", err, r.Result().Findings)
	}
	if _, err := r.Next(); err != io.EOF || len(r.Result().Findings) > 0 {
		t.Errorf("%v %s", err, codes(r.Result().Findings))
	}
}

// TestVersions reads the envelopes of every version of X12: ISA11 separates repetitions from 00402 on, and GS04 has
// a century from 004010 on.
func TestVersions(t *testing.T) {
	for _, version := range []string{
		"00200", "00201", "00204", "00300", "00303", "00305", "00307", "00400", "00401", "00402", "00403", "00405", "00406",
		"00501", "00502", "00505", "00601", "00605", "00703", "00704", "00705", "00706", "00801",
	} {
		date, eleven := "20261121", "^"
		if version < "00401" {
			date = "261121"
		}
		if version < "00402" {
			eleven = "U"
		}
		doc := strings.Replace(isaHead, "*U*00401", "*"+eleven+"*"+version, 1) + "GS*SO*AA*BB*" + date + "*1430*1*X*" + version + "0~ST*999*0001~ABC*A^B~SE*3*0001~GE*1*1~IEA*1*000000001~"
		r := edi.NewBytesReader([]byte(doc), edi.Options{Spec: unchecked})
		m, err := r.Next()
		if err != nil {
			t.Fatal(version, err)
		}
		if n := m.Segments[1].Repetitions(1); (n == 2) != (version >= "00402") {
			t.Errorf("%s: %d repetitions", version, n)
		}
		if _, err := r.Next(); err != io.EOF || len(r.Result().Findings) > 0 {
			t.Errorf("%s: %v %s", version, err, codes(r.Result().Findings))
		}
	}
	short := isaHead + "GS*SO*AA*BB*261121*1430*1*X*004010~GE*0*1~IEA*1*000000001~"
	if got := codes(read(t, []byte(short), edi.Options{}).Findings); got != "element-short" {
		t.Errorf("GS04 of 004010 without century: %q", got)
	}
	long := isaHead + "GS*SO*AA*BB*261321*1430*1*X*003040~GE*0*1~IEA*1*000000001~"
	if got := codes(read(t, []byte(long), edi.Options{}).Findings); !strings.Contains(got, "element") {
		t.Errorf("GS04 of 003040 that does not exist: %q", got)
	}
}

// TestWideSeparators names separators that are characters of several bytes, and refuses what cannot be read with them.
func TestWideSeparators(t *testing.T) {
	doc := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*^*00501*000000001*0*T*>~" +
		"GS*FA*AA*BB*20261121*1430*1*X*005010~ST*997*0001~AK1*SO*17~AK9*A*1*1*1~SE*4*0001~GE*1*1~IEA*1*000000001~"
	for _, c := range []struct{ from, to, findings, says string }{
		{"*", "¦", "isa-broken noise", "element separator is a character of 2 bytes"},
		{"*", "→", "isa-broken noise", "element separator is a character of 3 bytes"},
		{"^", "¬", "isa-width delimiter", "repetition separator is more than one byte"},
		{">", "¬", "delimiter", "component separator cannot be used"},
	} {
		res := read(t, []byte(strings.ReplaceAll(doc, c.from, c.to)), edi.Options{})
		if codes(res.Findings) != c.findings || !strings.Contains(messages(res), c.says) {
			t.Errorf("%s for %s: %+v", c.to, c.from, res.Findings)
		}
		if res.Valid() != strings.HasSuffix(c.findings, "delimiter") {
			t.Errorf("%s for %s: valid %v", c.to, c.from, res.Valid())
		}
	}
	if res := read(t, []byte("UNA\x00+.? 'UNB+UNOA:3+A:14+B:14+261121:1430+1'UNZ+0+1'"), edi.Options{}); !strings.Contains(codes(res.Findings), "delimiter-clash") {
		t.Errorf("NUL as component separator: %s", codes(res.Findings))
	}
}

func messages(res *edi.Result) string {
	out := ""
	for _, f := range res.Findings {
		out += f.Message + "\n"
	}
	return out
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

// TestDecimals writes numbers with marks where none may be, and with another than UNA names.
func TestDecimals(t *testing.T) {
	for _, c := range []struct{ una, version, number, want string }{
		{"", "3", "1.5", ""},
		{"", "3", "1,5", ""}, // without UNA either may stand
		{"UNA:+.? '", "3", "1.5", ""},
		{"UNA:+.? '", "3", "1,5", "warning decimal-notation 5.1.2"},
		{"UNA:+,? '", "2", "1.5", "warning decimal-notation 5.1.2"},
		{"UNA:+,? '", "3", "-1,5", ""},
		{"UNA:+.?*'", "4", "1,5", ""}, // retained and ignored
		{"UNA:+ ? '", "3", "1,5", "warning decimal-notation 0.0.0"},
		{"UNA:+ ?*'", "4", "1,5", ""},
		{"", "3", ",5", "error decimal-digit 5.1.2"},
		{"", "4", "-.5", "error decimal-digit 5.1.2"},
		{"", "3", "5.", "error decimal-notation 5.1.2"},
		{"", "3", "1,234.5", "error decimal-notation 5.1.2"},
		{"", "3", "1.2.3", "error decimal-notation 5.1.2"},
		{"", "3", ".", "error element-type 5.1.2"},
		{"", "3", "1 5", "error element-type 5.1.2"},
		{"", "3", "1.A", "error element-type 5.1.2"},
	} {
		date := "261121"
		if c.version == "4" {
			date = "20261121"
		}
		doc := fmt.Sprintf("%sUNB+UNOA:%s+A:14+B:14+%s:1430+1'UNH+1+CUSDEC:D:96B:UN'BGM+929+1+9'UNS+D'UNS+S'CNT+5:%s'UNT+6+1'UNZ+1+1'", c.una, c.version, date, c.number)
		got := ""
		for _, f := range read(t, []byte(doc), edi.Options{}).Findings {
			p := f.Position
			got += fmt.Sprintf("%s %s %d.%d.%d", f.Severity, strings.TrimPrefix(f.Code, "edi."), p.MessageSegment, p.Element, p.Component)
		}
		if got != c.want {
			t.Errorf("%s, syntax %s, %s: %q, want %q", c.una, c.version, c.number, got, c.want)
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
