package edi

// wide reports whether characters of the interchange take more than one byte: UTF-8 (UNOY), or text of a
// syntax without a declared set, where UTF-8 is what people send.
func (d *Decoder) wide() bool {
	return d.inter.Syntax == X12 || len(d.inter.Version) > 3 && d.inter.Version[:4] == "UNOY"
}

// checkText checks the characters of a segment.
func (d *Decoder) checkText() {
	v := &d.view
	if v.binary > 0 {
		return
	}
	for i, c := range v.data {
		if c < ' ' && !isBreak(c) && d.classes[c] == classData || c == 0x7F {
			p := v.Position()
			p.Offset += int64(i)
			for _, t := range v.tokens {
				if int(t.start) <= i && i < int(t.end) {
					p.Element = int(t.element)
				}
			}
			d.report("edi.control-character", d.clause("character"), p, "")
			return
		}
	}
}
