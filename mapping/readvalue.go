package mapping

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

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
