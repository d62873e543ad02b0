package audit

import (
	"encoding/binary"
	"slices"
)

// pairs are named values in the order of the names, which is the order in
// which they are committed to and stored.
type pairs struct {
	names  []string
	values []string
}

// add puts the pairs of a map, which has none of the names yet, in their places.
func (p *pairs) add(m map[string]string) {
	for name, value := range m {
		i, _ := slices.BinarySearch(p.names, name)
		p.names, p.values = slices.Insert(p.names, i, name), slices.Insert(p.values, i, value)
	}
}

// size is the length of the longest text, and of all together.
func (p *pairs) size() (longest, all int) {
	for i, name := range p.names {
		longest = max(longest, len(name), len(p.values[i]))
		all += len(name) + len(p.values[i])
	}
	return longest, all
}

// empty forgets the pairs, and keeps the room.
func (p *pairs) empty() {
	clear(p.names)
	clear(p.values)
	p.names, p.values = p.names[:0], p.values[:0]
}

// value returns a value, "" if there is none.
func (p *pairs) value(name string) string {
	if i, ok := slices.BinarySearch(p.names, name); ok {
		return p.values[i]
	}
	return ""
}

// asMap is what callers see.
func (p *pairs) asMap() map[string]string {
	m := make(map[string]string, len(p.names))
	for i, name := range p.names {
		m[name] = p.values[i]
	}
	return m
}

func (p *pairs) encode(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(p.names)))
	for i, name := range p.names {
		b = appendText(appendText(b, name), p.values[i])
	}
	return b
}

func (p *pairs) decode(d *decoder) {
	n := d.count(maxPairs)
	if cap(p.names) < n || cap(p.values) < n {
		both := make([]string, 2*n)
		p.names, p.values = both[:0:n], both[n:n]
	}
	for range n {
		p.names, p.values = append(p.names, d.text()), append(p.values, d.text())
	}
}
