package ack

import (
	"io"
	"strconv"
	"strings"

	"peacebridge/edi"
)

// isaCodes are the TA105 codes of the elements of ISA (X12.5 I18), by element.
var isaCodes = map[int]string{
	1: "010", 2: "011", 3: "012", 4: "013", 5: "005", 6: "006", 7: "007", 8: "008",
	9: "014", 10: "015", 11: "016", 12: "017", 13: "018", 14: "019", 15: "020", 16: "027",
}

// writeX12 writes TA1, 997 or 999 for one interchange.
func writeX12(w io.Writer, i *edi.InterchangeResult, o Options) error {
	if i.Control == "" || i.Sender.ID == "" && i.Receiver.ID == "" {
		return ErrNone
	}
	wantTA1 := o.Type == TA1 || o.Type == Auto && (i.AckRequested || !i.Accepted())
	var groups []*edi.GroupResult
	if o.Type != TA1 {
		for _, g := range i.Groups {
			// A group without GS has no number to answer; one of acknowledgements is not answered.
			if g.Control != "" && g.Code != "FA" {
				groups = append(groups, g)
			}
		}
	}
	if onlyAcknowledgements(i) && i.Accepted() && !i.AckRequested {
		return ErrNone
	}
	if !wantTA1 && len(groups) == 0 {
		return ErrNone
	}
	sender, receiver := swapped(i, o)
	out := edi.NewWriter(w, edi.Interchange{
		Syntax: edi.X12, Delimiters: i.Delimiters, Version: i.Version, Sender: sender, Receiver: receiver,
		Date: o.At.Format("060102"), Time: o.At.Format("1504"), Control: o.Control, Usage: usage(i.Usage),
	})
	if wantTA1 {
		status, code := envelope(i)
		if err := out.Service("TA1", text(i.Control, i.Date, i.Time, status, code)...); err != nil {
			return err
		}
	}
	for n, g := range groups {
		if err := group(out, g, n+1, o); err != nil {
			return err
		}
	}
	return out.Close()
}

func usage(received string) string {
	if received == "" {
		return "I"
	}
	return received
}

// onlyAcknowledgements reports whether the interchange answers others and nothing else.
func onlyAcknowledgements(i *edi.InterchangeResult) bool {
	for _, g := range i.Groups {
		if g.Code != "FA" {
			return false
		}
	}
	return true
}

// envelope returns TA104 and TA105: rejected for the first error, else accepted with a note of the first
// warning that TA1 has a code for.
func envelope(i *edi.InterchangeResult) (status, code string) {
	if faults := errorsOf(i.Findings); len(faults) > 0 {
		code := envelopeCode(i, faults[0])
		if code == "" {
			code = "022"
		}
		return "R", code
	}
	for _, f := range i.Findings {
		if code := envelopeCode(i, f); code != "" {
			return "E", code
		}
	}
	return "A", "000"
}

func envelopeCode(i *edi.InterchangeResult, f edi.Finding) string {
	if f.Code == "edi.envelope-element" && f.Position.Segment == i.Position.Segment {
		return isaCodes[f.Position.Element]
	}
	k, _ := edi.KindOf(f.Code)
	return k.TA1
}

// set holds the names that differ between 997 and 999.
type set struct{ name, segment, element, trailer, context string }

var (
	set997 = set{name: "997", segment: "AK3", element: "AK4", trailer: "AK5"}
	set999 = set{name: "999", segment: "IK3", element: "IK4", trailer: "IK5"}
)

// group writes the functional acknowledgement of one group.
func group(out *edi.Writer, g *edi.GroupResult, n int, o Options) error {
	s, version, reference := set997, release(g.Version), ""
	if o.Type == Set999 {
		s, reference = set999, "005010X231A1"
		version = reference
	}
	control := strings.TrimLeft(o.Control, "0")
	if n > 1 {
		control += strconv.Itoa(n)
	}
	if control == "" {
		control = "1"
	}
	if err := out.BeginGroup(edi.Group{
		Code: "FA", Sender: edi.Address{ID: g.Receiver.ID}, Receiver: edi.Address{ID: g.Sender.ID},
		Date: o.At.Format("20060102"), Time: o.At.Format("1504"), Control: control, Agency: "X", Version: version,
	}); err != nil {
		return err
	}
	if err := out.BeginMessage(s.name, version, "", reference, "0001"); err != nil {
		return err
	}
	header := []string{g.Code, g.Control}
	modern := release(g.Version) >= "005010"
	if modern {
		header = append(header, g.Version)
	}
	if err := out.Segment("AK1", text(header...)...); err != nil {
		return err
	}
	accepted := 0
	for _, m := range g.Messages {
		if m.Accepted() {
			accepted++
			if o.OnlyBad {
				continue
			}
		}
		if err := message(out, s, g, m, modern); err != nil {
			return err
		}
	}
	if err := summary(out, g, accepted); err != nil {
		return err
	}
	if err := out.EndMessage(); err != nil {
		return err
	}
	return out.EndGroup()
}

// release returns the six digits of GS08.
func release(version string) string {
	if len(version) > 6 {
		return version[:6]
	}
	return version
}

// summary writes AK9. A group whose own envelope is wrong is rejected whole; else the verdict follows from its
// messages.
func summary(out *edi.Writer, g *edi.GroupResult, accepted int) error {
	faults := errorsOf(g.Findings)
	received := max(g.Received, len(g.Messages))
	accepted += received - len(g.Messages) // messages without findings may have been left out (edi.Options.Brief)
	verdict := "A"
	switch {
	case len(faults) > 0 || received > 0 && accepted == 0:
		verdict = "R"
	case accepted < received:
		verdict = "P"
	}
	values := []string{verdict, strconv.Itoa(g.Stated), strconv.Itoa(received), strconv.Itoa(accepted)}
	notes := codes(faults, func(k edi.Kind) string { return k.Group })
	return out.Segment("AK9", text(append(values, notes[:min(len(notes), 5)]...)...)...)
}

// message writes AK2 to AK5 of one set.
func message(out *edi.Writer, s set, g *edi.GroupResult, m *edi.MessageResult, modern bool) error {
	header := []string{orBlank(m.Name), orBlank(m.Control)}
	if modern && len(m.Association) > 6 {
		header = append(header, m.Association) // ST03 as received
	}
	if err := out.Segment("AK2", text(header...)...); err != nil {
		return err
	}
	faults := errorsOf(m.Findings)
	for _, group := range bySegment(faults) {
		if err := segment(out, s, group); err != nil {
			return err
		}
	}
	verdict := "A"
	var notes []string
	if !m.Accepted() {
		verdict = "R"
		notes = codes(faults, func(k edi.Kind) string { return k.Set })
		for _, f := range faults {
			if k, _ := edi.KindOf(f.Code); k.Segment != "" {
				notes = append(notes, "5")
				break
			}
		}
		if len(notes) == 0 {
			notes = []string{"5"}
		}
	}
	return out.Segment(s.trailer, text(append([]string{verdict}, notes[:min(len(notes), 5)]...)...)...)
}

// orBlank keeps a mandatory element from being empty: what was missing cannot be repeated.
func orBlank(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// bySegment gathers findings that one AK3 reports: those about values of one segment together, those about the
// segment itself each for itself.
func bySegment(findings []edi.Finding) [][]edi.Finding {
	var out [][]edi.Finding
	for _, f := range findings {
		k, _ := edi.KindOf(f.Code)
		if k.Segment == "" {
			continue
		}
		if last := len(out) - 1; last >= 0 && k.Element != "" {
			before, _ := edi.KindOf(out[last][0].Code)
			if out[last][0].Position.MessageSegment == f.Position.MessageSegment && before.Element != "" {
				out[last] = append(out[last], f)
				continue
			}
		}
		out = append(out, []edi.Finding{f})
	}
	return out
}

// segment writes AK3 and the AK4 under it.
func segment(out *edi.Writer, s set, group []edi.Finding) error {
	k, _ := edi.KindOf(group[0].Code)
	code := k.Segment
	if s.name == "999" && k.Element == "" && k.IK != "" {
		code = k.IK
	}
	p := group[0].Position
	tag := p.Tag
	if tag == "" {
		tag = group[0].Tag
	}
	if err := out.Segment(s.segment, text(orBlank(tag), strconv.Itoa(max(p.MessageSegment, 1)), "", code)...); err != nil {
		return err
	}
	for _, f := range group {
		k, _ := edi.KindOf(f.Code)
		if k.Element == "" || f.Position.Element == 0 {
			continue
		}
		code := k.Element
		if s.name == "999" && k.IK != "" {
			code = k.IK
		}
		position := []string{strconv.Itoa(f.Position.Element)}
		if f.Position.Component > 0 {
			position = append(position, strconv.Itoa(f.Position.Component))
		}
		if f.Position.Repetition > 1 {
			position = append(make([]string, 0, 3), position[0], "", strconv.Itoa(f.Position.Repetition))
			if f.Position.Component > 0 {
				position[1] = strconv.Itoa(f.Position.Component)
			}
		}
		if err := out.Segment(s.element, edi.Composite(position...), edi.Text(number(f.Element)), edi.Text(code)); err != nil {
			return err
		}
	}
	return nil
}

// number returns a data element number for AK402, which holds numbers only.
func number(element string) string {
	if _, err := strconv.Atoi(element); err != nil {
		return ""
	}
	return strings.TrimLeft(element, "0")
}

func text(values ...string) []edi.Value {
	out := make([]edi.Value, len(values))
	for i, v := range values {
		out[i] = edi.Text(v)
	}
	return out
}
