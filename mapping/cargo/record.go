// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Record is one unit of what the agencies share: a report or a notice or an exam result or another of the record classes.
type Record struct {
	ID             string // uuid: Record identifier
	Class          string // code of record-class: Record class
	Agency         string // code of agency: Agency of origin
	Mode           string // code of transport-mode: Mode of transport
	Function       string // code of message-function: Function: original, change, replace, cancel, confirm
	IssuedAt       string // time: Date and time of issue
	Submitter      *Party // Submitter
	Reference      *MessageReference
	Supersedes     string // uuid: Earlier record that this one corrects
	Amendment      *Amendment
	Caveat         []string // code of caveat: Handling caveat
	Conveyance     *Conveyance
	Consignment    []*Consignment // Consignment
	Equipment      []*Equipment   // Equipment: container, trailer, rail car, unit load device
	Event          []*Event
	Notice         []*Notice
	Hold           []*Hold
	Disposition    []*Disposition
	ExamRequest    *ExamRequest
	Exam           *Exam
	DoNotLoad      *DoNotLoad
	Preload        *Preload
	Risk           *Risk
	NewInformation *NewInformation
	ThreatMeasure  *ThreatMeasure
	Recognition    *Recognition
	TrustedTrader  []*TrustedTrader
}

// MessageReference ties the record to the sender's messages. The path is reference.
type MessageReference struct {
	Message  string // id: Sender's message reference
	Original string // id: Reference of the message answered or amended
}

// Amendment says why and how an earlier report is amended. The path is amendment.
type Amendment struct {
	Reason string // code of cbp-amendment or cbsa-amendment: Reason for amendment
	Type   string // code of cbp-amendment-type: Type of amendment
}
