package mapping

import (
	"errors"
	"fmt"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// ErrClass says that a guide does not write records of this class.
var ErrClass = errors.New("the guide does not write records of this class")

// Write renders a record as an interchange of the guide. The bytes are nil when something is missing: the
// report then says what, and nothing was rendered. Same record, same guide, same parameters, same bytes.
func (g *Guide) Write(rec *cargo.Record, p Params) ([]byte, *Report, error) {
	if !g.Writes {
		return nil, nil, fmt.Errorf("guide %s: write: %w", g.Name, ErrOneWay)
	}
	if !g.Accepts(rec.Class) {
		return nil, nil, fmt.Errorf("guide %s: %q: %w", g.Name, rec.Class, ErrClass)
	}
	rep := newReport("json", g.Name)
	w := &writer{g: g, rec: rec.Clone()}
	w.rec, rep.Defaulted, rep.Pairs, w.byRule = p.Rules.apply(g, w.rec, p.Pairs)
	root := []*frame{{group: w.rec}}
	var messages []result
	if len(g.each) == 0 {
		messages = append(messages, w.body(g.body, root))
	} else {
		list := g.each[0]
		for i, item := range list.items(root) {
			messages = append(messages, w.body(g.body, list.item(root, i, item)))
		}
		if len(messages) == 0 {
			rep.Missing = append(rep.Missing, Entry{Path: string(list.path), Why: "a message is made for each, and there is none", By: g.file})
		}
	}
	for _, m := range messages {
		rep.Missing = append(rep.Missing, once(m.missing)...)
	}
	rep.Wanted = append(rep.Wanted, g.wanted(root)...)
	var out []byte
	var places []map[int]edi.Position
	if len(rep.Missing) == 0 {
		var missing []Entry
		var err error
		if out, places, missing, err = g.render(messages, p); err != nil {
			return nil, nil, err
		}
		rep.Missing = append(rep.Missing, missing...)
	}
	w.account(rep, messages, places)
	if len(rep.Missing) > 0 {
		out = nil
	}
	return out, rep, nil
}

// once keeps the first entry of an instance that is missing at several positions.
func once(entries []Entry) []Entry {
	seen := map[string]bool{}
	var out []Entry
	for _, e := range entries {
		if e.Instance == "" || !seen[e.Instance] {
			out = append(out, e)
		}
		seen[e.Instance] = true
	}
	return out
}

// writer holds what one writing needs.
type writer struct {
	g      *Guide
	rec    *cargo.Record
	byRule map[string]bool // instances that standing rules filled in
}

func (w *writer) body(nodes []*node, frames []*frame) result {
	var out result
	for _, n := range nodes {
		out.append(w.node(n, frames))
	}
	return out
}

// node writes all instances of a segment or loop.
func (w *writer) node(n *node, frames []*frame) result {
	if n.only == readOnly || n.ignored || !n.when.holds(frames) {
		return result{}
	}
	var out result
	written := 0
	for _, inner := range w.instances(n, frames) {
		if n.ctx.kind == ctxFor || n.ctx.kind == ctxFind {
			inner[len(inner)-1].ordinal = written + 1
		}
		one := w.instance(n, inner)
		if !one.data && !n.needed() {
			continue
		}
		if n.max > 0 && written == n.max {
			out.segs = append(out.segs, outSegment{notes: overflow(one)})
			continue
		}
		written++
		out.append(one)
	}
	if written == 0 && n.needed() {
		out.missing = append(out.missing, w.absent(n, frames))
	}
	return out
}

func (n *node) needed() bool { return n.usage == edi.Required || n.mustWrite }

func (w *writer) instance(n *node, frames []*frame) result {
	if !n.loop {
		return w.segment(n, frames)
	}
	return w.body(n.children, frames)
}

// absent names what a required segment or loop lacks.
func (w *writer) absent(n *node, frames []*frame) Entry {
	e := Entry{Target: &Place{Position: edi.Position{Tag: n.tag}}, By: w.by(n.line), Why: "the guide requires it"}
	e.Path, e.Instance = string(n.ctx.path), string(n.ctx.path)
	if n.ctx.path == "" {
		for _, b := range n.trigger().bindings {
			if b.path() != "" {
				e.Path = string(b.path())
				break
			}
		}
	}
	return e
}

func (w *writer) by(line int) string { return fmt.Sprintf("%s:%d", w.g.file, line) }
