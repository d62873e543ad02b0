package mapping

import (
	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// Guide is one message as one agency uses it, compiled: what stands where, and which data element it carries.
// It is safe for concurrent use.
type Guide struct {
	Name    string            `json:"name"`    // cbp/truck/309
	Agency  string            `json:"agency"`  // us.cbp
	Mode    string            `json:"mode"`    // the agency's own word: truck, highway, any
	Message string            `json:"message"` // 309, CUSCAR
	Syntax  string            `json:"syntax"`  // x12, edifact
	Version string            `json:"version"`
	Reads   bool              `json:"reads"`
	Writes  bool              `json:"writes"`
	Status  string            `json:"status"` // how far the guide as a whole is to be trusted
	Class   string            `json:"class"`  // of the records that it reads
	Title   map[string]string `json:"title"`  // by language: en, fr

	Source string `json:"source"` // where its facts come from
	Hash   string `json:"hash"`   // sha256 of the file: together with Version what a rendering depends on

	accepts []string // classes that it writes
	compiled
}

// Spec is what messages of the guide are read and checked against: for edi.Options.Spec.
func (g *Guide) Spec() *edi.Spec { return g.spec }

// Accepts reports whether the guide writes records of a class.
func (g *Guide) Accepts(class string) bool {
	for _, c := range g.accepts {
		if c == class {
			return g.Writes
		}
	}
	return false
}

// PathOf names the element whose value stands at a position of a node (edi.Node.ID, edi.Finding.Node); "" if
// none does.
func (g *Guide) PathOf(node, element, component int) cargo.Path {
	n := g.byID[node]
	if n == nil {
		return ""
	}
	for _, b := range n.bindings {
		for _, p := range b.positions {
			if p.element == element && (component == 0 || p.component == component || p.component == 1 && component < 2) {
				if path := b.path(); path != "" {
					return path
				}
			}
		}
	}
	return ""
}
