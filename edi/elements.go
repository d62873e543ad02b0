package edi

import (
	"fmt"
	"unicode/utf8"
)

// elements checks the elements of a segment against its definition.
func (c *checker) elements(v *View, use *segmentUse, n int32) {
	var (
		present uint64
		last    instance
		quick   = use.quick
	)
	for i := range v.tokens {
		t := &v.tokens[i]
		e := int(t.element()) - 1
		if uint(e) >= uint(len(quick)) {
			c.finish(v, &last, use, n)
			c.value(v, t, use, n, "edi.element-extra", fmt.Sprintf("%s has %d elements", use.tag, len(use.elements)))
			break
		}
		present |= 2 << e
		p := &quick[e].only
		if t.place != p.place { // it is of a composite, or of an element that repeats, or has something to be taken out
			if p = c.part(v, t, &last, use, n); p == nil {
				continue
			}
		} else if last.parts != 0 {
			c.finish(v, &last, use, n)
		}
		if length := t.end() - t.start(); length-p.min > p.spread || p.kind > kindID && !p.digits(v.data[t.start():t.end()]) ||
			p.codes != nil && !p.codes.has(v.data[t.start():t.end()]) {
			c.check(v, t, &use.elements[e].parts[t.component()-1], use, n)
		}
	}
	if last.parts != 0 {
		c.finish(v, &last, use, n)
	}
	if lacking := use.required &^ present; lacking != 0 {
		c.lacking(v, lacking, use, n)
	}
	for i := range use.conditions {
		if cond := &use.conditions[i]; !cond.clear(present) && cond.broken(present) {
			c.condition(v, cond, present, use, n, 0, 0)
		}
	}
	if use.periodFormat > 0 && present>>use.periodFormat&1 == 1 && present>>use.periodValue&1 == 1 {
		c.period(v, use.periodValue, 1, 0, use.periodFormat, use, n)
	}
}

// instance is one repetition of an element of which values were seen.
type instance struct {
	place uint32 // element and repetition, as in a token
	parts uint64 // bit n: component n is present; bit 0: it was told that there are too many; 0: there is none
}

// digits reports whether the value is a number of digits only, as nearly all are: nothing more is to be looked at.
func (p *quickPart) digits(b []byte) bool {
	if p.kind < kindInteger || p.kind > kindNumber {
		return false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// part checks what concerns an element or a repetition of it as a whole, when the token is the first of its values.
// It returns the table entry to check the value with, nil when it was checked.
func (c *checker) part(v *View, t *token, last *instance, use *segmentUse, n int32) *quickPart {
	q := &use.quick[t.element()-1]
	if last.parts == 0 || last.place != uint32(t.place) {
		first := last.parts == 0 || uint16(last.place) != t.element()
		c.finish(v, last, use, n)
		if q.unused || t.repetition() > 1 {
			c.repetition(v, t, first, q, use, n)
		}
		*last = instance{place: uint32(t.place)}
	}
	if t.component() > uint16(q.parts) {
		if last.parts&1 == 0 {
			last.parts |= 1
			c.value(v, t, use, n, "edi.component-extra", fmt.Sprintf("the composite has at most %d components", q.parts))
		}
		return nil
	}
	last.parts |= 1 << t.component()
	p := &use.places[q.first+t.component()-1]
	if t.coarse() || p.unused {
		c.check(v, t, &use.elements[t.element()-1].parts[t.component()-1], use, n)
		return nil
	}
	return p
}

// repetition checks what concerns a repetition of an element as a whole.
func (c *checker) repetition(v *View, t *token, first bool, q *quickElement, use *segmentUse, n int32) {
	limit := max(q.repeat, 1)
	if q.repeat != 0 && (t.repetition() == limit+1 && !first || t.repetition() > limit && first) {
		c.value(v, t, use, n, "edi.element-repeats", fmt.Sprintf("the element may stand at most %d times", limit))
	}
	if first && use.elements[t.element()-1].unused {
		c.value(v, t, use, n, c.unusedCode(), "")
	}
}

func (c *checker) unusedCode() string {
	if c.spec.base != nil {
		return "edi.guide-element-unused"
	}
	return "edi.element-extra"
}

// finish closes an instance. Most are a composite with what it needs.
func (c *checker) finish(v *View, last *instance, use *segmentUse, n int32) {
	if last.parts != 0 {
		if q := &use.quick[uint16(last.place)-1]; q.special || q.needed&^last.parts != 0 {
			c.composite(v, last, use, n)
		}
		last.parts = 0
	}
}

// composite checks what belongs to the components of one repetition together, after the last of them.
func (c *checker) composite(v *View, last *instance, use *segmentUse, n int32) {
	element, rep, parts := uint16(last.place), last.place>>16, last.parts
	e := &use.elements[element-1]
	if lacking := e.needed &^ parts; lacking != 0 {
		for i := range e.parts {
			if lacking>>(i+1)&1 == 0 {
				continue
			}
			p := v.Position()
			p.Element, p.Component = int(element), i+1
			if e.repeat != 1 {
				p.Repetition = int(rep)
			}
			code := "edi.component-missing"
			if e.parts[i].guide {
				code = "edi.guide-element-missing"
			}
			c.add(code, p, use, n, fmt.Sprintf(" %s%02d-%d", use.tag, element, i+1), e.parts[i].name+" missing")
		}
	}
	for i := range e.conditions {
		if cond := &e.conditions[i]; cond.broken(parts) {
			c.condition(v, cond, parts, use, n, int(element), int(rep))
		}
	}
	if e.dateFormat > 0 && parts>>e.dateFormat&1 == 1 && parts>>e.dateValue&1 == 1 {
		c.period(v, int(element), int(rep), e.dateValue, e.dateFormat, use, n)
	}
}

// period checks a date or time against the format that another value names: another component of the composite,
// or for component 0 another element of the segment.
func (c *checker) period(v *View, element, rep, component, format int, use *segmentUse, n int32) {
	layout := v.repeated(element, rep, format)
	if component == 0 {
		layout = v.raw(format, 1)
	}
	date, time := validPeriod(v.repeated(element, rep, max(component, 1)), layout)
	if date && time {
		return
	}
	detail := fmt.Sprintf(" %s%02d", use.tag, element)
	if component > 0 {
		detail += fmt.Sprintf("-%d", component)
	}
	code := "edi.element-date"
	if date {
		code = "edi.element-time"
	}
	c.add(code, v.where(use, element, rep, component), use, n, detail, "")
}

// lacking reports mandatory elements that are absent.
func (c *checker) lacking(v *View, lacking uint64, use *segmentUse, n int32) {
	for i := range use.elements {
		if lacking>>(i+1)&1 == 0 {
			continue
		}
		p := v.Position()
		p.Element = i + 1
		code := "edi.element-missing"
		if use.elements[i].guide {
			code = "edi.guide-element-missing"
		}
		c.add(code, p, use, n, fmt.Sprintf(" %s%02d", use.tag, i+1), use.elements[i].name+" missing")
	}
}

// check checks one value: length, characters, codes.
func (c *checker) check(v *View, t *token, p *part, use *segmentUse, n int32) {
	if p.unused {
		c.value(v, t, use, n, "edi.guide-element-unused", "")
	}
	raw := v.data[t.start():t.end()]
	if t.coarse() {
		c.d.scratch = appendPlain(c.d.scratch[:0], raw, v.release)
		raw = c.d.scratch
	}
	length := len(raw)
	switch p.kind {
	case kindText, kindID:
		if length > p.max || length < p.min { // rare: find out whether bytes are characters
			length = c.d.characters(raw)
		}
	case kindBinary:
	case kindAlpha:
		length = c.d.characters(raw)
		for _, b := range raw {
			if b >= '0' && b <= '9' {
				c.value(v, t, use, n, "edi.element-type", "digits in a value of letters")
				break
			}
		}
	case kindInteger, kindReal, kindNumber:
		if length = number(raw, p.kind, c.d.delimiters.Decimal); length < 0 {
			c.value(v, t, use, n, "edi.element-type", p.name+": not a number")
			return
		}
	case kindDate:
		if !validDate(raw) && length >= p.min && length <= p.max {
			c.value(v, t, use, n, "edi.element-date", "")
		}
	case kindTime:
		if !validTime(raw) && length >= p.min && length <= p.max {
			c.value(v, t, use, n, "edi.element-time", "")
		}
	}
	if length > p.max && p.max > 0 {
		c.value(v, t, use, n, "edi.element-long", fmt.Sprintf("%s: %d characters, at most %d allowed", p.name, length, p.max))
	} else if length < p.min {
		c.value(v, t, use, n, "edi.element-short", fmt.Sprintf("%s: %d characters, at least %d needed", p.name, length, p.min))
	}
	if p.codes != nil && !p.codes.has(raw) {
		c.unknownCode(v, t, p, use, n)
	}
}

// unknownCode reports a code that is not in its list, unless the composite says that it is from another list.
func (c *checker) unknownCode(v *View, t *token, p *part, use *segmentUse, n int32) {
	if !p.guideCodes && (p.list > 0 && v.has(t, p.list) || p.agency > 0 && v.has(t, p.agency)) {
		return
	}
	code := "edi.code-unknown"
	switch {
	case p.guideCodes && p.open:
		code = "edi.guide-code-open"
	case p.guideCodes:
		code = "edi.guide-code"
	case p.open:
		code = "edi.code-open"
	}
	c.value(v, t, use, n, code, p.name+": code not in the list")
}

// has reports whether another component of the same repetition is present.
func (v *View) has(t *token, component int) bool {
	for i := range v.tokens {
		o := &v.tokens[i]
		if o.element() == t.element() && o.repetition() == t.repetition() && int(o.component()) == component {
			return true
		}
	}
	return false
}

// value reports a finding about one value.
func (c *checker) value(v *View, t *token, use *segmentUse, n int32, code, message string) {
	p := v.Position()
	p.Offset += int64(t.start())
	p.Element = int(t.element())
	detail := fmt.Sprintf(" %s%02d", use.tag, t.element())
	if int(t.element()) <= len(use.elements) {
		e := &use.elements[t.element()-1]
		if e.composite || t.component() > 1 {
			p.Component = int(t.component())
			detail += fmt.Sprintf("-%d", t.component())
		}
		if e.repeat != 1 || t.repetition() > 1 {
			p.Repetition = int(t.repetition())
		}
	}
	c.add(code, p, use, n, detail, message)
}

// add reports a finding about the segment at hand.
func (c *checker) add(code string, p Position, use *segmentUse, n int32, detail, message string) {
	rule := c.spec.Release + " " + use.tag
	if detail != "" {
		rule = c.spec.Release + detail
	}
	f := newFinding(code, rule, p, message)
	if f.Level == LevelGuide {
		f.Rule = c.spec.Name + detail
	}
	if p.Element > 0 && p.Element <= len(use.elements) {
		e := &use.elements[p.Element-1]
		f.Element = e.ref
		if e.composite && p.Component > 0 && p.Component <= len(e.parts) {
			f.Element = e.parts[p.Component-1].ref
		}
	}
	if n >= 0 && !c.lost {
		f.Node = c.spec.nodes[n].id
	}
	c.d.add(f)
}

// characters counts the characters of a value in the character set of the interchange.
func (d *Decoder) characters(b []byte) int {
	for _, c := range b {
		if c >= 0x80 {
			if d.wide() {
				return utf8.RuneCount(b)
			}
			return len(b)
		}
	}
	return len(b)
}
