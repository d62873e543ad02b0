package edi

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Value is one element: its repetitions, each a list of components.
type Value [][]string

// Text is a simple element.
func Text(s string) Value { return Value{{s}} }

// Composite is an element with components.
func Composite(components ...string) Value { return Value{components} }

// Repeated is a simple element that occurs several times.
func Repeated(values ...string) Value {
	v := make(Value, len(values))
	for i, s := range values {
		v[i] = []string{s}
	}
	return v
}

// Writer writes one interchange. It cannot write one that is not well formed: separators inside values are
// released or refused, characters outside the declared set are folded or refused, counts and control numbers are its
// own, and what is open is closed. After an error every call returns that error.
type Writer struct {
	w         io.Writer
	i         Interchange
	classes   *classes
	buf       []byte
	err       error
	group     *Group
	message   string // control number of the open message
	inMessage bool
	closed    bool
	segments  int
	messages  int // in the group
	groups    int
	loose     int // messages outside groups
	newline   bool
	advice    bool // the delimiters need a UNA
	started   bool
	charset   Charset // values are text to be folded into it; "" when they are bytes
	sieve     *sieve  // of the set that is written; nil when its characters are not looked at
	verbatim  bool
	folded    []Folded
	folds     int
}

// Folded says that a value was written with other characters than it was given.
type Folded struct {
	Tag                string
	Segment            int // in the message, from 1 at its header
	Element, Component int
	Characters         int // how many were replaced
}

// maxFolded bounds what Folded lists.
const maxFolded = 1000

// Text makes the Writer take values as UTF-8 text: they are folded into the character set c (see Charset.Fold) and
// written in its bytes. A value that cannot be folded is refused with ErrOutsideCharset. With "" it is the set that
// the interchange declares. It is called before anything else. Without it values are bytes, as a Reader returns them,
// and one that is not in the declared set is refused with ErrOutsideCharset; for X12 that is the extended set.
func (w *Writer) Text(c Charset) {
	if c == "" {
		c = w.i.Charset()
	}
	w.charset = c
}

// Verbatim makes the Writer take values as bytes of whatever set: for those who repeat what they received. It is
// called before anything else.
func (w *Writer) Verbatim() { w.verbatim = true }

// Folded returns what was folded, up to a thousand values, and how many there were: a sender that must tell every
// change reads it after Close.
func (w *Writer) Folded() ([]Folded, int) { return w.folded, w.folds }

// NewWriter returns a Writer of the interchange i. Zero delimiters are the usual ones of the syntax; UNA is
// written when they are others. A release character in X12 is written in an ISX behind ISA, and releases separators
// from there on. What the version does not have is left out: a repetition separator, that release character.
func NewWriter(w io.Writer, i Interchange) *Writer {
	wr := &Writer{w: w, i: i}
	usual := Delimiters{Component: '>', Element: '*', Decimal: '.', Terminator: '~'}
	if i.Syntax == X12 && i.Version >= "00402" {
		usual.Repetition = '^'
	}
	version := byte('3')
	if i.Syntax == EDIFACT {
		if _, v, ok := strings.Cut(i.Version, ":"); ok && v != "" {
			version = v[0]
		}
		usual = defaultEDIFACT(version)
	}
	if i.Delimiters == (Delimiters{}) {
		wr.i.Delimiters = usual
	}
	d := &wr.i.Delimiters
	if i.Syntax == X12 && i.Version < beginsExtension {
		d.Release = 0
	}
	if i.Syntax == X12 && i.Version < "00402" || i.Syntax == EDIFACT && version < '4' {
		d.Repetition = 0 // no reader of the version would see it
	}
	wr.classes = wr.i.Delimiters.classes()
	wr.advice = wr.i.Delimiters != usual
	return wr
}

// Lines makes the Writer end every segment with a line break as well. It is called before anything else.
func (w *Writer) Lines(on bool) { w.newline = on }

// BeginGroup opens a functional group.
func (w *Writer) BeginGroup(g Group) error {
	w.start()
	if w.err == nil && (w.group != nil || w.inMessage || w.closed) {
		w.err = errors.New("group: something is open")
	}
	if w.err == nil && w.loose > 0 {
		w.err = errors.New("group: the interchange has messages outside groups")
	}
	if w.err != nil {
		return w.err
	}
	w.group = &g
	w.groups++
	w.messages = 0
	if w.i.Syntax == X12 {
		return w.write("GS", []Value{
			Text(g.Code), Text(g.Sender.ID), Text(g.Receiver.ID), Text(g.Date), Text(g.Time), Text(g.Control),
			Text(orDefault(g.Agency, "X")), Text(g.Version),
		})
	}
	version := strings.SplitN(g.Version, ":", 3)
	return w.write("UNG", []Value{
		Text(g.Code), Composite(g.Sender.ID, g.Sender.Qualifier), Composite(g.Receiver.ID, g.Receiver.Qualifier),
		Composite(g.Date, g.Time), Text(g.Control), Text(orDefault(g.Agency, "UN")), Composite(version...),
	})
}

// BeginMessage opens a message: ST with name, control number and, in X12 from 005010 on, the association as
// ST03; UNH with name, release ("D03B"), agency ("UN" if empty) and association.
func (w *Writer) BeginMessage(name, release, agency, association, control string) error {
	w.start()
	if w.err == nil && (w.inMessage || w.closed) {
		w.err = errors.New("message: something is open")
	}
	if w.err == nil && w.i.Syntax == X12 && w.group == nil {
		w.err = errors.New("message: outside a group")
	}
	if w.err == nil && w.groups > 0 && w.group == nil {
		w.err = errors.New("message: the interchange has groups")
	}
	if w.err != nil {
		return w.err
	}
	w.inMessage, w.message, w.segments = true, control, 0
	w.messages++
	if w.group == nil {
		w.loose++
	}
	if w.i.Syntax == X12 {
		return w.write("ST", []Value{Text(name), Text(control), Text(association)})
	}
	version, number := release, ""
	if len(release) > 1 {
		version, number = release[:1], release[1:]
	}
	return w.write("UNH", []Value{Text(control), Composite(name, version, number, orDefault(agency, "UN"), association)})
}

// Segment writes a segment of the open message. Empty elements and components at the end are left out.
func (w *Writer) Segment(tag string, values ...Value) error {
	w.start()
	if w.err == nil && !w.inMessage {
		w.err = fmt.Errorf("segment %s: outside a message", tag)
	}
	if w.err != nil {
		return w.err
	}
	return w.write(tag, values)
}

// Service writes a segment outside messages, such as TA1.
func (w *Writer) Service(tag string, values ...Value) error {
	w.start()
	if w.err == nil && (w.inMessage || w.closed) {
		w.err = fmt.Errorf("segment %s: inside a message", tag)
	}
	if w.err != nil {
		return w.err
	}
	return w.write(tag, values)
}

// EndMessage closes the message with its count.
func (w *Writer) EndMessage() error {
	if w.err == nil && !w.inMessage {
		w.err = errors.New("message: none is open")
	}
	if w.err != nil {
		return w.err
	}
	w.write(w.tag("SE", "UNT"), []Value{Text(strconv.Itoa(w.segments + 1)), Text(w.message)}) //nolint:errcheck // kept in w.err
	w.inMessage = false
	return w.err
}

// EndGroup closes the group with its count.
func (w *Writer) EndGroup() error {
	if w.err == nil && (w.group == nil || w.inMessage) {
		w.err = errors.New("group: none is open, or a message in it is")
	}
	if w.err != nil {
		return w.err
	}
	w.write(w.tag("GE", "UNE"), []Value{Text(strconv.Itoa(w.messages)), Text(w.group.Control)}) //nolint:errcheck // kept in w.err
	w.group = nil
	return w.err
}

// Close closes whatever is open, and the interchange. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.closed {
		return w.err
	}
	w.start()
	if w.inMessage && w.err == nil {
		w.err = w.EndMessage()
	}
	if w.group != nil && w.err == nil {
		w.err = w.EndGroup()
	}
	w.closed = true
	if w.err != nil {
		return w.err
	}
	count := w.groups
	if w.i.Syntax == EDIFACT && w.groups == 0 {
		count = w.loose
	}
	return w.write(w.tag("IEA", "UNZ"), []Value{Text(strconv.Itoa(count)), Text(w.i.Control)})
}

func (w *Writer) tag(x12, edifact string) string {
	if w.i.Syntax == EDIFACT {
		return edifact
	}
	return x12
}

// write writes one segment in one call of the underlying writer.
func (w *Writer) write(tag string, values []Value) error {
	w.segments++
	if tagKey(tag) == 0 || w.plain(tag) != nil {
		w.err = fmt.Errorf("segment %q: not a tag", tag)
		return w.err
	}
	d := w.i.Delimiters
	w.buf = append(w.buf, tag...)
	begin := len(w.buf)
	end := begin // where trailing separators begin
	for n, v := range values {
		w.buf = append(w.buf, d.Element)
		start := len(w.buf)
		if w.charset != "" {
			var err error
			if v, err = w.fold(tag, n+1, v); err != nil {
				w.err = fmt.Errorf("segment %s: element %d: %w", tag, n+1, err)
				return w.err
			}
		}
		if err := w.element(v); err != nil {
			w.err = fmt.Errorf("segment %s: element %d: %w", tag, n+1, err)
			return w.err
		}
		if len(w.buf) > start {
			end = len(w.buf)
		}
	}
	if end == begin {
		w.err = fmt.Errorf("segment %s: no values", tag)
		return w.err
	}
	w.buf = append(w.buf[:end], d.Terminator)
	return w.flush()
}

// fold returns an element in the bytes of the character set.
func (w *Writer) fold(tag string, element int, v Value) (Value, error) {
	out := make(Value, len(v))
	for r, components := range v {
		out[r] = make([]string, len(components))
		for c, text := range components {
			folded, replaced, err := w.charset.Fold(text)
			if err != nil {
				return nil, fmt.Errorf("component %d: %w", c+1, err)
			}
			if replaced > 0 {
				if w.folds++; len(w.folded) < maxFolded {
					w.folded = append(w.folded, Folded{tag, w.segments, element, c + 1, replaced})
				}
			}
			out[r][c] = w.charset.encode(folded)
		}
	}
	return out, nil
}

// element appends the repetitions of an element without empty ones at the end.
func (w *Writer) element(v Value) error {
	d := w.i.Delimiters
	end := len(w.buf)
	for r, components := range v {
		if r > 0 {
			w.buf = append(w.buf, d.Repetition)
		}
		inner := len(w.buf)
		for c, text := range components {
			if c > 0 {
				w.buf = append(w.buf, d.Component)
			}
			if text == "" {
				continue
			}
			if r > 0 && d.Repetition == 0 {
				return errors.New("the interchange has no repetition separator")
			}
			if err := w.value(text); err != nil {
				return fmt.Errorf("component %d: %w", c+1, err)
			}
			inner, end = len(w.buf), len(w.buf)
		}
		w.buf = w.buf[:inner]
	}
	w.buf = w.buf[:end]
	return nil
}

// value appends a value. A delimiter in it is released, and refused where there is no release character.
func (w *Writer) value(s string) error {
	release, start := w.i.Delimiters.Release, len(w.buf)
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b < ' ' || b == 0x7F {
			return fmt.Errorf("control character 0x%02x", b)
		}
		if w.classes[b] != classData {
			if release == 0 {
				return ErrDelimiterInValue
			}
			w.buf = append(w.buf, release)
		}
		w.buf = append(w.buf, b)
	}
	return w.inSet(w.buf[start:])
}

// inSet refuses what is not in the set that is written.
func (w *Writer) inSet(b []byte) error {
	if w.sieve == nil {
		return nil
	}
	if i := w.sieve.outside(b); i >= 0 {
		return fmt.Errorf("%w: %s", ErrOutsideCharset, w.sieve.set.strange(b[i]))
	}
	return nil
}

func (w *Writer) flush() error {
	if w.newline {
		w.buf = append(w.buf, '\n')
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	if err != nil {
		w.err = err
	}
	return w.err
}
