package main

import (
	"bytes"
	"fmt"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// formatOf finds out by which guide a document is to be read.
func formatOf(l *mapping.Library, name string, doc []byte) (string, error) {
	if isJSON(doc) {
		return jsonFormat, nil
	}
	g := readBy(l, doc, "")
	if g == nil {
		return "", noGuideReads(name)
	}
	return g.Name, nil
}

func isJSON(doc []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(doc, []byte("\ufeff")), " \t\r\n"), []byte("{"))
}

// readBy returns the guide that reads the first message of a document: one of the agency, or of any when none is named.
func readBy(l *mapping.Library, doc []byte, agency string) *mapping.Guide {
	r := edi.NewBytesReader(doc, edi.Options{Spec: envelopesOnly})
	m, err := r.Next()
	if err != nil {
		return nil
	}
	return detect(l, m, agency)
}

// detect returns the guide that reads a message: one of the agency if it has one, else of any.
func detect(l *mapping.Library, m *edi.Message, agency string) *mapping.Guide {
	for _, asked := range []string{agency, ""} {
		if g, ok := l.Detect(m, asked); ok {
			return g
		}
	}
	return nil
}

// showFindings prints what is wrong with a source document, what is personal in it hidden as the guide says, and returns how many
// findings are errors.
func (t *terminal) showFindings(name string, doc []byte, g *mapping.Guide, findings []edi.Finding) (errors int) {
	if len(findings) == 0 {
		return 0
	}
	talk := *t
	talk.json = true // a document was asked for: findings are talk
	in := &input{name: name, size: -1, kept: doc}
	res, marks := scan(doc, g)
	for _, f := range findings {
		if f.Severity == edi.Error {
			errors++
		}
		talk.printFinding(in, res, f, marks)
	}
	return errors
}

// scan reads a document again for its envelopes and for what a guide calls personal where there are findings.
func scan(doc []byte, g *mapping.Guide) (*edi.Result, *personal) {
	marks := newPersonal(g)
	r := edi.NewBytesReader(doc, edi.Options{Spec: guideSpec(g)})
	for {
		m, err := r.Next()
		if err != nil { // the end: there is nothing else that reading bytes can meet
			return r.Result(), marks
		}
		marks.note(m)
	}
}

// record reads a document into the record that it tells of: JSON as it is, EDI by a guide.
func (t *terminal) record(name, agency string, g *mapping.Guide) (*cargo.Record, error) {
	doc, err := t.read(name, wholeLimit)
	if err != nil {
		return nil, err
	}
	if isJSON(doc) {
		record, findings, err := cargo.Parse(doc)
		errors := t.recordFindings(name, findings)
		if err != nil {
			return nil, refused(fmt.Errorf("%s: %w", name, err))
		}
		if errors > 0 || record == nil {
			return nil, refused(fmt.Errorf("%s: not a record: %s", name, count(errors, "error")))
		}
		return record, nil
	}
	l, err := t.library()
	if err != nil {
		return nil, err
	}
	if g == nil {
		if g = readBy(l, doc, agency); g == nil {
			return nil, noGuideReads(name)
		}
		t.say("%s: read by %s", oneLine(name), g.Name)
	}
	r := edi.NewBytesReader(doc, edi.Options{Spec: guideSpec(g)})
	m, err := r.Next()
	if err != nil {
		return nil, refused(fmt.Errorf("%s: holds no message", name))
	}
	if !m.Accepted() {
		return nil, refused(fmt.Errorf("%s: not translated: %s", name, count(t.showFindings(name, doc, g, m.Findings), "error")))
	}
	record, _, err := g.Read(m, mapping.Params{})
	if err != nil {
		return nil, refused(fmt.Errorf("%s: %w", name, err))
	}
	return record, nil
}
