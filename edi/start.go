package edi

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// starts are the tags that begin an interchange, or a message that lost its interchange.
var starts = [...]string{"ISA", "UNA", "UNB", "UNH", "UNG"}

// atStart reports whether the bytes at hand begin another interchange although one is open.
func (d *Decoder) atStart() bool {
	d.skipNoise()
	b := d.src.rest()
	if len(b) > 0 && b[0] != 'I' && b[0] != 'U' || !d.src.want(4) {
		return false
	}
	b = d.src.rest()
	if isBreak(b[1]) || isBreak(b[2]) || isBreak(b[3]) { // wrapped inside the tag
		d.src.want(8)
		if b = plainBytes(d.src.rest(), 4); len(b) < 4 {
			return false
		}
	}
	switch {
	case b[0] == 'I':
		return string(b[:3]) == "ISA" && (!isAlnum(b[3]) || d.src.want(isaLength) && breaksSeparate(d.src.rest()))
	case b[0] == 'U' && b[1] == 'N':
		return (b[2] == 'A' || b[2] == 'B') && !isAlnum(b[3])
	}
	return false
}

// seek finds the next interchange and reads its header. At the end of the stream it sets done.
func (d *Decoder) seek() {
	if d.tail != "" {
		d.skipTail()
		d.tail = ""
	}
	d.last = d.delimiters.Element
	d.classes = nil
	d.delimiters = Delimiters{}
	noise, binary := int64(-1), false
	for {
		d.src.want(4096)
		b := d.src.rest()
		if len(b) == 0 {
			d.endOfStream(noise)
			return
		}
		at, tag := findStart(b)
		if at < 0 {
			if n := firstSolid(b); n >= 0 && noise < 0 {
				noise, binary = d.src.offset()+int64(n), isBinary(b[n:])
				if d.interchanges == 0 && d.foreignSyntax(b[n:]) {
					return
				}
				d.leftover(b[n:], noise)
				d.stray(b[n:])
			}
			// A tag may be cut by the end of the window.
			d.src.pos += max(1, len(b)-4)
			continue
		}
		if n := firstSolid(b[:at]); n >= 0 && noise < 0 {
			noise, binary = d.src.offset()+int64(n), isBinary(b[n:at])
			d.stray(b[n:at])
		}
		d.src.pos += at
		if binary && !d.isHeader(tag) {
			d.src.pos += len(tag)
			continue
		}
		before := d.src.offset()
		if d.begin(tag) {
			if noise >= 0 {
				d.reportNoise(noise)
			}
			return
		}
		if d.done {
			return
		}
		if noise < 0 {
			noise = before
		}
		if d.src.offset() == before {
			d.src.pos = min(d.src.pos+3, d.src.end)
		}
	}
}

// isHeader reports whether the tag at hand has more of a header behind it. Every 2 MB of binary data have a tag by
// chance, and nobody is helped by a report on what is wrong with it.
func (d *Decoder) isHeader(tag string) bool {
	d.src.want(2 * isaLength)
	b := d.src.rest()
	switch tag {
	case "ISA":
		_, ok := parseISA(b)
		return ok
	case "UNA":
		if len(b) < 9 {
			return true // the data end in it
		}
		una, used := d.advice()
		return una.opens(bytes.TrimLeft(b[used:], "\r\n "))
	}
	b = plainBytes(b, 20) // syntax identifier, or reference, and what ends it
	n := 4
	for n < len(b) && isAlnum(b[n]) && (tag != "UNB" || b[n] >= 'A' && b[n] <= 'Z') {
		n++
	}
	if tag == "UNB" {
		return n == 8
	}
	return n > 4 && n < len(b) && b[n] == b[3]
}

// isBinary reports whether b has what no text has.
func isBinary(b []byte) bool {
	return bytes.ContainsFunc(b[:min(len(b), 512)], func(r rune) bool {
		return r == utf8.RuneError || r == 0x7F || r < ' ' && !isNoise(byte(r))
	})
}

// stray finds out what stands where no interchange does.
func (d *Decoder) stray(b []byte) {
	switch d.noise = dialect(b); {
	case d.noise != "":
	case len(b) > 3 && (string(b[:2]) == "GS" || string(b[:2]) == "ST") && b[2] > ' ' && !isAlnum(b[2]) && isAlnum(b[3]):
		d.headless = "X12 without ISA, which says what the delimiters are"
	case isText(b):
		d.noise = "plain text"
	}
}

// reportNoise names what stands between interchanges as far as it can be told. Interactive EDI is more than noise:
// it would have been business.
func (d *Decoder) reportNoise(at int64) {
	switch p := (Position{Offset: at}); d.noise {
	case "", "plain text":
		d.report("edi.noise", d.clause("noise"), p, "")
	case interactiveEDI:
		d.report("edi.interactive", "ISO 9735-3", p, "")
	default:
		d.report("edi.noise", d.clause("noise"), p, d.noise+" outside any interchange")
	}
	d.noise = ""
}

// isText reports whether somebody could read b: there is something, and no control characters.
func isText(b []byte) bool {
	b = b[:min(len(b), 512)]
	for _, c := range b {
		if c < ' ' && !isNoise(c) || c == 0 || c == 0x7F {
			return false
		}
	}
	for _, tag := range starts { // an interchange that was cut in its first tag
		if bytes.HasPrefix([]byte(tag), b[:min(len(b), 3)]) {
			return false
		}
	}
	return len(b) > 0
}

// leftover reports what follows an interchange and would be a segment inside one.
func (d *Decoder) leftover(b []byte, offset int64) {
	if d.last == 0 || len(b) < 4 || dialect(b) == interactiveEDI || !isAlnum(b[0]) || b[3] != d.last && b[2] != d.last {
		return
	}
	d.report("edi.segment-outside", d.clause("interchange"), Position{Offset: offset}, "segments follow the end of the interchange")
}

// findStart returns where the first start of an interchange is in b, -1 if there is none.
func findStart(b []byte) (int, string) {
	for i := 0; i+3 < len(b); i++ {
		if b[i] != 'I' && b[i] != 'U' || i > 0 && isAlnum(b[i-1]) {
			continue
		}
		head := b[i : i+4]
		if isBreak(head[1]) || isBreak(head[2]) || isBreak(head[3]) && i+4 < len(b) { // wrapped inside the tag
			if head = plainBytes(b[i:min(i+8, len(b))], 4); len(head) < 4 {
				head = b[i : i+4]
			}
		}
		if isBreak(b[i+3]) && breaksSeparate(b[i:]) {
			return i, "ISA"
		}
		for _, tag := range starts {
			if string(head[:3]) == tag && !isAlnum(head[3]) && (tag != "UNG" && tag != "UNH" || head[3] == '+') {
				return i, tag
			}
		}
	}
	return -1, ""
}

// breaksSeparate reports whether b begins with an ISA whose element separator is a line break.
func breaksSeparate(b []byte) bool {
	if len(b) < isaLength || !isBreak(b[3]) || string(b[:3]) != "ISA" {
		return false
	}
	_, ok := fixedISA(b)
	return ok
}

// firstSolid returns the index of the first byte that is neither blank, line break nor part of a byte order
// mark; -1 if there is none.
func firstSolid(b []byte) int {
	for i := 0; i < len(b); i++ {
		if bytes.HasPrefix(b[i:], []byte("\xEF\xBB\xBF")) {
			i += 2
		} else if !isNoise(b[i]) {
			return i
		}
	}
	return -1
}

// begin reads the header at the position of the source. It reports false when there is none after all.
func (d *Decoder) begin(tag string) bool {
	switch tag {
	case "ISA":
		return d.beginX12()
	case "UNA":
		return d.readUNA()
	}
	return d.beginEDIFACT(tag)
}

// foreignSyntax names what the stream is when it is something else that we know. Reading then ends.
func (d *Decoder) foreignSyntax(b []byte) bool {
	name := dialect(b)
	if name == "" {
		return false
	}
	d.done = true
	code, rule := "edi.foreign-syntax", ""
	if name == interactiveEDI {
		code, rule = "edi.interactive", "ISO 9735-3"
	}
	d.report(code, rule, Position{Offset: d.src.offset() + int64(max(firstSolid(d.src.rest()), 0))},
		fmt.Sprintf("%s, neither X12 nor batch UN/EDIFACT", name))
	return true
}

const interactiveEDI = "interactive UN/EDIFACT"

// dialect recognises the formats that are sent by mistake.
func dialect(b []byte) string {
	b = bytes.TrimPrefix(b, []byte{0x0B}) // what HL7 is sent in
	has := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case has("UIB"):
		return interactiveEDI
	case has("STX="), has("SCH="):
		return "TRADACOMS"
	case has("MSH|"), has("FHS|"), has("BHS|"):
		return "HL7 version 2"
	case has("<"):
		return "XML"
	case has("{"), has("["):
		return "JSON"
	case has("%PDF"):
		return "PDF"
	case has("PK\x03\x04"):
		return "ZIP"
	case len(b) > 5 && b[3] == '/' && isDigits(b[4:5]) && bytes.Equal(bytes.ToUpper(b[:3]), b[:3]) && isAlnum(b[0]):
		return "Cargo-IMP"
	case has("FF FE"), has("\xFF\xFE"), has("\xFE\xFF"):
		return "UTF-16 text"
	}
	return ""
}

// endOfStream reports what is to be said when no further interchange comes.
func (d *Decoder) endOfStream(noise int64) {
	d.done = true
	if d.src.err != nil {
		return
	}
	switch rule := d.cutTag(noise); {
	case d.interchanges == 0 && d.noise != "":
		d.report("edi.foreign-syntax", "", Position{Offset: noise}, d.noise+", neither X12 nor batch UN/EDIFACT")
	case d.interchanges == 0 && rule != "":
		d.report("edi.premature-end", rule, d.cut(), "the data end inside the first tag")
	case d.interchanges == 0:
		d.report("edi.no-interchange", "", Position{Offset: max(noise, 0)}, d.headless)
	case noise >= 0:
		d.reportNoise(noise)
	}
}

// cut is the position of the end of the stream.
func (d *Decoder) cut() Position { return Position{Offset: d.src.base + int64(d.src.end)} }

// cutTag returns the clause about headers if the stream has no more from there on than the beginning of a header's tag.
func (d *Decoder) cutTag(from int64) (rule string) {
	if from < d.src.base {
		return ""
	}
	b := d.src.buf[from-d.src.base : d.src.end]
	for _, tag := range starts {
		switch {
		case len(b) > len(tag) || !bytes.HasPrefix([]byte(tag), b):
		case tag == "ISA":
			return "X12.5 4"
		default:
			return "ISO 9735-1 8.6"
		}
	}
	return ""
}

// premature reports an interchange that is cut off, and closes what is open.
func (d *Decoder) premature() {
	p := Position{Offset: d.src.offset(), Segment: d.segment + 1}
	if d.inMessage {
		p.MessageSegment = d.segments + 1
		p.Tag = d.trailerOf("message")
		d.report("edi.message-trailer-missing", d.clause("message"), p, "")
		d.endMessage()
		p.MessageSegment = 0
	}
	if d.group != nil {
		p.Tag = d.trailerOf("group")
		d.report("edi.group-trailer-missing", d.clause("group"), p, "")
		d.endGroup()
	}
	p.Tag = d.trailerOf("interchange")
	d.report("edi.premature-end", d.clause("interchange"), p, "")
	d.emitEnd()
}

// closeInterchange closes what is open because another interchange begins.
func (d *Decoder) closeInterchange(missing bool) {
	p := Position{Offset: d.src.offset(), Segment: d.segment + 1}
	d.closeGroup(p)
	if missing {
		p.Tag = d.trailerOf("interchange")
		d.report("edi.interchange-trailer-missing", d.clause("interchange"), p, "")
	}
}

// closeMessage closes the open message, if any, because its trailer does not come.
func (d *Decoder) closeMessage(p Position) {
	if d.inMessage {
		p.Tag = d.trailerOf("message")
		d.report("edi.message-trailer-missing", d.clause("message"), p, "")
		d.endMessage()
	}
}

// closeGroup does the same for the open group.
func (d *Decoder) closeGroup(p Position) {
	d.closeMessage(p)
	if d.group != nil {
		p.Tag = d.trailerOf("group")
		d.report("edi.group-trailer-missing", d.clause("group"), p, "")
		d.endGroup()
	}
}

func (d *Decoder) endMessage() {
	if d.check != nil { // loops are still open when the trailer did not come
		for n := d.check.spec.nodes[d.check.state].parent; n > 0; n = d.check.spec.nodes[n].parent {
			d.emit(EndLoop, int(n))
		}
	}
	d.emit(EndMessage, 0)
	d.end = d.view.Offset // of the segment that closed it, unless that is its own trailer
	if tag := d.view.tag; tag == "SE" || tag == "UNT" || d.done {
		d.end = d.src.offset()
	}
	d.inMessage, d.check, d.base = false, nil, nil
}

func (d *Decoder) endGroup() {
	d.emit(EndGroup, 0)
	d.group = nil
}

func (d *Decoder) emitEnd() {
	d.emit(EndInterchange, 0)
	d.over, d.trailer = true, false
}

func (d *Decoder) trailerOf(what string) string {
	x12, edifact := "", ""
	switch what {
	case "message":
		x12, edifact = "SE", "UNT"
	case "group":
		x12, edifact = "GE", "UNE"
	case "interchange":
		x12, edifact = "IEA", "UNZ"
	}
	if d.inter != nil && d.inter.Syntax == EDIFACT {
		return edifact
	}
	return x12
}

// clause cites the rule for the syntax at hand.
func (d *Decoder) clause(what string) string {
	x12 := d.syntax != EDIFACT // the syntax of the interchange at hand, or of the last one
	for _, c := range clauses {
		if c.what == what {
			if x12 {
				return c.x12
			}
			return c.edifact
		}
	}
	return ""
}

var clauses = []struct{ what, x12, edifact string }{
	{"noise", "X12.5 4", "ISO 9735-1 8"},
	{"segment", "X12.6 3.7", "ISO 9735-1 8.2"},
	{"tag", "X12.6 3.7.1", "ISO 9735-1 9"},
	{"terminator", "X12.6 3.7", "ISO 9735-1 9"},
	{"value", "X12.6 3.5", "ISO 9735-1 10"},
	{"character", "X12.6 3.3", "ISO 9735-1 5"},
	{"message", "X12.6 3.9", "ISO 9735-1 8.4"},
	{"group", "X12.6 3.10", "ISO 9735-1 8.5"},
	{"interchange", "X12.5 4", "ISO 9735-1 8.6"},
	{"duplicate", "X12.5 4.2", "ISO 9735-1 8"},
	{"count", "X12.5 4.2", "ISO 9735-1 8"},
	{"structure", "X12.6 3.8", "ISO 9735-1 8.4"},
	{"trailing", "X12.6 3.7.2", "ISO 9735-1 8.7"},
}
