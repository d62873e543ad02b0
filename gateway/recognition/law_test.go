package recognition_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"peacebridge/gateway/recognition"
	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

// TestFactsAgainstNeverHelp: whatever changes of the table of rules come together, no further one turns a decision to the better: adding a fact that
// fails some rule never adds a ground.
func TestFactsAgainstNeverHelp(t *testing.T) {
	r := registers(t)
	var against []func(c *recognition.Case, e *recognition.Exam)
	for _, x := range rules() {
		if x.decision == recognition.NotRecognised && !strings.Contains(x.reasons, "R13") && !strings.Contains(x.reasons, "R11:SEAL_MISSING") {
			against = append(against, x.change)
		}
	}
	base := clean(t)
	rapid.Check(t, func(t *rapid.T) {
		c := base
		c.Exams = slices.Clone(base.Exams)
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(against)-1), 0, 4).Draw(t, "facts") {
			if len(c.Exams) == 0 {
				return // nothing is left to speak against
			}
			before := recognition.Decide(c, r)
			against[i](&c, &c.Exams[0])
			after := recognition.Decide(c, r)
			for _, g := range after.Grounds {
				if !slices.Contains(before.Grounds, g) {
					t.Fatalf("%s is recognised after a fact against it", g)
				}
			}
		}
	})
}

// TestDecideIsAFunction: the same case and registers give the same answer.
func TestDecideIsAFunction(t *testing.T) {
	r := registers(t)
	for _, c := range readCases(t, "testdata/recognition-examples.csv") {
		if diff := cmp.Diff(recognition.Decide(c, r), recognition.Decide(c, r)); diff != "" {
			t.Errorf("%s: %s", c.ID, diff)
		}
	}
}

func TestJSONIsThatOfTheContract(t *testing.T) {
	c := clean(t)
	c.Seal = recognition.Presented{}
	b, err := json.Marshal(recognition.Decide(c, registers(t)))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"case":"E01","decision":"RECOGNISED","grounds":["SECURITY","CONTRABAND","RADIATION"],"reasons":[],` +
		`"conditions":["VERIFY_SEAL_AT_BORDER(H4471902)"],"validUntil":"2026-05-26T22:30:00Z"`
	if !strings.HasPrefix(string(b), want) {
		t.Errorf("got %s", b)
	}
	empty, err := json.Marshal(recognition.Decide(recognition.Case{ID: "x"}, recognition.Registers{}))
	if err != nil || !strings.Contains(string(empty), `"grounds":[],"reasons":["NO_GROUND_REQUIRED"],"conditions":[],"validUntil":""`) {
		t.Errorf("got %s %v", empty, err)
	}
}

func TestReadCasesNamesLineAndColumn(t *testing.T) {
	b, err := os.ReadFile("testdata/recognition-examples.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(b), "\n")
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "no header line"},
		"missing column": {strings.Replace(lines[0], ",risk,", ",risc,", 1), "column risk: missing"},
		"vocabulary":     {lines[0] + strings.Replace(lines[1], ",MEDIUM,", ",MIDDLING,", 1), "line 2: column risk: not one of LOW, MEDIUM, HIGH"},
		"time":           {lines[0] + strings.Replace(lines[1], "2026-05-12T14:00Z", "12 May", 1), "line 2: column decided_at"},
		"empty cell":     {lines[0] + strings.Replace(lines[1], ",VALID,", ",,", 1), "column signature: empty"},
		"reseal":         {lines[0] + strings.Replace(lines[6], "@CARRIER@", "@NOBODY@", 1), "column reseals"},
		"short line":     {lines[0] + "E01,CBP\n", "wrong number of fields"},
	} {
		_, err := recognition.ReadCases(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "MIDDLING") {
			t.Errorf("%s: the value is in the error", name)
		}
	}
}

func TestRegistersAreCheckedAtLoad(t *testing.T) {
	whole := fstest.MapFS{}
	for _, name := range []string{"grounds", "kinds", "matrix", "windows", "outcomes", "standards", "facilities", "instruments"} {
		whole["registers/"+name+".csv"] = &fstest.MapFile{Data: file(t, "registers/"+name+".csv")}
	}
	whole["reasons.csv"] = &fstest.MapFile{Data: file(t, "reasons.csv")}
	r, err := recognition.Load(whole)
	if err != nil || r.Hash != registers(t).Hash {
		t.Fatalf("%v %s", err, r.Hash)
	}
	for name, line := range map[string]string{
		"registers/matrix.csv": "SECURITY,XRAY,LOW,", "registers/windows.csv": "CANAL,many,3", "registers/outcomes.csv": "ODD,fail,,NO_SUCH_CODE",
		"registers/facilities.csv": "F,ca.cbsa,NII,soon,", "registers/grounds.csv": "X,perhaps,physical", "reasons.csv": "R21,X,hard,,no,x,x",
		"registers/kinds.csv": "only-one",
	} {
		broken := fstest.MapFS{}
		for n, f := range whole {
			broken[n] = f
		}
		broken[name] = &fstest.MapFile{Data: append(bytes.Clone(whole[name].Data), line+"\n"...)}
		if _, err := recognition.Load(broken); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s with %q: %v", name, line, err)
		}
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFromRecordsNeverPanics builds cases from any two records and decides them.
func TestFromRecordsNeverPanics(t *testing.T) {
	r := registers(t)
	rapid.Check(t, func(t *rapid.T) {
		manifest, exam := cargotest.Record("cargo.report").Draw(t, "manifest"), cargotest.Record("exam.result").Draw(t, "exam")
		if rapid.Bool().Draw(t, "no manifest") {
			manifest = nil
		}
		if rapid.Bool().Draw(t, "no exam") {
			exam = nil
		}
		c := recognition.FromRecords(manifest, exam, recognition.Facts{Deciding: "us.cbp", Required: []recognition.Ground{"SECURITY"}, Registers: &r})
		if d := recognition.Decide(c, r); d.Decision == recognition.Recognised {
			t.Fatal("recognised without agreement, signature and risk")
		}
	})
}

func TestFromRecordsRecognisesTheDaysExam(t *testing.T) {
	r := registers(t)
	c := recognition.FromRecords(parseRecord(t, manifestJSON), parseRecord(t, examJSON), facts(&r))
	d := recognition.Decide(c, r)
	if d.Decision != "RECOGNISED" || len(d.Reasons) != 0 || d.Conditions[0] != "VERIFY_SEAL_AT_BORDER(H4471902)" || d.ValidUntil != "2026-11-25T16:00:00Z" {
		t.Errorf("%+v", d)
	}
	// Across the border the instrument's id is a digest: the register knows it in that form too.
	sum := sha256.Sum256([]byte("CBSA-NII-0007"))
	hashed := strings.Replace(examJSON, "CBSA-NII-0007", "sha256:"+hex.EncodeToString(sum[:]), 1)
	if d := recognition.Decide(recognition.FromRecords(parseRecord(t, manifestJSON), parseRecord(t, hashed), facts(&r)), r); d.Decision != "RECOGNISED" {
		t.Errorf("an instrument by its digest: %v", d.Reasons)
	}
	for name, x := range map[string]struct{ old, new, reason string }{
		"other container": {`"equipment":"CSQU3054383","sealBefore"`, `"equipment":"PBXU1000010","sealBefore"`, "R05:EQUIPMENT_MISMATCH"},
		"other journey":   {"ABCD00001001", "ABCD00009999", "R05:NO_DOCUMENT_LINK"},
		"facility":        {"CA-FORT-ERIE-CEF", "CA-NOWHERE", "R09:FACILITY_NOT_ACCREDITED"},
		"device":          {`"id":"CBSA-NII-0007"`, `"id":"CBSA-NII-9999"`, "R10:EQUIPMENT_NOT_RECOGNISED"},
		"seal class":      {`"sealClassAfter":"H"`, `"sealClassAfter":"I"`, "R11:SEAL_CLASS_INSUFFICIENT"},
		"superseded":      {`"status":"CURRENT"`, `"status":"SUPERSEDED"`, "R03:EXAM_SUPERSEDED"},
	} {
		exam := strings.Replace(examJSON, x.old, x.new, 1)
		d := recognition.Decide(recognition.FromRecords(parseRecord(t, manifestJSON), parseRecord(t, exam), facts(&r)), r)
		if !slices.Contains(d.Reasons, x.reason) {
			t.Errorf("%s: %v", name, d.Reasons)
		}
	}
}

func facts(r *recognition.Registers) recognition.Facts {
	return recognition.Facts{
		Deciding: "us.cbp", At: time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC), Unit: "CSQU3054383", Required: []recognition.Ground{"SECURITY", "CONTRABAND"},
		Risk: recognition.Medium, Agreement: recognition.AgreementInForce, Signature: recognition.SignatureValid, Route: recognition.RouteOK, Registers: r,
	}
}

func parseRecord(t *testing.T, text string) *cargo.Record {
	t.Helper()
	r, findings, err := cargo.Parse([]byte(text))
	if err != nil {
		t.Fatal(err, findings)
	}
	return r
}

const manifestJSON = `{"class":"cargo.report","agency":"us.cbp","mode":"road","consignment":[{"reference":{"scn":"ABCD00001001"}}],
"equipment":[{"id":"CSQU3054383","seal":[{"number":"H4471902"}]}]}`

const examJSON = `{"class":"exam.result","agency":"ca.cbsa","mode":"road","consignment":[{"reference":{"scn":"ABCD00001001"}}],
"equipment":[{"id":"CSQU3054383","seal":[{"number":"H4471902","class":"H"}]}],
"exam":{"id":"0199e0b2-7c1c-7000-8000-5b2f3c0d9a11","performedBy":"ca.cbsa","authority":"OWN_AUTHORITY","status":"CURRENT","kind":["NII"],
"completedAt":"2026-11-20T16:00:00Z","facility":{"id":"CA-FORT-ERIE-CEF"},"standard":{"id":"CBSA-NII","version":"3"},
"instrument":[{"id":"CBSA-NII-0007","class":"NII","calibratedAt":"2026-06-01T00:00:00Z"}],"outcome":"CLEAR",
"item":[{"equipment":"CSQU3054383","sealBefore":"H4471902","sealAfter":"H4471902","sealClassAfter":"H"}]}}`

func FuzzReadCases(f *testing.F) {
	b, err := os.ReadFile("testdata/recognition-examples.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:700])
	f.Add([]byte("case\nx\n"))
	r := registers(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		cases, err := recognition.ReadCases(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, c := range cases {
			recognition.Decide(c, r)
		}
	})
}
