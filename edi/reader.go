package edi

import "io"

// Options says how a Reader reads. The zero value checks against the built-in directories.
type Options struct {
	Limits Limits
	// Spec chooses what a message is checked against. It is called at ST or UNH, when the header fields of the
	// message are known and its segments are not. Returning nil without an error leaves the message unchecked.
	// When Spec is nil, the built-in directory of the message's own release is used.
	Spec func(m *Message) (*Spec, error)
}

// Reader reads the messages of a stream of interchanges.
type Reader struct{ result Result }

// NewReader returns a Reader of everything that r delivers.
func NewReader(r io.Reader, o Options) *Reader { return &Reader{} }

// Next returns the next message, in order; io.EOF after the last one. Any other error is a failure of the
// underlying reader: trouble with the syntax is findings.
func (r *Reader) Next() (*Message, error) { return nil, io.EOF }

// Result returns what was found so far; it is complete once Next has returned io.EOF.
func (r *Reader) Result() *Result { return &r.result }
