package mapping

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// An entry of a body is "TAG" or "loop NAME" with a mark: nothing (may come once), ! (must), * (any number),
// + (at least one); a number after * or + is the most.
var entryKey = regexp.MustCompile(`^(loop )?([A-Z][A-Z0-9]{1,5})([!*+])?([0-9]+)?$`)

// bodyOf compiles a list of segments and loops.
func (gl *guideLoader) bodyOf(n *yaml.Node, sc *scope, parent *node) []*node {
	if n.Kind != yaml.SequenceNode {
		gl.errorf(n.Line, "a list of segments and loops was expected")
		return nil
	}
	var out []*node
	for _, item := range n.Content {
		m := gl.mapping(item)
		if m == nil {
			continue
		}
		if len(m.keys) != 1 {
			gl.errorf(m.line, "one segment or loop was expected in each entry")
			continue
		}
		k := m.keys[0]
		match := entryKey.FindStringSubmatch(k.Value)
		if match == nil {
			gl.errorf(k.Line, "%q: TAG or loop NAME was expected, with ! * or +", k.Value)
			continue
		}
		v := m.vals[0]
		if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
			v = &yaml.Node{Kind: yaml.MappingNode, Line: k.Line}
		}
		if nd := gl.node(match, k.Line, gl.mapping(v), sc, parent); nd != nil {
			if nd.only == writeOnly {
				nd.like = sameNode(out, nd)
				if nd.like == nil {
					gl.errorf(k.Line, "%s: only: write needs a form of the same segment before it that reads", nd.tag)
				}
			}
			out = append(out, nd)
		}
	}
	return out
}

func sameNode(before []*node, n *node) *node {
	for i := len(before) - 1; i >= 0; i-- {
		if b := before[i]; b.tag == n.tag && b.loop == n.loop && b.only != writeOnly {
			return b
		}
	}
	return nil
}

func (gl *guideLoader) node(match []string, line int, m *mapping, sc *scope, parent *node) *node {
	if m == nil {
		return nil
	}
	gl.nextID++
	n := &node{id: gl.nextID, tag: match[2], loop: match[1] != "", line: line, parent: parent}
	gl.g.byID[n.id] = n
	n.max = 1
	switch match[3] {
	case "!":
		n.usage = edi.Required
	case "+":
		n.usage, n.max = edi.Required, 0
	case "*":
		n.max = 0
	}
	if match[4] != "" {
		if n.max == 1 {
			gl.errorf(line, "%s: only * and + take a number", n.tag)
		}
		n.max, _ = strconv.Atoi(match[4])
	}
	if m.has("required") {
		if m.text("required") != "writing" || n.usage == edi.Required {
			gl.errorf(line, "%s: required: writing, of what reading can do without", n.tag)
		}
		n.mustWrite = true
	}
	n.note, n.source, n.status = m.text("note"), m.text("source"), gl.statusOf(m)
	n.because = m.text("because")
	n.only = gl.direction(m, n.because)
	if why := m.text("ignore"); why != "" {
		n.ignored, n.because = true, why
		if t := m.table("choose"); t != nil {
			n.choose = gl.choices(t)
		}
		if n.loop {
			gl.errorf(line, "a loop is not ignored as a whole: list its segments")
		}
		m.done(n.tag)
		return n
	}
	inner := gl.context(n, m, sc)
	if lines := m.texts("when"); lines != nil {
		n.when = gl.conditionAt(m, "when", lines, sc)
	}
	if t := m.table("choose"); t != nil {
		n.choose = gl.choices(t)
	}
	if n.loop {
		gl.loopBody(n, m, inner)
	} else {
		n.unusedPos = gl.positionsOf(m, "unused")
		for i, k := range m.keys {
			if k.Value[0] >= '0' && k.Value[0] <= '9' {
				m.seen[i] = true
				for _, b := range gl.binding(k, m.vals[i], inner) {
					n.bindings = append(n.bindings, b)
					if n.only != writeOnly && !belowWriter(n) {
						gl.foreign(b)
					}
					gl.g.remember(b)
				}
			}
		}
	}
	m.done(n.tag)
	gl.finish(n, sc, inner)
	return n
}

// belowWriter reports whether a loop outside only writes.
func belowWriter(n *node) bool {
	for p := n.parent; p != nil; p = p.parent {
		if p.only == writeOnly {
			return true
		}
	}
	return false
}

func (gl *guideLoader) loopBody(n *node, m *mapping, inner *scope) {
	n.unused = splitWords(m.text("unused"))
	body := m.get("body")
	if name := m.text("use"); name != "" {
		if body != nil {
			gl.errorf(n.line, "body or use, not both")
		}
		shared, ok := gl.blocks[name]
		if !ok {
			gl.errorf(n.line, "block %q is not defined", name)
			return
		}
		body = shared.node
		for _, u := range gl.using {
			if u == name {
				gl.errorf(n.line, "block %q uses itself", name)
				return
			}
		}
		gl.using = append(gl.using, name)
		outside := gl.file
		gl.file = shared.file
		defer func() { gl.using, gl.file = gl.using[:len(gl.using)-1], outside }()
	}
	if body == nil {
		gl.errorf(n.line, "loop %s: body or use is needed", n.tag)
		return
	}
	n.children = gl.bodyOf(body, inner, n)
	if len(n.children) == 0 || n.children[0].loop {
		gl.errorf(n.line, "loop %s: its first entry is the segment that begins it", n.tag)
		n.children = nil
	}
}

// context reads for, at, find and what belongs to them.
func (gl *guideLoader) context(n *node, m *mapping, sc *scope) *scope {
	c := &n.ctx
	inner := sc
	for _, key := range []string{"for", "at", "find"} {
		v := m.get(key)
		if v == nil {
			continue
		}
		if c.kind != ctxNone {
			gl.errorf(v.Line, "%s: only one of for, at and find", n.tag)
			return sc
		}
		if key == "at" {
			path, err := sc.absolute(gl.scalar(v))
			if err == nil && strings.HasSuffix(string(path), "[]") {
				err = fmt.Errorf("%s repeats; use for", path)
			}
			if err != nil {
				gl.errorf(v.Line, "%v", err)
				return sc
			}
			c.kind, c.path, inner = ctxAt, path, sc.at(path)
			if len(gl.belowPath(path)) == 0 {
				gl.errorf(v.Line, "%s is not in the dictionary", path)
			}
			continue
		}
		list, scope := gl.list(sc, v)
		if list == nil {
			return sc
		}
		c.kind, c.list, c.path, inner = ctxFor, list, list.path, scope
		if key == "find" {
			c.kind = ctxFind
		}
	}
	slotOf := func(key string, in *scope) *slot {
		v := m.get(key)
		if v == nil {
			return nil
		}
		s, err := compileSlot(in, gl.scalar(v))
		if err != nil {
			gl.errorf(v.Line, "%s: %v", key, err)
		}
		return s
	}
	if c.kind == ctxFind {
		c.key, c.through = slotOf("key", inner), slotOf("through", sc)
		if c.key == nil {
			gl.errorf(n.line, "find needs a key")
		}
		if t := m.table("absent"); t != nil {
			c.absent = gl.choices(t)
		}
	}
	if c.kind == ctxFor {
		c.link = slotOf("link", inner)
		c.none = m.text("none") != ""
		c.contd = gl.positionsOf(m, "continues-without")
		if lines := m.texts("where"); lines != nil {
			c.where = gl.conditionAt(m, "where", lines, inner)
		}
	}
	return inner
}

// finish checks what can only be said of the whole node.
func (gl *guideLoader) finish(n *node, outer, inner *scope) {
	if n.ctx.kind == ctxFind && n.ctx.key != nil {
		n.ctx.keyBind = map[*node][]*binding{}
		for _, c := range append([]*node{n}, n.children...) {
			for _, b := range c.trigger().bindings {
				if b.path() == n.ctx.key.path {
					n.ctx.keyBind[c.trigger()] = append(n.ctx.keyBind[c.trigger()], b)
				}
			}
		}
		if len(n.ctx.keyBind) == 0 {
			gl.errorf(n.line, "find: no position of loop %s holds the key %s", n.tag, n.ctx.key.path)
		}
	}
	for _, b := range n.bindings {
		for _, o := range n.bindings {
			if b.verb == verbQualify && o != b && len(o.positions) == 1 && o.positions[0] == b.positions[1] {
				b.shared = true
			}
		}
	}
	if !n.loop {
		data := n.usage == edi.Required || n.when != nil || n.ignored
		for _, b := range n.bindings {
			data = data || b.verb != verbIs && b.verb != verbIgnore
		}
		if !data {
			gl.errorf(n.line, "%s: constants alone need ! or when", n.tag)
		}
	}
}

func (gl *guideLoader) direction(m *mapping, because string) direction {
	switch only := m.text("only"); only {
	case "":
		return bothWays
	case "read", "write":
		if because == "" {
			gl.errorf(m.line, "only: %s says because", only)
		}
		if only == "read" {
			return readOnly
		}
		return writeOnly
	default:
		gl.errorf(m.line, "only: read or write")
	}
	return bothWays
}

func (gl *guideLoader) conditionAt(m *mapping, key string, lines []string, sc *scope) condition {
	c, err := parseCondition(sc, lines, gl.named)
	if err != nil {
		gl.errorf(m.get(key).Line, "%v", err)
	}
	return c
}

func (gl *guideLoader) choices(t *mapping) []choice {
	var out []choice
	for i, k := range t.keys {
		t.seen[i] = true
		p, err := parsePosition(k.Value)
		if err != nil {
			gl.errorf(k.Line, "%v", err)
			continue
		}
		out = append(out, choice{p, gl.texts(t.vals[i])})
	}
	return out
}

func parsePosition(s string) (position, error) {
	e, c, dotted := strings.Cut(s, ".")
	p := position{}
	var err1, err2 error
	p.element, err1 = strconv.Atoi(e)
	if dotted {
		p.component, err2 = strconv.Atoi(c)
	}
	if err1 != nil || err2 != nil || p.element < 1 || dotted && p.component < 1 {
		return p, fmt.Errorf("%q is not a position: 3 or 3.1 was expected", s)
	}
	return p, nil
}

// parsePositions reads "3", "12+1" (in that order), "1-4" and "4.1-4.5".
func parsePositions(s string) ([]position, error) {
	var out []position
	for _, part := range strings.Split(s, "+") {
		first, last, ranged := strings.Cut(part, "-")
		p, err := parsePosition(first)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
		if !ranged {
			continue
		}
		q, err := parsePosition(last)
		if err != nil {
			return nil, err
		}
		switch {
		case p.component == 0 && q.component == 0 && q.element > p.element:
			for e := p.element + 1; e <= q.element; e++ {
				out = append(out, position{e, 0})
			}
		case p.element == q.element && q.component > p.component && p.component > 0:
			for c := p.component + 1; c <= q.component; c++ {
				out = append(out, position{p.element, c})
			}
		default:
			return nil, fmt.Errorf("%q is not a range of positions", part)
		}
	}
	return out, nil
}

// openRange marks a position of a list from which on all elements are meant.
const openRange = -1

// positionsOf reads a list of positions and ranges: "4 5 7-9 2.2-2.3 11-".
func (gl *guideLoader) positionsOf(m *mapping, key string) []position {
	n := m.get(key)
	if n == nil {
		return nil
	}
	var out []position
	for _, word := range splitWords(gl.scalar(n)) {
		if from, ok := strings.CutSuffix(word, "-"); ok { // as far as the segment goes
			if p, err := parsePosition(from); err != nil || p.component > 0 {
				gl.errorf(n.Line, "%s: %q is not a range of elements", key, word)
			} else {
				out = append(out, position{p.element, openRange})
			}
			continue
		}
		p, err := parsePositions(word)
		if err != nil {
			gl.errorf(n.Line, "%s: %v", key, err)
		}
		out = append(out, p...)
	}
	return out
}

// belowPath lists the values below a group of the dictionary.
func (gl *guideLoader) belowPath(path cargo.Path) []cargo.Path {
	var out []cargo.Path
	for e := range cargo.Dictionary().Leaves() {
		if strings.HasPrefix(string(e.Path), string(path)+".") {
			out = append(out, e.Path)
		}
	}
	return out
}

// below compiles slots for everything below a group.
func below(sc *scope, rel string) ([]*slot, error) {
	path, err := sc.absolute(rel)
	if err != nil {
		return nil, err
	}
	var out []*slot
	for e := range cargo.Dictionary().Leaves() {
		if strings.HasPrefix(string(e.Path), string(path)+".") {
			s, err := compileSlot(sc, "/"+string(e.Path))
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}
