package edi

// skipLong passes over a segment that is longer than the limit and keeps its first bytes.
func (d *Decoder) skipLong() {
	v := &d.view
	v.data = append([]byte(nil), v.data[:min(256, len(v.data))]...)
	for i, t := range v.tokens {
		if int(t.end()) > len(v.data) {
			v.tokens = v.tokens[:i]
			break
		}
	}
	v.form |= formLong
	v.name = v.data
	for i, c := range v.data {
		if d.classes[c] != classData {
			v.name = v.data[:i]
			break
		}
	}
	released := false
	for {
		for i, c := range d.src.rest() {
			switch {
			case released:
				released = d.classes[c] == classBreak
			case d.classes[c] == classRelease:
				released = true
			case d.classes[c] == classTerminator:
				d.src.pos += i + 1
				return
			}
		}
		d.src.pos = d.src.end
		if !d.src.fill() {
			v.form |= formOpen
			return
		}
	}
}

// readBinary reads a BIN or BDS segment by its length: its data may hold any byte (X12.6 3.5.1.7). It reports
// false when the next segment is neither, or when its length cannot be right.
func (d *Decoder) readBinary() bool {
	if d.inter.Syntax != X12 || !d.src.want(4) {
		return false
	}
	b := d.src.rest()
	if b[0] != 'B' || b[3] != d.delimiters.Element || string(b[:3]) != "BIN" && string(b[:3]) != "BDS" {
		return false
	}
	d.src.want(32)
	v := &d.view
	tokens := d.binary[:0]
	at, count := 4, 1
	if b[1] == 'D' { // BDS has the filter first
		count = 2
	}
	for n := 1; n <= count; n++ {
		b = d.src.rest()
		end := at
		for end < len(b) && end < at+20 && b[end] != d.delimiters.Element && b[end] != d.delimiters.Terminator {
			end++
		}
		if end == len(b) || end == at || b[end] == d.delimiters.Terminator { // there are no data
			return false
		}
		tokens = append(tokens, newToken(at, end, n))
		at = end + 1
	}
	v.form = formLength
	length, ok := smallNumber(b[tokens[count-1].start() : at-1])
	if !ok || length < 0 {
		return false
	}
	if length > d.limits.BinaryBytes {
		return d.skipBinary(tokens, at, length)
	}
	if !d.src.want(at + length + 1) {
		return false
	}
	b = d.src.rest()
	if b[at+length] != d.delimiters.Terminator {
		return false
	}
	if length > 0 {
		tokens = append(tokens, newToken(at, at+length, count+1))
	}
	v.data, v.tokens, v.elements, v.binary = b[:at+length:at+length], tokens, count+1, count+1
	v.name, v.form = v.data[:3], 0
	d.src.pos += at + length + 1
	return true
}

// skipBinary passes over binary data that are longer than the limit and keeps what stands before them.
func (d *Decoder) skipBinary(tokens []token, at, length int) bool {
	if d.src.eof && len(d.src.rest()) <= at+length {
		return false
	}
	v := &d.view
	v.data = append([]byte(nil), d.src.rest()[:at]...)
	v.tokens, v.elements, v.binary = tokens, len(tokens)+1, len(tokens)+1
	v.name, v.form = v.data[:3], formLong
	d.src.pos += at
	if !d.src.skip(int64(length)) || !d.src.want(1) {
		v.form |= formOpen
		return true
	}
	if d.src.rest()[0] != d.delimiters.Terminator {
		v.form |= formLength
		return true
	}
	d.src.pos++
	return true
}
