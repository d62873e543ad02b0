package mapping

import (
	"strconv"

	"peacebridge/mapping/cargo"
)

// foreign finds elements that records of the guide's class do not have: reading them would make an invalid record.
func (gl *guideLoader) foreign(b *binding) {
	check := func(s *slot, only direction) {
		if s != nil && only != writeOnly && gl.g.Reads && !s.elem.In(gl.g.Class) {
			gl.errorf(b.line, "%s does not belong to records of class %s", s.path, gl.g.Class)
		}
	}
	check(b.slot, b.only)
	for _, q := range b.qualify {
		check(q.slot, b.only)
	}
	for _, c := range b.cases {
		for _, a := range c.set {
			if b.only != writeOnly {
				check(a.slot, c.only)
			}
		}
	}
}

// remember notes what the guide binds, for PathOf, for standing rules and for the laws of the report.
func (g *Guide) remember(b *binding) {
	add := func(s *slot) {
		if s != nil {
			g.bound[s.path] = append(g.bound[s.path], b)
		}
	}
	add(b.slot)
	for _, q := range b.qualify {
		add(q.slot)
	}
	for _, c := range b.cases {
		for _, a := range c.set {
			add(a.slot)
		}
	}
}

// Binds reports whether any position carries an element, in the direction of writing or reading.
func (g *Guide) Binds(path cargo.Path, writing bool) bool {
	for _, b := range g.bound[path] {
		if writing && b.only != readOnly || !writing && b.only != writeOnly {
			return true
		}
	}
	return false
}

// listOf returns the code list in which the guide writes an element, "" if it does not say.
func (g *Guide) listOf(path cargo.Path) string {
	for _, b := range g.bound[path] {
		if b.list != "" && b.only != readOnly {
			return b.list
		}
	}
	return ""
}

func contains(list []string, v string) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// number reads a count.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}
