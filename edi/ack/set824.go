package ack

import (
	"io"
	"strconv"
	"strings"
	"time"

	"peacebridge/edi"
)

// write824 writes one interchange of 824, a group for each group and a set for each message that is advised.
func write824(w io.Writer, i *edi.InterchangeResult, groups []advisedGroup, o *Options, n *numbers) error {
	if i.Sender.ID == "" && i.Receiver.ID == "" {
		return none("its header names neither sender nor receiver")
	}
	x, err := openX12(w, i, o, n)
	if err != nil {
		return err
	}
	for _, g := range groups {
		s := set824{x12: x, g: g.GroupResult, release: release(g.Version)}
		if err := x.beginGroup("AG", g.GroupResult, s.release, ""); err != nil {
			return err
		}
		for at, a := range g.advice {
			if err := s.write(a, fit(strconv.Itoa(at+1), 4, 9)); err != nil {
				return err
			}
		}
		if err := x.out.EndGroup(); err != nil {
			return err
		}
	}
	return x.out.Close()
}

type set824 struct {
	*x12
	g       *edi.GroupResult
	release string
}

func (s set824) write(a *Advice, control string) error {
	if err := s.out.BeginMessage("824", s.release, "", "", control); err != nil {
		return err
	}
	at := s.o.At
	// Purpose 11 is a response; the reference is this advice's own.
	if err := s.out.Segment("BGN", text("11", control, at.Format("20060102"), at.Format("1504"))...); err != nil {
		return err
	}
	if err := s.out.Segment("OTI", s.original(a)...); err != nil {
		return err
	}
	for i := range a.Findings {
		if err := s.finding(&a.Findings[i]); err != nil {
			return err
		}
	}
	return s.out.EndMessage()
}

// original is OTI: the verdict, the document and the envelopes that it came in, as far as OTI can repeat them.
func (s set824) original(a *Advice) []edi.Value {
	m, g := a.Message, s.g
	ref := Reference{s.clean(a.Document.Qualifier, 3), s.clean(a.Document.ID, 30)}
	number824 := fit(s.clean(m.Control, 9), 4, 9)
	if ref.ID == "" {
		ref = Reference{"TN", number824} // TN: transaction reference number
	}
	if len(ref.Qualifier) < 2 {
		ref.Qualifier = "ZZ"
	}
	values := []string{
		a.verdict().written("110"), ref.Qualifier, ref.ID, longer(s.clean(g.Sender.ID, 15), 2), longer(s.clean(g.Receiver.ID, 15), 2),
		existing(g.Date, "20060102"), existing(g.Time, "1504"), number(g.Control, 9), number824,
		longer(s.clean(m.Name, 3), 3), s.clean(g.Version, 12),
	}
	if values[7] == "" {
		values[8] = "" // the set's number needs the group's (condition C0908)
	}
	return text(values...)
}

// finding is TED, with notes below it for what its text has no room for.
func (s set824) finding(f *ApplicationFinding) error {
	code := s.clean(f.Code, 3)
	if code == "" {
		code = "ZZZ" // mutually defined
	}
	head, line := wrap(s.line(f.Text), 60)
	values := text(code, head)
	tag := edi.Text("")
	if f.Tag != "" {
		tag = edi.Text(tagOf(&edi.Finding{Tag: f.Tag}))
	}
	segment := ""
	if n := f.Position.MessageSegment; n > 0 && n <= 999_999 {
		segment = strconv.Itoa(n)
	}
	var place edi.Value
	if p := f.Position; p.Element > 0 && p.Element <= 99 && p.Component <= 99 {
		place = elementPlace(p, s.release)
		if !has(s.release, "TED", "C030") {
			place = edi.Text(strconv.Itoa(p.Element)) // element 722 alone
		}
	}
	if err := s.out.Segment("TED", append(values, tag, edi.Text(segment), place, edi.Text(reference(f.Element)))...); err != nil {
		return err
	}
	if ref := f.Reference; ref.ID != "" && has(s.release, "TED", "CTX") {
		if err := s.out.Segment("CTX", s.context(Context{Name: ref.Qualifier, Value: ref.ID})...); err != nil {
			return err
		}
	}
	for n := 0; n < 100 && line != ""; n++ {
		var part string
		part, line = wrap(line, 80)
		if err := s.out.Segment("NTE", text("", part)...); err != nil {
			return err
		}
	}
	return nil
}

// line is a text for people without line breaks and delimiters.
func (s set824) line(t string) string {
	return strings.TrimSpace(clean(spoken(edi.X12Extended, t), s.d, ' '))
}

// longer returns a text that has at least n characters, else nothing.
func longer(s string, n int) string {
	if len(s) < n {
		return ""
	}
	return s
}

// existing returns a date or time that exists, else nothing.
func existing(s, layout string) string {
	if _, err := time.Parse(layout, s); err != nil || len(s) != len(layout) {
		return ""
	}
	return s
}
