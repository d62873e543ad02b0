package mapping

import (
	"sort"

	"peacebridge/edi"
)

// overlayBody turns the nodes into what edi checks against. Forms that only write share the node of the form
// that reads.
func overlayBody(nodes []*node) []edi.OverlayNode {
	var out []edi.OverlayNode
	for _, n := range nodes {
		if n.like != nil {
			continue
		}
		o := edi.OverlayNode{ID: n.id, Name: n.tag, Loop: n.loop, Usage: n.usage, Max: n.max}
		for _, c := range n.choose {
			o.Choose = append(o.Choose, edi.Choice{Element: c.at.element, Component: c.at.component, Codes: c.codes})
		}
		if n.loop {
			o.Children = overlayBody(n.children)
		} else {
			o.Elements = n.overlayElements()
		}
		out = append(out, o)
	}
	return out
}

func (n *node) overlayElements() []edi.OverlayElement {
	byPos := map[position]*edi.OverlayElement{}
	var order []position
	at := func(p position) *edi.OverlayElement {
		if byPos[p] == nil {
			byPos[p] = &edi.OverlayElement{Element: p.element, Component: p.component}
			order = append(order, p)
		}
		return byPos[p]
	}
	for _, p := range n.unusedPos {
		if p.component != openRange {
			at(p).Usage = edi.NotUsed
		}
	}
	choices := n.choose
	if n.parent != nil && n.parent.trigger() == n {
		choices = append(choices[:len(choices):len(choices)], n.parent.choose...)
	}
	for _, c := range choices {
		at(c.at).Codes = c.codes // agencies have qualifiers that the directory lacks
	}
	for _, b := range n.bindings {
		for i, p := range b.positions {
			e := at(p)
			if b.requires(i) {
				e.Usage = edi.Required
				if p.component > 0 {
					at(position{p.element, 0}).Usage = edi.Required
				}
			}
			if b.max > 0 {
				e.Max = b.max
			}
			e.Codes, e.Open = b.codes(i, e.Codes)
		}
	}
	sort.SliceStable(order, func(i, j int) bool {
		return order[i].element < order[j].element || order[i].element == order[j].element && order[i].component < order[j].component
	})
	var out []edi.OverlayElement
	for _, p := range order {
		out = append(out, *byPos[p])
	}
	return out
}

// requires reports whether the i-th position must be there. A container number fills the last position in any case.
func (b *binding) requires(i int) bool {
	switch {
	case !b.required:
		return false
	case b.formed == "container":
		return i == len(b.positions)-1
	case b.verb == verbEach || b.verb == verbLines:
		return i == 0
	}
	return true
}

// codes lists what may stand at a position: constants are closed, lists of agencies open.
func (b *binding) codes(i int, have []string) ([]string, bool) {
	switch {
	case b.verb == verbIs:
		return append(have, b.is), b.open
	case b.verb == verbCases:
		for _, c := range b.cases {
			if !contains(have, c.is) {
				have = append(have, c.is)
			}
		}
		return have, false
	case b.verb == verbQualify && i == 0:
		for _, q := range b.qualify {
			have = append(have, q.code)
		}
		return have, true
	}
	if b.convert != "" || b.list != "" {
		for _, k := range b.known {
			if !contains(have, k) {
				have = append(have, k)
			}
		}
	}
	return have, len(have) > 0
}
