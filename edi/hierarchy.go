package edi

// hierarchy follows the HL segments of a message: HL01 counts from 1, HL02 names a parent that came before.
type hierarchy struct{ last int }

func (h *hierarchy) reset() { h.last = 0 }

func (h *hierarchy) check(d *Decoder) {
	v := &d.view
	if v.tag != "HL" || d.inter.Syntax != X12 {
		return
	}
	h.last++
	if n, ok := smallNumber(v.raw(1, 1)); !ok || n != h.last {
		d.report("edi.hierarchy", "X12.6 3.9 HL01", v.at(1, 0), "")
		if ok {
			h.last = n
		}
	}
	if parent := v.raw(2, 1); parent != nil {
		if n, ok := smallNumber(parent); !ok || n < 1 || n >= h.last {
			d.report("edi.hierarchy", "X12.6 3.9 HL02", v.at(2, 0), "")
		}
	}
}

func smallNumber(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 || !isDigits(b) {
		return 0, false
	}
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n, true
}
