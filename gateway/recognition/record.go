package recognition

import (
	"time"

	"peacebridge/mapping/cargo"
)

// Facts are what neither the exam record nor the deciding side's own record says: states that the gateway looked up at the instant of the decision.
type Facts struct {
	Deciding  string    // the agency that decides
	At        time.Time // of the decision
	Unit      string    // equipment number, or for loose cargo a reference; empty: the exam's first item
	Required  []Ground
	Risk      Risk
	Trusted   Trust
	Agreement AgreementState
	Signature SignatureState
	Status    ExamStatus // empty: as the record says, CURRENT when it says nothing
	Seal      Presented
	Reseals   []Reseal
	Transfers []Transfer
	Route     Route
	Tamper    Tamper
	News      Weight
	Changed   []string
	Measures  []string
	Holds     []string
	Audit     bool
	Registers *Registers // to look up the facility and the instruments
}

// FromRecords builds a case from the deciding side's own cargo record and an exam.result record.
func FromRecords(manifest, exam *cargo.Record, facts Facts) Case {
	return Case{Deciding: facts.Deciding}
}
