package cargo

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of a text that is read. The size is that of a manifest of some ten thousand consignments; the depth is
// three times what the dictionary can use.
const (
	MaxBytes = 16 << 20
	maxDepth = 32
)

// A scanner reads JSON strictly by RFC 8259, with positions. What package encoding/json lets pass is refused here:
// bytes that are no UTF-8, lone surrogates, and (by the caller) members that stand twice.
type scanner struct {
	b     []byte
	i     int // next byte
	depth int
}

var (
	errSyntax = errors.New("not JSON")
	errDepth  = errors.New("nested too deeply")
)

// peek is the first byte of the next token, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return s.b[s.i]
		}
	}
	return 0
}

// take steps over one structural character.
func (s *scanner) take(c byte) error {
	if s.peek() != c {
		return errSyntax
	}
	s.i++
	return nil
}

// open steps into an object or array; more then says whether another member follows.
func (s *scanner) open(c byte) error {
	if s.depth == maxDepth {
		return errDepth
	}
	s.depth++
	return s.take(c)
}

// more steps over the comma before the next member, or over the closing character. first is true before the first member.
func (s *scanner) more(first bool, end byte) (bool, error) {
	switch c := s.peek(); {
	case c == end:
		s.i++
		s.depth--
		return false, nil
	case first:
		return true, nil
	case c == ',':
		s.i++
		if s.peek() == end {
			return false, errSyntax
		}
		return true, nil
	}
	return false, errSyntax
}

// name reads the name of a member and the colon after it.
func (s *scanner) name() (string, error) {
	name, err := s.text()
	if err != nil {
		return "", err
	}
	return name, s.take(':')
}

// text reads a string.
func (s *scanner) text() (string, error) {
	if err := s.take('"'); err != nil {
		return "", err
	}
	start := s.i
	for s.i < len(s.b) {
		switch c := s.b[s.i]; {
		case c == '"':
			raw := s.b[start:s.i]
			if !utf8.Valid(raw) {
				s.i = start
				return "", errSyntax
			}
			s.i++
			return string(raw), nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", errSyntax
		}
		s.i++
	}
	return "", errSyntax
}

// escaped reads the rest of a string in which there is an escape.
func (s *scanner) escaped(start int) (string, error) {
	out := append([]byte(nil), s.b[start:s.i]...)
	for s.i < len(s.b) {
		c := s.b[s.i]
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				s.i = start
				return "", errSyntax
			}
			s.i++
			return string(out), nil
		case c < ' ':
			return "", errSyntax
		case c != '\\':
			out = append(out, c)
			s.i++
		default:
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return "", errSyntax
}

// escape reads one escape, a pair of surrogates included.
func (s *scanner) escape() (rune, error) {
	if s.i+1 >= len(s.b) {
		return 0, errSyntax
	}
	var r rune
	switch c := s.b[s.i+1]; c {
	case 'u':
		return s.unicode()
	case '"', '\\', '/':
		r = rune(c)
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	default:
		return 0, errSyntax
	}
	s.i += 2
	return r, nil
}

func (s *scanner) unicode() (rune, error) {
	hi, ok := s.hex4(s.i)
	if !ok {
		return 0, errSyntax
	}
	if !utf16.IsSurrogate(hi) {
		s.i += 6
		return hi, nil
	}
	lo, ok := s.hex4(s.i + 6)
	r := utf16.DecodeRune(hi, lo)
	if !ok || r == utf8.RuneError {
		return 0, errSyntax
	}
	s.i += 12
	return r, nil
}

// hex4 reads \uXXXX at i.
func (s *scanner) hex4(i int) (rune, bool) {
	if i+6 > len(s.b) || s.b[i] != '\\' || s.b[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.b[i+2 : i+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// bare reads a number, true, false or null as text.
func (s *scanner) bare() (string, error) {
	s.peek()
	start := s.i
	for s.i < len(s.b) && isBare(s.b[s.i]) {
		s.i++
	}
	word := string(s.b[start:s.i])
	switch word {
	case "true", "false", "null":
		return word, nil
	}
	if !isNumber(word) {
		s.i = start
		return "", errSyntax
	}
	return word, nil
}

func isBare(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == 'E' || c == '-' || c == '+' || c == '.'
}

// isNumber is the grammar of RFC 8259 section 6.
func isNumber(w string) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(w) && w[i] >= '0' && w[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(w) && w[i] == '-' {
		i++
	}
	zero := i < len(w) && w[i] == '0'
	from := i
	if !digits() || zero && i > from+1 {
		return false
	}
	if i < len(w) && w[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(w) && (w[i] == 'e' || w[i] == 'E') {
		i++
		if i < len(w) && (w[i] == '+' || w[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(w)
}

// skip reads any value and forgets it.
func (s *scanner) skip() error {
	switch s.peek() {
	case '"':
		_, err := s.text()
		return err
	case '{':
		return s.skipAll('{', '}')
	case '[':
		return s.skipAll('[', ']')
	}
	_, err := s.bare()
	return err
}

func (s *scanner) skipAll(begin, end byte) error {
	if err := s.open(begin); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.more(first, end)
		if err != nil || !more {
			return err
		}
		if begin == '{' {
			if _, err := s.name(); err != nil {
				return err
			}
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
}
