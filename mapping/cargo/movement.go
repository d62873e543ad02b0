// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Movement is the customs movement of a consignment: import, in-bond, in-transit. The path is consignment[].movement.
type Movement struct {
	Type               string // code of cbsa-movement: Customs procedure: import, in-bond, in-transit, FROB
	EntryType          string // code of cbp-inbond: In-bond entry type
	Number             string // id: In-bond or transit number
	ControlNumber      string // id: In-bond control number
	PartnerNumber      string // id: Number of the same movement in the other agency's system
	BondedCarrier      *Party // Bonded carrier
	OnwardCarrier      string // code of cbp-carrier: Onward carrier
	Origin             *Place // Port where the movement begins
	Destination        *Place // Port where the movement ends
	ForeignDestination *Place // Foreign port of destination
	ExitPort           *Place // Port of export
	DepartureAt        string // time: Estimated departure from the country
	FoodProduct        string // bool: Subject to the food and drug agency
	GoodsLocation      *Place // Bonded location
	Guarantee          string // id: Guarantee or bond reference
	State              string // code of movement-state: State: open, diverted, closed, overdue
	OpenedAt           string // time: Movement authorised
	DueAt              string // time: Latest end of the movement
	ClosedAt           string // time: Movement closed
	Diversion          *Diversion
}

// Diversion is an authorised change of the port where a movement ends. The path is consignment[].movement.diversion.
type Diversion struct {
	Port         *Place // Port of diversion
	AuthorisedAt string // time: Diversion authorised
}

// Event is something that happened to a movement or consignment or equipment. The path is event[].
type Event struct {
	Kind       string // code of event-kind: Kind: opened, arrived, departed, diverted, exported, transferred, closed, overdue, seal affixed, removed, checked, tamper, dwell
	Code       string // code of cbp-m15 or cbp-disposition: Code on the wire
	At         string // time: Time of the event
	Place      *Place // Place of the event
	ReportedBy *Party // Reported by
	Subject    *EventSubject
	Authorised string // bool: Authorised by an agency
	ResolvedAt string // time: Tamper or dwell resolved at
}

// EventSubject is what an event happened to. The path is event[].subject.
type EventSubject struct {
	Kind   string // code of event-subject: Subject: movement, consignment, equipment, conveyance
	Number string // id: Number of the subject
}
