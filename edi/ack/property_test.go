package ack_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

var policies = map[string]ack.Policy{
	"usual":  {},
	"noting": {Syntax: ack.Noted, Envelope: ack.Noted, Directory: ack.Noted, Condition: ack.Noted, Code: ack.Noted, Guide: ack.Noted, Warning: ack.Noted},
	"whole":  {Whole: true},
}

// answers writes every kind of acknowledgement of a document: each is without findings, and none is answered itself.
func answers(t testing.TB, name string, doc []byte) {
	res := result(t, doc)
	for _, kind := range kinds {
		for policy, p := range policies {
			for _, o := range []ack.Options{{Control: "41"}, {OnlyBad: true, Every: true, Use999: true}} {
				o.Type, o.At, o.Policy = kind, at, p
				var out bytes.Buffer
				err := ack.Write(&out, res, o)
				if errors.Is(err, ack.ErrNone) {
					if out.Len() > 0 {
						t.Errorf("%s: %s: nothing to say, and wrote %q", name, kind, out.Bytes())
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %s: %v\n%q", name, kind, err, doc)
					continue
				}
				label := name + ": " + kind.String() + ", " + policy
				answer := valid(t, label, out.Bytes())
				var again bytes.Buffer
				if err := ack.Write(&again, answer, ack.Options{At: at}); !errors.Is(err, ack.ErrNone) {
					t.Errorf("%s: an acknowledgement was answered: %v\n%s", label, err, again.String())
				}
			}
		}
	}
	advises(t, name, res)
}

// advises writes advice about every message of a document.
func advises(t testing.TB, name string, res *edi.Result) {
	var advice []ack.Advice
	for _, i := range res.Interchanges {
		for _, g := range i.Groups {
			for _, m := range g.Messages {
				a := ack.Advice{Message: m}
				for _, f := range m.Findings {
					a.Findings = append(a.Findings, ack.ApplicationFinding{Text: f.Message, Tag: f.Tag, Position: f.Position, Element: f.Element})
				}
				advice = append(advice, a)
			}
		}
	}
	var out bytes.Buffer
	err := ack.WriteAdvice(&out, res, advice, ack.Options{At: at})
	if errors.Is(err, ack.ErrNone) {
		return
	}
	if err != nil {
		t.Errorf("%s: advice: %v", name, err)
		return
	}
	valid(t, name+": advice", out.Bytes())
}

// TestWrittenIsValid answers every vector and every file of the corpus.
func TestWrittenIsValid(t *testing.T) {
	for name, doc := range documents(t) {
		answers(t, name, doc)
	}
	for name, doc := range corpus(t) {
		answers(t, name, doc)
	}
}

// TestBrokenIsAnsweredValidly breaks documents in ways that people do and in ways that only machines do. Whatever
// remains, its acknowledgement is without findings.
func TestBrokenIsAnsweredValidly(t *testing.T) {
	all := documents(t)
	maps.Copy(all, corpus(t))
	names := slices.Sorted(maps.Keys(all))
	names = slices.DeleteFunc(names, func(n string) bool { return len(all[n]) > 4000 })
	rapid.Check(t, func(rt *rapid.T) {
		doc := bytes.Clone(all[rapid.SampledFrom(names).Draw(rt, "name")])
		for range rapid.IntRange(1, 6).Draw(rt, "changes") {
			doc = broken(rt, doc)
		}
		c := &collector{TB: t}
		answers(c, "broken", doc)
		if len(c.errors) > 0 {
			rt.Fatalf("%s\n%q", c.errors[0], doc)
		}
	})
}

// broken changes a document in one place.
func broken(rt *rapid.T, doc []byte) []byte {
	if len(doc) == 0 {
		return doc
	}
	separators := []byte("*~+':>^")
	at := rapid.IntRange(0, len(doc)-1).Draw(rt, "at")
	if rapid.Bool().Draw(rt, "header") { // headers matter most
		at = rapid.IntRange(0, min(len(doc)-1, 220)).Draw(rt, "near")
	}
	end := at
	for end < len(doc) && !bytes.ContainsRune(separators, rune(doc[end])) {
		end++
	}
	switch rapid.IntRange(0, 6).Draw(rt, "how") {
	case 0: // another byte
		doc[at] = rapid.Byte().Draw(rt, "byte")
	case 1: // a value emptied
		return append(doc[:at:at], doc[end:]...)
	case 2: // a value replaced
		value := rapid.SampledFrom([]string{"0", "ABC", "x\x01y", "999999999999", "aé", "20261399", " ", "Z", "\xff"}).Draw(rt, "value")
		return append(append(bytes.Clone(doc[:at]), value...), doc[end:]...)
	case 3: // cut
		return doc[:at]
	case 4: // a piece twice
		return append(append(bytes.Clone(doc[:end]), doc[at:end]...), doc[end:]...)
	case 5: // a separator more
		return append(append(bytes.Clone(doc[:at]), rapid.SampledFrom(separators).Draw(rt, "separator")), doc[at:]...)
	case 6: // a piece gone
		to := min(len(doc), at+rapid.IntRange(1, 60).Draw(rt, "length"))
		return append(doc[:at:at], doc[to:]...)
	}
	return doc
}

// collector keeps errors for rapid, which reports the smallest case.
type collector struct {
	testing.TB
	errors []string
}

func (c *collector) Errorf(format string, args ...any) {
	c.errors = append(c.errors, fmt.Sprintf(format, args...))
}
func (c *collector) Helper() {}

func FuzzWrite(f *testing.F) {
	for _, doc := range documents(f) {
		f.Add(doc)
	}
	for _, doc := range corpus(f) {
		if len(doc) < 4000 {
			f.Add(doc)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) { answers(t, "fuzz", doc) })
}
