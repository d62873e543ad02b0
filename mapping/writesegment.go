package mapping

// segment writes one segment; more of it when a list or a text needs them.
func (w *writer) segment(n *node, frames []*frame) result {
	s := outSegment{tag: n.tag, node: n}
	out := result{}
	w.chosen(n, &s, frames)
	var spreads []*spread
	for _, b := range n.bindings {
		if b.only == readOnly || b.verb == verbIgnore || !b.when.holds(frames) {
			continue
		}
		switch b.verb {
		case verbEach, verbLines:
			sp := w.spread(b, n, frames)
			out.data = out.data || len(sp.values) > 0
			if b.required && len(sp.values) == 0 {
				out.missing = append(out.missing, w.lacks(b, n, frames, "the guide requires it"))
			}
			spreads = append(spreads, sp)
		case verbIs:
		default:
			if b.also && s.has(b.positions[0]) {
				continue
			}
			data, lack := w.binding(b, n, &s, frames)
			out.data = out.data || data
			out.missing = append(out.missing, lack...)
		}
	}
	repeats := w.place(n, &s, spreads)
	w.link(n, &s, frames)
	w.named(n, &s, frames)
	w.constants(n, &s, frames, out.data)
	if n.parent.continues(n) && frames[len(frames)-1].ordinal > 1 && out.data && !s.any(n.parent.ctx.contd) {
		out.missing = append(out.missing, w.lacks(n.bindings[0], n, frames, "without it this is not told from the item before"))
	}
	out.segs = append(out.segs, s)
	for _, r := range repeats {
		if !n.parent.continues(n) {
			w.chosen(n, &r, frames)
			w.constants(n, &r, frames, true)
		}
		out.segs = append(out.segs, r)
	}
	if n.when != nil && !out.data {
		out.data = true // constants that a condition asks for
		for _, b := range n.bindings {
			out.data = out.data && (b.verb == verbIs || b.verb == verbCases && b.path() == "")
		}
	}
	return out
}

// continues reports whether further instances of the loop go on with the same item.
func (n *node) continues(trigger *node) bool {
	return n != nil && n.trigger() == trigger && len(n.ctx.contd) > 0
}

// named notes that what an enclosing item names stands below it.
func (w *writer) named(n *node, s *outSegment, frames []*frame) {
	if n.parent == nil || n.parent.ctx.kind != ctxFind || n.parent.trigger() != n {
		return
	}
	through := n.parent.ctx.through
	if through == nil || !through.many || len(through.lists) > 0 {
		return
	}
	through.all(frames, func(v, in string) bool {
		if v == frames[len(frames)-1].key {
			s.notes = append(s.notes, note{path: through.path, instance: in, at: position{1, 0}, why: "names what stands below it"})
		}
		return true
	})
}

// link notes that an item stands under the item that it names.
func (w *writer) link(n *node, s *outSegment, frames []*frame) {
	if n.parent == nil || n.parent.ctx.link == nil || n.parent.trigger() != n {
		return
	}
	link := n.parent.ctx.link
	for i := len(frames) - 2; i > 0; i-- {
		key := frames[i].key
		if key == "" {
			continue
		}
		if v, in := link.first(frames); v == key {
			s.notes = append(s.notes, note{path: link.path, instance: in, at: position{1, 0}, why: "stands under what it names"})
		} else if v == "" {
			s.notes = append(s.notes, note{
				path: link.path, instance: frames[link.depth].name(link.next()), at: position{1, 0}, defaulted: true,
				why: "names none: stands under the first", by: w.by(n.parent.line),
			})
		}
		return
	}
}

// chosen writes the values that tell the segment from its siblings.
func (w *writer) chosen(n *node, s *outSegment, frames []*frame) {
	choices := n.choose
	if n.parent != nil && n.parent.loop && n.parent.trigger() == n {
		choices = append(choices[:len(choices):len(choices)], n.parent.choose...)
		if n.parent.ctx.kind == ctxFind && frames[len(frames)-1].group == nil {
			choices = append(choices, n.parent.ctx.absent...)
		}
	}
	for _, c := range choices {
		if len(c.codes) == 1 {
			s.set(c.at, c.codes[0])
		}
	}
}

// constants are written last: one that only says what its neighbour in a composite is, needs the neighbour.
func (w *writer) constants(n *node, s *outSegment, frames []*frame, data bool) {
	for _, b := range n.bindings {
		if b.verb != verbIs || b.only == readOnly || !b.when.holds(frames) {
			continue
		}
		p := b.positions[0]
		if b.required || p.component == 0 || s.has(position{p.element, 0}) {
			s.set(p, b.is)
		}
	}
}
