package ack

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"peacebridge/edi"
)

// received is the value of 0083 that says no more than that the interchange came (ISO 9735-4, 5.3.1).
const received = "8"

// unspecified is the value of 0085 for an error that has no other.
const unspecified = "18"

// contrl writes the answer to one EDIFACT interchange. A level that is reported names one error, the first (ISO
// 9735-4, 5.3.3).
type contrl struct {
	out     *edi.Writer
	i       *edi.InterchangeResult
	o       *Options
	n       *numbers
	d       edi.Delimiters
	set     edi.Charset // of the answer
	syntax4 bool
}

// writeContrl writes a CONTRL for one interchange, in its own syntax version.
func writeContrl(w io.Writer, i *edi.InterchangeResult, o *Options, n *numbers) error {
	if why := unrepeatable(i); why != "" {
		return none(why)
	}
	if onlyContrl(i) {
		return none(answersOnly)
	}
	whole := o.acceptsAll(i)
	if o.OnlyAsked && !i.AckRequested && !i.Receipt && whole {
		return none("it is accepted, and UNB 0031 asks for no answer")
	}
	c, err := openEDIFACT(w, i, o, n)
	if err != nil {
		return err
	}
	if first := grouped(i); first != nil {
		if err := c.beginGroup(first, "CONTRL", c.version()); err != nil {
			return err
		}
	}
	if err := c.out.BeginMessage("CONTRL", strings.ReplaceAll(c.version(), ":", ""), "UN", "", "1"); err != nil {
		return err
	}
	if err := c.interchange(o.ReceiptOnly || i.Receipt && whole); err != nil {
		return err
	}
	return c.out.Close()
}

// unrepeatable says why UCI cannot repeat what it must, "" when it can. The sender is then told by other means than a
// CONTRL (ISO 9735-4, 5.3.4).
func unrepeatable(i *edi.InterchangeResult) string {
	for _, part := range []struct {
		name, value string
		most        int
	}{{"control reference (UNB 0020)", i.Control, 14}, {"sender (UNB 0004)", i.Sender.ID, 35}, {"recipient (UNB 0010)", i.Receiver.ID, 35}} {
		switch {
		case part.value == "":
			return "its header has no " + part.name + ", which UCI must repeat"
		case len(part.value) > part.most:
			return fmt.Sprintf("the %s in its header is longer than the %d characters that UCI can repeat", part.name, part.most)
		case clean(part.value, edi.Delimiters{}, 0) != part.value:
			return "the " + part.name + " in its header has control characters, which UCI cannot repeat"
		}
	}
	return ""
}

// onlyContrl reports whether the interchange holds acknowledgements and nothing else.
func onlyContrl(i *edi.InterchangeResult) bool {
	some := false
	for _, g := range i.Groups {
		for _, m := range g.Messages {
			if m.Name != "CONTRL" {
				return false
			}
			some = true
		}
	}
	return some
}

// acceptsAll reports whether nothing in an interchange is rejected or worth noting.
func (o *Options) acceptsAll(i *edi.InterchangeResult) bool {
	v := o.Policy.Interchange(i)
	for _, g := range i.Groups {
		v = max(v, o.Policy.Group(g))
	}
	return v == Accepted
}

// interchange writes UCI and what is below it, or for a receipt nothing but that the interchange came.
func (c *contrl) interchange(receipt bool) error {
	header := []edi.Value{edi.Text(c.text(c.i.Control, 14)), c.composite(c.i.Sender), c.composite(c.i.Receiver)}
	verdict, faults := c.o.Policy.Interchange(c.i), c.o.Policy.worthy(c.i.Findings)
	action := verdict.written("0083")
	if receipt && verdict != Rejected {
		return c.out.Segment("UCI", append(header, edi.Text(received))...)
	}
	header = append(header, edi.Text(action))
	if len(faults) > 0 {
		header = append(header, c.fault(&faults[0])...)
	}
	if err := c.out.Segment("UCI", header...); err != nil || verdict == Rejected {
		return err
	}
	for _, g := range c.i.Groups {
		if err := c.group(g); err != nil {
			return err
		}
	}
	return nil
}

// group writes UCF, if there is a group, and UCM for the messages that are to be named.
func (c *contrl) group(g *edi.GroupResult) error {
	if g.Control != "" {
		verdict, faults := c.o.Policy.worst(g.Findings), c.o.Policy.worthy(g.Findings)
		if c.o.Policy.Whole {
			verdict = max(verdict, c.o.Policy.Group(g))
		}
		header := []edi.Value{edi.Text(c.text(g.Control, 14)), c.parties(g.Sender), c.parties(g.Receiver), edi.Text(verdict.written("0083"))}
		if len(faults) > 0 {
			header = append(header, c.fault(&faults[0])...)
		}
		if err := c.out.Segment("UCF", header...); err != nil || len(faults) > 0 && verdict == Rejected {
			return err
		}
	}
	for _, m := range g.Messages {
		if m.Name == "CONTRL" {
			continue // never an acknowledgement of an acknowledgement
		}
		// What is not named is acknowledged with the level above (0083 value 7).
		if c.o.Every || c.o.Policy.Message(m) != Accepted {
			if err := c.message(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// parties is S006 or S007. What UNG left open is left open in syntax 4, and 0 in syntax 3, where it is mandatory.
func (c *contrl) parties(a edi.Address) edi.Value {
	if a.ID == "" {
		if c.syntax4 {
			return nil
		}
		a.ID = "0"
	}
	return c.composite(a)
}

// fault is 0085, the service segment and the place in it.
func (c *contrl) fault(f *edi.Finding) []edi.Value {
	values := []edi.Value{edi.Text(c.errorCode(f))}
	tag := f.Position.Tag
	if tag == "" {
		tag = f.Tag
	}
	if !c.serviceTag(tag) {
		return values
	}
	values = append(values, edi.Text(tag))
	if f.Position.Element > 0 && f.Position.Element < 999 {
		values = append(values, c.place(f.Position))
	}
	return values
}

// errorCode is 0085, in the list of the syntax version.
func (c *contrl) errorCode(f *edi.Finding) string {
	k, _ := edi.KindOf(f.Code) // unknown codes have empty columns
	if k.EDIFACT == "" {
		return unspecified
	}
	version := "3"
	if c.syntax4 {
		version = "4"
	}
	return codeIn("0085", k.EDIFACT, version)
}

// serviceTag reports whether a tag is one of element 0135. Packages came with syntax 4.
func (c *contrl) serviceTag(tag string) bool {
	switch tag {
	case "UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ":
		return true
	case "UNO", "UNP":
		return c.syntax4
	}
	return false
}

// place is S011. The segment tag is position 1, so that element 1 is position 2 (element 0098); which occurrence
// it is can be said in syntax 4 only (0136).
func (c *contrl) place(p edi.Position) edi.Value {
	position := []string{strconv.Itoa(p.Element + 1), "", ""}
	if p.Component > 0 && p.Component <= 999 {
		position[1] = strconv.Itoa(p.Component)
	}
	if c.syntax4 && p.Repetition > 0 && p.Repetition <= 999_999 {
		position[2] = strconv.Itoa(p.Repetition)
	}
	return edi.Composite(position...)
}
