package cargo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

// counter gives identifiers that a person can tell apart.
func counter() func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprintf("00000000-0000-7000-8000-%012d", n)
	}
}

// TestSplit holds the units of testdata/split: message.json is the record of a message, the others its units in order.
func TestSplit(t *testing.T) {
	files, err := filepath.Glob("testdata/split/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			must(t, err)
			r, fs, err := cargo.Parse(archive.Files[0].Data)
			if err != nil || len(fs) > 0 {
				t.Fatal(err, fs)
			}
			got := &txtar.Archive{Comment: archive.Comment, Files: archive.Files[:1:1]}
			for i, u := range cargo.Split(r, counter()) {
				name := fmt.Sprintf("%d.%s.json", i+1, u.Class)
				got.Files = append(got.Files, txtar.File{Name: name, Data: append(u.Canonical(), '\n')})
			}
			if update() {
				must(t, os.WriteFile(file, txtar.Format(got), 0o644))
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("units (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitKeepsTheRecord(t *testing.T) {
	r := manifest(2)
	before := string(r.Canonical())
	units := cargo.Split(r, counter())
	units[0].Consignment[0].Goods[0].Description = "CHANGED"
	units[2].Conveyance.Reference.Trip = "CHANGED"
	if string(r.Canonical()) != before {
		t.Error("a unit shares memory with the record")
	}
	if cargo.Split(nil, counter()) != nil {
		t.Error("units of nothing")
	}
}

// TestSplitByNumbers relates equipment to consignments by the numbers that it names, as a consist does.
func TestSplitByNumbers(t *testing.T) {
	r := manifest(3)
	for i, e := range r.Equipment {
		r.Consignment[i].Goods = nil
		e.Consignment = []string{r.Consignment[2-i].Reference.SCN, "NOBODY"}
	}
	for i, u := range cargo.Split(r, counter())[:3] {
		if len(u.Equipment) != 1 || u.Equipment[0].ID != r.Equipment[2-i].ID || u.Equipment[0].Consignment != nil {
			t.Errorf("unit %d: %s", i, u.Canonical())
		}
	}
}

// TestSplitDoesNotMultiply gives a record in which every consignment could take all equipment.
func TestSplitDoesNotMultiply(t *testing.T) {
	r := &cargo.Record{Class: cargo.CargoReport, Agency: "ca.cbsa", Mode: "marine"}
	for i := range 1000 {
		r.Consignment = append(r.Consignment, &cargo.Consignment{Quantity: "1"})
		r.Equipment = append(r.Equipment, &cargo.Equipment{ID: cargotest.Container(i)})
	}
	r.Consignment[7].Goods = []*cargo.Goods{{Equipment: []string{cargotest.Container(7), "", cargotest.Container(7)}}}
	units := cargo.Split(r, counter())
	if len(units) != 1001 || len(units[3].Equipment) != 0 || len(units[7].Equipment) != 1 || len(units[1000].Equipment) != 999 {
		t.Errorf("%d units", len(units))
	}
	r.Conveyance = &cargo.Conveyance{Reference: &cargo.ConveyanceReference{Voyage: "1"}}
	units = cargo.Split(r, counter())
	if len(units) != 1001 || len(units[1000].Equipment) != 1000 || units[1000].Class != cargo.ConveyanceReport {
		t.Errorf("%d units with a trip", len(units))
	}
}

// TestLawsOfSplit: units are valid records of their class, nothing appears that was not there, and nothing that any unit may carry is lost.
func TestLawsOfSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := cargotest.Record("cargo.report", "conveyance.report", "exam.result").Draw(t, "record")
		source := map[string]bool{}
		for _, l := range leaves(r) {
			source[fact(l)] = true
		}
		found := map[string]bool{}
		ids := map[string]bool{}
		for _, u := range cargo.Split(r, counter()) {
			if ids[u.ID] || u.ID == "" {
				t.Fatalf("identifier %q", u.ID)
			}
			ids[u.ID] = true
			if r.Class == cargo.CargoReport && u.Class == r.Class && len(u.Consignment) > 1 {
				t.Fatalf("%d consignments in a cargo report", len(u.Consignment))
			}
			if fs := u.Check(); !cargo.Valid(fs) {
				t.Fatalf("unit is not valid: %+v\n%s", fs[0], u.Canonical())
			}
			for _, l := range leaves(u) {
				if !source[fact(l)] && l.Element.Path != "id" && l.Element.Path != "class" {
					t.Fatalf("%s appeared", l.Instance)
				}
				found[fact(l)] = true
			}
		}
		for _, l := range leaves(r) {
			if !found[fact(l)] && !mayGo(l) {
				t.Fatalf("%s is in no unit", l.Instance)
			}
		}
	})
}

func fact(l cargo.Leaf) string { return string(l.Element.Path) + "=" + l.Value }

// mayGo reports whether no unit needs to have the leaf: the message's own identifier and class. The header repeats,
// and equipment is in some unit, so nothing else may go.
func mayGo(l cargo.Leaf) bool { return l.Element.Path == "id" || l.Element.Path == "class" }
