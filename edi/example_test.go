package edi_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

const interchange = `ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~
GS*FA*SENDER*RECEIVER*20261121*1430*1*X*004010~
ST*997*0001~
AK1*SO*17~
AK9*A*1*1*1~
SE*4*0001~
GE*1*1~
IEA*1*000000001~`

func ExampleReader() {
	r := edi.NewReader(strings.NewReader(interchange), edi.Options{})
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Name, m.Release, "from", m.Interchange.Sender.ID)
		for i := range m.Segments {
			if s := &m.Segments[i]; s.Tag == "AK1" {
				fmt.Println("answers group", s.Text(2, 1), "at byte", s.At(2, 1).Offset)
			}
		}
	}
	fmt.Println("valid:", r.Result().Valid())
	// Output:
	// 997 004010 from SENDER
	// answers group 17 at byte 175
	// valid: true
}

func ExampleDecoder() {
	d := edi.NewDecoder(strings.NewReader(interchange), edi.Options{})
	for {
		e, err := d.Next()
		if err != nil {
			break
		}
		if e.Kind == edi.SegmentRead && d.Segment().Tag() == "AK9" {
			for v := range d.Segment().Values {
				fmt.Printf("AK9%02d at %d: %s\n", v.Element, v.Offset, v.Raw)
			}
		}
	}
	// Output:
	// AK901 at 183: A
	// AK902 at 185: 1
	// AK903 at 187: 1
	// AK904 at 189: 1
}

func ExampleStream() {
	doc := `UNB+UNOA:3+SENDER:14+RECEIVER:14+261121:1430+8'UNH+1+APERAK:D:03B:UN'BGM+313+A?+B'UNT+3+1'UNZ+1+8'`
	s := edi.NewStream(strings.NewReader(doc), edi.Options{})
	for {
		e, err := s.Next()
		if err != nil {
			break
		}
		if s.Segment().Tag() != "UNH" && s.Segment().Tag() != "BGM" {
			continue
		}
		switch v := s.Value(); e.Kind {
		case edi.SegmentRead:
			fmt.Println(s.Segment().Tag())
		case edi.BeginComposite:
			fmt.Println("  composite", v.Element)
		case edi.ElementRead:
			fmt.Printf("  %d.%d at %d: %s\n", v.Element, v.Component, v.Offset, v.Text())
		}
	}
	// Output:
	// UNH
	//   1.1 at 51: 1
	//   composite 2
	//   2.1 at 53: APERAK
	//   2.2 at 60: D
	//   2.3 at 62: 03B
	//   2.4 at 66: UN
	// BGM
	//   composite 1
	//   1.1 at 73: 313
	//   composite 2
	//   2.1 at 77: A+B
}

func ExampleFinding() {
	broken := strings.Replace(interchange, "AK9*A*1", "AK9*Q*one", 1)
	r := edi.NewReader(strings.NewReader(broken), edi.Options{})
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	for _, f := range r.Result().Findings {
		fmt.Printf("%s: %s: %s (%s)\n", f.Severity, f.Code, f.Message, f.Rule)
	}
	// Output:
	// error: edi.element-type: Number of Transaction Sets Included: not a number (004010 AK902)
}

func ExampleWriter() {
	w := edi.NewWriter(os.Stdout, edi.Interchange{
		Syntax: edi.EDIFACT, Version: "UNOC:3", Sender: edi.Address{ID: "A"}, Receiver: edi.Address{ID: "B"},
		Date: "261121", Time: "1430", Control: "1",
	})
	w.Lines(true)
	_ = w.BeginMessage("APERAK", "D03B", "UN", "", "1") // errors stay, and Close returns the first
	_ = w.Segment("BGM", edi.Composite("313"), edi.Text("IT'S 5+5"), edi.Text("9"))
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// UNB+UNOC:3+A+B+261121:1430+1'
	// UNH+1+APERAK:D:03B:UN'
	// BGM+313+IT?'S 5?+5+9'
	// UNT+3+1'
	// UNZ+1+1'
}

func ExampleWriter_Text() {
	w := edi.NewWriter(os.Stdout, edi.Interchange{
		Syntax: edi.EDIFACT, Version: "UNOA:3", Sender: edi.Address{ID: "A"}, Receiver: edi.Address{ID: "B"},
		Date: "261121", Time: "1430", Control: "1",
	})
	w.Lines(true)
	w.Text("")                                          // into the declared set
	_ = w.BeginMessage("APERAK", "D03B", "UN", "", "1") // errors stay, and Close returns the first
	_ = w.Segment("FTX", edi.Text("AAO"), nil, nil, edi.Text("Montréal"))
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	for _, f := range folded(w) {
		fmt.Printf("%s element %d: %d characters replaced\n", f.Tag, f.Element, f.Characters)
	}
	// Output:
	// UNB+UNOA:3+A+B+261121:1430+1'
	// UNH+1+APERAK:D:03B:UN'
	// FTX+AAO+++MONTREAL'
	// UNT+3+1'
	// UNZ+1+1'
	// FTX element 4: 7 characters replaced
}

func folded(w *edi.Writer) []edi.Folded {
	list, _ := w.Folded()
	return list
}

func ExampleSplitter() {
	var outs []*strings.Builder
	s := edi.NewSplitter(edi.SplitLimits{Messages: 2}, func(n int) (*edi.Writer, *edi.Group, error) {
		outs = append(outs, &strings.Builder{})
		return edi.NewWriter(outs[n], edi.Interchange{
			Syntax: edi.EDIFACT, Version: "UNOA:3", Sender: edi.Address{ID: "A"}, Receiver: edi.Address{ID: "B"},
			Date: "261121", Time: "1430", Control: fmt.Sprint(n + 1),
		}), nil, nil
	})
	for n := range 3 {
		_ = s.Message("APERAK", "D03B", "UN", "", fmt.Sprint(n+1), func(w *edi.Writer) error { // errors stay
			return w.Segment("BGM", edi.Text("313"))
		})
	}
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}
	for _, out := range outs {
		fmt.Println(out)
	}
	// Output:
	// UNB+UNOA:3+A+B+261121:1430+1'UNH+1+APERAK:D:03B:UN'BGM+313'UNT+3+1'UNH+2+APERAK:D:03B:UN'BGM+313'UNT+3+2'UNZ+2+1'
	// UNB+UNOA:3+A+B+261121:1430+2'UNH+3+APERAK:D:03B:UN'BGM+313'UNT+3+3'UNZ+1+2'
}

func ExampleDirectories_Compile() {
	s, err := edi.Builtin().Compile(edi.Overlay{
		Name: "partner/advice", Syntax: edi.EDIFACT, Release: "D03B", Message: "APERAK",
		Body: []edi.OverlayNode{
			{ID: 1, Name: "BGM", Usage: edi.Required, Max: 1, Elements: []edi.OverlayElement{{Element: 2, Usage: edi.Required}}},
			{ID: 2, Name: "DTM", Usage: edi.Optional, Max: 1},
			{ID: 3, Name: "FTX", Usage: edi.Optional, Max: 2},
		},
		Rules: []edi.Rule{{Rule: "C(FTX,DTM)", Says: "a text needs a date"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	doc := `UNB+UNOA:3+SENDER:14+RECEIVER:14+261121:1430+8'UNH+1+APERAK:D:03B:UN'BGM+313'FTX+AAO'UNT+4+1'UNZ+1+8'`
	r := edi.NewReader(strings.NewReader(doc), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return s, nil }})
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	for _, f := range r.Result().Findings {
		fmt.Printf("%s: %s (%s)\n", f.Severity, f.Message, f.Rule)
	}
	// Output:
	// error: Document/message identification missing (partner/advice BGM02)
	// error: a text needs a date (partner/advice C(FTX,DTM))
}

func Example_acknowledgement() {
	doc := `UNA:+.? 'UNB+UNOA:3+SENDER:14+RECEIVER:14+261121:1430+8'UNH+1+APERAK:D:03B:UN'BGM+313'UNT+4+1'UNZ+1+8'`
	r := edi.NewReader(strings.NewReader(doc), edi.Options{})
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	at := time.Date(2026, 11, 21, 14, 31, 0, 0, time.UTC)
	if err := ack.Write(os.Stdout, r.Result(), ack.Options{At: at, Control: "9"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// UNB+UNOA:3+RECEIVER:14+SENDER:14+261121:1431+9'UNH+1+CONTRL:D:3:UN'UCI+8+SENDER:14+RECEIVER:14+7'UCM+1+APERAK:D:03B:UN+4+29+UNT+2'UNT+4+1'UNZ+1+9'
}
