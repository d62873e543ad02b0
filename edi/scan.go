package edi

// Byte classes of the tokenizer. Everything that is not data ends a value or spoils it.
const (
	classData = iota
	classElement
	classComponent
	classRepetition
	classTerminator
	classRelease
	classBreak // CR and LF where they are not delimiters
)

// classes maps every byte to its class under one set of delimiters.
type classes [256]uint8

func (d Delimiters) classes() *classes {
	var c classes
	c['\r'], c['\n'] = classBreak, classBreak
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
	data     []byte // from the tag up to the terminator
	tokens   []token
	elements int // number of elements, empty ones at the end included
	release  byte

	segment, messageSegment int

	open     bool // the stream ended before the terminator
	tooLong  bool // only the first bytes were kept
	crowded  bool // more values than Limits.Elements
	broken   bool // a line break stands inside a value
	trailing bool // ends in an empty element, component or repetition
	binary   int  // number of the element that is binary data, 0 if none
}

// tokenize splits the segment at the start of b. It returns the number of bytes used, terminator included, or
// 0 when b ends before the segment does; then the values seen so far are in the view.
func (v *View) tokenize(b []byte, c *classes, limit int) int {
	tokens := v.tokens[:0]
	var (
		start                          int
		element, repetition, component uint16 = 0, 1, 1
		coarse                         bool
	)
	v.broken, v.crowded, v.trailing = false, false, false
	for i := 0; i < len(b); i++ {
		class := c[b[i]]
		if class == classData {
			continue
		}
		switch class {
		case classRelease:
			coarse = true
			i++ // what follows is data, whatever it is
			continue
		case classBreak:
			coarse = true
			continue
		}
		v.trailing = i == start
		if i > start {
			if len(tokens) < limit {
				tokens = append(tokens, token{uint32(start), uint32(i), element, repetition, component, coarse})
			} else {
				v.crowded = true
			}
		}
		start, coarse = i+1, false
		switch class {
		case classElement:
			element, repetition, component = element+1, 1, 1
		case classComponent:
			component++
		case classRepetition:
			repetition, component = repetition+1, 1
		case classTerminator:
			v.data, v.tokens, v.elements = b[:i:i], tokens, int(element)
			return i + 1
		}
	}
	if len(b) > start {
		tokens = append(tokens, token{uint32(start), uint32(len(b)), element, repetition, component, coarse})
	}
	v.data, v.tokens, v.elements = b, tokens, int(element)
	return 0
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
	for _, t := range v.tokens {
		if t.element == 0 {
			continue
		}
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
