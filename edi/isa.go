package edi

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// isaWidths are the lengths of ISA01 to ISA16 (X12.5 figure "ISA"). ISA is the only segment at fixed width,
// because it must be read before anything is known about the delimiters.
var isaWidths = [...]int{2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

// isaTokens is where the values of ISA stand. It is never changed.
var isaTokens = func() []token {
	tokens, at := []token{newToken(0, 3, 0)}, 4
	for i, width := range isaWidths {
		tokens = append(tokens, newToken(at, at+width, i+1))
		at += width + 1
	}
	return slices.Clip(tokens)
}()

// knownQualifier reports whether a code is in the list of ISA01 (element I01), ISA03 (I03), ISA05 or ISA07 (I05).
func knownQualifier(element int, code []byte) bool {
	if !isDigits(code) {
		switch string(code) {
		case "AM", "NR", "SA", "SN", "ZZ":
			return element > 3
		}
		return false
	}
	switch n := two(code, 0); element {
	case 1:
		return n <= 8
	case 3:
		return n <= 1
	default:
		return n >= 1 && n <= 38 && n != 5 && n != 6
	}
}

// isaLength is ISA with its terminator.
const isaLength = 106

// isa is an interchange header as it was found.
type isa struct {
	text       []byte // cleaned of line breaks, without the terminator
	tokens     []token
	used       int // bytes of the stream
	stripped   bool
	wrapped    bool
	multibyte  bool // ISA16 is a character of more than one byte
	unfinished bool // the stream ends before the terminator
}

// parseISA reads the ISA at the start of b. It tries the fixed width first, then the same with line breaks
// taken out (transports that wrap at a column), then 16 separators wherever they stand (padding stripped).
func parseISA(b []byte) (isa, bool) {
	if len(b) < 4 {
		return isa{}, false
	}
	if h, ok := fixedISA(b); ok {
		h.used = len(h.text) + 1
		return h, true
	}
	if h, ok := wrappedISA(b); ok {
		return h, true
	}
	return strippedISA(b)
}

func fixedISA(b []byte) (isa, bool) {
	if len(b) < isaLength-1 {
		return isa{}, false
	}
	at := 3
	h := isa{text: b[:isaLength-1], tokens: isaTokens}
	for i, width := range isaWidths {
		if b[at] != b[3] || bytes.IndexByte(b[at+1:at+1+width], b[3]) >= 0 && i != 10 && i != 15 { // ISA11 and ISA16 are separators
			return isa{}, false
		}
		at += 1 + width
	}
	if len(b) == isaLength-1 {
		h.unfinished = true
		return h, true
	}
	// So with a break in the place of ISA16: the separator, the terminator and a tag, or two delimiters.
	rest := bytes.TrimLeft(b[isaLength-2:], "\r\n")
	wrapped := len(rest) < len(b)-isaLength+2 && len(rest) > 1 && rest[0] > ' ' && !isAlnum(rest[0]) && rest[1] > ' ' && !isAlnum(rest[1])
	if wrapped || breakBeforeTerminator(b[isaLength-1:]) {
		return isa{}, false
	}
	// Behind a component separator of two bytes stands its second one, not the terminator.
	return h, !isAlnum(b[isaLength-1]) && (b[isaLength-1] < 0x80 || b[isaLength-2] < 0x80)
}

// breakBeforeTerminator reports whether b begins with the break of a wrapped line and not with the terminator: a
// tag follows the one, the terminator the other.
func breakBeforeTerminator(b []byte) bool {
	rest := bytes.TrimLeft(b, "\r\n")
	return len(rest) < len(b) && len(rest) > 1 && rest[0] > ' ' && rest[0] < 0x7F && !isAlnum(rest[0]) && (isAlnum(rest[1]) || isBreak(rest[1]))
}

func wrappedISA(b []byte) (isa, bool) {
	clean := make([]byte, 0, isaLength)
	used := 0
	for used < len(b) && len(clean) < isaLength {
		// A break in the last place is the terminator itself, unless what follows can only be one.
		if c := b[used]; !isBreak(c) || len(clean) == isaLength-1 && !breakBeforeTerminator(b[used:]) {
			clean = append(clean, c)
		}
		used++
	}
	h, ok := fixedISA(clean)
	if !ok {
		return isa{}, false
	}
	h.text = append(h.text, clean[len(clean)-1])[:len(h.text)]
	h.used, h.wrapped = used, true
	return h, true
}

func strippedISA(b []byte) (isa, bool) {
	separator := b[3]
	h := isa{tokens: append(make([]token, 0, 17), newToken(0, 3, 0)), stripped: true}
	at := 3
	for i := range isaWidths {
		start := at + 1
		if i == len(isaWidths)-1 {
			return h.finish(b, start)
		}
		next := bytes.IndexByte(b[start:], separator)
		if next < 0 || next > 2*isaWidths[i]+4 {
			return isa{}, false
		}
		h.tokens = append(h.tokens, newToken(start, start+next, i+1))
		at = start + next
	}
	return isa{}, false
}

// finish reads ISA16, one character, and the terminator behind it.
func (h isa) finish(b []byte, start int) (isa, bool) {
	size := 1
	if start < len(b) && b[start] >= 0xC2 { // a UTF-8 character
		for start+size < len(b) && b[start+size]&0xC0 == 0x80 {
			size++
		}
		h.multibyte, h.stripped = size > 1, false
	}
	if start+size >= len(b) || isAlnum(b[start+size]) {
		return isa{}, false
	}
	h.tokens = append(h.tokens, newToken(start, start+size, 16))
	h.text = b[: start+size : start+size]
	h.used = start + size + 1
	return h, true
}

// tail returns what belongs to the terminator behind its first byte: senders use characters of two bytes, or write
// the terminator twice. It is told from the segments that may follow ISA.
func (h isa) tail(b []byte) string {
	rest := b[min(h.used, len(b)):]
	n := 0
	for n < len(rest) && n < 3 && !isAlnum(rest[n]) && !isNoise(rest[n]) {
		n++
	}
	after := bytes.TrimLeft(rest[n:], "\r\n\t ")
	for _, tag := range []string{"GS", "IEA", "TA1", "ISB"} {
		if n > 0 && bytes.HasPrefix(after, []byte(tag)) {
			return string(rest[:n])
		}
	}
	return ""
}

// delimiters returns what ISA says. A component separator that cannot work is left out and reported as such.
func (h isa) delimiters(terminator byte) (d Delimiters, usable bool) {
	value := func(n int) []byte { return h.text[h.tokens[n].start():h.tokens[n].end()] }
	d = Delimiters{Element: h.text[3], Decimal: '.', Terminator: terminator}
	d.Component = value(16)[0]
	usable = !h.multibyte && d.Component != 0 && d.Component != d.Element && d.Component != terminator &&
		!isAlnum(d.Component) && d.Component != ' ' && d.Component < 0x80
	if !usable {
		d.Component = 0
	}
	// ISA11 was the standards identifier "U" up to 00401 and is the repetition separator from 00402 on (X12.5).
	if r := value(11); string(value(12)) >= "00402" && len(r) == 1 && !isAlnum(r[0]) && r[0] != ' ' &&
		r[0] != d.Element && r[0] != d.Component && r[0] != terminator {
		d.Repetition = r[0]
	}
	return d, usable
}

// wideSeparator returns how many bytes the element separator has, 0 when it is one as it must be: ISA04 to ISA16
// begin with it, too.
func wideSeparator(b []byte) int {
	_, n := utf8.DecodeRune(b[min(3, len(b)):])
	if n > 1 && bytes.Count(b[:min(len(b), 2*isaLength)], b[3:3+n]) >= len(isaWidths) {
		return n
	}
	return 0
}

func isAlnum(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
