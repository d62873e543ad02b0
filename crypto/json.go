package crypto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// The package reads JSON with a scanner of its own because encoding/json is kinder than signed data may be: it takes
// the last of two equal names, matches names without regard to case, and replaces bad UTF-8. Two readers of one
// signed text must never see two different things (RFC 8725 section 2.4, RFC 7515 section 4).
//
// The scanner copies nothing. It notes where each value begins and ends, so that what is hashed, concealed or handed on
// is what was signed, byte for byte.

const (
	maxDepth  = 64      // a cargo record nests about eight deep
	maxValues = 100_000 // bounds the notes at about three times the largest payload
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

// document is a text and the places of its values in the order in which they stand.
type document struct {
	src   []byte
	nodes []node
}

type node struct {
	start, end         int32 // of the value
	name, nameEnd      int32 // of the member's name with its quotes; both 0 for what is not a member
	next               int32 // the node after this one and all that is in it
	kind               kind
	escapes, nameSpell bool // the string, or the name, has escapes
}

// value is one value of a document.
type value struct {
	doc *document
	at  int32
}

func (v value) node() *node { return &v.doc.nodes[v.at] }
func (v value) kind() kind  { return v.node().kind }

// raw is the value as it stands. The caller must not change it.
func (v value) raw() []byte { n := v.node(); return v.doc.src[n.start:n.end:n.end] }

// token is the member's name as it stands, quotes included.
func (v value) token() []byte { n := v.node(); return v.doc.src[n.name:n.nameEnd:n.nameEnd] }

// text is the string that the value is.
func (v value) text() string { return unquote(v.raw(), v.node().escapes) }

// name is the member's name; empty for an element of an array.
func (v value) name() string {
	if v.node().nameEnd == 0 {
		return ""
	}
	return unquote(v.token(), v.node().nameSpell)
}

// named is name() == s without making a string.
func (v value) named(s string) bool {
	n := v.node()
	if n.nameSpell {
		return v.name() == s
	}
	return int(n.nameEnd-n.name) == len(s)+2 && string(v.doc.src[n.name+1:n.nameEnd-1]) == s
}

func unquote(quoted []byte, escapes bool) string {
	if !escapes {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "" // not reached: the scanner has checked every escape
	}
	return s
}

// children are the members of an object or the elements of an array.
func (v value) children() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		last := v.node().next
		for i, at := 0, v.at+1; at < last; i, at = i+1, v.doc.nodes[at].next {
			if !yield(i, value{v.doc, at}) {
				return
			}
		}
	}
}

// get returns the member of that name.
func (v value) get(name string) (value, bool) {
	if v.kind() == kindObject {
		for _, m := range v.children() {
			if m.named(name) {
				return m, true
			}
		}
	}
	return value{}, false
}

func (v value) count() int {
	n := 0
	for range v.children() {
		n++
	}
	return n
}

// parseJSON reads exactly one value. The value refers to b; b must not change after.
func parseJSON(b []byte) (value, error) {
	if !utf8.Valid(b) {
		return value{}, fmt.Errorf("%w: not UTF-8", errJSON)
	}
	// Every value but the first stands behind one of these three, so the notes need room once.
	room := min(1+bytes.Count(b, []byte(","))+bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")), maxValues)
	s := scanner{document: &document{src: b, nodes: make([]node, 0, room)}}
	s.blanks()
	if err := s.value(0, 0, 0, false); err != nil {
		return value{}, fmt.Errorf("offset %d: %w", s.at, err)
	}
	if s.blanks(); s.at != len(b) {
		return value{}, fmt.Errorf("offset %d: %w: text after the value", s.at, errJSON)
	}
	return value{s.document, 0}, nil
}

type scanner struct {
	*document
	at int
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

func (s *scanner) value(depth int, name, nameEnd int, spell bool) error {
	if depth > maxDepth || len(s.nodes) == maxValues {
		return errJSONLimits
	}
	if s.at >= len(s.src) {
		return errJSON
	}
	at := len(s.nodes)
	n := node{start: int32(s.at), name: int32(name), nameEnd: int32(nameEnd), nameSpell: spell}
	s.nodes = append(s.nodes, n) // its place; filled in below
	var err error
	switch c := s.src[s.at]; {
	case c == '{':
		n.kind = kindObject
		err = s.object(depth, at)
	case c == '[':
		n.kind = kindArray
		err = s.array(depth)
	case c == '"':
		n.kind = kindString
		n.escapes, err = s.text()
	case c == '-' || c >= '0' && c <= '9':
		n.kind = kindNumber
		err = s.number()
	case c == 't':
		n.kind = kindBool
		err = s.word("true")
	case c == 'f':
		n.kind = kindBool
		err = s.word("false")
	default:
		err = s.word("null")
	}
	n.end, n.next = int32(s.at), int32(len(s.nodes))
	s.nodes[at] = n
	return err
}

func (s *scanner) object(depth, at int) error {
	s.at++
	s.blanks()
	if s.take('}') {
		return nil
	}
	for {
		start := s.at
		if start >= len(s.src) || s.src[start] != '"' {
			return errJSON
		}
		spell, err := s.text()
		if err != nil {
			return err
		}
		end := s.at
		if s.blanks(); !s.take(':') {
			return errJSON
		}
		s.blanks()
		if err := s.value(depth+1, start, end, spell); err != nil {
			return err
		}
		if s.blanks(); s.take('}') {
			return s.unique(at)
		}
		if !s.take(',') {
			return errJSON
		}
		s.blanks()
	}
}

// unique refuses an object that has a name twice, however it is spelt.
func (s *scanner) unique(at int) error {
	s.nodes[at].next = int32(len(s.nodes))
	object := value{s.document, int32(at)}
	const few = 16 // up to here comparing by pairs is cheaper than a map
	var seen [few]value
	var names map[string]struct{}
	for i, m := range object.children() {
		if i < few {
			for _, other := range seen[:i] {
				if same(m, other) {
					return fmt.Errorf("%w: name given twice", errJSON)
				}
			}
			seen[i] = m
			continue
		}
		if names == nil {
			names = make(map[string]struct{}, 2*few)
			for _, other := range seen {
				names[other.name()] = struct{}{}
			}
		}
		before := len(names)
		if names[m.name()] = struct{}{}; len(names) == before {
			return fmt.Errorf("%w: name given twice", errJSON)
		}
	}
	return nil
}

func same(a, b value) bool {
	if a.node().nameSpell || b.node().nameSpell {
		return a.name() == b.name()
	}
	return bytes.Equal(a.token(), b.token())
}

func (s *scanner) array(depth int) error {
	s.at++
	s.blanks()
	if s.take(']') {
		return nil
	}
	for {
		if err := s.value(depth+1, 0, 0, false); err != nil {
			return err
		}
		if s.blanks(); s.take(']') {
			return nil
		}
		if !s.take(',') {
			return errJSON
		}
		s.blanks()
	}
}
