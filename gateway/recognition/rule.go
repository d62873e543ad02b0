package recognition

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// clockSkew is how far in the future an exam may end before its time is invalid (R13, section 8).
const clockSkew = 5 * time.Minute

// calibrationLife is how long before the end of the exam the instrument may have been calibrated (R10).
const calibrationLife = 365 * 24 * time.Hour

// verdict is what one exam is worth for the case.
type verdict struct {
	decision   string
	grounds    []Ground
	reasons    []string
	conditions []string
	until      time.Time
	near       []string
}

// judgement gathers what the rules say of one exam.
type judgement struct {
	c *Case
	e *Exam
	r *Registers

	hard, manual bool
	failed       map[Ground]bool
	reasons      map[string]bool
	conditions   map[string]bool
	near         []string

	trusted bool
	seal    string // seal that the exam left, on the unit that carries the goods now
	unit    string // unit that carries the goods now
}

// judge evaluates every rule and combines: any hard, or no ground left, is NOT_RECOGNISED; else any manual is REFER; else some ground failed is
// PARTIAL; else RECOGNISED (section 3).
func judge(c *Case, e *Exam, r *Registers) *verdict {
	j := &judgement{
		c: c, e: e, r: r,
		failed: map[Ground]bool{}, reasons: map[string]bool{}, conditions: map[string]bool{},
		trusted: c.Trusted == TrustValidated,
	}
	j.follow()
	for _, rule := range [...]func(){
		j.agreement, j.signature, j.current, j.authority, j.identity, j.outcome, j.method, j.standard, j.facility, j.instrument,
		j.sealAtExam, j.sealChain, j.age, j.route, j.tamper, j.news, j.data, j.threat, j.holds, j.audit,
	} {
		rule()
	}
	v := &verdict{decision: Recognised, grounds: []Ground{}, reasons: sorted(j.reasons), conditions: []string{}, until: j.until(), near: j.near}
	for _, g := range c.Required {
		if !j.failed[g] {
			v.grounds = append(v.grounds, g)
		}
	}
	switch {
	case j.hard || len(v.grounds) == 0:
		v.decision = NotRecognised
	case j.manual:
		v.decision = Refer
	case len(v.grounds) < len(c.Required):
		v.decision = Partial
	}
	if v.decision == Recognised || v.decision == Partial {
		v.conditions = sorted(j.conditions)
	} else {
		v.grounds = []Ground{}
	}
	return v
}

// say records a reason with the effect that the table of reasons gives it.
func (j *judgement) say(rule int, code string, argument string) {
	row := j.r.reasons[reasonKey{rule, code}]
	text := fmt.Sprintf("R%02d:%s", rule, code)
	if argument != "" {
		text += "(" + argument + ")"
	}
	j.reasons[text] = true
	switch row.Effect {
	case Info:
	case Manual:
		j.manual = true
	case OnGround:
		if slices.Contains(j.c.Required, Ground(argument)) {
			j.failed[Ground(argument)] = true
		}
	default: // hard; a code that the table lacks is never to the good of recognition
		j.hard = true
	}
}

// R01: an agreement with an article for exam recognition is in force at the decision, not at the exam (section 8).
func (j *judgement) agreement() {
	switch j.c.Agreement {
	case AgreementInForce:
	case AgreementSuspended:
		j.say(1, "AGREEMENT_SUSPENDED", "")
	default:
		j.say(1, "AGREEMENT_NOT_IN_FORCE", "")
	}
}

// R02: the exam record's signature verifies with a key that was valid when it signed.
func (j *judgement) signature() {
	switch j.e.Signature {
	case SignatureValid:
	case SignatureKeyRevoked:
		j.say(2, "KEY_NOT_VALID_AT_SIGNING", "")
	default:
		j.say(2, "SIGNATURE_INVALID", "")
	}
}

// R03: the record is the current one.
func (j *judgement) current() {
	switch j.e.Status {
	case ExamCurrent:
	case ExamSuperseded:
		j.say(3, "EXAM_SUPERSEDED", "")
	default:
		j.say(3, "EXAM_WITHDRAWN", "")
	}
}

// R04: what the other agency reviewed remotely is a recommendation only.
func (j *judgement) authority() {
	if (j.e.Authority == VirtualPrescreen || j.e.Authority == authorityUnstated) && j.e.Agency != j.c.Deciding {
		j.say(4, "AUTHORITY_RECOMMENDATION_ONLY", "")
	}
}

// R06: the outcome is clear, or fails only its own ground. A finding on a ground that is not required is told without effect.
func (j *judgement) outcome() {
	row, known := j.r.outcomes[j.e.Outcome]
	switch {
	case !known:
		j.say(6, "OUTCOME_NOT_CLEAR", "")
	case row.code != "":
		j.say(6, row.code, string(row.ground))
	}
}

// R07: each required ground may be left to the other agency, and some kind performed settles it at this risk.
func (j *judgement) method() {
	for _, g := range j.c.Required {
		if !j.r.grounds[g].delegable {
			j.say(7, "GROUND_NOT_DELEGABLE", string(g))
			continue
		}
		settled := slices.ContainsFunc(j.e.Kinds, func(k Kind) bool { return j.settles(g, k) })
		if settled && j.r.grounds[g].document && !j.houseListed() {
			settled = false // consolidation: a document-dependent ground is settled only for the house bills that the exam lists (section 8)
		}
		if !settled {
			j.say(7, "METHOD_NOT_EQUIVALENT", string(g))
		}
	}
}

func (j *judgement) settles(g Ground, k Kind) bool {
	cell, found := j.r.matrix[pair{g, k}]
	if !found || j.c.Risk.rank() > cell.risk.rank() {
		return false
	}
	switch cell.needs {
	case needsNoAlarm:
		return j.e.Radiation == RadiationNone
	case needsConclusion:
		return j.e.Radiation == RadiationNone || j.e.Radiation == RadiationAlarm // an alarm with a secondary that did conclude
	}
	return true
}

// houseListed reports whether every house bill of the unit is among the exam's references.
func (j *judgement) houseListed() bool {
	for _, ref := range j.c.References {
		if ref = normalReference(ref); strings.HasPrefix(ref, "H:") && !slices.ContainsFunc(j.e.References, func(x string) bool { return normalReference(x) == ref }) {
			return false
		}
	}
	return true
}

// R08: the procedure standard and its version were recognised when the exam ended.
func (j *judgement) standard() {
	if !j.r.recognised(j.e.Standard, j.e.Completed) {
		j.say(8, "STANDARD_VERSION_NOT_RECOGNISED", "")
	}
}

// R09: the facility was accredited for these kinds when the exam ended.
func (j *judgement) facility() {
	if !j.e.Accredited {
		j.say(9, "FACILITY_NOT_ACCREDITED", "")
	}
}

// R10: an instrument was registered, and calibrated not more than 365 days before the exam ended. A calibration after the exam proves nothing.
func (j *judgement) instrument() {
	if !slices.ContainsFunc(j.e.Kinds, func(k Kind) bool { return j.r.kinds[k].instrument }) {
		return
	}
	if !j.e.Registered {
		j.say(10, "EQUIPMENT_NOT_RECOGNISED", "")
		if j.e.Calibrated.IsZero() {
			return
		}
	}
	age := j.e.Completed.Sub(j.e.Calibrated)
	if j.e.Calibrated.IsZero() || age > calibrationLife || age < -clockSkew {
		j.say(10, "EQUIPMENT_CALIBRATION_EXPIRED", "")
	}
}

// R13: the exam is not older than the window of the mode, its last instant included, nor in the future beyond the clocks' skew.
func (j *judgement) age() {
	window := j.r.windows[j.c.Mode]
	age := j.c.At.Sub(j.e.Completed)
	switch {
	case j.e.Completed.IsZero() || age < -clockSkew:
		j.say(13, "EXAM_TIME_INVALID", "")
	case age <= window.base:
	case j.trusted && age <= window.trusted:
		j.say(13, "WINDOW_EXTENDED_TRUSTED", "")
	default:
		j.say(13, "TIME_WINDOW_EXCEEDED", "")
	}
}

// until is the end of validity: completion of the exam and the window.
func (j *judgement) until() time.Time {
	window, known := j.r.windows[j.c.Mode]
	if !known || j.e.Completed.IsZero() {
		return time.Time{}
	}
	if j.trusted {
		return j.e.Completed.Add(window.trusted)
	}
	return j.e.Completed.Add(window.base)
}

// R14: the unit stayed in the corridor and did not stand too long.
func (j *judgement) route() {
	switch j.c.Route {
	case RouteOK:
	case RouteDwell:
		j.say(14, "DWELL_EXCEEDED", "")
	case RouteDiverted:
		j.say(14, "DIVERSION_AUTHORISED", "")
	default:
		j.say(14, "ROUTE_DEVIATION", "")
	}
}

// R15: no tamper event is open.
func (j *judgement) tamper() {
	switch j.c.Tamper {
	case TamperNone:
	case TamperClosed:
		j.say(15, "TAMPER_RESOLVED", "")
	default:
		j.say(15, "TAMPER_EVENT", "")
	}
}

// R16: no new information of some weight came in after the exam.
func (j *judgement) news() {
	switch j.c.News {
	case NewsNone:
	case NewsLow:
		j.say(16, "NEW_INFORMATION_LOW", "")
	default:
		j.say(16, "NEW_INFORMATION", "")
	}
}

// R17: the cargo data that the exam was judged on has not changed.
func (j *judgement) data() {
	for _, field := range j.c.Changed {
		j.say(17, "DATA_CHANGED", field)
	}
}

// R18: no threat measure covers the shipment.
func (j *judgement) threat() {
	for _, id := range j.c.Measures {
		j.say(18, "THREAT_MEASURE", id)
	}
}

// R19: holds of others are told; recognition does not touch them.
func (j *judgement) holds() {
	for _, agency := range j.c.Holds {
		j.say(19, "OTHER_HOLD_STANDS", agency)
	}
}

// R20: the unit was drawn for verification.
func (j *judgement) audit() {
	if j.c.Audit {
		j.say(20, "RANDOM_AUDIT", "")
	}
}
