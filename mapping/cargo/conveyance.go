// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Conveyance is the means of transport of one trip and its arrival. The path is conveyance.
type Conveyance struct {
	Reference        *ConveyanceReference
	Carrier          *Carrier // Carrier
	Type             string   // code of conveyance-type: Type of means of transport
	ID               string   // id of vessel-imo or aircraft-registration or rail-train: Identification of the means of transport
	Name             string   // text: Name of the vessel
	Flag             string   // code of country: Country of registration
	Registration     *Registration
	MovementType     string            // code of cbsa-movement: Customs procedure of the conveyance
	Loaded           string            // bool: Loaded (false: empty)
	CrewCount        string            // int: Number of crew
	PassengerCount   string            // int: Number of passengers
	ContainerCount   string            // int: Number of containers
	ConsignmentCount string            // int: Number of bills
	Itinerary        []*ItineraryPoint // Port of call or routing point
	LastForeignPort  *Place            // Last foreign port
	Departure        *Departure
	Arrival          *Arrival
	StowagePlan      *Body // Stowage plan
	Insurance        *Insurance
	Vehicle          []*Vehicle // Truck or tractor
	Locomotive       []*Locomotive
	Person           []*Person // Driver, crew member or passenger
}

// ConveyanceReference holds the numbers of the trip. Agencies number independently; no number is ever copied to another scheme. The path is conveyance.reference.
type ConveyanceReference struct {
	Trip             string // id: Trip number (CBP)
	CRN              string // id: Conveyance reference number (CBSA)
	Voyage           string // id: Voyage number
	Flight           string // id: Flight number
	Train            string // id: Train number
	ManifestSequence string // id: Manifest sequence number (CBP)
}

// Carrier is the party that runs the trip. The path is conveyance.carrier.
type Carrier struct {
	Name          string     // text: Carrier name
	ID            []string   // id of party-id: Identifier, with its scheme (cbp-ace-id, cbp-importer, us-ein, duns, cbp-filer, ca-business-number, cbsa-forwarder, cbsa-carrier, scac)
	NaturalPerson string     // bool: Party is a natural person
	Confidential  string     // bool: Confidentiality requested (19 CFR 103.31)
	Address       *Address   // Address
	Contact       []*Contact // Contact
	Code          string     // code of cbp-carrier or cbsa-carrier: Carrier code (SCAC or CBSA)
}

// Registration says where and when a vessel was registered. The path is conveyance.registration.
type Registration struct {
	Place string // text: Place of registration of the vessel
	At    string // date: Date of registration of the vessel
}

// ItineraryPoint is a port of call or a routing point. The path is conveyance.itinerary[].
type ItineraryPoint struct {
	Code        string   // code of cbp-port or cbsa-office or schedule-k or unlocode or cbp-firms or cbsa-sublocation: Coded place
	Name        string   // text: Name of the place
	Country     string   // code of country: Country
	Address     *Address // Address of the place
	ArrivalAt   string   // time: Arrival at the port of call
	DepartureAt string   // time: Departure from the port of call
}

// Departure is where and when the trip began. The path is conveyance.departure.
type Departure struct {
	Place *Place // Place of departure
	At    string // time: Date and time of departure
}

// Arrival is the first arrival in the country: announced and stated. The path is conveyance.arrival.
type Arrival struct {
	Port        *Place // First port or office of arrival
	EstimatedAt string // time: Estimated date and time of arrival
	ActualAt    string // time: Actual date and time of arrival
	Terminal    *Place // Terminal or wharf of arrival
	CertifiedBy string // code of arrival-certifier: Who stated the arrival: officer, carrier, warehouse
}

// Insurance covers hazardous cargo. The path is conveyance.insurance.
type Insurance struct {
	Insurer string  // text: Hazardous-cargo insurer
	Policy  string  // id: Insurance policy number
	Year    string  // int: Year of the policy
	Amount  *Amount // Insured amount
}

// Vehicle is a truck or tractor. The path is conveyance.vehicle[].
type Vehicle struct {
	ID    []string // id of cbp-ace-id or us-dot or transponder: Registered identifiers of the vehicle
	VIN   string   // id: Vehicle identification number
	Year  string   // int: Model year
	Type  string   // code of cbp-conveyance-type: Vehicle type
	Plate *Plate   // Vehicle plate
	IIT   string   // code of cbp-iit: Instrument of international traffic (whose bond)
	Seal  []*VehicleSeal
}

// VehicleSeal is a seal on a straight truck. The path is conveyance.vehicle[].seal[].
type VehicleSeal struct {
	Number string // id: Seal number on a straight truck
}

// Locomotive pulls a train. The path is conveyance.locomotive[].
type Locomotive struct {
	Number string // id: Locomotive number
}
