package edi

import "io"

// EventKind says what an Event is.
type EventKind uint8

// The events, in the order in which a well-formed stream has them. A finding follows what it is about.
const (
	BeginInterchange EventKind = iota + 1
	BeginGroup
	BeginMessage
	BeginLoop
	SegmentRead
	EndLoop
	EndMessage
	EndGroup
	EndInterchange
	FindingMade
)

// Event is one step of a Decoder.
type Event struct {
	Kind    EventKind
	Node    int      // number in the Spec of the segment or loop (see Spec.Node), -1 if it has no place there
	Stray   bool     // the segment or loop stands where Node says, but its values are none that Node takes
	Finding *Finding // of FindingMade
}

// Decoder reads a stream as events, in one forward pass. Nothing is copied: the segment of a SegmentRead is
// valid until the next call of Next. Memory is bounded by the largest segment and Limits.
type Decoder struct {
	src    source
	o      Options
	limits Limits
	dirs   *Directories

	classes    *classes
	delimiters Delimiters
	view       View
	scan       scan
	binary     [3]token // of the last binary segment
	words      wordCache
	tags       *tagTable // of the Spec of the message, or learned
	learned    tagTable
	learnedOf  Syntax

	events []queued
	found  []Finding

	seenISA      pairs
	seenGroups   controls
	seenMessages controls
	seenPackages controls
	checkers     [2]checker
	service      *service // definitions of the envelope segments
	serviceOf    string   // what service was looked up for
	lastSpec     *Spec    // of the message before, when Options.Spec is nil
	envelope     *Spec    // names the release in findings about service segments
	controls     texts    // control numbers of messages
	header       []byte   // of the interchange, as the view shows it
	scratch      []byte
	sieve        *sieve // of the last interchange whose characters were looked at

	progress
}

// progress is what a Decoder knows about the stream at hand. Everything else it may use again for another.
type progress struct {
	next int // of events
	done bool

	inter         *Interchange // nil outside
	group         *Group       // nil outside
	inMessage     bool
	head          Message // of the open message; its Segments are not filled
	check         *checker
	base          *checker // the base of an overlay: what it finds are warnings
	una           *Delimiters
	mark          byte   // the decimal mark that UNA names, 0 if none that binds
	everyText     bool   // every text is looked at, not only what is not ASCII, until a character outside the declared set was reported
	foreign       bool   // a character outside the declared set was reported for this interchange
	broken        bool   // a line break inside a value was reported for this interchange
	secured       bool   // security segments were reported for this interchange
	interactive   bool   // an interactive message is passed over
	trailer       bool   // IEA or UNZ was read
	tail          string // what the terminator has behind its first byte, skipped like noise
	syntax        Syntax // of the interchange at hand, or of the last one
	noise         string // what stands outside interchanges, as far as it can be told
	headless      string // that it is X12 all the same
	last          byte   // element separator of the last interchange
	over          bool   // the interchange ended
	end           int64  // where the last message ended
	interchanges  int
	segment       int // in the stream
	segments      int // in the message
	groups        int // in the interchange
	messages      int // in the group
	grouped       int // messages in the interchange inside groups
	loose         int // messages in the interchange outside groups
	index         int // messages in the stream
	uncheckedTold bool
	hl            hierarchy
	specErr       error
	object        object // the package that is open
}

// NewDecoder returns a Decoder of everything that r delivers.
func NewDecoder(r io.Reader, o Options) *Decoder {
	d := &Decoder{src: newSource(r), o: o}
	d.init()
	return d
}

// NewBytesDecoder returns a Decoder of b, which must not change while it is read.
func NewBytesDecoder(b []byte, o Options) *Decoder {
	d := &Decoder{src: bytesSource(b), o: o}
	d.init()
	return d
}

// ResetBytes makes the Decoder read b as a new one would, with the same options, and keeps its tables: for those
// who read many small interchanges.
func (d *Decoder) ResetBytes(b []byte) {
	hl := d.hl
	hl.reset()
	d.src, d.progress = bytesSource(b), progress{hl: hl}
	d.classes, d.delimiters = nil, Delimiters{}
	d.events = d.events[:0]
	d.found = d.found[:0]
	d.seenISA.reset()
}

func (d *Decoder) init() {
	d.limits = d.o.Limits.withDefaults()
	d.limits.Elements = min(d.limits.Elements, 60_000) // numbers of values are kept in 16 bits
	d.dirs = Builtin()
	d.seenISA.limit, d.seenGroups.limit, d.seenMessages.limit = d.limits.Controls, d.limits.Controls, d.limits.Controls
	d.seenPackages.limit = d.limits.Controls
}

// Next returns the next event; io.EOF after the last. Another error is a failure of the underlying reader.
func (d *Decoder) Next() (Event, error) {
	for d.next == len(d.events) {
		if d.done {
			if d.src.err != nil {
				return Event{}, d.src.err
			}
			return Event{}, io.EOF
		}
		d.events = d.events[:0]
		d.found = d.found[:0]
		d.next = 0
		if d.inMessage && d.tail == "" {
			if n := d.scan.plain(&d.src, &d.view, d.tags, &d.limits); n != nil {
				if node, direct := d.inside(int(n.tag)); direct {
					return Event{Kind: SegmentRead, Node: node}, nil
				}
				continue
			}
		}
		d.step()
	}
	q := d.events[d.next]
	d.next++
	e := Event{Kind: q.kind, Node: int(q.node), Stray: q.stray}
	if q.kind == FindingMade {
		e.Finding = &d.found[q.node]
	}
	return e, nil
}

// queued is an Event that waits. It holds no pointer, so that queueing costs the collector nothing.
type queued struct {
	kind  EventKind
	stray bool
	node  int32 // of a finding, its index in found
}

// Interchange returns the open interchange.
func (d *Decoder) Interchange() *Interchange { return d.inter }

// Group returns the open group, nil outside any.
func (d *Decoder) Group() *Group { return d.group }

// Message returns the header of the open message: everything but its segments and findings.
func (d *Decoder) Message() *Message { return &d.head }

// Segment returns the segment of the last SegmentRead.
func (d *Decoder) Segment() *View { return &d.view }

// step reads one segment, or finds the next interchange, and queues the events of it.
func (d *Decoder) step() {
	if d.over { // kept until the events of its end were taken
		d.inter, d.group, d.over = nil, nil, false
	}
	if d.inter == nil {
		d.seek()
		return
	}
	if d.atStart() {
		d.closeInterchange(true)
		d.emitEnd()
		return
	}
	d.segmentRead(d.read())
}

// segmentRead deals with the segment in the view.
func (d *Decoder) segmentRead(ok bool) {
	if !ok {
		d.done = true
		if d.src.err == nil {
			d.premature()
		}
		return
	}
	if d.view.tag == "" {
		if isBreak(d.delimiters.Terminator) {
			return // an empty line
		}
		d.report("edi.segment-empty", d.clause("segment"), d.view.Position(), "")
		return
	}
	if d.inter.Syntax == X12 {
		d.stepX12()
	} else {
		d.stepEDIFACT()
	}
	if d.view.form&formOpen != 0 {
		p := d.view.Position()
		p.Offset = d.src.offset()
		d.reportLast("edi.segment-open", d.clause("terminator"), p)
	}
	if d.trailer {
		d.emitEnd()
	}
}

// inside is step for what there is most of: plain segments of a message, with the number of the tag. Usually the first
// event is the segment itself, which then is returned and not queued.
func (d *Decoder) inside(tag int) (node int, direct bool) {
	d.segment++
	d.segments++
	v, c := &d.view, d.check
	v.segment, v.messageSegment = d.segment, d.segments
	if c == nil {
		if d.everyText {
			d.checkText()
		}
		return -1, true
	}
	n := c.match(v, tag)
	if d.base != nil {
		d.placeBase()
	}
	if direct = len(d.events) == 0 && !c.lost; !direct {
		d.events = append(d.events, queued{kind: SegmentRead, stray: n >= 0 && c.lost, node: n})
	}
	if d.everyText {
		d.checkText()
	}
	if n >= 0 && len(c.pending) == 0 && d.base == nil {
		c.elements(v, c.spec.uses[n], n)
	} else {
		d.checkElements()
	}
	return int(n), direct
}

// read brings the next segment of the open interchange into the view.
func (d *Decoder) read() bool {
	v := &d.view
	v.binary, v.form = 0, 0
	v.Offset = d.src.offset()
	if b := d.src.rest(); len(b) > 0 && b[0] == 'B' && d.readBinary() {
		d.counted()
		return true
	}
	return d.received(d.scan.next(&d.src, v, &d.limits))
}

// received deals with what the tokenizer came to.
func (d *Decoder) received(o outcome) bool {
	switch o {
	case outcomeNothing:
		return false
	case outcomeOpen:
		if d.src.err != nil {
			return false
		}
		d.view.form |= formOpen
		d.src.pos = d.src.end
	case outcomeLong:
		d.skipLong()
	}
	d.counted()
	return true
}

// counted names the segment that was read and gives it its numbers.
func (d *Decoder) counted() {
	v := &d.view
	if v.form&formCoarse != 0 {
		v.tidy()
		v.unwrapTag()
	}
	v.key = tagKey(v.name)
	v.tag = d.name(v.key, v.name)
	if v.tag == "" && v.elements == 0 && v.form&formLong == 0 {
		v.segment, v.messageSegment = d.segment+1, 0
		if d.inMessage {
			v.messageSegment = d.segments + 1
		}
		return // two terminators in a row are no segment
	}
	d.segment++
	v.segment, v.messageSegment = d.segment, 0
	if d.inMessage {
		d.segments++
		v.messageSegment = d.segments
	}
}

// skipNoise passes over what people put between segments: line breaks, blanks, tabs, NUL and the old
// end-of-file mark.
func (d *Decoder) skipNoise() {
	for {
		b := d.src.rest()
		for i, c := range b {
			// Most segments are followed by a line break or by nothing.
			if c > ' ' || !isNoise(c) || d.classes[c] != classBreak && d.classes[c] != classControl && d.classes[c] != classData {
				d.src.pos += i
				if d.tail == "" || !d.skipTail() {
					return
				}
				break
			}
			if i == len(b)-1 {
				d.src.pos = d.src.end
			}
		}
		if len(d.src.rest()) == 0 && !d.src.fill() {
			return
		}
	}
}

// skipTail passes over the rest of a terminator of several bytes, and reports whether it was there.
func (d *Decoder) skipTail() bool {
	n := len(d.tail)
	if !d.src.want(n) || string(d.src.rest()[:n]) != d.tail {
		return false
	}
	d.src.pos += n
	return true
}

func isNoise(c byte) bool {
	switch c {
	case '\r', '\n', ' ', '\t', 0, 0x1A:
		return true
	}
	return false
}

func (d *Decoder) emit(kind EventKind, node int) {
	d.events = append(d.events, queued{kind: kind, node: int32(node)})
}

func (d *Decoder) report(code, rule string, p Position, message string) {
	d.add(newFinding(code, rule, p, message))
}

func (d *Decoder) add(f Finding) {
	if f.Tag == "" && f.Position.Segment == d.view.segment {
		f.Tag = d.view.tag
	}
	if n := len(d.hl.open); n > 0 && f.Position.MessageSegment > 0 {
		f.Loop = d.hl.open[n-1].name
	}
	d.keep(f)
}

// keep queues a finding as it is.
func (d *Decoder) keep(f Finding) {
	d.found = append(d.found, f)
	d.emit(FindingMade, len(d.found)-1)
}

// reportLast is report for what belongs to the segment although events that close something were queued.
func (d *Decoder) reportLast(code, rule string, p Position) {
	d.report(code, rule, p, "")
	i := len(d.events) - 1
	for i > 0 && (d.events[i-1].kind == EndMessage || d.events[i-1].kind == EndGroup) {
		d.events[i-1], d.events[i] = d.events[i], d.events[i-1]
		i--
	}
}

// emitSegment queues the loops that end and begin at the segment, and the segment.
func (d *Decoder) emitSegment() {
	n := d.place()
	d.emit(SegmentRead, n)
	d.events[len(d.events)-1].stray = n >= 0 && d.check.lost
}
