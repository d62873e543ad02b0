package cargo

import (
	"errors"
	"iter"
	"slices"
)

// Split takes a message's record apart into the units that are shared, each with an identifier from id.
//
// A record of class cargo.report becomes one cargo.report per consignment and one conveyance.report for the trip;
// every other record is one unit already. Each unit carries exactly the elements that the dictionary
// gives to its class, with these choices of ours:
//
//   - Persons, vehicles and insurance belong to the trip. The dictionary lets a filing of either class name them, but a unit about
//     one consignment does not: they go into the conveyance.report alone.
//   - There is a conveyance.report when the record identifies a trip: it has any conveyance.reference, vehicle, person, locomotive
//     or insurance. Of the consignments it carries the numbers and what was boarded, and it carries all equipment.
//   - A cargo.report takes the equipment that carries its consignment: whose id stands in its goods' equipment[], or that names one of
//     its numbers in equipment[].consignment[]. If nothing relates equipment to the consignment, it takes all.
//   - Equipment that nothing relates to any consignment is in the conveyance.report; without one, in every cargo.report.
//   - Where that would repeat much equipment many times (see maxRepeated), unrelated equipment is not repeated: it is in the
//     conveyance.report or, without one, in a cargo.report of its own.
//   - A record without consignments still becomes one cargo.report when it has no trip, or has what only a cargo.report can carry.
//
// The header (agency, mode, function, issue, submitter, reference, supersedes, amendment, caveat) is in every unit.
// A single unit keeps the identifier that the record has; when there are several, none may keep it.
func Split(r *Record, id func() string) []*Record { return slices.Collect(Units(r, id)) }

// Units is [Split] one unit at a time, for records so large that their units should not all be in memory.
func Units(r *Record, id func() string) iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		if r == nil {
			return
		}
		parts := []part{{whole: true}}
		if r.Class == CargoReport {
			parts = takeApart(r)
		}
		for _, p := range parts {
			u := p.unit(r)
			u.ID = r.ID
			if len(parts) > 1 || u.ID == "" {
				u.ID = id()
			}
			if !yield(u) {
				return
			}
		}
	}
}

// A part says what one unit is made of.
type part struct {
	whole, trip bool
	consignment *Consignment // of a cargo.report; nil when it has none
	equipment   []*Equipment
}

func (p part) unit(r *Record) *Record {
	switch {
	case p.whole:
		return r.Clone()
	case p.trip:
		return tripUnit(r)
	}
	return cargoUnit(r, p.consignment, p.equipment)
}

// takeApart plans the units of a cargo report.
func takeApart(r *Record) []part {
	trip := tripKnown(r)
	rel := relate(r)
	var parts []part
	for i, c := range r.Consignment {
		if c != nil && (&Record{Consignment: []*Consignment{c}}).has(nil) {
			parts = append(parts, part{consignment: c, equipment: rel.of(i, trip)})
		}
	}
	onlyCargo := func(e *Element) bool { return !e.In(ConveyanceReport) }
	switch {
	case len(parts) == 0 && (!trip || r.has(onlyCargo)):
		parts = append(parts, part{equipment: r.Equipment})
	case !trip && rel.many && len(rel.loose) > 0:
		parts = append(parts, part{equipment: rel.loose})
	}
	if trip {
		parts = append(parts, part{trip: true})
	}
	return parts
}

// cargoUnit is the cargo.report of one consignment, or of none.
func cargoUnit(r *Record, c *Consignment, equipment []*Equipment) *Record {
	unit := *r // shallow: project copies what it keeps
	unit.Class, unit.Consignment, unit.Equipment = CargoReport, []*Consignment{c}, equipment
	if r.Conveyance != nil {
		conveyance := *r.Conveyance
		conveyance.Person, conveyance.Vehicle, conveyance.Insurance = nil, nil, nil
		unit.Conveyance = &conveyance
	}
	return project(&unit, func(e *Element) bool { return e.In(CargoReport) })
}

// tripUnit is the conveyance.report of the trip.
func tripUnit(r *Record) *Record {
	unit := *r
	unit.Class = ConveyanceReport
	return project(&unit, func(e *Element) bool { return e.In(ConveyanceReport) })
}

// tripKnown reports whether the record says which trip it is about.
func tripKnown(r *Record) bool {
	for _, p := range []Path{
		"conveyance.reference", "conveyance.vehicle[]", "conveyance.person[]", "conveyance.locomotive[]", "conveyance.insurance",
	} {
		if dictionary().nodes[p].present(r) {
			return true
		}
	}
	return false
}

var errFound = errors.New("found")

// has reports whether r has a value, of an element that which picks, or at all.
func (r *Record) has(which func(*Element) bool) bool {
	return errors.Is(Walk(r, func(l Leaf) error {
		if which == nil || which(l.Element) {
			return errFound
		}
		return nil
	}), errFound)
}

// maxRepeated is how many pieces of equipment, over all cargo reports, may stand there for want of a relation. Trucks and trains
// stay far below it; a vessel's manifest with break-bulk beside its containers would be copied thousands of times without it.
const maxRepeated = 100_000

// relations is which equipment carries which consignment.
type relations struct {
	all   []*Equipment
	named map[int][]*Equipment // by the place of the consignment
	loose []*Equipment         // related to none
	many  bool                 // too much to repeat
}

// relate follows both ways of naming. A number that stands twice means its first bearer, so that the
// relations are never more than the names in the record.
func relate(r *Record) relations {
	rel := relations{all: r.Equipment, named: map[int][]*Equipment{}}
	rel.many = len(r.Consignment)*len(r.Equipment) > maxRepeated
	byNumber, byEquipment := map[string]int{}, map[string][]int{}
	for i, c := range r.Consignment {
		if c == nil {
			continue
		}
		for _, n := range c.Reference.numbers() {
			if _, taken := byNumber[n]; n != "" && !taken {
				byNumber[n] = i
			}
		}
		for _, g := range c.Goods {
			if g == nil {
				continue
			}
			for _, id := range g.Equipment {
				byEquipment[id] = append(byEquipment[id], i)
			}
		}
	}
	for _, e := range r.Equipment {
		if e == nil {
			continue
		}
		places := byEquipment[e.ID]
		if e.ID == "" {
			places = nil
		}
		delete(byEquipment, e.ID)
		for _, n := range e.Consignment {
			if i, ok := byNumber[n]; ok {
				places = append(places, i)
			}
		}
		if len(places) == 0 {
			rel.loose = append(rel.loose, e)
		}
		for _, i := range places {
			if k := rel.named[i]; len(k) == 0 || k[len(k)-1] != e {
				rel.named[i] = append(k, e)
			}
		}
	}
	return rel
}

// of is the equipment for the report of consignment i.
func (rel relations) of(i int, trip bool) []*Equipment {
	named := rel.named[i]
	switch {
	case len(named) == 0 && !rel.many:
		return rel.all
	case trip || rel.many:
		return named
	}
	return slices.Concat(named, rel.loose)
}

// numbers is the numbers by which equipment[].consignment[] may name a consignment.
func (c *ConsignmentReference) numbers() []string {
	if c == nil {
		return nil
	}
	return []string{c.SCN, c.CCN, c.Bill, c.AirWaybill, c.House, c.UCR}
}
