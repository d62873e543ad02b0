package edi

import (
	"fmt"
	"sort"
)

// plan is a node before compilation, of a directory or an overlay.
type plan struct {
	OverlayNode
	required bool
	children []plan
	overlay  bool
}

// spec compiles a message of a release. The caller holds the lock of the directories.
func (r *release) spec(name string) (*Spec, error) {
	m, err := r.message(name)
	if err != nil {
		return nil, err
	}
	res := resolver{releases: []*release{r}}
	c := compiler{
		spec: &Spec{Syntax: r.syntax, Release: r.name, Message: name, Title: m.Name, Group: m.FunctionalGroup, release: r},
		use:  func(tag string, _ []OverlayElement) (*segmentUse, error) { return r.segmentUse(res, tag) },
	}
	return c.compile(basePlan(m.Structure))
}

// segmentUse returns the compiled definition of a segment.
func (r *release) segmentUse(res resolver, tag string) (*segmentUse, error) {
	if u := r.uses[tag]; u != nil {
		return u, nil
	}
	def := r.segment(tag)
	if def == nil {
		return nil, fmt.Errorf("segment %s not defined", tag)
	}
	u, err := res.use(def)
	if err != nil {
		return nil, err
	}
	if r.uses == nil {
		r.uses = make(map[string]*segmentUse)
	}
	r.uses[tag] = u
	return u, nil
}

func basePlan(nodes []jsonNode) []plan {
	var out []plan
	uns := 0
	for _, n := range nodes {
		if n.Seg == "UNS" {
			uns++
		}
	}
	section := 0
	for _, n := range nodes {
		p := plan{required: n.Req == "M"}
		p.Max = jsonCount(n.Max)
		p.Name = n.Seg
		if n.Seg == "" {
			p.Loop = true
			p.Name = n.Loop + n.Group
			p.children = basePlan(n.Children)
		}
		// Two section controls part header, detail and summary: first D, then S (ISO 9735-1 UNS 0081).
		if n.Seg == "UNS" && uns == 2 {
			p.Choose = []Choice{{1, 1, []string{"DS"[section : section+1]}}}
			section++
		}
		out = append(out, p)
	}
	return out
}

// compiler turns plans into the tables of a Spec.
type compiler struct {
	spec *Spec
	use  func(tag string, elements []OverlayElement) (*segmentUse, error)
	tags map[string]int
}

// maxNodes keeps the tables of one message small; the largest published message has some 400.
const maxNodes = 4096

func (c *compiler) compile(body []plan) (*Spec, error) {
	s := c.spec
	s.nodes = []node{{name: s.Message, loop: true, required: true, max: 1, parent: -1}}
	if err := c.add(body, 0); err != nil {
		return nil, err
	}
	s.nodes[0].end = int32(len(s.nodes))
	c.tags = make(map[string]int)
	var names []string
	for i := range s.nodes {
		if tag := s.nodes[i].tag; tag != "" {
			c.tags[tag] = 0
		}
	}
	for tag := range c.tags {
		names = append(names, tag)
	}
	sort.Strings(names)
	for i, tag := range names {
		c.tags[tag] = i
	}
	s.tags = newTagTable(names)
	c.connect()
	return s, nil
}

func (c *compiler) add(body []plan, parent int32) error {
	s := c.spec
	for i, p := range body {
		if len(s.nodes) >= maxNodes {
			return fmt.Errorf("more than %d segments and loops", maxNodes)
		}
		at := int32(len(s.nodes))
		n := node{
			id: p.ID, name: p.Name, tag: p.Name, loop: p.Loop, required: p.required, unused: p.Usage == NotUsed,
			max: uint32(max(p.Max, 0)), parent: parent,
		}
		for _, ch := range p.Choose {
			if ch.Element < 1 || len(ch.Codes) == 0 {
				return fmt.Errorf("%s: a choice needs an element and codes", p.Name)
			}
			n.choose = append(n.choose, choice{ch.Element, max(ch.Component, 1), newCodeSet(ch.Codes)})
		}
		if p.Loop {
			n.tag = p.children[0].Name
			if p.children[0].Loop {
				return fmt.Errorf("loop %s: its first child is no segment", p.Name)
			}
			s.nodes = append(s.nodes, n)
			if err := c.add(p.children, at); err != nil {
				return err
			}
			// The trigger stands once in a loop, and is what the loop is told apart by.
			trigger := &s.nodes[at+1]
			trigger.required, trigger.max, trigger.choose = true, 1, s.nodes[at].choose
		} else {
			if tagKey(p.Name) == 0 {
				return fmt.Errorf("segment %q: not a tag", p.Name)
			}
			var err error
			if n.use, err = c.use(p.Name, p.Elements); err != nil {
				return fmt.Errorf("node %d of its loop: %w", i+1, err)
			}
			if err := checkChoices(n); err != nil {
				return err
			}
			s.nodes = append(s.nodes, n)
		}
		s.nodes[at].end = int32(len(s.nodes))
	}
	return nil
}

func checkChoices(n node) error {
	for _, ch := range n.choose {
		if ch.element > len(n.use.elements) || ch.component > len(n.use.elements[ch.element-1].parts) {
			return fmt.Errorf("segment %s: the choice at element %d component %d is outside its definition", n.tag, ch.element, ch.component)
		}
	}
	return nil
}

// connect builds the transition table: for every segment, what may come next by tag, nearest first, and which
// mandatory nodes each step passes over.
func (c *compiler) connect() {
	s := c.spec
	s.index = make([]stepRange, len(s.nodes)*s.tags.count)
	s.missing = make([][]int32, len(s.nodes))
	byTag := make([][]step, s.tags.count)
	for state := range s.nodes {
		if s.nodes[state].loop && state > 0 {
			continue
		}
		for i := range byTag {
			byTag[i] = byTag[i][:0]
		}
		c.walk(int32(state), func(n int32, missing int) {
			tag := c.tags[s.nodes[n].tag]
			byTag[tag] = append(byTag[tag], step{n, int32(missing)})
		})
		for tag, steps := range byTag {
			from := uint32(len(s.steps))
			s.steps = append(s.steps, steps...)
			s.index[state*s.tags.count+tag] = stepRange{from, uint32(len(s.steps))}
		}
	}
}

// walk visits what may follow a segment, nearest first: the segment again, its neighbours with the same tag
// (which may come in any order), later siblings, the loop again, and so on outwards.
func (c *compiler) walk(state int32, visit func(n int32, missing int)) {
	s := c.spec
	var missing []int32
	at, loop := state, s.nodes[state].parent
	if state == 0 {
		at, loop = -1, 0
	}
	for {
		next := loop + 1
		if at >= 0 {
			next = s.nodes[at].end
			first := c.clusterStart(at, loop)
			if s.nodes[at].loop || at != loop+1 || loop == 0 { // a trigger does not repeat within its loop
				c.visit(at, len(missing), visit)
				for n := first; n < s.nodes[loop].end && s.nodes[n].tag == s.nodes[at].tag; n = s.nodes[n].end {
					if n != at {
						c.visit(n, len(missing), visit)
					}
					next = s.nodes[n].end
				}
				for n := first; n < next; n = s.nodes[n].end {
					if s.nodes[n].required {
						missing = append(missing, n)
					}
				}
			}
		}
		for n := next; n < s.nodes[loop].end; {
			// The members of a cluster may come in any order: none is missing before all were offered.
			end := n
			for end < s.nodes[loop].end && s.nodes[end].tag == s.nodes[n].tag {
				c.visit(end, len(missing), visit)
				end = s.nodes[end].end
			}
			for ; n < end; n = s.nodes[n].end {
				if s.nodes[n].required {
					missing = append(missing, n)
				}
			}
		}
		if loop == 0 {
			break
		}
		at, loop = loop, s.nodes[loop].parent
	}
	s.missing[state] = missing
}

// visit visits a segment, or the trigger of a loop.
func (c *compiler) visit(n int32, missing int, visit func(int32, int)) {
	if c.spec.nodes[n].loop {
		n++
	}
	visit(n, missing)
}

// clusterStart returns the first of the neighbours of at that have its tag.
func (c *compiler) clusterStart(at, loop int32) int32 {
	s := c.spec
	first := loop + 1
	if loop > 0 {
		first++ // the trigger stands for itself
	}
	for n := first; n < at; n = s.nodes[n].end {
		if s.nodes[n].tag != s.nodes[at].tag {
			first = s.nodes[n].end
		}
	}
	return first
}
