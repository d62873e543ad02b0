package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// What one side shows of its log the other checks against the head that it has
// cosigned: every event, and nothing that is not there, not of that log, or of
// another history.
func TestShown(t *testing.T) {
	p := newPair(t)
	if b, err := p.ca.CosignedHead(partner); b != nil || err != nil {
		t.Errorf("cosigned before anything was: %s %v", b, err)
	}
	appendN(t, p.ca, 0, 300)
	p.round()
	appendN(t, p.ca, 300, 20)
	checkpoint, err := p.ca.CosignedHead(partner)
	if err != nil || checkpoint == nil {
		t.Fatal(err)
	}
	for _, index := range []uint64{0, 1, 255, 256, 299} {
		s, err := p.ca.Show(partner, index, []string{"set"}, checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		// As it goes over the wire.
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got Shown
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		e, err := p.us.CheckShown(&got, checkpoint)
		if err != nil {
			t.Fatalf("index %d: %v", index, err)
		}
		want, err := p.ca.Entry(partner, index)
		if err != nil || e.Index != index || e.Kind != want.Kind || e.Header["set"] != want.Header["set"] || len(e.Header) > 1 {
			t.Errorf("index %d: %+v, want %+v: %v", index, e, want, err)
		}
	}
	if _, err := p.ca.Show(partner, 310, nil, checkpoint); !errors.Is(err, ErrNotFound) {
		t.Errorf("beyond the head: %v", err)
	}
	good := func() *Shown {
		s, err := p.ca.Show(partner, 7, []string{"*"}, checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain := p.ca.logs()[partner].public.Load().plain
	for what, spoil := range map[string]func(*Shown) []byte{
		"another index":      func(s *Shown) []byte { s.Event.Index++; return checkpoint },
		"another value":      func(s *Shown) []byte { s.Event.Header[0].Value += "x"; return checkpoint },
		"another kind":       func(s *Shown) []byte { s.Event.Kind = "x"; return checkpoint },
		"no event":           func(s *Shown) []byte { s.Event = nil; return checkpoint },
		"a hash":             func(s *Shown) []byte { s.Proof[1][0] ^= 1; return checkpoint },
		"a hash less":        func(s *Shown) []byte { s.Proof = s.Proof[1:]; return checkpoint },
		"another log's name": func(s *Shown) []byte { s.Event.Log = "internal"; return checkpoint },
		"not cosigned":       func(*Shown) []byte { return plain },
		"another size":       func(*Shown) []byte { return bytes.Replace(checkpoint, []byte("\n300\n"), []byte("\n301\n"), 1) },
		"another origin": func(*Shown) []byte {
			return bytes.Replace(checkpoint, []byte("ca.cbsa/audit"), []byte("ca.other/audit"), 1)
		},
		"no checkpoint": func(*Shown) []byte { return nil },
	} {
		s := good()
		s.Proof = slices.Clone(s.Proof)
		if e, err := p.us.CheckShown(s, spoil(s)); err == nil {
			t.Errorf("%s: %+v", what, e)
		}
	}
	keys, err := ReadKeys(p.caConf)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := RelationPolicy(keys, p.caConf.Peers[0], nil, "")
	if err != nil {
		t.Fatal(err)
	}
	stranger := strings.Replace(string(policy), "ca.cbsa/audit", "ca.other/audit", 1)
	for text, holds := range map[string]bool{string(policy): true, stranger: false} {
		under, err := ParsePolicy([]byte(text))
		if err == nil {
			_, err = under.CheckShown(good(), checkpoint)
		}
		if (err == nil) != holds {
			t.Errorf("an auditor: %v under\n%s", err, text)
		}
	}
}
