package mapping

import (
	"fmt"
	"strconv"
	"strings"
)

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
