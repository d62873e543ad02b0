package edi

// Message is one transaction set (ST to SE) or message (UNH to UNT) with its context.
type Message struct {
	Interchange *Interchange
	Group       *Group // nil when there is no UNG

	Name        string // "997", "CONTRL"
	Release     string // the six digits of GS08, "005020"; version and release of UNH, "D03B"
	Agency      string // UNH 0051, "UN"; "" in X12
	Association string // UNH 0057; in X12 ST03, or what GS08 has after its six digits
	Control     string // ST02 or 0062

	Index      int       // counts from 1 in the stream
	Segments   []Segment // from ST or UNH to SE or UNT
	Root       *Node     // the matched structure when a Spec was used, else nil
	Spec       *Spec
	Findings   []Finding
	Start, End int64 // the bytes of the message in the stream
}

// Accepted reports whether no finding is an error.
func (m *Message) Accepted() bool { return !hasError(m.Findings) }

// Node is a segment or a loop that was matched against a Spec.
type Node struct {
	ID       int    // OverlayNode.ID, 0 for what the overlay does not have
	Name     string // tag or loop name
	Loop     bool
	Segment  *Segment // of a segment, nil for a loop
	Children []*Node
}

// Result is everything that a Reader found out about a stream.
type Result struct {
	Syntax       Syntax // of the first interchange
	Interchanges []*InterchangeResult
	Findings     []Finding // every finding, up to Limits.Findings
	Received     int       // number of interchanges; with Options.Brief, Interchanges has only the first Limits.Kept
	Groups       int
	Messages     int
	Segments     int

	errors int // also those past the cap
}

// Valid reports whether there was something to read and no finding is an error.
func (r *Result) Valid() bool { return r.Syntax != Unknown && r.errors == 0 }

// InterchangeResult is one interchange of a Result. Its own findings are those about the envelope.
type InterchangeResult struct {
	Interchange
	Findings []Finding
	Groups   []*GroupResult
}

// GroupResult is one group. Messages outside any group stand in a GroupResult whose Group is zero.
type GroupResult struct {
	Group
	Stated   int // number of messages that GE01 or UNE 0060 states
	Received int // number of messages that were read; with Options.Brief, Messages has only those with findings
	Counted  int // of those with an error, how many are past Limits.Kept and not in Messages
	Findings []Finding
	Messages []*MessageResult
}

// MessageResult is what is kept of a message for its acknowledgement.
type MessageResult struct {
	Name, Release, Agency, Association, Control string

	Segments int
	Findings []Finding
	Refused  bool // set by a caller to reject a message for reasons above the syntax
}

// Accepted reports whether no finding is an error and the caller did not refuse the message.
func (m *MessageResult) Accepted() bool { return !m.Refused && !hasError(m.Findings) }

// Accepted reports whether the envelope of the interchange is without errors.
func (i *InterchangeResult) Accepted() bool { return !hasError(i.Findings) }

// Accepted reports whether the envelope of the group is without errors.
func (g *GroupResult) Accepted() bool { return !hasError(g.Findings) }

func hasError(findings []Finding) bool {
	for i := range findings {
		if findings[i].Severity == Error {
			return true
		}
	}
	return false
}
