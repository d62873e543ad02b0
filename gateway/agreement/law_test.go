package agreement_test

// The ten tests that the engine must always pass (sharing-agreements, section 7), in their order. Tests 6, 7 and 9 have a part in the gateway
// (queues, consent events, erasure); here stands what the agreement itself decides.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

func TestWithoutAgreementNothingIsShared(t *testing.T) {
	none := agreement.Select(nil, "us.cbp", "ca.cbsa", at("2026-05-01T00:00:00Z"))
	d := none.Decide(request(record(t, report(""))))
	if d.Outcome != agreement.Refuse || d.Reason != "NO_AGREEMENT" || d.Record != nil || len(d.Withheld) != 7 {
		t.Errorf("got %s %s, record %v, %d withheld", d.Outcome, d.Reason, d.Record, len(d.Withheld))
	}
	if err := none.InForce(at("2026-05-01T00:00:00Z"), nil, verify()); reasonOf(err) != "NO_AGREEMENT" {
		t.Errorf("InForce: %v", err)
	}
}

func TestInForceNeedsBothSignaturesOverTheseBytes(t *testing.T) {
	ca, us := newSigner(t, "ca.cbsa"), newSigner(t, "us.cbp")
	filled, err := agreement.FillKeys([]byte(demoFile(t)), map[string]string{"ca.cbsa": ca.thumbprint(), "us.cbp": us.thumbprint()})
	if err != nil {
		t.Fatal(err)
	}
	a := parse(t, string(filled))
	other := append([]byte("# changed\n"), filled...)
	noon := at("2026-05-01T12:00:00Z")
	for _, c := range []struct {
		name   string
		sigs   []agreement.Signature
		at     time.Time
		reason string
	}{
		{"both", []agreement.Signature{ca.sign(filled), us.sign(filled)}, noon, ""},
		{"one missing", []agreement.Signature{ca.sign(filled)}, noon, "SIGNATURE_INVALID"},
		{"one twice", []agreement.Signature{ca.sign(filled), ca.sign(filled)}, noon, "SIGNATURE_INVALID"},
		{"over other bytes", []agreement.Signature{ca.sign(filled), us.sign(other)}, noon, "SIGNATURE_INVALID"},
		{"by another's key", []agreement.Signature{ca.sign(filled), {Agency: "us.cbp", JWS: ca.sign(filled).JWS}}, noon, "SIGNATURE_INVALID"},
		{"too early", []agreement.Signature{ca.sign(filled), us.sign(filled)}, at("2025-12-31T23:59:59Z"), "NOT_IN_FORCE"},
		{"last second", []agreement.Signature{ca.sign(filled), us.sign(filled)}, at("2030-12-31T23:59:59Z"), ""},
		{"too late", []agreement.Signature{ca.sign(filled), us.sign(filled)}, at("2031-01-01T00:00:00Z"), "NOT_IN_FORCE"},
	} {
		if got := reasonOf(a.InForce(c.at, c.sigs, verify(ca, us))); got != c.reason {
			t.Errorf("%s: reason %q, want %q", c.name, got, c.reason)
		}
	}
	draft := parse(t, demoFile(t))
	if got := reasonOf(draft.InForce(noon, []agreement.Signature{ca.sign(draft.Bytes()), us.sign(draft.Bytes())}, verify(ca, us))); got != "SIGNATURE_INVALID" {
		t.Errorf("a draft without keys: %q", got)
	}
}

// TestWithheldValueChangesNothing mutates every value that is not shared, in records of every class, and looks for a change in what would be sealed.
func TestWithheldValueChangesNothing(t *testing.T) {
	a := parse(t, demoFile(t))
	rapid.Check(t, func(t *rapid.T) {
		for _, class := range []string{"cargo.report", "conveyance.report", "exam.result", "seal.event", "status.notice"} {
			r := cargotest.Record(class).Draw(t, class)
			q := request(r)
			q.Purpose = ""
			before := a.Decide(q)
			if before.Outcome == agreement.Refuse {
				continue
			}
			withheld := map[string]bool{}
			for _, instance := range before.Withheld {
				withheld[instance] = true
			}
			mutant := cargo.Filter(r, func(l cargo.Leaf) (string, bool) {
				if withheld[l.Instance] && !steers(string(l.Element.Path)) {
					return cargotest.Value(l.Element).Draw(t, "other value"), true
				}
				return l.Value, true
			})
			q.Record = mutant
			after := a.Decide(q)
			if !cargo.Equal(before.Record, after.Record) {
				t.Fatalf("a withheld value shows:\n%s\n%s", before.Record.Canonical(), after.Record.Canonical())
			}
		}
	})
}

// steers names what is withheld and still decides: whether a party is a natural person, and caveats.
func steers(path string) bool {
	return strings.HasSuffix(path, ".id[]") || strings.HasSuffix(path, ".naturalPerson") || strings.HasSuffix(path, "caveat[]") ||
		strings.HasSuffix(path, "carrier.code")
}

// TestWithholdIsMonotone adds any withholding to an agreement: nothing new is shared.
func TestWithholdIsMonotone(t *testing.T) {
	base := head + article("1", list("share", "header", "consignment[].reference.**", "consignment[].goods[].**", "equipment[].**"))
	wide := parse(t, base)
	var paths []string
	for e := range cargo.Dictionary().Leaves() {
		paths = append(paths, string(e.Path))
	}
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(t, "path")
		narrow, issues := agreement.Parse([]byte(base + "    withhold: [\"" + path + "\"]\n"))
		if narrow == nil {
			t.Fatalf("%s: %v", path, issues)
		}
		q := request(cargotest.Record("cargo.report").Draw(t, "record"))
		shared := instances(wide.Decide(q))
		for instance := range instances(narrow.Decide(q)) {
			if !shared[instance] {
				t.Fatalf("withholding %s shares %s", path, instance)
			}
		}
	})
}

// instances are what a decision lets through.
func instances(d agreement.Decision) map[string]bool {
	out := map[string]bool{}
	for _, e := range d.Elements {
		if e.Verdict != agreement.Withhold {
			out[e.Instance] = true
		}
	}
	return out
}

func TestVersionsMeetAtMidnight(t *testing.T) {
	v1 := parse(t, strings.Replace(head, "until: 2026-12-31", "until: 2026-06-30", 1)+article("1", list("share", "header", "consignment[].reference.scn")))
	v2 := parse(t, strings.NewReplacer("version: 1", "version: 2", "from: 2026-01-01", "from: 2026-07-01").Replace(head)+article("1", list("share", "header", "consignment[].quantity")))
	set := []*agreement.Agreement{v1, v2}
	for _, c := range []struct {
		at      string
		version int
	}{{"2026-06-30T23:59:59Z", 1}, {"2026-07-01T00:00:00Z", 2}} {
		q := request(record(t, report(`"quantity":12`)))
		q.At = at(c.at)
		d := agreement.Select(set, "us.cbp", "ca.cbsa", q.At).Decide(q)
		again := agreement.Select(set, "us.cbp", "ca.cbsa", q.At).Decide(q)
		if d.Agreement.Version != c.version || d.Outcome != agreement.Share {
			t.Errorf("%s: version %d %s %s", c.at, d.Agreement.Version, d.Outcome, d.Reason)
		}
		if diff := cmp.Diff(d.Elements, again.Elements); diff != "" {
			t.Errorf("%s: a second decision differs:\n%s", c.at, diff)
		}
	}
	if agreement.Select(set, "us.cbp", "ca.cbsa", at("2027-01-01T00:00:00Z")) != nil {
		t.Error("an agreement outlives its dates")
	}
}

func TestSuspendedSharesNothing(t *testing.T) {
	a := parse(t, head+article("1", list("share", "header", "consignment[].reference.scn")))
	q := request(record(t, report("")))
	q.Suspended = true
	if d := a.Decide(q); d.Reason != "SUSPENDED" || d.Record != nil {
		t.Errorf("suspended: %s", d.Reason)
	}
	q.Suspended, q.Violated = false, true
	if d := a.Decide(q); d.Reason != "ASSURANCE_VIOLATED" || d.Record != nil {
		t.Errorf("violated: %s", d.Reason)
	}
}

func TestThirdPartyNeedsConsent(t *testing.T) {
	other := strings.NewReplacer("ca.cbsa", "mx.anam", "country: CA", "country: MX").Replace(head)
	a := parse(t, other+article("1", list("share", "header", "consignment[].reference.scn")))
	q := request(record(t, strings.Replace(report(""), `"us.cbp"`, `"ca.cbsa"`, 1)))
	q.To = "mx.anam"
	if d := a.Decide(q); d.Reason != "THIRD_PARTY_RULE" {
		t.Errorf("without consent: %s %s", d.Outcome, d.Reason)
	}
	q.Consent = true
	if d := a.Decide(q); d.Outcome != agreement.Share {
		t.Errorf("with consent: %s %s", d.Outcome, d.Reason)
	}
}

func TestPersonGetsTheSamePseudonymOnBothSides(t *testing.T) {
	a := parse(t, head+article("1", list("share", "header", "consignment[].reference.scn", "consignment[].consignee.name", "consignment[].shipper.name")))
	r := record(t, report(`"consignee":{"name":"Jane  Doe"},"shipper":{"name":"JANE DOE"}`))
	key := []byte("key of both sides")
	decide := func(f func(path, value string) string) *cargo.Record {
		q := request(r)
		q.Pseudonym = f
		return a.Decide(q).Record
	}
	here := decide(agreement.NewPseudonym(key, "CA-US-TEST", 2026))
	there := decide(agreement.NewPseudonym(key, "CA-US-TEST", 2026))
	name := here.Consignment[0].Consignee.Name
	if name == "Jane  Doe" || !strings.HasPrefix(name, "PSN-") || name != there.Consignment[0].Consignee.Name || name != here.Consignment[0].Shipper.Name {
		t.Errorf("pseudonyms %q, %q, %q", name, there.Consignment[0].Consignee.Name, here.Consignment[0].Shipper.Name)
	}
	for label, f := range map[string]func(path, value string) string{
		"another agreement": agreement.NewPseudonym(key, "CA-US-OTHER", 2026), "another year": agreement.NewPseudonym(key, "CA-US-TEST", 2027),
		"another key": agreement.NewPseudonym([]byte("x"), "CA-US-TEST", 2026),
	} {
		if decide(f).Consignment[0].Consignee.Name == name {
			t.Errorf("%s gives the same pseudonym", label)
		}
	}
}

func TestRetentionEnds(t *testing.T) {
	since := at("2026-05-01T12:00:00Z")
	if err := agreement.Retained("P1Y2M1W3D", since, at("2027-07-11T11:59:59Z")); err != nil {
		t.Error(err)
	}
	if err := agreement.Retained("P1Y2M1W3D", since, at("2027-07-11T12:00:00Z")); reasonOf(err) != "RETENTION_EXPIRED" {
		t.Errorf("after the end: %v", err)
	}
	if err := agreement.Retained("", since, at("2090-01-01T00:00:00Z")); err != nil {
		t.Error(err)
	}
}

// TestOrderAndCommentsDoNotDecide writes one agreement in two orders: the bytes and their digest differ, the meaning does not.
func TestOrderAndCommentsDoNotDecide(t *testing.T) {
	one := parse(t, head+article("1", list("share", "header", "consignment[].reference.scn"), list("withhold", "consignment[].quantity")))
	lines := strings.Split(strings.TrimSpace(head), "\n")
	two := parse(t, "# another order\n"+strings.Join(append(slices.Clone(lines[2:len(lines)-1]), lines[1], lines[0]), "\n")+"\narticles:\n"+
		"  - withhold: [\"consignment[].quantity\"] # first\n    share: [\"consignment[].reference.scn\", header]\n    retention: P1Y\n"+
		"    classes: [cargo.report]\n    direction: both\n    purpose: risk-assessment\n    id: \"1\"\n")
	if one.Hash == two.Hash {
		t.Error("two files with one digest")
	}
	if changes := agreement.Diff(one, two); len(changes) != 0 {
		t.Errorf("the meaning differs: %v", changes)
	}
}
