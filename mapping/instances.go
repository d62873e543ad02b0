package mapping

// instances lists the frames of a node: one for each item, or the frames that are open.
func (w *writer) instances(n *node, frames []*frame) [][]*frame {
	c := &n.ctx
	switch c.kind {
	case ctxFor:
		var out [][]*frame
		for i, g := range c.list.items(frames) {
			inner := c.list.item(frames, i, g)
			if !c.where.holds(inner) || !linked(c, frames, inner) {
				continue
			}
			out = append(out, inner)
		}
		if len(out) == 0 && c.none {
			out = append(out, push(frames, &frame{}))
		}
		return out
	case ctxFind:
		return w.found(c, frames)
	}
	return [][]*frame{frames}
}

// found lists the items that a find writes: those that are named here; under the first instance of the loop
// outside also those that nobody names; or none at all.
func (w *writer) found(c *context, frames []*frame) [][]*frame {
	here, anywhere := map[string]bool{}, map[string]bool{}
	if c.through != nil {
		c.through.all(frames, func(v, _ string) bool {
			here[v] = true
			return true
		})
		c.anyone.all(frames[:1], func(v, _ string) bool {
			anywhere[v] = true
			return true
		})
	}
	first := frames[len(frames)-1].ordinal <= 1
	var out [][]*frame
	for i, g := range c.list.items(frames) {
		inner := c.list.item(frames, i, g)
		key, _ := c.key.first(inner)
		if c.through != nil && !here[key] && (anywhere[key] || !first) {
			continue
		}
		f := inner[len(inner)-1]
		f.key, f.first = key, len(out) == 0
		out = append(out, inner)
	}
	if len(out) == 0 && c.absent != nil {
		out = append(out, push(frames, &frame{first: true}))
	}
	return out
}

// linked reports whether an item belongs under the item of the enclosing find: its first link names it. Items
// that name none stand under the first.
func linked(c *context, frames, inner []*frame) bool {
	if c.link == nil {
		return true
	}
	for i := len(frames) - 1; i > 0; i-- {
		f := frames[i]
		if f.key == "" && !f.first {
			continue
		}
		link, _ := c.link.first(inner)
		if link == "" {
			return f.first
		}
		return link == f.key
	}
	return true
}
