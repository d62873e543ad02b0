package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// ErrOneWay says that a guide was asked for the direction that it does not have.
var ErrOneWay = errors.New("the guide does not work in this direction")

// Read makes a record of a message that was read with the guide's Spec. What cannot be carried is in the
// report; trouble with the form of the message is in its findings, which the caller has judged already.
func (g *Guide) Read(m *edi.Message, p Params) (*cargo.Record, *Report, error) {
	if !g.Reads {
		return nil, nil, fmt.Errorf("guide %s: read: %w", g.Name, ErrOneWay)
	}
	r := &reader{
		g: g, rec: &cargo.Record{}, rep: newReport(g.Name, "json"),
		in: m.Interchange, noted: map[string]bool{}, seen: map[*edi.Segment]bool{}, full: map[string]bool{},
	}
	r.rec.Class, r.rec.Agency = g.Class, g.Agency
	frames := []*frame{{group: r.rec}}
	for i, s := range g.sets {
		if _, err := s.put(frames, g.setValue[i]); err != nil {
			return nil, nil, fmt.Errorf("guide %s: %s: %w", g.Name, s.path, err)
		}
	}
	for _, list := range g.each {
		frames = r.open(list, frames)
	}
	if m.Root != nil {
		r.children(m.Root.Children, frames)
	}
	for _, f := range r.later {
		f()
	}
	r.unmatched(m)
	return r.rec, r.rep, nil
}

// reader holds what one reading needs.
type reader struct {
	g     *Guide
	in    *edi.Interchange // says the character set
	rec   *cargo.Record
	rep   *Report
	later []func() // times whose zone depends on a port that may come later
	noted map[string]bool
	seen  map[*edi.Segment]bool
	full  map[string]bool    // texts whose last line was full: the next one goes on without a break
	last  map[*node][]*frame // of loops that may be continued
}

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

func (r *reader) children(nodes []*edi.Node, frames []*frame) {
	for _, n := range nodes {
		gn := r.g.byID[n.ID]
		if gn == nil {
			continue // unmatched reports its segments
		}
		inner := r.context(gn, n, frames)
		if n.Loop {
			r.children(n.Children, inner)
		} else if n.Segment != nil {
			r.segment(gn, n.Segment, inner)
		}
	}
}

// context opens the scope of a node.
func (r *reader) context(n *node, in *edi.Node, frames []*frame) []*frame {
	c := &n.ctx
	seg := trigger(in)
	switch c.kind {
	case ctxFor:
		if seg != nil && len(c.contd) > 0 && !anyOf(seg, c.contd) && r.last[n] != nil {
			return r.last[n]
		}
		inner := r.open(c.list, frames)
		if c.link != nil {
			r.linkTo(c, frames, inner)
		}
		if len(c.contd) > 0 {
			if r.last == nil {
				r.last = map[*node][]*frame{}
			}
			r.last[n] = inner
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

func textAt(seg *edi.Segment, p position) string { return seg.Text(p.element, max(p.component, 1)) }

func texts(seg *edi.Segment, positions []position) (parts []string, present bool) {
	for _, p := range positions {
		t := textAt(seg, p)
		parts, present = append(parts, t), present || strings.TrimSpace(t) != ""
	}
	return parts, present
}

func (r *reader) segment(n *node, seg *edi.Segment, frames []*frame) {
	r.seen[seg] = true
	if n.ignored {
		r.drop("", seg.Position, n.because, "")
		return
	}
	for _, b := range n.bindings {
		r.binding(b, seg, frames)
	}
	for _, p := range n.unusedPos {
		if p.component == openRange {
			for e := p.element; e <= seg.Len(); e++ {
				r.drop("", seg.At(e, 0), "the guide does not use this position", "")
			}
			continue
		}
		if textAt(seg, p) != "" {
			r.drop("", seg.At(p.element, p.component), "the guide does not use this position", "")
		}
	}
}

func (r *reader) binding(b *binding, seg *edi.Segment, frames []*frame) {
	parts, present := texts(seg, b.positions)
	if !present {
		return
	}
	if r.in != nil {
		for i := range parts {
			parts[i] = r.in.Decode(parts[i])
		}
	}
	first := b.positions[0]
	for i, p := range b.positions {
		if strings.TrimSpace(parts[i]) != "" {
			first = p
			break
		}
	}
	at := seg.At(first.element, first.component)
	if b.slot != nil {
		for _, c := range frames[b.slot.depth].absent {
			if c.at == first {
				return // the constants of "absent"
			}
		}
	}
	if b.otherwise != nil && b.otherwise.hasCase(strings.TrimSpace(parts[0])) {
		return
	}
	if b.only == writeOnly || b.verb == verbIgnore {
		r.drop(b.path(), at, b.because, b.where)
		return
	}
	switch b.verb {
	case verbTo:
		if b.instead != "" && strings.TrimSpace(parts[0]) == b.instead {
			return
		}
		if f, ok := b.form.(timeForm); ok && f.value == time.RFC3339 {
			r.later = append(r.later, func() {
				zone, why := r.g.zoneOf(b, frames)
				r.one(b, b.slot, parts, at, frames, zone, why)
			})
			return
		}
		r.one(b, b.slot, parts, at, frames, time.UTC, "")
	case verbEach:
		for i, p := range b.positions {
			if strings.TrimSpace(parts[i]) != "" {
				r.one(b, b.slot, parts[i:i+1], seg.At(p.element, p.component), frames, time.UTC, "")
			}
		}
	case verbLines:
		for i, p := range b.positions {
			if strings.TrimSpace(parts[i]) != "" {
				r.line(b, parts[i], seg.At(p.element, p.component), frames)
			}
		}
	case verbCases:
		r.cases(b, parts[0], at, frames)
	case verbQualify:
		r.qualified(b, parts, at, frames)
	}
}

// one reads one value into its place.
func (r *reader) one(b *binding, s *slot, parts []string, at edi.Position, frames []*frame, zone *time.Location, why string) {
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	v, formWhy, err := b.value(parts, zone)
	if err != nil {
		r.drop(s.path, at, err.Error(), b.where)
		return
	}
	if why == "" {
		why = formWhy
	}
	by := b.where
	if b.convert != "" {
		t, table, ok := r.g.lib.codes.convert(b.convert, b.target(), v)
		if !ok {
			r.drop(s.path, at, "the code has no meaning in "+b.convert, table)
			return
		}
		v, why, by = t.code, "code converted, "+t.match, table
	}
	if b.list != "" {
		v = b.list + ":" + v
	}
	r.store(s, v, at, frames, why, by)
}

// value applies the form.
func (b *binding) value(parts []string, zone *time.Location) (v, why string, err error) {
	if b.form == nil {
		return parts[0], "", nil
	}
	return b.form.read(parts, zone)
}

// target is the list of the record's values that convert leads to.
func (b *binding) target() string {
	switch {
	case b.list != "":
		return b.list
	case b.slot.elem.Type == "bool":
		return "bool"
	case len(b.slot.elem.Lists) > 0:
		return b.slot.elem.Lists[0]
	}
	return ""
}

func (r *reader) store(s *slot, v string, at edi.Position, frames []*frame, why, by string) {
	instance, err := s.put(frames, v)
	if err != nil {
		var bad *cargo.ValueError
		reason := err.Error()
		if errors.As(err, &bad) {
			reason = bad.Rule
		}
		r.drop(s.path, at, reason, by)
		return
	}
	if r.noted[instance] {
		return
	}
	r.noted[instance] = true
	f := carried
	if why != "" {
		f = converted
	} else {
		by = ""
	}
	r.rep.add(f, Entry{Path: string(s.path), Instance: instance, Source: &Place{Position: at}, Why: why, By: by})
}

// line appends one line of a long text. A line that fills its position goes on in the next one; a shorter one
// ends there.
func (r *reader) line(b *binding, text string, at edi.Position, frames []*frame) {
	have, instance := b.slot.first(frames)
	if have == "" {
		r.store(b.slot, text, at, frames, "", b.where)
		_, instance = b.slot.first(frames)
	} else {
		if !r.full[instance] {
			have += "\n"
		}
		if err := b.slot.replace(frames, have+text); err != nil {
			r.drop(b.slot.path, at, err.Error(), b.where)
			return
		}
	}
	r.full[instance] = len([]rune(text)) >= b.max
}

func (r *reader) cases(b *binding, text string, at edi.Position, frames []*frame) {
	for _, c := range b.cases {
		if c.is == text && c.only != writeOnly {
			for _, a := range c.set {
				r.store(a.slot, a.value, at, frames, "the guide says what the code stands for", fmt.Sprintf("%s:%d", r.g.file, c.line))
			}
			return
		}
	}
	for _, other := range b.others {
		if other.only != writeOnly {
			return // it reads what is no case
		}
	}
	r.drop(b.path(), at, "the guide has no case for the code", b.where)
}

func (r *reader) qualified(b *binding, parts []string, at edi.Position, frames []*frame) {
	if strings.TrimSpace(parts[0]) == "" && b.shared {
		return // a value without a qualifier, which another binding of the position reads
	}
	for _, q := range b.qualify {
		if q.code != strings.TrimSpace(parts[0]) {
			continue
		}
		v, why := strings.TrimSpace(parts[1]), ""
		if v == "" {
			r.drop(q.slot.path, at, "a qualifier without a value", b.where)
			return
		}
		if q.form != nil {
			var err error
			if v, why, err = q.form.read([]string{v}, time.UTC); err != nil {
				r.drop(q.slot.path, at, err.Error(), b.where)
				return
			}
		}
		r.store(q.slot, v, at, frames, why, b.where)
		return
	}
	r.drop(b.path(), at, "the guide does not know the qualifier", b.where)
}

func (r *reader) drop(path cargo.Path, at edi.Position, why, by string) {
	r.rep.Dropped = append(r.rep.Dropped, Entry{Path: string(path), Source: &Place{Position: at}, Why: why, By: by})
}

// unmatched reports the segments that found no place in the guide.
func (r *reader) unmatched(m *edi.Message) {
	for i := range m.Segments {
		s := &m.Segments[i]
		switch s.Tag {
		case "ST", "SE", "UNH", "UNT":
			continue
		}
		if !r.seen[s] {
			r.drop("", s.Position, "the guide has no place for this segment", "")
		}
	}
}

// zoneOf finds the zone of local times in a binding.
func (g *Guide) zoneOf(b *binding, frames []*frame) (*time.Location, string) {
	z := b.zone
	if z == nil {
		z = g.zone
	}
	switch {
	case z == nil:
		return time.UTC, ""
	case z.fixed != nil:
		return z.fixed, ""
	}
	port, _ := z.port.first(frames)
	if name := g.lib.codes.zones[port]; name != "" {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, ""
		}
	}
	return time.UTC, "the time zone of the port is not known: taken as UTC"
}
