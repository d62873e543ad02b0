package agreement

import (
	"time"

	"peacebridge/mapping/cargo"
)

// The outcomes of a decision (share, refuse) and the verdicts for an element (share, mask, withhold).
const (
	Share    = "share"
	Mask     = "mask"
	Withhold = "withhold"
	Refuse   = "refuse"
)

// Request asks what of a record may go from one agency to another, at an instant.
type Request struct {
	From, To  string
	Purpose   string // empty: that of the first article that covers direction and class
	Record    *cargo.Record
	At        time.Time
	Suspended bool                            // by either party
	Violated  bool                            // a violation of an assurance by To is on record
	Pseudonym func(path, value string) string // nil: a value that would get one is left out of the record, its verdict stands

	Approved     []string                    // articles for which a person has approved this record
	Consent      bool                        // the originator of another agency's data has consented
	LegalRequest string                      // number of the written request that the record answers
	Sent         func(string, time.Time) int // messages sent under an article since an instant; nil: not known
	SealedAt     time.Time                   // of a message on its way: within the agreement's grace it is received after the end
	Received     bool                        // the receiver decides: what is masked must look so, nothing is masked twice
}

// Decision is the answer, and the record of it.
type Decision struct {
	Outcome   string        `json:"outcome"` // share or refuse
	Reason    string        `json:"reason"`
	Agreement Ref           `json:"agreement"`
	Purpose   string        `json:"purpose,omitempty"`
	Articles  []string      `json:"articles"`            // that let something through
	Caveats   []string      `json:"caveats"`             // of those articles
	Retention string        `json:"retention,omitempty"` // the shortest of those articles
	Elements  []Element     `json:"elements"`
	Record    *cargo.Record `json:"-"` // what may go; nil on refuse
	Withheld  []string      `json:"-"` // instances

	// Masked is what stands for the value of each masked instance; an instance whose mask can say nothing is not in it.
	Masked map[string]string `json:"-"`
}

// Element is the verdict for one value of the record.
type Element struct {
	Path     string `json:"path"`
	Instance string `json:"instance"`
	Verdict  string `json:"verdict"`
	Method   string `json:"method"`
	Article  string `json:"article"`
	Reason   string `json:"reason"`
}

// Decide says what may be shared. Nothing is by default: an element goes only if an article of this purpose, direction and class shares it or masks
// it, its conditions are met, and no such article withholds it. Withhold beats mask beats share; the narrower mask wins. A fact that is missing
// makes a condition false where the article gives and true where it takes. Nothing of substance left is a refusal. Decide reads no clock and keeps
// nothing; a nil agreement refuses with NO_AGREEMENT.
func (a *Agreement) Decide(r Request) Decision {
	d := Decision{Outcome: Share, Purpose: r.Purpose, Articles: []string{}, Caveats: []string{}, Elements: []Element{}}
	if a == nil {
		return d.refuse(&r, "NO_AGREEMENT")
	}
	d.Agreement = a.Ref()
	if r.Record == nil {
		return d.refuse(&r, "CLASS_NOT_ALLOWED")
	}
	if reason := a.stop(&r); reason != "" {
		return d.refuse(&r, reason)
	}
	if d.Purpose == "" {
		d.Purpose, _ = a.Purpose(r.From, r.To, r.Record.Class)
	}
	x := ruling{a: a, r: &r, states: make([]state, len(a.Articles)), used: make([]bool, len(a.Articles))}
	if reason := x.choose(d.Purpose); reason != "" {
		return d.refuse(&r, reason)
	}
	if reason := x.weigh(); reason != "" {
		return d.refuse(&r, reason)
	}
	x.parties = a.table.parties(r.Record)
	substance := false
	d.Record = cargo.Filter(r.Record, func(l cargo.Leaf) (string, bool) {
		entry := a.table.entries[l.Element]
		e, value := x.decide(entry, l)
		d.Elements = append(d.Elements, e)
		if e.Verdict == Withhold {
			d.Withheld = append(d.Withheld, l.Instance)
			return "", false
		}
		substance = substance || entry.body
		if e.Verdict == Mask && value != "" {
			if d.Masked == nil {
				d.Masked = map[string]string{}
			}
			d.Masked[l.Instance] = value
		}
		return value, value != ""
	})
	if !substance {
		return d.refuse(&r, "ELEMENT_NOT_ALLOWED")
	}
	x.close(&d)
	return d
}

// refuse turns a decision into a refusal: every element is withheld, for its own reason where it has one.
func (d Decision) refuse(r *Request, reason string) Decision {
	own := d.Elements
	d.Outcome, d.Reason, d.Record = Refuse, reason, nil
	d.Elements, d.Withheld, d.Masked, d.Articles, d.Caveats, d.Retention = []Element{}, nil, nil, []string{}, []string{}, ""
	_ = cargo.Walk(r.Record, func(l cargo.Leaf) error { // the function returns no error
		e := Element{Path: string(l.Element.Path), Instance: l.Instance, Verdict: Withhold, Reason: reason}
		if i := len(d.Elements); i < len(own) && own[i].Verdict == Withhold {
			e.Article, e.Reason = own[i].Article, own[i].Reason
		}
		d.Elements = append(d.Elements, e)
		d.Withheld = append(d.Withheld, l.Instance)
		return nil
	})
	return d
}
