package cargo

import (
	"bytes"
	"unicode/utf8"
)

// Canonical is the one byte form of a record: JSON without blanks, members in the order of the dictionary,
// numbers in plain digits, strings escaped as in RFC 8785 section 3.2.2.2, and nothing that is empty.
// Equal records have equal bytes. The form is stable for ever: rows of the dictionary may be added
// but never change their order.
func (r *Record) Canonical() []byte {
	if r == nil {
		return nil
	}
	b, found := appendGroup(make([]byte, 0, 1024), dictionary().root, r)
	if !found {
		return []byte("{}")
	}
	return b
}

// MarshalJSON is the canonical bytes.
func (r *Record) MarshalJSON() ([]byte, error) { return r.Canonical(), nil }

// UnmarshalJSON reads as [Parse] does.
func (r *Record) UnmarshalJSON(b []byte) error {
	parsed, _, err := Parse(b)
	if err != nil {
		return err
	}
	*r = *parsed
	return nil
}

// Equal reports whether two records say the same.
func Equal(a, b *Record) bool {
	return (a == nil) == (b == nil) && bytes.Equal(a.Canonical(), b.Canonical())
}

// appendGroup writes g as an object, or gives b back as it was when g holds nothing.
func appendGroup(b []byte, n *node, g Group) (out []byte, found bool) {
	start := len(b)
	b = append(b, '{')
	for _, c := range n.children {
		mark := len(b)
		if found {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), '"', ':')
		var there bool
		if b, there = appendMember(b, c, g); !there {
			b = b[:mark]
			continue
		}
		found = true
	}
	if !found {
		return b[:start], false
	}
	return append(b, '}'), true
}

func appendMember(b []byte, c *node, g Group) (out []byte, found bool) {
	switch c.kind {
	case leafNode:
		v := *g.leaf(c.m)
		if v == "" {
			return b, false
		}
		return appendValue(b, c, v), true
	case groupNode:
		sub := g.group(c.m)
		if sub == nil {
			return b, false
		}
		return appendGroup(b, c, sub)
	case listNode:
		b = append(b, '[')
		for _, v := range *g.list(c.m) {
			if v != "" {
				b = append(appendValue(b, c, v), ',')
				found = true
			}
		}
	case groupsNode:
		b = append(b, '[')
		for i := range g.count(c.m) {
			sub := g.item(c.m, i)
			if sub == nil {
				continue
			}
			var there bool
			if b, there = appendGroup(b, c, sub); there {
				b = append(b, ',')
				found = true
			}
		}
	}
	if found {
		b[len(b)-1] = ']' // over the last comma
	}
	return b, found
}

// appendValue writes a value. One that was put into a field by hand and is no number stays readable JSON: it is quoted, and Check tells.
func appendValue(b []byte, c *node, v string) []byte {
	if c.bare {
		if canonical, err := c.element.Normalise(v); err == nil {
			return append(b, canonical...)
		}
	}
	return appendString(b, v)
}

const hexDigits = "0123456789abcdef"

// appendString quotes s with the escapes of RFC 8785 section 3.2.2.2. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		ch := s[i]
		if ch >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		switch {
		case ch == '"' || ch == '\\':
			b = append(b, '\\', ch)
		case ch >= ' ':
			b = append(b, ch)
		default:
			b = appendControl(b, ch)
		}
		i++
	}
	return append(b, '"')
}

func appendControl(b []byte, ch byte) []byte {
	switch ch {
	case '\b':
		return append(b, '\\', 'b')
	case '\t':
		return append(b, '\\', 't')
	case '\n':
		return append(b, '\\', 'n')
	case '\f':
		return append(b, '\\', 'f')
	case '\r':
		return append(b, '\\', 'r')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[ch>>4], hexDigits[ch&0xf])
}
