package ack

import (
	"io"
	"strings"
	"unicode/utf8"

	"peacebridge/edi"
)

// openEDIFACT writes the UNB of an answer, which will hold the texts more besides what it repeats.
func openEDIFACT(w io.Writer, i *edi.InterchangeResult, o *Options, n *numbers, more ...string) (*contrl, error) {
	control, err := n.nextInterchange(edi.EDIFACT)
	if err != nil {
		return nil, err
	}
	c := &contrl{i: i, o: o, n: n, d: delimiters(i), syntax4: strings.HasSuffix(i.Version, ":4")}
	if c.d == (edi.Delimiters{}) {
		c.d.Release = '?'
	}
	sender, receiver := swapped(i, o)
	version := c.level(more)
	c.set = edi.Charset(version[:4])
	c.out = edi.NewWriter(w, edi.Interchange{
		Syntax: edi.EDIFACT, Delimiters: delimiters(i), Version: version, Sender: c.address(sender), Receiver: c.address(receiver),
		Date: o.At.Format(c.date()), Time: o.At.Format("1504"), Control: control, Usage: i.Usage,
		Application: c.text(i.Application, 14),
	})
	return c, nil
}

// date is the layout of a date in UNB and UNG: syntax 4 writes the century.
func (c *contrl) date() string {
	if c.syntax4 {
		return "20060102"
	}
	return "060102"
}

// version is the version and release of CONTRL that belongs to the syntax version.
func (c *contrl) version() string {
	if c.syntax4 {
		return "4:1"
	}
	return "D:3"
}

// beginGroup writes the UNG of an answer, with the identities of the group that is answered as far as it has any.
func (c *contrl) beginGroup(g *edi.GroupResult, message, version string) error {
	out, in := swapped(c.i, c.o)
	if c.o.Sender == nil && g.Receiver.ID != "" {
		out = g.Receiver
	}
	if c.o.Receiver == nil && g.Sender.ID != "" {
		in = g.Sender
	}
	return c.out.BeginGroup(edi.Group{
		Code: message, Sender: c.address(out), Receiver: c.address(in), Date: c.o.At.Format(c.date()),
		Time: c.o.At.Format("1504"), Control: c.n.nextGroup(), Version: version,
	})
}

// grouped returns the group whose identities the answer takes: the first that has any. Nil without groups.
func grouped(i *edi.InterchangeResult) *edi.GroupResult {
	for _, g := range i.Groups {
		if g.Control != "" {
			return g
		}
	}
	return nil
}

// level returns the syntax identifier and version of the answer: the sender's, or a wider repertoire where what is
// to be repeated is not in it. Nobody can read an ISO 2022 answer from us: that is level A.
func (c *contrl) level(more []string) string {
	name, number, _ := strings.Cut(c.i.Version, ":")
	if len(number) != 1 || number < "1" || number > "4" {
		number = "3"
	}
	if len(name) != 4 || !strings.HasPrefix(name, "UNO") || name[3] < 'A' || name[3] > 'Y' || name == "UNOX" {
		name = "UNOA"
	}
	for _, s := range append(c.repeated(), more...) {
		for i := 0; i < len(s); i++ {
			if set := edi.Charset(name); set != edi.LevelA && set != edi.LevelB || set.Has(rune(s[i])) || s[i] < ' ' || s[i] == 0x7F {
				continue // what is no character at all is replaced
			}
			if name = "UNOC"; edi.LevelB.Has(rune(s[i])) {
				name = "UNOB"
			}
		}
	}
	return name + ":" + number
}

// repeated are the texts that a CONTRL takes over.
func (c *contrl) repeated() []string {
	i := c.i
	out := []string{i.Control, i.Application, i.Sender.ID, i.Receiver.ID, i.Sender.Qualifier, i.Receiver.Qualifier}
	for _, a := range []edi.Address{i.Sender, i.Receiver} {
		out = append(out, a.Internal, a.SubInternal)
	}
	for _, g := range i.Groups {
		out = append(out, g.Control, g.Sender.ID, g.Receiver.ID, g.Sender.Qualifier, g.Receiver.Qualifier)
		for _, m := range g.Messages {
			out = append(out, m.Control, m.Name, m.Release, m.Agency, m.Association)
		}
	}
	return out
}

// text returns a received text as it can be repeated: what the set of the answer lacks gives way to an X.
func (c *contrl) text(s string, n int) string {
	s = cut(clean(s, c.d, 'X'), n)
	if c.set == edi.LevelY || c.set == "UNOW" {
		return strings.ToValidUTF8(s, "X")
	}
	one := edi.Interchange{Syntax: edi.EDIFACT, Version: string(c.set)}
	out := []byte(s)
	for i, b := range out {
		if r, _ := utf8.DecodeRuneInString(one.Decode(string(out[i : i+1]))); b >= 0x80 && !c.set.Has(r) {
			out[i] = 'X'
		}
	}
	return string(out)
}

func (c *contrl) address(a edi.Address) edi.Address {
	out := edi.Address{ID: c.text(a.ID, 35), Qualifier: c.text(a.Qualifier, 4), Internal: c.text(a.Internal, c.internal())}
	if c.syntax4 {
		out.SubInternal = c.text(a.SubInternal, 35)
	}
	return out
}

// internal is how long 0008 and 0014 may be.
func (c *contrl) internal() int {
	if c.syntax4 {
		return 35
	}
	return 14
}

func (c *contrl) composite(a edi.Address) edi.Value {
	a = c.address(a)
	return edi.Composite(a.ID, a.Qualifier, a.Internal, a.SubInternal)
}
