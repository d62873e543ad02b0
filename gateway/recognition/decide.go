package recognition

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The decisions.
const (
	Recognised    = "RECOGNISED"
	Partial       = "PARTIAL"
	NotRecognised = "NOT_RECOGNISED"
	Refer         = "REFER"
)

// Decision is the answer for one unit. Its JSON is that of the command line.
type Decision struct {
	Case       string        `json:"case"`
	Decision   string        `json:"decision"`
	Grounds    []Ground      `json:"grounds"`    // recognised, in the order required; only with RECOGNISED and PARTIAL
	Reasons    []string      `json:"reasons"`    // Rnn:CODE or Rnn:CODE(argument), by rule, then by text
	Conditions []string      `json:"conditions"` // only with RECOGNISED and PARTIAL
	ValidUntil string        `json:"validUntil"` // completion of the exam and the window, RFC 3339 in UTC; empty when either is unknown
	NearMatch  []string      `json:"nearMatch,omitempty"`
	Exams      []ExamVerdict `json:"exams,omitempty"` // when there were several: each by itself
	Registers  string        `json:"registers"`       // version and digest of what was decided by
}

// ExamVerdict is what one of several exams was worth by itself. The reasons of an exam that lost stay here.
type ExamVerdict struct {
	Exam     string   `json:"exam"`
	Decision string   `json:"decision"`
	Grounds  []Ground `json:"grounds"`
	Reasons  []string `json:"reasons"`
}

// Decide applies the rules to the case. It is a function of its arguments alone.
//
// Of several exams each is judged by itself and the best counts for each ground (mutual-recognition, section 8); the reasons are those of the
// exams that contributed, or of all when none did. A case without a required ground is the caller's mistake: NOT_RECOGNISED with the reason
// NO_GROUND_REQUIRED, and no rule is looked at. A case without an exam has nothing to recognise, and says NO_EXAM.
func Decide(c Case, r Registers) Decision {
	d := Decision{
		Case: c.ID, Decision: NotRecognised,
		Grounds: []Ground{}, Reasons: []string{}, Conditions: []string{}, Registers: r.Version + " " + r.Hash,
	}
	if len(c.Required) == 0 {
		d.Reasons = append(d.Reasons, noGroundRequired)
		return d
	}
	if len(c.Exams) == 0 {
		d.Reasons = append(d.Reasons, noExam)
		return d
	}
	if len(c.Exams) == 1 {
		one := judge(&c, &c.Exams[0], &r)
		d.Decision, d.Grounds, d.Reasons, d.Conditions = one.decision, one.grounds, one.reasons, one.conditions
		d.ValidUntil, d.NearMatch = instant(one.until), one.near
		return d
	}
	return several(&c, &r, d)
}

// These have no rule: they are said before any is looked at.
const (
	noGroundRequired = "NO_GROUND_REQUIRED"
	noExam           = "NO_EXAM"
)

// several combines the exams of one unit: per ground the best, a person only when no exam settles anything.
func several(c *Case, r *Registers, d Decision) Decision {
	var all []*verdict
	best := map[Ground]bool{}
	refer := false
	for i := range c.Exams {
		v := judge(c, &c.Exams[i], r)
		all = append(all, v)
		d.Exams = append(d.Exams, ExamVerdict{Exam: examName(&c.Exams[i], i), Decision: v.decision, Grounds: v.grounds, Reasons: v.reasons})
		d.NearMatch = append(d.NearMatch, v.near...)
		refer = refer || v.decision == Refer
		for _, g := range v.grounds {
			best[g] = true
		}
	}
	for _, g := range c.Required {
		if best[g] {
			d.Grounds = append(d.Grounds, g)
		}
	}
	switch {
	case len(d.Grounds) == len(c.Required):
		d.Decision = Recognised
	case len(d.Grounds) > 0:
		d.Decision = Partial
	case refer:
		d.Decision = Refer
	}
	var until time.Time
	reasons, conditions := map[string]bool{}, map[string]bool{}
	for _, v := range all {
		if len(d.Grounds) > 0 && len(v.grounds) == 0 {
			continue // an exam that lost: its reasons stay in Exams
		}
		for _, reason := range v.reasons {
			if !settledElsewhere(reason, best) {
				reasons[reason] = true
			}
		}
		for _, condition := range v.conditions {
			conditions[condition] = true
		}
		if until.IsZero() || v.until.Before(until) {
			until = v.until // the earliest end among those that count
		}
	}
	d.Reasons, d.Conditions, d.ValidUntil = sorted(reasons), sorted(conditions), instant(until)
	return d
}

// settledElsewhere reports whether a reason speaks of a ground that another exam settled.
func settledElsewhere(reason string, best map[Ground]bool) bool {
	code, argument, found := strings.Cut(strings.TrimSuffix(reason, ")"), "(")
	return found && best[Ground(argument)] && (strings.HasPrefix(code, "R06:") || strings.HasPrefix(code, "R07:"))
}

func examName(e *Exam, i int) string {
	if e.ID != "" {
		return e.ID
	}
	return fmt.Sprintf("%d", i+1)
}

// Worst is the answer for a shipment of several units: that of its worst unit, with the reasons and conditions of every unit.
func Worst(units ...Decision) Decision {
	out := Decision{Decision: Recognised, Grounds: []Ground{}, Reasons: []string{}, Conditions: []string{}}
	if len(units) == 0 {
		out.Decision = NotRecognised
		return out
	}
	order := []string{Recognised, Partial, Refer, NotRecognised}
	reasons, conditions := map[string]bool{}, map[string]bool{}
	out.Grounds = slices.Clone(units[0].Grounds)
	out.ValidUntil, out.Registers = units[0].ValidUntil, units[0].Registers
	for _, u := range units {
		if slices.Index(order, u.Decision) > slices.Index(order, out.Decision) {
			out.Decision = u.Decision
		}
		out.Grounds = slices.DeleteFunc(out.Grounds, func(g Ground) bool { return !slices.Contains(u.Grounds, g) })
		if u.ValidUntil < out.ValidUntil {
			out.ValidUntil = u.ValidUntil
		}
		for _, reason := range u.Reasons {
			reasons[reason] = true
		}
		for _, condition := range u.Conditions {
			conditions[condition] = true
		}
	}
	out.Reasons = sorted(reasons)
	switch {
	case out.Decision == Partial && len(out.Grounds) == 0:
		out.Decision = NotRecognised // each unit lacks something, and no ground is settled for all
	case out.Decision == Recognised || out.Decision == Partial:
		out.Conditions = sorted(conditions)
	default:
		out.Grounds = []Ground{}
	}
	return out
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
