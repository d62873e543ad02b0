// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Equipment is a container, trailer, rail car or unit load device. It stands once in the record and goods point to its id. The path is equipment[].
type Equipment struct {
	ID           string   // id: Equipment number
	IDAsReported string   // text: Equipment number as received
	RegisteredID []string // id of cbp-ace-id: Registered identifier of the equipment
	Kind         string   // code of equipment-kind: Kind of equipment
	Type         string   // code of cbp-equipment or iso-6346-type: Size and type
	Loaded       string   // bool: Loaded (false: empty)
	Plate        *Plate   // Trailer plate
	Owner        *Party   // Owner or operator
	IIT          string   // code of cbp-iit: Instrument of international traffic (whose bond)
	Position     string   // int: Order in the train
	CarriedOn    string   // id: Rail car or chassis that carries it
	Consignment  []string // id: Consignments carried (by number)
	Seal         []*Seal  // Seal
}

// Seal is a seal on equipment and what is known of its life. The path is equipment[].seal[].
type Seal struct {
	Number           string // id: Seal number
	NumberAsReported string // text: Seal number as received
	Class            string // code of seal-class: Class by ISO 17712: I, S, H
	Technology       string // code of seal-technology: Technology: bolt, cable, strap, electronic
	IssuerRole       string // code of seal-issuer: Issuer: carrier, shipper, customs, other
	Issuer           string // text: Issuer
	AffixedAt        string // time: Affixed at
	AffixedPlace     *Place // Place where affixed
	RemovedAt        string // time: Removed at
	RemovedPlace     *Place // Place where removed
	Reason           string // code of seal-reason: Reason: loaded, exam, re-seal, transfer, damage
	Replaces         string // id: Seal that this one replaces
	NotifiedAt       string // time: Change told to both agencies
	Condition        string // code of seal-condition: Condition (UN/EDIFACT 4517)
	Verification     string // code of seal-verification: Verified, unverified, unknown
	CheckedAt        string // time: Checked at
	CheckedBy        string // code of agency: Agency that checked
	Photo            *Body  // Photograph
}
