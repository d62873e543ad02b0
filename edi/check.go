package edi

import (
	"errors"
	"fmt"
)

// chooseSpec finds out what the message whose header was read is checked against.
func (d *Decoder) chooseSpec() {
	d.check, d.base, d.tags = nil, nil, &d.learned
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
	d.tags = &s.tags
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
	c := d.check
	if c == nil {
		return -1
	}
	n := c.match(&d.view, c.spec.tags.number(d.view.key))
	if d.base != nil {
		d.placeBase()
	}
	return int(n)
}

// placeBase follows the segment in the base of an overlay.
func (d *Decoder) placeBase() {
	d.base.match(&d.view, d.base.spec.tags.number(d.view.key))
}

// finishSegment queues the findings about the segment's place and then about its elements.
func (d *Decoder) finishSegment() {
	v := &d.view
	if v.form&formWrong != 0 {
		d.checkForm()
	}
	if d.check == nil {
		if d.inMessage && !d.inter.Syntax.validTag(v.tag) {
			d.report("edi.tag-invalid", d.clause("tag"), v.Position(), "")
		}
		if v.key>>16 == 0 {
			d.hl.check(d)
		}
		return
	}
	d.checkElements()
	if v.key>>16 == 0 { // HL, LS and LE have two letters
		d.hl.check(d)
	}
}

// checkElements queues the findings about the place of the segment and about its elements.
func (d *Decoder) checkElements() {
	mark := len(d.found)
	d.check.flush(&d.view)
	if d.base != nil {
		guide := len(d.found)
		d.base.flush(&d.view)
		d.demote(mark, guide)
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
	if v.form&formOpen == 0 { // of a segment that was cut nothing can be said to be missing
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
	if !tolerated(v.tag) {
		d.checkText()
	}
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
		if f.Code == "edi.element-short" && f.Position.Element == 4 && d.oldDate() {
			d.found = append(d.found[:i], d.found[i+1:]...)
			d.events = d.events[:len(d.events)-1] // events of findings are the last ones queued
			i--
			continue
		}
		f.Level = LevelEnvelope
		switch f.Code {
		case "edi.code-unknown", "edi.code-open":
			tag, element := f.Tag, f.Element
			*f = newFinding("edi.envelope-code", f.Rule, f.Position, "")
			f.Tag, f.Element = tag, element
		case "edi.element-short", "edi.element-long", "edi.element-type", "edi.element-date", "edi.element-time":
			if unanswerable := f.Code == "edi.element-type" && f.Element == "28" && v.tag == "GS"; !unanswerable {
				f.Severity = Warning // the envelope does its work all the same
			}
		}
		if tolerated(v.tag) {
			f.Severity = Warning // it is about another interchange
		}
	}
}

// oldDate reports whether GS04 in the view is a date as it was before 004010, when it had no century.
func (d *Decoder) oldDate() bool {
	v := &d.view
	date, release := v.raw(4, 1), v.raw(8, 1)
	return v.tag == "GS" && len(date) == 6 && validDate(date) && len(release) >= 6 && isDigits(release[:6]) && string(release[:6]) < "004010"
}

// findService looks up the definitions of the envelope segments, unless those of the interchange before will do.
func (d *Decoder) findService(s Syntax, version string) {
	if d.service == nil || d.serviceOf != version {
		d.service, d.serviceOf = d.dirs.service(s, version), version
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
	if v.form&formLong != 0 {
		d.report("edi.segment-too-long", d.clause("segment"), v.Position(), fmt.Sprintf("longer than %d bytes", d.limits.SegmentBytes))
	}
	if v.form&formLength != 0 {
		d.report("edi.binary-length", "X12.6 3.5.1.7", v.Position(), "")
	}
	if v.form&formCrowded != 0 {
		d.report("edi.segment-crowded", d.clause("segment"), v.Position(), fmt.Sprintf("more than %d values", d.limits.Elements))
	}
	if v.form&formEmpty != 0 {
		d.report("edi.segment-empty", d.clause("segment"), v.Position(), "")
		if d.inter.Syntax == EDIFACT { // a tag alone can be a trigger there
			d.found[len(d.found)-1].Severity = Warning
		}
	} else if v.form&formTrailing != 0 && v.binary == 0 {
		p := v.Position()
		p.Element = v.elements
		d.report("edi.trailing-delimiter", d.clause("trailing"), p, "")
	}
	if v.form&formBreak != 0 && !d.broken {
		d.broken = true // once an interchange: where it is done once it is done everywhere
		d.report("edi.line-break", d.clause("character"), v.Position(), "")
	}
}
