package edi

import (
	"encoding/binary"
	"math"
)

// quickUse is what tells that a segment is good, as nearly all are: tables that fit into few cache lines.
type quickUse struct {
	quick  []quickPlace // elements
	places []quickPlace // components
	always bool         // there are conditions that do not hold when none of their elements is present
	some   uint64       // elements of conditions
}

// quickPlace is a place that holds one value, a component or a simple element, or it is a composite: half a cache line.
type quickPlace struct {
	codes       *codeSet
	min, spread uint32 // shortest, and how much longer the longest may be
	kind        kind
	closer      bool // it has a type or codes, about which the length says nothing

	// Of an element.
	simple  bool
	special bool   // a composite with conditions or with a date
	parts   uint8  // how many components it has
	first   uint16 // where they are in places
	needed  uint32 // bit n: component n must be present
}

// never is a place whose values are always to be looked at.
var never = quickPlace{min: math.MaxUint32, simple: true}

func (p *part) quick() quickPlace {
	q := quickPlace{simple: true, codes: p.codes, min: uint32(p.min), kind: p.kind, closer: p.kind > kindID || p.codes != nil}
	switch {
	case p.max > 0 && p.max < p.min || p.unused:
		return never
	case p.max <= 0:
		q.spread = math.MaxUint32 - q.min
	default:
		q.spread = uint32(p.max - p.min)
	}
	return q
}

// finish fills the quick tables; it is called again when an overlay has changed the definition.
func (u *segmentUse) finish() *segmentUse {
	u.quickUse = quickUse{quick: make([]quickPlace, len(u.elements))}
	for i := range u.elements {
		e, q := &u.elements[i], &u.quick[i]
		switch {
		case e.unused || len(e.parts) > 31:
			*q = never
		case !e.composite:
			*q = e.parts[0].quick()
		default:
			*q = quickPlace{
				special: len(e.conditions) > 0 || e.dateFormat > 0, first: uint16(len(u.places)), parts: uint8(len(e.parts)),
				needed: uint32(e.needed),
			}
			for j := range e.parts {
				u.places = append(u.places, e.parts[j].quick())
			}
		}
	}
	for i := range u.conditions {
		u.some |= u.conditions[i].mask
		u.always = u.always || !u.conditions[i].none
	}
	u.unfolded = u.unfold()
	return u
}

// onlyValue is the place of the first repetition, first component, with nothing to be taken out.
const onlyValue = (placeRepetition | placeComponent) >> 16

// good reports whether nothing is to be found in a segment. It may say no where all is well: to values that repeat, or
// that have something to be taken out.
func (u *segmentUse) good(v *View) bool {
	var present uint64
	tokens, data, quick := v.tokens, v.data, u.quick
	for i := 0; i < len(tokens); {
		t := &tokens[i]
		e := uint(t.element()) - 1
		if e >= uint(len(quick)) {
			return false
		}
		present |= 2 << (e & 63)
		q := &quick[e]
		if !q.simple {
			if i = u.goodComposite(v, i, q); i == 0 {
				return false
			}
			continue
		}
		start, end := t.start(), t.end()
		if t.place>>16 != onlyValue || end-start-q.min > q.spread {
			return false
		}
		if q.closer && !fits(data, start, end, q) {
			return false
		}
		i++
	}
	if u.required&^present != 0 {
		return false
	}
	if u.always || present&u.some != 0 {
		for i := range u.conditions {
			if c := &u.conditions[i]; !c.clear(present) && c.broken(present) {
				return false
			}
		}
	}
	return !u.dated(present) || v.goodPeriod(u.periodValue, 1, u.periodFormat, 1)
}

// goodComposite is good for a composite, of which the token with an index is the first. It returns the index of the
// token behind, 0 if more is to be looked at.
func (u *segmentUse) goodComposite(v *View, i int, q *quickPlace) int {
	tokens, data, parts := v.tokens, v.data, uint32(0)
	places := u.places[q.first:][:q.parts]
	place := tokens[i].place
	if place>>16&0xFFFF != 1 {
		return 0
	}
	for element := uint16(place); uint16(place) == element; place = tokens[i].place {
		component := place >> 32 // more than there can be if there is something to be taken out
		if component-1 >= uint64(len(places)) || place>>16&0xFFFF != 1 {
			return 0
		}
		p := &places[component-1]
		parts |= 1 << (component & 31)
		start, end := tokens[i].start(), tokens[i].end()
		if end-start-p.min > p.spread {
			return 0
		}
		if p.closer && !fits(data, start, end, p) {
			return 0
		}
		if i++; i == len(tokens) {
			break
		}
	}
	if q.needed&^parts != 0 || q.special && !u.elements[tokens[i-1].element()-1].goodSpecial(v, int(tokens[i-1].element()), parts) {
		return 0
	}
	return i
}

// goodSpecial is good for the conditions and the date of a composite.
func (e *elementUse) goodSpecial(v *View, element int, parts uint32) bool {
	for i := range e.conditions {
		if e.conditions[i].broken(uint64(parts)) {
			return false
		}
	}
	return e.dateFormat == 0 || parts>>e.dateFormat&1 == 0 || parts>>e.dateValue&1 == 0 ||
		v.goodPeriod(element, e.dateValue, element, e.dateFormat)
}

// goodPeriod reports whether a value has the format that another one names.
func (v *View) goodPeriod(element, component, formatElement, format int) bool {
	date, time := validPeriod(v.raw(element, component), v.raw(formatElement, format))
	return date && time
}

// fits reports whether the type and the codes of a place take the value.
func fits(data []byte, start, end uint32, p *quickPlace) bool {
	n := end - start
	if n > 7 || uint(start)+8 > uint(cap(data)) {
		return p.fitsAny(data[start:end])
	}
	w := binary.LittleEndian.Uint64(data[start : start+8])
	mask := ^uint64(0) >> ((64 - 8*n) & 63)
	switch {
	case p.kind <= kindID:
	case p.kind == kindAlpha || p.kind > kindNumber:
		return p.fitsAny(data[start:end])
	case notDigits(w)&mask != 0:
		return false
	}
	return p.codes == nil || p.codes.hasKey(w&mask|uint64(n)<<56)
}

// fitsAny is fits for values and types of every kind.
func (p *quickPlace) fitsAny(b []byte) bool {
	switch p.kind {
	case kindText, kindID:
	case kindInteger, kindReal, kindNumber:
		if !isDigits(b) {
			return false
		}
	case kindDate:
		if !validDate(b) {
			return false
		}
	case kindTime:
		if !validTime(b) {
			return false
		}
	default:
		return false
	}
	return p.codes == nil || p.codes.has(b)
}

// notDigits has the top bit set of every byte that is no digit.
func notDigits(w uint64) uint64 {
	w ^= '0' * eachByte
	return (w&^eachTop + (0x7F-9)*eachByte | w) & eachTop
}
