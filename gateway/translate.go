package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// inbound is one message of a submission: a record, or the findings that keep
// it from being one.
type inbound struct {
	number   int
	record   *cargo.Record
	guide    *mapping.Guide // nil for a record that came as JSON
	report   []byte
	test     bool // marked as a test by its sender (ISA15 T, UNB 0035 1)
	findings []problemFinding
}

func (m *inbound) accepted() bool { return m.record != nil }

func (m *inbound) guideName() string {
	if m.guide == nil {
		return ""
	}
	return m.guide.Name
}

// messages is step 3: every message after the first `done`, each translated by
// its guide. Nothing of an interchange is accepted whose envelope is broken.
func (g *Gateway) messages(in *intake, v *verdict, done int) iter.Seq2[*inbound, error] {
	if v.result == nil {
		return g.oneRecord(v, done)
	}
	return func(yield func(*inbound, error) bool) {
		body, err := g.open(in)
		if err != nil {
			yield(nil, err)
			return
		}
		defer body.Close()
		rd := edi.NewReader(body, g.ediOptions())
		results := messageResults(v.result)
		for {
			m, err := rd.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading submission %s again: %w", in.id, err))
				return
			}
			if m.Index <= done || m.Index > len(results) {
				continue
			}
			if !yield(g.translateIn(in, m, results[m.Index-1]), nil) {
				return
			}
		}
	}
}

func (g *Gateway) oneRecord(v *verdict, done int) iter.Seq2[*inbound, error] {
	return func(yield func(*inbound, error) bool) {
		if done > 0 {
			return
		}
		yield(&inbound{number: 1, record: v.record, findings: v.findings}, nil)
	}
}

// messageResult is what the first pass found about one message, with the
// envelope around it.
type messageResult struct {
	*edi.MessageResult
	envelope []edi.Finding // the errors of the interchange and the group around it: then nothing in them is accepted
}

func messageResults(r *edi.Result) []messageResult {
	var out []messageResult
	for _, i := range r.Interchanges {
		around := errorsOf(i.Findings)
		for _, g := range i.Groups {
			envelope := slices.Concat(around, errorsOf(g.Findings))
			for _, m := range g.Messages {
				out = append(out, messageResult{m, envelope})
			}
		}
	}
	return out
}

func errorsOf(findings []edi.Finding) []edi.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f edi.Finding) bool { return f.Severity != edi.Error })
}

// translateIn makes the record of one message, or says why there is none.
func (g *Gateway) translateIn(in *intake, m *edi.Message, res messageResult) *inbound {
	out := &inbound{number: m.Index, test: m.Interchange.Usage == "T"}
	guide, ok := g.guides.Detect(m, g.settings.Agency)
	if ok {
		out.guide = guide
	}
	out.findings = ediFindings(guide, res.Findings)
	if !res.Accepted() || len(res.envelope) > 0 {
		out.findings = append(out.findings, ediFindings(nil, res.envelope)...)
		return out
	}
	reject := func(code, rule string) *inbound {
		res.Refused = true
		out.findings = append(out.findings, problemFinding{Code: code, Severity: "error", Rule: rule, Position: edi.Position{Offset: m.Start}})
		return out
	}
	if len(m.Segments) == 0 {
		return reject("gateway.message-too-long", fmt.Sprintf("a message has at most %d bytes", g.current().Limits.MessageBytes))
	}
	if !ok || !guide.Reads {
		return reject("gateway.no-guide", "no guide of "+g.settings.Agency+" reads this message")
	}
	if err := g.maySubmit(in.party, guide.Class); err != nil {
		return reject("gateway.not-acceptable-class", "the role "+in.party.Role+" may not submit "+guide.Class)
	}
	rec, rep, err := guide.Read(m, mapping.Params{At: in.at})
	if err != nil {
		return reject("gateway.not-translatable", "the guide "+guide.Name+" could not read the message")
	}
	// The ids of what came are ours to give: a sender's numbers stay in references.
	rec.ID = newID()
	if out.report, err = json.Marshal(rep); err != nil {
		return reject("gateway.not-translatable", "the report could not be written")
	}
	out.record = rec
	return out
}
