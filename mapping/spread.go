package mapping

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// spread is the values of a list, or the lines of a text, on their way to positions.
type spread struct {
	b      *binding
	values []string
	notes  []note
	text   *note // of a text: one note for all lines
}

// spread collects what "each" and "lines" write.
func (w *writer) spread(b *binding, n *node, frames []*frame) *spread {
	sp := &spread{b: b}
	if b.verb == verbLines {
		v, in := b.slot.first(frames)
		if v == "" {
			return sp
		}
		folded, changed := w.g.text.apply(v)
		one := w.noted(b.slot, in, b.positions[0], changed, b.where)
		var whole bool
		if sp.values, whole = lines(folded, b.max); !whole && one.fate == carried {
			one.fate, one.why, one.by = converted, "a line break at the end of a full line is lost", b.where
		}
		if len(sp.values) == 0 {
			one.fate, one.why, one.by = dropped, errNoCharacter.Error(), b.where
			sp.notes = append(sp.notes, one)
			return sp
		}
		sp.text = &one
		return sp
	}
	skip, seen := b.skip, map[string]bool{}
	b.slot.all(frames, func(v, in string) bool {
		if skip > 0 {
			skip--
			return true
		}
		if b.slot.elem.Type != "text" && seen[v] {
			sp.notes = append(sp.notes, note{path: b.slot.path, instance: in, fate: dropped, why: "the same value stands there already", by: b.where})
			return true
		}
		seen[v] = true
		s := outSegment{tag: n.tag, node: n}
		one := *b
		one.positions = b.positions[:1]
		if err := w.put(&one, &s, v, in, frames); err != nil {
			sp.notes = append(sp.notes, note{path: b.slot.path, instance: in, fate: dropped, why: err.Error(), by: b.where})
			return true
		}
		sp.values = append(sp.values, s.at(one.positions[0]))
		sp.notes = append(sp.notes, s.notes[0])
		return true
	})
	return sp
}

// lines cuts a text into lines of at most width characters, first at its own line breaks. Whole is false when
// a line break falls where reading cannot see it.
func lines(text string, width int) (out []string, whole bool) {
	whole = true
	for i, line := range strings.Split(text, "\n") {
		if i > 0 && len(out) > 0 && utf8.RuneCountInString(out[len(out)-1]) == width {
			whole = false
		}
		runes := []rune(line)
		for len(runes) > width {
			out, runes = append(out, string(runes[:width])), runes[width:]
		}
		if len(runes) > 0 {
			out = append(out, string(runes))
		} else if line == "" {
			whole = false
		}
	}
	return out, whole
}

// place puts the values at the positions of the segment, and in further segments as far as the guide allows.
func (w *writer) place(n *node, s *outSegment, spreads []*spread) []outSegment {
	var repeats []outSegment
	for _, sp := range spreads {
		most := n.max
		if n.parent.continues(n) && sp.b.verb == verbLines {
			most = n.parent.max
		}
		room := len(sp.b.positions)
		placed := 0
		for i, v := range sp.values {
			at := i / room
			if most > 0 && at >= most {
				break
			}
			for len(repeats) < at {
				repeats = append(repeats, outSegment{tag: n.tag, node: n})
			}
			to := s
			if at > 0 {
				to = &repeats[at-1]
			}
			p := sp.b.positions[i%room]
			to.set(p, v)
			if sp.text == nil {
				sp.good(i).at = p
				to.notes = append(to.notes, *sp.good(i))
			}
			placed++
		}
		sp.finish(s, placed)
	}
	return repeats
}

// good returns the note of the i-th value that can be written.
func (sp *spread) good(i int) *note {
	for j := range sp.notes {
		if sp.notes[j].fate == dropped {
			continue
		}
		if i == 0 {
			return &sp.notes[j]
		}
		i--
	}
	return nil
}

// finish notes what found no place.
func (sp *spread) finish(s *outSegment, placed int) {
	if sp.text != nil {
		if placed < len(sp.values) {
			sp.text.fate, sp.text.by = cut, sp.b.where
			sp.text.why = fmt.Sprintf("cut after %d lines of %d characters", placed, sp.b.max)
		}
		s.notes = append(s.notes, *sp.text)
		return
	}
	good := 0
	for _, n := range sp.notes {
		if n.fate == dropped {
			s.notes = append(s.notes, n)
			continue
		}
		if good++; good > placed {
			n.fate, n.why, n.by = dropped, "more of them than the message can hold", sp.b.where
			s.notes = append(s.notes, n)
		}
	}
}
