package mapping

import (
	"errors"
	"fmt"
	"strings"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// ErrOneWay says that a guide was asked for the direction that it does not have.
var ErrOneWay = errors.New("the guide does not work in this direction")

// Read makes a record of a message that was read with the guide's Spec. What cannot be carried is in the
// report; trouble with the form of the message is in its findings, which the caller has judged already.
func (g *Guide) Read(m *edi.Message, p Params) (*cargo.Record, *Report, error) {
	if !g.Reads {
		return nil, nil, fmt.Errorf("guide %s: read: %w", g.Name, ErrOneWay)
	}
	r := &reader{
		g: g, rec: &cargo.Record{}, rep: newReport(g.Name, "json"),
		in: m.Interchange, noted: map[string]bool{}, seen: map[*edi.Segment]bool{}, full: map[string]bool{},
	}
	r.rec.Class, r.rec.Agency = g.Class, g.Agency
	frames := []*frame{{group: r.rec}}
	for i, s := range g.sets {
		if _, err := s.put(frames, g.setValue[i]); err != nil {
			return nil, nil, fmt.Errorf("guide %s: %s: %w", g.Name, s.path, err)
		}
	}
	for _, list := range g.each {
		frames = r.open(list, frames)
	}
	if m.Root != nil {
		r.children(m.Root.Children, frames)
	}
	for _, f := range r.later {
		f()
	}
	r.unmatched(m)
	return r.rec, r.rep, nil
}

// reader holds what one reading needs.
type reader struct {
	g     *Guide
	in    *edi.Interchange // says the character set
	rec   *cargo.Record
	rep   *Report
	later []func() // times whose zone depends on a port that may come later
	noted map[string]bool
	seen  map[*edi.Segment]bool
	full  map[string]bool     // texts whose last line was full: the next one goes on without a break
	last  map[*node]continued // of loops that may be continued
}

func (r *reader) children(nodes []*edi.Node, frames []*frame) {
	for _, n := range nodes {
		gn := r.g.byID[n.ID]
		if gn == nil {
			continue // unmatched reports its segments
		}
		inner := r.context(gn, n, frames)
		if n.Loop {
			r.children(n.Children, inner)
		} else if n.Segment != nil {
			r.segment(gn, n.Segment, inner)
		}
	}
}

func textAt(seg *edi.Segment, p position) string { return seg.Text(p.element, max(p.component, 1)) }

func texts(seg *edi.Segment, positions []position) (parts []string, present bool) {
	for _, p := range positions {
		t := textAt(seg, p)
		parts, present = append(parts, t), present || strings.TrimSpace(t) != ""
	}
	return parts, present
}

func (r *reader) segment(n *node, seg *edi.Segment, frames []*frame) {
	r.seen[seg] = true
	if n.ignored {
		r.drop("", seg.Position, n.because, "")
		return
	}
	for _, b := range n.bindings {
		r.binding(b, seg, frames)
	}
	for _, p := range n.unusedPos {
		if p.component == openRange {
			for e := p.element; e <= seg.Len(); e++ {
				r.drop("", seg.At(e, 0), "the guide does not use this position", "")
			}
			continue
		}
		if textAt(seg, p) != "" {
			r.drop("", seg.At(p.element, p.component), "the guide does not use this position", "")
		}
	}
}

func (r *reader) drop(path cargo.Path, at edi.Position, why, by string) {
	r.rep.Dropped = append(r.rep.Dropped, Entry{Path: string(path), Source: &Place{Position: at}, Why: why, By: by})
}

// unmatched reports the segments that found no place in the guide.
func (r *reader) unmatched(m *edi.Message) {
	for i := range m.Segments {
		s := &m.Segments[i]
		switch s.Tag {
		case "ST", "SE", "UNH", "UNT":
			continue
		}
		if !r.seen[s] {
			r.drop("", s.Position, "the guide has no place for this segment", "")
		}
	}
}

// continued is an item that a further instance of its loop may go on with, while the loop outside is the same.
type continued struct {
	outer *frame
	inner []*frame
}
