package agreement

import (
	"time"

	"peacebridge/mapping/cargo"
)

// The outcomes of a decision and the verdicts for an element.
const (
	Share    = "share"
	Mask     = "mask"
	Withhold = "withhold"
	Refuse   = "refuse"
)

// Request asks what of a record may go to another agency.
type Request struct {
	From, To  string
	Purpose   string // empty: that of the first article that covers direction and class
	Record    *cargo.Record
	At        time.Time
	Suspended bool
	Pseudonym func(path, value string) string
}

// Decision is the answer.
type Decision struct {
	Outcome   string        `json:"outcome"` // share or refuse
	Reason    string        `json:"reason,omitempty"`
	Agreement Ref           `json:"agreement"`
	Purpose   string        `json:"purpose,omitempty"`
	Articles  []string      `json:"articles"`
	Caveats   []string      `json:"caveats"`
	Retention string        `json:"retention,omitempty"`
	Elements  []Element     `json:"elements"`
	Record    *cargo.Record `json:"-"`
	Withheld  []string      `json:"-"`
}

// Element is the verdict for one value of the record.
type Element struct {
	Path     string `json:"path"`
	Instance string `json:"instance"`
	Verdict  string `json:"verdict"`
	Method   string `json:"method,omitempty"`
	Article  string `json:"article,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Decide says what may be shared.
func (a *Agreement) Decide(r Request) Decision {
	return Decision{Outcome: Refuse, Reason: "NO_AGREEMENT"}
}
