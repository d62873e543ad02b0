package edi

import "math/bits"

// run is the way through the special bytes of a stretch: what the assembly shares with Go. Indexes count from the
// first byte of the segment that was open when the stretch began.
type run struct {
	bytes   *byte
	words   *uint64
	token   *token
	mark    *mark
	classes *classes
	turns   *turns

	word  uint64 // the bits of the word that were not visited
	w, n  int    // the word, and how many there are
	at    int    // index of the word's first byte; in Go, of the byte to be looked at next
	held  int    // index of the byte that a release character makes data, -1 for none
	size  int    // how many bytes there are
	high  form   // what a new mark begins with
	class uint8  // of the byte that it stopped at, classData at the end of the stretch

	begin  int    // of the open segment
	start  int    // of the value at hand, counted from the tag, as in all tokens
	place  uint64 // of the value at hand
	count  int    // tokens written
	closed int    // marks; behind them is that of the open segment
	room   int    // for marks that may be closed
	end    int    // of the byte that it stopped at, counted from the tag
}

// inGo is next without assembly.
func (r *run) inGo(s *scan, b []byte) {
	if s.marker.bytes {
		r.portable(s, b)
	} else {
		r.bits(s, b)
	}
}

// bits is portable by the bitmap, as the assembly is, with the variables of the run in registers. It is one function
// because to come back to the same words for every segment costs more than the bitmap saves.
func (r *run) bits(s *scan, b []byte) {
	classes, turns, tokens, words := &s.marker.classes, &s.marker.turns, s.tokens, &s.words
	word, w, at, begin, start, place, count := r.word, r.w, r.at, r.begin, r.start, r.place, r.count
	for r.class = classData; r.class == classData; {
		if word == 0 {
			if w++; w >= r.n {
				break
			}
			at += 64
			word = words[w&(stretch/64-1)]
			continue
		}
		i := at + bits.TrailingZeros64(word)
		word &= word - 1
		class, end := classes[b[i]], i-begin
		if class <= classTerminator {
			tokens[count] = token{uint64(start) | uint64(end)<<32, place} // as write does
			count += int(uint64(start-end) >> 63)
			if class < classTerminator {
				place = place&turns.keep[class] + turns.add[class]
				start = end + 1
				continue
			}
		}
		open := &s.marks[r.closed]
		switch {
		case class == classTerminator:
			open.end, open.last = int32(i), int32(count)
			open.describe(start, end, place)
			r.closed++
			open = &s.marks[r.closed]
			open.first, open.form = int32(count), r.high
			start, place, begin = 0, firstPlace, i+1
			if r.closed >= r.room {
				r.class, r.end = class, end
				continue
			}
		case class == classBreak && end == 0: // people put it between segments
			begin++
		default:
			r.class, r.end = class, end
			continue
		}
		if open.begin = int32(begin); begin < len(b) && b[begin] == ' ' {
			r.class, r.end = classBlank, 0
		}
	}
	r.word, r.w, r.at, r.begin, r.start, r.place, r.count = word, w, at, begin, start, place, count
}

// portable is the judge of both, byte by byte. It visits the special bytes: a separator or terminator ends a value, a terminator ends a segment. It stops at
// the first byte that takes more than that, and when the marks are full. The assembly does the same.
func (r *run) portable(s *scan, b []byte) {
	for {
		r.separators(s, b)
		i := r.begin + r.end
		open := &s.marks[r.closed]
		switch {
		case r.class == classTerminator:
			r.write(s)
			open.end, open.last = int32(i), int32(r.count)
			open.describe(r.start, r.end, r.place)
			r.closed++
			open = &s.marks[r.closed]
			open.first, open.form = int32(r.count), r.high
			r.start, r.place = 0, firstPlace
			if r.begin = i + 1; r.closed >= r.room {
				return
			}
		case r.class == classBreak && r.end == 0: // people put it between segments
			r.begin++
		default:
			return
		}
		if open.begin = int32(r.begin); r.begin < r.size && b[r.begin] == ' ' {
			r.end, r.class = 0, classBlank
			return
		}
	}
}

// write writes the value at hand. An empty value is written, too, and the next one over it: whether a value is empty is
// what nobody can predict, and a branch on it would cost more than the writing.
func (r *run) write(s *scan) {
	s.tokens[r.count] = token{uint64(r.start) | uint64(r.end)<<32, r.place}
	r.count += int(uint64(r.start-r.end) >> 63)
}

// separators visits separators up to another special byte or the end of the stretch.
func (r *run) separators(s *scan, b []byte) {
	classes, turns, tokens := &s.marker.classes, &s.marker.turns, s.tokens
	from, start, place, count := r.at-r.begin, r.start, r.place, r.count
	r.class = classData
	for i, c := range b[r.at:] {
		class := classes[c]
		if class == classData {
			continue
		}
		end := from + i
		if r.begin+end == r.held {
			continue
		}
		if class >= classTerminator {
			r.class, r.end = class, end
			break
		}
		tokens[count] = token{uint64(start) | uint64(end)<<32, place} // as write does
		count += int(uint64(start-end) >> 63)
		place = place&turns.keep[class] + turns.add[class]
		start = end + 1
	}
	if r.at = len(b); r.class != classData {
		r.at = r.begin + r.end + 1
	}
	r.start, r.place, r.count = start, place, count
}
