package mapping

import "fmt"

// A message may have a whole form and a lesser one: a manifest without driver
// and vehicle is preliminary. The guide names the condition of the whole form
// in `wants`; what of it a record does not meet is told in the report, so that
// nobody takes the lesser form for all there is.

// want is one line of the condition of the whole form.
type want struct {
	test test
	line int
}

func (gl *guideLoader) wants(m *mapping) {
	n := m.get("wants")
	if n == nil {
		return
	}
	lines, ok := gl.named[n.Value]
	if !ok {
		gl.errorf(n.Line, "wants: %q is none of the guide's conditions", n.Value)
		return
	}
	c, err := parseCondition(rootScope(), lines, nil)
	if err != nil {
		gl.errorf(n.Line, "wants: %v", err)
		return
	}
	for _, t := range c {
		gl.g.wants = append(gl.g.wants, want{t, n.Line})
	}
}

// wanted is what the whole form lacks in a record.
func (g *Guide) wanted(root []*frame) []Entry {
	var out []Entry
	for _, w := range g.wants {
		if w.test.holds(root) != w.test.not {
			continue
		}
		out = append(out, Entry{
			Path: w.test.path(), Why: "the whole form wants " + w.test.text, By: fmt.Sprintf("%s:%d", g.file, w.line),
		})
	}
	return out
}

// path is the first element that a test asks for.
func (t test) path() string {
	switch {
	case len(t.either) > 0 && len(t.either[0]) > 0:
		return t.either[0][0].path()
	case t.slot != nil:
		return string(t.slot.path)
	case len(t.group) > 0:
		return string(t.group[0].path)
	}
	return ""
}
