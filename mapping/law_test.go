package mapping

import (
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

func testParams(t testing.TB, rules string) Params {
	t.Helper()
	p := Params{
		At: vectorTime, Control: "1", Usage: "T",
		Sender: edi.Address{Qualifier: "ZZ", ID: "SENDER"}, Receiver: edi.Address{Qualifier: "ZZ", ID: "RECEIVER"},
	}
	if rules != "" {
		var err error
		if p.Rules, err = LoadRules(os.DirFS("../examples/rules/" + rules)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// accounted holds the law of the report: every value of the record stands in exactly one list, or was filled in
// by a rule.
func accounted(t *rapid.T, rec *cargo.Record, rep *Report) {
	count := map[string]int{}
	for _, list := range [][]Entry{rep.Carried, rep.Converted, rep.Cut, rep.Dropped} {
		for _, e := range list {
			count[e.Instance]++
		}
	}
	byRule := map[string]bool{}
	for _, e := range rep.Defaulted {
		byRule[e.Instance] = true
	}
	leaves := 0
	if err := cargo.Walk(rec, func(l cargo.Leaf) error {
		leaves++
		if count[l.Instance] != 1 && !byRule[l.Instance] {
			t.Errorf("%s stands in %d lists", l.Instance, count[l.Instance])
		}
		delete(count, l.Instance)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for in := range count {
		if !byRule[in] {
			t.Errorf("%s is reported and not in the record", in)
		}
	}
}

// TestReportAccountsForEveryValue: whatever record an agency shares, each guide either writes it or says what is
// missing, and accounts for each value.
func TestReportAccountsForEveryValue(t *testing.T) {
	for _, g := range library(t).Guides() {
		if !g.Writes {
			continue
		}
		t.Run(g.Name, func(t *testing.T) {
			p := testParams(t, g.Agency)
			rapid.Check(t, func(t *rapid.T) {
				rec := cargotest.Record(g.accepts...).Draw(t, "record")
				before := string(rec.Canonical())
				out, rep, err := g.Write(rec, p)
				if err != nil {
					t.Fatal(err)
				}
				if (out == nil) != (len(rep.Missing) > 0) {
					t.Errorf("document %v, missing %d", out != nil, len(rep.Missing))
				}
				if string(rec.Canonical()) != before {
					t.Error("the record was changed")
				}
				accounted(t, rec, rep)
			})
		})
	}
}

// seeds are records of a guide's class, read from the samples: those of the guide itself twice.
func seeds(t testing.TB, l *Library, g *Guide) []*cargo.Record {
	t.Helper()
	var out, own []*cargo.Record
	for _, v := range vectors(t) {
		if v.from == JSON {
			if rec := parseRecord(t, v.document); g.unitOf(rec).Class == g.Class {
				out = append(out, rec)
			}
			continue
		}
		b, _, _, err := l.Translate(v.from, JSON, v.document, Params{})
		if err != nil && !errors.Is(err, ErrNotValid) {
			t.Fatalf("%s: %v", v.file, err)
		}
		if err != nil {
			continue
		}
		rec := parseRecord(t, b)
		if g.unitOf(rec).Class != g.Class {
			continue
		}
		if v.from == g.Name {
			own = append(own, rec)
		}
		out = append(out, rec)
	}
	for i := 0; len(own) > 0 && i < len(out); i++ {
		own = append(own, own[i%len(own)])
	}
	return append(out, own...)
}

// vary takes values away, and puts others of the same element in their place.
func vary(t *rapid.T, rec *cargo.Record) *cargo.Record {
	words := rapid.SampledFrom([]string{
		"", "", "", "Acier Érable ltée", "LINE ONE\nLINE TWO", "a*b~c'd+e:f?g", "X",
		"A VERY LONG TEXT THAT DOES NOT FIT INTO ONE LINE OF A MANIFEST AND GOES ON AND ON UNTIL IT IS CUT",
	})
	return cargo.Filter(rec, func(l cargo.Leaf) (string, bool) {
		if l.Element.Path != "class" && rapid.IntRange(0, 19).Draw(t, "drop") == 0 {
			return "", false
		}
		if l.Element.Type == "text" {
			if w := words.Draw(t, "text"); w != "" {
				return w, true
			}
		}
		return l.Value, true
	})
}

// TestWriteReadIsCanonical: what a guide writes, it reads, and writes again byte for byte; and what it says it
// carried is there.
func TestWriteReadIsCanonical(t *testing.T) {
	l := library(t)
	for _, g := range l.Guides() {
		if !g.Writes || !g.Reads {
			continue
		}
		t.Run(g.Name, func(t *testing.T) {
			p := testParams(t, g.Agency)
			all := seeds(t, l, g)
			written := 0
			for _, rec := range all { // as they are: what varies may lack something by chance
				if out, _, err := g.Write(g.unitOf(rec), p); err == nil && out != nil {
					written++
				}
			}
			rapid.Check(t, func(t *rapid.T) {
				rec := g.unitOf(vary(t, rapid.SampledFrom(all).Draw(t, "seed")))
				out, rep, err := g.Write(rec, p)
				if err != nil {
					t.Fatal(err)
				}
				accounted(t, rec, rep)
				if out == nil {
					return
				}
				written++
				again, _, findings, err := l.Translate(g.Name, g.Name, out, p)
				if errors.Is(err, ErrSeveral) {
					return // a message for each consignment
				}
				if err != nil {
					t.Fatalf("%v %v\n%s", err, findings, out)
				}
				if string(again) != string(out) {
					t.Errorf("written\n%s\nread and written again\n%s", segmentLines(out), segmentLines(again))
				}
				carriedOver(t, l, g, rec, rep, out)
			})
			if written == 0 {
				t.Error("nothing could be written")
			}
		})
	}
}

// carriedOver: read(write(r)) = r restricted to what the report calls carried.
func carriedOver(t *rapid.T, l *Library, g *Guide, rec *cargo.Record, rep *Report, out []byte) {
	back, _, _, err := l.Translate(g.Name, JSON, out, Params{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := cargo.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	have := map[cargo.Path]map[string]int{}
	_ = cargo.Walk(got, func(leaf cargo.Leaf) error {
		if have[leaf.Element.Path] == nil {
			have[leaf.Element.Path] = map[string]int{}
		}
		have[leaf.Element.Path][leaf.Value]++
		return nil
	})
	carried := map[string]bool{}
	for _, e := range rep.Carried {
		carried[e.Instance] = true
	}
	_ = cargo.Walk(rec, func(leaf cargo.Leaf) error {
		if carried[leaf.Instance] && have[leaf.Element.Path][leaf.Value] == 0 && g.Binds(leaf.Element.Path, false) {
			t.Errorf("%s was carried, and is not in what was read back\n%s", leaf.Instance, out)
		}
		return nil
	})
}
