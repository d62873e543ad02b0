package edi

import (
	"errors"
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

// Compile checks an overlay completely and compiles it. A message that is read with the result is checked
// against the overlay, and against the base as well: what breaks the base and not the overlay is a warning.
func (d *Directories) Compile(o Overlay) (*Spec, error) {
	base, err := d.Spec(o.Syntax, o.Release, o.Message)
	if err != nil {
		return nil, fmt.Errorf("overlay %s: %w", o.Name, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	defs, err := d.definitions(&o, base.release)
	if err != nil {
		return nil, fmt.Errorf("overlay %s: %w", o.Name, err)
	}
	body, err := overlayPlan(o.Body)
	if err == nil {
		err = uniqueIDs(o.Body, make(map[int]bool))
	}
	if err != nil {
		return nil, fmt.Errorf("overlay %s: %w", o.Name, err)
	}
	header, trailer := "ST", "SE"
	if o.Syntax == EDIFACT {
		header, trailer = "UNH", "UNT"
	}
	whole := append([]plan{envelopePlan(header)}, body...)
	whole = append(whole, envelopePlan(trailer))
	c := compiler{
		spec: &Spec{
			Name: o.Name, Syntax: o.Syntax, Release: base.Release, Message: base.Message, Title: base.Title,
			Group: base.Group, release: base.release, base: base,
		},
		use: defs.restricted,
	}
	s, err := c.compile(whole)
	if err != nil {
		return nil, fmt.Errorf("overlay %s: %w", o.Name, err)
	}
	return s, nil
}

func envelopePlan(tag string) plan {
	return plan{OverlayNode: OverlayNode{Name: tag, Max: 1}, required: true}
}

func overlayPlan(nodes []OverlayNode) ([]plan, error) {
	var out []plan
	for _, n := range nodes {
		p := plan{OverlayNode: n, required: n.Usage == Required, overlay: true}
		if n.Loop {
			if len(n.Children) == 0 || n.Children[0].Loop {
				return nil, fmt.Errorf("loop %s: its first child is no segment", n.Name)
			}
			if len(n.Elements) > 0 {
				return nil, fmt.Errorf("loop %s: elements belong to its segments", n.Name)
			}
			var err error
			if p.children, err = overlayPlan(n.Children); err != nil {
				return nil, fmt.Errorf("loop %s: %w", n.Name, err)
			}
			p.Choose = append(p.Choose, n.Children[0].Choose...)
		} else if len(n.Children) > 0 {
			return nil, fmt.Errorf("segment %s: a segment has no children", n.Name)
		}
		out = append(out, p)
	}
	return out, nil
}

func uniqueIDs(nodes []OverlayNode, seen map[int]bool) error {
	for _, n := range nodes {
		if n.ID < 1 || seen[n.ID] {
			return fmt.Errorf("node %s: number %d is not above 0 or stands twice", n.Name, n.ID)
		}
		seen[n.ID] = true
		if err := uniqueIDs(n.Children, seen); err != nil {
			return err
		}
	}
	return nil
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

// definitions are the overlay's own segments, composites and elements over those of the base.
type definitions struct {
	res      resolver
	base     *release
	segments map[string]*segmentUse
}

// definitions resolves what an overlay defines. The caller holds the lock.
func (d *Directories) definitions(o *Overlay, base *release) (*definitions, error) {
	defs := &definitions{
		base: base, segments: make(map[string]*segmentUse),
		res: resolver{
			composites: make(map[string]*CompositeDef), elements: make(map[string]*ElementDef), releases: []*release{base},
		},
	}
	for i := range o.Composites {
		defs.res.composites[o.Composites[i].ID] = &o.Composites[i]
	}
	for i := range o.Elements {
		defs.res.elements[o.Elements[i].ID] = &o.Elements[i]
	}
	for i := range o.Segments {
		def := &o.Segments[i]
		if defs.segments[def.Tag] != nil {
			return nil, fmt.Errorf("segment %s: defined twice", def.Tag)
		}
		use, err := d.define(defs, def)
		if err != nil {
			return nil, fmt.Errorf("segment %s: %w", def.Tag, err)
		}
		defs.segments[def.Tag] = use
	}
	return defs, nil
}

// define compiles one segment of an overlay: from another release, changed, or new.
func (d *Directories) define(defs *definitions, def *SegmentDef) (*segmentUse, error) {
	res, whole := defs.res, *def
	if def.From != "" {
		from, err := d.release(defs.base.syntax, serviceRelease(defs.base.syntax, def.From))
		if err != nil {
			return nil, err
		}
		start := from.segment(def.Tag)
		if start == nil {
			return nil, fmt.Errorf("not defined in %s", def.From)
		}
		res.releases = []*release{from, defs.base}
		whole = *start
		whole.Elements = replaceElements(start.Elements, def.Elements)
		whole.Conditions = nil
		for _, c := range append(append([]string(nil), start.Conditions...), def.Conditions...) {
			if !contains(def.Drop, c) {
				whole.Conditions = append(whole.Conditions, c)
			}
		}
		for _, drop := range def.Drop {
			if !contains(start.Conditions, drop) {
				return nil, fmt.Errorf("condition %s to drop: %s does not have it", drop, def.From)
			}
		}
		if def.Name != "" {
			whole.Name = def.Name
		}
	}
	return res.use(&whole)
}

func replaceElements(base, own []ElementRef) []ElementRef {
	out := append([]ElementRef(nil), base...)
next:
	for _, e := range own {
		for i := range out {
			if out[i].Position == e.Position {
				out[i] = e
				continue next
			}
		}
		out = append(out, e)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// restricted returns a segment's definition with the restrictions of one overlay node.
func (d *definitions) restricted(tag string, elements []OverlayElement) (*segmentUse, error) {
	u := d.segments[tag]
	if u == nil {
		var err error
		if u, err = d.base.segmentUse(resolver{releases: []*release{d.base}}, tag); err != nil {
			return nil, err
		}
	}
	if len(elements) == 0 {
		return u, nil
	}
	u = u.clone()
	var errs []error
	for _, e := range elements {
		errs = append(errs, u.restrict(e))
	}
	return u.finish(), errors.Join(errs...)
}

// restrict applies one overlay element.
func (u *segmentUse) restrict(o OverlayElement) error {
	if o.Element < 1 || o.Element > len(u.elements) {
		return fmt.Errorf("segment %s: element %d: the definition has %d", u.tag, o.Element, len(u.elements))
	}
	e := &u.elements[o.Element-1]
	if o.Component > len(e.parts) {
		return fmt.Errorf("segment %s: element %d: component %d: the definition has %d", u.tag, o.Element, o.Component, len(e.parts))
	}
	whole := o.Component == 0 || !e.composite
	switch {
	case whole && o.Usage == NotUsed:
		e.unused, e.required = true, false
		u.required &^= 1 << o.Element
	case whole && o.Usage == Required:
		e.guide = !e.required
		e.required = true
		u.required |= 1 << o.Element
	}
	if o.Component == 0 && e.composite {
		if o.Min > 0 || o.Max > 0 || len(o.Codes) > 0 {
			return fmt.Errorf("segment %s: element %d: length and codes belong to its components", u.tag, o.Element)
		}
		return nil
	}
	p := &e.parts[max(o.Component, 1)-1]
	if e.composite {
		switch o.Usage {
		case NotUsed:
			p.unused, p.required = true, false
			e.needed &^= 1 << o.Component
		case Required:
			p.guide = !p.required
			p.required = true
			e.needed |= 1 << o.Component
		}
	}
	if o.Max > 0 {
		p.max = o.Max
		p.min = min(p.min, p.max)
	}
	if o.Min > 0 {
		p.min = o.Min
	}
	if p.max > 0 && p.min > p.max {
		return fmt.Errorf("segment %s: element %d: at least %d characters and at most %d", u.tag, o.Element, p.min, p.max)
	}
	if len(o.Codes) > 0 {
		p.codes, p.open, p.guideCodes = newCodeSet(o.Codes), o.Open, true
	} else if o.Open {
		p.open = true
	}
	return nil
}
