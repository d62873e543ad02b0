package edi

import "io"

// source is a window onto the stream. Bytes before pos are consumed; buf[pos:end] is what is at hand.
type source struct {
	r        io.Reader
	buf      []byte
	pos, end int
	base     int64 // stream offset of buf[0]
	eof      bool
	err      error // a failure of r other than io.EOF
}

// window is the size that a source starts with and returns to: large enough that refilling costs nothing,
// small enough for a thousand connections.
const window = 64 << 10

func newSource(r io.Reader) source { return source{r: r, buf: make([]byte, window)} }

func bytesSource(b []byte) source { return source{buf: b, end: len(b), eof: true} }

func (s *source) offset() int64 { return s.base + int64(s.pos) }

func (s *source) rest() []byte { return s.buf[s.pos:s.end] }

// want makes at least n bytes available and reports whether the stream had that many.
func (s *source) want(n int) bool {
	for s.end-s.pos < n {
		if !s.fill() {
			return false
		}
	}
	return true
}

// fill brings in more bytes behind those at hand and reports whether there were any. It moves what is at hand
// to the front first and doubles the window only when that is not enough.
func (s *source) fill() bool {
	if s.eof {
		return false
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.base += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	// A reader that delivers byte by byte must not make us look at a segment once a byte.
	n, err := io.ReadAtLeast(s.r, s.buf[s.end:], min(len(s.buf)-s.end, 4096))
	s.end += n
	if err != nil {
		s.eof = true
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			s.err = err
		}
	}
	return n > 0
}

// skip passes over n bytes and reports whether there were as many.
func (s *source) skip(n int64) bool {
	for n > 0 {
		if s.pos == s.end && !s.fill() {
			return false
		}
		some := min(n, int64(s.end-s.pos))
		s.pos += int(some)
		n -= some
	}
	return true
}
