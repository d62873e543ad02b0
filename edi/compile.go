package edi

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
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
	return c.compile(basePlan(m.Structure), m.Rules)
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
		p.Choose, p.Rules = n.Choose, n.Rules
		p.Any, _ = strconv.Atoi(strings.Trim(string(n.Pos), `"`)) // without a position the order is that of the list
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

func (c *compiler) compile(body []plan, rules []Rule) (*Spec, error) {
	s := c.spec
	s.nodes = []node{{name: s.Message, loop: true, required: true, max: 1, parent: -1}}
	if err := c.add(body, 0); err != nil {
		return nil, err
	}
	s.nodes[0].end = int32(len(s.nodes))
	if err := s.addRules(0, rules); err != nil {
		return nil, err
	}
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
	s.tags = newTagTable(s.Syntax, names)
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
			max: uint32(max(p.Max, 0)), parent: parent, any: p.Any,
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
		if err := s.addRules(at, p.Rules); err != nil {
			return err
		}
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
	for i := range s.nodes {
		s.uses = append(s.uses, s.nodes[i].use)
	}
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
			byTag[tag] = append(byTag[tag], s.step(n, missing))
		})
		for tag, steps := range byTag {
			c.rivals(steps)
			for i := range steps {
				from := uint32(len(s.loops))
				s.loops = s.between(s.loops, int32(state), steps[i].node)
				to := uint32(len(s.loops))
				steps[i].loops = stepRange{from, to}
				steps[i].plain = from == to && steps[i].missing == 0 && !steps[i].triggers() && s.rules == nil
			}
			from := uint32(len(s.steps))
			s.steps = append(s.steps, steps...)
			s.index[state*s.tags.count+tag] = stepRange{from, uint32(len(s.steps))}
		}
	}
}

// walk visits what may follow a segment, nearest first: the segment again, its neighbours that may come in any
// order, later siblings, the loop again, and so on outwards.
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
			if s.nodes[at].loop || at != loop+1 || loop == 0 { // a trigger does not repeat within its loop
				first, end := s.cluster(at, loop)
				c.visit(at, len(missing), visit)
				for n := first; n < end; n = s.nodes[n].end {
					if n != at {
						c.visit(n, len(missing), visit)
					}
				}
				missing = s.demand(missing, first, end)
				next = end
			}
		}
		for n := next; n < s.nodes[loop].end; {
			// The members of a cluster may come in any order: none is missing before all were offered.
			_, end := s.cluster(n, loop)
			for m := n; m < end; m = s.nodes[m].end {
				c.visit(m, len(missing), visit)
			}
			missing = s.demand(missing, n, end)
			n = end
		}
		if loop == 0 {
			break
		}
		at, loop = loop, s.nodes[loop].parent
	}
	s.missing[state] = missing
}

// step compiles a step to a node.
func (s *Spec) step(n int32, missing int) step {
	owner := s.owner(n)
	st := step{node: n, missing: int32(missing), owner: owner, end: s.nodes[owner].end, limit: s.nodes[owner].max}
	if st.limit == 0 {
		st.limit = math.MaxUint32
	}
	if nd := &s.nodes[n]; nd.unused || len(nd.choose) > 0 {
		st.limit = 0
	}
	return st
}

// between appends the loops that end and begin from one segment to another.
func (s *Spec) between(events []queued, from, to int32) []queued {
	target, stay := s.nodes[to].parent, s.nodes[to].parent
	if s.owner(to) != to {
		stay = s.nodes[target].parent // a trigger starts its loop anew
	}
	open := s.nodes[from].parent
	if from == 0 {
		open = 0
	}
	for open > 0 && !(stay == open || stay > open && stay < s.nodes[open].end) {
		events = append(events, queued{kind: EndLoop, node: open})
		open = s.nodes[open].parent
	}
	return s.down(events, open, target)
}

// down appends the beginnings of the loops below open down to target.
func (s *Spec) down(events []queued, open, target int32) []queued {
	if target == open || target <= 0 {
		return events
	}
	return append(s.down(events, open, s.nodes[target].parent), queued{kind: BeginLoop, node: target})
}

// visit visits a segment, or the trigger of a loop.
func (c *compiler) visit(n int32, missing int, visit func(int32, int)) {
	if c.spec.nodes[n].loop {
		n++
	}
	visit(n, missing)
}

// demand appends the mandatory ones among the siblings from first to end.
func (s *Spec) demand(missing []int32, first, end int32) []int32 {
	for n := first; n < end; n = s.nodes[n].end {
		if s.nodes[n].required {
			missing = append(missing, n)
		}
	}
	return missing
}

// cluster returns the siblings around at that may come in any order: neighbours with the same tag, and those
// that the directory gives the same position. A trigger stands for itself.
func (s *Spec) cluster(at, loop int32) (first, end int32) {
	first = loop + 1
	if loop > 0 {
		first++
	}
	if at < first {
		return at, s.nodes[at].end
	}
	for n := first; n < at; n = s.nodes[n].end {
		if next := s.nodes[n].end; !s.together(n, next) {
			first = next
		}
	}
	end = s.nodes[at].end
	for end < s.nodes[loop].end && s.together(at, end) {
		at, end = end, s.nodes[end].end
	}
	return first, end
}

func (s *Spec) together(a, b int32) bool {
	x, y := &s.nodes[a], &s.nodes[b]
	return x.tag == y.tag || x.any > 0 && x.any == y.any
}

// rivals marks the steps whose segment could as well belong to a neighbour: order does not tell two of them apart
// that may come in any order, so values must. Elsewhere the nearest place is the right one (X12.6 3.8, ISO 9735-1
// 8.4), and there is nothing to be told.
func (c *compiler) rivals(steps []step) {
	s := c.spec
	for i := range steps {
		a := s.owner(steps[i].node)
		parent := s.nodes[a].parent
		for j := i + 1; j < len(steps) && steps[i].rival == 0; j++ {
			b := s.owner(steps[j].node)
			if b == a || s.nodes[b].parent != parent || parent > 0 && (a == parent+1 || b == parent+1) {
				continue
			}
			if first, end := s.cluster(a, parent); b >= first && b < end && overlap(s.nodes[a].choose, s.nodes[b].choose) {
				steps[i].rival = steps[j].node
			}
		}
	}
}

// overlap reports whether there is a segment that both lists of choices take.
func overlap(a, b []choice) bool {
	for _, x := range a {
		for _, y := range b {
			if x.element != y.element || x.component != y.component {
				continue
			}
			common := false
			for _, code := range x.codes.list {
				common = common || y.codes.has([]byte(code))
			}
			if !common {
				return false
			}
		}
	}
	return true
}

// owner returns the loop of a trigger, and the node itself otherwise.
func (s *Spec) owner(n int32) int32 {
	if p := s.nodes[n].parent; p > 0 && p == n-1 {
		return p
	}
	return n
}
