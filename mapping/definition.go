package mapping

import "peacebridge/edi"

// definitions are what the compiled Spec knows of the guide's segments, by node: lengths, names, codes.
func definitions(spec *edi.Spec) map[int]edi.NodeInfo {
	out := map[int]edi.NodeInfo{}
	for _, info := range spec.Nodes() {
		if info.ID > 0 {
			out[info.ID] = info
		}
	}
	return out
}

// defined is the definition of a node's segment. Forms that only write have that of the form that reads.
func (g *Guide) defined(n *node) edi.NodeInfo {
	for n.like != nil {
		n = n.like
	}
	if info, ok := g.infos[n.id]; ok {
		return info
	}
	return g.infos[g.twinOf(n)]
}

// twinOf finds, for a segment below a loop that only writes, the same segment below the loop that reads.
func (g *Guide) twinOf(n *node) int {
	if n.parent == nil {
		return n.id
	}
	p := n.parent
	for p.like != nil {
		p = p.like
	}
	for _, c := range p.children {
		if c.tag == n.tag && c.loop == n.loop && c.only != writeOnly {
			return c.id
		}
	}
	return n.id
}

// element is the definition of a position; false if the segment does not have it.
func (g *Guide) element(n *node, p position) (edi.ElementInfo, bool) {
	info := g.defined(n)
	if p.element > len(info.Elements) {
		return edi.ElementInfo{}, false
	}
	e := info.Elements[p.element-1]
	switch {
	case p.component == 0:
		return e, true
	case len(e.Components) == 0:
		return e, p.component == 1
	case p.component > len(e.Components):
		return edi.ElementInfo{}, false
	}
	return e.Components[p.component-1], true
}

// maxLength is the longest value that the directory allows at a position, 0 if it does not say.
func (g *Guide) maxLength(n *node, p position) int {
	e, ok := g.element(n, p)
	switch {
	case !ok:
		return 0
	case len(e.Components) > 0:
		return e.Components[0].Max
	}
	return e.Max
}
