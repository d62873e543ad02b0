package ack

import (
	"io"
	"strconv"
	"strings"

	"peacebridge/edi"
)

// Actions of element 0083.
const (
	rejected     = "4"
	acknowledged = "7"
)

// writeContrl writes a CONTRL for one interchange, in its own syntax version.
func writeContrl(w io.Writer, i *edi.InterchangeResult, o Options) error {
	if i.Control == "" || i.Sender.ID == "" || onlyContrl(i) {
		return ErrNone
	}
	sender, receiver := swapped(i, o)
	version, release, date := "D3", "D:3", "060102"
	if strings.HasSuffix(i.Version, ":4") {
		version, release, date = "41", "4:1", "20060102"
	}
	delimiters := i.Delimiters
	out := edi.NewWriter(w, edi.Interchange{
		Syntax: edi.EDIFACT, Delimiters: delimiters, Version: level(i.Version), Sender: sender, Receiver: receiver,
		Date: o.At.Format(date), Time: o.At.Format("1504"), Control: o.Control, Usage: i.Usage, Application: i.Application,
	})
	grouped := false
	for _, g := range i.Groups {
		grouped = grouped || g.Control != ""
	}
	if grouped {
		if err := out.BeginGroup(edi.Group{
			Code: "CONTRL", Sender: sender, Receiver: receiver, Date: o.At.Format(date), Time: o.At.Format("1504"),
			Control: o.Control, Version: release,
		}); err != nil {
			return err
		}
	}
	if err := out.BeginMessage("CONTRL", version, "UN", "", "1"); err != nil {
		return err
	}
	if err := interchange(out, i); err != nil {
		return err
	}
	return out.Close()
}

// level returns a syntax version that can be written, also when the received one was none.
func level(version string) string {
	name, number, _ := strings.Cut(version, ":")
	if len(name) != 4 || number < "1" || number > "4" {
		return "UNOA:3"
	}
	return version
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

func interchange(out *edi.Writer, i *edi.InterchangeResult) error {
	header := []edi.Value{edi.Text(i.Control), address(i.Sender), address(i.Receiver)}
	if faults := errorsOf(i.Findings); len(faults) > 0 {
		return out.Segment("UCI", append(append(header, edi.Text(rejected)), fault(faults[0])...)...)
	}
	if err := out.Segment("UCI", append(header, edi.Text(acknowledged))...); err != nil {
		return err
	}
	for _, g := range i.Groups {
		if err := contrlGroup(out, g); err != nil {
			return err
		}
	}
	return nil
}

func contrlGroup(out *edi.Writer, g *edi.GroupResult) error {
	if g.Control != "" {
		header := []edi.Value{edi.Text(g.Control), address(g.Sender), address(g.Receiver)}
		if faults := errorsOf(g.Findings); len(faults) > 0 {
			return out.Segment("UCF", append(append(header, edi.Text(rejected)), fault(faults[0])...)...)
		}
		if err := out.Segment("UCF", append(header, edi.Text(acknowledged))...); err != nil {
			return err
		}
	}
	for _, m := range g.Messages {
		if m.Accepted() {
			continue // acknowledged with the level above unless rejected here (ISO 9735-4, 0083 value 7)
		}
		if err := contrlMessage(out, m); err != nil {
			return err
		}
	}
	return nil
}

func contrlMessage(out *edi.Writer, m *edi.MessageResult) error {
	version, release := m.Release, ""
	if len(version) > 1 {
		version, release = m.Release[:1], m.Release[1:]
	}
	header := []edi.Value{
		edi.Text(m.Control), edi.Composite(m.Name, version, release, m.Agency, m.Association), edi.Text(rejected),
	}
	faults := errorsOf(m.Findings)
	var inside []edi.Finding
	for _, f := range faults {
		k, _ := edi.KindOf(f.Code)
		if k.Segment == "" { // about the message itself: header, trailer, count, reference
			header = append(header, fault(f)...)
			break
		}
	}
	for _, f := range faults {
		if k, _ := edi.KindOf(f.Code); k.Segment != "" && f.Position.MessageSegment > 0 {
			inside = append(inside, f)
		}
	}
	if len(faults) == 0 { // refused for a reason above the syntax
		header = append(header, edi.Text("18"))
	}
	if err := out.Segment("UCM", header...); err != nil {
		return err
	}
	for _, group := range bySegment(inside) {
		if err := contrlSegment(out, group); err != nil {
			return err
		}
	}
	return nil
}

// contrlSegment writes UCS, and UCD for each value. A missing segment is reported at the last segment before the
// place where it was expected (ISO 9735-4, element 0096).
func contrlSegment(out *edi.Writer, group []edi.Finding) error {
	p := group[0].Position
	k, _ := edi.KindOf(group[0].Code)
	at, code := p.MessageSegment, k.EDIFACT
	if p.Tag != "" {
		at--
	}
	if k.Element != "" && p.Element > 0 {
		code = "" // the UCD below says it
	}
	if err := out.Segment("UCS", edi.Text(strconv.Itoa(max(at, 1))), edi.Text(code)); err != nil {
		return err
	}
	for _, f := range group {
		if f.Position.Element == 0 {
			continue
		}
		k, _ := edi.KindOf(f.Code)
		if err := out.Segment("UCD", edi.Text(k.EDIFACT), place(f.Position)); err != nil {
			return err
		}
	}
	return nil
}

// fault is 0085, the service segment and the place in it.
func fault(f edi.Finding) []edi.Value {
	k, _ := edi.KindOf(f.Code)
	code := k.EDIFACT
	if code == "" {
		code = "18" // unspecified
	}
	values := []edi.Value{edi.Text(code)}
	tag := f.Position.Tag
	if tag == "" {
		tag = f.Tag
	}
	if serviceTag(tag) {
		values = append(values, edi.Text(tag))
		if f.Position.Element > 0 {
			values = append(values, place(f.Position))
		}
	}
	return values
}

func serviceTag(tag string) bool {
	switch tag {
	case "UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ":
		return true
	}
	return false
}

// place is S011: the segment tag is position 1, so that element 1 is position 2 (ISO 9735-4, element 0098).
func place(p edi.Position) edi.Value {
	component := ""
	if p.Component > 0 {
		component = strconv.Itoa(p.Component)
	}
	return edi.Composite(strconv.Itoa(p.Element+1), component)
}

func address(a edi.Address) edi.Value { return edi.Composite(a.ID, a.Qualifier) }
