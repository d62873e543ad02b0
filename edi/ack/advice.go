package ack

import (
	"errors"
	"fmt"
	"io"

	"peacebridge/edi"
)

// Advice is what an application says about one message that it could read: an 824 in X12, an APERAK in EDIFACT.
type Advice struct {
	Message  *edi.MessageResult // one of the result that the advice is about
	Verdict  Verdict            // Usual: Rejected when there are findings, else Accepted
	Document Reference          // what the message was about; without it the message's own control number
	Findings []ApplicationFinding
}

// Reference names a business document: in X12 by element 128 and 127, in EDIFACT by 1153 and 1154.
type Reference struct{ Qualifier, ID string }

// ApplicationFinding is one thing that is wrong with the contents of a message. What is zero is left out.
type ApplicationFinding struct {
	Code         string // 647 of an 824, ZZZ when empty; 9321 of an APERAK, at most eight characters
	List, Agency string // 1131 and 3055 of an APERAK: whose code it is
	Text         string // for people, never a value that the sender may not see again
	Tag          string // of the segment
	Position     edi.Position
	Element      string    // number of the data element
	Reference    Reference // of the part of the document that it concerns
}

// verdict is the verdict that the advice gives.
func (a *Advice) verdict() Verdict {
	switch {
	case a.Verdict != Usual:
		return a.Verdict
	case len(a.Findings) > 0:
		return Rejected
	}
	return Accepted
}

// WriteAdvice writes one interchange of application acknowledgements for each interchange of res that there is
// advice about: an 824 for each message in X12, an APERAK in EDIFACT, in the message's own release and with the
// identities of its group. Advice about an acknowledgement is left out; when there is no other, it returns ErrNone.
//
// Of Options it uses At, the addresses and the control numbers.
func WriteAdvice(w io.Writer, res *edi.Result, advice []Advice, o Options) error {
	n := newNumbers(&o)
	byMessage := make(map[*edi.MessageResult]*Advice, len(advice))
	for i := range advice {
		if advice[i].Message == nil {
			return errors.New("advice: about no message")
		}
		byMessage[advice[i].Message] = &advice[i]
	}
	written := false
	for _, i := range res.Interchanges {
		groups := advised(i, byMessage)
		if len(groups) == 0 {
			continue
		}
		write := writeAPERAK
		if i.Syntax == edi.X12 {
			write = write824
		}
		switch err := write(w, i, groups, &o, n); {
		case errors.Is(err, ErrNone):
		case err != nil:
			return fmt.Errorf("advice: interchange %s: %w", i.Control, err)
		default:
			written = true
		}
	}
	if len(byMessage) > 0 {
		return errors.New("advice: about a message that is not in the result")
	}
	if !written {
		return ErrNone
	}
	return nil
}

// advisedGroup is a group and the advice about its messages.
type advisedGroup struct {
	*edi.GroupResult
	advice []*Advice
}

// advised takes the advice about the messages of an interchange out of the map.
func advised(i *edi.InterchangeResult, byMessage map[*edi.MessageResult]*Advice) []advisedGroup {
	var out []advisedGroup
	for _, g := range i.Groups {
		in := advisedGroup{GroupResult: g}
		for _, m := range g.Messages {
			a := byMessage[m]
			delete(byMessage, m)
			if a != nil && !answers(m.Name) {
				in.advice = append(in.advice, a)
			}
		}
		if len(in.advice) > 0 {
			out = append(out, in)
		}
	}
	return out
}

// answers reports whether a message is an acknowledgement itself.
func answers(name string) bool {
	switch name {
	case "997", "999", "824", "CONTRL", "APERAK":
		return true
	}
	return false
}
