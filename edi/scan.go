package edi

import "math/bits"

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
	data     []byte  // from the tag up to the terminator
	tokens   []token // of its values
	name     []byte  // the tag as it stands
	elements int     // number of elements, empty ones at the end included
	release  byte

	segment, messageSegment int

	open     bool  // the stream ended before the terminator
	tooLong  bool  // only the first bytes were kept
	crowded  bool  // more values than Limits.Elements
	coarse   bool  // some value has release characters or line breaks
	broken   bool  // a line break stands inside a value
	trailing bool  // ends in an empty element, component or repetition
	control  int32 // where the first control character stands, -1 if there is none
	binary   int   // number of the element that is binary data, 0 if none
}

// scan is the tokenizer's place in the stream: the bitmap of a stretch of it.
type scan struct {
	marker   *marker
	words    [windowWords]uint64
	from, to int64 // stream offsets that words covers
	tokens   []token
}

// windowWords bounds the stretch that is marked at a time, so that the bitmap stays in the first-level cache.
const windowWords = 256

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
	var (
		begin                              = src.offset()
		at                                 = begin
		start                              uint32
		element, repetition, component     uint16 = 0, 1, 1
		coarse, spoiled, crowded, trailing bool
		control                            = int32(-1)
		tokens                             = s.tokens
		count                              int
		released                           int64 = -1
		classes                                  = &s.marker.classes
	)
	finish := func(end int64) {
		i := int(begin - src.base)
		v.data = src.buf[i : i+int(end-begin) : i+int(end-begin)]
		s.tokens = tokens
		v.name = nil
		first := 0
		for first < count && tokens[first].element == 0 {
			if first == 0 {
				v.name = v.data[tokens[0].start:tokens[0].end]
			}
			first++
		}
		v.tokens, v.elements, v.coarse = tokens[first:count], int(element), spoiled
		v.broken, v.crowded, v.trailing, v.control = false, crowded, trailing, control
	}
	for {
		if at >= s.to || at < s.from {
			if at-begin > int64(limits.SegmentBytes) {
				finish(at)
				return outcomeLong
			}
			if !s.refill(src, at) {
				end := src.base + int64(src.end)
				if end == begin {
					return outcomeNothing
				}
				if uint32(end-begin) > start {
					tokens, count = addToken(tokens, count, token{start, uint32(end - begin), element, repetition, component, coarse})
				}
				finish(end)
				return outcomeOpen
			}
		}
		buf := src.buf[:src.end]
		shift := s.from - src.base // of bit positions against the buffer
		first := int(at - s.from)
		w := first >> 6
		word := s.words[w] >> (first & 63) << (first & 63)
		last := int(s.to-s.from+63) >> 6
		for {
			if word == 0 {
				if w++; w == last {
					break
				}
				word = s.words[w]
				continue
			}
			bit := int64(w<<6 + bits.TrailingZeros64(word))
			word &= word - 1
			class := classes[buf[bit+shift]]
			offset := s.from + bit
			if offset == released {
				continue
			}
			if class > classTerminator {
				switch class {
				case classRelease:
					coarse, spoiled, released = true, true, offset+1
				case classBreak:
					coarse, spoiled = true, true
				case classControl:
					if control < 0 {
						control = int32(offset - begin)
					}
				}
				continue
			}
			end := uint32(offset - begin)
			trailing = end == start
			if !trailing {
				if count < limits.Elements {
					if count == len(tokens) {
						tokens = append(tokens, make([]token, 64+count)...)
					}
					// Field by field: a literal would be built elsewhere and copied, which costs more than all else.
					t := &tokens[count]
					t.start, t.end = start, end
					t.element, t.repetition, t.component, t.coarse = element, repetition, component, coarse
					count++
				} else {
					crowded = true
				}
			}
			start, coarse = end+1, false
			switch class {
			case classElement:
				element, repetition, component = element+1, 1, 1
			case classComponent:
				component++
			case classRepetition:
				repetition, component = repetition+1, 1
			default:
				if offset-begin > int64(limits.SegmentBytes) {
					finish(offset)
					return outcomeLong
				}
				finish(offset)
				src.pos = int(offset + 1 - src.base)
				return outcomeSegment
			}
		}
		at = s.to
	}
}

func addToken(tokens []token, count int, t token) ([]token, int) {
	if count == len(tokens) {
		tokens = append(tokens, make([]token, 64+count)...)
	}
	tokens[count] = t
	return tokens, count + 1
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
		if t.coarse {
			for t.end > t.start && isBreak(v.data[t.end-1]) && !v.released(t, t.end-1) {
				t.end--
			}
			for t.end > t.start && isBreak(v.data[t.start]) {
				t.start++
			}
			if t.start == t.end {
				continue
			}
			t.coarse = false
			for i := t.start; i < t.end; i++ {
				if b := v.data[i]; b == v.release && v.release != 0 {
					t.coarse = true
					i++
				} else if isBreak(b) {
					t.coarse, v.broken = true, true
				}
			}
		}
		kept = append(kept, t)
	}
	v.tokens = kept
}

// released reports whether the byte at i follows a release character that is not itself released.
func (v *View) released(t token, i uint32) bool {
	n := 0
	for i > t.start && v.release != 0 && v.data[i-1] == v.release {
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
			Element: int(t.element), Repetition: int(t.repetition), Component: int(t.component),
			Offset: v.Offset + int64(t.start), Raw: v.data[t.start:t.end], plain: !t.coarse, release: v.release,
		}
		if !yield(b) {
			return
		}
	}
}

// raw returns a value as it stands, nil when absent.
func (v *View) raw(element, component int) []byte {
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element) == element && int(t.component) == component && t.repetition == 1 {
			return v.data[t.start:t.end]
		}
		if int(t.element) > element {
			break
		}
	}
	return nil
}

// Text returns a value with its release characters resolved, "" when absent.
func (v *View) Text(element, component int) string {
	for i := range v.tokens {
		t := &v.tokens[i]
		if int(t.element) == element && int(t.component) == component && t.repetition == 1 {
			if t.coarse {
				return string(appendPlain(nil, v.data[t.start:t.end], v.release))
			}
			return string(v.data[t.start:t.end])
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
		if int(t.element) == element && (component == 0 || int(t.component) == component) {
			p.Offset += int64(t.start)
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
			if i++; i < len(raw) {
				dst = append(dst, raw[i])
			}
		case isBreak(b):
		default:
			dst = append(dst, b)
		}
	}
	return dst
}
