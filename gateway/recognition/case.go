// Package recognition decides whether an exam made by one agency is accepted by the other for this cargo, now, and for which grounds.
//
// # Terms
//
// A unit is what is decided: one container, trailer or rail car of one journey, or for loose cargo one waybill with its pieces. The agency that
// examined is the perimeter agency; the deciding agency would otherwise examine, and decides for itself alone. A ground is what an exam is for:
// SECURITY, CONTRABAND, RADIATION and so on; recognition is per ground. The answer is RECOGNISED (every required ground), PARTIAL (some),
// NOT_RECOGNISED (none) or REFER (a person must decide), with reasons, conditions and an end of validity. It never orders a release.
//
// # How it decides
//
// Twenty rules, R01 to R20, are all evaluated; none stops the others, so that the answer is complete. A rule that fails is hard (nothing is
// recognised), ground (that ground only), manual (a person) or info (told, no effect). What the rules know of the world is data with a version
// that both agencies approve: which kind of exam settles which ground at which risk ([Registers]), how old an exam may be, which standards,
// facilities and instruments count. The algorithm is code: [Decide].
//
//	registers, err := recognition.Embedded()
//	decision := recognition.Decide(recognition.Case{…}, registers)
//	// decision.Decision == "PARTIAL", decision.Grounds == [RADIATION],
//	// decision.Reasons == ["R07:METHOD_NOT_EQUIVALENT(SECURITY)"]
//
// The same facts and the same registers give the same answer for ever; the package reads no clock. Seal and exam codes are those of
// ISO 17712 (classes I, S, H), UN/EDIFACT 4517 (seal condition) and ISO 6346 (container numbers).
package recognition

import "time"

// Case is one unit with everything that is known of it when the decision is asked for. A fact that is absent never helps recognition.
type Case struct {
	ID         string    // the caller's name for the case
	Deciding   string    // the agency that decides, for itself
	Mode       Mode      // of the journey over the border
	Movement   string    // IMPORT, IN_BOND, IN_TRANSIT; told to the agreement, not judged here
	At         time.Time // the instant of the decision
	Equipment  string    // container, trailer or rail car; empty for loose cargo
	References []string  // document references: OB: ocean bill, IB: in-bond, H: house bill, no prefix: cargo control number or waybill
	Required   []Ground  // what the deciding agency wants settled
	Risk       Risk      // by the deciding agency
	Trusted    Trust
	Agreement  AgreementState
	Seal       Presented
	Route      Route
	Tamper     Tamper
	News       Weight   // new information of either agency after the exam
	Changed    []string // cargo data that changed after the exam: WEIGHT, DESCRIPTION, PARTIES, PIECES
	Measures   []string // threat measures that cover lane, origin, commodity or party
	Holds      []string // other agencies whose holds stand
	Audit      bool     // drawn for verification
	Exams      []Exam   // exams made by the other agency on this unit
}

// Exam is one signed exam record, and what happened to its unit's seals afterwards.
type Exam struct {
	ID         string
	Agency     string
	Equipment  string
	References []string
	Kinds      []Kind
	Authority  Authority
	Outcome    Outcome
	Radiation  Radiation
	Completed  time.Time
	Standard   Standard
	Accredited bool      // the facility was accredited for these kinds when the exam ended
	Registered bool      // the instrument was registered then
	Calibrated time.Time // last calibration of the instrument; the oldest of several
	Signature  SignatureState
	Status     ExamStatus
	SealBefore string
	SealAfter  string
	SealClass  string     // of the seal after the exam: I, S or H (ISO 17712)
	Reseals    []Reseal   // changes after the exam, in order
	Transfers  []Transfer // transloads under customs supervision after the exam, in order
}

// Reseal is a recorded change of seal after the exam.
type Reseal struct {
	Old, New string
	By       string // an agency (CBSA, CBP) or CARRIER
	OnTime   bool   // both agencies were told before arrival; asked only of the carrier
}

// Transfer links a unit and its seal to the unit that the goods went into, under customs supervision.
type Transfer struct {
	FromEquipment, FromSeal string
	ToEquipment, ToSeal     string
}

// Presented is the seal as read at the border.
type Presented struct {
	Number    string // as read
	Read      bool   // false: not read yet
	Condition string // UN/EDIFACT 4517: 1 right, 2 damaged, 3 missing, 4 broken, 5 faulty electronic
}

// Standard is a procedure standard with its version: CBSA-NII, 3.
type Standard struct{ ID, Version string }

// Mode is the mode of transport.
type Mode string

// The modes that have a window.
const (
	Rail    Mode = "RAIL"
	Highway Mode = "HIGHWAY"
	Marine  Mode = "MARINE"
	Air     Mode = "AIR"
)

// Ground is what an exam is for. Which grounds exist and may be left to the other agency is data: [Registers].
type Ground string

// Kind is a kind of exam: NII, RPM1, DEVAN and so on, as in the registers.
type Kind string

// Outcome is what an exam ended with: CLEAR, FINDING_TRADE and so on, as in the registers.
type Outcome string

// Risk is the deciding agency's own level.
type Risk string

// The risk levels, in rising order.
const (
	Low    Risk = "LOW"
	Medium Risk = "MEDIUM"
	High   Risk = "HIGH"
)

func (r Risk) rank() int {
	switch r {
	case Low:
		return 1
	case Medium:
		return 2
	case High:
		return 3
	}
	return 4 // an unknown level is above all: no kind settles it
}

// Trust is the standing of the trader.
type Trust string

// Only a validated trader has a longer window and may use a class S seal.
const (
	TrustNone      Trust = "NONE"
	TrustValidated Trust = "VALIDATED"
	TrustSuspended Trust = "SUSPENDED"
)

// AgreementState says whether an article for exam recognition that covers direction and movement is in force at the decision.
type AgreementState string

// The states of the agreement.
const (
	AgreementInForce   AgreementState = "IN_FORCE"
	AgreementSuspended AgreementState = "SUSPENDED"
	AgreementNone      AgreementState = "NONE"
)

// SignatureState says how the exam record's signature verified.
type SignatureState string

// The states of a signature.
const (
	SignatureValid      SignatureState = "VALID"
	SignatureInvalid    SignatureState = "INVALID"
	SignatureKeyRevoked SignatureState = "KEY_REVOKED" // before it signed
)

// ExamStatus says whether the exam record is the current one.
type ExamStatus string

// The states of an exam record.
const (
	ExamCurrent    ExamStatus = "CURRENT"
	ExamWithdrawn  ExamStatus = "WITHDRAWN"
	ExamSuperseded ExamStatus = "SUPERSEDED"
)

// Authority is on what footing the exam was made.
type Authority string

// The footings.
const (
	OwnAuthority      Authority = "OWN_AUTHORITY"
	RequestedExam     Authority = "REQUESTED_EXAM"
	PreclearanceLRMA  Authority = "PRECLEARANCE_LRMA"
	VirtualPrescreen  Authority = "VIRTUAL_PRESCREEN"
	authorityUnstated Authority = ""
)

// Radiation is how the portal's passage ended.
type Radiation string

// The results of the portals.
const (
	RadiationNone       Radiation = "NO_ALARM"
	RadiationAlarm      Radiation = "ALARM" // settled only by a secondary
	RadiationUnresolved Radiation = "UNRESOLVED"
	radiationUnstated   Radiation = ""
)

// Route is what the position events say.
type Route string

// The routes.
const (
	RouteOK        Route = "OK"
	RouteDeviation Route = "DEVIATION"
	RouteDwell     Route = "DWELL"
	RouteDiverted  Route = "DIVERTED_AUTHORISED"
)

// Tamper is the state of tamper events.
type Tamper string

// The states of tamper events.
const (
	TamperNone   Tamper = "NONE"
	TamperOpen   Tamper = "OPEN"
	TamperClosed Tamper = "CLOSED"
)

// Weight is that of new information.
type Weight string

// The weights.
const (
	NewsNone   Weight = "NONE"
	NewsLow    Weight = "LOW"
	NewsMedium Weight = "MEDIUM"
	NewsHigh   Weight = "HIGH"
)
