package edi

// wide reports whether characters of the interchange take more than one byte: UTF-8 (UNOY), or text of a
// syntax without a declared set, where UTF-8 is what people send.
func (d *Decoder) wide() bool {
	return d.inter.Syntax == X12 || len(d.inter.Version) > 3 && d.inter.Version[:4] == "UNOY"
}

// checkText checks the characters of a segment.
func (d *Decoder) checkText() {
	v := &d.view
	if v.control < 0 || v.binary > 0 {
		return
	}
	p := v.Position()
	p.Offset += int64(v.control)
	for _, t := range v.tokens {
		if t.start() <= uint32(v.control) && uint32(v.control) < t.end() {
			p.Element = int(t.element())
		}
	}
	d.report("edi.control-character", d.clause("character"), p, "")
}
