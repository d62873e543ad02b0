package main

import "peacebridge/edi"

// names are what the directory of a message calls its segments and elements.
type names struct {
	syntax  edi.Syntax
	release string // whose definitions stand in where the structure has no name
	tags    map[string]edi.NodeInfo
	service map[string]edi.SegmentDef // segments that frame messages, which no structure names
}

// newNames collects the names of a message's structure; those of a segment are the same wherever it stands.
func newNames(m *edi.Message) names {
	n := names{syntax: m.Interchange.Syntax, release: m.Release, tags: map[string]edi.NodeInfo{}, service: map[string]edi.SegmentDef{}}
	if m.Spec == nil {
		return n
	}
	n.release = m.Spec.Release // of the nearest base, where a guide names one
	for _, node := range m.Spec.Nodes() {
		if known := n.tags[node.Tag]; !node.Loop && known.Elements == nil {
			n.tags[node.Tag] = node
		}
	}
	return n
}

func (n names) segment(tag string) string {
	if node, ok := n.tags[tag]; ok {
		return node.Title
	}
	return n.definition(tag).Name
}

// definition is what the directory says of a segment that the structure does not have.
func (n names) definition(tag string) edi.SegmentDef {
	def, ok := n.service[tag]
	if !ok {
		def, _ = edi.Builtin().Segment(n.syntax, n.release, tag) // a segment that is not defined has no names
		if def.Tag == "" {
			// The header and trailer of a message are the same in every release that is near; so they are named when its own is unknown.
			switch tag {
			case "ST", "SE", "UNH", "UNT":
				def, _ = edi.Builtin().Segment(n.syntax, n.serviceRelease(), tag)
			}
		}
		n.service[tag] = def
	}
	return def
}

// element returns the number and name of an element, and whether it is a composite.
func (n names) element(tag string, element int) (id, name string, composite bool) {
	for _, e := range n.tags[tag].Elements {
		if e.Position == element {
			return e.Ref, e.Name, len(e.Components) > 0
		}
	}
	for _, e := range n.definition(tag).Elements {
		if e.Position == element {
			return e.Ref, n.named(e.Ref), isComposite(e.Ref)
		}
	}
	return "", "", false
}

// serviceRelease is a release that has the segments which frame messages.
func (n names) serviceRelease() string {
	if n.syntax == edi.EDIFACT {
		return "SYNTAX4"
	}
	return "005010"
}

// named returns what the directory calls an element or composite.
func (n names) named(ref string) string {
	for _, release := range []string{n.release, n.serviceRelease()} {
		if def, err := edi.Builtin().Element(n.syntax, release, ref); err == nil {
			return def.Name
		}
		if def, err := edi.Builtin().Composite(n.syntax, release, ref); err == nil {
			return def.Name
		}
	}
	return ""
}

func (n names) component(tag string, element, component int) (id, name string) {
	for _, e := range n.tags[tag].Elements {
		for _, c := range e.Components {
			if e.Position == element && c.Position == component {
				return c.Ref, c.Name
			}
		}
	}
	for _, e := range n.definition(tag).Elements {
		if e.Position != element {
			continue
		}
		for _, release := range []string{n.release, n.serviceRelease()} {
			def, _ := edi.Builtin().Composite(n.syntax, release, e.Ref) // not every element is one
			for _, c := range def.Components {
				if c.Position == component {
					return c.Ref, n.named(c.Ref)
				}
			}
		}
	}
	return "", ""
}

// isComposite tells composites by their numbers: C082 and S009 in EDIFACT, C001 in X12; elements are numbers alone.
func isComposite(ref string) bool { return len(ref) == 4 && (ref[0] == 'C' || ref[0] == 'S') }
