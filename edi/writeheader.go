package edi

import (
	"errors"
	"fmt"
	"strings"
)

// start writes the header, once.
func (w *Writer) start() {
	if w.started {
		return
	}
	w.started = true
	if err := w.header(); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *Writer) header() error {
	d := w.i.Delimiters
	if err := distinct(w.i.Syntax, d); err != nil {
		return err
	}
	if !w.verbatim {
		w.sieve = newSieve(w.set(), d)
	}
	switch w.i.Syntax {
	case X12:
		return w.isa()
	case EDIFACT:
		if w.advice {
			w.buf = append(w.buf, 'U', 'N', 'A', d.Component, d.Element, d.Decimal, orBlank(d.Release), orBlank(d.Repetition), d.Terminator)
			if w.newline {
				w.buf = append(w.buf, '\n')
			}
		}
		return w.unb()
	}
	return errors.New("interchange: syntax unknown")
}

// set is the one that values are written in.
func (w *Writer) set() Charset {
	if w.charset != "" {
		return w.charset
	}
	i := w.i
	i.Version = orDefault(i.Version, usualLevel)
	return i.Charset()
}

// usualLevel is S001 of an interchange whose version was left open.
const usualLevel = "UNOA:3"

func orBlank(b byte) byte {
	if b == 0 {
		return ' '
	}
	return b
}

// distinct refuses delimiters that a reader could not tell apart.
func distinct(s Syntax, d Delimiters) error {
	if d.Element == 0 || d.Terminator == 0 || d.Component == 0 {
		return errors.New("interchange: delimiters: element and component separator and terminator are needed")
	}
	seen := map[byte]bool{}
	for _, b := range []byte{d.Component, d.Element, d.Terminator, d.Repetition, d.Release} {
		if b == 0 {
			continue
		}
		if seen[b] || isAlnum(b) || b == ' ' || b >= 0x80 {
			return fmt.Errorf("interchange: delimiters: %q twice, or no delimiter", b)
		}
		seen[b] = true
	}
	if s == EDIFACT && seen[d.Decimal] {
		return fmt.Errorf("interchange: delimiters: decimal mark %q is another delimiter, too", d.Decimal)
	}
	return nil
}

// isa writes ISA at its fixed width.
func (w *Writer) isa() error {
	i, d := w.i, w.i.Delimiters
	eleven := "U"
	if d.Repetition != 0 {
		eleven = string(d.Repetition)
	}
	ack, usage := "0", i.Usage
	if i.AckRequested {
		ack = "1"
	}
	if usage == "" {
		usage = "P"
	}
	control := i.Control
	if len(control) < 9 {
		control = strings.Repeat("0", 9-len(control)) + control
	}
	w.i.Control = control
	values := [...]string{
		"00", "", "00", "", orDefault(i.Sender.Qualifier, "ZZ"), i.Sender.ID, orDefault(i.Receiver.Qualifier, "ZZ"), i.Receiver.ID,
		i.Date, i.Time, eleven, orDefault(i.Version, "00401"), control, ack, usage, string(d.Component),
	}
	if len(i.Date) == 8 {
		values[8] = i.Date[2:]
	}
	w.buf = append(w.buf, "ISA"...)
	for n, width := range isaWidths {
		if w.charset != "" {
			v, err := w.fold("ISA", n+1, Text(values[n]))
			if err != nil {
				return fmt.Errorf("interchange: ISA%02d: %w", n+1, err)
			}
			values[n] = v[0][0]
		}
		if len(values[n]) > width {
			return fmt.Errorf("interchange: ISA%02d: %d characters, at most %d allowed", n+1, len(values[n]), width)
		}
		if n != 10 && n != 15 {
			if err := w.plain(values[n]); err != nil {
				return fmt.Errorf("interchange: ISA%02d: %w", n+1, err)
			}
		}
		w.buf = append(w.buf, d.Element)
		w.buf = append(w.buf, values[n]...)
		w.buf = append(w.buf, strings.Repeat(" ", width-len(values[n]))...)
	}
	w.buf = append(w.buf, d.Terminator)
	if d.Release != 0 {
		if w.newline {
			w.buf = append(w.buf, '\n')
		}
		w.buf = append(w.buf, 'I', 'S', 'X', d.Element, d.Release, d.Terminator)
	}
	return w.flush()
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// plain refuses a value that holds a delimiter or a control character.
func (w *Writer) plain(s string) error {
	for i := 0; i < len(s); i++ {
		switch w.classes[s[i]] {
		case classData:
		case classControl, classBreak:
			return fmt.Errorf("control character 0x%02x", s[i])
		default:
			return ErrDelimiterInValue
		}
	}
	return w.inSet([]byte(s))
}

// value is S002 or S003.
func (a Address) value() Value { return Composite(a.ID, a.Qualifier, a.Internal, a.SubInternal) }

func (w *Writer) unb() error {
	i := w.i
	level, version, _ := strings.Cut(orDefault(i.Version, usualLevel), ":")
	values := []Value{
		Composite(level, version), i.Sender.value(), i.Receiver.value(),
		Composite(i.Date, i.Time), Text(i.Control), nil, Text(i.Application), nil, nil, nil, nil,
	}
	if i.AckRequested {
		values[8] = Text("1")
	} else if i.Receipt {
		values[8] = Text("2")
	}
	if i.Usage == "T" {
		values[10] = Text("1")
	}
	return w.write("UNB", values)
}
