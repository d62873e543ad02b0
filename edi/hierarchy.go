package edi

import "fmt"

// hierarchy follows the HL segments of a message: HL01 counts from 1, HL02 names a parent that came before.
type hierarchy struct {
	last int
	told bool // once a message is enough: one number missed makes all others wrong
}

func (h *hierarchy) reset() { *h = hierarchy{} }

func (h *hierarchy) check(d *Decoder) {
	v := &d.view
	if d.inter.Syntax != X12 {
		return
	}
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
