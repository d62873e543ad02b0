// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Consignment is goods from one shipper to one consignee under one contract of carriage. The path is consignment[].
type Consignment struct {
	Sequence              string // int: Sequence in the message
	Action                string // code of consignment-action: Action on the consignment: add, modify, delete, link, delink
	Reference             *ConsignmentReference
	ShipmentType          string   // code of cbp-shipment-type or cbsa-shipment-type: Release or shipment type
	Consolidated          string   // bool: Consolidated
	Split                 string   // bool: Part of a split shipment
	SplitPart             string   // id: Part number of a split shipment
	RampTransfer          string   // bool: Ramp transfer
	Supplementary         string   // bool: Supplementary or house data will follow
	HouseReference        []string // id: House bills under this consignment
	CSAIndicator          string   // bool: CSA release requested
	CarriageCondition     []string // code of carriage-condition: Carriage condition
	Instruction           string   // text: Handling instruction
	Quantity              string   // int: Quantity (smallest outer packages)
	PackageType           string   // code of cbp-package or cbsa-package: Package unit
	BoardedQuantity       string   // int: Quantity boarded on this conveyance
	Weight                *Measure // Total gross weight
	Volume                *Measure // Total volume
	Value                 *Amount  // Declared value
	Acceptance            *Acceptance
	Loading               *Loading
	Unloading             *Unloading
	Stuffing              *Stuffing
	Destination           *Destination
	Delivery              *Delivery
	Release               *Release
	Origin                string   // code of country: Country of export
	Shipper               *Party   // Shipper
	Consignee             *Party   // Consignee
	Importer              *Party   // Importer of record
	Exporter              *Party   // Exporter
	Broker                *Party   // Customs broker
	Notify                []*Party // Notify party
	DeliverTo             []*Party // Delivery party and address
	Seller                *Party   // Seller
	Buyer                 *Party   // Buyer
	Manufacturer          *Party   // Manufacturer or supplier
	ShipTo                *Party   // Ship-to party
	BookingParty          *Party   // Booking party
	Stuffer               *Party   // Consolidator (stuffer)
	Forwarder             *Party   // Freight forwarder
	Warehouse             *Party   // Warehouse
	IntermediateConsignee *Party   // Intermediate consignee
	BillTo                *Party   // Bill-to party
	SecondaryNotify       []string // code of cbp-carrier: Carrier to be notified
	Movement              *Movement
	Goods                 []*Goods // Goods item
}

// ConsignmentReference holds the numbers of a consignment: each scheme has its own place. The path is consignment[].reference.
type ConsignmentReference struct {
	SCN                string   // id: Shipment control number (CBP)
	CCN                string   // id: Cargo control number (CBSA)
	Bill               string   // id: Bill of lading number
	AirWaybill         string   // id: Air waybill number
	House              string   // id: House bill or house waybill number
	Master             string   // id: Primary (master) number of a house bill
	OceanBill          string   // id: Ocean bill of goods landed in the other country
	UCR                string   // id: Unique consignment reference
	Trader             string   // id: Trader's reference
	BCN                string   // id: Bill control number (CBP)
	Entry              string   // id: Entry number (CBP)
	Transaction        string   // id: Transaction number (CBSA)
	Release            []string // id: Line-release number (BRASS)
	Service            string   // id: Service reference
	Previous           []string // id: Previous document number
	PartnerConsignment string   // id: Number of the same goods in the other agency's system
}

// Acceptance is where the carrier takes possession. The path is consignment[].acceptance.
type Acceptance struct {
	Place *Place // Place where the carrier takes possession
}

// Loading is where and when the goods are loaded. The path is consignment[].loading.
type Loading struct {
	Place *Place // Place or port of loading
	At    string // time: Date and time of loading
}

// Unloading is where the goods are unloaded. The path is consignment[].unloading.
type Unloading struct {
	Place *Place // Place or port of unloading
}

// Stuffing is where the container was filled. The path is consignment[].stuffing.
type Stuffing struct {
	Location *Place // Container stuffing location
}

// Destination is where the goods go. The path is consignment[].destination.
type Destination struct {
	Place *Place // Destination or office of destination
}

// Delivery is where the carrier hands the goods over. The path is consignment[].delivery.
type Delivery struct {
	Place *Place // Place of delivery
}

// Release is where release is sought. The path is consignment[].release.
type Release struct {
	Location *Place // Location where release is sought, sublocation
}
