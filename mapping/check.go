package mapping

import (
	"fmt"
	"sort"
	"strings"

	"peacebridge/edi"
)

// Check looks for silence: a position of a used segment, or a segment of the base message, that no guide line
// says anything about. It also looks for lines that speak of what is not there. Loading has checked the rest.
func (l *Library) Check() []error {
	var out []error
	for _, g := range l.sorted {
		out = append(out, g.check()...)
	}
	return append(out, l.codes.check()...)
}

func (g *Guide) check() []error {
	c := &checker{g: g}
	base, err := edi.Builtin().Spec(g.overlay.Syntax, g.overlay.Release, g.overlay.Message)
	if err != nil {
		return []error{fmt.Errorf("%s: %w", g.file, err)}
	}
	c.positions(g.body)
	c.structure(1, "the message", g.body, g.unused, baseTree(base))
	if g.Source == "" || g.Status == "" {
		c.errorf(1, "source and status are needed")
	}
	return c.errs
}

type checker struct {
	g    *Guide
	errs []error
}

func (c *checker) errorf(line int, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s:%d: %s", c.g.file, line, fmt.Sprintf(format, args...)))
}

// positions checks that every element and component of every used segment has a verdict.
func (c *checker) positions(nodes []*node) {
	for _, n := range nodes {
		if n.loop {
			c.positions(n.children)
			continue
		}
		if n.ignored {
			continue
		}
		verdict := map[position]bool{}
		for _, p := range c.spoken(n) {
			if p.component == openRange {
				for _, e := range c.g.defined(n).Elements {
					verdict[position{e.Position, 0}] = verdict[position{e.Position, 0}] || e.Position >= p.element
				}
				continue
			}
			verdict[p] = true
			if _, ok := c.g.element(n, p); !ok {
				c.errorf(n.line, "%s: there is no position %s", n.tag, p)
			}
		}
		for _, e := range c.g.defined(n).Elements {
			whole := position{e.Position, 0}
			if verdict[whole] || len(e.Components) == 0 && verdict[position{e.Position, 1}] {
				continue
			}
			if len(e.Components) == 0 {
				c.errorf(n.line, "%s: nothing is said of position %d (%s)", n.tag, e.Position, e.Name)
			}
			for _, comp := range e.Components {
				if p := (position{e.Position, comp.Position}); !verdict[p] {
					c.errorf(n.line, "%s: nothing is said of position %s (%s)", n.tag, p, comp.Name)
				}
			}
		}
	}
}

// spoken lists the positions that the guide says something about.
func (c *checker) spoken(n *node) []position {
	out := append([]position{}, n.unusedPos...)
	choices := n.choose
	if n.parent != nil && n.parent.trigger() == n {
		choices = append(choices[:len(choices):len(choices)], n.parent.choose...)
	}
	for _, ch := range choices {
		out = append(out, ch.at)
	}
	for _, b := range n.bindings {
		out = append(out, b.positions...)
	}
	return out
}

func (p position) String() string {
	switch p.component {
	case 0:
		return fmt.Sprint(p.element)
	case openRange:
		return fmt.Sprintf("%d-", p.element)
	}
	return fmt.Sprintf("%d.%d", p.element, p.component)
}

// branch is a segment or loop of the base message.
type branch struct {
	tag      string
	loop     bool
	children []*branch
}

// baseTree is the structure of a base message, without its envelope.
func baseTree(s *edi.Spec) *branch {
	root := &branch{}
	byNumber := map[int]*branch{0: root}
	for n, info := range s.Nodes() {
		b := &branch{tag: info.Tag, loop: info.Loop}
		byNumber[n] = b
		switch info.Tag {
		case "ST", "SE", "UNH", "UNT":
			continue
		}
		parent := byNumber[info.Parent]
		parent.children = append(parent.children, b)
	}
	return root
}

// tags lists a branch and everything below it.
func (b *branch) tags(into map[string]bool) {
	if b.tag != "" {
		into[b.tag] = true
	}
	for _, c := range b.children {
		c.tags(into)
	}
}

// fitting is the loop of the base that a loop of the guide is: the same trigger, and a place for all that it has.
func (b *branch) fitting(n *node) *branch {
	var first *branch
	for _, c := range b.children {
		if !c.loop || c.tag != n.tag {
			continue
		}
		if first == nil {
			first = c
		}
		tags, fits := map[string]bool{}, true
		c.tags(tags)
		for _, child := range n.children {
			fits = fits && tags[child.tag]
		}
		if fits {
			return c
		}
	}
	return first
}

// structure checks one level: every segment and loop of the base is used, or is listed as unused.
func (c *checker) structure(line int, where string, nodes []*node, unused []string, base *branch) {
	have := map[string]bool{}
	for _, n := range nodes {
		have[n.tag] = true
	}
	need, known := map[string]bool{}, map[string]bool{}
	matched := map[*branch]bool{}
	for _, n := range nodes {
		if n.loop && n.like == nil {
			if b := base.fitting(n); b != nil {
				matched[b] = true
				c.structure(n.line, "loop "+n.tag, n.children, n.unused, b)
			}
		}
	}
	for _, b := range base.children {
		b.tags(known)
		if matched[b] {
			need[b.tag] = true
		} else {
			b.tags(need)
		}
	}
	listed := map[string]bool{}
	if strings.Join(unused, " ") == "all others" {
		return // said for everything that is not used, as a range
	}
	for _, tag := range unused {
		listed[tag] = true
		if !known[tag] {
			c.errorf(line, "%s: unused %s is not in the base message here", where, tag)
		} else if have[tag] {
			c.errorf(line, "%s: %s is used, and listed as unused", where, tag)
		}
	}
	var silent []string
	for tag := range need {
		if !have[tag] && !listed[tag] {
			silent = append(silent, tag)
		}
	}
	sort.Strings(silent)
	for _, tag := range silent {
		c.errorf(line, "%s: nothing is said of %s", where, tag)
	}
}

// check looks for conversions into codes that their list does not have.
func (c *codes) check() []error {
	var out []error
	for _, v := range c.conversions {
		for _, from := range sortedKeys(v.forward) {
			t := v.forward[from]
			if l := c.lists[v.to]; l != nil && t.code != "" && l.codes[t.code] == "" {
				out = append(out, fmt.Errorf("%s:%d: %s is not in the list %s", v.file, t.line, t.code, v.to))
			}
			if l := c.lists[v.from]; l != nil && l.codes[from] == "" {
				out = append(out, fmt.Errorf("%s:%d: %s is not in the list %s", v.file, t.line, from, v.from))
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Error() < out[j].Error() })
	return out
}
