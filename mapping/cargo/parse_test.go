package cargo

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// head begins a record that lacks nothing but its closing brace.
const head = `{"class":"cargo.report","agency":"us.cbp","mode":"road",`

// mark stands in a test's JSON where its finding must point; it is taken out before reading.
const mark = "¶"

// findingCases are texts with exactly one finding each. Together they produce every row of findings.csv that a text can.
var findingCases = []struct {
	name, json, code, pointer string
	path                      Path
	err                       error // nil for a warning
}{
	{"empty", mark, codeMalformed, "", "", ErrMalformed},
	{"only blanks", " \n" + mark, codeMalformed, "", "", ErrMalformed},
	{"not an object", mark + `[]`, codeMalformed, "", "", ErrMalformed},
	{"byte order mark", mark + "\ufeff{}", codeMalformed, "", "", ErrMalformed},
	{"cut in a member", head + `"consignment":[{"quantity":1` + mark, codeMalformed, "", "", ErrMalformed},
	{"comma before the end", head + `"function":"change",` + mark + `}`, codeMalformed, "", "", ErrMalformed},
	{"two documents", head + `"function":"change"}` + mark + `{}`, codeMalformed, "", "", ErrMalformed},
	{"NUL after the end", head + `"function":"change"}` + mark + "\x00", codeMalformed, "", "", ErrMalformed},
	{"bytes that are no UTF-8", head + `"submitter":{"name":"` + mark + "\xff\"}}", codeMalformed, "", "", ErrMalformed},
	{"lone surrogate", head + `"submitter":{"name":"A` + mark + `\ud800"}}`, codeMalformed, "", "", ErrMalformed},
	{"line feed in a string", head + `"submitter":{"name":"A` + mark + "\n\"}}", codeMalformed, "", "", ErrMalformed},
	{"number with a leading zero", head + `"consignment":[{"quantity":` + mark + `012}]}`, codeMalformed, "", "", ErrMalformed},
	{"word that JSON lacks", head + `"consignment":[{"split":` + mark + `tRue}]}`, codeMalformed, "", "", ErrMalformed},
	{"deeper than the limit", `{"extra":` + strings.Repeat("[", 31) + mark + strings.Repeat("[", 9), codeTooDeep, "", "", ErrMalformed},

	{"unknown member", head + mark + `"colour":"red"}`, codeMemberUnknown, "/colour", "", ErrInvalid},
	{"unknown member of a group", head + `"consignment":[{},{` + mark + `"number":"1"}]}`, codeMemberUnknown, "/consignment/1/number", "consignment[]", ErrInvalid},
	{"member of another block", head + `"submitter":{` + mark + `"code":"X"}}`, codeMemberUnknown, "/submitter/code", "submitter", ErrInvalid},
	{"name that may be a value", head + mark + `"J. Smith 1980-01-02":1}`, codeMemberUnknown, "", "", ErrInvalid},
	{"duplicate", head + mark + `"mode":"rail"}`, codeMemberDuplicate, "/mode", "mode", ErrInvalid},
	{"duplicate, spelled with an escape", head + mark + `"\u006dode":"rail"}`, codeMemberDuplicate, "/mode", "mode", ErrInvalid},
	{"duplicate group", head + `"equipment":[],` + mark + `"equipment":[]}`, codeMemberDuplicate, "/equipment", "equipment[]", ErrInvalid},
	{"class missing", mark + `{"agency":"us.cbp"}`, codeMemberMissing, "", "class", ErrInvalid},
	{"agency missing", " " + mark + `{"class":"cargo.report","mode":"road"}`, codeMemberMissing, "", "agency", ErrInvalid},
	{"required group is empty", mark + `{"class":"exam.result","agency":"us.cbp","mode":"road","exam":{"facility":{}}}`, codeMemberMissing, "", "exam", ErrInvalid},

	{"null", head + `"function":` + mark + `null}`, codeTypeWrong, "/function", "function", ErrInvalid},
	{"number for a text", head + `"submitter":{"name":` + mark + `7}}`, codeTypeWrong, "/submitter/name", "submitter.name", ErrInvalid},
	{"text for a number", head + `"consignment":[{"quantity":` + mark + `"7"}]}`, codeTypeWrong, "/consignment/0/quantity", "consignment[].quantity", ErrInvalid},
	{"text for a truth value", head + `"consignment":[{"split":` + mark + `"true"}]}`, codeTypeWrong, "/consignment/0/split", "consignment[].split", ErrInvalid},
	{"object for an array", head + `"consignment":` + mark + `{}}`, codeTypeWrong, "/consignment", "consignment[]", ErrInvalid},
	{"array for an object", head + `"conveyance":` + mark + `[]}`, codeTypeWrong, "/conveyance", "conveyance", ErrInvalid},
	{"text in an array of objects", head + `"consignment":[{},` + mark + `"x"]}`, codeTypeWrong, "/consignment/1", "consignment[]", ErrInvalid},
	{"one text for an array of texts", head + `"caveat":` + mark + `"LES"}`, codeTypeWrong, "/caveat", "caveat[]", ErrInvalid},

	{"empty text", head + `"submitter":{"name":` + mark + `""}}`, codeValueEmpty, "/submitter/name", "submitter.name", ErrInvalid},
	{"blank text", head + `"submitter":{"name":` + mark + `" \u00a0 "}}`, codeValueEmpty, "/submitter/name", "submitter.name", ErrInvalid},
	{"fraction of a package", head + `"consignment":[{"quantity":` + mark + `1.5}]}`, codeValueMalformed, "/consignment/0/quantity", "consignment[].quantity", ErrInvalid},
	{"exponent", head + `"consignment":[{"weight":{"value":` + mark + `1e3}}]}`, codeValueMalformed, "/consignment/0/weight/value", "consignment[].weight.value", ErrInvalid},
	{"time without zone", head + `"issuedAt":` + mark + `"2026-11-21T10:00:00"}`, codeValueMalformed, "/issuedAt", "issuedAt", ErrInvalid},
	{"day that is none", `{"class":"trader.status","agency":"us.cbp","trustedTrader":[{"number":"1","validTo":` + mark + `"2026-02-30"}]}`, codeValueMalformed, "/trustedTrader/0/validTo", "trustedTrader[].validTo", ErrInvalid},
	{"uuid that is none", head + `"id":` + mark + `"0193a5b27c447d319a550c1f6f0f7a10"}`, codeValueMalformed, "/id", "id", ErrInvalid},
	{"control character", head + `"submitter":{"name":` + mark + `"A\u001eB"}}`, codeValueMalformed, "/submitter/name", "submitter.name", ErrInvalid},
	{"blank around a number", head + `"consignment":[{"reference":{"scn":` + mark + `" PBXX1"}}]}`, codeValueMalformed, "/consignment/0/reference/scn", "consignment[].reference.scn", ErrInvalid},
	{"long identifier", head + `"equipment":[{"id":` + mark + `"` + strings.Repeat("A", 257) + `"}]}`, codeValueTooLong, "/equipment/0/id", "equipment[].id", ErrInvalid},

	{"port without its list", head + `"conveyance":{"arrival":{"port":{"code":` + mark + `"3801"}}}}`, codeListWrong, "/conveyance/arrival/port/code", "conveyance.arrival.port.code", ErrInvalid},
	{"port with a list of other things", head + `"conveyance":{"arrival":{"port":{"code":` + mark + `"country:US"}}}}`, codeListWrong, "/conveyance/arrival/port/code", "conveyance.arrival.port.code", ErrInvalid},
	{"one list, another named", head + `"consignment":[{"origin":` + mark + `"currency:CAD"}]}`, codeListWrong, "/consignment/0/origin", "consignment[].origin", ErrInvalid},
	{"party identifier without scheme", head + `"submitter":{"id":[` + mark + `"123"]}}`, codeListWrong, "/submitter/id/0", "submitter.id[]", ErrInvalid},
	{"unknown class", `{"agency":"us.cbp","class":` + mark + `"cargo"}`, codeUnknown, "/class", "class", ErrInvalid},
	{"agency of another country", `{"class":"cargo.report","mode":"road","agency":"us.cbp","hold":[],"trustedTrader":[],"function":` + mark + `"ORIGINAL"}`, codeUnknown, "/function", "function", ErrInvalid},

	{"exam in a cargo report", head + `"exam":{"outcome":` + mark + `"CLEAR"}}`, codeClassForeign, "/exam/outcome", "exam.outcome", ErrInvalid},
	{"goods in a conveyance report", `{"consignment":[{"goods":[{"description":` + mark + `"X"}]}],"conveyance":{"name":"A"},"agency":"us.cbp","mode":"road","class":"conveyance.report"}`, codeClassForeign, "/consignment/0/goods/0/description", "consignment[].goods[].description", ErrInvalid},
	{"seal class in a cargo report", head + `"equipment":[{"seal":[{"number":"1","class":` + mark + `"H"}]}]}`, codeClassForeign, "/equipment/0/seal/0/class", "equipment[].seal[].class", ErrInvalid},

	{"new code of an open list", head + `"consignment":[{"movement":{"entryType":` + mark + `"99"}}]}`, codeUnlisted, "/consignment/0/movement/entryType", "consignment[].movement.entryType", nil},
	{"wrong check digit", head + `"equipment":[{"id":` + mark + `"CSQU3054384"}]}`, codeCheckDigit, "/equipment/0/id", "equipment[].id", nil},
	{"goods in a container that is not there", head + `"consignment":[{"goods":[{"equipment":["TRAILER1",` + mark + `"TRAILER2"]}]}],"equipment":[{"id":"TRAILER1"}]}`, codeReferenceOpen, "/consignment/0/goods/0/equipment/1", "consignment[].goods[].equipment[]", nil},
}

func TestFindings(t *testing.T) {
	for _, tt := range findingCases {
		t.Run(tt.name, func(t *testing.T) {
			offset := strings.Index(tt.json, mark)
			r, fs, err := Parse([]byte(strings.Replace(tt.json, mark, "", 1)))
			if !errors.Is(err, tt.err) || (r == nil) != (tt.err != nil) {
				t.Fatalf("error %v, record %v", err, r)
			}
			if len(fs) != 1 {
				t.Fatalf("findings %+v", fs)
			}
			f := fs[0]
			if f.Code != tt.code || f.Offset != int64(offset) || f.Path != tt.path {
				t.Errorf("got %s at %d of %q, want %s at %d of %q", f.Code, f.Offset, f.Path, tt.code, offset, tt.path)
			}
			if tt.err != ErrMalformed && f.Pointer != tt.pointer {
				t.Errorf("pointer %q, want %q", f.Pointer, tt.pointer)
			}
			if f.Rule == "" || f.Message == "" {
				t.Errorf("no rule or message: %+v", f)
			}
		})
	}
}

func TestEveryFindingKindIsProduced(t *testing.T) {
	produced := map[string]bool{
		codeTooLarge:    true, // TestSizeLimit
		codeFindingsCut: true, // TestFindingsAreCut
	}
	for _, tt := range findingCases {
		produced[tt.code] = true
	}
	for _, k := range FindingKinds() {
		if !produced[k.Code] {
			t.Errorf("%s: no case produces it", k.Code)
		}
		delete(produced, k.Code)
		if k.EN == "" || k.FR == "" || k.Rule == "" {
			t.Errorf("%s: a text is missing", k.Code)
		}
	}
	for code := range produced {
		t.Errorf("%s: not in findings.csv", code)
	}
}

func TestFindingsNeverHoldTheValue(t *testing.T) {
	const canary = "zanzibar"
	for e := range Dictionary().Leaves() {
		if _, err := e.Normalise(canary + "\x01"); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", e.Path, err)
		}
	}
	for _, text := range []string{`"class":"` + canary + `"`, `"mode":["` + canary + `"]`, `"` + canary + ` 1":1`, `"issuedAt":"` + canary + `"`} {
		_, fs, err := Parse([]byte("{" + text + "}"))
		b, _ := json.Marshal(fs) // plain strings and numbers
		if strings.Contains(string(b), canary) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %s %v", text, b, err)
		}
	}
}

func TestSizeLimit(t *testing.T) {
	_, fs, err := Parse(make([]byte, MaxBytes+1))
	if !errors.Is(err, ErrMalformed) || len(fs) != 1 || fs[0].Code != codeTooLarge {
		t.Errorf("got %v, %+v", err, fs)
	}
}

func TestFindingsAreCut(t *testing.T) {
	_, fs, err := Parse([]byte(head + `"caveat":["` + strings.Repeat(`X","`, 5000) + `X"]}`))
	if !errors.Is(err, ErrInvalid) || len(fs) != maxFindings+1 || fs[maxFindings].Code != codeFindingsCut {
		t.Errorf("got %v, %d findings", err, len(fs))
	}
}

func TestWarningsDoNotHideErrors(t *testing.T) {
	containers := strings.Repeat(`{"id":"CSQU3054384"},`, 150)
	_, fs, err := Parse([]byte(head + `"equipment":[` + containers + `{"colour":1}]}`))
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v with %d findings", err, len(fs))
	}
	r, fs, err := Parse([]byte(head + `"equipment":[` + containers + `{}]}`))
	if err != nil || r == nil || len(fs) != maxFindings+1 {
		t.Errorf("warnings alone: %v with %d findings", err, len(fs))
	}
}

func TestNearNames(t *testing.T) {
	_, fs, _ := Parse([]byte(head + `"Consignments":[]}`))
	if len(fs) != 1 || fs[0].Rule != "dictionary; near: consignment" {
		t.Errorf("got %+v", fs)
	}
}

func TestParseNormalises(t *testing.T) {
	r, fs, err := Parse([]byte(`
	{ "mode" : "transport-mode:road", "agency":"us.cbp", "id":"0193A5B2-7C44-7D31-9A55-0C1F6F0F7A10",
	  "issuedAt":"2026-11-21T16:33:00.500-04:00", "class":"record-class:cargo.report", "equipment":[], "conveyance":{"arrival":{}},
	  "consignment":[{}, {"quantity":-0, "value":{"value":12.50}, "split":false, "origin":"country:CA",
	     "importer":{"id":["duns:1"], "name":"\u0041\u00e9\ud83d\ude80\/"} }, {"goods":[{"marks":[]}]}] }`))
	if err != nil || len(fs) > 0 {
		t.Fatalf("%v %+v", err, fs)
	}
	want := `{"id":"0193a5b2-7c44-7d31-9a55-0c1f6f0f7a10","class":"cargo.report","agency":"us.cbp","mode":"road",` +
		`"issuedAt":"2026-11-21T20:33:00.5Z","consignment":[{"split":false,"quantity":0,"value":{"value":12.5},"origin":"CA",` +
		`"importer":{"name":"Aé🚀/","id":["duns:1"]}}]}`
	if diff := cmp.Diff(want, string(r.Canonical())); diff != "" {
		t.Errorf("canonical (-want +got):\n%s", diff)
	}
}

func TestParseShared(t *testing.T) {
	minimised := []byte(`{"class":"exam.result","equipment":[{"id":"CSQU3054383"}]}`)
	if _, _, err := Parse(minimised); !errors.Is(err, ErrInvalid) {
		t.Errorf("Parse took a minimised record: %v", err)
	}
	if _, fs, err := ParseShared(minimised); err != nil || len(fs) > 0 {
		t.Errorf("ParseShared: %v %+v", err, fs)
	}
	if _, fs, err := ParseShared([]byte(`{"equipment":[]}`)); !errors.Is(err, ErrInvalid) || fs[0].Path != "class" {
		t.Errorf("a record without class: %v %+v", err, fs)
	}
}

func TestCheckAgreesWithParse(t *testing.T) {
	r := &Record{
		Class: CargoReport, Agency: "us.cbp", Function: "nonsense", IssuedAt: "today",
		Exam: &Exam{Outcome: "CLEAR"}, Equipment: []*Equipment{nil, {ID: "CSQU3054384"}},
		Consignment: []*Consignment{{Quantity: "many"}},
	}
	var got []string
	for _, f := range r.Check() {
		got = append(got, f.Code+" "+f.Instance)
		if f.Offset != -1 {
			t.Errorf("%s: offset %d", f.Instance, f.Offset)
		}
	}
	want := []string{
		codeUnknown + " function", codeValueMalformed + " issuedAt", codeValueMalformed + " consignment[0].quantity",
		codeCheckDigit + " equipment[0].id", codeClassForeign + " exam.outcome", codeMemberMissing + " mode",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// FuzzParse holds Parse to three laws: it agrees with encoding/json about what is JSON where it is not stricter,
// what it takes has one canonical form that it takes again, and its findings lie inside the text.
func FuzzParse(f *testing.F) {
	for _, tt := range findingCases {
		f.Add([]byte(strings.Replace(tt.json, mark, "", 1)))
	}
	f.Add([]byte(head + `"consignment":[{"quantity":12,"value":{"value":-0.50}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, fs, err := Parse(b)
		if !errors.Is(err, ErrMalformed) && !json.Valid(b) {
			t.Fatal("took what is not JSON")
		}
		for _, finding := range fs {
			if finding.Offset < 0 || finding.Offset > int64(len(b)) {
				t.Fatalf("offset %d of %d", finding.Offset, len(b))
			}
		}
		if err != nil {
			return
		}
		again, _, err := Parse(r.Canonical())
		if err != nil || !Equal(r, again) {
			t.Fatalf("canonical form is not taken again: %v", err)
		}
	})
}

// TestMalformedIsMalformed looks at random texts that encoding/json refuses.
func TestMalformedIsMalformed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(rapid.StringOf(rapid.SampledFrom([]rune(`{}[]",:\u0a9d8 tfn-.e1`))).Draw(t, "text"))
		if _, _, err := Parse(b); !json.Valid(b) && !errors.Is(err, ErrMalformed) {
			t.Fatalf("took what is not JSON: %v", err)
		}
	})
}
