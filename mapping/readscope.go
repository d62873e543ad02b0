package mapping

import (
	"time"

	"peacebridge/edi"
)

// open pushes the frame of a new item, which is made when its first value comes.
func (r *reader) open(list *slotList, frames []*frame) []*frame {
	outer := frames[list.depth]
	return push(frames, &frame{open: func(f *frame) {
		if !outer.hold() {
			return
		}
		n := len(list.ref.Items(outer.group))
		if g, err := list.ref.Append(outer.group); err == nil {
			f.group, f.instance = g, outer.name(indexed(list.name, n))
		}
	}})
}

// context opens the scope of a node.
func (r *reader) context(n *node, in *edi.Node, frames []*frame) []*frame {
	c := &n.ctx
	seg := trigger(in)
	switch c.kind {
	case ctxFor:
		outer := frames[len(frames)-1]
		if last := r.last[n]; seg != nil && len(c.contd) > 0 && !anyOf(seg, c.contd) && last.outer == outer {
			return last.inner
		}
		inner := r.open(c.list, frames)
		if c.link != nil {
			r.linkTo(c, frames, inner)
		}
		if len(c.contd) > 0 {
			if r.last == nil {
				r.last = map[*node]continued{}
			}
			r.last[n] = continued{outer, inner}
		}
		return inner
	case ctxFind:
		return r.find(c, in, seg, frames)
	}
	return frames
}

// linkTo notes the key of the enclosing find in a new item.
func (r *reader) linkTo(c *context, frames, inner []*frame) {
	for i := len(frames) - 1; i >= 0; i-- {
		if key := frames[i].key; key != "" {
			f := inner[len(inner)-1]
			open := f.open
			f.open = func(f *frame) {
				open(f)
				if f.group != nil {
					_, _ = c.link.put(inner, key) // the key was valid where it stands
				}
			}
			return
		}
	}
}

// find opens the item that has the key which the loop names, or a new one.
func (r *reader) find(c *context, in *edi.Node, seg *edi.Segment, frames []*frame) []*frame {
	if seg == nil || matches(seg, c.absent) {
		return push(frames, &frame{absent: c.absent})
	}
	key := r.key(c, in)
	if key == "" {
		return r.open(c.list, frames)
	}
	if c.through != nil && c.through.many && len(c.through.lists) == 0 {
		_, _ = c.through.put(frames, key) // the enclosing item names it; the key is checked where it stands
	}
	for i, g := range c.list.items(frames) {
		inner := c.list.item(frames, i, g)
		if have, _ := c.key.first(inner); have == key {
			inner[len(inner)-1].key = key
			return inner
		}
	}
	inner := r.open(c.list, frames)
	inner[len(inner)-1].key = key
	return inner
}

// key is the key of a find, in the segment of the loop that holds it.
func (r *reader) key(c *context, in *edi.Node) string {
	for _, child := range append([]*edi.Node{in}, in.Children...) {
		seg := trigger(child)
		for n, bindings := range c.keyBind {
			if seg == nil || segmentNode(child).ID != n.id {
				continue
			}
			for _, b := range bindings {
				parts, present := texts(seg, b.positions)
				if !present {
					continue
				}
				v, _, err := b.value(parts, time.UTC)
				if err != nil {
					continue
				}
				if normal, err := c.key.elem.Normalise(v); err == nil {
					return normal
				}
			}
		}
	}
	return ""
}

// segmentNode is the node of the segment that begins a loop, or the node itself.
func segmentNode(n *edi.Node) *edi.Node {
	for n.Loop && len(n.Children) > 0 {
		n = n.Children[0]
	}
	return n
}

func trigger(n *edi.Node) *edi.Segment { return segmentNode(n).Segment }

func anyOf(seg *edi.Segment, positions []position) bool {
	_, present := texts(seg, positions)
	return present
}

// matches reports whether all choices are met.
func matches(seg *edi.Segment, choices []choice) bool {
	for _, c := range choices {
		if !contains(c.codes, textAt(seg, c.at)) {
			return false
		}
	}
	return len(choices) > 0
}
