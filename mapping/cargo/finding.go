package cargo

// Severity tells what a finding does to the record: an error keeps it out, a warning goes with it.
type Severity string

// The severities.
const (
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Codes of findings.csv, for use here.
const (
	codeMalformed       = "mapping.json-malformed"
	codeTooLarge        = "mapping.json-too-large"
	codeTooDeep         = "mapping.json-too-deep"
	codeMemberUnknown   = "mapping.member-unknown"
	codeMemberDuplicate = "mapping.member-duplicate"
	codeMemberMissing   = "mapping.member-missing"
	codeTypeWrong       = "mapping.type-wrong"
	codeValueEmpty      = "mapping.value-empty"
	codeValueMalformed  = "mapping.value-malformed"
	codeValueTooLong    = "mapping.value-too-long"
	codeListWrong       = "mapping.list-wrong"
	codeUnknown         = "mapping.code-unknown"
	codeUnlisted        = "mapping.code-unlisted"
	codeClassForeign    = "mapping.class-foreign"
	codeCheckDigit      = "mapping.check-digit"
	codeReferenceOpen   = "mapping.reference-open"
	codeFindingsCut     = "mapping.findings-cut"
)

// A Finding is one thing wrong with a record, and where. It never holds a value of the record.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Path     Path     `json:"path"`     // of the element, or of the group that an unknown member stands in
	Instance string   `json:"instance"` // the path with its indexes
	Offset   int64    `json:"offset"`   // 0-based, into the text read; -1 when there was none
	Pointer  string   `json:"pointer"`  // RFC 6901, into the text read
	Rule     string   `json:"rule"`     // what is right
	Message  string   `json:"message"`  // for people, in English
}

// A FindingKind is a row of findings.csv.
type FindingKind struct {
	Code     string
	Severity Severity
	Rule     string
	EN, FR   string
}

// FindingKinds is every code that reading and checking a record can give, with its texts.
func FindingKinds() []FindingKind { return dictionary().findings }

// Valid reports whether no finding is an error.
func Valid(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return false
		}
	}
	return true
}

// maxFindings bounds what one record can cause to be written down: so many errors, and so many warnings.
const maxFindings = 100

// findings collects, up to the limit; one more warning says that there were more. Errors and warnings are
// counted apart, so that no number of warnings can hide an error or become one.
type findings struct {
	list             []Finding
	errors, warnings int
	cut              bool
}

// place is where a finding is: in the record and in the text.
type place struct {
	path     Path
	instance string
	pointer  string
	offset   int64
}

func (fs *findings) add(code string, at place, rule string) {
	kind := findingKind(code)
	count := &fs.errors
	if kind.Severity == Warning {
		count = &fs.warnings
	}
	switch {
	case *count < maxFindings:
		*count++
	case fs.cut:
		return
	default:
		fs.cut = true
		kind, rule = findingKind(codeFindingsCut), ""
	}
	if rule == "" {
		rule = kind.Rule
	}
	fs.list = append(fs.list, Finding{
		Code: kind.Code, Severity: kind.Severity, Path: at.path, Instance: at.instance, Offset: at.offset, Pointer: at.pointer,
		Rule: rule, Message: kind.EN,
	})
}

func findingKind(code string) FindingKind {
	for _, k := range dictionary().findings {
		if k.Code == code {
			return k
		}
	}
	return FindingKind{Code: code, Severity: Error}
}

func loadFindings() ([]FindingKind, error) {
	rows, err := readTable("findings.csv", findingsCSV, "code,severity,rule,en,fr")
	if err != nil {
		return nil, err
	}
	var out []FindingKind
	for _, f := range rows {
		out = append(out, FindingKind{f[0], Severity(f[1]), f[2], f[3], f[4]})
	}
	return out, nil
}
