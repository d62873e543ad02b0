package edi

import "encoding/binary"

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
	classBlank   // a blank between segments
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
	c[d.Element], c[d.Terminator] = classElement, classTerminator // NUL, too: no interchange is without these two
	return &c
}

// scan is the tokenizer. It goes through the stream a stretch at a time and leaves a mark for each segment that
// ends there; next takes them one by one. Coordinates count from origin, the first byte of the segment that was
// open when the stretch began, which may be many stretches back.
type scan struct {
	marker *marker
	origin int64 // stream offset
	to     int64 // stream offset up to which the stream was looked at
	marks  []mark
	taken  int   // of those closed
	left   int64 // stream offset behind the last of those
	tokens []token
	high   form // formHigh if a byte of the stretch is not ASCII
	words  [stretch / 64]uint64
	run    run
	skip   bool // a release character was the last byte
}

// mark is where a segment stands and what its tokens are.
type mark struct {
	begin, end  int32 // the tag, the terminator
	first, last int32 // tokens
	control     int32 // where the first control character stands
	elements    uint16
	form        form
}

// stretch is how many bytes are looked at together: so few that what is found stays in the first-level cache.
const stretch = 2048

// outcome is what the tokenizer came to.
type outcome uint8

const (
	outcomeSegment outcome = iota // up to its terminator
	outcomeOpen                   // the stream ended first
	outcomeLong                   // past the limit
	outcomeNothing                // no byte was left
)

// firstPlace is the place of a tag.
const firstPlace = placeRepetition | placeComponent

// begin makes the tokenizer look for other delimiters from here on.
func (s *scan) begin(d Delimiters) {
	if s.marker == nil || s.marker.delimiters != d {
		s.marker = newMarker(d)
	}
	s.forget(-1)
}

// plain fills the view with the next segment if it is as nearly all are: found already, follows the one before, has
// nothing out of the ordinary and a tag that is known to be plain, which it returns. Otherwise it does nothing and
// returns nil.
func (s *scan) plain(src *source, v *View, tags *tagTable, limits *Limits) *tagSlot {
	if s.taken >= s.run.closed || src.offset() != s.left {
		return nil
	}
	m := &s.marks[s.taken]
	from := int(s.origin-src.base) + int(m.begin)
	size, count := int(m.end-m.begin), int(m.last-m.first)
	if m.form != 0 || size < 4 || size > limits.SegmentBytes || count > limits.Elements {
		return nil
	}
	data := src.buf[from : from+size]
	key := headKey(data, s.marker.delimiters.Element)
	n := tags.slot(key)
	if n.key != key || !n.plain {
		return nil
	}
	v.Offset, v.key, v.form, v.binary, v.elements = src.base+int64(from), key, 0, 0, int(m.elements)
	v.data, v.tokens, v.tag = data, s.tokens[m.first+1:m.last], n.name
	s.taken++
	src.pos = from + size + 1
	s.left = src.base + int64(src.pos)
	return n
}

// headKey is tagKey for a segment of four bytes or more, 0 if its tag has other than two or three bytes or no element
// behind it. Whether a tag has two or three is what a processor cannot predict: there is no branch on it.
func headKey(data []byte, separator byte) uint32 {
	w := binary.LittleEndian.Uint32(data)
	short := uint32(int32(w>>16&0xFF^uint32(separator))-1) >> 31 // 1 or 0
	if w>>24&(short-1) != uint32(separator)&(short-1) {
		return 0
	}
	return (w&0xFFFFFF | 1<<24) & (0xFFFF | (short - 1))
}

// next fills the view with the segment at the source's position. The source is left behind the terminator, or
// where it was.
func (s *scan) next(src *source, v *View, limits *Limits) outcome {
	s.seek(src.offset())
	for s.taken == s.run.closed {
		if int(s.to-src.offset()) > limits.SegmentBytes {
			s.cut(src, v, int(s.to-src.offset()))
			return outcomeLong
		}
		if s.more(src, limits) {
			continue
		}
		end := int(s.to - src.offset())
		if end == 0 {
			return outcomeNothing
		}
		if end > s.run.start {
			s.tokens[s.run.count] = token{uint64(s.run.start) | uint64(end)<<32, s.run.place}
			s.run.count++
		}
		s.cut(src, v, end)
		return outcomeOpen
	}
	m := &s.marks[s.taken]
	if int(m.last-m.first) > limits.Elements {
		m.last = m.first + int32(limits.Elements)
		m.form |= formCrowded
	}
	src.pos = int(s.origin + int64(m.begin) - src.base)
	s.view(src, v, m)
	end := int(m.end - m.begin)
	if end > limits.SegmentBytes {
		return outcomeLong
	}
	s.taken++
	src.pos += end + 1
	s.left = src.offset()
	return outcomeSegment
}

// seek makes sure that the next segment is the one at a stream offset: usually it is.
func (s *scan) seek(offset int64) {
	if s.origin+int64(s.marks[s.taken].begin) != offset {
		s.forget(offset)
	}
}

// forget starts anew at a stream offset.
func (s *scan) forget(offset int64) {
	s.origin, s.to = offset, offset
	if len(s.marks) == 0 {
		s.marks = make([]mark, stretch/16)
	}
	s.marks[0], s.taken, s.skip = mark{}, 0, false
	s.run.begin, s.run.closed, s.run.count, s.run.start, s.run.place = 0, 0, 0, 0, firstPlace
}

// cut shows the open segment as far as it was read.
func (s *scan) cut(src *source, v *View, end int) {
	m := s.marks[s.run.closed]
	m.end, m.last = m.begin+int32(end), int32(s.run.count)
	m.describe(s.run.start, end, s.run.place)
	s.view(src, v, &m)
}

// describe notes what the end of a segment says about its form.
func (m *mark) describe(start, end int, place uint64) {
	m.elements = uint16(place)
	if m.elements == 0 {
		m.form |= formEmpty
	}
	if start == end {
		m.form |= formTrailing
	}
}

// view shows a segment.
func (s *scan) view(src *source, v *View, m *mark) {
	i := src.pos
	end := i + int(m.end-m.begin)
	v.data = src.buf[i:end]
	v.Offset = src.base + int64(i)
	v.elements, v.control = int(m.elements), int(m.control)
	v.form |= m.form
	tokens := s.tokens[m.first:m.last]
	if v.name = nil; len(tokens) > 0 && tokens[0].element() == 0 { // the tag is no value
		v.name = v.data[tokens[0].start():tokens[0].end()]
		tokens = tokens[1:]
		for len(tokens) > 0 && tokens[0].element() == 0 {
			tokens = tokens[1:]
		}
	}
	v.tokens = tokens
}

// more looks at the next stretch, and reports whether there was any. All marks were taken.
func (s *scan) more(src *source, limits *Limits) bool {
	s.room(limits)
	for src.base+int64(src.end) <= s.to {
		if !src.fill() {
			return false
		}
	}
	b := src.buf[s.origin-src.base : src.end]
	from := int(s.to - s.origin)
	b = b[:min(len(b), from+stretch)]
	s.high = 0
	if s.marker.mark(s.words[:], b[from:]) {
		s.high = formHigh
	}
	s.marks[0].form |= s.high
	s.walk(b, from)
	s.to = s.origin + int64(len(b))
	return true
}

// placeFull are the top bits of the three numbers of a place: far more than any segment has.
const placeFull = 0x8000_8000_8000

// room makes the open segment the first, forgets what it has past the limits, and makes room for the tokens of a
// stretch.
func (s *scan) room(limits *Limits) {
	open := s.marks[s.run.closed]
	s.origin += int64(open.begin)
	s.run.count = copy(s.tokens, s.tokens[open.first:s.run.count])
	open.begin, open.first = 0, 0
	if s.run.count > limits.Elements {
		open.form |= formCrowded
		s.run.count = limits.Elements
	}
	if s.run.place&placeFull != 0 {
		open.form |= formCrowded
		s.run.place &^= placeFull >> 1
	}
	s.marks[0], s.run.begin, s.run.closed, s.taken = open, 0, 0, 0
	if need := s.run.count + stretch + 1; need > len(s.tokens) {
		s.tokens = append(s.tokens, make([]token, need-len(s.tokens))...)
	}
}

// walk goes through the special bytes of b, of which those before from were seen.
func (s *scan) walk(b []byte, from int) {
	r := &s.run
	if r.held = -1; s.skip {
		s.hold(b, from, from)
	}
	r.word, r.w, r.n, r.at, r.size, r.high = s.words[0], 0, (len(b)-from+63)/64, from, len(b), s.high
	for {
		r.room = len(s.marks) - 1
		if r.next(s, b); r.class == classData {
			return
		}
		open := &s.marks[r.closed]
		switch {
		case r.class == classTerminator: // the marks are full
			s.marks = append(s.marks, make([]mark, len(s.marks))...)
			s.marks[r.closed].begin = int32(r.begin)
		case r.end == 0 && r.class != classRelease && isNoise(b[r.begin]):
			s.between(b)
		case r.class != classBlank:
			r.place = open.spoil(r.class, r.end, r.place)
			if r.class == classRelease {
				s.hold(b, r.begin+r.end+1, from)
				r.word &= s.words[r.w]
			}
		}
	}
}

// between passes over what people put between segments, and blanks.
func (s *scan) between(b []byte) {
	r := &s.run
	if r.class != classBlank {
		r.begin++
	}
	for r.begin < len(b) && b[r.begin] == ' ' && s.marker.classes[' '] == classData {
		r.begin++
	}
	s.marks[r.closed].begin = int32(r.begin)
}

// hold makes data of the byte behind a release character, whatever it is. A line that was wrapped there goes on
// with that byte. Base is where the stretch begins in rest, as at is an index of it.
func (s *scan) hold(rest []byte, at, base int) {
	for at < len(rest) && s.marker.classes[rest[at]] == classBreak {
		at++
	}
	if s.skip = at == len(rest); !s.skip {
		s.run.held = at
		s.words[(at-base)>>6] &^= 1 << ((at - base) & 63)
	}
}

// spoil notes a byte that does not end a value but does not belong to it either.
func (m *mark) spoil(class uint8, at int, place uint64) uint64 {
	if class == classControl {
		if m.form&formControl == 0 {
			m.form |= formControl
			m.control = int32(at)
		}
		return place
	}
	m.form |= formCoarse
	return place | placeCoarse
}
