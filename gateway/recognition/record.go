package recognition

import (
	"strings"
	"time"

	"peacebridge/mapping/cargo"
)

// Facts are what neither the exam record nor the deciding side's own record says: states that the gateway looked up at the instant of the decision.
// What is left empty is unknown, and never helps recognition.
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
	Tamper    Tamper // empty: NONE
	News      Weight // empty: NONE
	Changed   []string
	Measures  []string
	Holds     []string
	Audit     bool
	Registers *Registers // to look up the facility and the instruments
}

// FromRecords builds a case from the deciding side's own cargo record of the unit and an exam.result record of the other agency. Either may be nil:
// without the own record there is nothing to link the exam to, without an exam there is nothing to recognise.
func FromRecords(manifest, exam *cargo.Record, facts Facts) Case {
	c := Case{
		ID: facts.Unit, Deciding: facts.Deciding, At: facts.At, Required: facts.Required, Risk: facts.Risk, Trusted: facts.Trusted,
		Agreement: facts.Agreement, Seal: facts.Seal, Route: facts.Route, Tamper: facts.Tamper, News: facts.News, Changed: facts.Changed,
		Measures: facts.Measures, Holds: facts.Holds, Audit: facts.Audit, Equipment: facts.Unit,
	}
	if c.Tamper == "" {
		c.Tamper = TamperNone
	}
	if c.News == "" {
		c.News = NewsNone
	}
	if c.Equipment == "" && exam != nil && exam.Exam != nil && len(exam.Exam.Item) > 0 {
		c.Equipment = exam.Exam.Item[0].Equipment
		c.ID = c.Equipment
	}
	if manifest != nil {
		c.Mode, c.References = modeOf(manifest.Mode), references(manifest)
		if !carries(manifest, c.Equipment) && linked(c.References, c.Equipment) {
			c.Equipment = "" // the unit is loose cargo, named by its waybill
		}
	}
	if exam == nil || exam.Exam == nil {
		return c
	}
	if manifest == nil {
		c.Mode = modeOf(exam.Mode)
	}
	c.Exams = []Exam{examOf(exam, c.Equipment, facts)}
	return c
}

// modeOf turns the record's mode into that of the windows.
func modeOf(mode string) Mode {
	switch m := strings.ToUpper(mode); m {
	case "ROAD":
		return Highway
	default:
		return Mode(m)
	}
}

func carries(r *cargo.Record, unit string) bool {
	for _, e := range r.Equipment {
		if unit != "" && normalUnit(e.ID) == normalUnit(unit) {
			return true
		}
	}
	return false
}

func linked(references []string, reference string) bool {
	for _, r := range references {
		if _, bare, found := strings.Cut(r, ":"); reference != "" && (r == reference || found && bare == reference) {
			return true
		}
	}
	return false
}

// references are the document references of every consignment of a record, with the prefixes of [Case].
func references(r *cargo.Record) []string {
	var out []string
	add := func(prefix string, numbers ...string) {
		for _, n := range numbers {
			if n != "" {
				out = append(out, prefix+n)
			}
		}
	}
	for _, s := range r.Consignment {
		if s.Movement != nil {
			add("IB:", s.Movement.Number, s.Movement.PartnerNumber)
		}
		if s.Reference == nil {
			continue
		}
		add("", s.Reference.SCN, s.Reference.CCN, s.Reference.PartnerConsignment, s.Reference.Bill, s.Reference.AirWaybill)
		add("OB:", s.Reference.OceanBill)
		add("H:", s.Reference.House)
		add("H:", s.HouseReference...)
	}
	return out
}

// examOf reads an exam record as far as it concerns the unit. An exam covers exactly the items that it lists.
func examOf(r *cargo.Record, unit string, facts Facts) Exam {
	x := r.Exam
	e := Exam{
		ID: x.ID, Agency: x.PerformedBy, References: references(r), Kinds: convert[Kind](x.Kind), Authority: Authority(x.Authority),
		Outcome: Outcome(x.Outcome), Radiation: radiation(x), Completed: parseTime(x.CompletedAt), Signature: facts.Signature, Status: facts.Status,
		Reseals: facts.Reseals, Transfers: facts.Transfers,
	}
	if e.Agency == "" {
		e.Agency = r.Agency
	}
	if e.Status == "" {
		if e.Status = ExamStatus(x.Status); e.Status == "" {
			e.Status = ExamCurrent
		}
	}
	if x.Standard != nil {
		e.Standard = Standard{x.Standard.ID, x.Standard.Version}
	}
	if facts.Registers != nil {
		e.Accredited = x.Facility != nil && facts.Registers.Accredited(x.Facility.ID, e.Kinds, e.Completed)
		e.Registered = len(x.Instrument) > 0
	}
	for _, device := range x.Instrument {
		if facts.Registers == nil || !facts.Registers.Registered(device.ID, e.Completed) {
			e.Registered = false
		}
		if at := parseTime(device.CalibratedAt); e.Calibrated.IsZero() || at.Before(e.Calibrated) {
			e.Calibrated = at
		}
	}
	if item := itemOf(x, unit); item != nil {
		e.Equipment, e.SealBefore, e.SealAfter, e.SealClass = item.Equipment, item.SealBefore, item.SealAfter, item.SealClassAfter
	}
	if e.SealClass == "" {
		e.SealClass = sealClass(r, e.Equipment, e.SealAfter)
	}
	return e
}

// itemOf finds what the exam did to the unit: the item with its number, else the first, so that a mismatch is said.
func itemOf(x *cargo.Exam, unit string) *cargo.ExamItem {
	for _, item := range x.Item {
		if normalUnit(item.Equipment) == normalUnit(unit) {
			return item
		}
	}
	if len(x.Item) > 0 {
		return x.Item[0]
	}
	return nil
}

// sealClass looks the class of a seal up where the record describes the equipment.
func sealClass(r *cargo.Record, unit, seal string) string {
	for _, e := range r.Equipment {
		for _, s := range e.Seal {
			if seal != "" && normalUnit(e.ID) == normalUnit(unit) && normalSeal(s.Number) == normalSeal(seal) {
				return s.Class
			}
		}
	}
	return ""
}

// radiation sums up the measurements: one that is unresolved, or whose conclusion is itself a finding, leaves the ground open; a harmless
// conclusion is an alarm that a secondary explained.
func radiation(x *cargo.Exam) Radiation {
	out := radiationUnstated
	for _, m := range x.Radiation {
		switch m.Conclusion {
		case "NO_ALARM":
			if out == radiationUnstated {
				out = RadiationNone
			}
		case "NORM", "MEDICAL", "DECLARED_CONSISTENT":
			out = RadiationAlarm
		case "":
			if len(m.Alarm) > 0 && out != RadiationAlarm {
				return RadiationUnresolved
			}
		default:
			return RadiationUnresolved
		}
	}
	return out
}

func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{} // absent, or a record that was not checked: the rules treat it as unknown
	}
	return t.UTC()
}
