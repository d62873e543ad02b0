package recognition

import (
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// follow walks the supervised transfers from the exam's unit and seal to the unit and seal that carry the goods now (section 8). A transfer that
// does not start where the goods are links nothing.
func (j *judgement) follow() {
	j.unit, j.seal = normalUnit(j.e.Equipment), normalSeal(j.e.SealAfter)
	for _, t := range j.e.Transfers {
		if normalUnit(t.FromEquipment) == j.unit && normalSeal(t.FromSeal) == j.seal && j.seal != "" {
			j.unit, j.seal = normalUnit(t.ToEquipment), normalSeal(t.ToSeal)
			j.say(12, "SEAL_CHANGED_BY_CUSTOMS", "")
		}
	}
}

// loose reports whether the unit has no equipment that counts: air cargo and loose cargo are matched by references only.
func (j *judgement) loose() bool {
	return j.c.Mode == Air || normalUnit(j.c.Equipment) == ""
}

// R05: the exam was made on this unit of this journey: equal numbers, a right check digit, and a document reference in common, because
// containers are used again within weeks.
func (j *judgement) identity() {
	if !j.loose() {
		unit := normalUnit(j.c.Equipment)
		if unit != j.unit {
			j.say(5, "EQUIPMENT_MISMATCH", "")
			j.offer(unit, j.unit)
		}
		if !validUnit(unit) {
			j.say(5, "EQUIPMENT_ID_INVALID", "")
		}
	}
	linked := slices.ContainsFunc(j.c.References, func(a string) bool {
		a = normalReference(a)
		return a != "" && slices.ContainsFunc(j.e.References, func(b string) bool { return normalReference(b) == a })
	})
	if !linked {
		j.say(5, "NO_DOCUMENT_LINK", "")
	}
}

// validUnit checks the number of a container by ISO 6346. Rail cars and trailers have no check digit; a number whose fourth letter is the
// category U is meant as a container and must be one.
func validUnit(unit string) bool {
	ok, iso := cargo.CheckDigit(unit)
	if iso {
		return ok
	}
	return len(unit) < 5 || unit[3] != 'U' || !letters(unit[:4]) || letters(unit[4:5])
}

func letters(s string) bool {
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}

// offer notes a number that differs only by letters and digits that look alike, for a person to see. No rule uses it (section 8).
func (j *judgement) offer(a, b string) {
	if a != "" && a != b && alike(a) == alike(b) {
		j.near = append(j.near, b)
	}
}

func alike(s string) string {
	return strings.NewReplacer("O", "0", "Q", "0", "I", "1", "L", "1", "S", "5", "B", "8", "Z", "2").Replace(s)
}

// normalUnit is an equipment number in upper case without blanks and hyphens (R05).
func normalUnit(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '-' {
			return -1
		}
		return r
	}, s))
}

// normalSeal is a seal number trimmed, in upper case, without inner blanks; a hyphen is part of it.
func normalSeal(s string) string {
	return strings.ToUpper(strings.Join(strings.Fields(s), ""))
}

func normalReference(s string) string {
	return strings.ToUpper(strings.TrimSpace(s))
}
