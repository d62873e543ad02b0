package crypto

import "fmt"

// The tokens of JSON: strings, numbers and words, each held to the grammar of RFC 8259.

// text passes a string: no raw control characters, known escapes only, no half surrogate pairs (RFC 8259 sections 7 and
// 8.2). That the whole text is UTF-8 is known by now. It says whether there were escapes.
func (s *scanner) text() (escapes bool, err error) {
	for s.at++; s.at < len(s.src); {
		switch c := s.src[s.at]; {
		case c == '"':
			s.at++
			return escapes, nil
		case c == '\\':
			escapes = true
			if err := s.escape(); err != nil {
				return true, err
			}
		case c < 0x20:
			return escapes, fmt.Errorf("%w: control character in a string", errJSON)
		default:
			s.at++
		}
	}
	return escapes, fmt.Errorf("%w: string without an end", errJSON)
}

func (s *scanner) escape() error {
	s.at++
	if s.at >= len(s.src) {
		return errJSON
	}
	switch s.src[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
	default:
		return fmt.Errorf("%w: unknown escape", errJSON)
	}
	unit, ok := s.hex()
	if !ok {
		return fmt.Errorf("%w: unknown escape", errJSON)
	}
	if unit < 0xD800 || unit > 0xDFFF {
		return nil
	}
	// A pair in UTF-16: the upper half, then the lower. Readers replace a lone half, each in its own way.
	if unit <= 0xDBFF && s.take('\\') && s.take('u') {
		if low, ok := s.hex(); ok && low >= 0xDC00 && low <= 0xDFFF {
			return nil
		}
	}
	return fmt.Errorf("%w: half a surrogate pair", errJSON)
}

func (s *scanner) hex() (unit int, ok bool) {
	for range 4 {
		if s.at >= len(s.src) {
			return 0, false
		}
		switch c := s.src[s.at]; {
		case c >= '0' && c <= '9':
			unit = unit<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit = unit<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
		s.at++
	}
	return unit, true
}

// number passes the grammar of RFC 8259 section 6.
func (s *scanner) number() error {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return errJSON
	}
	if s.take('.') && !s.digits() {
		return errJSON
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		if !s.digits() {
			return errJSON
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.src) && s.src[s.at] >= '0' && s.src[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

func (s *scanner) word(w string) error {
	if len(s.src)-s.at < len(w) || string(s.src[s.at:s.at+len(w)]) != w {
		return errJSON
	}
	s.at += len(w)
	return nil
}
