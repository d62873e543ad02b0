package cargo

import "errors"

// Check tells what is wrong with a record that was put together in Go, by the same rules as [Parse].
// Findings point into the canonical bytes; there is no offset (-1).
func (r *Record) Check() []Finding {
	var fs findings
	if r == nil {
		return nil
	}
	c := checker{found: &fs, class: r.Class}
	_ = Walk(r, func(l Leaf) error { // the function returns no error
		at := place{path: l.Element.Path, instance: l.Instance, pointer: l.Pointer, offset: -1}
		var wrong *ValueError
		if _, err := l.Element.Normalise(l.Value); errors.As(err, &wrong) {
			fs.add(wrong.Code, at, wrong.Rule)
			return nil
		}
		c.value(dictionary().nodes[l.Element.Path], l.Value, func() place { return at })
		return nil
	})
	c.finish(r, place{offset: -1}, false)
	return fs.list
}

// A checker judges values against the record that they stand in.
type checker struct {
	found     *findings
	class     string
	equipment map[string]bool // numbers seen
	named     []naming        // where equipment is named
}

type naming struct {
	number string
	at     place
}

// value judges one canonical value. at is asked only when there is something to tell.
func (c *checker) value(n *node, v string, at func() place) {
	e := n.element
	if known := dictionary().classes[c.class]; known != nil && !e.In(c.class) {
		c.found.add(codeClassForeign, at(), "the element belongs to other record classes than this one")
		return
	}
	if list, unlisted := e.unlisted(v); unlisted {
		c.found.add(codeUnlisted, at(), "open list "+list)
	}
	switch e.Path {
	case "equipment[].id":
		if c.equipment == nil {
			c.equipment = map[string]bool{}
		}
		c.equipment[v] = true
		if ok, iso := CheckDigit(v); iso && !ok {
			c.found.add(codeCheckDigit, at(), "")
		}
	case "consignment[].goods[].equipment[]", "exam.item[].equipment":
		c.named = append(c.named, naming{v, at()})
	}
}

// finish judges the record as a whole. An exam may name equipment that its record does not describe, when it describes none.
func (c *checker) finish(r *Record, at place, shared bool) {
	for _, n := range c.named {
		if len(c.equipment) > 0 && !c.equipment[n.number] {
			c.found.add(codeReferenceOpen, n.at, "")
		}
	}
	known := dictionary().classes[c.class]
	switch {
	case c.class == "":
		c.missing(dictionary().nodes["class"], at)
		return
	case known == nil || shared:
		return // an unknown class has its finding as a value of a closed list
	}
	for _, n := range known.required {
		if !n.present(r) {
			c.missing(n, at)
		}
	}
}

// missing points at the object that lacks the member, which is the record, and names the element.
func (c *checker) missing(n *node, at place) {
	at.path, at.instance = n.element.Path, string(n.element.Path)
	c.found.add(codeMemberMissing, at, "")
}
