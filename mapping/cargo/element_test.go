package cargo

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		path        Path
		typ         string
		wco         string
		sensitivity string
		class       string // that carries it
		other       string // that does not
	}{
		{"consignment[].shipper", "party", "30A", "commercial", "exam.result", "status.notice"},
		{"consignment[].shipper.name", "text", "R020", "commercial", "exam.result", "status.notice"},            // a row beside the block's
		{"consignment[].shipper.id[]", "id", "R021", "commercial", "cargo.report", "exam.result"},               // narrower than its group
		{"consignment[].shipper.address.city", "text", "241", "commercial", "exam.result", "conveyance.report"}, // block in a block
		{"consignment[].shipper.contact[].phone", "text", "240", "personal", "cargo.report", "conveyance.report"},
		{"conveyance.person[].address.country", "code", "242", "personal", "cargo.report", "exam.result"}, // public in itself
		{"equipment[].seal[].photo.mediaType", "text", "", "security", "seal.event", "cargo.report"},
		{"conveyance.carrier.code", "code", "R012", "commercial", "donotload.notice", "exam.result"},
		{"conveyance.carrier", "party", "18A", "commercial", "donotload.notice", "exam.result"}, // because its code goes there
		{"exam.image[].scannedAt", "time", "", "security", "prescreen.recommendation", "cargo.report"},
		{"conveyance", "group", "", "personal", "trader.status", "risk.assessment"},
		{"id", "uuid", "", "commercial", "threat.measure", ""},
	} {
		e, ok := Dictionary().Lookup(tt.path)
		if !ok {
			t.Errorf("%s: not found", tt.path)
			continue
		}
		if e.Type != tt.typ || e.WCO != tt.wco || e.Sensitivity != tt.sensitivity {
			t.Errorf("%s: %s %s %s", tt.path, e.Type, e.WCO, e.Sensitivity)
		}
		if !e.In(tt.class) || tt.other != "" && e.In(tt.other) {
			t.Errorf("%s: classes %v", tt.path, e.Classes)
		}
	}
	for _, p := range []Path{"", "consignment", "consignment[].", "party.name", "{party}.name", "consignment[0].shipper"} {
		if _, ok := Dictionary().Lookup(p); ok {
			t.Errorf("%q found", p)
		}
	}
}

func TestListsOfElements(t *testing.T) {
	for path, want := range map[Path]string{
		"mode":                    "transport-mode",
		"conveyance.carrier.id[]": "cbp-ace-id cbp-importer us-ein duns cbp-filer ca-business-number cbsa-forwarder cbsa-carrier scac",
		"notice[].port.code":      "cbp-port cbsa-office schedule-k unlocode cbp-firms cbsa-sublocation",
		"consignment[].quantity":  "",
	} {
		e, _ := Dictionary().Lookup(path)
		if got := strings.Join(e.Lists, " "); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	used := map[string]bool{"party-id": true}
	for e := range Dictionary().All() {
		for _, name := range e.Lists {
			used[name] = true
		}
	}
	for name, l := range Dictionary().lists {
		if !used[name] {
			t.Errorf("%s: no element has this list", name)
		}
		for _, c := range l.Codes {
			if c.Meaning == "" || c.Source == "" || c.Status == "" {
				t.Errorf("%s:%s: meaning, source or status is missing", name, c.Code)
			}
		}
	}
}

// TestOrderIsForEver holds the order of the canonical form: lines of the golden file may be added between others, never moved or removed.
func TestOrderIsForEver(t *testing.T) {
	const file = "testdata/order.txt"
	var paths []string
	for e := range Dictionary().All() {
		paths = append(paths, string(e.Path))
	}
	golden, err := os.ReadFile(file)
	if *update {
		golden, err = []byte(strings.Join(paths, "\n")+"\n"), nil
		if err := os.WriteFile(file, golden, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for old := range strings.Lines(string(golden)) {
		i := slices.Index(paths[at:], strings.TrimSpace(old))
		if i < 0 {
			t.Fatalf("%s is not there any more, or has moved: signed records would read otherwise", strings.TrimSpace(old))
		}
		at += i + 1
	}
}

func TestParseInstance(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Path
		err  error
	}{
		{"mode", "mode", nil},
		{"consignment[0].goods[1].description", "consignment[].goods[].description", nil},
		{"consignment[12]", "consignment[]", nil},
		{"consignment[0].goods[0].marks[3]", "consignment[].goods[].marks[]", nil},
		{"exam.facility", "exam.facility", nil},
		{"", "", ErrUnknownPath},
		{"consignment", "", ErrUnknownPath},
		{"consignment[].goods[1].description", "", ErrIndex},
		{"consignment[01].quantity", "", ErrIndex},
		{"consignment[-1].quantity", "", ErrIndex},
		{"consignment[9999999999].quantity", "", ErrIndex},
		{"consignment[0", "", ErrIndex},
		{"consignment[0]quantity", "", ErrUnknownPath},
		{"consignment[0].colour", "", ErrUnknownPath},
	} {
		got, err := ParseInstance(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: %q, %v", tt.in, got, err)
		}
	}
}

func TestNormalise(t *testing.T) {
	const quantity, weight, birth, issued = "consignment[].quantity", "consignment[].weight.value", "conveyance.person[].birthDate", "issuedAt"
	const port, reason, party = "conveyance.arrival.port.code", "recognition.reason[]", "submitter.id[]"
	for _, tt := range []struct {
		path     Path
		in, want string // want is a code of findings.csv when the value is wrong
	}{
		{quantity, "007", "7"},
		{quantity, "-0", "0"},
		{quantity, "999999999999999999", "999999999999999999"},
		{quantity, "1000000000000000000", codeValueTooLong},
		{quantity, "+1", codeValueMalformed},
		{quantity, "1.0", codeValueMalformed},
		{quantity, "١", codeValueMalformed}, // a digit of another script
		{weight, "012.340", "12.34"},
		{weight, "-0.0", "0"},
		{weight, "-0.5", "-0.5"},
		{weight, "100", "100"},
		{weight, "0.0000000000001", codeValueTooLong},
		{weight, ".5", codeValueMalformed},
		{weight, "5.", codeValueMalformed},
		{weight, "1.2.3", codeValueMalformed},
		{weight, "-", codeValueMalformed},
		{weight, "NaN", codeValueMalformed},
		{birth, "2024-02-29", "2024-02-29"},
		{birth, "2023-02-29", codeValueMalformed},
		{birth, "20240229", codeValueMalformed},
		{issued, "2026-11-21T20:33:00Z", "2026-11-21T20:33:00Z"},
		{issued, "2026-12-31T23:30:00.120-01:00", "2027-01-01T00:30:00.12Z"},
		{issued, "2026-11-21T20:33Z", codeValueMalformed},
		{issued, "2026-11-21T20:33:00+23:59", "2026-11-20T20:34:00Z"},
		{issued, "2026-11-21T20:33:00+24:00", codeValueMalformed},
		{issued, "2026-11-21T20:33:00-05:60", codeValueMalformed},
		{issued, "2026-11-21T20:33:00,5Z", codeValueMalformed},
		{issued, "2026-11-21T9:33:00Z", codeValueMalformed},
		{issued, "2026-11-21 20:33:00Z", codeValueMalformed},
		{issued, "9999-12-31T23:59:59-01:00", codeValueMalformed}, // the year 10000 in UTC
		{"exam.id", "0193A5B2-7C44-7D31-9A55-0C1F6F0F7A10", "0193a5b2-7c44-7d31-9a55-0c1f6f0f7a10"},
		{"exam.id", "0193a5b2-7c44-7d31-9a55-0c1f6f0f7a1", codeValueMalformed},
		{"exam.id", "0193a5b2-7c44-7d31-9a55--c1f6f0f7a10", codeValueMalformed},
		{"recognition.inputsHash", "sha256:" + strings.Repeat("Ab", 32), "sha256:" + strings.Repeat("ab", 32)},
		{"recognition.inputsHash", "md5:" + strings.Repeat("ab", 16), codeValueMalformed},
		{"consignment[].split", "TRUE", codeValueMalformed},
		{"consignment[].instruction", "keep\ndry", "keep\ndry"},
		{"consignment[].instruction", "keep\tdry", codeValueMalformed},
		{"consignment[].instruction", " lead", " lead"}, // text is not touched
		{"consignment[].instruction", "\xff", codeValueMalformed},
		{"consignment[].instruction", "", codeValueEmpty},
		{"consignment[].instruction", "\u00a0\n", codeValueEmpty},
		{port, "cbp-port:3801", "cbp-port:3801"},
		{port, "3801", codeListWrong},
		{port, "cbp-port:", codeValueMalformed},
		{port, "cbp-port: 3801", codeValueMalformed},
		{port, "CBP-PORT:3801", codeListWrong},
		{party, "duns:12:34", "duns:12:34"},
		{party, "party-id:duns", codeListWrong},
		{"consignment[].origin", "country:CA", "CA"},
		{"consignment[].origin", "CA", "CA"},
		{reason, "R12:SEAL_BROKEN", "R12:SEAL_BROKEN"}, // a colon of its own
		{reason, "recognition-reason:R12:SEAL_BROKEN", "R12:SEAL_BROKEN"},
		{reason, "exam-kind:NII", codeListWrong},
		{"exam.outcome", "CLEAR", "CLEAR"},
		{"exam.outcome", "clear", codeUnknown},
		{"hold[].agency", "partner-agency:FDA", "partner-agency:FDA"},
		{"hold[].agency", "agency:fda", codeUnknown},
		{"exam.radiation[].reachback", "Secondary Exam FULL", "Secondary Exam FULL"},
		{"consignment[].shipper", "ACME", codeTypeWrong},
	} {
		e, ok := Dictionary().Lookup(tt.path)
		if !ok {
			t.Fatal(tt.path)
		}
		got, err := e.Normalise(tt.in)
		if wrong, ok := errors.AsType[*ValueError](err); ok {
			got = wrong.Code
		}
		if got != tt.want {
			t.Errorf("%s: %q gave %q, want %q", tt.path, tt.in, got, tt.want)
		}
	}
}

func TestCode(t *testing.T) {
	for _, tt := range []struct {
		path              Path
		value, list, code string
	}{
		{"conveyance.arrival.port.code", "cbsa-office:0453", "cbsa-office", "0453"},
		{"consignment[].origin", "CA", "country", "CA"},
		{"recognition.reason[]", "R12:SEAL_BROKEN", "recognition-reason", "R12:SEAL_BROKEN"},
		{"consignment[].reference.scn", "PBXX:1", "", "PBXX:1"},
	} {
		e, _ := Dictionary().Lookup(tt.path)
		if list, code := e.Code(tt.value); list != tt.list || code != tt.code {
			t.Errorf("%s: %s of %s", tt.value, code, list)
		}
	}
}

func TestRequired(t *testing.T) {
	if diff := cmp.Diff([]Path{"class", "agency", "mode", "exam"}, Dictionary().Required("exam.result")); diff != "" {
		t.Error(diff)
	}
	if got := Dictionary().Required("nonsense"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestCheckDigit(t *testing.T) {
	for _, tt := range []struct {
		number  string
		ok, iso bool
	}{
		{"CSQU3054383", true, true}, // the standard's own example
		{"CSQU3054384", false, true},
		{"PBXU1000010", true, true},
		{"PBXU1000026", true, true},
		{"CSQX3054383", false, false}, // no category
		{"csqu3054383", false, false},
		{"CSQU 3054383", false, false},
		{"CSQU305438", false, false},
		{"CSQU30543A3", false, false},
		{"TRAILER1", false, false},
		{"", false, false},
		{"ÉSQU305438", false, false},
	} {
		if ok, iso := CheckDigit(tt.number); ok != tt.ok || iso != tt.iso {
			t.Errorf("%s: %v %v", tt.number, ok, iso)
		}
	}
}
