package recognition

import "slices"

// R11: a seal of sufficient class was on after the exam; an exam that does not open left it as it was, one that opens replaced it.
func (j *judgement) sealAtExam() {
	if j.loose() {
		return
	}
	before, after := normalSeal(j.e.SealBefore), normalSeal(j.e.SealAfter)
	if after == "" {
		j.say(11, "SEAL_MISSING_AT_EXAM", "")
		return
	}
	if class := j.e.SealClass; class != "H" && (class != "S" || !j.trusted) {
		j.say(11, "SEAL_CLASS_INSUFFICIENT", "")
	}
	opened := slices.ContainsFunc(j.e.Kinds, func(k Kind) bool { return j.r.kinds[k].opens })
	switch {
	case opened && before == after:
		j.say(11, "SEAL_NOT_REPLACED", "")
	case !opened && before != after:
		j.say(11, "SEAL_CHANGED_WITHOUT_OPENING", "")
	}
}

// R12: the recorded changes lead from the exam's seal to the presented one, made by customs, or by the carrier who said so before arrival.
// It is not looked at when no seal was on after the exam. Once the chain is broken the presented number is not compared further.
func (j *judgement) sealChain() {
	if j.loose() || normalSeal(j.e.SealAfter) == "" {
		return
	}
	expected, whole := j.seal, true
	for _, change := range j.e.Reseals {
		if normalSeal(change.Old) != expected {
			j.say(12, "SEAL_CHAIN_BROKEN", "")
			whole = false
			break
		}
		expected = normalSeal(change.New)
		switch {
		case change.By != carrier:
			j.say(12, "SEAL_CHANGED_BY_CUSTOMS", "")
		case change.OnTime:
			j.say(12, "SEAL_CHANGE_NOTIFIED", "")
		default:
			j.say(12, "SEAL_CHANGE_NOT_NOTIFIED", "")
		}
	}
	switch j.c.Seal.Condition {
	case "", "1":
	case "5":
		j.say(12, "SEAL_FAULTY_ELECTRONIC", "")
	default: // 2 damaged, 3 missing, 4 broken; a code that is unknown is not "right"
		j.say(12, "SEAL_BROKEN", "")
	}
	presented := normalSeal(j.c.Seal.Number)
	switch {
	case !whole:
	case !j.c.Seal.Read:
		j.conditions["VERIFY_SEAL_AT_BORDER("+expected+")"] = true
	case presented != expected:
		j.say(12, "SEAL_MISMATCH", "")
		j.offer(presented, expected)
	}
}

// carrier is the maker of a change who must have told both agencies.
const carrier = "CARRIER"
