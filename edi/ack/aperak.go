package ack

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"peacebridge/edi"
)

// writeAPERAK writes one interchange of APERAK, one for each message that is advised.
func writeAPERAK(w io.Writer, i *edi.InterchangeResult, groups []advisedGroup, o *Options, n *numbers) error {
	if why := unrepeatable(i); why != "" {
		return none(why)
	}
	c, err := openEDIFACT(w, i, o, n, identifiers(groups)...)
	if err != nil {
		return err
	}
	whole := grouped(i) != nil
	at := 0
	for _, g := range groups {
		for _, a := range g.advice {
			if whole { // one group for each message: its version is that of the message
				directory := directoryOf(a.Message.Release)
				if err := c.beginGroup(g.GroupResult, "APERAK", directory[:1]+":"+directory[1:]); err != nil {
					return err
				}
			}
			for rest := a.Findings; ; rest = rest[maxERC:] {
				at++
				if err := c.aperak(a, rest[:min(len(rest), maxERC)], strconv.Itoa(at)); err != nil {
					return err
				}
				if len(rest) <= maxERC {
					break
				}
			}
			if whole {
				if err := c.out.EndGroup(); err != nil {
					return err
				}
			}
		}
	}
	return c.out.Close()
}

// maxERC is how many errors one APERAK holds in the oldest directory; more go into another.
const maxERC = 999

// identifiers are the texts of the advice that must be written as they are.
func identifiers(groups []advisedGroup) []string {
	var out []string
	for _, g := range groups {
		for _, a := range g.advice {
			out = append(out, a.Document.ID, a.Document.Qualifier)
			for _, f := range a.Findings {
				out = append(out, f.Code, f.List, f.Agency, f.Tag, f.Reference.Qualifier, f.Reference.ID)
			}
		}
	}
	return out
}

// directoryOf returns the release of a message, "D03B"; a message that names none is answered in an old one that
// everybody has.
func directoryOf(release string) string {
	letter := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	if len(release) == 4 && letter(release[0]) && digits(release[1:3]) && letter(release[3]) {
		return release
	}
	return "D96B"
}

// aperak writes one APERAK in the release of the message that it is about.
func (c *contrl) aperak(a *Advice, findings []ApplicationFinding, control string) error {
	m, verdict := a.Message, a.verdict()
	directory := directoryOf(m.Release)
	if err := c.out.BeginMessage("APERAK", directory, "UN", "", control); err != nil {
		return err
	}
	kind := codeIn("1001", verdict.written("1001"), directory)
	// Function 11 is a response.
	if err := c.out.Segment("BGM", text(kind, control, "11", verdict.written("4343"))...); err != nil {
		return err
	}
	if err := c.out.Segment("DTM", edi.Composite("137", c.o.At.Format("200601021504"), "203")); err != nil {
		return err
	}
	references := []Reference{{"ACW", m.Control}, a.Document} // ACW: the message before this one
	for _, r := range references {
		if err := c.reference(r); err != nil {
			return err
		}
	}
	for i := range findings {
		if err := c.applicationFinding(&findings[i]); err != nil {
			return err
		}
	}
	return c.out.EndMessage()
}

// reference is RFF; nothing for a reference without an identifier.
func (c *contrl) reference(r Reference) error {
	id := c.text(r.ID, 35)
	if id == "" {
		return nil
	}
	qualifier := c.text(r.Qualifier, 3)
	if qualifier == "" {
		qualifier = "ZZZ"
	}
	return c.out.Segment("RFF", edi.Composite(qualifier, id))
}

// applicationFinding is ERC, with its text and place in FTX and its reference in RFF.
func (c *contrl) applicationFinding(f *ApplicationFinding) error {
	code := c.text(f.Code, 8)
	if code == "" {
		code = unspecified
	}
	if err := c.out.Segment("ERC", edi.Composite(code, c.text(f.List, 3), c.text(f.Agency, 3))); err != nil {
		return err
	}
	if lines := c.lines(f); len(lines) > 0 {
		// AAO: error description.
		if err := c.out.Segment("FTX", edi.Text("AAO"), nil, nil, edi.Composite(lines...)); err != nil {
			return err
		}
	}
	return c.reference(f.Reference)
}

// lines are the five texts of FTX, 70 characters each as the older directories have it: the last one says where the
// fault is, for which APERAK has no element.
func (c *contrl) lines(f *ApplicationFinding) []string {
	place := ""
	for _, part := range []struct {
		name  string
		value int
	}{{"SEGMENT", f.Position.MessageSegment}, {"ELEMENT", f.Position.Element}, {"COMPONENT", f.Position.Component}} {
		if part.value > 0 {
			place += fmt.Sprintf(" %s %d", part.name, part.value)
		}
	}
	if f.Tag != "" {
		place = f.Tag + place
	}
	room := 5
	if place != "" {
		room--
	}
	var out []string
	rest := strings.TrimSpace(c.own(f.Text))
	for rest != "" && len(out) < room {
		var part string
		part, rest = wrap(rest, 70)
		out = append(out, part)
	}
	if place = strings.TrimSpace(c.text(place, 70)); place != "" {
		out = append(out, place)
	}
	return out
}

// own returns a text of ours in the set of the answer, in ASCII unless that is UTF-8.
func (c *contrl) own(s string) string {
	set := c.set
	if set != edi.LevelA && set != edi.LevelB && set != edi.LevelY {
		set = edi.X12Extended
	}
	return clean(spoken(set, s), c.d, ' ')
}

// spoken returns a text for people in a set: folded, with a full stop for what nothing stands for.
func spoken(set edi.Charset, s string) string {
	var out strings.Builder
	for _, r := range s {
		folded, _, err := set.Fold(string(r))
		switch {
		case r < ' ' || r == 0x7F:
			folded = " "
		case err != nil:
			folded = "."
		}
		out.WriteString(folded)
	}
	return out.String()
}
