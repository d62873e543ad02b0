package agreement_test

import (
	"testing"

	"pgregory.net/rapid"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

// anyAgreement draws an agreement of one to three articles with random patterns.
func anyAgreement(t *rapid.T) *agreement.Agreement {
	patterns := []string{
		"header", "consignment[].reference.**", "consignment[].{shipper,consignee}.**", "consignment[].consignee.name", "consignment[].shipper.id[]",
		"consignment[].goods[].**", "equipment[].**", "conveyance.**", "**", "sensitivity:public", "conveyance.person[].**", "**.address.**",
	}
	masks := []string{
		`"consignment[].consignee.name": pseudonym`, `"consignment[].shipper.name": hash`, `"**.shipper.name": full`,
		`"consignment[].{shipper,consignee}.address.postalCode": generalise`, `"consignment[].weight.value": generalise`,
		`"consignment[].reference.bill": redact`, `"conveyance.person[].document[].number": yes-no`, "issuedAt: generalise",
	}
	text := head
	for i := range rapid.IntRange(1, 3).Draw(t, "articles") {
		quoted := func(label string) string {
			out := ""
			for _, p := range rapid.SliceOfNDistinct(rapid.SampledFrom(patterns), 0, 4, rapid.ID).Draw(t, label) {
				out += `"` + p + `", `
			}
			return out
		}
		mask := ""
		for _, m := range rapid.SliceOfNDistinct(rapid.SampledFrom(masks), 0, 3, rapid.ID).Draw(t, "mask") {
			mask += m + ", "
		}
		when := rapid.SampledFrom([]string{"", "when: {mode: [road]}", "when: {hsChapter: [\"84\"]}", "when: {party: [person]}"}).Draw(t, "when")
		text += article(string(rune('1'+i)), "share: ["+quoted("share")+"]", "mask: {"+mask+"}", "withhold: ["+quoted("withhold")+"]", when)
	}
	a, issues := agreement.Parse([]byte(text))
	if a == nil {
		t.Fatalf("%v\n%s", issues, text)
	}
	return a
}

// TestDecideNeverAdds: what goes is part of the record, value by value, but for masks; and the verdicts list each value of the record once.
func TestDecideNeverAdds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, r := anyAgreement(t), cargotest.Record("cargo.report").Draw(t, "record")
		before := r.Clone()
		d := a.Decide(request(r))
		if !cargo.Equal(before, r) {
			t.Fatal("the record was changed")
		}
		whole, masked := count(r), 0
		for _, e := range d.Elements {
			whole[e.Instance]--
			if e.Verdict == agreement.Mask {
				masked++
			}
		}
		for instance, n := range whole {
			if n != 0 {
				t.Fatalf("%s is listed %d times", instance, 1-n)
			}
		}
		there := values(r)
		for value, n := range values(d.Record) {
			masked -= max(0, n-there[value])
		}
		if masked < 0 {
			t.Fatalf("a value is new that no mask explains: %s", d.Record.Canonical())
		}
	})
}

func count(r *cargo.Record) map[string]int {
	out := map[string]int{}
	_ = cargo.Walk(r, func(l cargo.Leaf) error { out[l.Instance]++; return nil })
	return out
}

// TestReceiverAgreesWithSender: deciding again at the receiver, by the same agreement, drops nothing that the sender let through, whenever the facts
// of the conditions crossed; and never lets more through.
func TestReceiverAgreesWithSender(t *testing.T) {
	a := parse(t, head+article("1",
		list("share", "header", "consignment[].reference.**", "equipment[].{id,seal[].number}", "consignment[].shipper.naturalPerson"),
		"mask: {\"consignment[].shipper.name\": pseudonym, \"consignment[].shipper.id[]\": hash, \"consignment[].weight.value\": generalise, \"consignment[].reference.bill\": redact}",
		"when: {mode: [road, rail, marine, air, mail]}"))
	rapid.Check(t, func(t *rapid.T) {
		q := request(cargotest.Record("cargo.report").Draw(t, "record"))
		sent := a.Decide(q)
		if sent.Outcome == agreement.Refuse {
			return
		}
		q.Record, q.Received = sent.Record, true
		got := a.Decide(q)
		if len(got.Withheld) > 0 || !cargo.Equal(got.Record, sent.Record) {
			t.Fatalf("the receiver drops %v\nof %s", got.Withheld, sent.Record.Canonical())
		}
	})
}

// TestStricterOfTwoHolds: what passes sender and receiver, each by its own agreement, is what both let through, and what the receiver drops has its
// own reason.
func TestStricterOfTwoHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := anyAgreement(t), anyAgreement(t)
		q := request(cargotest.Record("cargo.report").Draw(t, "record"))
		sent := ours.Decide(q)
		if sent.Outcome == agreement.Refuse {
			return
		}
		q.Record, q.Received = sent.Record, true
		got := theirs.Decide(q)
		left := values(sent.Record)
		for value, n := range values(got.Record) {
			if left[value] < n {
				t.Fatalf("the receiver has what was not sent: %s", got.Record.Canonical())
			}
		}
		if n, m := len(count(got.Record)), len(instances(got)); n != m {
			t.Fatalf("the receiver keeps %d values and lets %d through", n, m)
		}
		for _, e := range got.Elements {
			if e.Verdict == agreement.Withhold && got.Outcome == agreement.Share && e.Reason != "STRICTER_AT_RECEIVER" {
				t.Fatalf("%s is dropped for %s", e.Instance, e.Reason)
			}
		}
	})
}

// values counts the values of a record by path and value.
func values(r *cargo.Record) map[string]int {
	out := map[string]int{}
	_ = cargo.Walk(r, func(l cargo.Leaf) error { out[string(l.Element.Path)+"="+l.Value]++; return nil })
	return out
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(demoFile(f)))
	f.Add([]byte(head + article("1", list("share", "header", "**.person[].**"), "when: {quota: {messages: 3, per: day}}")))
	f.Add([]byte("a: &x [*x]\n"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, issues := agreement.Parse(b)
		failed := false
		for _, i := range issues {
			failed = failed || i.Severity == agreement.SeverityError
		}
		if failed == (a != nil) {
			t.Fatalf("agreement %v with issues %v", a != nil, issues)
		}
		if a == nil {
			return
		}
		if a.Render(agreement.English) == "" || a.Render(agreement.French) == "" || len(agreement.Diff(a, a)) != 0 {
			t.Fatal("an agreement that cannot be rendered, or differs from itself")
		}
	})
}
