package edi

import "fmt"

// Severity says whether a finding makes the message invalid.
type Severity uint8

// The severities: a message with an Error is not accepted.
const (
	Warning Severity = iota
	Error
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// MarshalText writes the name of the severity.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Level says which layer of rules a finding comes from.
type Level uint8

// The levels, from the bytes outwards to the rules of one partner.
const (
	LevelSyntax    Level = iota // delimiters, characters, tags
	LevelEnvelope               // counts, references, control numbers
	LevelDirectory              // order, presence, repetition, length, type of the release
	LevelCondition              // relational conditions between elements
	LevelCode                   // code lists
	LevelGuide                  // the overlay of an agency or partner
)

var levelNames = [...]string{"syntax", "envelope", "directory", "condition", "code", "guide"}

// String returns the name that findings.csv and JSON use.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level %d", uint8(l))
}

// MarshalText writes the name of the level.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Finding is one thing that is wrong with, or noteworthy in, what was read. It never holds the offending value.
type Finding struct {
	Code     string   `json:"code"` // "edi.kebab-case", a row of findings.csv
	Level    Level    `json:"level"`
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`    // the clause: "X12.5 4.2", "005010 M10 R0405", "ISO 9735-1 10.1"
	Message  string   `json:"message"` // for people
	Position Position `json:"position"`
	Tag      string   `json:"-"`                 // of the segment concerned
	Element  string   `json:"element,omitempty"` // number of the data element concerned: "373", "C507"
	Node     int      `json:"-"`                 // OverlayNode.ID of the structure node concerned, 0 if none
	Loop     string   `json:"-"`                 // LS01 of the bounded loop that the segment stands in (X12.6 3.8)
	Trigger  Position `json:"-"`                 // of a relational condition: what makes it apply, where there is one; with its tag
}
