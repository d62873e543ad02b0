package agreement_test

import (
	"encoding/json"
	"strings"
	"testing"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
	"peacebridge/mapping/cargo/cargotest"
)

// everything is a record with one value at every element that its class may carry. Draw n gives other values than draw n+1.
func everything(t *testing.T, class string, n int) *cargo.Record {
	t.Helper()
	root := map[string]any{}
	i := 0
	for e := range cargo.Dictionary().Leaves() {
		if i++; !e.In(class) {
			continue
		}
		put(root, strings.Split(string(e.Path), "."), value(e, n*10_000+i))
	}
	root["class"], root["agency"], root["mode"] = class, "us.cbp", "road"
	root["caveat"] = []any{"ORCON"}
	if exam, found := root["exam"].(map[string]any); found {
		exam["caveat"] = []any{"ORCON"}
	}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	r, findings, err := cargo.Parse(b)
	if r == nil {
		t.Fatalf("%v %.500v", err, findings)
	}
	return r
}

func value(e *cargo.Element, seed int) any {
	v := cargotest.Value(e).Example(seed)
	switch e.Type {
	case "int", "decimal":
		return json.Number(v)
	case "bool":
		return v == "true"
	}
	return v
}

func put(group map[string]any, steps []string, v any) {
	name, repeats := strings.CutSuffix(steps[0], "[]")
	switch {
	case len(steps) == 1 && repeats:
		group[name] = []any{v}
	case len(steps) == 1:
		group[name] = v
	case repeats:
		if group[name] == nil {
			group[name] = []any{map[string]any{}}
		}
		put(group[name].([]any)[0].(map[string]any), steps[1:], v)
	default:
		if group[name] == nil {
			group[name] = map[string]any{}
		}
		put(group[name].(map[string]any), steps[1:], v)
	}
}

// TestWithheldElementIsNowhere takes, for every class of the demo agreement, a record with a value at every element that the class may carry, changes one
// withheld element after the other, and finds each time the very bytes that were shared before (section 7, test 3).
func TestWithheldElementIsNowhere(t *testing.T) {
	a := parse(t, demoFile(t))
	for _, class := range []string{"cargo.report", "conveyance.report", "exam.result", "seal.event", "status.notice", "movement.event"} {
		one, two := everything(t, class, 1), everything(t, class, 2)
		other := map[string]string{}
		_ = cargo.Walk(two, func(l cargo.Leaf) error { other[l.Instance] = l.Value; return nil })
		q := request(one)
		q.Purpose = ""
		before := a.Decide(q)
		if before.Outcome != agreement.Share {
			t.Fatalf("%s: %s", class, before.Reason)
		}
		shared := string(before.Record.Canonical())
		for _, instance := range before.Withheld {
			path, err := cargo.ParseInstance(instance)
			if err != nil {
				t.Fatal(err)
			}
			if steers(string(path)) {
				continue
			}
			q.Record = cargo.Filter(one, func(l cargo.Leaf) (string, bool) {
				if l.Instance == instance {
					return other[instance], true
				}
				return l.Value, true
			})
			after := a.Decide(q)
			if got := string(after.Record.Canonical()); got != shared {
				t.Errorf("%s: changing %s shows in what is shared", class, instance)
			}
		}
		if len(before.Withheld) < 5 {
			t.Errorf("%s: only %d elements are withheld: the record is too thin", class, len(before.Withheld))
		}
	}
}
