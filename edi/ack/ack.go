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
// not say what must be repeated, it holds acknowledgements only, or none was asked for.
var ErrNone = errors.New("no acknowledgement")

// none returns an error that wraps ErrNone and says why.
func none(why string) error { return fmt.Errorf("%w: %s", ErrNone, why) }

const answersOnly = "it holds acknowledgements only, which are never acknowledged"

// Options says how an acknowledgement is written. The zero value is what goes without an agreement.
type Options struct {
	Type             Type
	At               time.Time    // date and time in the envelopes
	Sender, Receiver *edi.Address // nil: those of the interchange, swapped
	Policy           Policy       // what is accepted, noted and rejected

	// Control is the control number of the first interchange written, "1" when empty; the next ones count up,
	// and the groups count from there, too. NextInterchange and NextGroup draw numbers from a caller's counters
	// in its place; they are called for what is written only.
	Control                    string
	NextInterchange, NextGroup func() string

	Use999      bool // Auto writes a 999 in place of the 997
	OnlyBad     bool // 997 and 999 name only the messages that there is something to say about
	Every       bool // CONTRL names the accepted messages, too: else they are acknowledged with their interchange
	OnlyAsked   bool // an interchange that is accepted whole gets a CONTRL only if UNB 0031 asks for one
	ReceiptOnly bool // CONTRL says that the interchange was received (0083 value 8), and nothing about its contents

	// Context returns what a 999 says about the circumstances of a finding, in CTX segments below it: the
	// business document that it concerns, for one. Ten of them are written, values are not masked.
	Context func(m *edi.MessageResult, f *edi.Finding) []Context
}

// Write writes one acknowledgement interchange for each interchange of res that gets one. When none does, it returns an
// error that wraps ErrNone and says why.
func Write(w io.Writer, res *edi.Result, o Options) error {
	n := newNumbers(&o)
	written := false
	nothing := none("there is no interchange")
	for at, i := range res.Interchanges {
		var err error
		switch {
		case i.Syntax == edi.X12 && o.Type != Contrl:
			err = writeX12(w, res, at, &o, n)
		case i.Syntax == edi.EDIFACT && (o.Type == Auto || o.Type == Contrl):
			err = writeContrl(w, i, &o, n)
		default:
			err = none(fmt.Sprintf("%s does not answer an interchange of %s", o.Type, i.Syntax))
		}
		if errors.Is(err, ErrNone) {
			nothing = err
			continue
		}
		if err != nil {
			return fmt.Errorf("interchange %s: %w", i.Control, err)
		}
		written = true
	}
	if !written {
		return nothing
	}
	return nil
}

// numbers hands out control numbers.
type numbers struct {
	o           *Options
	interchange string // the next one
	group       uint64 // the next one
}

func newNumbers(o *Options) *numbers {
	n := &numbers{o: o, interchange: o.Control, group: 1}
	if n.interchange == "" {
		n.interchange = "1"
	}
	if g, err := strconv.ParseUint(n.interchange, 10, 64); err == nil && g > 0 && g <= maxGroup {
		n.group = g
	}
	return n
}

const maxGroup = 999_999_999 // element 28 has nine digits

// nextInterchange returns a control number for ISA13 or UNB 0020.
func (n *numbers) nextInterchange(s edi.Syntax) (string, error) {
	control := n.interchange
	if n.o.NextInterchange != nil {
		control = n.o.NextInterchange()
	} else {
		n.interchange = next(control)
	}
	if s == edi.X12 && (len(control) > 9 || !digits(control)) {
		return "", fmt.Errorf("control number %q: not one to nine digits", control)
	}
	if control == "" || len(control) > 14 {
		return "", fmt.Errorf("control number %q: not one to fourteen characters", control)
	}
	return control, nil
}

// nextGroup returns a control number for GS06 or UNG 0048.
func (n *numbers) nextGroup() string {
	if n.o.NextGroup != nil {
		return n.o.NextGroup()
	}
	control := strconv.FormatUint(n.group, 10)
	n.group = n.group%maxGroup + 1
	return control
}

// next counts the digits at the end of a control number up and keeps their width.
func next(control string) string {
	head := strings.TrimRight(control, "0123456789")
	tail := control[len(head):]
	n, err := strconv.ParseUint(tail, 10, 64)
	if err != nil {
		return control + "1"
	}
	if up := fmt.Sprintf("%0*d", len(tail), n+1); len(up) == len(tail) || len(head)+len(up) <= 9 {
		return head + up
	}
	return head + strings.Repeat("0", len(tail)-1) + "1" // past the last number they begin anew
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
