package edi

import (
	"bytes"
	_ "embed" // findings.csv
	"encoding/csv"
	"fmt"
	"iter"
	"sync"
)

//go:embed findings.csv
var findingsCSV []byte

// Kind is a row of findings.csv: what can be wrong, and what acknowledgements say about it. An empty code
// means that this acknowledgement has no word for it.
type Kind struct {
	Code     string
	Level    Level
	Severity Severity
	TA1      string // TA105
	Group    string // AK905
	Set      string // AK502, IK502
	Segment  string // AK304, IK304
	Element  string // AK403, IK403
	IK       string // in place of Segment or Element in a 999
	EDIFACT  string // 0085
	What     string
	Hint     string
}

// KindOf returns the row of a finding's code.
func KindOf(code string) (Kind, bool) {
	k, ok := catalogue().byCode[code]
	if !ok {
		return Kind{}, false
	}
	return *k, true
}

// Kinds yields every kind of finding, in the order of findings.csv.
func Kinds() iter.Seq[Kind] {
	return func(yield func(Kind) bool) {
		for _, k := range catalogue().rows {
			if !yield(k) {
				return
			}
		}
	}
}

type kinds struct {
	rows   []Kind
	byCode map[string]*Kind
}

var catalogue = sync.OnceValue(func() *kinds {
	k, err := parseKinds(findingsCSV)
	if err != nil {
		panic(err) // embedded data, covered by a test
	}
	return k
})

func parseKinds(b []byte) (*kinds, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("findings.csv: %w", err)
	}
	k := &kinds{byCode: make(map[string]*Kind, len(rows))}
	for _, row := range rows[1:] {
		level, err := parseLevel(row[1])
		if err != nil {
			return nil, fmt.Errorf("findings.csv: %s: %w", row[0], err)
		}
		severity := Warning
		if row[2] == "error" {
			severity = Error
		}
		k.rows = append(k.rows, Kind{
			Code: row[0], Level: level, Severity: severity,
			TA1: row[3], Group: row[4], Set: row[5], Segment: row[6], Element: row[7], IK: row[8], EDIFACT: row[9],
			What: row[10], Hint: row[11],
		})
	}
	for i := range k.rows {
		if k.byCode[k.rows[i].Code] != nil {
			return nil, fmt.Errorf("findings.csv: %s stands twice", k.rows[i].Code)
		}
		k.byCode[k.rows[i].Code] = &k.rows[i]
	}
	return k, nil
}

func parseLevel(name string) (Level, error) {
	for i, n := range levelNames {
		if n == name {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("level %q unknown", name)
}

// newFinding makes a finding of a kind with its usual level and severity. The message says what is wrong here;
// when it is empty the kind's own words are used.
func newFinding(code, rule string, p Position, message string) Finding {
	k := catalogue().byCode[code]
	if message == "" {
		message = k.What
	}
	return Finding{Code: code, Level: k.Level, Severity: k.Severity, Rule: rule, Message: message, Position: p}
}
