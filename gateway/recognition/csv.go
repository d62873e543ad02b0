package recognition

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxCases bounds what one file of cases may hold.
const maxCases = 100_000

// columns of the file of cases, in any order; the expected_ columns and why are not read.
var columns = [...]string{
	"case", "deciding_agency", "exam_agency", "mode", "movement", "decided_at", "equipment", "refs", "exam_equipment", "exam_refs", "exam_kinds",
	"authority", "outcome", "radiation", "exam_completed", "standard", "facility", "exam_device", "calibrated", "seal_before", "seal_after",
	"seal_class", "reseals", "seal_presented", "seal_condition", "required_grounds", "risk", "agreement", "signature", "exam_status", "trusted",
	"route", "tamper", "new_information", "data_change", "threat_measure", "other_hold", "audit_sample",
}

// ReadCases reads cases from CSV, one unit with one exam a row. Separators inside a cell: | between references and between changes of seal,
// + between kinds and between grounds. A value outside its vocabulary is an error with line and column name, never the value.
func ReadCases(r io.Reader) ([]Case, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("cases: no header line: %w", err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, name := range columns {
		if _, found := at[name]; !found {
			return nil, fmt.Errorf("cases: column %s: missing", name)
		}
	}
	var out []Case
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cases: %w", err)
		}
		if len(out) == maxCases {
			return nil, fmt.Errorf("cases: more than %d", maxCases)
		}
		line, _ := in.FieldPos(0)
		x := row{at: at, cells: cells, line: line}
		c := x.read()
		if x.err != nil {
			return nil, x.err
		}
		out = append(out, c)
	}
}

// WriteCSV writes decisions as case,decision,grounds,reasons,conditions, with + between grounds and ; between reasons and between conditions.
func WriteCSV(w io.Writer, decisions []Decision) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"case", "decision", "grounds", "reasons", "conditions"}); err != nil {
		return err
	}
	for _, d := range decisions {
		if err := out.Write([]string{d.Case, d.Decision, join(d.Grounds, "+"), join(d.Reasons, ";"), join(d.Conditions, ";")}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func join[T ~string](list []T, separator string) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(string(s))
	}
	return b.String()
}

// row reads the cells of one line and keeps the first error.
type row struct {
	at    map[string]int
	cells []string
	line  int
	err   error
}

func (x *row) read() Case {
	c := Case{
		ID: x.text("case"), Deciding: x.text("deciding_agency"), Mode: Mode(x.code("mode", true)), Movement: x.text("movement"),
		At: x.instant("decided_at", true), Equipment: x.text("equipment"), References: x.list("refs", "|"),
		Required: convert[Ground](x.list("required_grounds", "+")), Risk: Risk(x.code("risk", true, "LOW", "MEDIUM", "HIGH")),
		Trusted:   Trust(x.code("trusted", false, "NONE", "VALIDATED", "SUSPENDED")),
		Agreement: AgreementState(x.code("agreement", true, "IN_FORCE", "SUSPENDED", "NONE")),
		Route:     Route(x.fallback("route", "OK", "DEVIATION", "DWELL", "DIVERTED_AUTHORISED")),
		Tamper:    Tamper(x.fallback("tamper", "NONE", "OPEN", "CLOSED")),
		News:      Weight(x.fallback("new_information", "NONE", "LOW", "MEDIUM", "HIGH")),
		Changed:   x.none("data_change"), Measures: x.none("threat_measure"), Holds: x.none("other_hold"),
		Audit: x.fallback("audit_sample", "NO", "YES") == "YES",
	}
	if seal := x.text("seal_presented"); seal != "NOT_READ" && seal != "" {
		c.Seal = Presented{Number: seal, Read: true}
	}
	c.Seal.Condition = x.code("seal_condition", false, "1", "2", "3", "4", "5")
	standard, version, _ := strings.Cut(x.text("standard"), "/")
	c.Exams = []Exam{{
		Agency: x.text("exam_agency"), Equipment: x.text("exam_equipment"), References: x.list("exam_refs", "|"),
		Kinds:     convert[Kind](x.list("exam_kinds", "+")),
		Authority: Authority(x.code("authority", true, "OWN_AUTHORITY", "REQUESTED_EXAM", "PRECLEARANCE_LRMA", "VIRTUAL_PRESCREEN")),
		Outcome:   Outcome(x.code("outcome", true)), Radiation: Radiation(x.code("radiation", false, "NO_ALARM", "ALARM", "UNRESOLVED")),
		Completed: x.instant("exam_completed", true), Standard: Standard{standard, version},
		Accredited: x.code("facility", true, "ACCREDITED", "NOT_ACCREDITED") == "ACCREDITED",
		Registered: x.code("exam_device", false, "REGISTERED", "UNKNOWN") == "REGISTERED",
		Calibrated: x.instant("calibrated", false), SealBefore: x.text("seal_before"), SealAfter: x.text("seal_after"),
		SealClass: x.code("seal_class", false), Reseals: x.reseals("reseals"),
		Signature: SignatureState(x.code("signature", true, "VALID", "INVALID", "KEY_REVOKED")),
		Status:    ExamStatus(x.code("exam_status", true, "CURRENT", "WITHDRAWN", "SUPERSEDED")),
	}}
	return c
}

func (x *row) text(column string) string { return strings.TrimSpace(x.cells[x.at[column]]) }

func (x *row) fail(column, what string) {
	if x.err == nil {
		x.err = fmt.Errorf("cases: line %d: column %s: %s", x.line, column, what)
	}
}

// code reads a code in upper case; with values given it must be one of them.
func (x *row) code(column string, required bool, values ...string) string {
	v := strings.ToUpper(x.text(column))
	if v == "" {
		if required {
			x.fail(column, "empty")
		}
		return ""
	}
	for _, known := range values {
		if v == known {
			return v
		}
	}
	if len(values) > 0 {
		x.fail(column, "not one of "+strings.Join(values, ", "))
	}
	return v
}

// fallback reads a code that stands for nothing special when the cell is empty: the first of its values.
func (x *row) fallback(column string, values ...string) string {
	if x.text(column) == "" {
		return values[0]
	}
	return x.code(column, true, values...)
}

func (x *row) list(column, separator string) []string {
	var out []string
	for part := range strings.SplitSeq(x.text(column), separator) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// none reads a list in which NONE or nothing is empty; + or | separates.
func (x *row) none(column string) []string {
	if strings.EqualFold(x.text(column), "NONE") {
		return nil
	}
	var out []string
	for _, part := range x.list(column, "|") {
		out = append(out, strings.Split(part, "+")...)
	}
	return out
}

func (x *row) instant(column string, required bool) time.Time {
	v := x.text(column)
	if v == "" && !required {
		return time.Time{}
	}
	for _, layout := range [...]string{"2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC()
		}
	}
	x.fail(column, "not a time as 2026-05-12T14:00Z")
	return time.Time{}
}

// reseals reads old>new@by@notice, in order, with | between.
func (x *row) reseals(column string) []Reseal {
	var out []Reseal
	for _, part := range x.list(column, "|") {
		old, rest, arrow := strings.Cut(part, ">")
		fields := strings.Split(rest, "@")
		if !arrow || len(fields) < 2 || len(fields) > 3 {
			x.fail(column, "not old>new@by@notice")
			return nil
		}
		notice := ""
		if len(fields) == 3 {
			notice = strings.ToUpper(strings.TrimSpace(fields[2]))
		}
		by := strings.ToUpper(strings.TrimSpace(fields[1]))
		if by != "CBSA" && by != "CBP" && by != carrier || notice != "" && notice != "ON_TIME" && notice != "LATE" {
			x.fail(column, "by is CBSA, CBP or CARRIER; notice is ON_TIME or LATE")
			return nil
		}
		out = append(out, Reseal{Old: old, New: fields[0], By: by, OnTime: notice == "ON_TIME"})
	}
	return out
}

func convert[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}
