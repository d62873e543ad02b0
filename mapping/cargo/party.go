// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Party is anyone named in a filing: shipper or broker or carrier. It is a natural person unless something says otherwise. It is the block party.
type Party struct {
	Name          string     // text: Submitter name
	ID            []string   // id of party-id: Submitter identifier
	NaturalPerson string     // bool: Party is a natural person
	Confidential  string     // bool: Confidentiality requested (19 CFR 103.31)
	Address       *Address   // Address
	Contact       []*Contact // Contact
}

// Address is a postal address. It is the block address.
type Address struct {
	Line        []string // text: Street and number, P.O. box
	City        string   // text: City
	Subdivision string   // code of subdivision: State or province
	PostalCode  string   // text: Postal code
	Country     string   // code of country: Country
}

// Contact is whom to reach at a party. It is the block contact.
type Contact struct {
	Name  string // text: Contact name
	Role  string // code of contact-role: Role of the contact
	Phone string // text: Telephone
	Email string // text: Electronic mail
}
