package mapping

import (
	"fmt"
	"strings"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// belowWriter reports whether a loop outside only writes.
func belowWriter(n *node) bool {
	for p := n.parent; p != nil; p = p.parent {
		if p.only == writeOnly {
			return true
		}
	}
	return false
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
				gl.errorf(v.Line, "%v", notInDictionary(path))
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
		if c.through != nil {
			var err error
			if c.anyone, err = compileSlot(rootScope(), string(c.through.path)); err != nil {
				gl.errorf(n.line, "through: %v", err)
			}
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
