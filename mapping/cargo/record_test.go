package cargo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

// holed is a record as code may leave it: nil and empty places among the full ones.
func holed() *cargo.Record {
	return &cargo.Record{
		Class:      "cargo.report",
		Caveat:     []string{"", "LES", "", "TSI"},
		Conveyance: &cargo.Conveyance{Departure: &cargo.Departure{Place: &cargo.Place{Address: &cargo.Address{}}}},
		Consignment: []*cargo.Consignment{
			nil,
			{Goods: []*cargo.Goods{{Dangerous: []*cargo.Dangerous{{}}}}},
			{Reference: &cargo.ConsignmentReference{SCN: "PBXX1"}, Goods: []*cargo.Goods{{}, {Description: "A<&>\u2028\"\\\n\x7f"}}},
		},
	}
}

func TestCanonicalDropsHoles(t *testing.T) {
	want := `{"class":"cargo.report","caveat":["LES","TSI"],"consignment":[{"reference":{"scn":"PBXX1"},` +
		`"goods":[{"description":"A<&>` + "\u2028" + `\"\\\n` + "\x7f" + `"}]}]}`
	if diff := cmp.Diff(want, string(holed().Canonical())); diff != "" {
		t.Errorf("canonical (-want +got):\n%s", diff)
	}
	if got := string((&cargo.Record{}).Canonical()); got != "{}" {
		t.Errorf("empty record: %s", got)
	}
	if got := (*cargo.Record)(nil).Canonical(); got != nil {
		t.Errorf("no record: %s", got)
	}
}

func TestWalkDropsHoles(t *testing.T) {
	var got []string
	err := cargo.Walk(holed(), func(l cargo.Leaf) error {
		got = append(got, l.Instance+" "+l.Pointer)
		return nil
	})
	want := []string{
		"class /class", "caveat[0] /caveat/0", "caveat[1] /caveat/1",
		"consignment[0].reference.scn /consignment/0/reference/scn", "consignment[0].goods[0].description /consignment/0/goods/0/description",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, walk (-want +got):\n%s", err, diff)
	}
}

func TestWalkStops(t *testing.T) {
	stop, n := errors.New("stop"), 0
	for last := 1; last <= 5; last++ {
		n = 0
		err := cargo.Walk(holed(), func(cargo.Leaf) error {
			if n++; n == last {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || n != last {
			t.Errorf("stopped at %d: %v", n, err)
		}
	}
	if err := cargo.Walk(nil, nil); err != nil {
		t.Error(err)
	}
}

func leaves(r *cargo.Record) []cargo.Leaf {
	var out []cargo.Leaf
	_ = cargo.Walk(r, func(l cargo.Leaf) error { // the function returns no error
		out = append(out, l)
		return nil
	})
	return out
}

func TestInstances(t *testing.T) {
	r := holed()
	for path, want := range map[cargo.Path]string{
		"class": "class", "caveat[]": "caveat[0] caveat[1]", "consignment[].goods[].description": "consignment[0].goods[0].description",
		"consignment[]":           "consignment[0].reference.scn consignment[0].goods[0].description",
		"consignment[].reference": "consignment[0].reference.scn", "exam": "", "nonsense": "", "conveyance": "",
	} {
		var got []string
		for _, l := range r.Instances(path) {
			got = append(got, l.Instance)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// TestLawsOfRecords states what holds for every record.
func TestLawsOfRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := cargotest.Record().Draw(t, "record")
		bytes := r.Canonical()

		parsed, fs, err := cargo.Parse(bytes)
		if err != nil || len(fs) > 0 {
			t.Fatalf("own bytes are refused: %v %+v", err, fs)
		}
		if !cargo.Equal(r, parsed) || string(parsed.Canonical()) != string(bytes) {
			t.Fatalf("reading and writing is not the identity:\n%s\n%s", bytes, parsed.Canonical())
		}

		var tree any
		d := json.NewDecoder(strings.NewReader(string(bytes)))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			t.Fatalf("not JSON for others: %v", err)
		}
		count := countLeaves(tree)
		for _, l := range leaves(r) {
			if got := follow(tree, l.Pointer); got != l.Value {
				t.Fatalf("%s: pointer leads to %q, not %q", l.Pointer, got, l.Value)
			}
			if p, err := cargo.ParseInstance(l.Instance); err != nil || p != l.Element.Path {
				t.Fatalf("%s: %s, %v", l.Instance, p, err)
			}
			count--
		}
		if count != 0 {
			t.Fatalf("walk and bytes differ by %d leaves", count)
		}
	})
}

// follow is the text of the value that an RFC 6901 pointer leads to.
func follow(tree any, pointer string) string {
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := tree.(type) {
		case map[string]any:
			tree = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(v) {
				return "nothing"
			}
			tree = v[i]
		}
	}
	return fmt.Sprint(tree)
}

func countLeaves(tree any) (n int) {
	switch v := tree.(type) {
	case map[string]any:
		for _, m := range v {
			n += countLeaves(m)
		}
	case []any:
		for _, m := range v {
			n += countLeaves(m)
		}
	default:
		n = 1
	}
	return n
}

func TestClone(t *testing.T) {
	r := holed()
	c := r.Clone()
	if !cargo.Equal(r, c) {
		t.Fatal("a clone says something else")
	}
	c.Consignment[0].Goods[0].Description, c.Caveat[0] = "B", "REL"
	if !cargo.Equal(r, holed()) {
		t.Error("a clone shares memory")
	}
	if cargo.Equal(r, c) || cargo.Equal(r, nil) || !cargo.Equal(nil, nil) {
		t.Error("Equal")
	}
}

func TestFilter(t *testing.T) {
	r := holed()
	r.IssuedAt = "2026-11-21T20:33:00Z"
	got := cargo.Filter(r, func(l cargo.Leaf) (string, bool) {
		switch l.Instance {
		case "class":
			return l.Value, true
		case "issuedAt":
			return "some day", true // masked into what is no time
		case "caveat[1]":
			return "PRIV", true
		case "consignment[0].goods[0].description":
			return "XXXX", true
		}
		return l.Value, false
	})
	want := `{"class":"cargo.report","caveat":["PRIV"],"consignment":[{"goods":[{"description":"XXXX"}]}]}`
	if diff := cmp.Diff(want, string(got.Canonical())); diff != "" {
		t.Errorf("filtered (-want +got):\n%s", diff)
	}
}

func TestLawsOfFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := cargotest.Record().Draw(t, "record")
		before := string(r.Canonical())
		var kept, all []string
		f := cargo.Filter(r, func(l cargo.Leaf) (string, bool) {
			all = append(all, l.Instance)
			keep := rapid.Bool().Draw(t, "keep")
			if keep {
				kept = append(kept, string(l.Element.Path)+"="+l.Value)
			}
			return l.Value, keep
		})
		var walked, got []string
		for _, l := range leaves(r) {
			walked = append(walked, l.Instance)
		}
		for _, l := range leaves(f) {
			got = append(got, string(l.Element.Path)+"="+l.Value)
		}
		if diff := cmp.Diff(walked, all); diff != "" {
			t.Fatalf("filter and walk see other leaves:\n%s", diff)
		}
		if diff := cmp.Diff(kept, got); diff != "" {
			t.Fatalf("the copy has not what was kept, in order:\n%s", diff)
		}
		if string(r.Canonical()) != before {
			t.Fatal("the record changed")
		}
	})
}

func TestJSONOfRecord(t *testing.T) {
	type wrapper struct {
		Record *cargo.Record `json:"record"`
	}
	var w wrapper
	if err := json.Unmarshal([]byte(`{"record":{"class":"seal.event","agency":"ca.cbsa"}}`), &w); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(w)
	if want := `{"record":{"class":"seal.event","agency":"ca.cbsa"}}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"record":{"class":"seal.event"}}`), &w); !errors.Is(err, cargo.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

// manifest is a record of n consignments with two goods items each.
func manifest(n int) *cargo.Record {
	r := &cargo.Record{
		ID: "0193a5b2-7c44-7d31-9a55-0c1f6f0f7a10", Class: "cargo.report", Agency: "us.cbp", Mode: "road",
		Conveyance: &cargo.Conveyance{Reference: &cargo.ConveyanceReference{Trip: "PBXX26112101"}},
	}
	for i := range n {
		party := func(name string) *cargo.Party {
			return &cargo.Party{Name: name, Address: &cargo.Address{Line: []string{"1 MAIN ST"}, City: "DETROIT", Country: "US"}}
		}
		id := cargotest.Container(i)
		goods := func(d string) *cargo.Goods {
			return &cargo.Goods{Description: d, Quantity: "12", Weight: &cargo.Measure{Value: "1450.5", Unit: "KGM"}, Equipment: []string{id}}
		}
		r.Consignment = append(r.Consignment, &cargo.Consignment{
			Reference: &cargo.ConsignmentReference{SCN: fmt.Sprintf("PBXX%08d", i)}, Quantity: "24",
			Shipper: party("GREAT LAKES SUPPLY"), Consignee: party("LAKESHORE PARTS"),
			Goods: []*cargo.Goods{goods("MACHINE PARTS"), goods("PAPER, COATED")},
		})
		r.Equipment = append(r.Equipment, &cargo.Equipment{ID: id, Seal: []*cargo.Seal{{Number: "H4471902"}}})
	}
	return r
}

func BenchmarkWalk(b *testing.B) {
	r := manifest(10)
	b.ReportMetric(float64(len(leaves(r))), "leaves")
	b.ReportAllocs()
	for b.Loop() {
		_ = cargo.Walk(r, func(cargo.Leaf) error { return nil })
	}
}

func BenchmarkParse(b *testing.B) {
	text := manifest(10).Canonical()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := cargo.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	r := manifest(10)
	b.SetBytes(int64(len(r.Canonical())))
	b.ReportAllocs()
	for b.Loop() {
		r.Canonical()
	}
}

func BenchmarkRefGet(b *testing.B) {
	r := manifest(10)
	x, err := cargo.CompileRef("consignment[]", "consignee.address.city")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		x.Get(r.Consignment[3])
	}
}
