package edi

import (
	"bytes"
	"math/bits"
)

// Byte classes of the tokenizer. Everything that is not data ends a value or spoils it.
const (
	classData = iota
	classElement
	classComponent
	classRepetition
	classTerminator
	classRelease
	classBreak   // CR and LF where they are not delimiters
	classControl // other control characters
)

// classes maps every byte to its class under one set of delimiters.
type classes [256]uint8

func (d Delimiters) classes() *classes {
	var c classes
	for i := range 0x20 {
		c[i] = classControl
	}
	c[0x7F], c['\r'], c['\n'] = classControl, classBreak, classBreak
	set := func(b byte, class uint8) {
		if b != 0 {
			c[b] = class
		}
	}
	set(d.Repetition, classRepetition)
	set(d.Component, classComponent)
	set(d.Release, classRelease)
	set(d.Element, classElement)
	set(d.Terminator, classTerminator)
	return &c
}

// View is one segment where it stands in the buffer. It is valid until the next segment is read.
type View struct {
	Offset   int64 // of the tag in the stream
	tag      string
	key      uint32  // of the tag, 0 if it cannot be one
	data     []byte  // from the tag up to the terminator
	tokens   []token // of its values
	name     []byte  // the tag as it stands
	elements int     // number of elements, empty ones at the end included
	release  byte

	segment, messageSegment int

	open      bool  // the stream ended before the terminator
	tooLong   bool  // only the first bytes were kept
	badLength bool  // the length of binary data cannot be right
	crowded   bool  // more values than Limits.Elements
	coarse    bool  // some value has release characters or line breaks
	broken    bool  // a line break stands inside a value
	trailing  bool  // ends in an empty element, component or repetition
	control   int32 // where the first control character stands, -1 if there is none
	binary    int   // number of the element that is binary data, 0 if none
}

// scan is the tokenizer's place in the stream: the bitmap of a stretch of it.
type scan struct {
	marker   *marker
	words    [windowWords]uint64
	from, to int64 // stream offsets that words covers
	tokens   []token
}

// windowWords bounds the stretch that is marked at a time, so that the bitmap stays in the first-level cache.
const windowWords = 64

// outcome is what the tokenizer came to.
type outcome uint8

const (
	outcomeSegment outcome = iota // up to its terminator
	outcomeOpen                   // the stream ended first
	outcomeLong                   // past the limit
	outcomeNothing                // no byte was left
)

// next splits the segment at the source's position into the view's tokens, in one pass over the special bytes.
// It asks the source for more when it needs more; what it found so far stays valid, since tokens count from the
// tag. The source is left behind the terminator, or where it was.
func (s *scan) next(src *source, v *View, limits *Limits) outcome {
	v.control, v.crowded, v.coarse, v.broken = -1, false, false, false
	var (
		begin = src.offset()
		at    = begin // how far the segment was looked at
		start int
		place = uint64(placeRepetition | placeComponent)
		skip  bool // the next byte is released, and begins a new word or window
		count int
	)
	for {
		if at >= s.to || at < s.from {
			if at-begin > int64(limits.SegmentBytes) {
				return s.finish(src, v, begin, at, start, count, place, outcomeLong)
			}
			if !s.refill(src, at) {
				end := src.base + int64(src.end)
				if end == begin {
					return outcomeNothing
				}
				if int(end-begin) > start {
					count = s.add(limits, v, count, token{uint64(start) | uint64(end-begin)<<32, place})
				}
				return s.finish(src, v, begin, end, start, count, place, outcomeOpen)
			}
		}
		b := src.buf[int(begin-src.base):src.end]
		rel := int(s.from - begin) // of bit 0 against the tag
		first := int(at - s.from)
		w, last := first>>6, int(s.to-s.from+63)>>6
		word := s.words[w] >> (first & 63) << (first & 63)
		tokens, classes := s.tokens, &s.marker.classes
		if skip {
			if classes[b[int(at-begin)]] != classBreak {
				word &^= 1 << (first & 63)
			}
			skip = false
		}
		for {
			for word == 0 {
				if w++; w == last {
					goto window
				}
				word = s.words[w]
				if skip {
					word &^= 1
					skip = false
				}
			}
			bit := bits.TrailingZeros64(word)
			word &= word - 1
			end := rel + w<<6 + bit
			class := classes[b[end]]
			if class > classTerminator {
				switch class {
				case classRelease, classBreak:
					place |= placeCoarse
					v.coarse = true
					if class == classBreak && !released(b, end, v.release) {
						continue
					}
					// What follows is data, whatever it is, but for the breaks of a wrapped line.
					next := end + 1
					if skip = next == int(s.to-begin); skip {
						continue
					}
					if classes[b[next]] != classBreak {
						word &^= 2 << bit
						skip = bit == 63
					}
				case classControl:
					if v.control < 0 {
						v.control = int32(end)
					}
				}
				continue
			}
			// An empty value is written, too, and the next one over it: whether a value is empty is what nobody can
			// predict, and a branch on it would cost more than the writing.
			if count < len(tokens) {
				t := &tokens[count]
				t.span, t.place = uint64(start)|uint64(end)<<32, place
				count += int(uint64(start-end) >> 63)
			} else if end > start {
				count = s.add(limits, v, count, token{uint64(start) | uint64(end)<<32, place})
				tokens = s.tokens
			}
			if class == classElement {
				place = (place+placeElement)&0xFFFF | placeRepetition | placeComponent
				start = end + 1
				continue
			}
			switch class {
			case classComponent:
				place = place&^placeCoarse + placeComponent
			case classRepetition:
				place = (place+placeRepetition)&0xFFFF_FFFF | placeComponent
			default:
				if end > limits.SegmentBytes {
					return s.finish(src, v, begin, begin+int64(end), start, count, place, outcomeLong)
				}
				src.pos += end + 1
				return s.finish(src, v, begin, begin+int64(end), start, count, place, outcomeSegment)
			}
			start = end + 1
		}
	window:
		at = s.to
	}
}

// add keeps a token when the list is full: a longer list, up to the limit.
func (s *scan) add(limits *Limits, v *View, count int, t token) int {
	if count >= limits.Elements {
		v.crowded = true
		return count
	}
	if count >= len(s.tokens) {
		s.tokens = append(s.tokens, make([]token, min(64+count, limits.Elements-count))...)
	}
	s.tokens[count] = t
	return count + 1
}

// finish fills the view.
func (s *scan) finish(src *source, v *View, begin, end int64, start, count int, place uint64, o outcome) outcome {
	i := int(begin - src.base)
	v.data = src.buf[i : i+int(end-begin) : i+int(end-begin)]
	v.elements, v.trailing = int(uint16(place)), start == int(end-begin)
	v.name = nil
	first := 0
	for first < count && s.tokens[first].element() == 0 { // the tag is no value
		if first == 0 {
			v.name = v.data[s.tokens[0].start():s.tokens[0].end()]
		}
		first++
	}
	v.tokens = s.tokens[first:count]
	return o
}

// refill marks the stretch that begins at a stream offset, and reports whether there was any.
func (s *scan) refill(src *source, at int64) bool {
	for src.base+int64(src.end) <= at {
		if !src.fill() {
			return false
		}
	}
	b := src.buf[at-src.base : src.end]
	b = b[:min(len(b), 64*windowWords)]
	s.marker.mark(s.words[:], b)
	s.from, s.to = at, at+int64(len(b))
	return true
}

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
				if b := v.data[i]; b == v.release && v.release != 0 {
					t.place |= placeCoarse
					for i++; i < end && isBreak(v.data[i]); i++ {
						v.broken = true
					}
				} else if isBreak(b) {
					t.place |= placeCoarse
					v.broken = true
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
		v.name, v.broken = plainBytes(v.name, len(v.name)), true
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
	for i > start && v.release != 0 && v.data[i-1] == v.release {
		n++
		i--
	}
	return n%2 == 1
}

// released reports whether the line break at i, or the first of several, follows a release character.
func released(b []byte, i int, release byte) bool {
	for i > 0 && isBreak(b[i-1]) {
		i--
	}
	n := 0
	for i > 0 && release != 0 && b[i-1] == release {
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
	release                        byte
}

// Text returns the value with its release characters resolved.
func (b Borrowed) Text() string {
	if b.plain {
		return string(b.Raw)
	}
	return string(appendPlain(nil, b.Raw, b.release))
}

// Values yields every value that is present, in order, the tag left out. Nothing is copied.
func (v *View) Values(yield func(Borrowed) bool) {
	for i := range v.tokens {
		t := &v.tokens[i]
		b := Borrowed{
			Element: int(t.element()), Repetition: int(t.repetition()), Component: int(t.component()),
			Offset: v.Offset + int64(t.start()), Raw: v.data[t.start():t.end()], plain: !t.coarse(), release: v.release,
		}
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

// appendPlain appends raw without its release characters and line breaks.
func appendPlain(dst, raw []byte, release byte) []byte {
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == release && release != 0:
			for i++; i < len(raw) && isBreak(raw[i]); i++ { // a line was wrapped behind it
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
