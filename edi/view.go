package edi

import "bytes"

// View is one segment where it stands in the buffer. It is valid until the next segment is read.
type View struct {
	Offset   int64 // of the tag in the stream
	tag      string
	key      uint32  // of the tag, 0 if it cannot be one
	form     form    // what is out of the ordinary
	data     []byte  // from the tag up to the terminator
	tokens   []token // of its values
	name     []byte  // the tag as it stands
	elements int     // number of elements, empty ones at the end included
	release  escape

	segment, messageSegment int

	control int // where the first control character stands
	binary  int // number of the element that is binary data, 0 if none
}

// form is what is out of the ordinary about a segment. Nearly all have none of it, which is one comparison.
type form uint16

const (
	formOpen     form = 1 << iota // the stream ended before the terminator
	formLong                      // only the first bytes were kept
	formLength                    // the length of binary data cannot be right
	formCrowded                   // more values than Limits.Elements
	formBreak                     // a line break stands inside a value
	formTrailing                  // ends in an empty element, component or repetition
	formEmpty                     // has no elements
	formControl                   // has a control character
	formCoarse                    // some value has release characters or line breaks
	formHigh                      // is near a byte that is not ASCII

	formWrong = formLong | formLength | formCrowded | formBreak | formTrailing | formEmpty
)

// tidy takes line breaks out of the ends of values and drops values that were nothing else, so that only a
// break inside a value is a matter for the checker.
func (v *View) tidy() {
	kept := v.tokens[:0]
	for _, t := range v.tokens {
		if t.coarse() {
			start, end := t.start(), t.end()
			for end > start && isBreak(v.data[end-1]) && !v.released(start, end-1) {
				end--
			}
			for end > start && isBreak(v.data[start]) {
				start++
			}
			if start == end {
				continue
			}
			t.span, t.place = uint64(start)|uint64(end)<<32, t.place&^placeCoarse
			for i := start; i < end; i++ {
				if b := v.data[i]; b == v.release.by && v.release.by != 0 {
					t.place |= placeCoarse
					for i++; i < end && v.release.wrapped(v.data[i]); i++ {
						v.form |= formBreak
					}
				} else if isBreak(b) {
					t.place |= placeCoarse
					v.form |= formBreak
				}
			}
		}
		kept = append(kept, t)
	}
	v.tokens = kept
}

// unwrapTag takes the line breaks out of a tag that a wrapping column cut in two.
func (v *View) unwrapTag() {
	if bytes.ContainsAny(v.name, "\r\n") {
		v.name = plainBytes(v.name, len(v.name))
		v.form |= formBreak
	}
}

// plainBytes returns the first n bytes of b that are no line breaks.
func plainBytes(b []byte, n int) []byte {
	out := make([]byte, 0, n)
	for i := 0; i < len(b) && len(out) < n; i++ {
		if !isBreak(b[i]) {
			out = append(out, b[i])
		}
	}
	return out
}

// released reports whether the byte at i follows a release character that is not itself released.
func (v *View) released(start, i uint32) bool {
	n := 0
	for i > start && v.release.by != 0 && v.data[i-1] == v.release.by {
		n++
		i--
	}
	return n%2 == 1
}

func isBreak(b byte) bool { return b == '\r' || b == '\n' }

// Tag returns the segment's tag.
func (v *View) Tag() string { return v.tag }

// Len returns the number of the last element, empty ones at the end included.
func (v *View) Len() int { return v.elements }

// Position returns where the segment stands.
func (v *View) Position() Position {
	return Position{Offset: v.Offset, Segment: v.segment, MessageSegment: v.messageSegment}
}

// Value is one value of a View.
type Borrowed struct {
	Element, Repetition, Component int
	Offset                         int64
	Raw                            []byte // with release characters; borrowed from the buffer
	plain                          bool
	release                        escape
}

// Text returns the value with its release characters resolved.
func (b Borrowed) Text() string {
	if b.plain {
		return string(b.Raw)
	}
	return string(appendPlain(nil, b.Raw, b.release))
}

// Count returns the number of values that are present, the tag left out.
func (v *View) Count() int { return len(v.tokens) }

// Place is where a value stands: the three numbers count from 1, and Offset in the stream.
type Place struct {
	Element, Repetition, Component int
	Offset                         int64
}

// Value returns the value with an index below Count: where it stands, and its bytes, with release characters,
// borrowed from the buffer. It is what Values does at a fraction of the time: Place is small enough for registers.
func (v *View) Value(i int) (at Place, raw []byte) {
	t := &v.tokens[i]
	at = Place{int(uint16(t.place)), int(uint16(t.place >> 16)), int(uint16(t.place >> 32)), v.Offset + int64(uint32(t.span))}
	return at, v.data[uint32(t.span) : t.span>>32]
}

// Values yields every value that is present, in order, the tag left out. Nothing is copied.
func (v *View) Values(yield func(Borrowed) bool) {
	for i := range v.tokens {
		at, raw := v.Value(i)
		b := Borrowed{at.Element, at.Repetition, at.Component, at.Offset, raw, !v.tokens[i].coarse(), v.release}
		if !yield(b) {
			return
		}
	}
}

// raw returns a value, nil when absent: borrowed, unless there is something to be taken out of it.
func (v *View) raw(element, component int) []byte {
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element()) == element && int(t.component()) == component && t.repetition() == 1 {
			if t.coarse() {
				return appendPlain(nil, v.data[t.start():t.end()], v.release)
			}
			return v.data[t.start():t.end()]
		}
		if int(t.element()) > element {
			break
		}
	}
	return nil
}

// repeated is raw for one repetition of an element.
func (v *View) repeated(element, repetition, component int) []byte {
	if repetition == 1 {
		return v.raw(element, component)
	}
	t := v.find(element, repetition, component)
	if t == nil {
		return nil
	}
	if raw := v.data[t.start():t.end()]; !t.coarse() {
		return raw
	}
	return appendPlain(nil, v.data[t.start():t.end()], v.release)
}

func (v *View) find(element, repetition, component int) *token {
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element()) == element && int(t.repetition()) == repetition && int(t.component()) == component {
			return t
		}
	}
	return nil
}

// where is at for a component of one repetition; the repetition is told where the element may have several.
func (v *View) where(use *segmentUse, element, repetition, component int) Position {
	p := v.Position()
	p.Element, p.Component = element, component
	if repetition > 1 || element <= len(use.elements) && use.elements[element-1].repeat != 1 {
		p.Repetition = repetition
	}
	if t := v.find(element, repetition, max(component, 1)); t != nil {
		p.Offset += int64(t.start())
	}
	return p
}

// Text returns a value with its release characters resolved, "" when absent.
func (v *View) Text(element, component int) string {
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element()) == element && int(t.component()) == component && t.repetition() == 1 {
			if t.coarse() {
				return string(appendPlain(nil, v.data[t.start():t.end()], v.release))
			}
			return string(v.data[t.start():t.end()])
		}
	}
	return ""
}

// at returns the position of an element or component; of the segment with those numbers when it is absent.
func (v *View) at(element, component int) Position {
	p := v.Position()
	p.Element, p.Component = element, component
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element()) == element && (component == 0 || int(t.component()) == component) {
			p.Offset += int64(t.start())
			break
		}
	}
	return p
}

// escape is the release character, and the line break that is a delimiter: released, it is a character of the value.
type escape struct{ by, line byte }

func newEscape(d Delimiters) escape {
	e := escape{by: d.Release}
	for _, b := range []byte{d.Component, d.Element, d.Repetition, d.Terminator} {
		if isBreak(b) {
			e.line = b
		}
	}
	return e
}

// wrapped reports whether a byte behind the release character comes from wrapping a line there.
func (e escape) wrapped(b byte) bool { return isBreak(b) && b != e.line }

// appendPlain appends raw without its release characters and line breaks.
func appendPlain(dst, raw []byte, release escape) []byte {
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == release.by && release.by != 0:
			for i++; i < len(raw) && release.wrapped(raw[i]); i++ { // a line was wrapped behind it
			}
			if i < len(raw) {
				dst = append(dst, raw[i])
			}
		case isBreak(b):
		default:
			dst = append(dst, b)
		}
	}
	return dst
}
