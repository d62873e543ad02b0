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
	at    int    // index of the word's first byte
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

// portable visits the special bytes: a separator or terminator ends a value, a terminator ends a segment. It stops at
// the first byte that takes more than that, and when the marks are full. The assembly does the same.
func (r *run) portable(s *scan, b []byte) {
	m := s.marker
	for {
		for r.word == 0 {
			if r.w++; r.w >= r.n {
				r.class = classData
				return
			}
			r.word = s.words[r.w]
			r.at += 64
		}
		i := r.at + bits.TrailingZeros64(r.word)
		r.word &= r.word - 1
		r.end, r.class = i-r.begin, m.classes[b[i]]
		open := &s.marks[r.closed]
		if r.class <= classTerminator {
			// An empty value is written, too, and the next one over it: whether a value is empty is what nobody can
			// predict, and a branch on it would cost more than the writing.
			t := &s.tokens[r.count]
			t.span, t.place = uint64(r.start)|uint64(r.end)<<32, r.place
			r.count += int(uint64(r.start-r.end) >> 63)
			if r.class < classTerminator {
				r.place = r.place&m.turns.keep[r.class] + m.turns.add[r.class]
				r.start = r.end + 1
				continue
			}
			open.end, open.last = int32(i), int32(r.count)
			open.describe(r.start, r.end, r.place)
			r.closed++
			open = &s.marks[r.closed]
			open.first, open.form = int32(r.count), r.high
			r.start, r.place = 0, firstPlace
			if r.begin = i + 1; r.closed >= r.room {
				return
			}
		} else if r.class == classBreak && r.end == 0 { // people put it between segments
			r.begin++
		} else {
			return
		}
		if open.begin = int32(r.begin); r.begin < r.size && b[r.begin] == ' ' {
			r.end, r.class = 0, classBlank
			return
		}
	}
}
