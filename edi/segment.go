package edi

import "sort"

// Segment is one segment of a Message. Its values are its own: they stay valid when the Reader goes on.
type Segment struct {
	Tag      string
	Position Position

	data    string // the bytes from the tag up to the terminator
	tokens  []token
	release escape
}

// token is one value that is not empty: a component of a repetition of an element. It is packed into two words
// because the tokenizer writes one for every few bytes it reads.
type token struct {
	span  uint64 // where it starts and ends, counted from the first byte of the tag
	place uint64 // element, repetition, component, and whether there is something to be taken out
}

const (
	placeElement    = 1
	placeRepetition = 1 << 16
	placeComponent  = 1 << 32
	placeCoarse     = 1 << 48
)

func newToken(start, end, element int) token {
	return token{uint64(start) | uint64(end)<<32, uint64(element) | placeRepetition | placeComponent}
}

func (t token) start() uint32      { return uint32(t.span) }
func (t token) end() uint32        { return uint32(t.span >> 32) }
func (t token) element() uint16    { return uint16(t.place) }
func (t token) repetition() uint16 { return uint16(t.place >> 16) }
func (t token) component() uint16  { return uint16(t.place >> 32) }

// coarse reports whether the value has release characters or line breaks to be taken out.
func (t token) coarse() bool { return t.place&placeCoarse != 0 }

// Len returns the number of the last element that is present.
func (s *Segment) Len() int {
	if len(s.tokens) == 0 {
		return 0
	}
	return int(s.tokens[len(s.tokens)-1].element())
}

// Text returns a value with its release characters resolved; "" when it is absent. Both numbers count from 1,
// a simple element is component 1, and where an element repeats it is the first repetition.
func (s *Segment) Text(element, component int) string { return s.RepText(element, 1, component) }

// RepText is Text for one repetition of a repeating element.
func (s *Segment) RepText(element, repetition, component int) string {
	t := s.find(element, repetition, component)
	if t == nil {
		return ""
	}
	raw := s.data[t.start():t.end()]
	if t.coarse() {
		return string(appendPlain(nil, []byte(raw), s.release))
	}
	return raw
}

// Repetitions returns how often an element is present; 0 when it is absent.
func (s *Segment) Repetitions(element int) int {
	n := 0
	for _, t := range s.element(element) {
		n = max(n, int(t.repetition()))
	}
	return n
}

// Components returns the number of the last component in the first repetition of an element.
func (s *Segment) Components(element int) int {
	n := 0
	for _, t := range s.element(element) {
		if t.repetition() == 1 {
			n = max(n, int(t.component()))
		}
	}
	return n
}

// At returns the position of a value. Component 0 is the element as a whole. Where there is nothing, it is the
// position of the segment with the numbers of the missing value.
func (s *Segment) At(element, component int) Position {
	p := s.RepAt(element, 1, component)
	p.Repetition = 0
	return p
}

// RepAt is At for one repetition of a repeating element.
func (s *Segment) RepAt(element, repetition, component int) Position {
	p := s.Position
	p.Element, p.Repetition, p.Component = element, repetition, component
	if t := s.find(element, repetition, max(component, 1)); t != nil {
		p.Offset += int64(t.start())
		return p
	}
	for _, t := range s.element(element) {
		if component == 0 && int(t.repetition()) == repetition {
			p.Offset += int64(t.start())
			break
		}
	}
	return p
}

// Raw returns the segment as it was received, without its terminator.
func (s *Segment) Raw() string { return s.data }

// element returns the tokens of one element.
func (s *Segment) element(number int) []token {
	from := sort.Search(len(s.tokens), func(i int) bool { return int(s.tokens[i].element()) >= number })
	to := from
	for to < len(s.tokens) && int(s.tokens[to].element()) == number {
		to++
	}
	return s.tokens[from:to]
}

func (s *Segment) find(element, repetition, component int) *token {
	if element < 1 {
		return nil
	}
	e := s.element(element)
	for i := range e {
		if int(e[i].repetition()) == repetition && int(e[i].component()) == component {
			return &e[i]
		}
	}
	return nil
}
