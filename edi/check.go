package edi

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// chooseSpec finds out what the message whose header was read is checked against.
func (d *Decoder) chooseSpec() {
	d.check, d.base = nil, nil
	d.head.Spec = nil
	d.specErr = nil
	var s *Spec
	if d.o.Spec != nil {
		s, d.specErr = d.o.Spec(&d.head)
	} else if l := d.lastSpec; l != nil && l.Syntax == d.inter.Syntax && l.Release == d.head.Release && l.Message == d.head.Name {
		s = l
	} else if d.head.Name != "" {
		s, d.specErr = d.dirs.Spec(d.inter.Syntax, d.head.Release, d.head.Name)
		d.lastSpec = s
	}
	if s == nil || d.specErr != nil {
		return
	}
	d.head.Spec = s
	d.check = &d.checkers[0]
	d.check.d, d.check.demote = d, false
	d.check.start(s)
	if s.base != nil {
		d.base = &d.checkers[1]
		d.base.d, d.base.demote = d, true
		d.base.start(s.base)
	}
}

// unchosen reports why a message is not checked beyond its envelope.
func (d *Decoder) unchosen() {
	p, rule := d.view.Position(), "X12.5 GS08"
	if d.inter.Syntax == EDIFACT {
		rule = "ISO 9735-1 UNH S009"
	}
	switch {
	case d.specErr == nil:
	case errors.Is(d.specErr, ErrUnknownMessage):
		d.report("edi.message-unknown", rule, p, "the message is not in the directory of its release: only its envelope is checked")
	case errors.Is(d.specErr, ErrUnknownRelease):
		d.report("edi.release-unknown", rule, p, "the release of the message is not built in: only its envelope is checked")
	default:
		d.report("edi.release-unknown", rule, p, "the directory of the message cannot be used: only its envelope is checked")
	}
}

// place finds the place of the segment in the structure and queues the loops that end and begin there. It
// returns the node, -1 for none.
func (d *Decoder) place() int {
	if d.check == nil {
		return -1
	}
	from := d.check.state
	n := d.check.match(&d.view)
	if d.base != nil {
		d.base.match(&d.view)
	}
	if n < 0 {
		return -1
	}
	if d.check.spec.nodes[from].parent != d.check.spec.nodes[n].parent || d.check.owner(n) != n {
		d.loops(d.check.spec, from, n)
	}
	return int(n)
}

// loops queues the events between two nodes.
func (d *Decoder) loops(s *Spec, from, to int32) {
	target := s.nodes[to].parent
	trigger := d.check.owner(to) != to
	open := s.nodes[from].parent
	if from == 0 {
		open = 0
	}
	stay := target
	if trigger {
		stay = s.nodes[target].parent // a trigger starts its loop anew
	}
	for open > 0 && !(stay == open || stay > open && stay < s.nodes[open].end) {
		d.emit(EndLoop, int(open))
		open = s.nodes[open].parent
	}
	d.beginLoops(s, open, target)
}

// beginLoops queues the beginnings of the loops below open down to target.
func (d *Decoder) beginLoops(s *Spec, open, target int32) {
	if target == open || target <= 0 {
		return
	}
	d.beginLoops(s, open, s.nodes[target].parent)
	d.emit(BeginLoop, int(target))
	d.events[len(d.events)-1].Stray = d.check.lost && d.check.owner(d.check.state) == target
}

// finishSegment queues the findings about the segment's place and then about its elements.
func (d *Decoder) finishSegment() {
	v := &d.view
	if v.elements == 0 || v.trailing || v.broken || v.tooLong || v.crowded || v.badLength {
		d.checkForm()
	}
	if d.check == nil {
		if d.inMessage && !d.validTag(v.tag) {
			d.report("edi.tag-invalid", d.clause("tag"), v.Position(), "")
		}
		if v.tag == "HL" {
			d.hl.check(d)
		}
		return
	}
	mark := len(d.found)
	d.check.flush(v)
	if d.base != nil {
		guide := len(d.found)
		d.base.flush(v)
		d.demote(mark, guide)
	}
	if v.tag == "HL" {
		d.hl.check(d)
	}
}

// flush queues what was held back and checks the elements.
func (c *checker) flush(v *View) {
	for _, f := range c.pending {
		c.d.add(f)
	}
	c.pending = c.pending[:0]
	n := c.at
	if n < 0 {
		// No place: the definition of any node with this tag still says what its elements are.
		if n = c.spec.anyNode(v.tag); n < 0 {
			return
		}
	}
	if !v.open { // of a segment that was cut nothing can be said to be missing
		c.elements(v, c.spec.nodes[n].use, n)
	}
}

func (s *Spec) anyNode(tag string) int32 {
	for n := range s.nodes {
		if !s.nodes[n].loop && s.nodes[n].tag == tag {
			return int32(n)
		}
	}
	return -1
}

// demote turns what the base found into warnings, and takes out what the overlay said already.
func (d *Decoder) demote(from, guide int) {
	kept := guide
	removed := false
next:
	for i := guide; i < len(d.found); i++ {
		f := d.found[i]
		for j := from; j < guide; j++ {
			if d.found[j].Position == f.Position {
				removed = true
				continue next
			}
		}
		f.Severity = Warning
		d.found[kept] = f
		kept++
	}
	if !removed {
		return
	}
	// The events of the findings taken out go, too: they are the last ones queued.
	d.events = d.events[:len(d.events)-(len(d.found)-kept)]
	d.found = d.found[:kept]
}

// checkEnvelope checks the elements of a service segment.
func (d *Decoder) checkEnvelope() {
	v := &d.view
	d.checkForm()
	if d.service == nil {
		return
	}
	use := d.service.uses[v.tag]
	if use == nil {
		return
	}
	mark := len(d.found)
	c := checker{d: d, spec: d.serviceSpec()}
	c.elements(v, use, -1)
	for i := mark; i < len(d.found); i++ {
		f := &d.found[i]
		f.Level = LevelEnvelope
		switch f.Code {
		case "edi.code-unknown", "edi.code-open":
			*f = newFinding("edi.envelope-code", f.Rule, f.Position, "")
		case "edi.element-short", "edi.element-long", "edi.element-type", "edi.element-date", "edi.element-time":
			f.Severity = Warning // the envelope does its work all the same
		}
		if tolerated(v.tag) {
			f.Severity = Warning // it is about another interchange
		}
	}
}

func (d *Decoder) serviceSpec() *Spec {
	if d.envelope == nil || d.envelope.Release != d.service.release || d.envelope.Syntax != d.inter.Syntax {
		d.envelope = &Spec{Syntax: d.inter.Syntax, Release: d.service.release, Message: "envelope"}
	}
	return d.envelope
}

// checkForm reports what is wrong with the segment before anything is known about its meaning.
func (d *Decoder) checkForm() {
	v := &d.view
	if v.tooLong {
		d.report("edi.segment-too-long", d.clause("segment"), v.Position(), fmt.Sprintf("longer than %d bytes", d.limits.SegmentBytes))
	}
	if v.badLength {
		d.report("edi.binary-length", "X12.6 3.5.1.7", v.Position(), "")
	}
	if v.crowded {
		d.report("edi.segment-crowded", d.clause("segment"), v.Position(), fmt.Sprintf("more than %d values", d.limits.Elements))
	}
	if v.elements == 0 {
		d.report("edi.segment-empty", d.clause("segment"), v.Position(), "")
		if d.inter.Syntax == EDIFACT { // a tag alone can be a trigger there
			d.found[len(d.found)-1].Severity = Warning
		}
	} else if v.trailing && v.binary == 0 {
		p := v.Position()
		p.Element = v.elements
		d.report("edi.trailing-delimiter", d.clause("trailing"), p, "")
	}
	if v.broken && !d.broken {
		d.broken = true // once an interchange: where it is done once it is done everywhere
		d.report("edi.line-break", d.clause("character"), v.Position(), "")
	}
}

// validTag reports whether a tag can be one: two or three capital letters and digits in X12 (X12.6 3.7.1), three
// in EDIFACT (ISO 9735-1 9).
func (d *Decoder) validTag(tag string) bool {
	if len(tag) != 3 && (len(tag) != 2 || d.inter.Syntax == EDIFACT) {
		return false
	}
	for i := 0; i < len(tag); i++ {
		if c := tag[i]; !(c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return true
}

// elements checks the elements of a segment against its definition.
func (c *checker) elements(v *View, use *segmentUse, n int32) {
	var present, parts uint64
	var element, rep uint16
	var last *quickElement
	for i := range v.tokens {
		t := &v.tokens[i]
		if t.element() != element || t.repetition() != rep {
			if last != nil && last.odd {
				c.composite(v, element, rep, &use.elements[element-1], parts, use, n)
			}
			if int(t.element()) > len(use.quick) {
				c.value(v, t, use, n, "edi.element-extra", fmt.Sprintf("%s has %d elements", use.tag, len(use.elements)))
				last = nil
				break
			}
			last, parts = &use.quick[t.element()-1], 0
			if last.odd || t.repetition() > 1 {
				c.repetition(v, t, t.element() != element, last, use, n)
			}
			element, rep = t.element(), t.repetition()
			present |= 1 << element
		}
		if t.component() > uint16(last.parts) {
			if parts&1 == 0 {
				parts |= 1
				c.value(v, t, use, n, "edi.component-extra", fmt.Sprintf("at most %d", last.parts))
			}
			continue
		}
		parts |= 1 << t.component()
		p := &use.places[last.first+t.component()-1]
		if length := t.end() - t.start(); t.coarse() || p.kind > kindID || length > uint32(p.max) || length < uint32(p.min) ||
			p.unused || p.codes != nil && !p.codes.has(v.data[t.start():t.end()]) {
			c.check(v, t, &use.elements[element-1].parts[t.component()-1], use, n)
		}
	}
	if last != nil && last.odd {
		c.composite(v, element, rep, &use.elements[element-1], parts, use, n)
	}
	if lacking := use.required &^ present; lacking != 0 {
		c.lacking(v, lacking, use, n)
	}
	for i := range use.conditions {
		if cond := &use.conditions[i]; cond.broken(present) {
			c.condition(v, cond, present, use, n, 0)
		}
	}
	if use.periodFormat > 0 && present>>use.periodFormat&1 == 1 && present>>use.periodValue&1 == 1 {
		c.period(v.raw(use.periodValue, 1), v.Text(use.periodFormat, 1), v.at(use.periodValue, 0), use, n)
	}
}

// repetition checks what concerns a repetition of an element as a whole.
func (c *checker) repetition(v *View, t *token, first bool, q *quickElement, use *segmentUse, n int32) {
	limit := max(q.repeat, 1)
	if q.repeat != 0 && (t.repetition() == limit+1 && !first || t.repetition() > limit && first) {
		c.value(v, t, use, n, "edi.element-repeats", fmt.Sprintf("at most %d", limit))
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

// composite checks what belongs to the components of one repetition together.
func (c *checker) composite(v *View, element, rep uint16, e *elementUse, parts uint64, use *segmentUse, n int32) {
	if !e.composite {
		return
	}
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
			c.condition(v, cond, parts, use, n, int(element))
		}
	}
	if e.dateFormat > 0 && parts>>e.dateFormat&1 == 1 && parts>>e.dateValue&1 == 1 {
		p := v.at(int(element), e.dateValue)
		c.period(v.raw(int(element), e.dateValue), v.Text(int(element), e.dateFormat), p, use, n)
	}
}

// period checks a date or time against the format that another value names.
func (c *checker) period(value []byte, format string, p Position, use *segmentUse, n int32) {
	date, time := validPeriod(value, format)
	detail := fmt.Sprintf(" %s%02d", use.tag, p.Element)
	if p.Component > 0 {
		detail += fmt.Sprintf("-%d", p.Component)
	}
	if !date {
		c.add("edi.element-date", p, use, n, detail, "")
	} else if !time {
		c.add("edi.element-time", p, use, n, detail, "")
	}
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
