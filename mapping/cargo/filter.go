package cargo

// Filter copies a record, leaf by leaf: fn says whether a value stays and what it is in the copy.
// Groups that keep nothing are not in the copy. A changed value that its element cannot hold (a masked date
// that is no date any more) is left out rather than written wrongly; [Element.Normalise] tells beforehand.
func Filter(r *Record, fn func(l Leaf) (value string, keep bool)) *Record {
	if r == nil {
		return nil
	}
	var w trail
	c := copier{trail: &w}
	c.pick = func(n *node, v string, indexed bool) (string, bool) {
		l := Leaf{}
		if indexed {
			l = w.here(n, v)
		} else {
			l = w.leaf(n, v)
		}
		changed, keep := fn(l)
		if !keep || changed == v {
			return v, keep
		}
		canonical, err := n.element.Normalise(changed)
		return canonical, err == nil
	}
	return c.record(r)
}

// Clone is a copy that shares nothing with r. What is empty is not in it.
func (r *Record) Clone() *Record {
	if r == nil {
		return nil
	}
	return project(r, func(*Element) bool { return true })
}

// project copies the values of the elements that keep names.
func project(r *Record, keep func(*Element) bool) *Record {
	c := copier{pick: func(n *node, v string, _ bool) (string, bool) { return v, keep(n.element) }}
	return c.record(r)
}

// A copier copies a record through pick. The trail is kept only for a pick that looks at it.
type copier struct {
	*trail
	pick func(n *node, v string, indexed bool) (string, bool)
}

func (c *copier) record(r *Record) *Record {
	out := &Record{}
	c.members(dictionary().root, r, &target{group: out})
	return out
}

// A target is where a copy goes; the group is made when the first value arrives.
type target struct {
	parent *target
	n      *node
	group  Group
}

func (t *target) get() Group {
	if t.group == nil {
		if t.n.kind == groupsNode {
			t.group = t.parent.get().add(t.n.m)
		} else {
			t.group = t.parent.get().grow(t.n.m)
		}
	}
	return t.group
}

// members copies the members of g and says whether g has any value, kept or not.
func (c *copier) members(n *node, g Group, to *target) (found bool) {
	for _, m := range n.children {
		switch m.kind {
		case leafNode:
			v := *g.leaf(m.m)
			if v == "" {
				continue
			}
			found = true
			if v, keep := c.pick(m, v, false); keep && v != "" {
				*to.get().leaf(m.m) = v
			}
		case listNode:
			found = c.list(m, *g.list(m.m), to) || found
		case groupNode:
			if sub := g.group(m.m); sub != nil {
				mark := c.step(m)
				found = c.members(m, sub, &target{parent: to, n: m}) || found
				c.back(mark)
			}
		case groupsNode:
			found = c.items(m, g, to) || found
		}
	}
	return found
}

func (c *copier) list(m *node, values []string, to *target) bool {
	mark := c.step(m)
	index := 0
	for _, v := range values {
		if v == "" {
			continue
		}
		at := c.stepTo(index)
		if v, keep := c.pick(m, v, true); keep && v != "" {
			list := to.get().list(m.m)
			*list = append(*list, v)
		}
		c.back(at)
		index++
	}
	c.back(mark)
	return index > 0
}

func (c *copier) items(m *node, g Group, to *target) bool {
	mark := c.step(m)
	index := 0
	for i := range g.count(m.m) {
		sub := g.item(m.m, i)
		if sub == nil {
			continue
		}
		at := c.stepTo(index)
		if c.members(m, sub, &target{parent: to, n: m}) {
			index++
		}
		c.back(at)
	}
	c.back(mark)
	return index > 0
}

func (c *copier) step(m *node) (mark trailMark) {
	if c.trail != nil {
		mark = c.enter(m)
	}
	return mark
}

func (c *copier) stepTo(i int) (mark trailMark) {
	if c.trail != nil {
		mark = c.index(i)
	}
	return mark
}

func (c *copier) back(m trailMark) {
	if c.trail != nil {
		c.leave(m)
	}
}
