package ack

import (
	"strconv"
	"strings"

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
	if element := trigger(finding); element > 0 {
		p := finding.Position
		c := Context{Name: situational, Tag: tagOf(finding), Segment: p.MessageSegment, Element: element}
		if p.Component > 0 {
			c.Element, c.Component = p.Element, element
		}
		all = append(all, c)
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
	values[3] = edi.Text(x.clean(c.Loop, 4))
	if c.Element > 0 && c.Element <= 99 && c.Component <= 99 {
		values[4] = elementPlace(edi.Position{Element: c.Element, Component: c.Component}, "")
	}
	if number := reference(c.Reference); number != "" {
		values[5] = edi.Composite(number)
	}
	return values
}

// trigger returns the element, or the component, that a broken relational condition starts from; 0 when the
// finding is about no condition or the condition has no such start. The rule of the finding ends with the condition as
// the directory writes it, "P0410".
func trigger(f *edi.Finding) int {
	if f.Level != edi.LevelCondition {
		return 0
	}
	rule := f.Rule[strings.LastIndexByte(f.Rule, ' ')+1:]
	if len(rule) < 5 || len(rule)%2 == 0 || !digits(rule[1:]) {
		return 0
	}
	missing := f.Position.Element
	if f.Position.Component > 0 {
		missing = f.Position.Component
	}
	first, second := atoi(rule[1:3]), atoi(rule[3:5])
	switch rule[0] {
	case 'C', 'L': // the first needs the others
		return first
	case 'P', 'E': // of two, the other one; of more it is not known which are there
		switch {
		case len(rule) > 5 && rule[0] == 'P':
			return 0
		case missing == first:
			return second
		}
		return first
	}
	return 0
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // digits already
	return n
}
