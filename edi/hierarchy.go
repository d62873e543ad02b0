package edi

import "fmt"

// hierarchy follows what nests by number or name, whatever the structure says: the HL segments of a message, and
// the loops between LS and LE.
type hierarchy struct {
	last int
	told bool // once a message is enough: one number missed makes all others wrong

	open []bound // LS whose LE has not come
	deep int     // those past Limits.Depth
}

type bound struct {
	name     string
	position Position
}

func (h *hierarchy) reset() { *h = hierarchy{open: h.open[:0]} }

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

// level checks HL01, which counts from 1, and HL02, which names a parent that came before.
func (h *hierarchy) level(d *Decoder) {
	v := &d.view
	h.last++
	if n, ok := smallNumber(v.raw(1, 1)); !ok || n != h.last {
		h.tell(d, 1)
		if ok {
			h.last = n
		}
	}
	if parent := v.raw(2, 1); parent != nil {
		if n, ok := smallNumber(parent); !ok || n < 1 || n >= h.last {
			h.tell(d, 2)
		}
	}
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
