package cargo

import (
	"fmt"
	"slices"
	"strings"

	"peacebridge/mapping/cargo/internal/dict"
)

// A node ties an element to the place of its member in the Go types.
type node struct {
	element  *Element
	name     string
	kind     nodeKind
	m        int       // number of the member in its group
	typ      groupType // of a group: what it is
	bare     bool      // a number or truth value: no quotes in JSON
	pointer  string    // RFC 6901, good when nothing above repeats
	children []*node
	byName   map[string]*node
}

type nodeKind uint8

const (
	leafNode nodeKind = iota
	listNode
	groupNode
	groupsNode
)

// holdsValues reports whether n is a value or a list of values.
func (n *node) holdsValues() bool { return n.kind == leafNode || n.kind == listNode }

// link makes the node of t, whose group is shown by the sample g (the parent's, for a value), and of all below it.
func (d *Dict) link(t *dict.Node, g Group, m int) (*node, error) {
	n := &node{name: t.Name, m: m, pointer: "/" + strings.NewReplacer("[]", "", ".", "/").Replace(t.Path)}
	n.element = d.element(t)
	d.nodes[n.element.Path] = n
	if t.Path != "" {
		d.elements = append(d.elements, n.element)
	}
	if err := d.resolve(n.element); err != nil {
		return nil, err
	}
	if t.Leaf() {
		n.bare = slices.Contains([]string{"int", "decimal", "bool"}, t.Type)
		if t.Repeat {
			n.kind = listNode
		}
		return n, nil
	}
	n.kind, n.typ, n.byName = groupNode, g.typ(), map[string]*node{}
	if t.Repeat {
		n.kind = groupsNode
	}
	names := n.typ.members()
	if len(names) != len(t.Children) {
		return nil, fmt.Errorf("%s: generated type has %d members, dictionary %d: run go generate", t.Path, len(names), len(t.Children))
	}
	for i, c := range t.Children {
		if names[i] != c.Name {
			return nil, fmt.Errorf("%s: generated type has another member %d: run go generate", c.Path, i)
		}
		sample := g
		switch {
		case c.Leaf():
		case c.Repeat:
			sample = g.add(i)
		default:
			sample = g.grow(i)
		}
		child, err := d.link(c, sample, i)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
		n.byName[c.Name] = child
	}
	return n, nil
}

// element is what the dictionary says of t.
func (d *Dict) element(t *dict.Node) *Element {
	e := &Element{Path: Path(t.Path), Type: t.Type, Repeat: t.Repeat, Classes: t.Classes, Sensitivity: t.Sensitivity}
	if t.Block != "" {
		e.Type = t.Block
	}
	if r := t.Row; r != nil {
		e.Lists, e.WCO, e.NameEN, e.NameFR, e.Note, e.Status = r.Lists, r.WCO, r.NameEN, r.NameFR, r.Note, r.Status
	}
	return e
}
