package cargo

import "slices"

// Split takes a message's record apart into the units that are shared, each with an identifier from id.
//
// A record of class cargo.report becomes one cargo.report per consignment and one conveyance.report for the trip;
// every other record is one unit already. Each unit carries exactly the elements that the dictionary
// gives to its class, with three choices of ours:
//
//   - Persons, vehicles and insurance belong to the trip. The dictionary lets a filing of either class name them, but a unit about one
//     consignment does not: they go into the conveyance.report alone.
//   - A cargo.report takes the equipment that carries its consignment: whose id stands in its goods' equipment[], or that names one of
//     its numbers in equipment[].consignment[]. If nothing relates equipment to it, it takes all.
//   - There is a conveyance.report when the record identifies a trip (any conveyance.reference, vehicle, person, locomotive or insurance),
//     or when there is no consignment. Of the consignments it carries the numbers and what was boarded, and all equipment.
//
// The header (agency, mode, function, issue, submitter, reference, supersedes, amendment, caveat) is in every unit.
// A single unit keeps the identifier that the record has; when there are several, none may keep it.
func Split(r *Record, id func() string) []*Record {
	if r == nil {
		return nil
	}
	var units []*Record
	if r.Class == CargoReport {
		for _, c := range present(r.Consignment) {
			units = append(units, cargoUnit(r, c))
		}
		if len(units) == 0 || tripKnown(r) {
			units = append(units, tripUnit(r))
		}
	} else {
		units = append(units, r.Clone())
	}
	for _, u := range units {
		u.ID = r.ID
		if len(units) > 1 || u.ID == "" {
			u.ID = id()
		}
	}
	return units
}

// cargoUnit is the cargo.report of one consignment.
func cargoUnit(r *Record, c *Consignment) *Record {
	unit := *r // shallow: project copies what it keeps
	unit.Class, unit.Consignment, unit.Equipment = CargoReport, []*Consignment{c}, carrying(r.Equipment, c)
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

// carrying is the equipment that carries consignment c, or all when nothing relates any to it.
func carrying(equipment []*Equipment, c *Consignment) []*Equipment {
	var named []string
	for _, g := range c.Goods {
		if g != nil {
			named = append(named, g.Equipment...)
		}
	}
	numbers := c.Reference.numbers()
	var out []*Equipment
	for _, e := range equipment {
		if e == nil {
			continue
		}
		relates := e.ID != "" && slices.Contains(named, e.ID) ||
			slices.ContainsFunc(e.Consignment, func(n string) bool { return n != "" && slices.Contains(numbers, n) })
		if relates {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return equipment
	}
	return out
}

// numbers is the numbers by which equipment[].consignment[] may name a consignment.
func (c *ConsignmentReference) numbers() []string {
	if c == nil {
		return nil
	}
	return []string{c.SCN, c.CCN, c.Bill, c.AirWaybill, c.House, c.UCR}
}

// present is the consignments that hold anything.
func present(list []*Consignment) []*Consignment {
	var out []*Consignment
	for _, c := range list {
		if c != nil && len((&Record{Consignment: []*Consignment{c}}).Instances("consignment[]")) > 0 {
			out = append(out, c)
		}
	}
	return out
}
