// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Goods is one goods item. The path is consignment[].goods[].
type Goods struct {
	Sequence        string   // int: Item number
	Description     string   // text: Description of goods
	HSCode          string   // code of hs or us-hts or ca-tariff: Tariff or HS code
	Origin          string   // code of country: Country of origin
	Quantity        string   // int: Number of packages
	PackageType     string   // code of cbp-package or cbsa-package: Kind of package
	Marks           []string // text: Marks and numbers
	Weight          *Measure // Gross weight
	Volume          *Measure // Volume
	Value           *Amount  // Value
	Equipment       []string // id: Equipment that carries the goods
	VIN             []string // id: Vehicle identification number of a vehicle shipped
	Dangerous       []*Dangerous
	PackingMaterial string // text: Packing material
	WoodPackaging   string // bool: Wood packaging declared
}

// Dangerous classifies dangerous goods. The path is consignment[].goods[].dangerous[].
type Dangerous struct {
	UNNumber    string   // code of un-dangerous-goods: UN number
	Class       string   // code of un-class: Hazard class
	Description string   // text: Hazard description
	Contact     *Contact // Emergency contact
}
