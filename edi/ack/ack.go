// Package ack writes the acknowledgement that the sender of an interchange must get.
//
// An acknowledgement is about form. X12 has three of them: TA1 answers an interchange envelope (X12.5), 997 and
// 999 a functional group and each message in it (X12.20, X12.56). UN/EDIFACT has one, CONTRL (ISO 9735-4), which
// answers all levels. What was accepted and what was not comes from an edi.Result; the codes for each finding
// come from edi/findings.csv. No acknowledgement ever answers an acknowledgement.
package ack

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"peacebridge/edi"
)

// Type is a kind of acknowledgement.
type Type uint8

// The kinds. Auto is what the sender of the interchange expects: for X12 a TA1 if ISA14 asks for one or the
// envelope is broken, then a 997; for EDIFACT a CONTRL.
const (
	Auto Type = iota
	TA1
	Set997
	Set999
	Contrl
)

var typeNames = [...]string{"auto", "ta1", "997", "999", "contrl"}

// String returns "auto", "ta1", "997", "999" or "contrl".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

// ParseType returns the type of a name that String writes.
func ParseType(name string) (Type, error) {
	for i, n := range typeNames {
		if n == strings.ToLower(name) {
			return Type(i), nil
		}
	}
	return Auto, fmt.Errorf("acknowledgement %q: none of auto, ta1, 997, 999 and contrl", name)
}

// ErrNone is returned when no acknowledgement is possible or allowed: there is no interchange, its header does
// not say who sent it, or it holds acknowledgements only.
var ErrNone = errors.New("no acknowledgement")

// Options says how an acknowledgement is written.
type Options struct {
	Type             Type
	Control          string       // control number of the first interchange written, "1" when empty; the next ones count up
	At               time.Time    // date and time of the envelope
	Sender, Receiver *edi.Address // nil: those of the interchange, swapped
	OnlyBad          bool         // 997 and 999 name only the messages that were not accepted
}

// Write writes one acknowledgement interchange for each interchange of res that gets one.
func Write(w io.Writer, res *edi.Result, o Options) error {
	if o.Control == "" {
		o.Control = "1"
	}
	written := false
	for _, i := range res.Interchanges {
		var err error
		switch {
		case i.Syntax == edi.X12 && o.Type != Contrl:
			err = writeX12(w, i, o)
		case i.Syntax == edi.EDIFACT && (o.Type == Auto || o.Type == Contrl):
			err = writeContrl(w, i, o)
		default:
			err = ErrNone
		}
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return err
		}
		written = true
		o.Control = next(o.Control)
	}
	if !written {
		return ErrNone
	}
	return nil
}

// next counts a control number up and keeps its width.
func next(control string) string {
	n, err := strconv.ParseUint(control, 10, 64)
	if err != nil {
		return control
	}
	return fmt.Sprintf("%0*d", len(control), n+1)
}

// swapped returns the addresses of the answer.
func swapped(i *edi.InterchangeResult, o Options) (sender, receiver edi.Address) {
	sender, receiver = i.Receiver, i.Sender
	if o.Sender != nil {
		sender = *o.Sender
	}
	if o.Receiver != nil {
		receiver = *o.Receiver
	}
	return sender, receiver
}

// errorsOf returns the findings that are errors.
func errorsOf(findings []edi.Finding) []edi.Finding {
	var out []edi.Finding
	for _, f := range findings {
		if f.Severity == edi.Error {
			out = append(out, f)
		}
	}
	return out
}

// codes returns the distinct codes that a column of the catalogue has for the findings, in order.
func codes(findings []edi.Finding, column func(edi.Kind) string) []string {
	var out []string
next:
	for _, f := range findings {
		k, _ := edi.KindOf(f.Code) // unknown codes have empty columns
		code := column(k)
		if code == "" {
			continue
		}
		for _, c := range out {
			if c == code {
				continue next
			}
		}
		out = append(out, code)
	}
	return out
}
