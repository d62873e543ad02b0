package edi

import (
	"bytes"
	"fmt"
	"strings"
)

// beginX12 reads ISA and opens the interchange.
func (d *Decoder) beginX12() bool {
	d.src.want(2 * isaLength)
	b := d.src.rest()
	if n := wideSeparator(b); n > 0 {
		return d.brokenISA(b, fmt.Sprintf("the element separator is a character of %d bytes; a separator is one byte", n))
	}
	h, ok := parseISA(b)
	if !ok {
		return d.brokenISA(b, "")
	}
	terminator := byte('~')
	if !h.unfinished {
		terminator = b[h.used-1]
	}
	delimiters, usable := h.delimiters(terminator)
	d.tail = h.tail(b)
	v := &d.view
	d.header = append(d.header[:0], h.text...)
	*v = View{Offset: d.src.offset(), tag: "ISA", tokens: h.tokens[1:], elements: 16, data: d.header}
	if h.unfinished {
		v.form = formOpen
	}
	d.src.pos += min(h.used, len(b))
	d.open(X12, delimiters)
	d.fillISA()
	d.emit(BeginInterchange, 0)
	d.emit(SegmentRead, -1)
	if terminator == delimiters.Element { // nothing behind the header can be told apart
		p := v.Position()
		p.Offset += int64(len(h.text))
		d.report("edi.delimiter-clash", "X12.6 3.4", p, "the segment terminator is the element separator, or ISA has more than 16 elements; what follows is not read")
		d.delimiters = Delimiters{}
		d.emitEnd()
		return true
	}
	if h.stripped || h.wrapped {
		d.report("edi.isa-width", "X12.5 4.2 ISA", v.Position(), "")
	}
	if !usable {
		d.report("edi.delimiter", "X12.5 4.2 ISA16", v.at(16, 0), "the component separator cannot be used as one; values are not split at it")
	}
	if r := v.raw(11, 1); d.inter.Version >= "00402" && delimiters.Repetition == 0 && string(r) != "U" {
		why := "the repetition separator cannot be used as one; values are not split at it"
		if len(r) > 1 {
			why = "the repetition separator is more than one byte; values are not split at it"
		}
		d.report("edi.delimiter", "X12.5 4.2 ISA11", v.at(11, 0), why)
	}
	d.checkHeader()
	d.checkISA(h.stripped)
	d.checkInterchangeDuplicate(13)
	return true
}

// brokenISA deals with an ISA that cannot be read: it is an interchange, but nothing in it can be found.
func (d *Decoder) brokenISA(b []byte, why string) bool {
	if d.interchanges > 0 && len(b) > isaLength && why == "" {
		return false
	}
	d.view = View{Offset: d.src.offset(), tag: "ISA", data: nil}
	p := d.view.Position()
	d.src.pos++
	element := b[3]
	if why != "" {
		element = 0 // nothing that follows can be told to be a segment
	}
	d.open(X12, Delimiters{Element: element, Terminator: '~', Decimal: '.'})
	d.emit(BeginInterchange, 0)
	d.segment++
	p.Segment = d.segment
	if len(b) < isaLength {
		p.Offset = d.src.base + int64(d.src.end)
		d.report("edi.premature-end", d.clause("interchange"), p, "the data end inside ISA")
		d.done = true
	} else {
		d.report("edi.isa-broken", "X12.5 4.2 ISA", p, why)
	}
	d.emitEnd()
	return true
}

// open starts an interchange with the delimiters that its header gave.
func (d *Decoder) open(s Syntax, delimiters Delimiters) {
	d.inter = &Interchange{Syntax: s, Delimiters: delimiters}
	d.syntax = s
	d.delimiters = delimiters
	d.mark = 0
	d.scan.begin(delimiters)
	if d.learnedOf != s {
		d.learned.spread(nil, 2*maxLearned, 1)
		d.learnedOf = s
	}
	d.tags = &d.learned
	d.classes = &d.scan.marker.classes
	d.view.release = newEscape(delimiters)
	d.interchanges++
	d.group, d.inMessage, d.trailer, d.broken, d.foreign = nil, false, false, false, false
	d.secured, d.interactive = false, false
	d.groups, d.messages, d.grouped, d.loose = 0, 0, 0, 0
	d.seenGroups.reset()
	d.seenMessages.reset()
	d.seenPackages.reset()
	d.object = object{}
	if s == X12 && len(d.view.tokens) > 0 {
		d.segment++
		d.view.segment, d.view.messageSegment = d.segment, 0
	}
}

// isa returns an element of ISA, where all stand.
func (v *View) isa(n int) []byte {
	t := &v.tokens[n-1]
	return v.data[t.start():t.end()]
}

func (d *Decoder) fillISA() {
	v, i := &d.view, d.inter
	trim := func(n int) string { return d.words.get(bytes.TrimRight(v.isa(n), " ")) }
	i.Position = v.Position()
	i.Version = trim(12)
	i.Sender = Address{Qualifier: trim(5), ID: trim(6)}
	i.Receiver = Address{Qualifier: trim(7), ID: trim(8)}
	i.Date, i.Time = trim(9), trim(10)
	i.Control = d.controls.add(bytes.TrimRight(v.isa(13), " "))
	i.AckRequested = trim(14) == "1"
	i.Usage = trim(15)
	if i.Usage == "I" { // information: neither production nor test data (X12.5 I14)
		i.Usage = ""
	}
	d.findService(X12, i.Version)
}

// checkISA checks the values of the header that the fixed width says nothing about.
func (d *Decoder) checkISA(stripped bool) {
	v := &d.view
	wrong := func(n int, why string) {
		d.report("edi.envelope-element", fmt.Sprintf("X12.5 4.2 ISA%02d", n), v.at(n, 0), why)
	}
	odd := func(n int, why string) { // TA104 E: accepted, errors are noted
		wrong(n, why)
		d.found[len(d.found)-1].Severity = Warning
	}
	for _, n := range []int{1, 3, 5, 7} {
		switch q := v.isa(n); {
		case len(q) != 2 || !isAlnum(q[0]) || !isAlnum(q[1]):
			odd(n, "the qualifier is not two letters or digits")
		case !knownQualifier(n, q):
			odd(n, "the qualifier is not in the standard's list")
		}
	}
	for _, n := range []int{6, 8} {
		if len(bytes.TrimRight(v.isa(n), " ")) == 0 {
			wrong(n, "the identification is blank")
		}
	}
	if date := v.isa(9); len(date) != 6 || !validDate(date) {
		odd(9, "the date does not exist")
	}
	if time := v.isa(10); len(time) != 4 || !validTime(time) {
		odd(10, "the time does not exist")
	}
	if version := v.isa(12); len(version) != 5 || !isDigits(version) || string(version) < "00200" || string(version) > "00899" {
		odd(12, "no published version")
	}
	if control := v.isa(13); !isDigits(control) || len(control) != 9 && !stripped {
		wrong(13, "the control number is not nine digits")
	}
	if ack := v.isa(14); string(ack) != "0" && string(ack) != "1" {
		odd(14, "neither 0 nor 1")
	}
	if usage := v.isa(15); len(usage) != 1 || !strings.Contains("PTI", string(usage)) {
		odd(15, "none of P, T and I")
	}
}

func (d *Decoder) stepX12() {
	v := &d.view
	switch v.tag {
	case "GS":
		d.closeGroup(v.Position())
		d.beginGS()
	case "ST":
		d.closeMessage(v.Position())
		d.beginST()
	case "SE":
		if !d.inMessage {
			d.unexpectedTrailer()
			return
		}
		d.emitSegment()
		d.checkText()
		d.finishSegment()
		d.checkCount("edi.segment-count", "segment", 1, d.segments)
		d.checkReference("edi.message-reference", 2, d.head.Control, false)
		d.endMessage()
	case "GE":
		d.closeMessage(v.Position())
		if d.group == nil {
			d.unexpectedTrailer()
			return
		}
		d.emit(SegmentRead, -1)
		d.checkEnvelope()
		d.checkCount("edi.message-count", "message", 1, d.messages)
		d.checkReference("edi.group-reference", 2, d.group.Control, true)
		d.endGroup()
	case "IEA":
		d.closeGroup(v.Position())
		d.emit(SegmentRead, -1)
		d.checkEnvelope()
		d.checkCount("edi.group-count", "group", 1, d.groups)
		d.checkReference("edi.interchange-reference", 2, d.inter.Control, true)
		d.trailer = true
	default:
		d.segmentInside()
	}
}

func (d *Decoder) beginGS() {
	v := &d.view
	d.group = &Group{
		Code: d.word(1, 1), Sender: Address{ID: d.word(2, 1)}, Receiver: Address{ID: d.word(3, 1)},
		Date: d.word(4, 1), Time: d.word(5, 1), Control: d.controls.add(v.raw(6, 1)), Agency: d.word(7, 1), Version: d.word(8, 1),
		Position: v.Position(),
	}
	d.groups++
	d.messages = 0
	d.seenMessages.reset()
	d.emit(BeginGroup, 0)
	d.emit(SegmentRead, -1)
	d.checkEnvelope()
	d.checkDuplicate(&d.seenGroups, "edi.group-duplicate", 6)
}

func (d *Decoder) beginST() {
	v := &d.view
	release, association := "", d.word(3, 1)
	if d.group != nil {
		release = d.group.Version
	}
	if release == "" {
		release, association = association, ""
	}
	// GS08: version, release, subrelease in six digits, then what an industry adds (X12.5 element 480).
	if len(release) > 6 {
		if association == "" {
			association = release[6:]
		}
		release = release[:6]
	}
	d.beginMessage(Message{Name: d.word(1, 1), Release: release, Association: association, Control: d.controls.add(v.raw(2, 1))})
	if d.group == nil {
		p := v.Position()
		p.Tag = "GS"
		d.report("edi.header-missing", d.clause("group"), p, "the set stands outside any group")
	}
	d.checkDuplicate(&d.seenMessages, "edi.message-duplicate", 2)
	if d.head.Name == "" {
		d.report("edi.message-header", "X12.6 3.9 ST01", v.at(1, 0), "")
	}
	if s := d.head.Spec; s != nil && s.Group != "" && d.group != nil && d.group.Code != s.Group {
		d.report("edi.group-code", s.Release+" GS01", v.Position(), "the group code belongs to other messages")
	}
	d.finishSegment()
}

// beginMessage opens a message whose header is in the view.
func (d *Decoder) beginMessage(head Message) {
	d.inMessage = true
	d.index++
	d.messages++
	if d.group == nil {
		d.loose++
	} else {
		d.grouped++
	}
	d.segments = 1
	d.view.messageSegment = 1
	head.Interchange, head.Group, head.Index, head.Start = d.inter, d.group, d.index, d.view.Offset
	d.head = head
	d.hl.reset()
	d.everyText = d.watched()
	d.chooseSpec()
	d.emit(BeginMessage, 0)
	d.emitSegment()
	d.unchosen()
	d.checkText()
}

// segmentInside deals with a segment that is no part of an envelope.
func (d *Decoder) segmentInside() {
	v := &d.view
	if d.passSecurity() {
		return
	}
	if !d.inMessage {
		if d.inter.Syntax == EDIFACT && d.passInteractive() || d.inter.Syntax == X12 && d.extension() {
			return
		}
		d.emit(SegmentRead, -1)
		if d.inter.Syntax == X12 && tolerated(v.tag) {
			d.checkEnvelope()
			return
		}
		if !d.inter.Syntax.validTag(v.tag) {
			d.report("edi.tag-invalid", d.clause("tag"), v.Position(), "")
		}
		d.report("edi.segment-outside", d.clause("message"), v.Position(), "")
		d.checkForm()
		return
	}
	d.emitSegment()
	d.checkText()
	d.finishSegment()
}

func (d *Decoder) unexpectedTrailer() {
	d.emit(SegmentRead, -1)
	d.report("edi.trailer-unexpected", d.clause("interchange"), d.view.Position(), "")
}

// checkCount compares a count in a trailer with what was counted.
func (d *Decoder) checkCount(code, of string, element, counted int) {
	stated, ok := smallNumber(d.view.raw(element, 1))
	if !ok || stated != counted {
		if counted != 1 {
			of += "s"
		}
		d.report(code, d.clause("count"), d.view.at(element, 0), fmt.Sprintf("%d %s counted, the trailer states another number", counted, of))
	}
}

// checkReference compares the control number of a trailer with the header's. Leading zeros do not count in a
// number (X12.6 3.5.1.1), they do in a text.
func (d *Decoder) checkReference(code string, element int, header string, number bool) {
	if string(d.view.raw(element, 1)) == header {
		return
	}
	trailer := d.view.Text(element, 1)
	if trailer == header {
		return
	}
	if number && isDigits([]byte(trailer)) && strings.TrimLeft(trailer, "0") == strings.TrimLeft(header, "0") {
		return
	}
	d.report(code, d.clause("count"), d.view.at(element, 0), "")
}

func (d *Decoder) checkDuplicate(c *controls, code string, element int) {
	number := d.view.raw(element, 1)
	if number == nil {
		return
	}
	if c.seen(number) {
		d.report(code, d.clause("duplicate"), d.view.at(element, 0), "")
	}
	d.tellUnchecked(c.full, element)
}

// checkInterchangeDuplicate looks for an earlier interchange with the number, which stands in the element, between
// the same two.
func (d *Decoder) checkInterchangeDuplicate(element int) {
	if d.seenISA.seen(d.inter) {
		d.report("edi.interchange-duplicate", d.clause("duplicate"), d.view.at(element, 0), "")
	}
	d.tellUnchecked(d.seenISA.full, element)
}

// tellUnchecked says once that numbers are no longer remembered.
func (d *Decoder) tellUnchecked(full bool, element int) {
	if full && !d.uncheckedTold {
		d.uncheckedTold = true
		d.report("edi.duplicates-unchecked", d.clause("duplicate"), d.view.at(element, 0), "")
	}
}
