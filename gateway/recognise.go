package gateway

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway/recognition"
	"peacebridge/mapping/cargo"
)

// getRecognition is GET /v1/recognition?unit=…: does an exam that the other
// agency made count here, now, and for which grounds? What the asking system
// knows at the moment may be given: risk, ground (repeated), seal and
// sealCondition as read at the border. The decision is an event.
func (g *Gateway) getRecognition(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	facts, err := g.facts(r, c.at)
	if err != nil {
		return err
	}
	kase, log, err := g.recognitionCase(facts)
	if err != nil {
		return err
	}
	d := recognition.Decide(kase, g.registers)
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	at, err := g.ledger.Append(r.Context(), []audit.Event{{
		Log: log, Kind: kindRecognition, Time: c.at, Terms: []string{unitTerm(facts.Unit)},
		Header: map[string]string{
			hUnit: g.ledger.Term(unitTerm(facts.Unit)), hDecision: d.Decision, hParty: c.identity.URI(),
			hReason: strings.Join(d.Reasons, ";"), hExpires: d.ValidUntil,
		},
		Bodies: []audit.Body{{Name: bodyAnswer, MediaType: mediaJSON, Data: body}},
	}}, nil)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, recognitionView{d, at[0].Log, at[0].Index})
}

// recognitionView is a decision with its place in the ledger.
type recognitionView struct {
	recognition.Decision
	Log   string `json:"log"`
	Index uint64 `json:"index"`
}

// facts are what is asked, and this agency's own requirement where nothing is said.
func (g *Gateway) facts(r *http.Request, at time.Time) (recognition.Facts, error) {
	q := r.URL.Query()
	unit := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(q.Get("unit")))
	if unit == "" || len(unit) > 40 || strings.ContainsFunc(unit, func(c rune) bool { return c < '!' || c > '~' }) {
		return recognition.Facts{}, refuse("bad-request", "unit is missing, longer than 40 characters, or not in ASCII")
	}
	f := recognition.Facts{
		Deciding: g.settings.Agency, At: at, Unit: unit, Risk: recognition.Risk(g.current().Recognition.Risk),
		Trusted: recognition.TrustNone, Agreement: recognition.AgreementNone, Signature: recognition.SignatureValid,
		Route: recognition.RouteOK, Tamper: recognition.TamperNone, Registers: &g.registers,
	}
	if risk := q.Get("risk"); risk != "" {
		if !slices.Contains([]recognition.Risk{recognition.Low, recognition.Medium, recognition.High}, recognition.Risk(risk)) {
			return f, refuse("bad-request", "risk is LOW, MEDIUM or HIGH")
		}
		f.Risk = recognition.Risk(risk)
	}
	grounds := q["ground"]
	if len(grounds) == 0 {
		grounds = g.current().Recognition.Grounds
	}
	for _, ground := range grounds {
		if strings.Trim(ground, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || ground == "" {
			return f, refuse("no-ground", "ground is not a code such as SECURITY")
		}
		f.Required = append(f.Required, recognition.Ground(ground))
	}
	// A seal that is missing or broken has a condition and perhaps no number.
	f.Seal = recognition.Presented{Number: q.Get("seal"), Read: q.Get("seal") != "", Condition: cmp.Or(q.Get("sealCondition"), "1")}
	return f, nil
}

// recognitionCase gathers what the ledger holds about the unit: this agency's
// newest report of it, and every exam of it that a peer sent. The decision
// belongs to the relation with the agency that examined.
func (g *Gateway) recognitionCase(f recognition.Facts) (recognition.Case, string, error) {
	manifest, exams, err := g.aboutUnit(f.Unit)
	if err != nil {
		return recognition.Case{}, "", err
	}
	if len(exams) == 0 {
		return recognition.FromRecords(manifest, nil, f), audit.Internal, nil
	}
	log := exams[0].Party
	f.Agreement = g.recognitionAgreement(log, f.At)
	var kase recognition.Case
	for i, d := range exams {
		rec, err := g.record(d)
		if err != nil {
			return kase, "", err
		}
		one := recognition.FromRecords(manifest, rec, f)
		if i == 0 {
			kase = one
			continue
		}
		kase.Exams = append(kase.Exams, one.Exams...)
	}
	return kase, log, nil
}

// maxAbout bounds how many events about one unit are looked at, the newest first.
const maxAbout = 200

func (g *Gateway) aboutUnit(unit string) (manifest *cargo.Record, exams []*document, err error) {
	places, err := g.ledger.Search(unitTerm(unit))
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(places)
	for _, at := range places[:min(len(places), maxAbout)] {
		e, err := g.ledger.Entry(at.Log, at.Index)
		if err != nil {
			return nil, nil, err
		}
		id := e.Header[hDocument]
		switch {
		case e.Kind == kindTaken && e.Header[hClass] == "exam.result":
			d, err := g.documentByID(id)
			if err != nil {
				return nil, nil, err
			}
			exams = append(exams, d)
		case (e.Kind == kindSealed || e.Kind == kindRefused) && e.Header[hClass] == "cargo.report" && manifest == nil:
			d, err := g.documentByID(id)
			if err != nil {
				return nil, nil, err
			}
			if manifest, err = g.record(d); err != nil {
				return nil, nil, err
			}
		}
	}
	return manifest, exams, nil
}

// recognitionAgreement says whether an agreement in force has an article for
// exam results from the agency that examined (R01).
func (g *Gateway) recognitionAgreement(from string, at time.Time) recognition.AgreementState {
	state := recognition.AgreementNone
	for _, a := range g.agreements.between(from, g.settings.Agency) {
		if _, ok := a.Purpose(from, g.settings.Agency, "exam.result"); !ok {
			continue
		}
		switch _, reason := g.agreementState(a, at, at); reason {
		case "":
			return recognition.AgreementInForce
		case "SUSPENDED":
			state = recognition.AgreementSuspended
		}
	}
	return state
}
