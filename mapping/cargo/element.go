package cargo

import (
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"sync"

	"peacebridge/mapping/cargo/internal/dict"
)

//go:generate go run ./internal/gen

//go:embed elements.csv
var elementsCSV []byte

// An Element is one entry of the dictionary, at its concrete path: a value, or a group of values.
type Element struct {
	Path        Path
	Type        string   // text code id int decimal bool date time uuid hash; group; or the block that it is: party address …
	Lists       []string // code lists or identifier schemes; with several, a value names its own: cbp-port:3801
	WCO         string   // number in the WCO Data Model, where confirmed
	NameEN      string
	NameFR      string
	Sensitivity string   // public, commercial, personal, security: of the value as a rule
	Repeat      bool     // the last part of the path repeats
	Classes     []string // record classes that carry it; "*" is all
	Note        string
	Status      string // CONFIRMED, CONFIRMED-3P, DERIVED, RECALLED, PROPOSED

	lists []*List
}

// Leaf reports whether the element holds a value; otherwise it is a group.
func (e *Element) Leaf() bool { return dict.IsLeaf(e.Type) }

// In reports whether records of this class carry the element, or for a group anything in it.
func (e *Element) In(class string) bool {
	return slices.Contains(e.Classes, class) || slices.Contains(e.Classes, "*")
}

// A Dict is the dictionary of data elements with its code lists and record classes.
type Dict struct {
	elements []*Element
	nodes    map[Path]*node
	root     *node
	lists    map[string]*List
	classes  map[string]*class
	findings []FindingKind
}

// Dictionary is the embedded dictionary, read and checked on first use.
func Dictionary() *Dict { return dictionary() }

// dictionary panics on embedded data that a test has not passed; input never reaches it.
var dictionary = sync.OnceValue(func() *Dict {
	d, err := load()
	if err != nil {
		panic(fmt.Errorf("cargo: embedded data: %w", err))
	}
	return d
})

func load() (*Dict, error) {
	d := &Dict{nodes: map[Path]*node{}}
	rows, err := dict.Read(elementsCSV)
	if err != nil {
		return nil, err
	}
	tree, err := dict.Tree(rows)
	if err != nil {
		return nil, err
	}
	if d.lists, err = loadLists(); err != nil {
		return nil, err
	}
	if d.root, err = d.link(tree, &Record{}, 0); err != nil {
		return nil, err
	}
	if d.classes, err = d.loadClasses(); err != nil {
		return nil, err
	}
	d.findings, err = loadFindings()
	return d, err
}

// Lookup is the element at a path.
func (d *Dict) Lookup(p Path) (*Element, bool) {
	n, ok := d.nodes[p]
	if !ok || p == "" {
		return nil, false
	}
	return n.element, true
}

// All is every element, groups included, in canonical order.
func (d *Dict) All() iter.Seq[*Element] { return slices.Values(d.elements) }

// Leaves is every element that holds a value, in canonical order.
func (d *Dict) Leaves() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, e := range d.elements {
			if e.Leaf() && !yield(e) {
				return
			}
		}
	}
}

// Members is the elements of the group at p, in canonical order; "" is the record itself.
func (d *Dict) Members(p Path) []*Element {
	n := d.nodes[p]
	if n == nil {
		return nil
	}
	var out []*Element
	for _, c := range n.children {
		out = append(out, c.element)
	}
	return out
}
