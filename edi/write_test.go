package edi_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"peacebridge/edi"
)

func envelope(s edi.Syntax) edi.Interchange {
	i := edi.Interchange{
		Syntax: s, Version: "00501", Sender: edi.Address{Qualifier: "ZZ", ID: "SENDER"}, Receiver: edi.Address{Qualifier: "ZZ", ID: "RECEIVER"},
		Date: "261121", Time: "1430", Control: "1", Usage: "T",
	}
	if s == edi.EDIFACT {
		i.Version, i.Date = "UNOC:4", "20261121"
	}
	return i
}

// extended is X12 with a release character.
func extended() edi.Interchange {
	i := envelope(edi.X12)
	i.Version, i.Delimiters = "00704", edi.Delimiters{Component: '>', Element: '*', Decimal: '.', Release: '?', Repetition: '^', Terminator: '~'}
	return i
}

// TestExtensionWritten writes ISX where a release character was asked for and the version has it.
func TestExtensionWritten(t *testing.T) {
	for _, c := range []struct {
		version string
		release byte
		lines   bool
		want    string // behind ISA; "" if the value is refused
	}{
		{"00704", '?', false, "ISX*?~GS*SO*A?*A*BB*20261121*1430*1*X*007040~GE*0*1~IEA*1*000000001~"},
		{"00801", '\\', true, "\nISX*\\~\nGS*SO*A\\*A*BB*20261121*1430*1*X*007040~\nGE*0*1~\nIEA*1*000000001~\n"},
		{"00704", 0, false, ""},
		{"00703", '?', false, ""}, // no reader of the version would see it
		{"00704", '*', false, ""},
		{"00704", 'A', false, ""},
	} {
		i := extended()
		i.Version, i.Delimiters.Release = c.version, c.release
		var out bytes.Buffer
		w := edi.NewWriter(&out, i)
		w.Lines(c.lines)
		_ = w.BeginGroup(edi.Group{Code: "SO", Sender: edi.Address{ID: "A*A"}, Receiver: edi.Address{ID: "BB"}, Date: "20261121", Time: "1430", Control: "1", Version: "007040"}) // an error stays
		if err := w.Close(); (err == nil) != (c.want != "") {
			t.Errorf("%s %q: %v", c.version, c.release, err)
		} else if err == nil && !strings.HasSuffix(out.String(), "~"+c.want) {
			t.Errorf("%s %q: %q, want %q", c.version, c.release, out.String(), c.want)
		}
		if c.want == "" {
			continue
		}
		if res := read(t, out.Bytes(), edi.Options{}); res.Interchanges[0].Delimiters.Release != c.release || res.Interchanges[0].Groups[0].Sender.ID != "A*A" {
			t.Errorf("%q: read back: %+v", out.String(), res.Interchanges[0])
		}
	}
}

// TestWriterSeparators puts every separator into every kind of place: what is written reads back as it was, or
// nothing is written.
func TestWriterSeparators(t *testing.T) {
	for _, i := range []edi.Interchange{envelope(edi.X12), extended(), envelope(edi.EDIFACT)} {
		for _, c := range "*>~^+:'?!|\r\n\t\x00\x1d A?é" {
			for _, text := range []string{string(c), "a" + string(c), string(c) + "a", string(c) + string(c), "?" + string(c)} {
				values := []edi.Value{edi.Text(text), edi.Composite("x", text), {{"y"}, {text, "z"}}, edi.Text(text)}
				roundTrip(t, i, values)
			}
		}
	}
}

// roundTrip writes one segment and reads it back.
func roundTrip(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, i edi.Interchange, values []edi.Value,
) {
	t.Helper()
	var out bytes.Buffer
	w := edi.NewWriter(&out, i)
	if i.Syntax == edi.X12 {
		if err := w.BeginGroup(edi.Group{Code: "SO", Sender: edi.Address{ID: "AA"}, Receiver: edi.Address{ID: "BB"}, Date: "20261121", Time: "1430", Control: "1", Version: "005010"}); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if err := w.BeginMessage("XYZ", "D99Z", "", "", "0001"); err != nil {
		t.Fatalf("%v", err)
	}
	err := w.Segment("ABC", values...)
	if err != nil {
		allowed := strings.Contains(err.Error(), "control character") || strings.Contains(err.Error(), "no values") ||
			errors.Is(err, edi.ErrOutsideCharset) || i.Syntax == edi.X12 && i.Delimiters.Release == 0
		if !allowed || w.Close() == nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	if err := w.Close(); err != nil {
		t.Fatalf("%v", err)
	}
	r := edi.NewBytesReader(out.Bytes(), edi.Options{})
	m, err := r.Next()
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	got := m.Segments[1]
	for e, v := range values {
		for rep, components := range v {
			for c, want := range components {
				if text := got.RepText(e+1, rep+1, c+1); text != want {
					t.Fatalf("%s: element %d repetition %d component %d: %q, want %q\n%s", i.Syntax, e+1, rep+1, c+1, text, want, out.String())
				}
			}
		}
	}
	if _, err := r.Next(); err == nil || !r.Result().Valid() || strings.Contains(codes(r.Result().Findings), "character") {
		t.Fatalf("not valid: %+v\n%s", r.Result().Findings, out.String())
	}
}

// TestWriteRead is the law: what is written reads back as it was.
func TestWriteRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.SampledFrom([]edi.Interchange{envelope(edi.X12), extended(), envelope(edi.EDIFACT)}).Draw(t, "interchange")
		text := rapid.StringMatching(`[A-Za-z0-9 .,+:'?*^~>-]{0,12}`)
		component := rapid.SliceOfN(text, 1, 4)
		element := rapid.SliceOfN(component, 0, 3)
		values := rapid.SliceOfN(element, 1, 6).Draw(t, "values")
		var list []edi.Value
		for _, v := range values {
			list = append(list, edi.Value(v))
		}
		roundTrip(t, i, list)
	})
}

func TestWriterRefuses(t *testing.T) {
	for name, use := range map[string]func(w *edi.Writer) error{
		"segment outside": func(w *edi.Writer) error { return w.Segment("ABC") },
		"no group":        func(w *edi.Writer) error { return w.BeginMessage("309", "", "", "", "1") },
		"end of nothing":  func(w *edi.Writer) error { return w.EndMessage() },
		"end of no group": func(w *edi.Writer) error { return w.EndGroup() },
		"tag": func(w *edi.Writer) error {
			_ = w.BeginGroup(edi.Group{Control: "1"}) // judged by what follows
			_ = w.BeginMessage("309", "", "", "", "1")
			return w.Segment("toolong")
		},
		"two groups": func(w *edi.Writer) error {
			_ = w.BeginGroup(edi.Group{Control: "1"}) // judged by what follows
			return w.BeginGroup(edi.Group{Control: "2"})
		},
	} {
		w := edi.NewWriter(&bytes.Buffer{}, envelope(edi.X12))
		if err := use(w); err == nil {
			t.Errorf("%s: taken", name)
		} else if again := w.Close(); again == nil {
			t.Errorf("%s: closed as if nothing had been", name)
		}
	}
	i := envelope(edi.X12)
	i.Sender.ID = "A*B"
	if err := edi.NewWriter(&bytes.Buffer{}, i).Close(); !errors.Is(err, edi.ErrDelimiterInValue) {
		t.Errorf("%v", err)
	}
	i = envelope(edi.X12)
	i.Sender.ID = strings.Repeat("A", 16)
	if edi.NewWriter(&bytes.Buffer{}, i).Close() == nil {
		t.Error("ISA06 of 16 characters was written")
	}
	i = envelope(edi.EDIFACT)
	i.Delimiters = edi.Delimiters{Component: ':', Element: ':', Terminator: '\''}
	if edi.NewWriter(&bytes.Buffer{}, i).Close() == nil {
		t.Error("equal delimiters were taken")
	}
}

// TestWriterRefusesCharacters refuses bytes that are not in the declared set, in segments and headers, unless they repeat what
// was received.
func TestWriterRefusesCharacters(t *testing.T) {
	for _, c := range []struct {
		syntax  edi.Syntax
		version string
		text    string
		set     edi.Charset // "" when values are bytes
		fits    bool
	}{
		{edi.EDIFACT, "UNOA:3", "ABC?'_", "", true},
		{edi.EDIFACT, "UNOA:3", "abc", "", false},
		{edi.EDIFACT, "", "abc", "", false}, // UNOA:3 is written
		{edi.EDIFACT, "UNOA:3", "A@B", "", false},
		{edi.EDIFACT, "UNOB:3", "abc", "", true},
		{edi.EDIFACT, "UNOB:3", "a#b", "", false},
		{edi.EDIFACT, "UNOC:3", "a#b\xe9", "", true},
		{edi.EDIFACT, "UNOC:3", "\x93", "", false},
		{edi.EDIFACT, "UNOF:3", "\xd2", "", false},
		{edi.EDIFACT, "UNOY:4", "é", "", true},
		{edi.EDIFACT, "UNOY:4", "\xe9", "", false},
		{edi.EDIFACT, "UNOX:3", "\xe9", "", true}, // cannot be told
		{edi.X12, "00401", "a#b", "", true},
		{edi.X12, "00401", "é", "", false},
		{edi.X12, "00401", "é", edi.LevelY, true}, // agreed on
	} {
		for _, verbatim := range []bool{false, true} {
			i := envelope(c.syntax)
			i.Version = c.version
			var inside, header bytes.Buffer
			w := edi.NewWriter(&inside, i)
			i.Sender.ID = c.text
			h := edi.NewWriter(&header, i)
			for _, w := range []*edi.Writer{w, h} {
				if c.set != "" {
					w.Text(c.set)
				}
				if verbatim {
					w.Verbatim()
				}
			}
			if c.syntax == edi.X12 {
				_ = w.BeginGroup(edi.Group{Code: "SO", Sender: edi.Address{ID: "AA"}, Receiver: edi.Address{ID: "BB"}, Date: "20261121", Time: "1430", Control: "1", Version: "004010"})
			}
			_ = w.BeginMessage("XYZ", "D99Z", "", "", "0001") // an error stays
			_ = w.Segment("ABC", edi.Composite("A", c.text))
			if err := w.Close(); (err == nil) != (c.fits || verbatim) || err != nil && !errors.Is(err, edi.ErrOutsideCharset) {
				t.Errorf("%s %s %q: %v", c.syntax, c.version, c.text, err)
			}
			if err := h.Close(); (err == nil) != (c.fits || verbatim) || err != nil && !errors.Is(err, edi.ErrOutsideCharset) {
				t.Errorf("%s %s header %q: %v", c.syntax, c.version, c.text, err)
			}
		}
	}
}

// TestWriterVersions leaves out separators that the version does not have, and refuses what would need them.
func TestWriterVersions(t *testing.T) {
	for _, c := range []struct {
		syntax     edi.Syntax
		version    string
		delimiters edi.Delimiters
		repeats    bool
	}{
		{edi.EDIFACT, "UNOA:3", edi.Delimiters{Component: ':', Element: '+', Decimal: '.', Release: '?', Repetition: '*', Terminator: '\''}, false},
		{edi.EDIFACT, "UNOA:4", edi.Delimiters{Component: ':', Element: '+', Decimal: '.', Release: '?', Repetition: '*', Terminator: '\''}, true},
		{edi.X12, "00401", edi.Delimiters{Component: '>', Element: '*', Repetition: '^', Terminator: '~', Release: '?'}, false},
		{edi.X12, "00501", edi.Delimiters{Component: '>', Element: '*', Repetition: '^', Terminator: '~', Release: '?'}, true},
	} {
		i := envelope(c.syntax)
		i.Version, i.Delimiters = c.version, c.delimiters
		var out bytes.Buffer
		w := edi.NewWriter(&out, i)
		if c.syntax == edi.X12 {
			_ = w.BeginGroup(edi.Group{Code: "SO", Sender: edi.Address{ID: "AA"}, Receiver: edi.Address{ID: "BB"}, Date: "20261121", Time: "1430", Control: "1", Version: "004010"})
		}
		_ = w.BeginMessage("XYZ", "D99Z", "", "", "0001") // an error stays
		_ = w.Segment("ABC", edi.Repeated("A", "B"))
		if err := w.Close(); (err == nil) != c.repeats {
			t.Errorf("%s: %v", c.version, err)
		}
		if strings.HasPrefix(out.String(), "UNA") || c.syntax == edi.X12 && (out.String()[82] == '^') != c.repeats {
			t.Errorf("%s: %s", c.version, out.String())
		}
	}
}

// TestWriterTrims leaves out what is empty at the end of repetitions, elements and segments.
func TestWriterTrims(t *testing.T) {
	var out bytes.Buffer
	w := edi.NewWriter(&out, envelope(edi.EDIFACT))
	if err := w.BeginMessage("XYZ", "D99Z", "", "", "1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Segment("ABC", edi.Composite("a", "", ""), edi.Value{{"b", ""}, {""}}, nil, edi.Composite("", "c", ""), nil, edi.Text("")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "ABC+a+b++:c'"; !strings.Contains(out.String(), want) {
		t.Errorf("%s", out.String())
	}
}
