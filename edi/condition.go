package edi

import (
	"fmt"
	"math/bits"
)

// broken tells from the positions that are present whether the condition does not hold. The letters are those
// of X12.6 3.7.3, the digits those of the dependency notes of ISO 9735-1 annex C.
func (c *condition) broken(present uint64) bool {
	among := present & c.mask
	first := present>>c.first&1 == 1
	others := among &^ (1 << c.first)
	all := c.mask &^ (1 << c.first)
	switch c.kind {
	case 'P', '2': // all or none
		return among != 0 && among != c.mask
	case 'R', '3': // at least one
		return among == 0
	case 'E', '4': // at most one
		return bits.OnesCount64(among) > 1
	case 'C', '5': // if the first, then all others
		return first && others != all
	case 'L', '6': // if the first, then at least one other
		return first && others == 0
	case '1': // exactly one
		return bits.OnesCount64(among) != 1
	case '7': // if the first, then none of the others
		return first && others != 0
	}
	return false
}

// clear reports whether the condition holds because nothing of it is present, or everything.
func (c *condition) clear(present uint64) bool {
	among := present & c.mask
	return among == 0 && c.none || among == c.mask && c.all
}

// condition reports a condition that does not hold, at the first position that is missing or in excess.
// Element and rep are the composite that the condition is about, 0 for the segment.
func (c *checker) condition(v *View, cond *condition, present uint64, use *segmentUse, n int32, element, rep int) {
	code := "edi.condition-required"
	wanted := cond.mask &^ present
	switch {
	case cond.kind == 'E', cond.kind == '4', cond.kind == '7', cond.kind == '1' && present&cond.mask != 0:
		code = "edi.condition-excluded"
		wanted = present & cond.mask
		wanted &= wanted - 1 // the first may stay
	case cond.kind == 'C', cond.kind == 'L', cond.kind == '5', cond.kind == '6':
		wanted &^= 1 << cond.first
	}
	position := bits.TrailingZeros64(wanted)
	if wanted == 0 {
		position = cond.first
	}
	p := v.Position()
	if element > 0 {
		p = v.where(use, element, rep, position)
	} else if code == "edi.condition-excluded" {
		p = v.at(position, 0)
	} else {
		p.Element = position
	}
	c.add(code, p, use, n, fmt.Sprintf(" %s %s", use.tag, cond.text), cond.words(use.tag, element))
	if at := cond.trigger(present, position); at > 0 {
		f := &c.d.found[len(c.d.found)-1]
		f.Trigger = v.at(at, 0)
		if element > 0 {
			f.Trigger = v.where(use, element, rep, at)
		}
		f.Trigger.Tag = use.tag
	}
}

// trigger returns the position whose presence makes a broken condition apply to the one at fault, 0 when its absence
// does: the first of C and L, else the first of the others that are there.
func (c *condition) trigger(present uint64, fault int) int {
	switch c.kind {
	case 'C', 'L', '5', '6', '7':
		return c.first
	case 'P', 'E', '1', '2', '4':
		if others := present & c.mask &^ (1 << fault); others != 0 {
			return bits.TrailingZeros64(others)
		}
	}
	return 0
}

// words says what the condition asks for.
func (c *condition) words(tag string, element int) string {
	list := ""
	for i, n := range c.list {
		if i > 0 {
			list += ", "
		}
		if element > 0 {
			list += fmt.Sprintf("%s%02d-%d", tag, element, n)
		} else {
			list += fmt.Sprintf("%s%02d", tag, n)
		}
	}
	switch c.kind {
	case 'P', '2':
		return list + ": all of them or none"
	case 'R', '3':
		return list + ": at least one of them"
	case 'E', '4':
		return list + ": at most one of them"
	case '1':
		return list + ": exactly one of them"
	case 'C', '5':
		return list + ": the first needs all others"
	case 'L', '6':
		return list + ": the first needs at least one other"
	}
	return list + ": the first excludes the others"
}
