package edi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// SplitLimits say when a Splitter begins another interchange. Zero is no limit.
type SplitLimits struct {
	Messages int // in an interchange
	Bytes    int // of an interchange, headers, trailers and line breaks included
}

// Splitter writes messages over as many interchanges as the limits of their receiver ask for. No message is
// divided: one that is alone too long for an interchange is an error that wraps ErrTooLong, and nothing of it is
// written. After an error every call returns it.
type Splitter struct {
	limits SplitLimits
	open   func(n int) (*Writer, *Group, error)
	w      *Writer
	out    *counted
	group  *Group
	count  int // of interchanges
	held   int // messages in the open one
	err    error
}

// NewSplitter returns a Splitter. It calls open with 0, 1, … for each interchange that it begins: for a Writer on
// which nothing was written yet, with a control number of its own, and the group that messages stand in, nil for
// none. Splitter writes both, and closes them.
func NewSplitter(limits SplitLimits, open func(n int) (*Writer, *Group, error)) *Splitter {
	return &Splitter{limits: limits, open: open}
}

// counted counts what goes through it.
type counted struct {
	w io.Writer
	n int
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += n
	return n, err
}

// Message writes one message: header, what body writes with Writer.Segment, and trailer. Body is called again
// when the message goes into the next interchange, whose delimiters may be others.
func (s *Splitter) Message(name, release, agency, association, control string, body func(*Writer) error) error {
	for s.err == nil {
		if s.w == nil {
			s.begin()
			continue
		}
		if s.limits.Messages > 0 && s.held == s.limits.Messages {
			s.end()
			continue
		}
		message, err := s.compose(name, release, agency, association, control, body)
		if err != nil {
			s.err = err
			break
		}
		if s.limits.Bytes > 0 && s.out.n+len(message)+s.w.closing(s.group) > s.limits.Bytes {
			if s.held == 0 {
				s.err = fmt.Errorf("message %s: %w: %d bytes, the interchange may have %d", control, ErrTooLong, len(message), s.limits.Bytes)
				break
			}
			s.end()
			continue
		}
		s.held++
		s.w.messages++
		if s.w.group == nil {
			s.w.loose++
		}
		_, s.err = s.out.Write(message)
		break
	}
	return s.err
}

// compose returns the bytes of a message as the open interchange writes it.
func (s *Splitter) compose(name, release, agency, association, control string, body func(*Writer) error) ([]byte, error) {
	var b bytes.Buffer
	w := *s.w
	w.w, w.buf = &b, nil
	if err := w.BeginMessage(name, release, agency, association, control); err != nil {
		return nil, err
	}
	if err := body(&w); err != nil {
		return nil, err
	}
	if err := w.EndMessage(); err != nil {
		return nil, err
	}
	s.w.folded, s.w.folds = w.folded, w.folds
	return b.Bytes(), nil
}

func (s *Splitter) begin() {
	w, group, err := s.open(s.count)
	if err == nil && (w == nil || w.started) {
		err = errors.New("split: the writer of an interchange is used already")
	}
	if err != nil {
		s.err = err
		return
	}
	s.out = &counted{w: w.w}
	w.w = s.out
	s.w, s.group, s.held = w, group, 0
	s.count++
	if w.start(); group != nil && w.err == nil {
		w.err = w.BeginGroup(*group)
	}
	s.err = w.err
}

func (s *Splitter) end() {
	s.err = s.w.Close()
	s.w = nil
}

// closing returns the number of bytes that close the interchange at most.
func (w *Writer) closing(group *Group) int {
	n := len("UNZ++'\r\n") + 10 + len(w.i.Control)
	if group != nil {
		n += len("UNE++'\r\n") + 10 + len(group.Control)
	}
	return n
}

// Close closes the last interchange.
func (s *Splitter) Close() error {
	if s.w != nil && s.err == nil {
		s.end()
	}
	return s.err
}

// Interchanges returns how many were begun.
func (s *Splitter) Interchanges() int { return s.count }
