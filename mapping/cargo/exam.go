// Code generated from elements.csv by internal/gen. DO NOT EDIT.

package cargo

// ExamRequest asks the other agency to examine. The path is examRequest.
type ExamRequest struct {
	ID          string   // uuid: Exam request identifier
	RequestedBy string   // code of agency: Requesting agency
	RequestedAt string   // time: Requested at
	AnswerBy    string   // time: Answer wanted by
	Kind        []string // code of exam-kind: Kinds of exam asked
	Ground      []string // code of exam-ground: Grounds
	ReasonClass string   // code of exam-reason: Reason class
	State       string   // code of request-state: State: asked, accepted, refused, done
}

// Exam is what was physically done to the items that it lists, by whom, and what was found. The path is exam.
type Exam struct {
	ID                 string   // uuid: Exam identifier
	RequestID          string   // uuid: Exam request answered
	RequestedBy        string   // code of agency: Agency that asked
	PerformedBy        string   // code of agency: Agency that examined
	Authority          string   // code of exam-authority: Authority: own, requested, preclearance, virtual pre-screen
	Status             string   // code of exam-status: Status: current, superseded, withdrawn
	Kind               []string // code of exam-kind: Kinds of exam performed
	Ground             []string // code of exam-ground: Grounds
	ReasonClass        string   // code of exam-reason: Reason class
	StartedAt          string   // time: Started at
	CompletedAt        string   // time: Completed at
	Facility           *ExamFacility
	Standard           *ExamStandard
	Instrument         []*Instrument
	Officer            *Officer
	Extent             string // code of exam-extent: Extent: whole, part
	ExtentPercent      string // decimal: Share examined, percent
	PackagesOpened     string // int: Packages opened
	Outcome            string // code of exam-outcome: Outcome
	NotPerformedReason string // code of not-performed-reason: Why it was not performed
	Finding            []*ExamFinding
	Recommendation     string // code of exam-recommendation: Recommendation: release, refer
	ThreatLevel        string // code of threat-level: Threat level found
	Item               []*ExamItem
	Image              []*Image     // Image, by reference
	Caveat             []string     // code of caveat: Handling caveat
	Supersedes         string       // uuid: Exam record that this one corrects
	Radiation          []*Radiation // Radiation measurement document (N42), by reference
	WoodPackaging      *WoodPackaging
}

// ExamFacility is where the exam took place. The path is exam.facility.
type ExamFacility struct {
	ID      string // code of exam-facility: Facility
	Country string // code of country: Country of the facility
	Role    string // code of facility-role: Role: foreign port, first arrival, border, inland
}

// ExamStandard is the procedure followed. The path is exam.standard.
type ExamStandard struct {
	ID      string // code of exam-standard: Procedure standard
	Version string // id: Version of the standard
}

// Instrument is a device used in the exam. The path is exam.instrument[].
type Instrument struct {
	ID           string // id: Instrument identifier
	Class        string // code of instrument-class: Instrument class
	Model        string // text: Instrument model
	Standard     string // code of instrument-standard: Instrument standard
	CalibratedAt string // time: Last calibration
}

// Officer is the examining officer: a pseudonym and a role and never a name. The path is exam.officer.
type Officer struct {
	Ref  string // id: Officer, as a keyed pseudonym
	Role string // code of officer-role: Role of the officer
}

// ExamFinding is one thing found. The path is exam.finding[].
type ExamFinding struct {
	Code      string   // code of finding: Finding
	Measure   *Measure // Measure of the finding
	Narrative string   // text: Narrative
}

// ExamItem is one examined container or part of a consignment. An exam covers exactly its items. The path is exam.item[].
type ExamItem struct {
	Equipment      string // id: Equipment examined
	Consignment    string // id: Consignment examined
	Pieces         string // int: Pieces examined
	SealBefore     string // id: Seal before the exam
	SealAfter      string // id: Seal after the exam
	SealClassAfter string // code of seal-class: Class of the seal after the exam
}

// Image refers to a scan. The path is exam.image[].
type Image struct {
	Hash      string // hash: Digest of the body
	MediaType string // text: Media type
	Bytes     string // int: Size in bytes
	ExpiresAt string // time: Fetch reference expires
	ScannedAt string // time: Scanned at
	ItemRead  string // id: Item id as read
	Quality   string // code of scan-quality: Scan quality
}

// WoodPackaging is the result for wood packaging by ISPM 15. The path is exam.woodPackaging.
type WoodPackaging struct {
	Present      string // bool: Wood packaging present
	MarkPresent  string // bool: ISPM 15 mark present
	MarkLegible  string // bool: Mark legible
	Mark         *WoodMark
	Bark         string // bool: Bark found
	Soil         string // bool: Soil found
	LivePest     string // bool: Live pest found
	PestTaxon    string // text: Pest
	Measure      string // code of wpm-measure: Measure ordered
	NoticeNumber string // id: Notice number
}

// WoodMark is the ISPM 15 mark. The path is exam.woodPackaging.mark.
type WoodMark struct {
	Country   string // code of country: Country in the mark
	Producer  string // text: Producer code in the mark
	Treatment string // code of ispm15-treatment: Treatment: HT, MB, DH, SF
}
