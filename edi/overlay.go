package edi

// Overlay is what a guide compiles to: one message as an agency or partner uses it. It names a base release,
// and both restricts and extends it.
type Overlay struct {
	Name     string // for rules and texts, e.g. the guide's name
	Syntax   Syntax
	Release  string // the base: "005010", "D03B"
	Message  string // "997", "CONTRL"
	Segments []SegmentDef
	// Composites and Elements that Segments use and the base lacks, or has otherwise.
	Composites []CompositeDef
	Elements   []ElementDef
	Body       []OverlayNode // the whole message in order, without ST and SE, UNH and UNT
	Rules      []Rule        // between segments and loops that stand directly in the message
}

// Usage says whether something must, may or must not be present.
type Usage uint8

// The usages. For an element, Optional leaves the requirement as the segment definition has it.
const (
	Optional Usage = iota
	Required
	NotUsed
)

// OverlayNode is a segment or a loop in the body of an overlay.
type OverlayNode struct {
	ID       int    // above 0, unique, chosen by the caller; comes back in Node.ID and Finding.Node
	Name     string // tag of the segment or name of the loop
	Loop     bool
	Usage    Usage
	Max      int              // 0 is no limit
	Any      int              // neighbours with the same number above 0 may come in any order
	Choose   []Choice         // what tells this node from siblings with the same tag; of a loop: values in its trigger
	Elements []OverlayElement // of a segment
	Children []OverlayNode    // of a loop; the first is its trigger segment
	Rules    []Rule           // of a loop: between its children
}

// Rule is a condition between segments or loops that stand in the same loop, or directly in the message. It is
// written as conditions between elements are, with names in place of positions: "C(P4,M10)" means that M10 must
// stand where P4 does, "E(P4,BA1)" that not both may. The letters are those of X12.6 3.7.3, or D1 to D7.
type Rule struct {
	Rule string `json:"rule"`
	Says string `json:"says"` // the same for people
}

// Choice selects a node by a value of its segment, or of its trigger segment for a loop.
type Choice struct {
	Element   int      `json:"element"`
	Component int      `json:"component"` // 0 is the first
	Codes     []string `json:"codes"`     // any of them
}

// OverlayElement restricts an element, or a component of it, in one node. Zero values leave the base as it is.
type OverlayElement struct {
	Element, Component int // Component 0 is the element as a whole
	Usage              Usage
	Min, Max           int
	Codes              []string
	Open               bool // a code that is not in Codes is a warning
}

// SegmentDef defines a segment, or changes one of the base.
type SegmentDef struct {
	Tag  string `json:"tag"`
	Name string `json:"name"`
	// From names a release whose definition of Tag is taken first, with its composites and elements. Elements
	// then replace or add positions, Conditions are added, and Drop names conditions that do not apply.
	From       string
	Elements   []ElementRef
	Conditions []string // X12 "P0304"; EDIFACT "D5(040,030)"
	Drop       []string
}

// ElementRef is one position of a segment or composite.
type ElementRef struct {
	Position int    // from 1
	Ref      string // number of an element or composite
	Required bool
	Repeat   int    // how often the element may stand; 0 and 1 are once
	Type     string // with Min and Max: where the segment differs from the element list
	Min, Max int
}

// CompositeDef defines a composite.
type CompositeDef struct {
	ID         string
	Name       string
	Components []ElementRef
	Conditions []string
}

// ElementDef defines a data element.
type ElementDef struct {
	ID       string
	Name     string
	Type     string // X12: AN ID DT TM R B N0 to N9; EDIFACT: a n an
	Min, Max int
	Codes    []string
	Open     bool // a code that is not in Codes is a warning
}
