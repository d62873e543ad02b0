package edi

import "io"

// The events of a Stream below SegmentRead.
const (
	BeginComposite EventKind = iota + FindingMade + 1 // a repetition of a composite
	ElementRead                                       // a simple element, a repetition of one, or a component
	EndComposite
	EndSegment // after the last value of a segment; findings about it follow
)

// Stream is a Decoder that goes down to the elements: what it reads comes as one stream of events, interchange,
// group, message, loop, segment, composite and element, with the findings among them. Empty elements make no
// event. It costs those who use it only: a Decoder hands out segments, and View.Values goes over one in a loop.
type Stream struct {
	*Decoder
	at, node int
	in       bool // a segment
	open     bool // a composite
	value    Borrowed
}

// NewStream returns a Stream of everything that r delivers.
func NewStream(r io.Reader, o Options) *Stream { return &Stream{Decoder: NewDecoder(r, o)} }

// NewBytesStream returns a Stream of b, which must not change while it is read.
func NewBytesStream(b []byte, o Options) *Stream { return &Stream{Decoder: NewBytesDecoder(b, o)} }

// Value returns the value of the last ElementRead; after BeginComposite the first one inside.
func (s *Stream) Value() Borrowed { return s.value }

// Next returns the next event; io.EOF after the last.
func (s *Stream) Next() (Event, error) {
	if s.in {
		return s.below(), nil
	}
	e, err := s.Decoder.Next()
	if err == nil && e.Kind == SegmentRead {
		s.in, s.at, s.node = true, 0, e.Node
	}
	return e, err
}

func (s *Stream) below() Event {
	v := s.Segment()
	e := Event{Node: s.node}
	if s.at == len(v.tokens) {
		if s.open {
			s.open = false
			e.Kind = EndComposite
			return e
		}
		s.in = false
		e.Kind = EndSegment
		return e
	}
	t := &v.tokens[s.at]
	if s.open && !s.same(t) {
		s.open = false
		e.Kind = EndComposite
		return e
	}
	s.value = Borrowed{
		Element: int(t.element()), Repetition: int(t.repetition()), Component: int(t.component()),
		Offset: v.Offset + int64(t.start()), Raw: v.data[t.start():t.end()], plain: !t.coarse(), release: v.release,
	}
	if !s.open && s.composite(v, t) {
		s.open = true
		s.value.Component = 0
		e.Kind = BeginComposite
		return e
	}
	s.at++
	e.Kind = ElementRead
	return e
}

// same reports whether a token belongs to the element, and the repetition of it, that was handed out last.
func (s *Stream) same(t *token) bool {
	return s.value.Element == int(t.element()) && s.value.Repetition == int(t.repetition())
}

// composite reports whether the element is one by its definition or, where there is none, by its looks.
func (s *Stream) composite(v *View, t *token) bool {
	var use *segmentUse
	switch {
	case s.node >= 0 && s.head.Spec != nil && s.node < len(s.head.Spec.nodes):
		use = s.head.Spec.nodes[s.node].use
	case s.service != nil:
		use = s.service.uses[v.tag]
	}
	if n := int(t.element()); use != nil && n <= len(use.elements) {
		return use.elements[n-1].composite
	}
	return v.has(t, 2) || t.component() > 1
}
