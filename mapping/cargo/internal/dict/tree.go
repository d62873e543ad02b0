package dict

import (
	"fmt"
	"slices"
	"strings"
)

// A Node is one concrete element or group of the record, blocks expanded.
type Node struct {
	Path     string // consignment[].shipper.name; "" for the record itself
	Name     string // name; the JSON member
	Repeat   bool
	Block    string // type party, address … when the group is a block, else ""
	Extended bool   // a block with members of its own beside the block's
	Row      *Row   // the row that describes it; nil for a group that has none
	Type     string // leaf type, or group
	// Sensitivity is at least that of every row above that names a block.
	Sensitivity string
	Classes     []string
	Children    []*Node // in dictionary order; a block's own members first
}

// Leaf reports whether n holds a value.
func (n *Node) Leaf() bool { return n.Type != "group" }

// Child is the member with this name.
func (n *Node) Child(name string) *Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Tree expands rows into the tree of the record.
func Tree(rows []Row) (*Node, error) {
	b := builder{blocks: map[string][]*Row{}}
	for i := range rows {
		r := &rows[i]
		if name, _, ok := block(r.Path); ok {
			b.blocks[name] = append(b.blocks[name], r)
		}
	}
	root := &Node{Type: "group"}
	for i := range rows {
		r := &rows[i]
		if _, _, ok := block(r.Path); ok {
			continue
		}
		if err := b.add(root, r); err != nil {
			return nil, fmt.Errorf("elements.csv:%d: %s: %w", r.Line, r.Path, err)
		}
	}
	finish(root)
	return root, nil
}

type builder struct{ blocks map[string][]*Row }

// block splits {party}.name into its block and the path inside it.
func block(path string) (name, rest string, ok bool) {
	if !strings.HasPrefix(path, "{") {
		return "", "", false
	}
	name, rest, ok = strings.Cut(path[1:], "}.")
	return name, rest, ok
}

// add puts the element of a record row into the tree; groups on the way need no row of their own.
func (b *builder) add(root *Node, r *Row) error {
	n := root
	for part := range strings.SplitSeq(r.Path, ".") {
		name := strings.TrimSuffix(part, "[]")
		c := n.Child(name)
		if c == nil {
			c = &Node{Path: join(n.Path, part), Name: name, Repeat: name != part, Type: "group"}
			if n.Block != "" {
				n.Extended = true
			}
			n.Children = append(n.Children, c)
		}
		if c.Repeat != (name != part) {
			return fmt.Errorf("%s repeats in one row and not in another", c.Path)
		}
		n = c
	}
	return b.describe(n, r, r.Classes, "public", 0)
}

// maxNest bounds blocks within blocks; party holds address and contact, and no more is meant.
const maxNest = 4

// describe makes n what row r says: a leaf, a group or a block with its members.
func (b *builder) describe(n *Node, r *Row, classes []string, floor string, depth int) error {
	n.Row, n.Classes, n.Sensitivity = r, classes, stricter(floor, r.Sensitivity)
	switch {
	case IsLeaf(r.Type):
		n.Type = r.Type
		return nil
	case r.Type == "group":
		return nil
	case b.blocks[r.Type] == nil:
		return fmt.Errorf("type %s is neither plain nor a block", r.Type)
	case depth == maxNest:
		return fmt.Errorf("block %s nests too deeply", r.Type)
	}
	n.Block = r.Type
	for _, m := range b.blocks[r.Type] {
		_, part, _ := block(m.Path)
		name := strings.TrimSuffix(part, "[]")
		c := &Node{Path: join(n.Path, part), Name: name, Repeat: m.Repeat, Type: "group"}
		n.Children = append(n.Children, c)
		if err := b.describe(c, m, classes, n.Sensitivity, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// finish adds to the classes of a group those of its members, which may go further than the group's own row;
// a group without a row has them from its members alone, and its sensitivity too.
func finish(n *Node) {
	n.Classes = slices.Clone(n.Classes) // members share the slice of the row
	for _, c := range n.Children {
		finish(c)
		if n.Path == "" {
			continue
		}
		for _, class := range c.Classes {
			if !slices.Contains(n.Classes, class) {
				n.Classes = append(n.Classes, class)
			}
		}
		if n.Row == nil {
			n.Sensitivity = stricter(n.Sensitivity, c.Sensitivity)
		}
	}
}

// ladder orders sensitivities from what everybody may know to what reveals how an agency works.
var ladder = []string{"", "public", "commercial", "personal", "security"}

func stricter(a, b string) string {
	if slices.Index(ladder, a) > slices.Index(ladder, b) {
		return a
	}
	return b
}

func join(path, part string) string {
	if path == "" {
		return part
	}
	return path + "." + part
}
