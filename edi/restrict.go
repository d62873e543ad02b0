package edi

import (
	"errors"
	"fmt"
)

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
	s, err := c.compile(whole, o.Rules)
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
