package mapping

import (
	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

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

func (s *outSegment) any(positions []position) bool {
	for _, p := range positions {
		if s.has(p) {
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
