// Package cargotest draws random valid cargo records for property tests.
//
// Records come from the dictionary alone: whatever element is added there is drawn from then on. Every record
// passes [cargo.Record.Check] without an error, and its equipment and the goods in it agree. It is for tests only.
package cargotest

import (
	"fmt"

	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
)

// Record draws a record of one of the classes, or of any when none is named.
func Record(classes ...string) *rapid.Generator[*cargo.Record] {
	if len(classes) == 0 {
		classes = cargo.Dictionary().Classes()
	}
	return rapid.Custom(func(t *rapid.T) *cargo.Record {
		f := filler{t: t, class: rapid.SampledFrom(classes).Draw(t, "class"), left: maxLeaves}
		r := &cargo.Record{}
		f.members("", r, sometimes)
		f.require(r)
		f.relate(r)
		r.Class = f.class
		return r
	})
}

// maxLeaves bounds a record: enough for every kind of nesting, small enough to read in a failure.
const maxLeaves = 60

// maxItems is how often something that repeats is drawn at most.
const maxItems = 3

// A chance is one in so many.
type chance int

const (
	always    chance = 1
	sometimes chance = 4
)

type filler struct {
	t     *rapid.T
	class string
	left  int // leaves that may still be drawn
}

// yes draws whether to take something; a failing test shrinks towards no.
func (f *filler) yes(c chance) bool {
	return c == always || rapid.IntRange(1, int(c)).Draw(f.t, "take") == int(c)
}

// members fills group g, which is at path p.
func (f *filler) members(p cargo.Path, g cargo.Group, c chance) {
	for _, e := range cargo.Dictionary().Members(p) {
		if f.left <= 0 || !e.In(f.class) || !f.yes(c) {
			continue
		}
		f.member(p, g, e, c)
	}
}

func (f *filler) member(p cargo.Path, g cargo.Group, e *cargo.Element, c chance) {
	ref := f.ref(p, e)
	items := 1
	if e.Repeat {
		items = rapid.IntRange(1, maxItems).Draw(f.t, "items")
	}
	for range items {
		switch {
		case !e.Leaf():
			sub, err := ref.Append(g)
			f.must(err)
			f.members(e.Path, sub, c)
		case e.Repeat:
			f.left--
			f.must(ref.AppendValue(g, Value(e).Draw(f.t, string(e.Path))))
		default:
			f.left--
			f.must(ref.Set(g, Value(e).Draw(f.t, string(e.Path))))
		}
	}
}

// ref reaches member e from the group at p.
func (f *filler) ref(p cargo.Path, e *cargo.Element) *cargo.Ref {
	rel := string(e.Path)
	if p != "" {
		rel = rel[len(p)+1:]
	}
	ref, err := cargo.CompileRef(p, rel)
	f.must(err)
	return ref
}

// require fills what the class asks for and the draw has left out.
func (f *filler) require(r *cargo.Record) {
	for _, p := range cargo.Dictionary().Required(f.class) {
		e, _ := cargo.Dictionary().Lookup(p)
		if len(r.Instances(p)) == 0 {
			f.left = maxItems // a few are enough
			f.member("", r, e, always)
		}
	}
}

// relate gives equipment real numbers and lets goods and exam items name only equipment that is there.
func (f *filler) relate(r *cargo.Record) {
	var ids []string
	for i, e := range r.Equipment {
		e.ID = Container(rapid.IntRange(0, 9999).Draw(f.t, "container")*100 + i)
		ids = append(ids, e.ID)
	}
	for _, c := range r.Consignment {
		for _, g := range c.Goods {
			for i := range g.Equipment {
				if len(ids) > 0 {
					g.Equipment[i] = rapid.SampledFrom(ids).Draw(f.t, "carries")
				}
			}
		}
	}
	if r.Exam == nil {
		return
	}
	for _, item := range r.Exam.Item {
		if item.Equipment != "" && len(ids) > 0 {
			item.Equipment = rapid.SampledFrom(ids).Draw(f.t, "examined")
		}
	}
}

// must stops the test on what only a mistake in the dictionary or here can cause.
func (f *filler) must(err error) {
	if err != nil {
		f.t.Fatalf("cargotest: %v", err)
	}
}

// Container is a container number with the right check digit, a different one for each serial below a million.
func Container(serial int) string {
	for digit := range 10 {
		number := fmt.Sprintf("PBXU%06d%d", serial%1_000_000, digit)
		if ok, _ := cargo.CheckDigit(number); ok {
			return number
		}
	}
	return "" // some digit is always right
}
