// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// DoNotLoad forbids loading cargo. The path is doNotLoad.
type DoNotLoad struct {
	ID             string // id: Do-not-load identifier
	IssuedBy       string // code of agency: Issued by
	IssuedAt       string // time: Issued at
	State          string // code of dnl-state: State: issued, in place, resolved, cancelled
	ReasonClass    string // code of dnl-reason: Reason class
	Instruction    *Instruction
	Contact        string // text: Role mailbox
	ExpiresAt      string // time: Expires at
	Cancels        string // id: Do-not-load that this one cancels
	AcknowledgeBy  string // time: Acknowledgement due
	AcknowledgedAt string // time: Acknowledged at
}

// Instruction tells the carrier what to do. The path is doNotLoad.instruction.
type Instruction struct {
	Code string // code of dnl-instruction: Instruction
	Text string // text: Instruction in words
}

// Preload is the state of an air pre-load assessment. The path is preload.
type Preload struct {
	Programme string // code of preload-programme: Air pre-load programme
	Code      string // code of preload-code: Code on the wire
	State     string // code of preload-state: State
	Screening *Screening
}

// Screening is a screening done before loading. The path is preload.screening.
type Screening struct {
	Method string // code of screening-method: Screening method
	At     string // time: Screened at
}

// Risk is a risk assessment in typed facts and never in scores. The path is risk.
type Risk struct {
	Level      string   // code of threat-level: Risk level
	Indicator  []string // code of risk-indicator: Indicator
	Area       []string // code of threat-area: Threat area
	RuleSet    string   // id: Rule set and version
	AssessedAt string   // time: Assessed at
	ValidUntil string   // time: Valid until
}

// NewInformation is information that came after an exam. The path is newInformation.
type NewInformation struct {
	Weight  string // code of information-weight: Weight: low, medium, high
	Subject string // id: Number concerned
	At      string // time: Time of the information
}

// ThreatMeasure is a measure in force against a threat. The path is threatMeasure.
type ThreatMeasure struct {
	ID    string // id: Threat measure identifier
	Scope string // code of measure-scope: Scope: lane, origin, commodity, party
	Value string // text: What it covers
	From  string // time: In force from
	Until string // time: In force until
}
