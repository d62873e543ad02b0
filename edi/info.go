package edi

import "iter"

// NodeInfo describes a segment or loop of a Spec, for those who print or check one.
type NodeInfo struct {
	ID       int    `json:"id,omitempty"` // OverlayNode.ID
	Name     string `json:"name"`         // tag, or loop name
	Tag      string `json:"tag"`          // of a loop, that of its trigger
	Title    string `json:"title"`        // the directory's name of the segment
	Loop     bool   `json:"loop"`
	Depth    int    `json:"depth"` // 0 for what stands directly in the message
	Required bool   `json:"required"`
	Unused   bool   `json:"unused"`
	Max      int    `json:"max"` // 0 is no limit
	Parent   int    `json:"parent"`

	Elements []ElementInfo `json:"elements,omitempty"` // of a segment
}

// ElementInfo describes a position of a segment, or of a composite.
type ElementInfo struct {
	Position   int           `json:"position"`
	Ref        string        `json:"ref"`
	Name       string        `json:"name"`
	Type       string        `json:"type,omitempty"` // of a simple element: text, id, alpha, integer, real, number, date, time, binary
	Required   bool          `json:"required"`
	Unused     bool          `json:"unused"`
	Repeat     int           `json:"repeat,omitempty"` // 0 is no limit
	Min        int           `json:"min,omitempty"`
	Max        int           `json:"max,omitempty"`
	Codes      []string      `json:"codes,omitempty"`
	Open       bool          `json:"open,omitempty"`
	Components []ElementInfo `json:"components,omitempty"`
}

// Len returns the number of nodes; node 0 is the message itself.
func (s *Spec) Len() int { return len(s.nodes) }

// Node returns a node by its number, the one of Event.Node.
func (s *Spec) Node(n int) NodeInfo {
	nd := &s.nodes[n]
	info := NodeInfo{
		ID: nd.id, Name: nd.name, Tag: nd.tag, Loop: nd.loop, Required: nd.required, Unused: nd.unused,
		Max: int(nd.max), Parent: int(nd.parent),
	}
	for p := nd.parent; p > 0; p = s.nodes[p].parent {
		info.Depth++
	}
	use := nd.use
	if nd.loop && n+1 < len(s.nodes) {
		use = s.nodes[n+1].use
	}
	if use != nil {
		info.Title = use.name
	}
	if nd.loop || use == nil {
		return info
	}
	for i := range use.elements {
		info.Elements = append(info.Elements, use.elements[i].info(i+1))
	}
	return info
}

// Nodes yields all nodes below the message with their numbers, in message order.
func (s *Spec) Nodes() iter.Seq2[int, NodeInfo] {
	return func(yield func(int, NodeInfo) bool) {
		for n := 1; n < len(s.nodes); n++ {
			if !yield(n, s.Node(n)) {
				return
			}
		}
	}
}

// Conditions returns the relational conditions of a node's segment: "P0304", "D5(040,030)".
func (s *Spec) Conditions(n int) []string {
	var out []string
	if use := s.nodes[n].use; use != nil {
		for _, c := range use.conditions {
			out = append(out, c.text)
		}
	}
	return out
}

var kindNames = [...]string{"text", "id", "alpha", "integer", "real", "number", "date", "time", "binary"}

func (e *elementUse) info(position int) ElementInfo {
	if !e.composite {
		info := e.parts[0].info(position)
		info.Required, info.Unused, info.Repeat = e.required, e.unused || info.Unused, int(e.repeat)
		return info
	}
	info := ElementInfo{Position: position, Ref: e.ref, Name: e.name, Required: e.required, Unused: e.unused, Repeat: int(e.repeat)}
	for i := range e.parts {
		c := e.parts[i].info(i + 1)
		c.Repeat = 1
		info.Components = append(info.Components, c)
	}
	return info
}

func (p *part) info(position int) ElementInfo {
	info := ElementInfo{
		Position: position, Ref: p.ref, Name: p.name, Type: kindNames[p.kind], Required: p.required, Unused: p.unused,
		Min: p.min, Max: p.max, Open: p.open,
	}
	if p.codes != nil {
		info.Codes = p.codes.list
	}
	return info
}
