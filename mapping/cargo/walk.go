package cargo

import (
	"slices"
	"strconv"
)

// A Leaf is one present value of a record.
type Leaf struct {
	Element  *Element
	Instance string // consignment[0].goods[1].description
	Pointer  string // RFC 6901, into the canonical bytes: /consignment/0/goods/1/description
	Value    string // in canonical text form
}

// Walk calls fn for every present value in canonical order, until fn returns an error, which Walk returns.
// What is empty is not there: it is not visited and takes no index.
func Walk(r *Record, fn func(l Leaf) error) error {
	if r == nil {
		return nil
	}
	w := walker{fn: fn}
	_, err := w.members(dictionary().root, r)
	return err
}

// Instances is the present values at a path, or below it when it names a group, in canonical order.
func (r *Record) Instances(p Path) []Leaf {
	n := dictionary().nodes[p]
	if r == nil || n == nil {
		return nil
	}
	var out []Leaf
	w := walker{fn: func(l Leaf) error {
		out = append(out, l)
		return nil
	}}
	for q := p; q != ""; q = q.parent() {
		w.way = append(w.way, dictionary().nodes[q])
	}
	slices.Reverse(w.way)
	_, _ = w.members(dictionary().root, r) // fn returns no error
	return out
}

type walker struct {
	trail
	fn  func(Leaf) error
	way []*node // when set, only what lies on this way from the record down, or below its end
}

// members visits the members of g and says whether any was there.
func (w *walker) members(n *node, g Group) (found bool, err error) {
	children := n.children
	if len(w.way) > 0 {
		children = w.way[:1]
		defer func(way []*node) { w.way = way }(w.way)
		w.way = w.way[1:]
	}
	for _, c := range children {
		seen, err := w.member(c, g)
		if err != nil {
			return true, err
		}
		found = found || seen
	}
	return found, nil
}

func (w *walker) member(c *node, g Group) (bool, error) {
	switch c.kind {
	case leafNode:
		v := *g.leaf(c.m)
		if v == "" {
			return false, nil
		}
		return true, w.fn(w.leaf(c, v))
	case listNode:
		return w.list(c, *g.list(c.m))
	case groupNode:
		sub := g.group(c.m)
		if sub == nil {
			return false, nil
		}
		mark := w.enter(c)
		defer w.leave(mark)
		return w.members(c, sub)
	}
	return w.items(c, g)
}

func (w *walker) list(c *node, values []string) (bool, error) {
	mark := w.enter(c)
	defer w.leave(mark)
	index := 0
	for _, v := range values {
		if v == "" {
			continue
		}
		at := w.index(index)
		if err := w.fn(w.here(c, v)); err != nil {
			return true, err
		}
		w.leave(at)
		index++
	}
	return index > 0, nil
}

// items visits a repeating group. An index is used up only by an item that had a value.
func (w *walker) items(c *node, g Group) (bool, error) {
	mark := w.enter(c)
	defer w.leave(mark)
	index := 0
	for i := range g.count(c.m) {
		sub := g.item(c.m, i)
		if sub == nil {
			continue
		}
		at := w.index(index)
		found, err := w.members(c, sub)
		if err != nil {
			return true, err
		}
		w.leave(at)
		if found {
			index++
		}
	}
	return index > 0, nil
}

// A trail is the way from the record to where a walk stands, in both notations.
type trail struct {
	instance []byte
	pointer  []byte
	indexes  int // how many indexes are on the way
	scratch  []byte
}

type trailMark struct{ instance, pointer, indexes int }

func (t *trail) mark() trailMark { return trailMark{len(t.instance), len(t.pointer), t.indexes} }

// enter steps to a member and gives the mark to leave to.
func (t *trail) enter(c *node) trailMark {
	m := t.mark()
	if len(t.instance) > 0 {
		t.instance = append(t.instance, '.')
	}
	t.instance = append(t.instance, c.name...)
	t.pointer = append(append(t.pointer, '/'), c.name...)
	return m
}

// index steps to an item of the repeating member where the trail stands.
func (t *trail) index(i int) trailMark {
	m := t.mark()
	t.instance = append(strconv.AppendInt(append(t.instance, '['), int64(i), 10), ']')
	t.pointer = strconv.AppendInt(append(t.pointer, '/'), int64(i), 10)
	t.indexes++
	return m
}

func (t *trail) leave(m trailMark) {
	t.instance, t.pointer, t.indexes = t.instance[:m.instance], t.pointer[:m.pointer], m.indexes
}

// leaf is the value v of member c of where the trail stands.
func (t *trail) leaf(c *node, v string) Leaf {
	if t.indexes == 0 {
		return Leaf{Element: c.element, Instance: string(c.element.Path), Pointer: c.pointer, Value: v}
	}
	mark := t.enter(c)
	defer t.leave(mark)
	return t.here(c, v)
}

// here is the value v of c, which is where the trail stands.
func (t *trail) here(c *node, v string) Leaf {
	instance, pointer := t.text()
	return Leaf{Element: c.element, Instance: instance, Pointer: pointer, Value: v}
}

// text is the trail in both notations, for one allocation.
func (t *trail) text() (instance, pointer string) {
	t.scratch = append(append(t.scratch[:0], t.instance...), t.pointer...)
	both := string(t.scratch)
	return both[:len(t.instance)], both[len(t.instance):]
}
