package edi

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// segmentUse is a segment definition compiled for checking: everything that it refers to is resolved.
type segmentUse struct {
	quickUse

	tag, name  string
	elements   []elementUse
	required   uint64 // bit n: element n must be present; bit 0 is not used
	conditions []condition

	periodFormat, periodValue int // X12 elements 1250 and 1251, 0 if the segment has none

	unfolded *segmentUse // for syntax versions without repetition, nil if it is the same
}

type elementUse struct {
	ref, name  string
	required   bool
	guide      bool // required by the overlay, not by the base
	unused     bool
	composite  bool
	repeat     uint16 // 0 is no limit
	parts      []part // one for a simple element
	needed     uint64 // bit n: component n must be present
	conditions []condition

	dateValue, dateFormat int // components 2380 and 2379, 0 if there are none
}

// unfold makes elements of their own of the repetitions of the last element: so the versions of EDIFACT that have no
// repetition separator send it. Repetitions before the last element are not unfolded: nobody would know which is which.
func (u *segmentUse) unfold() *segmentUse {
	last := len(u.elements) - 1
	if last < 0 || u.elements[last].repeat < 2 || last+int(u.elements[last].repeat) > maxPositions {
		return nil
	}
	c := u.clone()
	for range u.elements[last].repeat - 1 {
		e := u.elements[last]
		e.required = false
		c.elements = append(c.elements, e)
	}
	for i := last; i < len(c.elements); i++ {
		c.elements[i].repeat = 1
	}
	c.finish()
	return c
}

// part is a place that holds one value.
type part struct {
	ref, name        string
	kind             kind
	implied          int // decimal places of an N type
	min, max         int
	codes            *codeSet
	open             bool
	required, unused bool
	guide            bool // required by the overlay
	guideCodes       bool
	list, agency     int // components 1131 and 3055 that say whose code this is, 0 if there are none
}

// condition is a relational condition: X12.6 3.7.3 or an ISO 9735 dependency note.
type condition struct {
	kind  byte // P R E C L of X12; '1' to '7' for D1 to D7
	first int
	mask  uint64 // of all positions, the first included
	list  []int
	text  string

	none, all bool // holds when none, or all, of the positions are present
}

// resolver finds definitions: first those of the overlay, then in releases, in order.
type resolver struct {
	composites map[string]*CompositeDef
	elements   map[string]*ElementDef
	releases   []*release
}

func (r *release) use(def *SegmentDef, _ *Overlay) (*segmentUse, error) {
	return resolver{releases: []*release{r}}.use(def)
}

func (r resolver) composite(id string) *CompositeDef {
	if c := r.composites[id]; c != nil {
		return c
	}
	for _, rel := range r.releases {
		if c := rel.composite(id); c != nil {
			return c
		}
	}
	return nil
}

func (r resolver) element(id string) (*ElementDef, *release) {
	if e := r.elements[id]; e != nil {
		return e, nil
	}
	for _, rel := range r.releases {
		if e := rel.element(id); e != nil {
			return e, rel
		}
	}
	return nil, nil
}

// maxPositions is what a bit mask holds.
const maxPositions = 63

func (r resolver) use(def *SegmentDef) (*segmentUse, error) {
	u := &segmentUse{tag: def.Tag, name: def.Name}
	for _, ref := range def.Elements {
		if ref.Position < 1 || ref.Position > maxPositions {
			return nil, fmt.Errorf("segment %s: position %d out of range", def.Tag, ref.Position)
		}
		for len(u.elements) < ref.Position {
			u.elements = append(u.elements, elementUse{unused: true, repeat: 1, parts: []part{{kind: kindText}}})
		}
		e, err := r.elementUse(ref)
		if err != nil {
			return nil, fmt.Errorf("segment %s: position %d: %w", def.Tag, ref.Position, err)
		}
		u.elements[ref.Position-1] = e
		if e.required {
			u.required |= 1 << ref.Position
		}
		switch ref.Ref {
		case "1250":
			u.periodFormat = ref.Position
		case "1251":
			u.periodValue = ref.Position
		}
	}
	var err error
	if u.conditions, err = parseConditions(def.Conditions, len(u.elements)); err != nil {
		return nil, fmt.Errorf("segment %s: %w", def.Tag, err)
	}
	return u.finish(), nil
}

func (r resolver) elementUse(ref ElementRef) (elementUse, error) {
	e := elementUse{ref: ref.Ref, required: ref.Required, repeat: uint16(min(ref.Repeat, 60_000))}
	c := r.composite(ref.Ref)
	if c == nil {
		p, err := r.part(ref)
		if err != nil {
			return e, err
		}
		e.name, e.parts = p.name, []part{p}
		return e, nil
	}
	e.name, e.composite = c.Name, true
	for _, place := range c.Components {
		if place.Position < 1 || place.Position > maxPositions {
			return e, fmt.Errorf("composite %s: component %d out of range", c.ID, place.Position)
		}
		p, err := r.part(place)
		if err != nil {
			return e, fmt.Errorf("composite %s: %w", c.ID, err)
		}
		for len(e.parts) < place.Position {
			e.parts = append(e.parts, part{kind: kindText})
		}
		e.parts[place.Position-1] = p
		if p.required {
			e.needed |= 1 << place.Position
		}
	}
	for i := range e.parts {
		switch e.parts[i].ref {
		case "2380":
			e.dateValue = i + 1
		case "2379":
			e.dateFormat = i + 1
		}
		e.parts[i].list, e.parts[i].agency = qualified(e.parts, i)
	}
	var err error
	e.conditions, err = parseConditions(c.Conditions, len(e.parts))
	return e, err
}

// qualified returns the components 1131 and 3055 behind part i that name the code list it is taken from.
func qualified(parts []part, i int) (list, agency int) {
	for j := i + 1; j < len(parts) && j <= i+2; j++ {
		switch parts[j].ref {
		case "1131":
			list = j + 1
		case "3055":
			agency = j + 1
		}
	}
	return list, agency
}

func (r resolver) part(ref ElementRef) (part, error) {
	def, rel := r.element(ref.Ref)
	if def == nil && ref.Type == "" {
		return part{}, fmt.Errorf("element %s not defined", ref.Ref)
	}
	p := part{ref: ref.Ref, required: ref.Required}
	if def != nil {
		p.name, p.min, p.max, p.open = def.Name, def.Min, def.Max, def.Open
		if err := p.setType(def.Type, def.ID); err != nil {
			return p, err
		}
		switch {
		case len(def.Codes) > 0:
			p.codes = newCodeSet(def.Codes)
		case rel != nil && rel.coded[ref.Ref] || rel != nil && rel.service != nil && rel.service.coded[ref.Ref]:
			if list := rel.codeList(ref.Ref); len(list) > 0 {
				p.codes = rel.codeSet(ref.Ref, list)
			}
		}
	}
	if ref.Type != "" {
		p.min, p.max = ref.Min, ref.Max
		if err := p.setType(ref.Type, ref.Ref); err != nil {
			return p, err
		}
	} else if ref.Max > 0 {
		p.min, p.max = ref.Min, ref.Max
	}
	return p, nil
}

// codeSet compiles a list of a release. The caller holds the lock of the directories.
func (r *release) codeSet(element string, list map[string]string) *codeSet {
	if s := r.sets[element]; s != nil {
		return s
	}
	codes := make([]string, 0, len(list))
	for c := range list {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	if r.sets == nil {
		r.sets = make(map[string]*codeSet)
	}
	s := newCodeSet(codes)
	r.sets[element] = s
	return s
}

func (p *part) setType(name, ref string) error {
	switch name {
	case "AN":
		p.kind = kindText
	case "ID":
		p.kind = kindID
	case "DT":
		p.kind = kindDate
	case "TM":
		p.kind = kindTime
	case "R":
		p.kind = kindReal
	case "B":
		p.kind = kindBinary
	case "a":
		p.kind = kindAlpha
	case "n":
		p.kind = kindNumber
	case "an":
		p.kind = kindText
	default:
		if len(name) != 2 || name[0] != 'N' || name[1] < '0' || name[1] > '9' {
			return fmt.Errorf("element %s: type %q unknown", ref, name)
		}
		p.kind, p.implied = kindInteger, int(name[1]-'0')
	}
	switch ref { // dates and times of the EDIFACT envelope
	case "0017":
		p.kind = kindDate
		p.min = min(p.min, 6) // senders keep the six digits of syntax 3 under syntax 4
	case "0019":
		p.kind = kindTime
	}
	return nil
}

// parseConditions reads X12 conditions, "P0304", and EDIFACT dependency notes, "D5(040,030)".
func parseConditions(texts []string, positions int) ([]condition, error) {
	var out []condition
	for _, text := range texts {
		c, err := parseCondition(text)
		if err != nil {
			return nil, err
		}
		for _, n := range c.list {
			if n < 1 || n > positions || n > maxPositions {
				return nil, fmt.Errorf("condition %s: position %d does not exist", text, n)
			}
			c.mask |= 1 << n
		}
		c.first = c.list[0]
		c.none, c.all = !c.broken(0), !c.broken(c.mask)
		out = append(out, c)
	}
	return out, nil
}

func parseCondition(text string) (condition, error) {
	c := condition{text: text}
	if len(text) > 4 && text[0] == 'D' && text[1] >= '1' && text[1] <= '7' && text[2] == '(' {
		c.kind = text[1]
		for _, s := range strings.Split(strings.Trim(text[2:], "()"), ",") {
			n, err := strconv.Atoi(strings.TrimSpace(s))
			if err != nil || n%10 != 0 {
				return c, fmt.Errorf("condition %q: position %q", text, s)
			}
			c.list = append(c.list, n/10)
		}
		return c, nil
	}
	if len(text) < 5 || len(text)%2 == 0 || !strings.ContainsRune("PRECL", rune(text[0])) || !isDigits([]byte(text[1:])) {
		return c, fmt.Errorf("condition %q not understood", text)
	}
	c.kind = text[0]
	for i := 1; i < len(text); i += 2 {
		c.list = append(c.list, int(text[i]-'0')*10+int(text[i+1]-'0'))
	}
	return c, nil
}

// clone returns a copy that an overlay may restrict.
func (u *segmentUse) clone() *segmentUse {
	c := *u
	c.elements = append([]elementUse(nil), u.elements...)
	for i := range c.elements {
		c.elements[i].parts = append([]part(nil), c.elements[i].parts...)
	}
	return &c
}
