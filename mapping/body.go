package mapping

import (
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"peacebridge/edi"
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
