package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// A guide is decoded by hand over yaml.Node, not into structs: every error must name file and line, keys such
// as "12+1!" are part of the language, and codes must stay text (0901 is a port, not a number).

// loader collects the errors of one file, so that an analyst sees all of them at once.
type loader struct {
	file string
	errs []error
}

// maxLoadErrors ends the list: after that many the file is more likely not a guide at all.
const maxLoadErrors = 50

func (l *loader) errorf(line int, format string, args ...any) {
	if len(l.errs) < maxLoadErrors {
		l.errs = append(l.errs, fmt.Errorf("%s:%d: %s", l.file, line, fmt.Sprintf(format, args...)))
	}
}

func (l *loader) err() error { return errors.Join(l.errs...) }

// document parses exactly one YAML document whose top is a mapping.
func (l *loader) document(b []byte) *mapping {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		l.errorf(1, "%v", err)
		return nil
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		l.errorf(1, "more than one YAML document")
		return nil
	}
	if len(doc.Content) != 1 {
		l.errorf(1, "empty file")
		return nil
	}
	return l.mapping(doc.Content[0])
}

// mapping is a YAML mapping with its keys in order. Keys that nobody asked for are errors.
type mapping struct {
	l    *loader
	line int
	keys []*yaml.Node
	vals []*yaml.Node
	seen []bool
}

func (l *loader) mapping(n *yaml.Node) *mapping {
	if n.Kind == yaml.AliasNode {
		l.errorf(n.Line, "aliases are not part of the guide language; use a block")
		return nil
	}
	if n.Kind != yaml.MappingNode {
		l.errorf(n.Line, "a mapping was expected")
		return nil
	}
	m := &mapping{l: l, line: n.Line}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		for _, other := range m.keys {
			if other.Value == k.Value {
				l.errorf(k.Line, "%q stands twice", k.Value)
			}
		}
		m.keys, m.vals, m.seen = append(m.keys, k), append(m.vals, n.Content[i+1]), append(m.seen, false)
	}
	return m
}

// get returns the value of a key, nil when it is absent.
func (m *mapping) get(key string) *yaml.Node {
	for i, k := range m.keys {
		if k.Value == key {
			m.seen[i] = true
			return m.vals[i]
		}
	}
	return nil
}

func (m *mapping) has(key string) bool {
	for _, k := range m.keys {
		if k.Value == key {
			return true
		}
	}
	return false
}

// text returns a scalar as it is written.
func (m *mapping) text(key string) string {
	n := m.get(key)
	if n == nil {
		return ""
	}
	return m.l.scalar(n)
}

func (l *loader) scalar(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		l.errorf(n.Line, "a single value was expected")
		return ""
	}
	return n.Value
}

// number returns a positive number, 0 when the key is absent.
func (m *mapping) number(key string) int {
	n := m.get(key)
	if n == nil {
		return 0
	}
	v, err := strconv.Atoi(m.l.scalar(n))
	if err != nil || v < 1 {
		m.l.errorf(n.Line, "%s: a number from 1 was expected", key)
		return 0
	}
	return v
}

func (m *mapping) bool(key string) bool {
	switch m.text(key) {
	case "":
		return false
	case "true":
		return true
	case "false":
		return false
	}
	m.l.errorf(m.line, "%s: true or false was expected", key)
	return false
}

// texts returns a list of scalars; one scalar is a list of one.
func (m *mapping) texts(key string) []string {
	n := m.get(key)
	if n == nil {
		return nil
	}
	return m.l.texts(n)
}

func (l *loader) texts(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	if n.Kind != yaml.SequenceNode {
		l.errorf(n.Line, "a value or a list of values was expected")
		return nil
	}
	var out []string
	for _, c := range n.Content {
		out = append(out, l.scalar(c))
	}
	return out
}

// table returns a mapping below a key, nil when it is absent.
func (m *mapping) table(key string) *mapping {
	n := m.get(key)
	if n == nil {
		return nil
	}
	return m.l.mapping(n)
}

// done reports the keys that nobody read.
func (m *mapping) done(what string) {
	for i, k := range m.keys {
		if !m.seen[i] {
			m.l.errorf(k.Line, "%s: unknown key %q", what, k.Value)
		}
	}
}
