package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// errNoCharacter says that nothing is left of a text in the character set of the message.
var errNoCharacter = errors.New("no character of it is in the set of the message")

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
	var out []byte
	var places []map[int]edi.Position
	if len(rep.Missing) == 0 {
		var err error
		if out, places, rep.Missing, err = g.render(messages, p); err != nil {
			return nil, nil, err
		}
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

// result is what a part of the guide became.
type result struct {
	segs    []outSegment
	missing []Entry
	data    bool // something of the record is in it
}

func (r *result) append(o result) {
	r.segs = append(r.segs, o.segs...)
	r.missing = append(r.missing, o.missing...)
	r.data = r.data || o.data
}

// outSegment is a segment to be written, with what stands in it.
type outSegment struct {
	tag    string
	node   *node
	values []edi.Value
	notes  []note
}

// note says which instance stands at which position, or that it could not stand there.
type note struct {
	path      cargo.Path
	instance  string
	fate      fate
	at        position
	why, by   string
	defaulted bool
}

func (s *outSegment) set(p position, v string) {
	for len(s.values) < p.element {
		s.values = append(s.values, nil)
	}
	c := max(p.component, 1)
	e := s.values[p.element-1]
	if len(e) == 0 {
		e = edi.Value{nil}
	}
	for len(e[0]) < c {
		e[0] = append(e[0], "")
	}
	e[0][c-1] = v
	s.values[p.element-1] = e
}

// has reports whether something stands at a position; component 0 asks for the element as a whole.
func (s *outSegment) has(p position) bool {
	if p.component > 0 {
		return s.at(p) != ""
	}
	if p.element > len(s.values) || len(s.values[p.element-1]) == 0 {
		return false
	}
	for _, c := range s.values[p.element-1][0] {
		if c != "" {
			return true
		}
	}
	return false
}

// at is what stands at a position.
func (s *outSegment) at(p position) string {
	c := max(p.component, 1)
	if p.element > len(s.values) || len(s.values[p.element-1]) == 0 || c > len(s.values[p.element-1][0]) {
		return ""
	}
	return s.values[p.element-1][0][c-1]
}

// noted reports whether an instance stands in the segment already.
func (s *outSegment) noted(instance string) bool {
	for _, n := range s.notes {
		if n.instance == instance && n.fate != dropped {
			return true
		}
	}
	return false
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

// overflow turns what found no room into notes without a segment.
func overflow(r result) []note {
	var out []note
	for _, s := range r.segs {
		for _, n := range s.notes {
			n.fate, n.why = dropped, "more of them than the message can hold"
			out = append(out, n)
		}
	}
	return out
}

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

// found lists the items that a find writes: those that are named, all when none is, or none at all.
func (w *writer) found(c *context, frames []*frame) [][]*frame {
	named := map[string]bool{}
	if c.through != nil {
		c.through.all(frames, func(v, _ string) bool {
			named[v] = true
			return true
		})
	}
	direct := c.through != nil && c.through.many && len(c.through.lists) == 0
	first := frames[len(frames)-1].ordinal <= 1
	var out [][]*frame
	for i, g := range c.list.items(frames) {
		inner := c.list.item(frames, i, g)
		key, _ := c.key.first(inner)
		if len(named) > 0 && !named[key] || len(named) == 0 && direct && !first {
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

// binding writes a single value. It reports whether the record gave it.
func (w *writer) binding(b *binding, n *node, s *outSegment, frames []*frame) (data bool, missing []Entry) {
	switch b.verb {
	case verbCount:
		if b.counted != nil {
			s.set(b.positions[0], strconv.Itoa(len(b.counted.items(frames))))
		} else {
			s.set(b.positions[0], strconv.Itoa(max(frames[len(frames)-1].ordinal, 1)))
		}
		return false, nil
	case verbCases:
		return w.cases(b, n, s, frames)
	case verbQualify:
		for _, q := range b.qualify {
			v, in := q.slot.first(frames)
			if v == "" || s.noted(in) {
				continue
			}
			v, why := w.g.text.line(v)
			if v == "" {
				continue
			}
			parts, formWhy, err := []string{v}, "", error(nil)
			if q.form != nil {
				parts, formWhy, err = q.form.write(v, time.UTC)
			}
			if err != nil || w.tooLong(b, 1, parts) {
				s.notes = append(s.notes, note{path: q.slot.path, instance: in, fate: dropped, why: "does not fit", by: b.where})
				continue
			}
			if have := s.at(b.positions[1]); have != "" && have != parts[0] {
				s.notes = append(s.notes, note{path: q.slot.path, instance: in, fate: dropped, why: "another number stands there", by: b.where})
				continue
			}
			s.set(b.positions[0], q.code)
			s.set(b.positions[1], parts[0])
			s.notes = append(s.notes, w.noted(q.slot, in, b.positions[1], firstOf(why, formWhy), b.where))
			return true, nil
		}
		if b.required {
			return false, []Entry{w.lacks(b, n, frames, "none of the identifiers that the guide knows")}
		}
		return false, nil
	}
	v, in := b.slot.first(frames)
	if b.instead != "" && b.insteadWhen.holds(frames) {
		s.set(b.positions[0], b.instead)
		if v != "" {
			s.notes = append(s.notes, note{path: b.slot.path, instance: in, fate: dropped, why: "the guide's conditions put a literal here", by: b.where})
		}
		return false, nil
	}
	if v == "" {
		if b.orElse != "" {
			w.otherwise(b, s, frames)
			return false, nil
		}
		if b.required && !w.absentItem(b, frames) {
			return false, []Entry{w.lacks(b, n, frames, "the guide requires it")}
		}
		return false, nil
	}
	if err := w.put(b, s, v, in, frames); err != nil {
		s.notes = append(s.notes, note{path: b.slot.path, instance: in, fate: dropped, why: err.Error(), by: b.where, at: b.positions[0]})
		if b.required {
			e := w.lacks(b, n, frames, err.Error())
			e.Instance = in
			return false, []Entry{e}
		}
	}
	return true, nil
}

// absentItem: under a find without an item, the constants of absent stand for its elements.
func (w *writer) absentItem(b *binding, frames []*frame) bool {
	return frames[b.slot.depth].group == nil
}

func (w *writer) otherwise(b *binding, s *outSegment, frames []*frame) {
	text := b.orElse
	if text == "count" {
		s.set(b.positions[0], strconv.Itoa(max(frames[len(frames)-1].ordinal, 1)))
		return
	}
	s.set(b.positions[0], text)
	s.notes = append(s.notes, note{
		path: b.slot.path, instance: frames[b.slot.depth].name(b.slot.name), at: b.positions[0],
		why: "the guide fills it in", by: b.where, defaulted: true,
	})
}

// put converts, forms, folds and measures a value, and sets it.
func (w *writer) put(b *binding, s *outSegment, v, in string, frames []*frame) error {
	why, by := "", b.where
	if b.list != "" || b.convert != "" {
		code, convWhy, table, err := w.code(b, v)
		if err != nil {
			return err
		}
		v, why = code, convWhy
		if table != "" {
			by = table
		}
	}
	if b.slot.elem.Type == "text" { // before the form, which may depend on blanks
		folded, changed := w.g.text.line(v)
		v, why = folded, firstOf(why, changed)
		if v == "" {
			return errNoCharacter
		}
	}
	parts := []string{v}
	if b.form != nil {
		zone, zoneWhy := time.UTC, ""
		if f, ok := b.form.(timeForm); ok && f.value == time.RFC3339 {
			zone, zoneWhy = w.g.zoneOf(b, frames)
		}
		var formWhy string
		var err error
		if parts, formWhy, err = b.form.write(v, zone); err != nil {
			return err
		}
		why = firstOf(why, zoneWhy, formWhy)
	}
	n := w.noted(b.slot, in, b.positions[0], why, by)
	for i, p := range b.positions {
		if parts[i] == "" {
			continue
		}
		text, changed := w.g.text.line(parts[i])
		if changed != "" {
			n.fate, n.why, n.by = max(n.fate, converted), firstOf(n.why, changed), by
		}
		if limit := w.limit(b, s.node, p); limit > 0 && utf8.RuneCountInString(text) > limit {
			if b.slot.elem.Type != "text" {
				return fmt.Errorf("has more than %d characters, and may not be cut", limit)
			}
			text = strings.TrimRight(string([]rune(text)[:limit]), " ")
			n.fate, n.why, n.by = cut, fmt.Sprintf("cut at %d characters", limit), b.where
		}
		s.set(p, text)
	}
	s.notes = append(s.notes, n)
	return nil
}

// noted is the note of a value that stands at a position.
func (w *writer) noted(s *slot, in string, at position, why, by string) note {
	n := note{path: s.path, instance: in, at: at, why: why, by: by}
	if why != "" {
		n.fate = converted
	} else {
		n.by = ""
	}
	return n
}

// code brings a value of the record into the list of the position.
func (w *writer) code(b *binding, v string) (code, why, by string, err error) {
	list, bare := b.target(), v
	if b.list != "" || len(b.slot.elem.Lists) > 1 {
		from, rest, ok := strings.Cut(v, ":")
		if !ok {
			return "", "", "", fmt.Errorf("the value names no list")
		}
		bare = rest
		if from != b.list {
			t, table, ok := w.g.lib.codes.convert(from, b.list, bare)
			if !ok {
				return "", "", "", fmt.Errorf("a code of %s has no twin in %s", from, b.list)
			}
			bare, why, by = t.code, "code converted, "+t.match, table
		}
	}
	if b.convert == "" {
		return bare, why, by, nil
	}
	t, table, ok := w.g.lib.codes.convert(list, b.convert, bare)
	if !ok {
		return "", "", "", fmt.Errorf("the value has no code in %s", b.convert)
	}
	return t.code, "code converted, " + t.match, table, nil
}

func (w *writer) cases(b *binding, n *node, s *outSegment, frames []*frame) (bool, []Entry) {
	for _, c := range b.cases {
		if c.only == readOnly || !c.when.holds(frames) || !c.meets(frames) {
			continue
		}
		s.set(b.positions[0], c.is)
		for _, a := range c.set {
			_, in := a.find(frames)
			s.notes = append(s.notes, note{
				path: a.slot.path, instance: in, at: b.positions[0], fate: converted,
				why: "the guide says which code stands for it", by: fmt.Sprintf("%s:%d", w.g.file, c.line),
			})
		}
		return len(c.set) > 0, nil
	}
	if b.required {
		return false, []Entry{w.lacks(b, n, frames, "none of the guide's cases fits the record")}
	}
	return false, nil
}

func (c *oneCase) meets(frames []*frame) bool {
	for _, a := range c.set {
		if ok, _ := a.find(frames); !ok {
			return false
		}
	}
	return true
}

func (a assignment) find(frames []*frame) (ok bool, instance string) {
	a.slot.all(frames, func(v, in string) bool {
		ok, instance = v == a.value, in
		return !ok
	})
	return ok, instance
}

// lacks is the entry of a required position without a value.
func (w *writer) lacks(b *binding, n *node, frames []*frame, why string) Entry {
	p := b.positions[0]
	e := Entry{
		Path: string(b.path()), Why: why, By: b.where,
		Target: &Place{Position: edi.Position{Tag: n.tag, Element: p.element, Component: p.component}},
	}
	switch {
	case b.slot != nil:
		e.Instance = frames[b.slot.depth].name(b.slot.name)
		if len(b.slot.lists) > 0 || frames[b.slot.depth].group == nil {
			e.Instance = string(b.slot.path)
		}
	case b.path() != "":
		e.Instance = string(b.path())
	}
	return e
}

func (w *writer) limit(b *binding, n *node, p position) int {
	if b.max > 0 {
		return b.max
	}
	return w.g.maxLength(n, p)
}

func (w *writer) tooLong(b *binding, i int, parts []string) bool {
	return b.max > 0 && utf8.RuneCountInString(parts[0]) > b.max
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
