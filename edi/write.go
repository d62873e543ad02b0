package edi

import (
	"errors"
	"io"
)

// Value is one element: its repetitions, each a list of components.
type Value [][]string

// Text is a simple element.
func Text(s string) Value { return Value{{s}} }

// Composite is an element with components.
func Composite(components ...string) Value { return Value{components} }

// Writer writes one interchange.
type Writer struct{}

// NewWriter returns a Writer of the interchange i. Zero delimiters are the usual ones of the syntax.
func NewWriter(w io.Writer, i Interchange) *Writer { return &Writer{} }

// BeginGroup opens a functional group.
func (w *Writer) BeginGroup(g Group) error { return errors.New("not yet") }

// BeginMessage opens a message. Agency is the controlling agency, "" for the usual one.
func (w *Writer) BeginMessage(name, release, agency, association, control string) error {
	return errors.New("not yet")
}

// Segment writes a segment.
func (w *Writer) Segment(tag string, values ...Value) error { return errors.New("not yet") }

// EndMessage closes the message with its count.
func (w *Writer) EndMessage() error { return errors.New("not yet") }

// EndGroup closes the group with its count.
func (w *Writer) EndGroup() error { return errors.New("not yet") }

// Close closes whatever is open, and the interchange.
func (w *Writer) Close() error { return errors.New("not yet") }
