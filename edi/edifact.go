package edi

import (
	"bytes"
	"strconv"
	"strings"
)

// defaultEDIFACT are the delimiters in force without UNA (ISO 9735-1 clause 7). The repetition separator
// belongs to syntax version 4.
func defaultEDIFACT(version byte) Delimiters {
	d := Delimiters{Component: ':', Element: '+', Decimal: '.', Release: '?', Terminator: '\''}
	if version >= '4' {
		d.Repetition = '*'
	}
	return d
}

// separatorsB are the information separators IS1, IS3 and IS4, which level B has in place of signs where nobody
// needs to print them (ISO 9735:1988 5.2). They stand in no value, and are not released.
var separatorsB = Delimiters{Component: 0x1F, Element: 0x1D, Decimal: '.', Terminator: 0x1C}

// readUNA reads the service string advice and then the UNB behind it.
func (d *Decoder) readUNA() bool {
	if !d.src.want(9) {
		return d.cutUNA()
	}
	offset := d.src.offset()
	if d.shortUNA() {
		d.src.pos += 3
		return d.brokenUNA(offset)
	}
	una, used := d.advice()
	d.una = &una
	d.src.pos += used
	if una.Terminator >= 0xC2 { // a character of UTF-8: its first byte ends a segment
		d.src.want(4)
		b := d.src.rest()
		n := 0
		for n < min(len(b), 3) && b[n]&0xC0 == 0x80 {
			n++
		}
		d.tail = string(b[:n])
		d.skipTail()
	}
	for d.src.want(1) && isNoise(d.src.rest()[0]) {
		d.src.pos++
	}
	if !d.src.want(4) {
		return d.cutUNA()
	}
	if string(d.src.rest()[:3]) == "UIB" {
		return d.refuseInteractive(offset)
	}
	ok := una.opens(d.src.rest())
	clash := una.clash()
	if clash {
		// The advice cannot be meant: go on with the defaults, which the header may well use.
		d.una, d.tail = nil, ""
	}
	if !ok && !clash {
		return d.brokenUNA(offset)
	}
	if !d.beginEDIFACT("") {
		return false
	}
	if clash {
		d.report("edi.delimiter-clash", "ISO 9735-1 7.1", Position{Offset: offset}, "")
		return true
	}
	d.decimal(una.Decimal, offset+5)
	if i := d.inter; i.newSyntax() && una.Repetition != i.Delimiters.Repetition {
		d.report("edi.delimiter", "ISO 9735-1 7.1", Position{Offset: offset + 7}, "the repetition separator cannot be used as one; values are not split at it")
	}
	return true
}

// decimal deals with the decimal mark of UNA, which syntax version 4 retains and ignores.
func (d *Decoder) decimal(mark byte, offset int64) {
	switch {
	case d.inter.newSyntax():
	case isMark(mark):
		d.mark = mark
	default:
		d.report("edi.decimal-notation", "ISO 9735-1 7.1", Position{Offset: offset}, "the decimal mark is neither a point nor a comma")
		f := &d.found[len(d.found)-1]
		f.Severity, f.Tag = Warning, "UNA"
	}
}

// shortUNA reports whether the advice has fewer than six characters, most often for want of the blank: UNB comes too early,
// or the sixth is a line break and the fifth ends the segment before UNH or UNG.
func (d *Decoder) shortUNA() bool {
	d.src.want(512)
	b := d.src.rest()
	b = b[:min(len(b), 512)]
	if bytes.Contains(b[3:min(len(b), 11)], []byte("UNB")) {
		return true
	}
	if !isBreak(b[8]) || isNoise(b[7]) {
		return false
	}
	for _, tag := range []string{"UNH", "UNG"} {
		header, _, found := bytes.Cut(b[9:], []byte(tag))
		if found && bytes.HasSuffix(bytes.TrimRight(header, "\r\n "), b[7:8]) {
			return true
		}
	}
	return false
}

// brokenUNA reports an advice that no UNB follows. If one comes later, it is found as any other.
func (d *Decoder) brokenUNA(offset int64) bool {
	d.una, d.tail = nil, ""
	d.report("edi.una-broken", "ISO 9735-1 7.1", Position{Offset: offset}, "no UNB follows the service string advice")
	return false
}

// cutUNA reports that the stream ends in the advice, or between it and UNB.
func (d *Decoder) cutUNA() bool {
	d.una, d.tail = nil, ""
	if d.done = true; d.src.err == nil {
		d.report("edi.premature-end", "ISO 9735-1 7.1", d.cut(), "the data end before UNB")
	}
	return false
}

// refuseInteractive deals with an advice for an interactive interchange.
func (d *Decoder) refuseInteractive(offset int64) bool {
	d.una, d.tail = nil, ""
	if d.noise = interactiveEDI; d.interchanges == 0 {
		d.done = true
		d.report("edi.interactive", "ISO 9735-3", Position{Offset: offset}, interactiveEDI+", neither X12 nor batch UN/EDIFACT")
	}
	return false
}

// clash reports whether delimiters that no interchange is without are the same, or cannot be delimiters.
func (d Delimiters) clash() bool {
	return d.Component == d.Element || d.Element == d.Terminator || d.Component == d.Terminator ||
		d.Release > 0 && (d.Release == d.Element || d.Release == d.Terminator || d.Release == d.Component) ||
		isAlnum(d.Element) || isAlnum(d.Terminator) || isAlnum(d.Component) || isAlnum(d.Release) || d.Component == 0
}

// apart reports whether the repetition separator is none of the others and can be one.
func (d Delimiters) apart() bool {
	r := d.Repetition
	return r != d.Component && r != d.Element && r != d.Release && r != d.Terminator && !isAlnum(r)
}

// advice reads the nine bytes of UNA and says how many there were. Line breaks among them can be delimiters, or
// come from a transport that wraps: they are what the next segment makes sense with.
func (d *Decoder) advice() (Delimiters, int) {
	d.src.want(32)
	b := d.src.rest()
	una := newAdvice(b)
	if !bytes.ContainsAny(b[:9], "\r\n") || una.opens(bytes.TrimLeft(b[9:], "\r\n ")) {
		return una, 9
	}
	if plain := plainBytes(b, 9); len(plain) == 9 {
		used := 0
		for n := 0; n < 9; used++ {
			if !isBreak(b[used]) {
				n++
			}
		}
		if wrapped := newAdvice(plain); wrapped.opens(bytes.TrimLeft(b[used:], "\r\n ")) {
			return wrapped, used
		}
	}
	return una, 9
}

func newAdvice(b []byte) Delimiters {
	una := Delimiters{Component: b[3], Element: b[4], Decimal: b[5], Release: b[6], Repetition: b[7], Terminator: b[8]}
	if una.Release == ' ' {
		una.Release = 0
	}
	if una.Repetition == ' ' {
		una.Repetition = 0
	}
	return una
}

// opens reports whether b begins with a segment that uses the delimiters.
func (d Delimiters) opens(b []byte) bool {
	if len(b) > 4 && b[3] != d.Element {
		b = plainBytes(b[:min(len(b), 10)], 4)
	}
	return len(b) >= 4 && b[3] == d.Element && isAlnum(b[0])
}

// beginEDIFACT reads UNB and opens the interchange. Without UNB (tag is another) the interchange is implied,
// so that a message alone can still be checked.
func (d *Decoder) beginEDIFACT(tag string) bool {
	delimiters := defaultEDIFACT('1')
	if d.una != nil {
		delimiters = *d.una
	}
	b := d.src.rest()
	if d.una == nil && len(b) > 3 && b[3] == separatorsB.Element {
		delimiters = separatorsB
	}
	version := edifactVersion(plainBytes(b[:min(len(b), 80)], 40), delimiters)
	switch {
	case version < '4' || !delimiters.apart():
		delimiters.Repetition = 0
	case d.una == nil:
		delimiters.Repetition = '*'
	}
	d.una = nil
	d.open(EDIFACT, delimiters)
	d.findService(EDIFACT, string(version))
	if len(b) < 4 || string(b[:3]) != "UNB" && string(plainBytes(b, 3)) != "UNB" {
		d.inter.Position = Position{Offset: d.src.offset(), Segment: d.segment + 1}
		d.inter.Version = "UNOA:" + string(version)
		d.emit(BeginInterchange, 0)
		p := d.inter.Position
		p.Tag = "UNB"
		d.report("edi.header-missing", "ISO 9735-1 8.6", p, "")
		return true
	}
	d.skipNoise()
	if !d.read() {
		d.inter = nil
		return false
	}
	v, i := &d.view, d.inter
	i.Position = v.Position()
	i.Version = v.Text(1, 1) + ":" + v.Text(1, 2)
	i.Sender, i.Receiver = v.address(2), v.address(3)
	i.Date, i.Time = v.Text(4, 1), v.Text(4, 2)
	i.Control = v.Text(5, 1)
	i.Application = v.Text(7, 1)
	i.AckRequested, i.Receipt = v.Text(9, 1) == "1", v.Text(9, 1) == "2"
	i.Usage = "P"
	if v.Text(11, 1) != "" {
		i.Usage = "T"
	}
	d.emit(BeginInterchange, 0)
	d.emit(SegmentRead, -1)
	d.checkUNB()
	return true
}

// newSyntax reports whether the interchange is in syntax version 4.
func (i *Interchange) newSyntax() bool {
	return i.Syntax == EDIFACT && strings.HasSuffix(i.Version, ":4")
}

// party reads S006 or S007 of UNG.
func (v *View) party(element int) Address {
	return Address{ID: v.Text(element, 1), Qualifier: v.Text(element, 2)}
}

// address reads S002 or S003 of UNB.
func (v *View) address(element int) Address {
	return Address{ID: v.Text(element, 1), Qualifier: v.Text(element, 2), Internal: v.Text(element, 3), SubInternal: v.Text(element, 4)}
}

// edifactVersion returns the syntax version of the UNB at the start of b, '3' when it cannot be told.
func edifactVersion(b []byte, d Delimiters) byte {
	if len(b) > 10 && b[3] == d.Element && string(b[:3]) == "UNB" {
		s := b[4:min(len(b), 40)]
		if i := bytes.IndexByte(s, d.Component); i > 0 && i+1 < len(s) && s[i+1] >= '1' && s[i+1] <= '9' {
			return s[i+1]
		}
	}
	return '3'
}

func (d *Decoder) checkUNB() {
	v := &d.view
	d.checkEnvelope()
	if version := v.Text(1, 2); version < "1" || version > "4" || len(version) != 1 {
		d.report("edi.syntax-version", "ISO 9735-1 UNB 0002", v.at(1, 2), "")
	}
	d.checkInterchangeDuplicate(5)
	if v.form&formOpen != 0 {
		d.report("edi.segment-open", d.clause("terminator"), v.Position(), "")
	}
}

func (d *Decoder) stepEDIFACT() {
	v := &d.view
	switch v.tag {
	case "UNG":
		d.closeGroup(v.Position())
		d.beginUNG()
	case "UNH":
		d.closeMessage(v.Position())
		d.beginUNH()
	case "UNO":
		d.closeMessage(v.Position())
		d.readObject()
	case "UNP":
		d.closeMessage(v.Position())
		d.checkUNP()
	case "UNT":
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
	case "UNE":
		d.closeMessage(v.Position())
		if d.group == nil {
			d.unexpectedTrailer()
			return
		}
		d.emit(SegmentRead, -1)
		d.checkEnvelope()
		d.checkCount("edi.message-count", "message", 1, d.messages)
		d.checkReference("edi.group-reference", 2, d.group.Control, false)
		d.endGroup()
	case "UNZ":
		d.closeGroup(v.Position())
		d.emit(SegmentRead, -1)
		d.checkEnvelope()
		d.checkUNZ()
		d.trailer = true
	default:
		d.segmentInside()
	}
}

func (d *Decoder) checkUNZ() {
	count, of := d.groups, "group"
	if d.groups == 0 {
		count, of = d.loose, "message"
	} else if d.loose > 0 {
		d.report("edi.mixed-groups", "ISO 9735-1 8.5", d.view.Position(), "")
	}
	d.checkCount("edi.group-count", of, 1, count)
	d.checkReference("edi.interchange-reference", 2, d.inter.Control, false)
}

func (d *Decoder) beginUNG() {
	v := &d.view
	d.group = &Group{
		Code: v.Text(1, 1), Sender: v.party(2), Receiver: v.party(3),
		Date: v.Text(4, 1), Time: v.Text(4, 2), Control: v.Text(5, 1), Agency: v.Text(6, 1),
		Version: v.Text(7, 1) + ":" + v.Text(7, 2), Position: v.Position(),
	}
	d.groups++
	d.messages = 0
	d.emit(BeginGroup, 0)
	d.emit(SegmentRead, -1)
	d.checkEnvelope()
	d.checkDuplicate(&d.seenGroups, "edi.group-duplicate", 5)
}

func (d *Decoder) beginUNH() {
	v := &d.view
	d.beginMessage(Message{
		Name: d.word(2, 1), Release: d.release(), Agency: d.word(2, 4), Association: d.word(2, 5), Control: d.controls.add(d.view.raw(1, 1)),
	})
	d.checkDuplicate(&d.seenMessages, "edi.message-duplicate", 1)
	if d.head.Name == "" {
		d.report("edi.message-header", "ISO 9735-1 UNH 0065", v.at(2, 1), "")
	}
	d.finishSegment()
}

// release joins version and release number of UNH: "D" and "03B".
func (d *Decoder) release() string {
	version, number := d.view.raw(2, 2), d.view.raw(2, 3)
	d.scratch = append(append(d.scratch[:0], version...), number...)
	return d.words.get(d.scratch)
}

// readObject passes over a package: UNO states the length of the object behind it (ISO 9735-8), which may hold
// any byte.
func (d *Decoder) readObject() {
	v := &d.view
	d.emit(SegmentRead, -1)
	d.checkEnvelope()
	d.messages++
	if d.group == nil {
		d.loose++
	}
	d.checkDuplicate(&d.seenPackages, "edi.message-duplicate", 1)
	position := v.at(4, 1)
	d.object = object{reference: v.Text(1, 1), length: v.Text(4, 1), open: true}
	length, err := strconv.ParseInt(d.object.length, 10, 64)
	if err != nil || length < 0 {
		d.report("edi.binary-length", "ISO 9735-8 5", position, "the length of the object is no number that can be")
		return
	}
	v.data = append([]byte(nil), v.data...) // the window moves on below
	if !d.src.skip(length) {
		return
	}
	d.skipNoise()
	if d.src.want(3) && string(d.src.rest()[:3]) != "UNP" {
		d.report("edi.binary-length", "ISO 9735-8 5", position, "")
	}
}

// object is what UNO says and UNP repeats.
type object struct {
	reference, length string
	open              bool
}

// checkUNP compares the trailer of a package with its header.
func (d *Decoder) checkUNP() {
	v := &d.view
	o := d.object
	d.object = object{}
	if !o.open {
		d.unexpectedTrailer()
		return
	}
	d.emit(SegmentRead, -1)
	d.checkEnvelope()
	if stated := v.Text(1, 1); strings.TrimLeft(stated, "0") != strings.TrimLeft(o.length, "0") {
		d.report("edi.binary-length", "ISO 9735-8 UNP 0810", v.at(1, 0), "header and trailer state different lengths")
	}
	d.checkReference("edi.message-reference", 2, o.reference, false)
}
