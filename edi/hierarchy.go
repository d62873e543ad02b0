package edi

import (
	"fmt"
	"sort"
)

// hierarchy follows what nests by number or name, whatever the structure says: the HL segments of a message, and
// the loops between LS and LE.
type hierarchy struct {
	last int
	told bool // once a message is enough: one number missed makes all others wrong

	levels []level // whose HL04 may still turn out wrong, by number
	lost   bool    // the numbers do not go up: nobody can say whose child is whose

	open []bound // LS whose LE has not come
	deep int     // those past Limits.Depth
}

type bound struct {
	name     string
	position Position
}

// level is an HL segment that says by HL04 whether others are subordinate to it.
type level struct {
	number   int
	parent   bool // HL04 is 1
	position Position
	loop     string // LS01 of the loop that it stands in
}

// reset forgets everything but the memory that is there.
func (h *hierarchy) reset() { *h = hierarchy{open: h.open[:0], levels: h.levels[:0]} }

const (
	keyHL = 'H' | 'L'<<8
	keyLS = 'L' | 'S'<<8
	keyLE = 'L' | 'E'<<8
	keySE = 'S' | 'E'<<8
)

// check looks at the segments that nest; others of two letters pass.
func (h *hierarchy) check(d *Decoder) {
	if d.inter.Syntax != X12 || !d.inMessage {
		return
	}
	switch d.view.key {
	case keyHL:
		h.level(d)
	case keyLS:
		if len(h.open) == d.limits.Depth {
			h.deep++
			return
		}
		h.open = append(h.open, bound{d.view.Text(1, 1), d.view.Position()})
	case keyLE:
		h.closeLoop(d)
	case keySE:
		// A structure that has LE says itself that one is missing.
		if d.check == nil || d.check.spec.tags.find("LE") < 0 {
			for i := len(h.open) - 1; i >= 0; i-- {
				p := h.open[i].position
				p.Tag = "LE"
				d.report("edi.loop-unclosed", "X12.6 3.8 LS", p, "")
			}
		}
		h.open = h.open[:0]
		h.childless(d, len(h.levels))
	}
}

// closeLoop checks that LE names the loop that the innermost LS opened (X12.6 3.8): an inner loop ends first.
func (h *hierarchy) closeLoop(d *Decoder) {
	v := &d.view
	switch n := len(h.open); {
	case h.deep > 0:
		h.deep--
	case n == 0:
		if d.check == nil || d.check.at >= 0 { // what has no place is told already
			d.report("edi.loop-unopened", "X12.6 3.8 LE", v.Position(), "")
		}
	default:
		if h.open[n-1].name != v.Text(1, 1) {
			d.report("edi.loop-identifier", "X12.6 3.8 LE01", v.at(1, 0), "")
		}
		h.open = h.open[:n-1]
	}
}

// level checks HL01, which counts from 1, HL02, which names a parent that came before, and HL04 of that parent.
func (h *hierarchy) level(d *Decoder) {
	v := &d.view
	h.last++
	n, ok := smallNumber(v.raw(1, 1))
	if !ok || n < h.last {
		h.lost = true
	}
	if !ok || n != h.last {
		h.tell(d, 1)
		if ok {
			h.last = n
		}
	}
	if parent := v.raw(2, 1); parent != nil {
		n, ok := smallNumber(parent)
		if !ok || n < 1 || n >= h.last {
			h.tell(d, 2)
		}
		h.child(d, n)
	}
	if h.lost {
		h.levels = h.levels[:0]
	} else {
		h.await(d)
	}
}

// await remembers a level until its first child comes, or the message ends. Levels stand top-down and left to right (HL,
// comment 1), so a child follows its parent at once; those who write breadth first get the room of Limits.Levels.
func (h *hierarchy) await(d *Decoder) {
	v := &d.view
	code := v.raw(4, 1)
	if len(code) != 1 || code[0] != '0' && code[0] != '1' {
		return
	}
	if len(h.levels) == d.limits.Levels {
		older := (len(h.levels) + 1) / 2
		h.childless(d, older)
		h.levels = h.levels[:copy(h.levels, h.levels[older:])]
	}
	l := level{number: h.last, parent: code[0] == '1', position: v.at(4, 0)}
	if n := len(h.open); n > 0 {
		l.loop = h.open[n-1].name
	}
	h.levels = append(h.levels, l)
}

// child is told that the segment at hand names a parent.
func (h *hierarchy) child(d *Decoder, parent int) {
	i := sort.Search(len(h.levels), func(i int) bool { return h.levels[i].number >= parent })
	if i == len(h.levels) || h.levels[i].number != parent {
		return
	}
	if l := &h.levels[i]; !l.parent {
		l.tell(d, "the code says that no HL segment is subordinate to this one, and one is")
	}
	h.levels = append(h.levels[:i], h.levels[i+1:]...)
}

// childless reports those of the first levels whose code says that others are subordinate to them, though none came.
func (h *hierarchy) childless(d *Decoder, first int) {
	for i := range h.levels[:first] {
		if l := &h.levels[i]; l.parent {
			l.tell(d, "the code says that HL segments are subordinate to this one, and none is")
		}
	}
}

func (l *level) tell(d *Decoder, message string) {
	f := newFinding("edi.hierarchy-child", "X12.6 3.9 HL04", l.position, message)
	f.Tag, f.Element, f.Loop = "HL", "736", l.loop
	d.keep(f)
}

func (h *hierarchy) tell(d *Decoder, element int) {
	if !h.told {
		h.told = true
		d.report("edi.hierarchy", fmt.Sprintf("X12.6 3.9 HL%02d", element), d.view.at(element, 0), "")
	}
}

// smallNumber reads a count, leading zeros and all.
func smallNumber(b []byte) (int, bool) {
	n, ok := bigNumber(b)
	return int(n), ok
}
