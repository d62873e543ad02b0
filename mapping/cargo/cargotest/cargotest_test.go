package cargotest_test

import (
	"testing"

	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

func TestRecordsAreValid(t *testing.T) {
	for _, class := range cargo.Dictionary().Classes() {
		t.Run(class, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				r := cargotest.Record(class).Draw(t, "record")
				if r.Class != class {
					t.Fatalf("class %s", r.Class)
				}
				if fs := r.Check(); len(fs) > 0 {
					t.Fatalf("finding %+v", fs[0])
				}
			})
		})
	}
}

func TestValuesAreCanonical(t *testing.T) {
	for e := range cargo.Dictionary().Leaves() {
		g := cargotest.Value(e)
		for seed := range 5 {
			v := g.Example(seed)
			if got, err := e.Normalise(v); err != nil || got != v {
				t.Errorf("%s: %q became %q, %v", e.Path, v, got, err)
			}
		}
	}
}

func TestContainersHaveRightDigits(t *testing.T) {
	for serial := range 2000 {
		if ok, iso := cargo.CheckDigit(cargotest.Container(serial)); !ok || !iso {
			t.Fatalf("serial %d: %s", serial, cargotest.Container(serial))
		}
	}
}
