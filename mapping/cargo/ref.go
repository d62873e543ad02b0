package cargo

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of a Ref, for errors.Is.
var (
	ErrWrongGroup = errors.New("the group is of another type than the reference's context")
	ErrWrongUse   = errors.New("the element is used against its kind")
)

// A Ref reaches one element from the groups of a context, compiled once and then used without reflection.
// A guide that stands in consignment[] reaches shipper.name of each consignment with one Ref.
//
// Where the way leads through a repeating group, reading looks at all items (Get at the first that has a value)
// and writing goes to the last one, which is made when there is none: the item that is being filled.
type Ref struct {
	context groupType
	steps   []*node // groups on the way
	end     *node
}

// CompileRef prepares the way from the group at context ("" is the record) to the element rel below it.
func CompileRef(context Path, rel string) (*Ref, error) {
	n := dictionary().nodes[context]
	if n == nil || n.holdsValues() {
		return nil, fmt.Errorf("%s: %w", context, ErrUnknownPath)
	}
	x := &Ref{context: n.typ}
	at := context
	for part := range strings.SplitSeq(rel, ".") {
		at = at.under(part)
		next := dictionary().nodes[at]
		if next == nil || part == "" {
			return nil, fmt.Errorf("%s: %w", at, ErrUnknownPath)
		}
		if x.end != nil {
			x.steps = append(x.steps, x.end)
		}
		x.end = next
	}
	return x, nil
}

// Path is the full path of the element.
func (x *Ref) Path() Path { return x.end.element.Path }

// Element is the element that the Ref reaches.
func (x *Ref) Element() *Element { return x.end.element }

// Get is the first value, and whether there is one.
func (x *Ref) Get(g Group) (value string, ok bool) {
	x.visit(g, func(g Group) bool {
		value, ok = first(x.end, g)
		return !ok
	})
	return value, ok
}

func first(end *node, g Group) (string, bool) {
	switch end.kind {
	case leafNode:
		v := *g.leaf(end.m)
		return v, v != ""
	case listNode:
		for _, v := range *g.list(end.m) {
			if v != "" {
				return v, true
			}
		}
	}
	return "", false
}

// Values is every value, in order.
func (x *Ref) Values(g Group) []string {
	var out []string
	x.visit(g, func(g Group) bool {
		switch x.end.kind {
		case leafNode:
			if v := *g.leaf(x.end.m); v != "" {
				out = append(out, v)
			}
		case listNode:
			for _, v := range *g.list(x.end.m) {
				if v != "" {
					out = append(out, v)
				}
			}
		}
		return true
	})
	return out
}

// Items is every group that the Ref leads to, in order; none when it leads to a value.
func (x *Ref) Items(g Group) []Group {
	var out []Group
	x.visit(g, func(g Group) bool {
		switch x.end.kind {
		case groupNode:
			if sub := g.group(x.end.m); sub != nil {
				out = append(out, sub)
			}
		case groupsNode:
			for i := range g.count(x.end.m) {
				if sub := g.item(x.end.m, i); sub != nil {
					out = append(out, sub)
				}
			}
		}
		return true
	})
	return out
}

// Set puts a value, in any spelling that [Element.Normalise] takes; its *[ValueError] says what is wrong with one.
// The empty value takes away what is there. A repeating value is set with AppendValue.
func (x *Ref) Set(g Group, v string) error {
	if x.end.kind != leafNode {
		return fmt.Errorf("%s: set: %w", x.Path(), ErrWrongUse)
	}
	if v == "" {
		return x.remove(g)
	}
	v, err := x.end.element.Normalise(v)
	if err != nil {
		return err
	}
	last, err := x.last(g)
	if err != nil {
		return err
	}
	*last.leaf(x.end.m) = v
	return nil
}

// remove empties the value of the item that is being filled, and makes no group to do so.
func (x *Ref) remove(g Group) error {
	if g == nil || g.typ() != x.context {
		return fmt.Errorf("%s: %w", x.Path(), ErrWrongGroup)
	}
	for _, s := range x.steps {
		if s.kind == groupNode {
			g = g.group(s.m)
		} else if n := g.count(s.m); n > 0 {
			g = g.item(s.m, n-1)
		} else {
			return nil
		}
		if g == nil {
			return nil
		}
	}
	*g.leaf(x.end.m) = ""
	return nil
}

// AppendValue puts a value at the end of a repeating value.
func (x *Ref) AppendValue(g Group, v string) error {
	if x.end.kind != listNode {
		return fmt.Errorf("%s: append value: %w", x.Path(), ErrWrongUse)
	}
	v, err := x.end.element.Normalise(v)
	if err != nil {
		return err
	}
	last, err := x.last(g)
	if err != nil {
		return err
	}
	list := last.list(x.end.m)
	*list = append(*list, v)
	return nil
}

// Append makes a new item of a repeating group, or gives the single group, made when absent.
// The item is in the record from then on, and leaves no trace if it stays empty.
func (x *Ref) Append(g Group) (Group, error) {
	if x.end.holdsValues() {
		return nil, fmt.Errorf("%s: append: %w", x.Path(), ErrWrongUse)
	}
	last, err := x.last(g)
	if err != nil {
		return nil, err
	}
	if x.end.kind == groupNode {
		return last.grow(x.end.m), nil
	}
	return last.add(x.end.m), nil
}

// last is the group that holds the element: the last item wherever the way repeats, made where absent.
func (x *Ref) last(g Group) (Group, error) {
	if g == nil || g.typ() != x.context {
		return nil, fmt.Errorf("%s: %w", x.Path(), ErrWrongGroup)
	}
	for _, s := range x.steps {
		g = step(s, g)
	}
	return g, nil
}

func step(s *node, g Group) Group {
	if s.kind == groupNode {
		return g.grow(s.m)
	}
	if n := g.count(s.m); n > 0 {
		if sub := g.item(s.m, n-1); sub != nil {
			return sub
		}
	}
	return g.add(s.m)
}

// visit calls fn for every group that holds the element, until fn returns false.
func (x *Ref) visit(g Group, fn func(Group) bool) {
	if g == nil || g.typ() != x.context {
		return
	}
	visit(x.steps, g, fn)
}

func visit(steps []*node, g Group, fn func(Group) bool) bool {
	if len(steps) == 0 {
		return fn(g)
	}
	s := steps[0]
	if s.kind == groupNode {
		sub := g.group(s.m)
		return sub == nil || visit(steps[1:], sub, fn)
	}
	for i := range g.count(s.m) {
		if sub := g.item(s.m, i); sub != nil && !visit(steps[1:], sub, fn) {
			return false
		}
	}
	return true
}
