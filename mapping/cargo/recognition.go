// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// Recognition is the decision whether the other agency's exam counts for a unit. The path is recognition.
type Recognition struct {
	ID         string // uuid: Recognition decision identifier
	Unit       string // id: Unit decided
	ExamID     string // uuid: Exam judged
	DecidedBy  string // code of agency: Deciding agency
	DecidedAt  string // time: Decided at
	Stage      string // code of recognition-stage: Stage: provisional, final, withdrawn
	Decision   string // code of recognition-decision: Decision
	Ground     []*RecognisedGround
	Reason     []string // code of recognition-reason: Reason, by rule
	Condition  []string // code of recognition-condition: Condition
	ValidUntil string   // time: Valid until
	Register   []*UsedRegister
	InputsHash string // hash: Digest of the inputs
	RuleSet    string // id: Rule set and version
	Supersedes string // uuid: Earlier decision
	Human      *HumanDecision
}

// RecognisedGround is the verdict for one ground. The path is recognition.ground[].
type RecognisedGround struct {
	Ground  string // code of exam-ground: Ground
	Verdict string // code of recognition-verdict: Verdict for the ground
	Reason  string // code of recognition-reason: Reason for the verdict
}

// UsedRegister is a register used in the decision. The path is recognition.register[].
type UsedRegister struct {
	Name    string // code of recognition-register: Register used
	Version string // id: Version of the register
	Hash    string // hash: Digest of the register
}

// HumanDecision is a person's part in the decision. The path is recognition.human.
type HumanDecision struct {
	Role     string // code of officer-role: Role of the person who decided
	At       string // time: Person decided at
	Verdict  string // code of recognition-decision: Verdict of the person
	NoteHash string // hash: Digest of the note
}
