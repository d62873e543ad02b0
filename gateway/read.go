package gateway

import (
	"errors"
	"fmt"
	"io"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// verdict is what reading a whole body found: whether each message is in good
// form, and the findings. Records are made in a second pass (translate.go), so
// that an interchange with a broken trailer has no half of it accepted.
type verdict struct {
	syntax   edi.Syntax
	result   *edi.Result      // of X12 and EDIFACT
	record   *cargo.Record    // of JSON
	findings []problemFinding // those outside any message
}

// controlTerms are the control numbers by which people ask for an interchange.
func (v *verdict) controlTerms() []string {
	var terms []string
	if v.result != nil {
		for _, i := range v.result.Interchanges {
			terms = term(terms, "control", i.Control)
		}
	}
	return terms[:min(len(terms), maxTerms)]
}

// read is step 2.
func (g *Gateway) read(in *intake) (*verdict, error) {
	if in.stored == nil && len(in.data) == 0 {
		return nil, refuse("empty-document", "the body has no bytes")
	}
	switch in.media {
	case mediaJSON:
		return g.readRecord(in)
	case mediaXML:
		return g.readXML(in)
	}
	return g.readInterchange(in)
}

// readXML checks an XML document. No guide reads one yet, so that a document in
// good form is refused for that alone.
func (g *Gateway) readXML(in *intake) (*verdict, error) {
	body, err := g.open(in)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	_, findings, err := mapping.ReadXML(text)
	if err != nil {
		return nil, err
	}
	if len(findings) == 0 {
		return nil, refuse("no-guide", "no guide of %s reads an XML document", g.settings.Agency)
	}
	return &verdict{findings: recordFindings(findings)}, nil
}

func (g *Gateway) readInterchange(in *intake) (*verdict, error) {
	body, err := g.open(in)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	rd := edi.NewReader(body, g.ediOptions())
	for {
		if _, err := rd.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading submission %s: %w", in.id, err)
		}
	}
	v := &verdict{result: rd.Result(), syntax: rd.Result().Syntax}
	if !syntaxOf(in.media, v.syntax) {
		e := refuse("unknown-syntax", "the body is not an interchange of %s", in.media)
		e.findings = ediFindings(nil, v.result.Findings)
		return nil, e
	}
	if len(v.result.Interchanges) > maxInterchanges {
		return nil, refuse("too-many-interchanges", "a submission has at most %d interchanges", maxInterchanges)
	}
	if in.stored == nil || in.stored.Messages == 0 { // what is begun is not judged by a register of today
		if err := g.checkSenders(in.party, v.result.Interchanges); err != nil {
			return nil, err
		}
	}
	in.duplicates = nil
	for _, i := range v.result.Interchanges {
		in.duplicates = append(in.duplicates, interchangeKey(in, &i.Interchange))
	}
	return v, nil
}

// maxInterchanges bounds what one submission is remembered by.
const maxInterchanges = 100

func (g *Gateway) ediOptions() edi.Options {
	return edi.Options{Spec: g.spec, Limits: edi.Limits{MessageBytes: g.current().Limits.MessageBytes}}
}

func syntaxOf(media string, s edi.Syntax) bool {
	return media == mediaX12 && s == edi.X12 || media == mediaEDIFACT && s == edi.EDIFACT
}

// interchangeKey is what makes two interchanges the same: party, addresses and
// control number (X12.5 ISA13; ISO 9735 element 0020), whatever they hold. A
// sender that corrects an accepted document gives it a new number.
func interchangeKey(in *intake, i *edi.Interchange) string {
	return hashOf("interchange", in.party.URI(), i.Syntax.String(),
		i.Sender.Qualifier, i.Sender.ID, i.Receiver.Qualifier, i.Receiver.ID, i.Usage, i.Control)
}

// spec chooses what a message is checked against: the guide of this agency
// that reads it. A message that none reads is rejected in any case, and checked
// against its own release as far as that is known.
func (g *Gateway) spec(m *edi.Message) (*edi.Spec, error) {
	if guide, ok := g.guides.Detect(m, g.settings.Agency); ok {
		return guide.Spec(), nil
	}
	spec, err := edi.Builtin().Spec(m.Interchange.Syntax, m.Release, m.Name)
	if errors.Is(err, edi.ErrUnknownRelease) || errors.Is(err, edi.ErrUnknownMessage) {
		return nil, nil
	}
	return spec, err
}

func (g *Gateway) readRecord(in *intake) (*verdict, error) {
	rec, findings, err := cargo.Parse(in.data)
	v := &verdict{record: rec, findings: recordFindings(findings)}
	if err != nil { // ErrMalformed or ErrInvalid: the findings say what, and where
		v.record = nil
		return v, nil
	}
	if rec.ID == "" {
		rec.ID = newID()
		in.duplicates = []string{hashOf("record", in.party.URI(), in.digest)}
	} else {
		in.duplicates = []string{hashOf("record", in.party.URI(), rec.ID)}
	}
	if rec.Agency == "" {
		rec.Agency = g.settings.Agency
	}
	return v, g.mayHandIn(in.party, rec, in.data)
}

// recordFindings are findings about JSON and XML as the sender sees them.
func recordFindings(findings []cargo.Finding) []problemFinding {
	out := make([]problemFinding, 0, len(findings))
	for _, f := range findings {
		out = append(out, problemFinding{
			Code: f.Code, Severity: string(f.Severity), Path: string(f.Path), Rule: f.Rule, Message: f.Message,
			Position: map[string]any{"offset": f.Offset, "pointer": f.Pointer},
		})
	}
	return out
}

// ediFindings are findings as the sender sees them, with the element path that
// a guide binds to the position.
func ediFindings(guide *mapping.Guide, findings []edi.Finding) []problemFinding {
	out := make([]problemFinding, 0, len(findings))
	for _, f := range findings {
		p := problemFinding{Code: f.Code, Severity: f.Severity.String(), Rule: f.Rule, Position: f.Position, Message: f.Message}
		if guide != nil && f.Node > 0 {
			p.Path = string(guide.PathOf(f.Node, f.Position.Element, f.Position.Component))
		}
		out = append(out, p)
	}
	return out
}
