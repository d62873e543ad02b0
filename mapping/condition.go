package mapping

import (
	"fmt"
	"strings"
)

// condition is a question about the record, asked when writing: all of its tests must hold.
type condition []test

// test is one line of a condition:
//
//	path                  has a value (a group: has any value below it)
//	path is VALUE         has that value (a list: one of its values is that)
//	path in A B C         has one of these
//	not <test>            the contrary
//	<test> or <test>      at least one of them
type test struct {
	either []condition
	not    bool
	slot   *slot
	group  []*slot // of a group: everything below
	values []string
	named  condition // of a condition that the guide defines by name
	text   string
}

func (c condition) holds(frames []*frame) bool {
	for _, t := range c {
		if t.holds(frames) == t.not {
			return false
		}
	}
	return true
}

func (t test) holds(frames []*frame) bool {
	for _, c := range t.either {
		if c.holds(frames) {
			return true
		}
	}
	if t.either != nil {
		return false
	}
	if t.named != nil {
		return t.named.holds(frames)
	}
	if t.group != nil {
		for _, s := range t.group {
			if v, _ := s.first(frames); v != "" {
				return true
			}
		}
		return false
	}
	ok := false
	t.slot.all(frames, func(v, _ string) bool {
		ok = len(t.values) == 0
		for _, want := range t.values {
			ok = ok || v == want
		}
		return !ok
	})
	return ok
}

func (c condition) String() string {
	var out []string
	for _, t := range c {
		out = append(out, t.text)
	}
	return strings.Join(out, " and ")
}

// parseCondition compiles the tests of a guide in a scope.
func parseCondition(sc *scope, lines []string, named map[string][]string) (condition, error) {
	var out condition
	for _, line := range lines {
		t := test{text: line}
		if parts := strings.Split(line, " or "); len(parts) > 1 {
			for _, p := range parts {
				c, err := parseCondition(sc, []string{p}, named)
				if err != nil {
					return nil, err
				}
				t.either = append(t.either, c)
			}
			out = append(out, t)
			continue
		}
		words := strings.Fields(line)
		if len(words) > 0 && words[0] == "not" {
			t.not, words = true, words[1:]
		}
		if len(words) == 0 {
			return nil, fmt.Errorf("empty condition")
		}
		if def, ok := named[words[0]]; ok {
			if len(words) > 1 {
				return nil, fmt.Errorf("condition %q: nothing may follow the name of a condition", line)
			}
			c, err := parseCondition(rooted(sc), def, nil)
			if err != nil {
				return nil, err
			}
			t.named = c
			out = append(out, t)
			continue
		}
		switch {
		case len(words) == 1:
		case len(words) == 3 && words[1] == "is":
			t.values = words[2:]
		case len(words) >= 3 && words[1] == "in":
			t.values = words[2:]
		default:
			return nil, fmt.Errorf("condition %q: a path, \"path is VALUE\" or \"path in A B\" was expected", line)
		}
		s, err := compileSlot(sc, words[0])
		if err != nil {
			if t.group, _ = below(sc, words[0]); len(t.group) == 0 || t.values != nil {
				return nil, fmt.Errorf("condition %q: %w", line, err)
			}
		}
		t.slot = s
		out = append(out, t)
	}
	return out, nil
}

// rooted is the scope that named conditions are written in: the record, with the frames that are open, so that
// consignment[] inside a consignment is that consignment.
func rooted(sc *scope) *scope { return &scope{frames: sc.frames} }
