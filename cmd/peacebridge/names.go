package main

import "peacebridge/edi"

// names are what the directory of a message calls its segments and elements.
type names struct {
	syntax  edi.Syntax
	release string
	found   map[string]edi.SegmentDef
}

func newNames(m *edi.Message) names {
	n := names{syntax: m.Interchange.Syntax, release: m.Release, found: map[string]edi.SegmentDef{}}
	if m.Spec != nil {
		n.release = m.Spec.Release // of the nearest base, where a guide names one
	}
	return n
}

func (n names) definition(tag string) edi.SegmentDef {
	def, ok := n.found[tag]
	if !ok {
		def, _ = edi.Builtin().Segment(n.syntax, n.release, tag) // a segment that is not defined has no names
		n.found[tag] = def
	}
	return def
}

func (n names) segment(tag string) string { return n.definition(tag).Name }

// element returns the number and name of an element, and whether it is a composite.
func (n names) element(tag string, element int) (id, name string, composite bool) {
	for _, e := range n.definition(tag).Elements {
		if e.Position == element {
			return e.Ref, "", isComposite(e.Ref)
		}
	}
	return "", "", false
}

func (n names) component(tag string, element, component int) (id, name string) {
	return "", ""
}

// isComposite tells composites by their numbers: C082 and S009 in EDIFACT, C001 in X12; elements are numbers alone.
func isComposite(ref string) bool { return len(ref) == 4 && (ref[0] == 'C' || ref[0] == 'S') }
