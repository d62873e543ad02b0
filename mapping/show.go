package mapping

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"peacebridge/edi"
)

// Show prints the guide as an implementation guide: the message from top to bottom, what each position carries,
// and how far that is to be trusted.
func (g *Guide) Show(w io.Writer) error {
	p := &printer{w: bufio.NewWriter(w), g: g}
	p.linef("%s  %s", g.Name, g.Title["en"])
	p.linef("%s, version %s, %s", g.Agency, g.Version, g.directions())
	p.linef("base: %s %s %s; source: %s; status: %s", g.Syntax, g.overlay.Release, g.overlay.Message, g.Source, g.Status)
	if len(g.unused) > 0 {
		p.linef("not used: %s", strings.Join(g.unused, " "))
	}
	p.linef("")
	p.nodes(g.body, 0)
	return p.w.Flush()
}

func (g *Guide) directions() string {
	switch {
	case g.Reads && g.Writes:
		return "reads " + g.Class + ", writes " + strings.Join(g.accepts, " and ")
	case g.Reads:
		return "reads " + g.Class
	}
	return "writes " + strings.Join(g.accepts, " and ")
}

type printer struct {
	w *bufio.Writer
	g *Guide
}

func (p *printer) linef(format string, args ...any) {
	_, _ = fmt.Fprintln(p.w, strings.TrimRight(fmt.Sprintf(format, args...), " ")) // Flush returns the error
}

func (p *printer) nodes(nodes []*node, depth int) {
	for _, n := range nodes {
		p.node(n, depth)
	}
}

func (p *printer) node(n *node, depth int) {
	indent := strings.Repeat("  ", depth)
	words := []string{indent + n.tag}
	if n.loop {
		words[0] = indent + "loop " + n.tag
	} else if title := p.g.defined(n).Title; title != "" {
		words = append(words, title)
	}
	words = append(words, n.often())
	for _, c := range n.choose {
		words = append(words, fmt.Sprintf("%s = %s", c.at, strings.Join(c.codes, " or ")))
	}
	if where := n.ctx.describe(); where != "" {
		words = append(words, where)
	}
	if len(n.when) > 0 {
		words = append(words, "when "+n.when.String())
	}
	if n.ignored {
		words = append(words, "ignored: "+n.because)
	} else if n.only != bothWays {
		words = append(words, n.only.String()+" only: "+n.because)
	}
	if n.status != "" {
		words = append(words, "["+n.status+"]")
	}
	p.linef("%s", strings.Join(words, "  "))
	for _, b := range n.bindings {
		p.binding(n, b, indent+"    ")
	}
	if len(n.unusedPos) > 0 {
		p.linef("%s    not used: %s", indent, positions(n.unusedPos))
	}
	p.nodes(n.children, depth+1)
	if len(n.unused) > 0 {
		p.linef("%s  not used: %s", indent, strings.Join(n.unused, " "))
	}
}

func (n *node) often() string {
	switch {
	case n.usage == edi.Required && n.max == 1:
		return "must, once"
	case n.usage == edi.Required && n.max > 1:
		return fmt.Sprintf("must, at most %d", n.max)
	case n.usage == edi.Required:
		return "must, any number"
	case n.max == 1:
		return "may, once"
	case n.max > 1:
		return fmt.Sprintf("may, at most %d", n.max)
	}
	return "may, any number"
}

func (c *context) describe() string {
	switch c.kind {
	case ctxAt:
		return "at " + string(c.path)
	case ctxFor:
		out := "for each " + string(c.path)
		if len(c.where) > 0 {
			out += " where " + c.where.String()
		}
		return out
	case ctxFind:
		return fmt.Sprintf("finds %s by %s", c.path, c.key.path)
	}
	return ""
}

func (d direction) String() string {
	switch d {
	case readOnly:
		return "read"
	case writeOnly:
		return "write"
	}
	return ""
}

func positions(list []position) string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}

func (p *printer) binding(n *node, b *binding, indent string) {
	words := []string{indent + strings.ReplaceAll(positions(b.positions), " ", "+")}
	e, _ := p.g.element(n, b.positions[0])
	if e.Name != "" {
		words = append(words, e.Name)
	}
	if e.Max > 0 {
		limit := e.Max
		if b.max > 0 {
			limit = b.max
		}
		words = append(words, fmt.Sprintf("%s %d..%d", e.Type, e.Min, limit))
	}
	if b.required {
		words = append(words, "must")
	}
	words = append(words, b.describe())
	if len(b.when) > 0 {
		words = append(words, "when "+b.when.String())
	}
	if b.only != bothWays {
		words = append(words, b.only.String()+" only: "+b.because)
	}
	words = append(words, "["+firstOf(b.status, n.status, inherited(n.parent), p.g.status)+"]")
	if b.note != "" {
		words = append(words, "("+b.note+")")
	}
	p.linef("%s", strings.Join(words, "  "))
}

// inherited is the status that the loops outside give.
func inherited(n *node) string {
	for ; n != nil; n = n.parent {
		if n.status != "" {
			return n.status
		}
	}
	return ""
}

func (b *binding) describe() string {
	switch b.verb {
	case verbTo, verbEach, verbLines:
		out := "= " + string(b.slot.path)
		if b.slot.scheme != "" {
			out += " (" + b.slot.scheme + ")"
		}
		if b.verb == verbEach {
			out = "= each " + string(b.slot.path)
		}
		if b.verb == verbLines {
			out = fmt.Sprintf("= lines of %s", b.slot.path)
		}
		for _, extra := range [][2]string{{"list", b.list}, {"codes", b.convert}, {"form", b.formed}, {"else", b.orElse}, {"or the literal", b.instead}} {
			if extra[1] != "" {
				out += fmt.Sprintf(", %s %s", extra[0], extra[1])
			}
		}
		return out
	case verbIs:
		return fmt.Sprintf("is %q", b.is)
	case verbCount:
		return "is counted"
	case verbIgnore:
		return "ignored: " + b.because
	case verbCases:
		var out []string
		for _, c := range b.cases {
			var sets []string
			for _, a := range c.set {
				sets = append(sets, fmt.Sprintf("%s %s", a.slot.path, a.value))
			}
			out = append(out, strings.TrimSpace(fmt.Sprintf("%q %s", c.is, strings.Join(sets, ", "))))
		}
		return "one of " + strings.Join(out, "; ")
	case verbQualify:
		var out []string
		for _, q := range b.qualify {
			target := string(q.slot.path)
			if q.slot.scheme != "" {
				target += " (" + q.slot.scheme + ")"
			}
			out = append(out, fmt.Sprintf("%q %s", q.code, target))
		}
		return "by qualifier: " + strings.Join(out, "; ")
	}
	return ""
}
