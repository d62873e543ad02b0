package mapping

import (
	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// compiled is what a guide file becomes.
type compiled struct {
	lib      *Library
	file     string
	spec     *edi.Spec
	infos    map[int]edi.NodeInfo // of the compiled Spec, by node
	overlay  edi.Overlay
	byID     map[int]*node
	body     []*node
	unused   []string // of the directory, at the top of the message
	env      envelope
	wants    []want      // what the whole form of the message asks of a record
	each     []*slotList // one message for each item of the first; reading opens one item of each
	zone     *zoneRule
	text     characters
	status   string
	scopes   map[string]*scope // dictionary paths that are bound, for rules
	bound    map[cargo.Path][]*binding
	sets     []*slot // values that the guide as a whole stands for: mode
	setValue []string
}

// direction says which way a part of a guide works.
type direction uint8

const (
	bothWays direction = iota
	readOnly
	writeOnly
)

// node is a segment or a loop of a guide.
type node struct {
	id        int
	tag       string
	loop      bool
	line      int
	usage     edi.Usage
	max       int // 0: any number
	only      direction
	mustWrite bool   // required when writing; what is read may lack it
	because   string // why one way only, or why ignored
	ignored   bool   // a segment that may come and is not read
	note      string
	when      condition
	choose    []choice
	unused    []string   // of the directory, below this loop
	unusedPos []position // of a segment
	ctx       context
	bindings  []*binding
	children  []*node
	parent    *node
	like      *node // the node of the overlay that this write-only form shares
	status    string
	source    string
}

type choice struct {
	at    position
	codes []string
}

// context is how a node changes the place in the record.
type context struct {
	kind    contextKind
	path    cargo.Path           // of the group
	list    *slotList            // for, find: the repeating group
	where   condition            // for: only items that hold, when writing
	link    *slot                // for: list of the item that names the key of the enclosing find
	key     *slot                // find: in the item
	keyBind map[*node][]*binding // find: the bindings of the loop's segments that make the key
	through *slot                // find: values that name the items to write
	anyone  *slot                // the same, of the whole record
	absent  []choice             // find: constants that stand for no item
	contd   []position           // for: an instance without any of these continues the item before
	none    bool                 // for: written once also when there is no item
}

type contextKind uint8

const (
	ctxNone contextKind = iota
	ctxAt
	ctxFor
	ctxFind
)

// slotList is a compiled path to a repeating group.
type slotList struct {
	path  cargo.Path
	depth int // of the frame that holds the list
	ref   *cargo.Ref
	name  string
	inner int // depth of the frame of an item
}

func (s *slotList) items(frames []*frame) []cargo.Group {
	if s.depth >= len(frames) || frames[s.depth].group == nil {
		return nil
	}
	return s.ref.Items(frames[s.depth].group)
}

func (s *slotList) item(frames []*frame, i int, g cargo.Group) []*frame {
	return push(frames, &frame{group: g, instance: frames[s.depth].name(indexed(s.name, i))})
}

func push(frames []*frame, f *frame) []*frame {
	return append(frames[:len(frames):len(frames)], f)
}

// trigger is the segment that tells that a loop begins; of a segment it is the segment itself.
func (n *node) trigger() *node {
	if n.loop && len(n.children) > 0 {
		return n.children[0].trigger()
	}
	return n
}

// position is an element, or a component of it, of a segment. Component 0 is the element as a whole.
type position struct{ element, component int }

// verb says what a binding does with its positions.
type verb uint8

const (
	verbTo      verb = iota // one value
	verbEach                // the values of a list, one a position
	verbLines               // one long text over several positions
	verbIs                  // a constant
	verbCount               // a number that the writer counts
	verbCases               // constants that stand for values of the record
	verbQualify             // a qualifier says which element the value is
	verbIgnore              // may come, is not read
)

// binding is what stands at one or several positions of a segment.
type binding struct {
	verb      verb
	positions []position
	line      int
	where     string // file and line, for reports
	required  bool
	only      direction
	because   string
	when      condition
	max       int

	slot      *slot
	list      string // values are codes of this list
	convert   string // wire codes are of this list, record values of the element's list
	form      form
	formed    string // the form as it is written in the guide
	zone      *zoneRule
	is        string
	orElse    string // constant when the record has nothing; "count" counts
	cases     []oneCase
	qualify   []qualified
	counted   *slotList
	known     []string // wire codes that are known: others are kept, with a warning
	open      bool     // is: other codes are read as well
	shared    bool     // qualify: another binding of the segment has the position of the value
	others    []*binding
	skip      int      // each: so many values stand elsewhere
	otherwise *binding // reading: only when the cases of this one do not fit
	also      bool     // a further element of the same position: written when the first has no value

	instead     string // literal that is no value
	insteadWhen condition

	status string
	source string
	note   string
}

// oneCase is one constant of "cases".
type oneCase struct {
	is   string
	set  []assignment
	when condition
	only direction
	line int
}

type assignment struct {
	slot  *slot
	value string
}

type qualified struct {
	code string
	slot *slot
	form form
}

// path names the element of a binding, the first where there are several.
func (b *binding) path() cargo.Path {
	switch {
	case b.slot != nil:
		return b.slot.path
	case len(b.qualify) > 0:
		return b.qualify[0].slot.path
	}
	for _, c := range b.cases {
		for _, s := range c.set {
			return s.slot.path
		}
	}
	return ""
}
