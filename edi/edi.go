package edi

import (
	"errors"
	"fmt"
)

// Syntax is the family of rules that an interchange is written in.
type Syntax uint8

// The syntaxes that a Reader reads.
const (
	Unknown Syntax = iota
	X12            // ANSI X12.5 and X12.6: ISA to IEA
	EDIFACT        // ISO 9735, versions 1 to 4: UNB to UNZ
)

// String returns "unknown", "x12" or "edifact".
func (s Syntax) String() string {
	switch s {
	case X12:
		return "x12"
	case EDIFACT:
		return "edifact"
	}
	return "unknown"
}

// MarshalText writes the name of the syntax.
func (s Syntax) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Syntax) UnmarshalText(b []byte) error {
	for _, known := range []Syntax{Unknown, X12, EDIFACT} {
		if string(b) == known.String() {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("syntax %q: neither x12 nor edifact", b)
}

// ParseSyntax returns the syntax of a name that String writes.
func ParseSyntax(name string) (Syntax, error) {
	var s Syntax
	err := s.UnmarshalText([]byte(name))
	return s, err
}

// Position says where in the received bytes something stands.
//
// Offset counts bytes from 0; everything else counts from 1, and 0 means that it does not apply. Segment
// counts over the whole stream (UNA is not a segment), MessageSegment from ST or UNH. Component is used inside
// composites only, Repetition where an element may repeat. For a missing element it is the position of the
// segment and the number of the element; for a missing segment the position of the segment before which it
// belonged, and Tag names the missing one.
type Position struct {
	Offset         int64  `json:"offset"`
	Segment        int    `json:"segment,omitempty"`
	MessageSegment int    `json:"messageSegment,omitempty"`
	Element        int    `json:"element,omitempty"`
	Component      int    `json:"component,omitempty"`
	Repetition     int    `json:"repetition,omitempty"`
	Tag            string `json:"tag,omitempty"`
}

// Delimiters are the separators in force, as ISA or UNA gave them. A zero byte means that there is none; Element and
// Terminator are always there, so that there it is the character NUL.
type Delimiters struct {
	Component  byte // ISA16; UNA1
	Element    byte // ISA byte 4; UNA2
	Decimal    byte // UNA3; '.' in X12
	Release    byte // UNA4; ISX01 of X12 from version 00704 on
	Repetition byte // ISA11 from version 00402 on; UNA5 in syntax 4
	Terminator byte // the byte after ISA16; UNA6
}

// Address names one side of an interchange: ISA05/06 and ISA07/08, or the parts of S002 and S003 in UNB: 0007, 0004
// and 0010, and the internal identifications 0008 and 0014, in syntax 4 also 0042 and 0046.
type Address struct {
	Qualifier   string `json:"qualifier,omitempty"`
	ID          string `json:"id"`
	Internal    string `json:"internal,omitempty"`
	SubInternal string `json:"subInternal,omitempty"`
}

// Interchange is the outermost envelope, ISA to IEA or UNB to UNZ.
type Interchange struct {
	Syntax       Syntax     `json:"syntax"`
	Delimiters   Delimiters `json:"-"`
	Version      string     `json:"version"` // ISA12 "00400", or syntax identifier and version "UNOA:4"
	Sender       Address    `json:"sender"`
	Receiver     Address    `json:"receiver"`
	Date         string     `json:"date"`                       // as written: YYMMDD or YYYYMMDD
	Time         string     `json:"time"`                       // as written: HHMM
	Control      string     `json:"control"`                    // ISA13 or 0020, with leading zeros
	Usage        string     `json:"usage"`                      // "P" production, "T" test or "" not stated
	AckRequested bool       `json:"ackRequested"`               // ISA14 or UNB 0031 is 1
	Receipt      bool       `json:"receiptRequested,omitempty"` // UNB 0031 is 2: an indication of receipt is asked for
	Application  string     `json:"application,omitempty"`      // UNB 0026
	Position     Position   `json:"position"`
}

// Group is a functional group, GS to GE or UNG to UNE.
type Group struct {
	Code     string   `json:"code"` // GS01, or the message type 0038 of UNG
	Sender   Address  `json:"sender"`
	Receiver Address  `json:"receiver"`
	Date     string   `json:"date"`
	Time     string   `json:"time"`
	Control  string   `json:"control"`
	Agency   string   `json:"agency"`  // GS07 or 0051
	Version  string   `json:"version"` // GS08 "005020", or "D:03B"
	Position Position `json:"position"`
}

// Errors that a caller may branch on.
var (
	ErrUnknownRelease   = errors.New("release not built in")
	ErrUnknownMessage   = errors.New("message not in the release")
	ErrOutsideCharset   = errors.New("a character is not in the character set and nothing stands for it")
	ErrTooLong          = errors.New("longer than the limit")
	ErrDelimiterInValue = errors.New("a separator stands inside a value and the syntax cannot release it")
)
