package edi

// Segment is one segment of a Message. Its values are its own: they stay valid when the Reader goes on.
type Segment struct {
	Tag      string
	Position Position

	data    string // the bytes from the tag up to the terminator
	tokens  []token
	release byte
}

// token is one value: a component of a repetition of an element. Offsets count from the first byte of the tag.
type token struct {
	start, end uint32
	element    uint16
	repetition uint16
	component  uint16
	coarse     bool // has release characters or line breaks to be taken out
}

// Len returns the number of the last element that is present.
func (s *Segment) Len() int { return 0 }

// Text returns a value with its release characters resolved; "" when it is absent. Both numbers count from 1,
// a simple element is component 1, and where an element repeats it is the first repetition.
func (s *Segment) Text(element, component int) string { return s.RepText(element, 1, component) }

// Repetitions returns how often an element is present.
func (s *Segment) Repetitions(element int) int { return 0 }

// RepText is Text for one repetition of a repeating element.
func (s *Segment) RepText(element, repetition, component int) string { return "" }

// Components returns the number of components in the first repetition of an element.
func (s *Segment) Components(element int) int { return 0 }

// At returns the position of a value; of the segment with the element's number where there is none.
func (s *Segment) At(element, component int) Position { return s.Position }
