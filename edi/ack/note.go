package ack

import (
	"cmp"
	"slices"
	"strconv"

	"peacebridge/edi"
)

// note is what one AK3, IK3 or UCS reports: one finding about a segment, or all about the values in it.
type note struct {
	finding edi.Finding   // the first
	values  []edi.Finding // about elements, in the order of the elements
}

// notes gathers the findings about segments and their elements in the order of the segments: those about a segment
// itself each for itself, then those about its values together.
func notes(findings []edi.Finding) []note {
	var out []note
	for _, f := range findings {
		k, _ := edi.KindOf(f.Code) // unknown codes have empty columns
		if k.Segment == "" {
			continue
		}
		n := note{finding: f}
		if k.Element != "" {
			n.values = []edi.Finding{f}
		}
		out = append(out, n)
	}
	slices.SortStableFunc(out, func(a, b note) int {
		return cmp.Or(
			cmp.Compare(a.finding.Position.MessageSegment, b.finding.Position.MessageSegment),
			cmp.Compare(len(a.values), len(b.values)),
		)
	})
	merged := out[:0]
	for _, n := range out {
		if last := len(merged) - 1; last >= 0 && len(n.values) > 0 && len(merged[last].values) > 0 &&
			merged[last].finding.Position.MessageSegment == n.finding.Position.MessageSegment {
			merged[last].values = append(merged[last].values, n.values...)
			continue
		}
		merged = append(merged, n)
	}
	for i := range merged {
		slices.SortStableFunc(merged[i].values, func(a, b edi.Finding) int {
			p, q := a.Position, b.Position
			return cmp.Or(cmp.Compare(p.Element, q.Element), cmp.Compare(p.Repetition, q.Repetition), cmp.Compare(p.Component, q.Component))
		})
	}
	return merged
}

// segmentNote writes AK3 and the AK4 under it. What one AK3 has no room for goes below another for the same segment.
func (f *functional) segmentNote(m *edi.MessageResult, n note) error {
	k, _ := edi.KindOf(n.finding.Code)
	code := codeIn("720", k.Segment, f.release)
	if f.name == set999.name && len(n.values) == 0 && k.IK != "" {
		code = k.IK
	}
	position := max(n.finding.Position.MessageSegment, 1)
	if position > 999_999 {
		return nil // element 719 has six digits before 005010; AK5 says that a segment is in error
	}
	inThis := 0
	for i := -1; i < len(n.values); i++ {
		if i >= 0 && !f.room(&n.values[i]) {
			continue
		}
		if i < 0 || f.values > 0 && inThis == f.values {
			if err := f.out.Segment(f.segment, text(tagOf(&n.finding), strconv.Itoa(position), f.loop(n.finding.Loop), code)...); err != nil {
				return err
			}
			inThis = 0
			if i < 0 && len(n.values) == 0 {
				return f.contexts(m, &n.finding)
			}
		}
		if i < 0 {
			continue
		}
		if err := f.valueNote(m, &n.values[i]); err != nil {
			return err
		}
		inThis++
	}
	return nil
}

// room reports whether AK4 can name the place of a finding.
func (f *functional) room(finding *edi.Finding) bool {
	p := finding.Position
	return p.Element > 0 && p.Element <= 99 && p.Component <= 99 && p.Repetition <= 9999
}

// valueNote writes one AK4 or IK4. The value itself is not copied: element 724 is optional, and a finding never
// holds the value.
func (f *functional) valueNote(m *edi.MessageResult, finding *edi.Finding) error {
	k, _ := edi.KindOf(finding.Code)
	code := codeIn("723", k.Element, f.release)
	if f.name == set999.name && k.IK != "" {
		code = k.IK
	}
	err := f.out.Segment(f.element, f.place(finding.Position), edi.Text(reference(finding.Element)), edi.Text(code))
	if err != nil || f.name != set999.name {
		return err
	}
	return f.contexts(m, finding)
}

// place is C030: element, component, repetition.
func (f *functional) place(p edi.Position) edi.Value { return elementPlace(p, f.release) }

func elementPlace(p edi.Position, release string) edi.Value {
	position := []string{strconv.Itoa(p.Element), "", ""}
	if p.Component > 0 {
		position[1] = strconv.Itoa(p.Component)
	}
	if p.Repetition > 0 && has(release, "C030", "1686") {
		position[2] = strconv.Itoa(p.Repetition)
	}
	return edi.Composite(position...)
}

// reference returns a data element number for element 725, which holds numbers only: composites have none.
func reference(element string) string {
	n, err := strconv.Atoi(element)
	if err != nil || n < 1 || n > 9999 {
		return ""
	}
	return strconv.Itoa(n)
}
