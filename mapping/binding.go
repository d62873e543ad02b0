package mapping

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// verbs are the keys of a binding that say what it does; exactly one of them stands in each.
var verbs = []struct {
	key  string
	verb verb
}{
	{"to", verbTo}, {"each", verbEach}, {"lines", verbLines}, {"is", verbIs}, {"count", verbCount},
	{"cases", verbCases}, {"qualify", verbQualify}, {"ignore", verbIgnore},
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

// overlayBody turns the nodes into what edi checks against. Forms that only write share the node of the form
// that reads.
func overlayBody(nodes []*node) []edi.OverlayNode {
	var out []edi.OverlayNode
	for _, n := range nodes {
		if n.like != nil {
			continue
		}
		o := edi.OverlayNode{ID: n.id, Name: n.tag, Loop: n.loop, Usage: n.usage, Max: n.max}
		for _, c := range n.choose {
			o.Choose = append(o.Choose, edi.Choice{Element: c.at.element, Component: c.at.component, Codes: c.codes})
		}
		if n.loop {
			o.Children = overlayBody(n.children)
		} else {
			o.Elements = n.overlayElements()
		}
		out = append(out, o)
	}
	return out
}

func (n *node) overlayElements() []edi.OverlayElement {
	byPos := map[position]*edi.OverlayElement{}
	var order []position
	at := func(p position) *edi.OverlayElement {
		if byPos[p] == nil {
			byPos[p] = &edi.OverlayElement{Element: p.element, Component: p.component}
			order = append(order, p)
		}
		return byPos[p]
	}
	for _, p := range n.unusedPos {
		if p.component != openRange {
			at(p).Usage = edi.NotUsed
		}
	}
	choices := n.choose
	if n.parent != nil && n.parent.trigger() == n {
		choices = append(choices[:len(choices):len(choices)], n.parent.choose...)
	}
	for _, c := range choices {
		at(c.at).Codes = c.codes // agencies have qualifiers that the directory lacks
	}
	for _, b := range n.bindings {
		for i, p := range b.positions {
			e := at(p)
			if b.requires(i) {
				e.Usage = edi.Required
				if p.component > 0 {
					at(position{p.element, 0}).Usage = edi.Required
				}
			}
			if b.max > 0 {
				e.Max = b.max
			}
			e.Codes, e.Open = b.codes(i, e.Codes)
		}
	}
	sort.SliceStable(order, func(i, j int) bool {
		return order[i].element < order[j].element || order[i].element == order[j].element && order[i].component < order[j].component
	})
	var out []edi.OverlayElement
	for _, p := range order {
		out = append(out, *byPos[p])
	}
	return out
}

// requires reports whether the i-th position must be there. A container number fills the last position in any case.
func (b *binding) requires(i int) bool {
	switch {
	case !b.required:
		return false
	case b.formed == "container":
		return i == len(b.positions)-1
	case b.verb == verbEach || b.verb == verbLines:
		return i == 0
	}
	return true
}

// codes lists what may stand at a position: constants are closed, lists of agencies open.
func (b *binding) codes(i int, have []string) ([]string, bool) {
	switch {
	case b.verb == verbIs:
		return append(have, b.is), b.open
	case b.verb == verbCases:
		for _, c := range b.cases {
			if !contains(have, c.is) {
				have = append(have, c.is)
			}
		}
		return have, false
	case b.verb == verbQualify && i == 0:
		for _, q := range b.qualify {
			have = append(have, q.code)
		}
		return have, true
	}
	if b.convert != "" || b.list != "" {
		for _, k := range b.known {
			if !contains(have, k) {
				have = append(have, k)
			}
		}
	}
	return have, len(have) > 0
}

// number reads a count.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}
