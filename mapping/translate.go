package mapping

import (
	"bytes"
	"errors"
	"io"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// JSON is the name of the record itself as a format.
const JSON = "json"

// Errors of Translate that a caller may branch on.
var (
	ErrNotValid = errors.New("the document is not valid")
	ErrSeveral  = errors.New("the document holds several messages")
	ErrNoMatch  = errors.New("no guide reads the document")
)

// Translate translates one document from one guide to another; "json" is the record itself, and an empty from
// is detected. Out is nil when something is missing (the report says what) or when the document is not valid
// (findings say why, and the error is ErrNotValid).
func (l *Library) Translate(from, to string, doc []byte, p Params) (out []byte, rep *Report, findings []edi.Finding, err error) {
	var target *Guide
	if to != JSON {
		var ok bool
		if target, ok = l.Guide(to); !ok {
			return nil, nil, nil, l.errUnknownGuide(to)
		}
	}
	if from == "" && bytes.HasPrefix(bytes.TrimLeft(doc, "\ufeff \t\r\n"), []byte("{")) {
		from = JSON
	}
	var rec *cargo.Record
	var read *Report
	if from == JSON {
		rec, read, findings, err = readJSON(doc)
	} else {
		rec, read, findings, err = l.readEDI(from, doc, p)
	}
	if err != nil {
		return nil, read, findings, err
	}
	if target == nil {
		read.To = JSON
		return append(rec.Canonical(), '\n'), read, findings, nil
	}
	out, write, err := target.Write(target.unitOf(rec), p)
	if err != nil {
		return nil, read, findings, err
	}
	return out, join(read, write), findings, nil
}

// unitOf gives a guide of another class the unit of the record that it is about: a whole manifest is a cargo
// report that knows its trip, and the conveyance report is made of it.
func (g *Guide) unitOf(rec *cargo.Record) *cargo.Record {
	if g.Accepts(rec.Class) {
		return rec
	}
	if rec.Class == cargo.CargoReport {
		c := rec.Clone()
		c.Class = g.Class
		return c
	}
	return rec
}

func (l *Library) readEDI(from string, doc []byte, p Params) (*cargo.Record, *Report, []edi.Finding, error) {
	var g *Guide
	if from != "" {
		var ok bool
		if g, ok = l.Guide(from); !ok {
			return nil, nil, nil, l.errUnknownGuide(from)
		}
	}
	r := edi.NewReader(bytes.NewReader(doc), edi.Options{Spec: func(m *edi.Message) (*edi.Spec, error) {
		if g == nil {
			if g, _ = l.Detect(m, ""); g == nil {
				return nil, nil
			}
		}
		if g.Message != m.Name {
			return nil, nil
		}
		return g.spec, nil
	}})
	var message *edi.Message
	several := false
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, nil, err
		}
		several = several || message != nil
		if message == nil {
			message = m
		}
	}
	findings := r.Result().Findings
	switch {
	case !r.Result().Valid():
		return nil, nil, findings, ErrNotValid
	case message == nil || g == nil || message.Spec == nil:
		return nil, nil, findings, ErrNoMatch
	case several:
		return nil, nil, findings, ErrSeveral
	}
	rec, rep, err := g.Read(message, p)
	return rec, rep, findings, err
}

// readJSON reads a record and reports every value of it as carried, with its place in the document.
func readJSON(doc []byte) (*cargo.Record, *Report, []edi.Finding, error) {
	rec, found, err := cargo.Parse(doc)
	if err != nil && len(found) == 0 {
		return nil, nil, nil, err
	}
	var findings []edi.Finding
	for _, f := range found {
		e := edi.Finding{Code: f.Code, Level: edi.LevelGuide, Rule: f.Rule, Message: string(f.Path), Position: edi.Position{Offset: f.Offset}}
		if f.Severity == cargo.Error {
			e.Severity = edi.Error
		}
		findings = append(findings, e)
	}
	if err != nil || !cargo.Valid(found) || rec == nil {
		return nil, nil, findings, ErrNotValid
	}
	rep := newReport(JSON, JSON)
	at := pointers(doc)
	_ = cargo.Walk(rec, func(leaf cargo.Leaf) error { // fn returns no error
		place := &Place{Pointer: leaf.Pointer}
		place.Offset = at[leaf.Pointer]
		rep.Carried = append(rep.Carried, Entry{Path: string(leaf.Element.Path), Instance: leaf.Instance, Source: place})
		return nil
	})
	return rec, rep, findings, nil
}
