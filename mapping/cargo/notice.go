// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Notice is a status code as an agency sent it. The path is notice[].
type Notice struct {
	Code          string // code of cbp-disposition or cbp-sn or cbsa-rns or cbsa-d4: Status code as sent, with its list and mode
	ID            string // id: Notice identifier
	Group         string // code of notice-group: Group: completeness, arrival, status, risk, accept, reject
	Text          string // text: Text sent with the code
	At            string // time: Status date and time
	Port          *Place // Port or office
	Quantity      string // int: Quantity concerned
	Subject       *NoticeSubject
	EntryType     string // code of cbp-entry-type: Entry type
	ServiceOption string // code of cbsa-service-option: Service option
	Resent        string // bool: Hold sent again, not new
	Error         *NoticeError
}

// NoticeSubject is what a notice speaks of. The path is notice[].subject.
type NoticeSubject struct {
	Kind   string // code of event-subject: Subject of the notice
	Number string // id: Number of the subject
}

// NoticeError is an error that a notice reports. The path is notice[].error.
type NoticeError struct {
	Code  string // code of cbp-truck-error or cbsa-error: Error code
	Level string // code of error-level: Level: trip, shipment
}

// Hold says that goods may not move or be released. Several may stand at once. The path is hold[].
type Hold struct {
	ID       string // id: Hold identifier
	Agency   string // code of agency or partner-agency: Agency that holds
	Kind     string // code of hold-kind: Kind: manifest, entry, exam, security filing, documents, agriculture, partner, conveyance
	Ground   string // code of exam-ground: Ground
	Place    string // code of hold-place: Place: discharge, in-bond destination
	Subject  string // id: Number of what is held
	Code     string // code of cbp-disposition or cbsa-d4: Code that placed it
	PlacedAt string // time: Placed at
	LiftedAt string // time: Lifted at
}

// Disposition is what followed: released, seized, refused and so on. The path is disposition[].
type Disposition struct {
	Kind     string // code of disposition-kind: Disposition: released, referred, detained, seized, refused, exported, destroyed
	At       string // time: Date and time of the disposition
	Agency   string // code of agency: Agency that disposed
	Place    *Place // Place of the disposition
	Quantity string // int: Quantity concerned
	Reverses string // code of cbp-disposition: Code that this one reverses
}
