package recognition_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"peacebridge/gateway/recognition"
)

// clean is the first worked case: an image exam that is recognised for everything that is asked.
func clean(t testing.TB) recognition.Case {
	t.Helper()
	return readCases(t, "testdata/recognition-examples.csv")[0]
}

// rules are one change each to the clean case, and what it leads to. Together they give every reason of reasons.csv.
func rules() []struct {
	name     string
	change   func(c *recognition.Case, e *recognition.Exam)
	decision string
	reasons  string
} {
	type change = func(c *recognition.Case, e *recognition.Exam)
	hour := time.Hour
	return []struct {
		name     string
		change   func(c *recognition.Case, e *recognition.Exam)
		decision string
		reasons  string
	}{
		{"clean", func(*recognition.Case, *recognition.Exam) {}, "RECOGNISED", ""},
		{"no agreement", func(c *recognition.Case, _ *recognition.Exam) { c.Agreement = recognition.AgreementNone }, "NOT_RECOGNISED", "R01:AGREEMENT_NOT_IN_FORCE"},
		{"suspended", func(c *recognition.Case, _ *recognition.Exam) { c.Agreement = recognition.AgreementSuspended }, "NOT_RECOGNISED", "R01:AGREEMENT_SUSPENDED"},
		{"bad signature", func(_ *recognition.Case, e *recognition.Exam) { e.Signature = "" }, "NOT_RECOGNISED", "R02:SIGNATURE_INVALID"},
		{"revoked key", func(_ *recognition.Case, e *recognition.Exam) { e.Signature = recognition.SignatureKeyRevoked }, "NOT_RECOGNISED", "R02:KEY_NOT_VALID_AT_SIGNING"},
		{"withdrawn", func(_ *recognition.Case, e *recognition.Exam) { e.Status = recognition.ExamWithdrawn }, "NOT_RECOGNISED", "R03:EXAM_WITHDRAWN"},
		{"superseded", func(_ *recognition.Case, e *recognition.Exam) { e.Status = recognition.ExamSuperseded }, "NOT_RECOGNISED", "R03:EXAM_SUPERSEDED"},
		{"prescreen", func(_ *recognition.Case, e *recognition.Exam) { e.Authority = recognition.VirtualPrescreen }, "NOT_RECOGNISED", "R04:AUTHORITY_RECOMMENDATION_ONLY"},
		{"other container", func(_ *recognition.Case, e *recognition.Exam) { e.Equipment = "PBXU1000026" }, "NOT_RECOGNISED", "R05:EQUIPMENT_MISMATCH"},
		{"check digit", change(func(c *recognition.Case, e *recognition.Exam) {
			c.Equipment, e.Equipment = "PBXU1000011", "PBXU1000011"
		}), "REFER", "R05:EQUIPMENT_ID_INVALID"},
		{"short number", func(c *recognition.Case, e *recognition.Exam) { c.Equipment, e.Equipment = "PBXU100001", "PBXU100001" }, "REFER", "R05:EQUIPMENT_ID_INVALID"},
		{"rail car has no check digit", func(c *recognition.Case, e *recognition.Exam) { c.Equipment, e.Equipment = "DTTX720185", "DTTX 720185" }, "RECOGNISED", ""},
		{"numbers normalised", func(c *recognition.Case, e *recognition.Exam) {
			c.Equipment, e.SealAfter = "pbxu 100001-0", " h44 71902"
		}, "RECOGNISED", ""},
		{"no link", func(_ *recognition.Case, e *recognition.Exam) { e.References = []string{"OTHER"} }, "REFER", "R05:NO_DOCUMENT_LINK"},
		{"anomaly", func(_ *recognition.Case, e *recognition.Exam) { e.Outcome = "ANOMALY" }, "NOT_RECOGNISED", "R06:OUTCOME_NOT_CLEAR"},
		{"unknown outcome", func(_ *recognition.Case, e *recognition.Exam) { e.Outcome = "FINE" }, "NOT_RECOGNISED", "R06:OUTCOME_NOT_CLEAR"},
		{"explained", func(_ *recognition.Case, e *recognition.Exam) { e.Outcome = "CLEAR_EXPLAINED" }, "RECOGNISED", ""},
		{"inconclusive", func(_ *recognition.Case, e *recognition.Exam) { e.Outcome = "INCONCLUSIVE" }, "NOT_RECOGNISED", "R06:OUTCOME_INCONCLUSIVE"},
		{"finding on a ground that is not asked", func(_ *recognition.Case, e *recognition.Exam) { e.Outcome = "FINDING_TRADE" }, "RECOGNISED", "R06:FINDING_ON_GROUND(TRADE)"},
		{"finding on a ground that is asked", func(c *recognition.Case, e *recognition.Exam) {
			c.Required, e.Outcome, e.Kinds = append(c.Required, "TRADE"), "FINDING_TRADE", append(e.Kinds, "DEVAN")
			e.SealBefore = "OLD"
		}, "PARTIAL", "R06:FINDING_ON_GROUND(TRADE)"},
		{"not delegable", func(c *recognition.Case, _ *recognition.Exam) { c.Required = append(c.Required, "IPR") }, "PARTIAL", "R07:GROUND_NOT_DELEGABLE(IPR)"},
		{"only what is not delegable", func(c *recognition.Case, _ *recognition.Exam) { c.Required = []recognition.Ground{"IPR"} }, "NOT_RECOGNISED", "R07:GROUND_NOT_DELEGABLE(IPR)"},
		{"unresolved portal", func(_ *recognition.Case, e *recognition.Exam) { e.Radiation = recognition.RadiationUnresolved }, "PARTIAL", "R07:METHOD_NOT_EQUIVALENT(RADIATION)"},
		{"alarm with a secondary", func(_ *recognition.Case, e *recognition.Exam) {
			e.Radiation, e.Kinds = recognition.RadiationAlarm, append(e.Kinds, "RPM2")
		}, "RECOGNISED", ""},
		{"unresolved secondary", func(_ *recognition.Case, e *recognition.Exam) {
			e.Radiation, e.Kinds = recognition.RadiationUnresolved, append(e.Kinds, "RPM2")
		}, "PARTIAL", "R07:METHOD_NOT_EQUIVALENT(RADIATION)"},
		{"standard", func(_ *recognition.Case, e *recognition.Exam) { e.Standard.Version = "1" }, "NOT_RECOGNISED", "R08:STANDARD_VERSION_NOT_RECOGNISED"},
		{"facility", func(_ *recognition.Case, e *recognition.Exam) { e.Accredited = false }, "NOT_RECOGNISED", "R09:FACILITY_NOT_ACCREDITED"},
		{"device", func(_ *recognition.Case, e *recognition.Exam) { e.Registered = false }, "NOT_RECOGNISED", "R10:EQUIPMENT_NOT_RECOGNISED"},
		{"calibrated 365 days before", func(_ *recognition.Case, e *recognition.Exam) { e.Calibrated = e.Completed.Add(-365 * 24 * hour) }, "RECOGNISED", ""},
		{"calibrated a minute too early", func(_ *recognition.Case, e *recognition.Exam) {
			e.Calibrated = e.Completed.Add(-365*24*hour - time.Minute)
		}, "NOT_RECOGNISED", "R10:EQUIPMENT_CALIBRATION_EXPIRED"},
		{"never calibrated", func(_ *recognition.Case, e *recognition.Exam) { e.Calibrated = time.Time{} }, "NOT_RECOGNISED", "R10:EQUIPMENT_CALIBRATION_EXPIRED"},
		{"no seal after", func(_ *recognition.Case, e *recognition.Exam) { e.SealAfter = "" }, "NOT_RECOGNISED", "R11:SEAL_MISSING_AT_EXAM"},
		{"class S", func(_ *recognition.Case, e *recognition.Exam) { e.SealClass = "S" }, "NOT_RECOGNISED", "R11:SEAL_CLASS_INSUFFICIENT"},
		{"class S, trusted", func(c *recognition.Case, e *recognition.Exam) {
			e.SealClass, c.Trusted = "S", recognition.TrustValidated
		}, "RECOGNISED", ""},
		{"class S, suspended trader", func(c *recognition.Case, e *recognition.Exam) {
			e.SealClass, c.Trusted = "S", recognition.TrustSuspended
		}, "NOT_RECOGNISED", "R11:SEAL_CLASS_INSUFFICIENT"},
		{"seal changed by an image", func(_ *recognition.Case, e *recognition.Exam) { e.SealBefore = "OTHER" }, "NOT_RECOGNISED", "R11:SEAL_CHANGED_WITHOUT_OPENING"},
		{"opened and not replaced", func(_ *recognition.Case, e *recognition.Exam) { e.Kinds = append(e.Kinds, "DEVAN") }, "REFER", "R11:SEAL_NOT_REPLACED"},
		{"chain broken", func(_ *recognition.Case, e *recognition.Exam) {
			e.Reseals = []recognition.Reseal{{Old: "X", New: "Y", By: "CBSA"}}
		}, "NOT_RECOGNISED", "R12:SEAL_CHAIN_BROKEN"},
		{"told late", func(c *recognition.Case, e *recognition.Exam) {
			e.Reseals, c.Seal.Number = []recognition.Reseal{{Old: "H4471902", New: "Y", By: "CARRIER"}}, "Y"
		}, "NOT_RECOGNISED", "R12:SEAL_CHANGE_NOT_NOTIFIED"},
		{"changed by customs", func(c *recognition.Case, e *recognition.Exam) {
			e.Reseals, c.Seal.Number = []recognition.Reseal{{Old: "H4471902", New: "Y", By: "CBP"}, {Old: "Y", New: "Z", By: "CARRIER", OnTime: true}}, "Z"
		}, "RECOGNISED", "R12:SEAL_CHANGED_BY_CUSTOMS;R12:SEAL_CHANGE_NOTIFIED"},
		{"mismatch", func(c *recognition.Case, _ *recognition.Exam) { c.Seal.Number = "X" }, "NOT_RECOGNISED", "R12:SEAL_MISMATCH"},
		{"missing", func(c *recognition.Case, _ *recognition.Exam) { c.Seal = recognition.Presented{Condition: "3"} }, "NOT_RECOGNISED", "R12:SEAL_BROKEN"},
		{"faulty electronic", func(c *recognition.Case, _ *recognition.Exam) { c.Seal.Condition = "5" }, "REFER", "R12:SEAL_FAULTY_ELECTRONIC"},
		{"window's last instant", func(c *recognition.Case, e *recognition.Exam) { c.At = e.Completed.Add(21 * 24 * hour) }, "RECOGNISED", ""},
		{"window exceeded", func(c *recognition.Case, e *recognition.Exam) { c.At = e.Completed.Add(21*24*hour + time.Second) }, "NOT_RECOGNISED", "R13:TIME_WINDOW_EXCEEDED"},
		{"window extended", func(c *recognition.Case, e *recognition.Exam) {
			c.At, c.Trusted = e.Completed.Add(21*24*hour+time.Second), recognition.TrustValidated
		}, "RECOGNISED", "R13:WINDOW_EXTENDED_TRUSTED"},
		{"clocks five minutes apart", func(c *recognition.Case, e *recognition.Exam) { c.At = e.Completed.Add(-5 * time.Minute) }, "RECOGNISED", ""},
		{"a day in the future", func(c *recognition.Case, e *recognition.Exam) { c.At = e.Completed.Add(-24 * hour) }, "NOT_RECOGNISED", "R13:EXAM_TIME_INVALID"},
		{"deviation", func(c *recognition.Case, _ *recognition.Exam) { c.Route = recognition.RouteDeviation }, "NOT_RECOGNISED", "R14:ROUTE_DEVIATION"},
		{"dwell", func(c *recognition.Case, _ *recognition.Exam) { c.Route = recognition.RouteDwell }, "REFER", "R14:DWELL_EXCEEDED"},
		{"diverted", func(c *recognition.Case, _ *recognition.Exam) { c.Route = recognition.RouteDiverted }, "RECOGNISED", "R14:DIVERSION_AUTHORISED"},
		{"tamper", func(c *recognition.Case, _ *recognition.Exam) { c.Tamper = recognition.TamperOpen }, "NOT_RECOGNISED", "R15:TAMPER_EVENT"},
		{"tamper resolved", func(c *recognition.Case, _ *recognition.Exam) { c.Tamper = recognition.TamperClosed }, "RECOGNISED", "R15:TAMPER_RESOLVED"},
		{"news", func(c *recognition.Case, _ *recognition.Exam) { c.News = recognition.NewsHigh }, "NOT_RECOGNISED", "R16:NEW_INFORMATION"},
		{"news of low weight", func(c *recognition.Case, _ *recognition.Exam) { c.News = recognition.NewsLow }, "RECOGNISED", "R16:NEW_INFORMATION_LOW"},
		{"data changed", func(c *recognition.Case, _ *recognition.Exam) { c.Changed = []string{"WEIGHT", "PARTIES"} }, "REFER", "R17:DATA_CHANGED(PARTIES);R17:DATA_CHANGED(WEIGHT)"},
		{"threat measure", func(c *recognition.Case, _ *recognition.Exam) { c.Measures = []string{"TM-7"} }, "NOT_RECOGNISED", "R18:THREAT_MEASURE(TM-7)"},
		{"other hold", func(c *recognition.Case, _ *recognition.Exam) { c.Holds = []string{"FDA", "CFIA"} }, "RECOGNISED", "R19:OTHER_HOLD_STANDS(CFIA);R19:OTHER_HOLD_STANDS(FDA)"},
		{"audit", func(c *recognition.Case, _ *recognition.Exam) { c.Audit = true }, "RECOGNISED", "R20:RANDOM_AUDIT"},
		{"nothing asked", func(c *recognition.Case, _ *recognition.Exam) { c.Required = nil }, "NOT_RECOGNISED", "NO_GROUND_REQUIRED"},
		{"no exam", func(c *recognition.Case, _ *recognition.Exam) { c.Exams = nil }, "NOT_RECOGNISED", "NO_EXAM"},
		{"several rules, by number", func(c *recognition.Case, e *recognition.Exam) {
			c.Audit, c.Tamper, e.Accredited, e.Status = true, recognition.TamperOpen, false, recognition.ExamWithdrawn
		}, "NOT_RECOGNISED", "R03:EXAM_WITHDRAWN;R09:FACILITY_NOT_ACCREDITED;R15:TAMPER_EVENT;R20:RANDOM_AUDIT"},
		{"manual beats partial", func(c *recognition.Case, _ *recognition.Exam) {
			c.Risk, c.Route = recognition.High, recognition.RouteDwell
		}, "REFER", "R07:METHOD_NOT_EQUIVALENT(CONTRABAND);R07:METHOD_NOT_EQUIVALENT(SECURITY);R14:DWELL_EXCEEDED"},
	}
}

func TestRules(t *testing.T) {
	r, seen := registers(t), ""
	for _, x := range rules() {
		c := clean(t)
		x.change(&c, &c.Exams[0])
		d := recognition.Decide(c, r)
		seen += ";" + strings.Join(d.Reasons, ";")
		if got := strings.Join(d.Reasons, ";"); d.Decision != x.decision || got != x.reasons {
			t.Errorf("%s: %s %s, want %s %s", x.name, d.Decision, got, x.decision, x.reasons)
		}
		if (len(d.Grounds) > 0) != (d.Decision == "RECOGNISED" || d.Decision == "PARTIAL") {
			t.Errorf("%s: %s with grounds %v", x.name, d.Decision, d.Grounds)
		}
	}
	for _, reason := range r.Reasons() {
		if !strings.Contains(seen, reason.Code) {
			t.Errorf("no rule gives %s", reason.Code)
		}
	}
}

// TestEveryReasonGivenIsInTheTable reads the codes out of the rules' source: a code that the table lacks would count as hard without a word.
func TestEveryReasonGivenIsInTheTable(t *testing.T) {
	table, err := os.ReadFile("reasons.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rule.go", "seal.go", "unit.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(source), "j.say(")[1:] {
			if _, code, found := strings.Cut(part, ", \""); found {
				code, _, _ = strings.Cut(code, "\"")
				if !strings.Contains(string(table), ","+code+",") {
					t.Errorf("%s: %s is not in reasons.csv", name, code)
				}
			}
		}
	}
}

// The edge cases of the rules (section 8).

func TestBestOfTwoExamsWinsPerGround(t *testing.T) {
	c := clean(t)
	image, portal := c.Exams[0], c.Exams[0]
	image.ID, image.Kinds, image.Outcome = "image", []recognition.Kind{"NII"}, "CLEAR"
	portal.ID, portal.Kinds = "portal", []recognition.Kind{"RPM1"}
	c.Exams = []recognition.Exam{image, portal}
	d := recognition.Decide(c, registers(t))
	if d.Decision != "RECOGNISED" || len(d.Grounds) != 3 || len(d.Reasons) != 0 {
		t.Errorf("each settles its ground: %+v", d)
	}
	c.Exams[1].Status = recognition.ExamWithdrawn
	d = recognition.Decide(c, registers(t))
	if d.Decision != "PARTIAL" || strings.Join(d.Reasons, ";") != "R07:METHOD_NOT_EQUIVALENT(RADIATION)" {
		t.Errorf("one is withdrawn: %+v", d)
	}
	if len(d.Exams) != 2 || !strings.Contains(strings.Join(d.Exams[1].Reasons, ";"), "R03:EXAM_WITHDRAWN") {
		t.Errorf("the losing exam's reasons are lost: %+v", d.Exams)
	}
	c.Exams[0].Status = recognition.ExamWithdrawn
	if d = recognition.Decide(c, registers(t)); d.Decision != "NOT_RECOGNISED" || len(d.Grounds) != 0 || len(d.Conditions) != 0 {
		t.Errorf("both are withdrawn: %+v", d)
	}
}

func TestConsolidationSettlesDocumentsOnlyForListedHouseBills(t *testing.T) {
	c := clean(t)
	e := &c.Exams[0]
	e.Kinds, e.SealBefore, e.SealAfter, c.Seal.Number = []recognition.Kind{"DEVAN"}, "OLD", "NEW", "NEW"
	c.Required, c.References, e.References = []recognition.Ground{"SECURITY", "TRADE"}, []string{"OB:M1", "H:1"}, []string{"OB:M1", "H:2"}
	if d := recognition.Decide(c, registers(t)); d.Decision != "PARTIAL" || d.Reasons[0] != "R07:METHOD_NOT_EQUIVALENT(TRADE)" {
		t.Errorf("a house bill that the exam does not list: %+v", d)
	}
	e.References = append(e.References, "H:1")
	if d := recognition.Decide(c, registers(t)); d.Decision != "RECOGNISED" {
		t.Errorf("a house bill that the exam lists: %+v", d)
	}
}

func TestTransloadNeedsASupervisedTransfer(t *testing.T) {
	c := clean(t)
	c.Equipment, c.Seal.Number = "PBXU1000026", "NEW1"
	if d := recognition.Decide(c, registers(t)); d.Decision != "NOT_RECOGNISED" {
		t.Errorf("without a transfer: %+v", d)
	}
	c.Exams[0].Transfers = []recognition.Transfer{{FromEquipment: "PBXU1000010", FromSeal: "H4471902", ToEquipment: "PBXU1000026", ToSeal: "NEW1"}}
	if d := recognition.Decide(c, registers(t)); d.Decision != "RECOGNISED" || strings.Join(d.Reasons, ";") != "R12:SEAL_CHANGED_BY_CUSTOMS" {
		t.Errorf("with a transfer: %+v", d)
	}
	c.Exams[0].Transfers[0].FromSeal = "OTHER"
	if d := recognition.Decide(c, registers(t)); d.Decision != "NOT_RECOGNISED" {
		t.Errorf("a transfer that does not start where the goods are: %+v", d)
	}
}

func TestLookAlikesAreOfferedAndNotEqual(t *testing.T) {
	c := clean(t)
	c.Seal.Number = "H447I9O2"
	d := recognition.Decide(c, registers(t))
	if d.Decision != "NOT_RECOGNISED" || strings.Join(d.NearMatch, ",") != "H4471902" {
		t.Errorf("%+v", d)
	}
}

func TestAirAndLooseCargoAreMatchedByReferences(t *testing.T) {
	for name, change := range map[string]func(c *recognition.Case){
		"air":   func(c *recognition.Case) { c.Mode, c.At = recognition.Air, c.Exams[0].Completed.Add(time.Hour) },
		"loose": func(c *recognition.Case) { c.Equipment, c.Exams[0].Equipment = "", "" },
	} {
		c := clean(t)
		c.Exams[0].SealAfter, c.Exams[0].SealClass, c.Seal = "", "", recognition.Presented{Condition: "4"}
		change(&c)
		if d := recognition.Decide(c, registers(t)); d.Decision != "RECOGNISED" || len(d.Conditions) != 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestValidUntilIsCompletionAndWindow(t *testing.T) {
	c := clean(t)
	if d := recognition.Decide(c, registers(t)); d.ValidUntil != "2026-05-26T22:30:00Z" {
		t.Errorf("rail: %s", d.ValidUntil)
	}
	c.Mode, c.Trusted = recognition.Highway, recognition.TrustValidated
	if d := recognition.Decide(c, registers(t)); d.ValidUntil != "2026-05-13T10:30:00Z" {
		t.Errorf("highway, trusted: %s", d.ValidUntil)
	}
}

func TestWorstUnitAnswersForTheShipment(t *testing.T) {
	r := registers(t)
	good, partial, none := clean(t), clean(t), clean(t)
	partial.Risk = recognition.High
	none.Exams = nil
	a, b, c := recognition.Decide(good, r), recognition.Decide(partial, r), recognition.Decide(none, r)
	if w := recognition.Worst(a, b); w.Decision != "PARTIAL" || strings.Join([]string{string(w.Grounds[0])}, "") != "RADIATION" {
		t.Errorf("%+v", w)
	}
	if w := recognition.Worst(a, b, c); w.Decision != "NOT_RECOGNISED" || len(w.Grounds) != 0 {
		t.Errorf("%+v", w)
	}
	if w := recognition.Worst(a, a); w.Decision != "RECOGNISED" || !cmp.Equal(w.Grounds, a.Grounds) {
		t.Errorf("%+v", w)
	}
	if w := recognition.Worst(); w.Decision != "NOT_RECOGNISED" {
		t.Errorf("%+v", w)
	}
}
