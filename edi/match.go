package edi

import "fmt"

// checker follows one message through a Spec.
type checker struct {
	d       *Decoder
	spec    *Spec
	demote  bool  // the base of an overlay: errors become warnings
	state   int32 // node of the last segment that had a place
	at      int32 // node of the segment at hand, -1 if it has none
	counts  []uint32
	pending []Finding // about the place of the segment; they follow the event of the segment
	lost    bool      // the segment has a place, but not by its values: it is no instance of the node
	unsure  bool      // an ambiguity was reported for this message
	fork    fork

	first []Position // of what the rules of the Spec name
}

// fork is the way that was not taken where a segment stood once too often: to a place that it has farther on, past
// something mandatory.
type fork struct {
	position Position // of the segment
	state    int32
	missing  int32 // how many of the mandatory nodes ahead of the state both ways pass
	step     *step
}

func (c *checker) start(s *Spec) {
	c.spec, c.state = s, 0
	if cap(c.counts) < len(s.nodes) {
		c.counts = make([]uint32, len(s.nodes))
	}
	c.counts = c.counts[:len(s.nodes)]
	clear(c.counts)
	c.pending, c.unsure, c.fork = c.pending[:0], false, fork{}
	if s.rules != nil {
		c.startRules()
	}
}

// match finds the place of the segment, whose tag has a number in the Spec, moves there, and queues the loops that end
// and begin on the way. It returns -1 when the segment has none.
func (c *checker) match(v *View, tag int) int32 {
	c.pending = c.pending[:0]
	c.lost = false
	c.at = -1
	if tag < 0 {
		c.stranger(v)
		return -1
	}
	steps := c.spec.stepsFrom(c.state, tag)
	if len(steps) == 1 && c.counts[steps[0].owner] < steps[0].limit { // the only place, and there is room
		if s := &steps[0]; s.plain {
			c.counts[s.node]++
			c.state = s.node
		} else {
			c.take(v, s)
		}
	} else if best := c.choose(v, steps); best >= 0 {
		c.take(v, &steps[best])
	} else if !c.turn(v, tag) && !c.enter(v, tag) {
		c.misplaced(v, tag)
		return -1
	}
	c.at = c.state
	return c.at
}

// full reports whether a node, or the loop that it triggers, occurred as often as it may.
func (c *checker) full(n int32) bool {
	nd := c.owner(n)
	limit := c.spec.nodes[nd].max
	return limit > 0 && c.counts[nd] >= limit
}

// owner returns the loop of a trigger, and the node itself otherwise.
func (c *checker) owner(n int32) int32 { return c.spec.owner(n) }

// chosen reports whether the segment has the values that tell the node from its siblings.
func (c *checker) chosen(v *View, nd *node) bool {
	for i := range nd.choose {
		if !c.choiceFits(v, &nd.choose[i]) {
			return false
		}
	}
	return true
}

func (c *checker) choiceFits(v *View, ch *choice) bool {
	return ch.codes.has(v.raw(ch.element, ch.component))
}

// choose picks the step to take: the nearest that fits; else the nearest that is full, not used, or of other
// values, in this order, with the finding that says so.
func (c *checker) choose(v *View, steps []step) int {
	full, unused, other := -1, -1, -1
	for i := range steps {
		n := steps[i].node
		nd := &c.spec.nodes[n]
		switch {
		case !c.chosen(v, nd):
			if other < 0 {
				other = i
			}
		case nd.unused || c.spec.nodes[c.owner(n)].unused:
			if unused < 0 {
				unused = i
			}
		case c.full(n):
			if full < 0 {
				full = i
			}
		case full >= 0 && c.lacks(steps[full].missing, steps[i].missing):
			return c.stay(v, steps, full, i)
		default:
			if r := steps[i].rival; r > 0 && !c.unsure {
				c.ambiguous(v, n, r)
			}
			return i
		}
	}
	switch {
	case full >= 0:
		return c.over(v, steps, full)
	case unused >= 0:
		c.hold("edi.guide-segment-unused", v.Position(), steps[unused].node, "")
		return unused
	case other >= 0:
		c.otherValue(v, steps[other].node)
		return other
	}
	return -1
}

// lacks reports whether a mandatory node is missing among those of the state that the nearer step has ahead still and
// the farther one passes over.
func (c *checker) lacks(near, far int32) bool {
	for _, m := range c.spec.missing[c.state][near:far] {
		if c.counts[m] == 0 {
			return true
		}
	}
	return false
}

// stay takes the step that is full, and remembers the farther one.
func (c *checker) stay(v *View, steps []step, full, far int) int {
	c.fork = fork{v.Position(), c.state, steps[full].missing, &steps[far]}
	return c.over(v, steps, full)
}

// over reports a segment or loop that stands once too often, and takes it all the same.
func (c *checker) over(v *View, steps []step, full int) int {
	owner := c.owner(steps[full].node)
	nd := &c.spec.nodes[owner]
	code := "edi.segment-repeats"
	if nd.loop {
		code = "edi.loop-repeats"
	}
	c.hold(code, v.Position(), owner, fmt.Sprintf("%s may stand at most %s here", nd.label(), times(int(nd.max))))
	return full
}

// ambiguous reports, once a message, a segment that belongs to either of two neighbours. It is taken as the first.
func (c *checker) ambiguous(v *View, n, rival int32) {
	if c.full(rival) || !c.chosen(v, &c.spec.nodes[rival]) {
		return
	}
	if len(c.spec.nodes[n].choose) > 0 && len(c.spec.nodes[rival].choose) == 0 {
		return // the one is for certain values, the other for the rest
	}
	c.unsure = true
	a, b := &c.spec.nodes[c.owner(n)], &c.spec.nodes[c.owner(rival)]
	c.hold("edi.ambiguous", v.Position(), n, fmt.Sprintf("nothing tells %s and %s apart here; the first is taken", a.label(), b.label()))
}

// label names a node for people, with the value that tells it from its siblings.
func (nd *node) label() string {
	name := "segment " + nd.name
	if nd.loop {
		name = "loop " + nd.name
	}
	if len(nd.choose) == 1 && len(nd.choose[0].codes.list) == 1 {
		name += " (" + nd.choose[0].codes.list[0] + ")"
	}
	return name
}

// otherValue reports the first value that keeps the segment from being an instance of the node.
func (c *checker) otherValue(v *View, n int32) {
	c.lost = true
	nd := &c.spec.nodes[n]
	for i := range nd.choose {
		if ch := &nd.choose[i]; !c.choiceFits(v, ch) {
			p := v.at(ch.element, 0)
			if nd.use.elements[ch.element-1].composite {
				p = v.at(ch.element, ch.component)
			}
			code := "edi.guide-code"
			if c.spec.base == nil {
				code = "edi.code-unknown"
				if own := nd.use.elements[ch.element-1].parts[ch.component-1].codes; own != nil && !own.has(v.raw(ch.element, ch.component)) {
					return // the elements' check says so
				}
			}
			c.hold(code, p, n, fmt.Sprintf("%s is not used with this value here", nd.tag))
			c.pending[len(c.pending)-1].Node = 0
			return
		}
	}
}

// take moves to the node of a step.
func (c *checker) take(v *View, s *step) {
	if c.spec.rules != nil {
		c.leave(v, s.node)
	}
	if s.missing > 0 {
		for _, m := range c.spec.missing[c.state][:s.missing] {
			if c.counts[m] == 0 {
				c.missing(v.Position(), m)
			}
		}
	}
	if s.loops.from < s.loops.to && !c.demote {
		c.d.events = append(c.d.events, c.spec.loops[s.loops.from:s.loops.to]...)
		c.d.events[len(c.d.events)-1].stray = c.lost && s.triggers()
	}
	c.occupy(s)
}

// missing reports a mandatory segment or loop that should have come before the segment at a position.
func (c *checker) missing(p Position, m int32) {
	nd := &c.spec.nodes[m]
	p.Tag = nd.tag
	code := "edi.segment-missing"
	if c.spec.base != nil {
		code = "edi.guide-segment-missing"
	}
	c.hold(code, p, m, nd.label()+" missing before this segment")
}

// occupy counts the node and starts a new instance of the loop that it triggers.
func (c *checker) occupy(s *step) {
	c.counts[s.owner]++
	if s.triggers() {
		clear(c.counts[s.owner+1 : s.end])
		c.counts[s.node] = 1
	}
	c.state = s.node
	if c.spec.rules != nil {
		c.note(s.owner)
	}
}

// enter looks for the segment inside a mandatory loop ahead whose trigger is missing. Going in there keeps one
// lost segment from making strangers of all that follow.
func (c *checker) enter(v *View, tag int) bool {
	for _, m := range c.spec.missing[c.state] {
		if !c.spec.nodes[m].loop || c.counts[m] > 0 {
			continue
		}
		trigger := m + 1
		for _, s := range c.spec.stepsFrom(trigger, tag) {
			if s.node <= trigger || s.node >= c.spec.nodes[m].end || !c.chosen(v, &c.spec.nodes[s.node]) {
				continue
			}
			for _, before := range c.spec.missing[c.state] {
				if c.counts[before] == 0 && before <= m {
					c.missing(v.Position(), before)
				}
				if before == m {
					break
				}
			}
			if !c.demote {
				c.d.events = c.spec.between(c.d.events, c.state, trigger)
			}
			c.occupy(&step{node: trigger, owner: m, end: c.spec.nodes[m].end})
			c.take(v, &s)
			return true
		}
	}
	return false
}

// turn goes back to the fork at the segment before when the segment at hand has a place on the other way only: what was
// told as one too many began what follows something lost.
func (c *checker) turn(v *View, tag int) bool {
	f := c.fork
	if f.step == nil || f.position.MessageSegment+1 != v.messageSegment {
		return false
	}
	for _, s := range c.spec.stepsFrom(f.step.node, tag) {
		fresh := s.node > f.step.owner && s.node < f.step.end // in a loop that began there
		if nd := &c.spec.nodes[s.node]; s.missing > 0 || nd.unused || !c.chosen(v, nd) || !fresh && c.full(s.node) {
			continue
		}
		for _, m := range c.spec.missing[f.state][f.missing:f.step.missing] {
			if c.counts[m] == 0 {
				c.missing(f.position, m)
			}
		}
		if !c.demote {
			c.d.events = c.spec.between(c.d.events, c.state, f.step.node)
		}
		c.occupy(f.step)
		c.take(v, &s)
		return true
	}
	return false
}

// misplaced reports a segment of the message that has no place here. The state stays where it is.
func (c *checker) misplaced(v *View, tag int) {
	for n := range c.spec.nodes {
		nd := &c.spec.nodes[n]
		if nd.loop || c.spec.tags.find(nd.tag) != tag || !c.isOpen(nd.parent) {
			continue
		}
		c.hold("edi.segment-sequence", v.Position(), -1, fmt.Sprintf("%s belongs before %s", nd.tag, c.spec.nodes[c.state].tag))
		return
	}
	c.hold("edi.segment-unexpected", v.Position(), -1, "")
}

// isOpen reports whether a loop is one of those around the state.
func (c *checker) isOpen(loop int32) bool {
	for n := c.state; n >= 0; n = c.spec.nodes[n].parent {
		if n == loop {
			return true
		}
	}
	return loop == 0
}

// stranger reports a segment that the message does not have at all.
func (c *checker) stranger(v *View) {
	switch {
	case !c.d.inter.Syntax.validTag(v.tag):
		c.hold("edi.tag-invalid", v.Position(), -1, "")
	case v.tag == "UGH" || v.tag == "UGS":
		c.hold("edi.segment-not-in-message", v.Position(), -1, "anti-collision segment: the message has none")
	case c.spec.release.segment(v.tag) != nil:
		c.hold("edi.segment-not-in-message", v.Position(), -1, "")
	default:
		c.hold("edi.segment-unknown", v.Position(), -1, "")
	}
}

// hold keeps a finding about the place of the segment for later. A node of -1 is none.
func (c *checker) hold(code string, p Position, n int32, message string) {
	f := newFinding(code, c.spec.rule(n, ""), p, message)
	if n >= 0 {
		f.Node = c.spec.nodes[n].id
	}
	c.pending = append(c.pending, f)
}

// rule cites what a finding comes from: the guide, or release, message and segment.
func (s *Spec) rule(n int32, detail string) string {
	out := s.Release + " " + s.Message
	if s.Name != "" {
		out = s.Name
	}
	if n >= 0 {
		out += " " + s.nodes[n].name
	}
	return out + detail
}
