package ack

import (
	"strconv"

	"peacebridge/edi"
)

// Context is one CTX segment of a 999: a circumstance of a finding. Name and Value are C998, "CLM01" and the claim's
// number; the others say where in the message it stands. What is zero is left out.
type Context struct {
	Name, Value string // 35 characters each
	Tag         string // of a segment
	Segment     int    // its position from ST
	Loop        string // LS01
	Element     int    // position in the segment
	Component   int
	Reference   string // number of the data element
}

// situational is the name of the context that says what made an element required or forbidden (X12.56 CTX01).
const situational = "SITUATIONAL TRIGGER"

// contexts writes the CTX segments of a finding: the element that a relational condition starts from, then what the
// caller has to add. There is room for ten.
func (f *functional) contexts(m *edi.MessageResult, finding *edi.Finding) error {
	if f.name != set999.name {
		return nil
	}
	var all []Context
	if t := finding.Trigger; t.Tag != "" {
		all = append(all, Context{Name: situational, Tag: t.Tag, Segment: t.MessageSegment, Loop: finding.Loop, Element: t.Element, Component: t.Component})
	}
	if f.o.Context != nil {
		all = append(all, f.o.Context(m, finding)...)
	}
	for n, c := range all {
		if n == 10 {
			break
		}
		if err := f.out.Segment("CTX", f.context(c)...); err != nil {
			return err
		}
	}
	return nil
}

func (x *x12) context(c Context) []edi.Value {
	name := x.clean(c.Name, 35)
	if name == "" {
		name = situational
	}
	values := []edi.Value{edi.Composite(name, x.clean(c.Value, 35)), nil, nil, nil, nil, nil}
	if c.Tag != "" {
		values[1] = edi.Text(tagOf(&edi.Finding{Tag: c.Tag}))
	}
	if c.Segment > 0 && c.Segment <= 999_999 {
		values[2] = edi.Text(strconv.Itoa(c.Segment))
	}
	values[3] = edi.Text(x.loop(c.Loop))
	if c.Element > 0 && c.Element <= 99 && c.Component <= 99 {
		values[4] = elementPlace(edi.Position{Element: c.Element, Component: c.Component}, "")
	}
	if number := reference(c.Reference); number != "" {
		values[5] = edi.Composite(number)
	}
	return values
}

// loop is element 447, the identifier of a bounded loop: it has four characters at most, and one that has more is
// none of the standard's.
func (x *x12) loop(name string) string {
	if len(name) > 4 {
		return ""
	}
	return x.clean(name, 4)
}
