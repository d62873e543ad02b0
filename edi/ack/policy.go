package ack

import (
	"strconv"

	"peacebridge/edi"
)

// Verdict is what becomes of a message, a group or an interchange. The higher one wins.
type Verdict uint8

// The verdicts of X12.20, elements 715 and 717. CONTRL knows accepted and rejected only: what is noted there is
// acknowledged, and what was found is reported below it.
const (
	Usual    Verdict = iota // as this package does when nothing was agreed
	Accepted                // A
	Noted                   // E: accepted, the errors are noted
	Partial                 // P: of a group, some messages are accepted and some are not
	Rejected                // R
)

var verdictNames = [...]string{"usual", "accepted", "noted", "partial", "rejected"}

// String returns "usual", "accepted", "noted", "partial" or "rejected".
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "verdict " + strconv.Itoa(int(v))
}

// Policy says what a finding does to the message, group or interchange that it is in, as partners agree on it.
// The zero Policy is what goes without an agreement: an error of any class rejects what it is in, and a warning
// is not worth a word.
//
// The classes are the levels of edi. A partner that is to get its orders through although its codes are not in
// our lists has Policy{Code: Noted}: the codes are reported, with E and not with R. Findings names single codes
// of edi/findings.csv, which go before their class. What a caller refused (MessageResult.Refused) is rejected
// under any policy.
type Policy struct {
	Syntax    Verdict // delimiters, characters, tags
	Envelope  Verdict // counts, references, control numbers
	Directory Verdict // order, presence, repetition, length, type
	Condition Verdict // relational conditions
	Code      Verdict // closed code lists
	Guide     Verdict // the overlay of an agency or partner
	Warning   Verdict // warnings of every class; Usual is Accepted

	Findings map[string]Verdict // by code: "edi.element-long"

	// Whole rejects a group of which one message is rejected: all or nothing, where it is partial otherwise.
	Whole bool
}

// Finding returns what one finding does: Accepted, Noted or Rejected.
func (p Policy) Finding(f *edi.Finding) Verdict {
	if v := p.Findings[f.Code]; v != Usual {
		return v
	}
	if f.Severity != edi.Error {
		return max(p.Warning, Accepted)
	}
	v := Usual
	switch f.Level {
	case edi.LevelSyntax:
		v = p.Syntax
	case edi.LevelEnvelope:
		v = p.Envelope
	case edi.LevelDirectory:
		v = p.Directory
	case edi.LevelCondition:
		v = p.Condition
	case edi.LevelCode:
		v = p.Code
	case edi.LevelGuide:
		v = p.Guide
	}
	if v == Usual {
		return Rejected
	}
	return v
}

// worst returns the verdict on a list of findings.
func (p Policy) worst(findings []edi.Finding) Verdict {
	v := Accepted
	for i := range findings {
		v = max(v, p.Finding(&findings[i]))
	}
	return v
}

// Message returns the verdict on one message: Accepted, Noted or Rejected.
func (p Policy) Message(m *edi.MessageResult) Verdict {
	if m.Refused {
		return Rejected
	}
	return p.worst(m.Findings)
}

// Group returns the verdict on a group. Its own envelope comes first; then it follows from its messages.
func (p Policy) Group(g *edi.GroupResult) Verdict {
	v, _ := p.group(g)
	return v
}

// group is Group, and how many messages are accepted. Messages without findings may have been left out of the
// result (edi.Options.Brief): those are accepted.
func (p Policy) group(g *edi.GroupResult) (v Verdict, accepted int) {
	v = p.worst(g.Findings)
	total := max(g.Received, len(g.Messages))
	accepted = total - len(g.Messages) - g.Counted
	for _, m := range g.Messages {
		switch p.Message(m) {
		case Rejected:
		case Accepted:
			accepted++
		default:
			accepted++
			v = max(v, Noted)
		}
	}
	switch {
	case accepted == total:
	case accepted == 0 || p.Whole:
		v = Rejected
	default:
		v = max(v, Partial)
	}
	return v, accepted
}

// Interchange returns the verdict on the envelope of an interchange, whatever is in it: Accepted, Noted or
// Rejected.
func (p Policy) Interchange(i *edi.InterchangeResult) Verdict { return p.worst(i.Findings) }

// worthy returns the findings that an acknowledgement reports.
func (p Policy) worthy(findings []edi.Finding) []edi.Finding {
	var out []edi.Finding
	for i := range findings {
		if p.Finding(&findings[i]) > Accepted {
			out = append(out, findings[i])
		}
	}
	return out
}
