package edi

import (
	"fmt"
	"math/bits"
	"strings"
)

// rule is a Rule, compiled: a condition whose positions are numbers in nodes.
type rule struct {
	condition
	scope int32 // the loop that it is about, 0 for the message
	nodes []int32
	from  int // of its nodes in checker.first
	says  string
}

// addRules compiles the rules of a loop.
func (s *Spec) addRules(scope int32, rules []Rule) error {
	for _, text := range rules {
		r, err := s.parseRule(scope, text)
		if err != nil {
			return fmt.Errorf("rule %q: %w", text.Rule, err)
		}
		if n := len(s.rules); n > 0 {
			r.from = s.rules[n-1].from + len(s.rules[n-1].nodes)
		}
		s.rules = append(s.rules, r)
	}
	return nil
}

func (s *Spec) parseRule(scope int32, text Rule) (rule, error) {
	r := rule{scope: scope, says: text.Says, condition: condition{text: text.Rule, first: 1}}
	kind, list, ok := strings.Cut(strings.TrimSuffix(text.Rule, ")"), "(")
	switch {
	case !ok || !strings.HasSuffix(text.Rule, ")"):
		return r, fmt.Errorf("no list of segments")
	case len(kind) == 1 && strings.Contains("PRECL", kind):
		r.kind = kind[0]
	case len(kind) == 2 && kind[0] == 'D' && kind[1] >= '1' && kind[1] <= '7':
		r.kind = kind[1]
	default:
		return r, fmt.Errorf("kind %q: none of P R E C L and D1 to D7", kind)
	}
	for _, name := range strings.Split(list, ",") {
		n := s.child(scope, strings.TrimSpace(name))
		if n < 0 {
			return r, fmt.Errorf("%s does not stand in %s", name, s.nodes[scope].name)
		}
		r.nodes = append(r.nodes, n)
		r.mask |= 1 << len(r.nodes)
	}
	if len(r.nodes) < 2 || len(r.nodes) > maxPositions {
		return r, fmt.Errorf("%d segments", len(r.nodes))
	}
	return r, nil
}

// child returns the segment or loop of that name directly in a loop, -1 if there is none.
func (s *Spec) child(loop int32, name string) int32 {
	for n := loop + 1; n < s.nodes[loop].end; n = s.nodes[n].end {
		if s.nodes[n].name == name {
			return n
		}
	}
	return -1
}

// startRules makes room for the first position of everything that rules name.
func (c *checker) startRules() {
	last := &c.spec.rules[len(c.spec.rules)-1]
	if size := last.from + len(last.nodes); cap(c.first) < size {
		c.first = make([]Position, size)
	} else {
		c.first = c.first[:size]
	}
}

// note keeps where the first of its kind stands in its loop.
func (c *checker) note(n int32) {
	if c.counts[n] != 1 {
		return
	}
	for i := range c.spec.rules {
		r := &c.spec.rules[i]
		for j, m := range r.nodes {
			if m == n {
				c.first[r.from+j] = c.d.view.Position()
			}
		}
	}
}

// leave checks the rules of the loops that end because the segment at hand stands at a node outside them, or
// begins them anew, and at the trailer those of the message.
func (c *checker) leave(v *View, to int32) {
	s := c.spec
	for i := range s.rules {
		r := &s.rules[i]
		switch {
		case r.scope == 0 && to != s.nodes[0].end-1:
			continue // the message goes on
		case r.scope > 0 && (c.state <= r.scope || c.state >= s.nodes[r.scope].end):
			continue // the loop is not open
		case r.scope > 0 && to > r.scope+1 && to < s.nodes[r.scope].end:
			continue // the loop goes on
		}
		var present uint64
		for j, n := range r.nodes {
			if c.counts[n] > 0 {
				present |= 1 << (j + 1)
			}
		}
		if r.broken(present) {
			c.broken(v, r, present)
		}
	}
}

// broken reports a rule that does not hold. What is missing belonged before the first of those that ask for it,
// or as near to it as can be told; what is too much is the last one.
func (c *checker) broken(v *View, r *rule, present uint64) {
	among := present & r.mask
	code, at, p := "edi.segment-needed", 0, v.Position()
	if r.kind == 'E' || r.kind == '4' || r.kind == '7' || r.kind == '1' && among != 0 {
		code = "edi.segment-excluded"
	}
	for j := range r.nodes {
		if among>>(j+1)&1 == 0 {
			continue
		}
		first := c.first[r.from+j]
		if at == 0 || code == "edi.segment-excluded" && first.Segment > p.Segment || code != "edi.segment-excluded" && first.Segment < p.Segment {
			at, p = j+1, first
		}
	}
	if code == "edi.segment-needed" {
		wanted := r.mask &^ present
		if r.kind == 'C' || r.kind == 'L' || r.kind == '5' || r.kind == '6' {
			wanted &^= 2
		}
		at = bits.TrailingZeros64(wanted)
		p.Tag = c.spec.nodes[r.nodes[at-1]].tag
	}
	says := r.says
	if says == "" {
		says = r.text
	}
	f := newFinding(code, c.spec.rule(-1, " "+r.text), p, says)
	if t := r.trigger(present, at); t > 0 {
		f.Trigger = c.first[r.from+t-1]
		f.Trigger.Tag = c.spec.nodes[r.nodes[t-1]].tag
	}
	n := r.nodes[at-1]
	f.Node, f.Tag = c.spec.nodes[n].id, c.spec.nodes[n].tag
	if c.spec.base != nil {
		f.Level = LevelGuide
	}
	c.pending = append(c.pending, f)
}
