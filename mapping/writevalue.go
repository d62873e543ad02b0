package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"peacebridge/edi"
)

// errNoCharacter says that nothing is left of a text in the character set of the message.
var errNoCharacter = errors.New("no character of it is in the set of the message")

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
