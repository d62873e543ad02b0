package mapping

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// verbs are the keys of a binding that say what it does; exactly one of them stands in each.
var verbs = []struct {
	key  string
	verb verb
}{
	{"to", verbTo},
	{"each", verbEach},
	{"lines", verbLines},
	{"is", verbIs},
	{"count", verbCount},
	{"cases", verbCases},
	{"qualify", verbQualify},
	{"ignore", verbIgnore},
}

// binding compiles one position, or several that belong together. A bare path is short for {to: path}.
func (gl *guideLoader) binding(k, v *yaml.Node, sc *scope) []*binding {
	b := &binding{line: k.Line, where: fmt.Sprintf("%s:%d", gl.file, k.Line)}
	text, required := strings.CutSuffix(k.Value, "!")
	b.required = required
	var err error
	if b.positions, err = parsePositions(text); err != nil {
		gl.errorf(k.Line, "%v", err)
		return nil
	}
	if v.Kind == yaml.ScalarNode {
		b.verb = verbTo
		b.slot = gl.slot(v, sc)
		gl.typed(b, v.Line)
		return gl.checked(b, k)
	}
	m := gl.mapping(v)
	if m == nil {
		return nil
	}
	var also []*binding
	if n := m.get("also"); n != nil {
		// Another element of the same position. Required is the position: whichever of them fills it.
		also = gl.binding(&yaml.Node{Kind: yaml.ScalarNode, Value: k.Value, Line: n.Line}, n, sc)
		for _, a := range also {
			a.also = true
			b.required = b.required && a.only == readOnly
			a.required = a.required && a.only != readOnly
		}
	}
	count := 0
	for _, c := range verbs {
		if n := m.get(c.key); n != nil {
			count++
			b.verb = c.verb
			gl.verb(b, n, sc)
		}
	}
	if count != 1 {
		gl.errorf(k.Line, "position %s: exactly one of to, each, lines, is, count, cases, qualify, ignore", k.Value)
		return nil
	}
	b.note = m.text("note")
	if b.verb != verbIgnore {
		b.because = m.text("because")
	}
	b.only = gl.direction(m, b.because)
	b.status, b.source = gl.statusOf(m), m.text("source")
	b.max = m.number("max")
	b.open, b.skip = m.bool("open"), m.number("skip")
	if t := m.table("instead"); t != nil {
		b.instead = t.text("is")
		b.insteadWhen = gl.conditionAt(t, "when", t.texts("when"), sc)
		if b.instead == "" || b.insteadWhen == nil || b.verb != verbTo {
			gl.errorf(t.line, "instead: is and when are needed, beside to")
		}
		t.done("instead")
	}
	b.list, b.convert, b.orElse = m.text("list"), m.text("convert"), m.text("else")
	if lines := m.texts("when"); lines != nil {
		b.when = gl.conditionAt(m, "when", lines, sc)
	}
	if z := m.get("zone"); z != nil {
		b.zone = gl.zoneRule(sc, z)
	}
	b.formed = m.text("form")
	gl.typed(b, k.Line)
	m.done("position " + k.Value)
	if b.verb == verbCases {
		for _, a := range also {
			a.otherwise = b
		}
		b.others = also
	}
	return append(gl.checked(b, k), also...)
}

func (gl *guideLoader) verb(b *binding, n *yaml.Node, sc *scope) {
	switch b.verb {
	case verbTo, verbEach, verbLines:
		b.slot = gl.slot(n, sc)
	case verbIs:
		if b.is = gl.scalar(n); b.is == "" {
			gl.errorf(n.Line, "is: an empty constant")
		}
	case verbIgnore:
		if b.because = gl.scalar(n); b.because == "" {
			gl.errorf(n.Line, "ignore says why")
		}
	case verbCount:
		if text := gl.scalar(n); text != "this" {
			if list, _ := gl.list(sc, n); list != nil {
				b.counted = list
			}
		}
	case verbCases:
		gl.cases(b, n, sc)
	case verbQualify:
		gl.qualify(b, n, sc)
	}
}

func (gl *guideLoader) slot(n *yaml.Node, sc *scope) *slot {
	s, err := compileSlot(sc, gl.scalar(n))
	if err != nil {
		gl.errorf(n.Line, "%v", err)
		return nil
	}
	return s
}

func (gl *guideLoader) cases(b *binding, n *yaml.Node, sc *scope) {
	if n.Kind != yaml.SequenceNode {
		gl.errorf(n.Line, "cases: a list was expected")
		return
	}
	for _, item := range n.Content {
		m := gl.mapping(item)
		if m == nil {
			continue
		}
		c := oneCase{is: m.text("is"), line: item.Line}
		c.only = gl.direction(m, m.text("because"))
		if lines := m.texts("when"); lines != nil {
			c.when = gl.conditionAt(m, "when", lines, sc)
		}
		if t := m.table("set"); t != nil {
			for i, k := range t.keys {
				t.seen[i] = true
				s, err := compileSlot(sc, k.Value)
				if err != nil {
					gl.errorf(k.Line, "%v", err)
					continue
				}
				value := gl.scalar(t.vals[i])
				if !s.single() && !s.many {
					gl.errorf(k.Line, "set: %s is not a single place here", s.path)
				}
				if _, err := s.elem.Normalise(s.qualified(value)); err != nil {
					gl.errorf(k.Line, "set %s: %v", s.path, err)
				}
				c.set = append(c.set, assignment{s, value})
			}
		}
		if c.is == "" {
			gl.errorf(item.Line, "cases: is is needed")
		}
		m.text("note")
		m.done("cases")
		b.cases = append(b.cases, c)
	}
}

// qualify: the first position is the qualifier, the others the value. "A7: id[cbp-ace-id]"; a form may follow
// after a blank: "215: plate.number plate".
func (gl *guideLoader) qualify(b *binding, n *yaml.Node, sc *scope) {
	m := gl.mapping(n)
	if m == nil {
		return
	}
	if len(b.positions) != 2 {
		gl.errorf(n.Line, "qualify takes two positions: qualifier and value")
		return
	}
	for i, k := range m.keys {
		m.seen[i] = true
		path, formed, _ := strings.Cut(gl.scalar(m.vals[i]), " ")
		s, err := compileSlot(sc, path)
		if err != nil {
			gl.errorf(k.Line, "%v", err)
			continue
		}
		q := qualified{code: k.Value, slot: s}
		if formed != "" {
			if q.form, err = newForm(formed, 1); err != nil {
				gl.errorf(k.Line, "%v", err)
			}
		}
		b.qualify = append(b.qualify, q)
	}
}

// typed chooses the form, and checks it and the codes against the type of the element.
func (gl *guideLoader) typed(b *binding, line int) {
	if b.slot == nil {
		if b.list+b.convert+b.formed+b.orElse != "" && b.verb != verbQualify {
			gl.errorf(line, "list, convert, form and else belong to a path")
		}
		return
	}
	e := b.slot.elem
	if b.formed != "" {
		f, err := newForm(b.formed, len(b.positions))
		if err != nil {
			gl.errorf(line, "%v", err)
		}
		b.form = f
	} else {
		switch {
		case e.Type == "time":
			gl.errorf(line, "%s is a time: a form is needed", e.Path)
		case e.Type == "date":
			b.form = timeForm{layouts: []string{"20060102"}, value: "2006-01-02"}
		case e.Type == "bool" && b.convert == "":
			gl.errorf(line, "%s is true or false: form flag(Y,N) or convert is needed", e.Path)
		}
	}
	if b.list != "" && !contains(e.Lists, b.list) {
		gl.errorf(line, "%s has no codes of list %s (but of %s)", e.Path, b.list, strings.Join(e.Lists, ", "))
	}
	if b.list == "" && len(e.Lists) > 1 && b.slot.scheme == "" && b.convert == "" && e.Type == "code" {
		gl.errorf(line, "%s has several lists (%s): say which", e.Path, strings.Join(e.Lists, ", "))
	}
	if b.convert != "" {
		target := b.list
		if target == "" && len(e.Lists) == 1 {
			target = e.Lists[0]
		}
		if target == "" && e.Type == "bool" {
			target = "bool"
		}
		if !gl.lib.codes.known(b.convert, target) {
			gl.errorf(line, "convert: no table between %s and %q", b.convert, target)
		}
		b.known = gl.lib.codes.of(b.convert, target)
	} else if l := gl.lib.codes.lists[b.list]; l != nil {
		b.known = sortedKeys(l.codes)
	}
}

// checked applies the rules that bind the verb and the number of positions.
func (gl *guideLoader) checked(b *binding, k *yaml.Node) []*binding {
	bad := func(format string, args ...any) []*binding {
		gl.errorf(k.Line, "position "+k.Value+": "+format, args...)
		return nil
	}
	if b.slot == nil && (b.verb == verbTo || b.verb == verbEach || b.verb == verbLines) {
		return nil // said already
	}
	switch b.verb {
	case verbTo:
		if len(b.positions) > 1 && b.form == nil {
			return bad("several positions need a form, or each or lines")
		}
		if !b.slot.single() && !b.slot.many && (b.only == bothWays || len(b.slot.lists) > 1) {
			return bad("%s repeats: open it with for, or use each", b.slot.path)
		}
	case verbEach:
		if b.slot.single() {
			return bad("%s is a single value: use to", b.slot.path)
		}
		if b.form != nil {
			if _, err := newForm(b.formed, 1); b.formed != "" && err != nil {
				return bad("each takes forms of one position: %v", err)
			}
		}
	case verbLines:
		if !b.slot.single() || b.slot.elem.Type != "text" {
			return bad("lines takes one text")
		}
		if b.max == 0 {
			return bad("lines needs max, the length of a line")
		}
	}
	return []*binding{b}
}
