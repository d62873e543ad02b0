// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Place is a port or an office or another place. Its code names its list because two agencies' equal digits are different places. It is the block place.
type Place struct {
	Code    string   // code of cbp-port or cbsa-office or schedule-k or unlocode or cbp-firms or cbsa-sublocation: Coded place
	Name    string   // text: Name of the place
	Country string   // code of country: Country
	Address *Address // Address of the place
}

// Plate is a licence plate. It is the block plate.
type Plate struct {
	Number      string // text: Licence plate number
	Subdivision string // code of subdivision: State or province of the plate
	Country     string // code of country: Country of the plate
}

// Measure is a value with its unit by UN/ECE recommendation 20. It is the block measure.
type Measure struct {
	Value string // decimal: Value
	Unit  string // code of unit: Unit of measure
}

// Amount is a sum of money. It is the block amount.
type Amount struct {
	Value    string // decimal: Amount
	Currency string // code of currency: Currency
}

// Body refers to bytes that travel outside the record. It is the block body.
type Body struct {
	Hash      string // hash: Digest of the body
	MediaType string // text: Media type
	Bytes     string // int: Size in bytes
	ExpiresAt string // time: Fetch reference expires
}
