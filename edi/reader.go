package edi

import (
	"io"
	"strings"
)

// Options says how a Reader or Decoder reads. The zero value checks against the built-in directories.
type Options struct {
	Limits Limits
	// Spec chooses what a message is checked against. It is called at ST or UNH, when the header fields of the
	// message are known and its segments are not; it must not keep m. Returning nil without an error leaves the
	// message unchecked. When Spec is nil, the built-in directory of the message's own release is used.
	Spec func(m *Message) (*Spec, error)
	// Charset is the set that partners agreed on for X12, which declares none; X12Extended when empty. EDIFACT
	// interchanges name their own.
	Charset Charset
	// Brief keeps messages without findings out of the Result, segments out of messages, and no more than
	// Limits.Kept of anything: for checking a stream of any length in constant memory. A message is then valid until
	// the next call of Next. What the Result keeps can be acknowledged; what it only counted is in the counts of the
	// acknowledgement, but not named there.
	Brief bool
}

// Reader reads the messages of a stream of interchanges. Memory is bounded by the largest message and by what
// Result keeps of each; a Decoder below it, by the largest segment.
type Reader struct {
	d                *Decoder
	brief            bool
	result           Result
	inter            *InterchangeResult
	group            *GroupResult
	message          *MessageResult
	kept             [2]int // findings by severity
	capped           bool
	groups, messages int // kept of a brief reading

	spare  *MessageResult
	reused Message // of a brief reading
	open   *Message
	data   []byte // raw segments of the open message
	tokens []token
	spans  []span2
	tree   []*Node // the open loops, outermost first
	nodes  []pending
}

// span2 is one segment of the open message: where its bytes and tokens end.
type span2 struct {
	tag      string
	position Position
	data     int
	tokens   int
}

// pending is a node of the tree whose segment is not yet made.
type pending struct {
	node    *Node
	segment int
}

// NewReader returns a Reader of everything that r delivers.
func NewReader(r io.Reader, o Options) *Reader { return &Reader{d: NewDecoder(r, o), brief: o.Brief} }

// NewBytesReader returns a Reader of b, which must not change while it is read.
func NewBytesReader(b []byte, o Options) *Reader {
	return &Reader{d: NewBytesDecoder(b, o), brief: o.Brief}
}

// Next returns the next message, in order; io.EOF after the last one. Any other error is a failure of the
// underlying reader: trouble with the syntax is findings.
func (r *Reader) Next() (*Message, error) {
	for {
		e, err := r.d.Next()
		if err != nil {
			return nil, err
		}
		if m := r.handle(e); m != nil {
			return m, nil
		}
	}
}

// Result returns what was found so far; it is complete once Next has returned io.EOF.
func (r *Reader) Result() *Result { return &r.result }

func (r *Reader) handle(e Event) *Message {
	d := r.d
	switch e.Kind {
	case BeginInterchange:
		r.inter = &InterchangeResult{Interchange: *d.inter}
		r.group = nil
		r.result.Received++
		if !r.brief || len(r.result.Interchanges) < r.d.limits.Kept {
			r.result.Interchanges = append(r.result.Interchanges, r.inter)
		}
		if r.result.Syntax == Unknown {
			r.result.Syntax = d.inter.Syntax
		}
	case BeginGroup:
		r.group = &GroupResult{Group: *d.group}
		if r.groups++; !r.brief || r.groups <= r.d.limits.Kept {
			r.inter.Groups = append(r.inter.Groups, r.group)
		}
		r.result.Groups++
	case EndGroup:
		r.group = nil
	case BeginMessage:
		r.begin()
	case BeginLoop:
		r.beginLoop(e)
	case EndLoop:
		if len(r.tree) > 1 {
			r.tree = r.tree[:len(r.tree)-1]
		}
	case SegmentRead:
		r.result.Segments++
		if r.open != nil {
			r.segment(e)
		} else if tag := d.view.tag; r.group != nil && (tag == "GE" || tag == "UNE") {
			r.group.Stated, _ = smallNumber(d.view.raw(1, 1)) // a count that is no number is a finding already
		}
	case FindingMade:
		r.finding(*e.Finding)
	case EndMessage:
		return r.end()
	case EndInterchange:
		r.inter.Delimiters = d.inter.Delimiters // ISX may have added one
	}
	return nil
}

func (r *Reader) begin() {
	if r.open = &r.reused; !r.brief {
		r.open = &Message{}
	}
	*r.open = r.d.head
	m := r.open
	r.result.Messages++
	if r.message = r.spare; r.message == nil {
		r.message = &MessageResult{}
	}
	r.spare = nil
	*r.message = MessageResult{
		Name: m.Name, Release: m.Release, Agency: m.Agency, Association: m.Association, Control: m.Control,
	}
	if r.group == nil { // messages without a group
		if n := len(r.inter.Groups); n > 0 && r.inter.Groups[n-1].Position == (Position{}) {
			r.group = r.inter.Groups[n-1]
		} else {
			r.group = &GroupResult{}
			r.inter.Groups = append(r.inter.Groups, r.group)
		}
	}
	r.group.Received++
	if !r.brief {
		r.group.Messages = append(r.group.Messages, r.message)
	}
	r.data, r.tokens, r.spans = r.data[:0], r.tokens[:0], r.spans[:0]
	r.tree, r.nodes = r.tree[:0], r.nodes[:0]
	if m.Spec != nil && !r.brief {
		r.open.Root = &Node{Name: m.Name, Loop: true}
		r.tree = append(r.tree, r.open.Root)
	}
}

func (r *Reader) beginLoop(e Event) {
	if len(r.tree) == 0 {
		return
	}
	nd := &r.open.Spec.nodes[e.Node]
	n := &Node{ID: nd.id, Name: nd.name, Loop: true}
	if e.Stray {
		n.ID = 0
	}
	parent := r.tree[len(r.tree)-1]
	parent.Children = append(parent.Children, n)
	r.tree = append(r.tree, n)
}

// segment copies what the decoder holds of a segment.
func (r *Reader) segment(e Event) {
	v := &r.d.view
	r.message.Segments++
	if r.brief || int64(len(r.data)) > r.d.limits.MessageBytes {
		return
	}
	r.data = append(r.data, v.data...)
	r.tokens = append(r.tokens, v.tokens...)
	r.spans = append(r.spans, span2{v.tag, v.Position(), len(r.data), len(r.tokens)})
	if len(r.tree) == 0 {
		return
	}
	n := &Node{Name: v.tag}
	if e.Node >= 0 && !e.Stray {
		n.ID = r.open.Spec.nodes[e.Node].id
	}
	parent := r.tree[len(r.tree)-1]
	parent.Children = append(parent.Children, n)
	r.nodes = append(r.nodes, pending{n, len(r.spans) - 1})
}

// end completes the open message.
func (r *Reader) end() *Message {
	m := r.open
	m.End = r.d.end
	if int64(len(r.data)) <= r.d.limits.MessageBytes && !r.brief {
		r.fill(m)
	} else {
		m.Root = nil
	}
	m.Findings = r.message.Findings
	if r.brief && len(m.Findings) > 0 {
		if r.messages++; r.messages <= r.d.limits.Kept {
			r.group.Messages = append(r.group.Messages, r.message)
		} else if hasError(m.Findings) {
			r.group.Counted++
		}
	}
	if r.group.Position == (Position{}) {
		r.group = nil
	}
	if r.brief && len(m.Findings) == 0 {
		r.spare = r.message // nobody has seen it
	}
	r.open, r.message = nil, nil
	return m
}

// fill gives the message its segments: three allocations, however many there are.
func (r *Reader) fill(m *Message) {
	data := string(r.data)
	tokens := append([]token(nil), r.tokens...)
	m.Segments = make([]Segment, len(r.spans))
	bytes, values := 0, 0
	for i, s := range r.spans {
		m.Segments[i] = Segment{
			Tag: strings.Clone(s.tag), Position: s.position, data: data[bytes:s.data], tokens: tokens[values:s.tokens:s.tokens],
			release: r.d.view.release,
		}
		bytes, values = s.data, s.tokens
	}
	for _, p := range r.nodes {
		p.node.Segment = &m.Segments[p.segment]
	}
}

// finding puts a finding where it belongs: the innermost of message, group and interchange that is open.
func (r *Reader) finding(f Finding) {
	if f.Severity == Error {
		r.result.errors++
	}
	if r.kept[f.Severity] >= r.d.limits.Findings {
		r.overflow(f)
		return
	}
	r.kept[f.Severity]++
	r.keep(f)
}

func (r *Reader) keep(f Finding) {
	r.result.Findings = append(r.result.Findings, f)
	switch {
	case r.message != nil:
		r.message.Findings = append(r.message.Findings, f)
	case r.group != nil:
		r.group.Findings = append(r.group.Findings, f)
	case r.inter != nil:
		r.inter.Findings = append(r.inter.Findings, f)
	}
}

// overflow keeps, past the cap, the first error of every message, group and interchange, so that each is
// still answered rightly, and says once that there is more.
func (r *Reader) overflow(f Finding) {
	if !r.capped {
		r.capped = true
		r.result.Findings = append(r.result.Findings, newFinding("edi.findings-capped", "", f.Position, ""))
	}
	if f.Severity != Error {
		return
	}
	var scope *[]Finding
	switch {
	case r.message != nil:
		scope = &r.message.Findings
	case r.group != nil:
		scope = &r.group.Findings
	case r.inter != nil:
		scope = &r.inter.Findings
	default:
		return
	}
	if !hasError(*scope) {
		*scope = append(*scope, f)
	}
}
