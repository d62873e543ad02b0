package main

import (
	"strings"

	"peacebridge/edi"
)

// An inspectedMessage is one message of edi inspect.
type inspectedMessage struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Release     string          `json:"release"`
	Association string          `json:"association,omitempty"`
	Control     string          `json:"control"`
	Index       int             `json:"index"`
	Guide       string          `json:"guide,omitempty"`
	Start       int64           `json:"start"` // offset of the first byte
	End         int64           `json:"end"`   // and of the first behind it
	Content     []inspectedNode `json:"content"`
	Findings    []edi.Finding   `json:"findings"`
}

// An inspectedNode is a loop with what is in it, or a segment with its elements.
type inspectedNode struct {
	Loop     string             `json:"loop,omitempty"`
	Segment  string             `json:"segment,omitempty"`
	Name     string             `json:"name,omitempty"`
	Position *edi.Position      `json:"position,omitempty"`
	Elements []inspectedElement `json:"elements,omitempty"`
	Content  []inspectedNode    `json:"content,omitempty"`
}

// An inspectedElement is one value, or a composite with its components, or an element with its repetitions.
type inspectedElement struct {
	Element     int                `json:"element,omitempty"`
	Component   int                `json:"component,omitempty"`
	Repetition  int                `json:"repetition,omitempty"`
	ID          string             `json:"id,omitempty"`   // of the data element or composite: 66, C082
	Name        string             `json:"name,omitempty"` // as the directory calls it
	Value       *string            `json:"value,omitempty"`
	Path        string             `json:"path,omitempty"`   // the data element of the guide
	Masked      bool               `json:"masked,omitempty"` // personal: --reveal shows the value
	Position    *edi.Position      `json:"position,omitempty"`
	Components  []inspectedElement `json:"components,omitempty"`
	Repetitions []inspectedElement `json:"repetitions,omitempty"`
}

// inspected turns a message into what is printed of it.
func (i *inspector) inspected(m *edi.Message) inspectedMessage {
	out := inspectedMessage{
		Name: m.Name, Release: m.Release, Association: m.Association, Control: m.Control, Index: m.Index,
		Start: m.Start, End: m.End, Findings: m.Findings, Content: []inspectedNode{},
	}
	if out.Findings == nil {
		out.Findings = []edi.Finding{}
	}
	v := segmentViewer{reveal: i.reveal, in: m.Interchange, names: i.namesOf(m), marks: newPersonal(i.guides[m.Index])}
	if g := i.guides[m.Index]; g != nil {
		out.Guide = g.Name
	}
	if m.Spec != nil {
		out.Title = m.Spec.Title
	}
	placed := map[int]bool{}
	if m.Root != nil {
		out.Content = append(out.Content, v.nodes(m.Root.Children, placed)...)
	}
	// What has no place in the structure is shown where it stands among the outermost segments.
	for n := range m.Segments {
		if s := &m.Segments[n]; !placed[s.Position.Segment] {
			out.Content = insert(out.Content, v.segment(s, 0))
		}
	}
	return out
}

// namesOf keeps the names of the structure that the last message had: messages of a kind come together.
func (i *inspector) namesOf(m *edi.Message) names {
	if m.Spec == nil || m.Spec != i.namedBy {
		i.names, i.namedBy = newNames(m), m.Spec
	}
	return i.names
}

// insert puts a segment before the first node that stands behind it.
func insert(content []inspectedNode, s inspectedNode) []inspectedNode {
	at := len(content)
	for at > 0 && firstSegment(content[at-1]) > s.Position.Segment {
		at--
	}
	content = append(content, inspectedNode{})
	copy(content[at+1:], content[at:])
	content[at] = s
	return content
}

func firstSegment(n inspectedNode) int {
	if n.Position != nil {
		return n.Position.Segment
	}
	if len(n.Content) > 0 {
		return firstSegment(n.Content[0])
	}
	return 0
}

// A segmentViewer shows the segments of one message.
type segmentViewer struct {
	reveal bool
	in     *edi.Interchange
	names  names
	marks  *personal
}

func (v *segmentViewer) nodes(nodes []*edi.Node, placed map[int]bool) []inspectedNode {
	var out []inspectedNode
	for _, n := range nodes {
		if n.Segment != nil {
			placed[n.Segment.Position.Segment] = true
			out = append(out, v.segment(n.Segment, n.ID))
			continue
		}
		out = append(out, inspectedNode{Loop: n.Name, Content: v.nodes(n.Children, placed)})
	}
	return out
}

func (v *segmentViewer) segment(s *edi.Segment, node int) inspectedNode {
	p := s.Position
	out := inspectedNode{Segment: s.Tag, Name: v.names.segment(s.Tag), Position: &p}
	for e := 1; e <= s.Len(); e++ {
		if one, ok := v.element(s, node, e); ok {
			out.Elements = append(out.Elements, one)
		}
	}
	return out
}

func (v *segmentViewer) element(s *edi.Segment, node, e int) (inspectedElement, bool) {
	id, name, composite := v.names.element(s.Tag, e)
	composite = composite || s.Components(e) > 1
	n := s.Repetitions(e)
	if n == 0 {
		return inspectedElement{}, false
	}
	out := inspectedElement{Element: e, ID: id, Name: name}
	if n == 1 {
		v.fill(&out, s, node, e, 1, composite)
		return out, true
	}
	for r := 1; r <= n; r++ {
		one := inspectedElement{Repetition: r}
		v.fill(&one, s, node, e, r, composite)
		out.Repetitions = append(out.Repetitions, one)
	}
	return out, true
}

// fill gives an element or a repetition its value or its components.
func (v *segmentViewer) fill(out *inspectedElement, s *edi.Segment, node, e, r int, composite bool) {
	if !composite {
		v.value(out, s, node, e, r, 1)
		return
	}
	for c := 1; c <= components(s, e, r); c++ {
		if s.RepText(e, r, c) == "" {
			continue
		}
		id, name := v.names.component(s.Tag, e, c)
		one := inspectedElement{Component: c, Repetition: out.Repetition, ID: id, Name: name}
		v.value(&one, s, node, e, r, c)
		out.Components = append(out.Components, one)
	}
}

// components returns the number of components in a repetition. The first tells of itself; the others are looked through, up to the
// most that a directory has.
func components(s *edi.Segment, e, r int) int {
	if r == 1 {
		return s.Components(e)
	}
	const most = 100
	last := 0
	for c := 1; c <= most; c++ {
		if s.RepText(e, r, c) != "" {
			last = c
		}
	}
	return last
}

func (v *segmentViewer) value(out *inspectedElement, s *edi.Segment, node, e, r, c int) {
	text := strings.ToValidUTF8(v.in.Decode(s.RepText(e, r, c)), "\ufffd")
	at := out.Component // 0 for a simple element
	if !v.reveal && v.marks.is(node, e, at) {
		text, out.Masked = strings.Repeat("•", len([]rune(text))), true
	}
	out.Value = &text
	out.Path = v.marks.path(node, e, at)
	if r == 1 {
		p := s.At(e, c)
		p.Component = out.Component // a simple element has none
		p.Repetition = out.Repetition
		out.Position = &p
	}
}
