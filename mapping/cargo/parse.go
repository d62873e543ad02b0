package cargo

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of Parse, for errors.Is.
var (
	ErrMalformed = errors.New("record is not readable")
	ErrInvalid   = errors.New("record is not valid")
)

// Parse reads a record from JSON. It is strict: every member must be in the dictionary, belong to the record's class, stand
// once, and hold a value of its type and lists; the members that the class requires must be there. Empty objects
// and arrays say nothing and are dropped.
//
// What is wrong is told in findings. When one of them is an error there is no record, and the error is
// ErrMalformed (no JSON object within the limits) or ErrInvalid.
func Parse(b []byte) (*Record, []Finding, error) { return parse(b, false) }

// ParseShared reads a record that an agreement has minimised: what its class requires may have been withheld,
// but for the class itself. In all else it is as strict as Parse.
func ParseShared(b []byte) (*Record, []Finding, error) { return parse(b, true) }

func parse(b []byte, shared bool) (*Record, []Finding, error) {
	p := parser{scanner: scanner{b: b}, record: &Record{}}
	p.check.found = &p.findings
	if len(b) > MaxBytes {
		p.add(codeTooLarge, place{offset: MaxBytes}, "")
		return nil, p.list, fmt.Errorf("%w: larger than %d bytes", ErrMalformed, MaxBytes)
	}
	if err := p.document(shared); err != nil {
		p.add(malformed(err), place{offset: int64(p.i), pointer: string(p.pointer)}, "")
		return nil, p.list, fmt.Errorf("%w: offset %d: %w", ErrMalformed, p.i, err)
	}
	if !Valid(p.list) {
		return nil, p.list, fmt.Errorf("%w: %d findings", ErrInvalid, len(p.list))
	}
	return p.record, p.list, nil
}

func malformed(err error) string {
	if errors.Is(err, errDepth) {
		return codeTooDeep
	}
	return codeMalformed
}

type parser struct {
	scanner
	trail
	findings
	check  checker
	record *Record
}

func (p *parser) document(shared bool) error {
	p.peek()
	start := int64(p.i)
	class, err := p.classAhead()
	if err != nil {
		return err
	}
	p.check.class = class
	if err := p.object(dictionary().root, p.record); err != nil {
		return err
	}
	if p.peek(); p.i < len(p.b) {
		return errSyntax
	}
	p.check.finish(p.record, place{offset: start}, shared)
	return nil
}

// classAhead looks for the class of the record, so that every member can be judged where it stands.
// In canonical bytes it is the second member; elsewhere the rest of the object is skipped over once.
func (p *parser) classAhead() (string, error) {
	s := scanner{b: p.b, i: p.i}
	err := s.open('{')
	for first := true; err == nil; first = false {
		var more bool
		if more, err = s.more(first, '}'); err != nil || !more {
			break
		}
		var name string
		if name, err = s.name(); err != nil {
			break
		}
		if name == "class" && s.peek() == '"' {
			v, err := s.text()
			if err != nil {
				p.i = s.i
				return "", err
			}
			if canonical, err := dictionary().nodes["class"].element.Normalise(v); err == nil {
				v = canonical
			}
			return v, nil
		}
		err = s.skip()
	}
	if err != nil {
		p.i = s.i // where the trouble is
	}
	return "", err
}

// object reads the members of g.
func (p *parser) object(n *node, g Group) error {
	if err := p.open('{'); err != nil {
		return err
	}
	var seen [2]uint64 // by member number; no group has more than 128
	for first := true; ; first = false {
		more, err := p.more(first, '}')
		if err != nil || !more {
			return err
		}
		p.peek()
		at := p.i
		name, err := p.name()
		if err != nil {
			return err
		}
		c := n.byName[name]
		if c == nil {
			p.unknown(n, name, at)
			if err := p.skip(); err != nil {
				return err
			}
			continue
		}
		mark := p.enter(c)
		if bit := uint64(1) << (c.m & 63); seen[c.m>>6]&bit != 0 {
			p.add(codeMemberDuplicate, p.place(c, at), "")
			err = p.skip()
		} else {
			seen[c.m>>6] |= bit
			err = p.member(c, g)
		}
		if err != nil {
			return err
		}
		p.leave(mark)
	}
}

// place is where the trail stands, for a finding on element c at an offset.
func (p *parser) place(c *node, offset int) place {
	instance, pointer := p.trail.text()
	return place{path: c.element.Path, instance: instance, pointer: pointer, offset: int64(offset)}
}

// unknown tells of a member that the dictionary does not have. Its name is given in the pointer only if it looks like
// a name: a value that stands where a name should must not get out.
func (p *parser) unknown(n *node, name string, at int) {
	where := p.place(n, at)
	if isMemberName(name) {
		where.pointer += "/" + name
	}
	rule := ""
	if near := n.near(name); near != "" {
		rule = "dictionary; near: " + near
	}
	p.add(codeMemberUnknown, where, rule)
}

// maxName is longer than any name in the dictionary.
const maxName = 40

func isMemberName(s string) bool {
	ok := s != "" && len(s) <= maxName
	for i := 0; ok && i < len(s); i++ {
		c := s[i] | 0x20
		ok = c >= 'a' && c <= 'z'
	}
	return ok
}

// near is the member that was probably meant: the plural of it, or another case.
func (n *node) near(name string) string {
	for _, c := range n.children {
		if strings.EqualFold(c.name, name) || strings.EqualFold(c.name+"s", name) {
			return c.name
		}
	}
	return ""
}

func (p *parser) member(c *node, g Group) error {
	switch c.kind {
	case leafNode:
		v, ok, err := p.value(c)
		if ok {
			*g.leaf(c.m) = v
		}
		return err
	case groupNode:
		if p.peek() != '{' {
			return p.wrongType(c, "an object")
		}
		return p.object(c, g.grow(c.m))
	}
	if p.peek() != '[' {
		return p.wrongType(c, "an array")
	}
	if err := p.open('['); err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := p.more(i == 0, ']')
		if err != nil || !more {
			return err
		}
		mark := p.index(i)
		if err := p.item(c, g); err != nil {
			return err
		}
		p.leave(mark)
	}
}

func (p *parser) item(c *node, g Group) error {
	if c.kind == listNode {
		v, ok, err := p.value(c)
		if ok {
			list := g.list(c.m)
			*list = append(*list, v)
		}
		return err
	}
	if p.peek() != '{' {
		return p.wrongType(c, "an object")
	}
	return p.object(c, g.add(c.m))
}

func (p *parser) wrongType(c *node, rule string) error {
	p.add(codeTypeWrong, p.place(c, p.i), rule)
	return p.skip()
}

// value reads one value of c and judges it. Without ok there is none, and a finding says why.
func (p *parser) value(c *node) (v string, ok bool, err error) {
	first := p.peek()
	at := p.i
	if rule := c.jsonType(first); rule != "" {
		return "", false, p.wrongType(c, rule)
	}
	if c.bare {
		v, err = p.bare()
	} else {
		v, err = p.scanner.text()
	}
	if err != nil {
		return "", false, err
	}
	canonical, err := c.element.Normalise(v)
	if err != nil {
		var wrong *ValueError
		if errors.As(err, &wrong) {
			p.add(wrong.Code, p.place(c, at), wrong.Rule)
		}
		return "", false, nil
	}
	p.check.value(c, canonical, func() place { return p.place(c, at) })
	return canonical, true, nil
}

// jsonType is what should stand there when a value of c cannot begin with this character, else "".
func (n *node) jsonType(first byte) string {
	switch {
	case !n.bare:
		if first != '"' {
			return "a string"
		}
	case n.element.Type == "bool":
		if first != 't' && first != 'f' {
			return "true or false"
		}
	case first != '-' && (first < '0' || first > '9'):
		return "a number"
	}
	return ""
}
