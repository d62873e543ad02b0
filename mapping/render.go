package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// Params are the rendering parameters. Same record, same guide, same parameters, same bytes: a rendering can be
// made again years later from what was stored.
type Params struct {
	At             time.Time // dates of the envelope
	Control        string    // ISA13, UNB 0020; "1" when empty
	GroupControl   string    // GS06, UNG 0048; Control when empty
	MessageControl string    // of the first message: ST02, UNH 0062; "0001" or "1" when empty
	Sender         edi.Address
	Receiver       edi.Address // the guide's own when empty
	Usage          string      // "T" test, "P" production (also when empty)
	Rules          *Rules
	Pairs          Pairs
}

// ErrNoAddress says that the envelope has no sender or no receiver, and the guide has none either.
var ErrNoAddress = errors.New("the interchange needs a sender and a receiver")

// render writes the messages in one interchange, reads it back and checks it: a document that our own checker
// refuses is not sent. Places are the positions of the segments, by message, counted from 0.
func (g *Guide) render(messages []result, p Params) ([]byte, []map[int]edi.Position, []Entry, error) {
	var buf bytes.Buffer
	if err := g.writeTo(&buf, messages, p); err != nil {
		return nil, nil, nil, fmt.Errorf("guide %s: %w", g.Name, err)
	}
	reader := edi.NewReader(bytes.NewReader(buf.Bytes()), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return g.spec, nil }})
	var places []map[int]edi.Position
	var wrong []Entry
	for {
		m, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("guide %s: read back: %w", g.Name, err)
		}
		at := map[int]edi.Position{}
		for i := range m.Segments {
			at[i-1] = m.Segments[i].Position // the first is ST or UNH
		}
		places = append(places, at)
		for _, f := range m.Findings {
			if f.Severity == edi.Error {
				wrong = append(wrong, g.refused(f))
			}
		}
	}
	if len(wrong) == 0 && !reader.Result().Valid() {
		for _, f := range reader.Result().Findings {
			if f.Severity == edi.Error {
				return nil, nil, nil, fmt.Errorf("guide %s: what was written is not valid: segment %d, element %d: %s (%s, %s)", g.Name, f.Position.Segment, f.Position.Element, f.Message, f.Rule, f.Code)
			}
		}
		return nil, nil, nil, fmt.Errorf("guide %s: what was written is not valid", g.Name)
	}
	return buf.Bytes(), places, wrong, nil
}

// refused turns a finding in our own document into what is missing: the record cannot make a valid message.
func (g *Guide) refused(f edi.Finding) Entry {
	path := g.PathOf(f.Node, f.Position.Element, f.Position.Component)
	pos := f.Position
	pos.Offset, pos.Segment, pos.MessageSegment = 0, 0, 0 // of a document that does not exist
	if pos.Tag == "" && g.byID[f.Node] != nil {
		pos.Tag = g.byID[f.Node].tag
	}
	return Entry{Path: string(path), Instance: string(path), Target: &Place{Position: pos}, By: g.file, Why: strings.TrimSpace(f.Rule + ": " + f.Message)}
}

func (g *Guide) writeTo(buf *bytes.Buffer, messages []result, p Params) error {
	at := p.At.UTC()
	inter := edi.Interchange{
		Syntax: g.overlay.Syntax, Version: g.env.version, Sender: p.Sender, Receiver: p.Receiver,
		Date: at.Format("060102"), Time: at.Format("1504"), Control: p.Control, Usage: p.Usage,
	}
	if inter.Sender.ID == "" {
		inter.Sender = g.env.sender
	}
	if inter.Receiver.ID == "" {
		inter.Receiver = g.env.receiver
	}
	if inter.Sender.ID == "" || inter.Receiver.ID == "" {
		return ErrNoAddress
	}
	if inter.Control == "" {
		inter.Control = "1"
	}
	if inter.Usage == "" {
		inter.Usage = "P"
	}
	group := edi.Group{
		Code: g.env.group, Sender: inter.Sender, Receiver: inter.Receiver, Date: at.Format("20060102"), Time: inter.Time,
		Control: firstOf(p.GroupControl, inter.Control), Version: g.env.release,
	}
	name, release, control := g.Message, g.env.message, firstOf(p.MessageControl, "1")
	if g.overlay.Syntax == edi.X12 {
		inter.Control = padded(inter.Control, 9)
		group.Control = firstOf(strings.TrimLeft(group.Control, "0"), "1")
		group.Agency = "X"
		control = padded(firstOf(p.MessageControl, "1"), 4)
	} else {
		inter.Application = g.env.app[inter.Usage]
		inter.Usage = edifactUsage(inter.Usage, g.env.app)
		group.Agency = "UN"
		if g.env.eightDate {
			inter.Date = group.Date
		} else {
			group.Date = inter.Date
		}
	}
	w := edi.NewWriter(buf, inter)
	if g.env.group != "" {
		if err := w.BeginGroup(group); err != nil {
			return err
		}
	}
	for i, m := range messages {
		if i > 0 {
			n, ok := number(control)
			if !ok {
				return fmt.Errorf("several messages need a message control number that counts")
			}
			control = padded(fmt.Sprint(n+1), len(control))
		}
		if err := w.BeginMessage(name, release, g.env.agency, g.env.assoc, control); err != nil {
			return err
		}
		for _, s := range m.segs {
			if s.tag == "" {
				continue // notes alone
			}
			if err := w.Segment(s.tag, g.text.encode(s.values)...); err != nil {
				return fmt.Errorf("%s: %w", s.tag, err)
			}
		}
		if err := w.EndMessage(); err != nil {
			return err
		}
	}
	if g.env.group != "" {
		if err := w.EndGroup(); err != nil {
			return err
		}
	}
	return w.Close()
}

// edifactUsage: an agency that tells test from production by the application reference does not use the test
// indicator.
func edifactUsage(usage string, app map[string]string) string {
	if usage == "P" || app["T"] != app["P"] {
		return ""
	}
	return usage
}

// padded puts zeros before a number; anything else stays as it is.
func padded(s string, width int) string {
	if _, ok := number(s); ok && len(s) < width {
		return strings.Repeat("0", width-len(s)) + s
	}
	return s
}

// account makes the report: every value of the record is carried, converted, cut or dropped, once, or was
// filled in by a standing rule.
func (w *writer) account(rep *Report, messages []result, places []map[int]edi.Position) {
	best := map[string]note{}
	target := map[string]*Place{}
	for m, msg := range messages {
		index := 0
		for _, s := range msg.segs {
			for _, n := range s.notes {
				p := place(places, m, index, s.tag, n)
				if n.defaulted {
					rep.Defaulted = append(rep.Defaulted, Entry{Path: string(n.path), Instance: n.instance, Target: p, By: n.by, Why: n.why})
					continue
				}
				if have, ok := best[n.instance]; ok && have.fate <= n.fate {
					continue
				}
				best[n.instance] = n
				target[n.instance] = p
			}
			if s.tag != "" {
				index++
			}
		}
	}
	filled := rep.Defaulted
	rep.Defaulted = []Entry{}
	for _, e := range filled {
		if w.byRule[e.Instance] {
			if n, ok := best[e.Instance]; ok && n.fate != dropped {
				e.Target = target[e.Instance]
			} else if places != nil {
				continue // made, and not needed here
			}
		}
		rep.Defaulted = append(rep.Defaulted, e)
	}
	_ = cargo.Walk(w.rec, func(l cargo.Leaf) error { // fn returns no error
		if w.byRule[l.Instance] {
			return nil
		}
		for i, s := range w.g.sets {
			if s.path == l.Element.Path && w.g.setValue[i] == l.Value {
				rep.add(carried, Entry{Path: string(l.Element.Path), Instance: l.Instance, Why: "the message as a whole stands for it", By: w.g.file})
				return nil
			}
		}
		e := Entry{Path: string(l.Element.Path), Instance: l.Instance}
		n, ok := best[l.Instance]
		if !ok {
			e.Why = w.unbound(l)
			rep.Dropped = append(rep.Dropped, e)
			return nil
		}
		e.Why, e.By = n.why, n.by
		if n.fate != dropped {
			e.Target = target[l.Instance]
		}
		rep.add(n.fate, e)
		return nil
	})
}

// unbound says why a value was not written.
func (w *writer) unbound(l cargo.Leaf) string {
	switch l.Element.Path {
	case "id", "class", "agency":
		return "names the record, not the goods"
	}
	if w.g.Binds(l.Element.Path, true) {
		return "the guide's conditions leave it out here"
	}
	return "the message has no place for it"
}

func place(places []map[int]edi.Position, message, segment int, tag string, n note) *Place {
	if tag == "" || n.at.element == 0 {
		return nil
	}
	p := edi.Position{Tag: tag}
	if message < len(places) {
		p = places[message][segment]
		p.Tag = ""
	}
	p.Element, p.Component = n.at.element, n.at.component
	return &Place{Position: p}
}
