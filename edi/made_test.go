package edi

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMadeMessages makes messages of every structure that is built in, from the directory alone, and holds the checker to
// it: nothing is wrong with them, and one value that is spoilt is one finding, where it stands.
func TestMadeMessages(t *testing.T) {
	eachMade(t, 1, func(m *maker) {
		if len(m.segments) > 0 {
			m.expect(t, "as it was made")
			m.spoil(t)
		}
	})
}

// TestOneTooMany repeats what stands in made messages once more than it may, and loses what must stand, one place at a
// time: that is told there, and nothing else is. Where what follows has a place of its own all the same, it is no mistake.
func TestOneTooMany(t *testing.T) {
	eachMade(t, 2, func(m *maker) {
		for range min(30, len(m.rows)) {
			m.overdo(t)
		}
	})
}

// eachMade makes messages of every structure that is built in, the same for the same draw.
func eachMade(t *testing.T, draw uint64, fn func(m *maker)) {
	t.Helper()
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	for _, r := range Builtin().Releases() {
		for _, name := range r.Messages {
			if strings.HasPrefix(r.Name, "SYNTAX") {
				continue
			}
			s, err := Builtin().Spec(r.Syntax, r.Name, name)
			if err != nil {
				t.Fatal(err)
			}
			for seed := range rounds {
				m := maker{Rand: rand.New(rand.NewPCG(uint64(seed), draw)), spec: s}
				m.fill(0)
				fn(&m)
			}
		}
	}
}

// overdo repeats or leaves out what stands at a place, and changes it back.
func (m *maker) overdo(t *testing.T) {
	t.Helper()
	r := m.rows[m.IntN(len(m.rows))]
	nd, whole := &m.spec.nodes[r.node], m.segments
	defer func() { m.segments = whole }()
	switch {
	case m.spec.owner(r.node) != r.node: // another trigger is another loop
	case nd.max > 0 && nd.max < 10 && m.IntN(2) == 0:
		more := int(nd.max) + 1 - r.times
		m.segments = slices.Clone(whole[:r.to])
		for range more {
			m.segments = append(m.segments, whole[r.from:r.to]...)
		}
		at := len(m.segments) - (r.to - r.from) + 2
		m.segments = append(m.segments, whole[r.to:]...)
		code := "edi.segment-repeats"
		if nd.loop {
			code = "edi.loop-repeats"
		}
		m.expectAt(t, nd.name+" once too often", at, fmt.Sprint(code, " ", at, " 0 "))
	case nd.required && !nd.loop && r.times == 1:
		m.segments = slices.Delete(slices.Clone(whole), r.from, r.to)
		m.expectAt(t, nd.name+" lost", r.from+2, fmt.Sprint("edi.segment-missing ", r.from+2, " 0 ", nd.tag))
	}
}

// expectAt wants one error, unless the segment where it would stand is taken without one. Where a segment would be one too
// many if nothing was lost before it, both are told.
func (m *maker) expectAt(t *testing.T, what string, at int, want string) {
	t.Helper()
	here, got := false, m.errors(t)
	for _, e := range got {
		here = here || strings.Contains(e, fmt.Sprint(" ", at, " "))
	}
	if here && len(got) == 2 && strings.HasSuffix(strings.Fields(got[0])[0], "-repeats") && got[1] == want {
		return
	}
	if here && (len(got) != 1 || got[0] != want) {
		t.Errorf("%s %s, %s: %q, want %q\n%s", m.spec.Release, m.spec.Message, what, got, want, m.document())
	}
}

// maker makes a message of a Spec. A value is the codes of its list, digits, letters or a date, as short, long or
// between as its element allows.
type maker struct {
	*rand.Rand
	spec     *Spec
	segments []made
	rows     []row
}

// row is a node that stands a number of times in a row, and where the last of them stands among the segments.
type row struct {
	node            int32
	times, from, to int
}

// made is a segment: elements of components, which are empty where there is nothing.
type made struct {
	use      *segmentUse
	elements [][]string
}

// fill adds what stands below a node.
func (m *maker) fill(parent int32) {
	s := m.spec
	for n := parent + 1; n < s.nodes[parent].end; n = s.nodes[n].end {
		nd := &s.nodes[n]
		if header := nd.tag == "ST" || nd.tag == "SE" || nd.tag == "UNH" || nd.tag == "UNT"; header || !nd.required && m.IntN(3) > 0 {
			continue
		}
		times := 1 + m.IntN(2)
		if nd.max > 0 {
			times = min(times, int(nd.max))
		}
		var from int
		for range times {
			from = len(m.segments)
			if nd.loop {
				m.fill(n)
			} else {
				m.add(nd)
			}
		}
		if to := len(m.segments); to > from {
			m.rows = append(m.rows, row{n, times, from, to})
		}
	}
}

// add adds a segment for which its conditions hold.
func (m *maker) add(nd *node) {
	for range 500 {
		one := made{use: nd.use}
		var present uint64
		for i := range nd.use.elements {
			e := &nd.use.elements[i]
			var value []string
			if e.required || !e.unused && m.IntN(2) > 0 {
				value = m.element(e)
			}
			if value != nil {
				present |= 2 << i
			}
			one.elements = append(one.elements, value)
		}
		for _, ch := range nd.choose { // UNS
			one.elements[ch.element-1][ch.component-1] = ch.codes.list[0]
		}
		if present == 0 || !m.clear(nd.use.conditions, present) || nd.use.dated(present) {
			continue
		}
		m.segments = append(m.segments, one)
		return
	}
}

// element makes the values of an element, nil if that takes too long.
func (m *maker) element(e *elementUse) []string {
	for range 100 {
		values := make([]string, len(e.parts))
		var present uint64
		for i := range e.parts {
			if p := &e.parts[i]; i == 0 || p.required || m.IntN(2) > 0 {
				values[i] = m.value(p)
				present |= 2 << i
			}
		}
		if e.dateFormat > 0 && present>>e.dateFormat&1 == 1 && present>>e.dateValue&1 == 1 {
			values[e.dateFormat-1], values[e.dateValue-1] = "102", "20260228"
		}
		if m.clear(e.conditions, present) {
			return values
		}
	}
	return nil
}

func (m *maker) clear(conditions []condition, present uint64) bool {
	for i := range conditions {
		if conditions[i].broken(present) {
			return false
		}
	}
	return true
}

func (m *maker) value(p *part) string {
	if p.codes != nil {
		return p.codes.list[m.IntN(len(p.codes.list))]
	}
	shortest := max(p.min, 1)
	n := shortest
	if p.max > shortest {
		n += m.IntN(min(p.max, 60) - shortest + 1)
	}
	switch p.kind {
	case kindInteger, kindReal, kindNumber:
		return strings.Repeat("7", n)
	case kindDate:
		return "20260228"[8-min(p.max, 8):]
	case kindTime:
		return "1430"
	}
	return strings.Repeat("A", n)
}

// document writes the message in an interchange.
func (m *maker) document() string {
	element, component, terminator := "*", ">", "~"
	if m.spec.Syntax == EDIFACT {
		element, component, terminator = "+", ":", "'"
	}
	var b strings.Builder
	for _, s := range m.segments {
		text := s.use.tag
		for _, e := range s.elements {
			text += element + strings.TrimRight(strings.Join(e, component), component)
		}
		b.WriteString(strings.TrimRight(text, element) + terminator)
	}
	count := len(m.segments) + 2
	if m.spec.Syntax == EDIFACT {
		return fmt.Sprintf("UNB+UNOC:3+A+B+261121:1430+1'UNH+1+%s:%s:%s:UN'%sUNT+%d+1'UNZ+1+1'",
			m.spec.Message, m.spec.Release[:1], m.spec.Release[1:], b.String(), count)
	}
	return fmt.Sprintf("ISA*00*          *00*          *ZZ*A              *ZZ*B              *261121*1430*^*00501*000000001*0*T*>~"+
		"GS*%s*AA*BB*20261121*1430*1*X*%s~ST*%s*0001~%sSE*%d*0001~GE*1*1~IEA*1*000000001~",
		m.spec.Group, m.spec.Release, m.spec.Message, b.String(), count)
}

// expect reads the message and wants the errors, each a code and a place, and no others.
func (m *maker) expect(t *testing.T, what string, errors ...string) {
	t.Helper()
	if got := m.errors(t); fmt.Sprint(got) != fmt.Sprint(errors) {
		t.Errorf("%s %s, %s: %v, want %v\n%s", m.spec.Release, m.spec.Message, what, got, errors, m.document())
	}
}

// errors reads the message and returns its errors: code, segment, element and what is missing. Rules between segments are
// not known to the maker.
func (m *maker) errors(t *testing.T) []string {
	t.Helper()
	r := NewBytesReader([]byte(m.document()), Options{})
	for {
		if _, err := r.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, f := range r.Result().Findings {
		if f.Severity == Error && f.Code != "edi.segment-needed" && f.Code != "edi.segment-excluded" {
			got = append(got, fmt.Sprint(f.Code, " ", f.Position.MessageSegment, " ", f.Position.Element, " ", f.Position.Tag))
		}
	}
	return got
}

// spoil changes one simple element, and changes it back.
func (m *maker) spoil(t *testing.T) {
	for range 50 {
		at := m.IntN(len(m.segments))
		s := &m.segments[at]
		i := m.IntN(len(s.elements))
		e := &s.use.elements[i]
		if e.composite || e.unused || s.elements[i] == nil || s.use.tag == "UNS" {
			continue
		}
		p, was := &e.parts[0], s.elements[i][0]
		spoilt := func(what, value, code string) {
			s.elements[i][0] = value
			m.expect(t, what, fmt.Sprint(code, " ", at+2, " ", i+1, " "))
			s.elements[i][0] = was
		}
		switch {
		case p.codes != nil:
			if value := strings.Repeat("@", max(p.min, 1)); !p.open {
				spoilt("another code", value, "edi.code-unknown")
			}
		case p.kind == kindDate && p.max == 8:
			spoilt("no day", "20260230", "edi.element-date")
		case p.kind == kindTime:
			spoilt("no time", "2460", "edi.element-time")
		case p.kind == kindInteger || p.kind == kindReal || p.kind == kindNumber:
			spoilt("no number", strings.Repeat("A", max(p.min, 1)), "edi.element-type")
		case p.kind == kindText || p.kind == kindID:
			spoilt("too long", strings.Repeat("A", p.max+1), "edi.element-long")
			if p.min > 1 {
				spoilt("too short", "A", "edi.element-short")
			}
		}
		return
	}
}
