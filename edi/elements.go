package edi

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// elements checks the elements of a segment against its definition.
func (c *checker) elements(v *View, use *segmentUse, n int32) {
	if use.good(v) {
		return
	}
	if u := use.unfolded; u != nil && c.d.inter.Syntax == EDIFACT && !c.d.inter.newSyntax() {
		if use = u; use.good(v) {
			return
		}
	}
	c.everyElement(v, use, n)
}

// everyElement goes through the elements of a segment one by one and reports what is wrong with them.
func (c *checker) everyElement(v *View, use *segmentUse, n int32) {
	var present uint64
	for i := 0; i < len(v.tokens); {
		t := &v.tokens[i]
		if int(t.element()) > len(use.elements) {
			c.value(v, t, use, n, "edi.element-extra", fmt.Sprintf("%s has %d elements", use.tag, len(use.elements)))
			break
		}
		present |= 1 << t.element()
		i = c.instance(v, i, use, n)
	}
	if lacking := use.required &^ present; lacking != 0 {
		c.lacking(v, lacking, use, n)
	}
	for i := range use.conditions {
		if cond := &use.conditions[i]; cond.broken(present) {
			c.condition(v, cond, present, use, n, 0, 0)
		}
	}
	if use.dated(present) {
		c.period(v, use.periodValue, 1, 0, use.periodFormat, use, n)
	}
}

// dated reports whether X12 elements 1250 and 1251 are present.
func (u *segmentUse) dated(present uint64) bool {
	return u.periodFormat > 0 && present>>u.periodFormat&1 == 1 && present>>u.periodValue&1 == 1
}

// instance checks one repetition of an element, of which the token with an index is the first value. It returns the
// index of the first token behind.
func (c *checker) instance(v *View, i int, use *segmentUse, n int32) int {
	place := uint32(v.tokens[i].place) // element and repetition
	e := &use.elements[uint16(place)-1]
	c.repetition(v, i, e, use, n)
	var parts uint64 // bit n: component n is present; bit 0: it was told that there are too many
	for ; i < len(v.tokens); i++ {
		t := &v.tokens[i]
		if uint32(t.place) != place {
			break
		}
		switch component := int(t.component()); {
		case component <= len(e.parts):
			parts |= 1 << component
			c.check(v, t, &e.parts[component-1], use, n)
		case parts&1 == 0:
			parts |= 1
			c.value(v, t, use, n, "edi.component-extra", tooMany(len(e.parts)))
		}
	}
	if e.composite {
		c.composite(v, place, parts, use, n)
	}
	return i
}

// tooMany says how many components an element has room for.
func tooMany(parts int) string {
	if parts < 2 {
		return "the element has no components"
	}
	return fmt.Sprintf("the composite has at most %d components", parts)
}

// times spells out how often something may stand.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// repetition checks what concerns a repetition of an element as a whole.
func (c *checker) repetition(v *View, i int, e *elementUse, use *segmentUse, n int32) {
	t, before := &v.tokens[i], uint16(0)
	if i > 0 && v.tokens[i-1].element() == t.element() {
		before = v.tokens[i-1].repetition()
	}
	limit := max(e.repeat, 1)
	if e.repeat != 0 && t.repetition() > limit && before <= limit {
		c.value(v, t, use, n, "edi.element-repeats", "the element may stand at most "+times(int(limit)))
	}
	if before == 0 && e.unused {
		c.value(v, t, use, n, c.unusedCode(), "")
	}
}

func (c *checker) unusedCode() string {
	if c.spec.base != nil {
		return "edi.guide-element-unused"
	}
	return "edi.element-extra"
}

// composite checks what belongs to the components of one repetition together, after the last of them.
func (c *checker) composite(v *View, place uint32, parts uint64, use *segmentUse, n int32) {
	element, rep := uint16(place), place>>16
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
		text := raw
		if p.kind == kindNumber && c.d.inter.newSyntax() {
			text = mantissa(raw)
		}
		if length = number(text, p.kind, c.d.delimiters.Decimal); length < 0 {
			c.value(v, t, use, n, notNumber(text, p.kind), p.name+": not a number")
			return
		}
		if m := c.d.mark; m != 0 && p.kind == kindNumber && bytes.IndexByte(text, '.'+','-m) >= 0 {
			c.value(v, t, use, n, "edi.decimal-notation", p.name+": UNA names the other decimal mark")
			c.d.found[len(c.d.found)-1].Severity = Warning // both can be read
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
		whole := code == "edi.element-repeats" || e.unused // it is about the element, not about its first component
		if !whole && (e.composite || t.component() > 1) {
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
