package cargo_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

func mustRef(t testing.TB, context cargo.Path, rel string) *cargo.Ref {
	t.Helper()
	x, err := cargo.CompileRef(context, rel)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestCompileRefRefuses(t *testing.T) {
	for _, tt := range [][2]string{
		{"", ""},
		{"", "consignment"},
		{"", "consignment[].colour"},
		{"consignment[]", ""},
		{"consignment[]", "consignment[].quantity"},
		{"mode", "x"},
		{"nonsense", "x"},
		{"consignment[]", "reference."},
		{"consignment[]", ".reference"},
		{"", "consignment[].quantity.value"},
	} {
		if _, err := cargo.CompileRef(cargo.Path(tt[0]), tt[1]); !errors.Is(err, cargo.ErrUnknownPath) {
			t.Errorf("%q %q: %v", tt[0], tt[1], err)
		}
	}
}

func TestRefFills(t *testing.T) {
	r := &cargo.Record{}
	consignments := mustRef(t, "", "consignment[]")
	name := mustRef(t, "consignment[]", "shipper.name")
	ids := mustRef(t, "consignment[]", "shipper.id[]")
	class := mustRef(t, "consignment[].goods[]", "dangerous[].class")
	dangerous := mustRef(t, "consignment[].goods[]", "dangerous[]")
	goods := mustRef(t, "consignment[]", "goods[]")

	first, err := consignments.Append(r)
	must(t, err)
	must(t, name.Set(first, "ACME"))
	must(t, ids.AppendValue(first, "duns:1"))
	must(t, ids.AppendValue(first, "scac:PBXX"))
	item, err := goods.Append(first)
	must(t, err)
	must(t, class.Set(item, "3")) // makes the first of dangerous[]
	must(t, class.Set(item, "8")) // and goes on filling it
	_, err = dangerous.Append(item)
	must(t, err)
	must(t, class.Set(item, "9")) // now the second

	second, err := consignments.Append(r)
	must(t, err)
	must(t, name.Set(second, "BETA"))
	must(t, name.Set(first, "ALPHA")) // a group stays good while its list grows
	must(t, name.Set(second, ""))     // and the empty value takes away

	want := `{"consignment":[{"shipper":{"name":"ALPHA","id":["duns:1","scac:PBXX"]},"goods":[{"dangerous":[{"class":"8"},{"class":"9"}]}]}]}`
	if diff := cmp.Diff(want, string(r.Canonical())); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}

	if v, ok := name.Get(first); v != "ALPHA" || !ok {
		t.Errorf("Get: %q %v", v, ok)
	}
	if v, ok := name.Get(second); v != "" || ok {
		t.Errorf("Get of what is not there: %q %v", v, ok)
	}
	all := mustRef(t, "", "consignment[].goods[].dangerous[].class")
	if diff := cmp.Diff([]string{"8", "9"}, all.Values(r)); diff != "" {
		t.Error(diff)
	}
	if v, _ := all.Get(r); v != "8" {
		t.Errorf("Get through lists: %q", v)
	}
	if n := len(mustRef(t, "", "consignment[].goods[].dangerous[]").Items(r)); n != 2 {
		t.Errorf("%d items", n)
	}
	if n := len(mustRef(t, "", "consignment[].shipper").Items(r)); n != 2 {
		t.Errorf("%d shippers", n)
	}
}

func TestRefRefuses(t *testing.T) {
	r := &cargo.Record{}
	quantity := mustRef(t, "consignment[]", "quantity")
	if err := quantity.Set(r, "1"); !errors.Is(err, cargo.ErrWrongGroup) {
		t.Errorf("another group: %v", err)
	}
	if err := quantity.Set(nil, "1"); !errors.Is(err, cargo.ErrWrongGroup) {
		t.Errorf("no group: %v", err)
	}
	if v, ok := quantity.Get(r); v != "" || ok || quantity.Values(r) != nil || quantity.Items(nil) != nil {
		t.Errorf("read from another group: %q", v)
	}
	err := quantity.Set(&cargo.Consignment{}, "secret")
	wrong, ok := errors.AsType[*cargo.ValueError](err)
	if !ok || wrong.Path != "consignment[].quantity" || strings.Contains(err.Error(), "secret") {
		t.Errorf("wrong value: %v", err)
	}
	for what, err := range map[string]error{
		"set a list":              mustRef(t, "", "caveat[]").Set(r, "LES"),
		"set a group":             mustRef(t, "", "exam").Set(r, "LES"),
		"append to a value":       mustRef(t, "", "mode").AppendValue(r, "rail"),
		"append a value as group": second(mustRef(t, "", "mode").Append(r)),
	} {
		if !errors.Is(err, cargo.ErrWrongUse) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, mustRef(t, "", "exam.facility.id").Set(r, "")) // taking away makes nothing
	must(t, mustRef(t, "", "consignment[].shipper.name").Set(r, ""))
	if r.Exam != nil || r.Consignment != nil {
		t.Error("taking away made a group")
	}
}

// TestRefCopiesRecords rebuilds records through refs alone, as a guide would.
func TestRefCopiesRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := cargotest.Record().Draw(t, "record")
		out := &cargo.Record{}
		copyGroup(t, "", r, out)
		if !cargo.Equal(r, out) {
			t.Fatalf("copy differs:\n%s\n%s", r.Canonical(), out.Canonical())
		}
	})
}

func copyGroup(t *rapid.T, p cargo.Path, from, to cargo.Group) {
	for _, e := range cargo.Dictionary().Members(p) {
		rel := strings.TrimPrefix(strings.TrimPrefix(string(e.Path), string(p)), ".")
		x, err := cargo.CompileRef(p, rel)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x.Values(from) {
			if e.Repeat {
				err = x.AppendValue(to, v)
			} else {
				err = x.Set(to, v)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, sub := range x.Items(from) {
			copied, err := x.Append(to)
			if err != nil {
				t.Fatal(err)
			}
			copyGroup(t, e.Path, sub, copied)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second(_ cargo.Group, err error) error { return err }
