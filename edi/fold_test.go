package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"peacebridge/edi"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		set        edi.Charset
		text, want string
		replaced   int
	}{
		{edi.LevelA, "Café", "CAFE", 3},
		{edi.LevelA, "ÉTÉ 5+5", "ETE 5+5", 2},
		{edi.LevelB, "Café", "Cafe", 1},
		{edi.LevelC, "Café €5", "Café EUR5", 1},
		{"UNOD", "Łódź é", "Łódź é", 0},
		{edi.LevelC, "Łódź", "Lódz", 2},
		{edi.LevelY, "Łódź €", "Łódź €", 0},
		{edi.X12Basic, "straße “x”", "STRASSE \"X\"", 8},
		{edi.X12Extended, "straße – ﬁn", "strasse - fin", 3},
		{"UNOE", "Москва", "Москва", 0},
	} {
		got, replaced, err := c.set.Fold(c.text)
		if err != nil || got != c.want || c.replaced != replaced && !(c.set == edi.X12Basic) {
			t.Errorf("%s %q: %q, %d replaced, %v", c.set, c.text, got, replaced, err)
		}
	}
	for _, c := range []struct {
		set  edi.Charset
		text string
	}{{edi.LevelA, "Москва"}, {edi.LevelC, "東京"}, {edi.LevelB, "a@b"}, {edi.LevelY, "a\xffb"}, {"UNOX", "a"}, {"", "a"}, {edi.LevelA, "a\x01"}, {edi.LevelY, "\u0085"}} {
		if got, _, err := c.set.Fold(c.text); !errors.Is(err, edi.ErrOutsideCharset) {
			t.Errorf("%s %q: folded to %q", c.set, c.text, got)
		}
	}
}

// TestWriterCharset writes text in the declared set and says what it changed.
func TestWriterCharset(t *testing.T) {
	for version, want := range map[string]string{
		"UNOA:3": "FTX+AAI+++MONTREAL EUR'", "UNOC:3": "FTX+AAI+++Montr\xe9al EUR'", "UNOY:4": "FTX+AAI+++Montréal €'", "UNOD:3": "FTX+AAI+++Montr\xe9al EUR'",
	} {
		i := envelope(edi.EDIFACT)
		i.Version = version
		var out bytes.Buffer
		w := edi.NewWriter(&out, i)
		w.Text("")
		_ = w.BeginMessage("CUSREP", "D04B", "", "", "1") // errors stay
		_ = w.Segment("FTX", edi.Text("AAI"), nil, nil, edi.Text("Montréal €"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: %q", version, out.String())
		}
		folded, n := w.Folded()
		if (n > 0) != (version != "UNOY:4") || n > 0 && (folded[0].Tag != "FTX" || folded[0].Segment != 2 || folded[0].Element != 4) {
			t.Errorf("%s: %d folded: %+v", version, n, folded)
		}
		for _, f := range read(t, out.Bytes(), edi.Options{Spec: envelopesOnly}).Findings {
			if f.Level == edi.LevelSyntax {
				t.Errorf("%s: %+v", version, f)
			}
		}
	}
	w := edi.NewWriter(&bytes.Buffer{}, envelope(edi.EDIFACT))
	w.Text("")
	_ = w.BeginMessage("CUSREP", "D04B", "", "", "1") // judged by what follows
	if err := w.Segment("FTX", edi.Text("東京")); !errors.Is(err, edi.ErrOutsideCharset) || w.Close() == nil {
		t.Errorf("%v", err)
	}
}

func envelopesOnly(*edi.Message) (*edi.Spec, error) { return nil, nil }

// TestTextRoundTrip is the law of text: what a set has comes back as it was.
func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.SampledFrom([]string{"UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOY"}).Draw(t, "level")
		set := edi.Charset(level)
		text := strings.Map(func(r rune) rune {
			if !set.Has(r) {
				return -1
			}
			return r
		}, rapid.StringN(0, 40, -1).Draw(t, "text")+"A é ж α ş א ع")
		i := envelope(edi.EDIFACT)
		i.Version = level + ":4"
		var out bytes.Buffer
		w := edi.NewWriter(&out, i)
		w.Text("")
		_ = w.BeginMessage("CUSREP", "D04B", "", "", "1") // errors stay
		_ = w.Segment("FTX", edi.Text(text))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		m, err := edi.NewBytesReader(out.Bytes(), edi.Options{Spec: envelopesOnly}).Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Interchange.Decode(m.Segments[1].Text(1, 1)); got != text {
			t.Fatalf("%s: %q came back as %q", level, text, got)
		}
		if _, n := w.Folded(); n != 0 {
			t.Fatalf("%s: %d folded in %q", level, n, text)
		}
	})
}

func TestSplitter(t *testing.T) {
	for name, limits := range map[string]edi.SplitLimits{"messages": {Messages: 3}, "bytes": {Bytes: 400}, "both": {Messages: 4, Bytes: 500}, "none": {}} {
		for _, syntax := range []edi.Syntax{edi.X12, edi.EDIFACT} {
			var outs []*bytes.Buffer
			s := edi.NewSplitter(limits, func(n int) (*edi.Writer, *edi.Group, error) {
				outs = append(outs, &bytes.Buffer{})
				i := envelope(syntax)
				i.Control = fmt.Sprint(100 + n)
				w := edi.NewWriter(outs[n], i)
				w.Lines(n%2 == 1)
				if syntax == edi.X12 {
					return w, &edi.Group{Code: "SO", Sender: edi.Address{ID: "AA"}, Receiver: edi.Address{ID: "BB"}, Date: "20261121", Time: "1430", Control: fmt.Sprint(n + 1), Version: "005010"}, nil
				}
				return w, nil, nil
			})
			for n := range 11 {
				if err := s.Message("XYZ", "D99Z", "", "", fmt.Sprintf("%04d", n+1), func(w *edi.Writer) error {
					return w.Segment("ABC", edi.Text(strings.Repeat("X", 10+n)))
				}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			messages := 0
			for n, out := range outs {
				res := read(t, out.Bytes(), edi.Options{Spec: envelopesOnly})
				if !res.Valid() {
					t.Errorf("%s %s: interchange %d: %+v\n%s", name, syntax, n, res.Findings, out)
				}
				if limits.Messages > 0 && res.Messages > limits.Messages || limits.Bytes > 0 && out.Len() > limits.Bytes {
					t.Errorf("%s %s: interchange %d has %d messages in %d bytes", name, syntax, n, res.Messages, out.Len())
				}
				messages += res.Messages
			}
			if messages != 11 || len(outs) != s.Interchanges() || (len(outs) == 1) != (name == "none") {
				t.Errorf("%s %s: %d messages in %d interchanges", name, syntax, messages, len(outs))
			}
		}
	}
	var out bytes.Buffer
	s := edi.NewSplitter(edi.SplitLimits{Bytes: 300}, func(int) (*edi.Writer, *edi.Group, error) {
		return edi.NewWriter(&out, envelope(edi.EDIFACT)), nil, nil
	})
	err := s.Message("XYZ", "D99Z", "", "", "1", func(w *edi.Writer) error { return w.Segment("ABC", edi.Text(strings.Repeat("X", 400))) })
	if !errors.Is(err, edi.ErrTooLong) || strings.Contains(out.String(), "UNH") || s.Close() == nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}
