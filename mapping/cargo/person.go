// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Person is a driver, crew member or passenger. The path is conveyance.person[].
type Person struct {
	Role              string   // code of person-role: Role: driver, crew, passenger
	ID                []string // id of cbp-ace-id or fast-card: Registered identifier (ACE id, FAST card)
	Name              *PersonName
	BirthDate         string   // date: Date of birth
	Gender            string   // code of gender: Gender
	Citizenship       []string // code of country: Citizenship
	Address           *Address // Address in the country of arrival
	Document          []*TravelDocument
	HazmatEndorsement string // bool: Endorsed for hazardous goods
	FastEligible      string // bool: Eligible for the FAST lane
}

// PersonName is a person's name in parts. The path is conveyance.person[].name.
type PersonName struct {
	Last   string // text: Family name
	First  string // text: Given name
	Middle string // text: Middle name
}

// TravelDocument is a passport or licence or another travel document. The path is conveyance.person[].document[].
type TravelDocument struct {
	Type        string // code of travel-document: Type of travel document or licence
	Number      string // id: Document number
	Country     string // code of country: Issuing country
	Subdivision string // code of subdivision: Issuing state or province
	ExpiresOn   string // date: Expiry date of the document
}
