package edi

// Security segments wrap interchanges, groups and messages without being part of them: those of X12.58, and those of
// ISO 9735-5 and 9735-7 (USA to USY). They are passed over, and one warning an interchange says so: what they
// promise is for others to verify. A message whose own structure has them, AUTACK for one, is matched as any other.

// tolerated are the service segments of X12.5 and X12.58 that stand outside messages and are passed over.
func tolerated(tag string) bool {
	switch tag {
	case "TA1", "TA3", "ISB", "ISE":
		return true
	}
	return secures(X12, tag)
}

// secures reports whether a tag is one of a security segment.
func secures(s Syntax, tag string) bool {
	switch tag {
	case "SVA", "S1A", "S1S", "S1E", "S2A", "S2S", "S2E", "S3A", "S3S", "S3E", "S4A", "S4S", "S4E":
		return s == X12
	case "USA", "USB", "USC", "USD", "USE", "USF", "USH", "USL", "USR", "UST", "USU", "USX", "USY":
		return s == EDIFACT
	}
	return false
}

// passSecurity passes over a security segment, and reports whether the one in the view is one.
func (d *Decoder) passSecurity() bool {
	v := &d.view
	if !secures(d.inter.Syntax, v.tag) || d.inMessage && d.check != nil && d.check.spec.tags.number(v.key) >= 0 {
		return false
	}
	d.emit(SegmentRead, -1)
	d.checkForm()
	if !d.secured {
		d.secured = true
		rule := "X12.58"
		if d.inter.Syntax == EDIFACT {
			rule = "ISO 9735-5"
		}
		d.report("edi.security-unchecked", rule, v.Position(), "")
	}
	return true
}

// passInteractive deals with the segments of an interactive message (ISO 9735-3) in a batch interchange: it is named
// once, and passed over. It reports whether the segment in the view belongs to one.
func (d *Decoder) passInteractive() bool {
	v := &d.view
	switch v.tag {
	case "UIB", "UIH", "UIR", "UIZ":
		if !d.interactive && v.tag == "UIH" {
			d.messages++
			if d.group == nil {
				d.loose++
			}
		}
		if !d.interactive {
			d.report("edi.interactive", "ISO 9735-3", v.Position(), "an interactive message in a batch interchange; it is not read")
		}
		d.interactive = v.tag == "UIH"
	case "UIT":
		d.interactive = false
	default:
		if !d.interactive {
			return false
		}
	}
	d.emit(SegmentRead, -1)
	return true
}

// beginsExtension is the X12 version from which on ISX may follow ISA.
const beginsExtension = "00704"

// extension reads ISX, the interchange syntax extension: it gives X12 a release character from here on. What cannot
// be one is left out.
func (d *Decoder) extension() bool {
	v := &d.view
	if v.tag != "ISX" || d.inter.Version < beginsExtension || d.inMessage || d.group != nil {
		return false
	}
	d.emit(SegmentRead, -1)
	d.checkForm()
	b := v.raw(1, 1)
	if b == nil {
		return true
	}
	if len(b) != 1 || isAlnum(b[0]) || b[0] == ' ' || b[0] == 0 || b[0] >= 0x80 || d.classes[b[0]] < classBreak && d.classes[b[0]] != classData {
		d.report("edi.delimiter", "X12.5 ISX01", v.at(1, 0), "the release character cannot be used as one; nothing is released")
		return true
	}
	d.delimiters.Release = b[0]
	d.inter.Delimiters = d.delimiters
	d.scan.begin(d.delimiters)
	d.classes = &d.scan.marker.classes
	v.release = newEscape(d.delimiters)
	return true
}
