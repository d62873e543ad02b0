package crypto

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The package reads JSON with a scanner of its own because encoding/json is kinder than signed data may be: it takes
// the last of two equal names, matches names without regard to case, and replaces bad UTF-8. Two readers of one
// signed text must never see two different things (RFC 8725 section 2.4, RFC 7515 section 4).
//
// The scanner keeps every value's bytes as they stand, so that what is hashed, concealed or handed on is what was signed.

const (
	maxDepth  = 64      // a cargo record nests about eight deep
	maxValues = 100_000 // bounds the tree at about eight times the largest payload
)

var (
	errJSON       = errors.New("not strict JSON")
	errJSONLimits = errors.New("JSON beyond limits")
)

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// value is one JSON value with its bytes.
type value struct {
	kind    kind
	raw     []byte
	text    string   // of a string, decoded
	members []member // of an object, in order
	items   []value  // of an array
}

type member struct {
	name  string
	token []byte // the name as it stands, quotes included
	value value
}

// get returns the member called name.
func (v *value) get(name string) (*value, bool) {
	for i := range v.members {
		if v.members[i].name == name {
			return &v.members[i].value, true
		}
	}
	return nil, false
}

// parseJSON reads exactly one value. The value keeps pieces of b; b must not change after.
func parseJSON(b []byte) (*value, error) {
	s := scanner{src: b}
	s.blanks()
	v, err := s.value(0)
	if err != nil {
		return nil, fmt.Errorf("offset %d: %w", s.at, err)
	}
	if s.blanks(); s.at != len(b) {
		return nil, fmt.Errorf("offset %d: %w: text after the value", s.at, errJSON)
	}
	return &v, nil
}

type scanner struct {
	src   []byte
	at    int
	count int
}

func (s *scanner) blanks() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// take consumes c if it is next.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.src) && s.src[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value(depth int) (value, error) {
	if s.count++; depth > maxDepth || s.count > maxValues {
		return value{}, errJSONLimits
	}
	if s.at >= len(s.src) {
		return value{}, errJSON
	}
	start := s.at
	v := value{}
	var err error
	switch c := s.src[s.at]; {
	case c == '{':
		v.kind = kindObject
		v.members, err = s.object(depth)
	case c == '[':
		v.kind = kindArray
		v.items, err = s.array(depth)
	case c == '"':
		v.kind = kindString
		v.text, err = s.text()
	case c == '-' || c >= '0' && c <= '9':
		v.kind = kindNumber
		err = s.number()
	case c == 't':
		v.kind = kindBool
		err = s.word("true")
	case c == 'f':
		v.kind = kindBool
		err = s.word("false")
	default:
		err = s.word("null")
	}
	v.raw = s.src[start:s.at:s.at]
	return v, err
}

func (s *scanner) object(depth int) ([]member, error) {
	s.at++
	s.blanks()
	if s.take('}') {
		return nil, nil
	}
	var members []member
	var names map[string]struct{} // only for objects too large to compare by pairs
	for {
		m, err := s.member(depth)
		if err != nil {
			return nil, err
		}
		if names == nil {
			for i := range members {
				if members[i].name == m.name {
					return nil, fmt.Errorf("%w: name given twice", errJSON)
				}
			}
			if len(members) == 16 {
				names = make(map[string]struct{})
				for i := range members {
					names[members[i].name] = struct{}{}
				}
			}
		}
		if names != nil {
			if _, twice := names[m.name]; twice {
				return nil, fmt.Errorf("%w: name given twice", errJSON)
			}
			names[m.name] = struct{}{}
		}
		members = append(members, m)
		if s.blanks(); s.take('}') {
			return members, nil
		}
		if !s.take(',') {
			return nil, errJSON
		}
		s.blanks()
	}
}

func (s *scanner) member(depth int) (member, error) {
	start := s.at
	if s.at >= len(s.src) || s.src[s.at] != '"' {
		return member{}, errJSON
	}
	name, err := s.text()
	if err != nil {
		return member{}, err
	}
	token := s.src[start:s.at:s.at]
	if s.blanks(); !s.take(':') {
		return member{}, errJSON
	}
	s.blanks()
	v, err := s.value(depth + 1)
	return member{name: name, token: token, value: v}, err
}

func (s *scanner) array(depth int) ([]value, error) {
	s.at++
	s.blanks()
	if s.take(']') {
		return nil, nil
	}
	var items []value
	for {
		v, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		if s.blanks(); s.take(']') {
			return items, nil
		}
		if !s.take(',') {
			return nil, errJSON
		}
		s.blanks()
	}
}

// text reads a string: UTF-8, no raw control characters, no half surrogate pairs (RFC 8259 section 7 and 8.2).
func (s *scanner) text() (string, error) {
	start := s.at
	escaped, wide := false, false
	for i := start + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '"':
			s.at = i + 1
			return s.decode(s.src[start:s.at], escaped, wide)
		case c == '\\':
			escaped = true
			i++
		case c < 0x20:
			s.at = i
			return "", fmt.Errorf("%w: control character in a string", errJSON)
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
	s.at = len(s.src)
	return "", fmt.Errorf("%w: string without an end", errJSON)
}

func (s *scanner) decode(quoted []byte, escaped, wide bool) (string, error) {
	if wide && !utf8.Valid(quoted) {
		return "", fmt.Errorf("%w: not UTF-8", errJSON)
	}
	if !escaped {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	if halfSurrogate(quoted) {
		return "", fmt.Errorf("%w: half a surrogate pair", errJSON)
	}
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return "", fmt.Errorf("%w: bad escape", errJSON)
	}
	return text, nil
}

// halfSurrogate says whether an escape names half of a UTF-16 pair. The string ends in a quote, so looking ahead is safe.
func halfSurrogate(quoted []byte) bool {
	for i := 0; i+5 < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		if quoted[i+1] != 'u' {
			i++
			continue
		}
		first := quoted[i+2] | 0x20
		second := quoted[i+3] | 0x20
		if first != 'd' || second < '8' { // U+D800 to U+DFFF
			i += 5
			continue
		}
		low := second >= 'c'
		if low || i+11 >= len(quoted) || quoted[i+6] != '\\' || quoted[i+7] != 'u' ||
			quoted[i+8]|0x20 != 'd' || quoted[i+9]|0x20 < 'c' || quoted[i+9]|0x20 > 'f' {
			return true
		}
		i += 11
	}
	return false
}

// number reads the grammar of RFC 8259 section 6.
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
