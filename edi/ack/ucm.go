package ack

import (
	"strconv"

	"peacebridge/edi"
)

// A CONTRL has room for so many UCS below a UCM, and UCD below a UCS (ISO 9735-4, segment table).
const (
	maxUCS = 999
	maxUCD = 99
)

// message writes UCM, and UCS and UCD for what is in the message. An error of UNH or UNT is the message's own: the
// first goes into UCM, the others below it like those of any segment. A message with more errors than a UCM has room
// for is named again.
func (c *contrl) message(m *edi.MessageResult) error {
	findings := c.o.Policy.worthy(m.Findings)
	var own []edi.Value
	inside := make([]edi.Finding, 0, len(findings))
	for i := range findings {
		f := &findings[i]
		k, _ := edi.KindOf(f.Code) // unknown codes have empty columns
		service := k.Segment == "" || f.Position.Tag == "" && (f.Tag == "UNH" || f.Tag == "UNT")
		switch {
		case service && own == nil:
			own = c.fault(f)
		case k.Segment != "" && f.Position.MessageSegment > 0 && f.Position.MessageSegment <= 999_999:
			inside = append(inside, *f)
		}
	}
	verdict := c.o.Policy.Message(m)
	header := append(c.identity(m), edi.Text(verdict.written("0083")))
	all := notes(inside)
	if own == nil && len(all) == 0 && verdict == Rejected {
		own = []edi.Value{edi.Text(unspecified)} // refused above the syntax
	}
	if err := c.out.Segment("UCM", append(header, own...)...); err != nil {
		return err
	}
	room := maxUCS
	for _, n := range all {
		for first := true; first || len(n.values) > 0; first = false {
			if room == 0 {
				if err := c.out.Segment("UCM", header...); err != nil {
					return err
				}
				room = maxUCS
			}
			room--
			some := n.values[:min(len(n.values), maxUCD)]
			n.values = n.values[len(some):]
			if err := c.segment(n.finding, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// identity is 0062 and S009. What UNH left out that UCM needs in syntax 3 is written as 0; syntax 4 can do without.
func (c *contrl) identity(m *edi.MessageResult) []edi.Value {
	version, release := m.Release, ""
	if len(version) > 1 {
		version, release = m.Release[:1], m.Release[1:]
	}
	agency := 2
	if c.syntax4 {
		agency = 3
	}
	control := c.text(m.Control, 14)
	parts := []string{c.text(m.Name, 6), c.text(version, 3), c.text(release, 3), c.text(m.Agency, agency)}
	if c.syntax4 && (parts[0] == "" || parts[1] == "" || parts[2] == "" || parts[3] == "") {
		return []edi.Value{edi.Text(control), nil}
	}
	if control == "" && !c.syntax4 {
		control = "0"
	}
	for i, p := range parts {
		if p == "" {
			parts[i] = "0"
		}
	}
	return []edi.Value{edi.Text(control), edi.Composite(append(parts, c.text(m.Association, 6))...)}
}

// segment writes UCS, and UCD for each value. A missing segment is reported at the last segment before the
// place where it was expected (element 0096).
func (c *contrl) segment(f edi.Finding, values []edi.Finding) error {
	at, code := f.Position.MessageSegment, c.errorCode(&f)
	if f.Position.Tag != "" {
		at--
	}
	var below []edi.Finding
	for _, v := range values {
		if v.Position.Element > 0 && v.Position.Element < 999 {
			below = append(below, v)
		}
	}
	if len(below) > 0 {
		code = "" // the UCD below say it
	}
	if err := c.out.Segment("UCS", edi.Text(strconv.Itoa(max(at, 1))), edi.Text(code)); err != nil {
		return err
	}
	for i := range below {
		if err := c.out.Segment("UCD", edi.Text(c.errorCode(&below[i])), c.place(below[i].Position)); err != nil {
			return err
		}
	}
	return nil
}
