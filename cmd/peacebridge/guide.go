package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// guidesFlag gives a command the --guides flag, which names a folder with guides of one's own.
func (t *terminal) guidesFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.guides, "guides", "", "a folder with guides and code lists of your own (guides/cbp/truck/309.yaml, codes/NAME.csv), looked at first")
}

// library loads the guides that are built in, and those of --guides upon them.
func (t *terminal) library() (*mapping.Library, error) {
	l, err := t.guidesAsTheyAre()
	if f, ok := errors.AsType[*failure](err); ok {
		return nil, f
	}
	if err != nil {
		return nil, trouble(err, "peacebridge guides check shows each mistake on a line")
	}
	return l, nil
}

// guidesAsTheyAre is library for a command that tells the mistakes in guides: only a folder that cannot be read is a
// failure.
func (t *terminal) guidesAsTheyAre() (*mapping.Library, error) {
	if t.guides == "" {
		return mapping.Builtin()
	}
	if info, err := os.Stat(t.guides); err != nil {
		return nil, trouble(err)
	} else if !info.IsDir() {
		return nil, trouble(fmt.Errorf("%s: is no folder", oneLine(t.guides)))
	}
	l, err := mapping.LoadWith(os.DirFS(t.guides))
	if errors.Is(err, mapping.ErrNoGuides) {
		return nil, trouble(fmt.Errorf("%s: %w", oneLine(t.guides), err))
	}
	return l, err
}

// namedGuide returns the guide that a flag names, nil when the flag is not given.
func (t *terminal) namedGuide(cmd *cobra.Command, flag, name string) (*mapping.Guide, error) {
	if name == "" {
		return nil, nil
	}
	l, err := t.library()
	if err != nil {
		return nil, err
	}
	if g, ok := l.Guide(name); ok {
		return g, nil
	}
	return nil, usage(cmd, didYouMean(name, guideNames(l)), "--%s %q: no such guide", flag, oneLine(name))
}

func guideNames(l *mapping.Library) []string {
	var names []string
	for _, g := range l.Guides() {
		names = append(names, g.Name)
	}
	return names
}

// guideSpec chooses the guide's structure for every message, whatever its name: that a message is not the guide's is then a finding,
// and with a guide its verdict is what was asked for. Without a guide each message is held against its own directory.
func guideSpec(g *mapping.Guide) func(*edi.Message) (*edi.Spec, error) {
	if g == nil {
		return nil
	}
	return func(*edi.Message) (*edi.Spec, error) { return g.Spec(), nil }
}

// A personal knows which elements of some segments hold data about natural persons, because a guide says which element of the
// dictionary stands there.
type personal struct {
	guide      *mapping.Guide
	dictionary *cargo.Dict
	segments   map[int]*edi.Node // segments with a finding, by their number
}

func newPersonal(g *mapping.Guide) *personal {
	p := &personal{guide: g, segments: map[int]*edi.Node{}}
	if g != nil {
		p.dictionary = cargo.Dictionary()
	}
	return p
}

// note keeps what is needed to hide values in the segments of a message that have findings.
func (p *personal) note(m *edi.Message) {
	if p.guide == nil || m.Root == nil || len(m.Findings) == 0 {
		return
	}
	wanted := map[int]bool{}
	for _, f := range m.Findings {
		wanted[f.Position.Segment] = true
	}
	var visit func(n *edi.Node)
	visit = func(n *edi.Node) {
		if n.Segment != nil && wanted[n.Segment.Position.Segment] {
			p.segments[n.Segment.Position.Segment] = &edi.Node{ID: n.ID, Name: n.Name}
		}
		for _, child := range n.Children {
			visit(child)
		}
	}
	visit(m.Root)
}

// hide returns what is to be hidden in a segment, nil for nothing.
func (p *personal) hide(segment int) func(element, component int) bool {
	n := p.segments[segment]
	if n == nil {
		return nil
	}
	return func(element, component int) bool {
		return p.is(n.ID, element, component) || component == 1 && p.is(n.ID, element, 0) // whether it is a composite is not known here
	}
}

// path is the data element that stands at an element of a node, "" when no guide says.
func (p *personal) path(node, element, component int) string {
	if p.guide == nil || node == 0 {
		return ""
	}
	return string(p.guide.PathOf(node, element, component))
}

// is reports whether personal data stands at an element of a node.
func (p *personal) is(node, element, component int) bool {
	path := p.path(node, element, component)
	if path == "" {
		return false
	}
	e, ok := p.dictionary.Lookup(cargo.Path(path))
	return ok && e.Sensitivity == "personal"
}
