package ack

import (
	"io"
	"strings"

	"peacebridge/edi"
)

// x12 writes the answer to one X12 interchange.
type x12 struct {
	out *edi.Writer
	i   *edi.InterchangeResult
	o   *Options
	n   *numbers
	d   edi.Delimiters
}

// writeX12 writes TA1, 997 or 999 for one interchange.
func writeX12(w io.Writer, res *edi.Result, at int, o *Options, n *numbers) error {
	i := res.Interchanges[at]
	switch {
	case i.Control == "":
		return none("its header has no control number (ISA13) to be named by")
	case i.Sender.ID == "" && i.Receiver.ID == "":
		return none("its header names neither sender nor receiver")
	case onlyAcknowledgements(res, at):
		return none(answersOnly)
	}
	note := noteInterchange(i, o.Policy)
	wantTA1 := o.Type == TA1 || o.Type == Auto && (i.AckRequested || note.fault)
	var groups []*edi.GroupResult
	if o.Type != TA1 {
		for _, g := range i.Groups {
			if answerable(g) && !acknowledges(g) {
				groups = append(groups, g)
			}
		}
	}
	if !wantTA1 && len(groups) == 0 {
		return none("it holds no group to be answered, and ISA14 asks for no TA1")
	}
	x, err := openX12(w, i, o, n)
	if err != nil {
		return err
	}
	if wantTA1 {
		if err := x.writeTA1(note); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := x.group(g); err != nil {
			return err
		}
	}
	return x.out.Close()
}

// openX12 writes the ISA of the answer: the sender's own version and delimiters, the addresses swapped, and no
// request for an acknowledgement in turn.
func openX12(w io.Writer, i *edi.InterchangeResult, o *Options, n *numbers) (*x12, error) {
	control, err := n.nextInterchange(edi.X12)
	if err != nil {
		return nil, err
	}
	d := delimiters(i)
	x := &x12{i: i, o: o, n: n, d: d}
	if x.d == (edi.Delimiters{}) {
		x.d = edi.Delimiters{Component: '>', Element: '*', Repetition: '^', Terminator: '~'}
	}
	version := i.Version
	if len(version) != 5 || !digits(version) || version < "00200" || version > "00899" {
		version = "00401"
	}
	sender, receiver := swapped(i, o)
	x.out = edi.NewWriter(w, edi.Interchange{
		Syntax: edi.X12, Delimiters: d, Version: version, Sender: x.address(sender), Receiver: x.address(receiver),
		Date: o.At.Format("060102"), Time: o.At.Format("1504"), Control: control, Usage: usage(i.Usage),
	})
	return x, nil
}

// address is one side of ISA. A qualifier that is none becomes ZZ, mutually defined; an identification that the
// sender left blank is unknown.
func (x *x12) address(a edi.Address) edi.Address {
	if len(a.Qualifier) != 2 || strings.Trim(a.Qualifier, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		a.Qualifier = "ZZ"
	}
	if a.ID = x.clean(a.ID, 15); a.ID == "" {
		a.ID = "UNKNOWN"
	}
	return a
}

// clean returns a received text as it can be repeated in at most n bytes of the extended set.
func (x *x12) clean(s string, n int) string {
	out := []byte(strings.TrimRight(cut(clean(s, x.d, 'X'), n), " "))
	for i, b := range out {
		if b >= 0x80 {
			out[i] = 'X'
		}
	}
	return string(out)
}

// usage is ISA15: what is said about a test is a test. What the sender left open is information only.
func usage(received string) string {
	if received == "P" || received == "T" {
		return received
	}
	return "I"
}

// answerable reports whether a group has a GS with a control number that its acknowledgement can name.
func answerable(g *edi.GroupResult) bool { return number(g.Control, 9) != "" }

// acknowledges reports whether a group answers others. What it says about itself in GS01 counts, and so does what
// is in it.
func acknowledges(g *edi.GroupResult) bool {
	if g.Code == "FA" {
		return true
	}
	for _, m := range g.Messages {
		if m.Name != "997" && m.Name != "999" {
			return false
		}
	}
	return len(g.Messages) > 0
}

// onlyAcknowledgements reports whether an interchange answers others and does nothing else. It is never answered,
// whatever ISA14 says and whatever is wrong with it: two machines would go on for ever. Without any group it is a
// TA1 that makes it one.
func onlyAcknowledgements(res *edi.Result, at int) bool {
	i := res.Interchanges[at]
	for _, g := range i.Groups {
		if !acknowledges(g) {
			return false
		}
	}
	return len(i.Groups) > 0 || serviceSegments(res, at) > 0
}

// serviceSegments counts the segments of an interchange without groups that belong to neither its header nor
// its trailer and were not found to be misplaced: TA1, and the security and delivery segments beside it.
func serviceSegments(res *edi.Result, at int) int {
	i := res.Interchanges[at]
	end := res.Segments + 1
	if at+1 < len(res.Interchanges) {
		end = res.Interchanges[at+1].Position.Segment
	}
	count := end - i.Position.Segment - 2
	misplaced := make(map[int]bool)
	for _, f := range i.Findings {
		switch f.Code {
		case "edi.premature-end", "edi.interchange-trailer-missing":
			count++ // there was no trailer to be counted
		case "edi.segment-outside", "edi.trailer-unexpected", "edi.segment-empty", "edi.tag-invalid":
			if !misplaced[f.Position.Segment] && f.Position.Segment > i.Position.Segment && f.Position.Segment < end {
				misplaced[f.Position.Segment] = true
				count--
			}
		}
	}
	return count
}

// release returns the six digits of GS08, and what goes for the usual release when there are none.
func release(version string) string {
	if len(version) >= 6 && digits(version[:6]) {
		return version[:6]
	}
	return "004010"
}
