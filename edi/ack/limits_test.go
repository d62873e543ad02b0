package ack_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

// many returns a result whose only message has n findings about segments, or about elements of one segment.
func many(t *testing.T, doc string, segments, elements int) *edi.Result {
	t.Helper()
	res := result(t, documents(t)[doc])
	m := res.Interchanges[0].Groups[0].Messages[0]
	for s := range segments {
		for e := range elements {
			m.Findings = append(m.Findings, edi.Finding{
				Code: "edi.code-unknown", Level: edi.LevelCode, Severity: edi.Error, Tag: "N10", Element: "128",
				Position: edi.Position{MessageSegment: s + 2, Element: e%90 + 1, Component: e/90 + 1},
			})
		}
	}
	return res
}

// TestSplit writes more findings than a segment has room for: they go below another one for the same place.
func TestSplit(t *testing.T) {
	answer := write(t, many(t, "x12-good.txtar", 1, 250), ack.Options{Type: ack.Set997})
	if got := strings.Count(answer, "AK3*N10*2**8~"); got != 3 {
		t.Errorf("%d AK3 for 250 AK4, 3 expected", got)
	}
	if got := strings.Count(answer, "AK4*"); got != 250 {
		t.Errorf("%d AK4, 250 expected", got)
	}
	valid(t, "997", []byte(answer))
	answer = write(t, many(t, "x12-good.txtar", 1, 250), ack.Options{Type: ack.Set999})
	if got := strings.Count(answer, "IK3*"); got != 1 {
		t.Errorf("%d IK3: a 999 has room for any number of IK4", got)
	}
	valid(t, "999", []byte(answer))
	answer = write(t, many(t, "edifact-good.txtar", 1, 250), ack.Options{})
	if got := strings.Count(answer, "UCS+2'"); got != 3 {
		t.Errorf("%d UCS for 250 UCD, 3 expected", got)
	}
	valid(t, "UCD", []byte(answer))
	answer = write(t, many(t, "edifact-good.txtar", 1200, 1), ack.Options{})
	if got := strings.Count(answer, "UCM+"); got != 2 {
		t.Errorf("%d UCM for 1200 UCS, 2 expected", got)
	}
	valid(t, "UCS", []byte(answer))
}

// TestSplitAdvice writes more application errors than an APERAK has room for.
func TestSplitAdvice(t *testing.T) {
	doc := bytes.ReplaceAll(documents(t)["edifact-good.txtar"], []byte("D:04B"), []byte("D:95B"))
	res := result(t, doc)
	a := ack.Advice{Message: res.Interchanges[0].Groups[0].Messages[0]}
	for n := range 1500 {
		a.Findings = append(a.Findings, ack.ApplicationFinding{Code: strconv.Itoa(n)})
	}
	var out bytes.Buffer
	if err := ack.WriteAdvice(&out, res, []ack.Advice{a}, ack.Options{At: at}); err != nil {
		t.Fatal(err)
	}
	if got := valid(t, "APERAK", out.Bytes()); got.Messages != 2 || strings.Count(out.String(), "ERC+") != 1500 {
		t.Errorf("%d messages, 2 expected", got.Messages)
	}
}

// TestTooFar reports what cannot be named as far as it can be.
func TestTooFar(t *testing.T) {
	for _, p := range []edi.Position{
		{MessageSegment: 2, Element: 120},
		{MessageSegment: 2_000_000, Element: 1},
		{MessageSegment: 2, Element: 1, Component: 150},
		{MessageSegment: 2, Element: 2000},
		{},
		{MessageSegment: 2, Element: 1, Component: 1, Repetition: 20_000},
	} {
		for doc, rejected := range map[string]string{"x12-good.txtar": "*R*5~", "edifact-good.txtar": "+4"} {
			res := result(t, documents(t)[doc])
			m := res.Interchanges[0].Groups[0].Messages[0]
			m.Findings = append(m.Findings, edi.Finding{Code: "edi.code-unknown", Severity: edi.Error, Level: edi.LevelCode, Tag: "A\x01", Position: p})
			for _, kind := range []ack.Type{ack.Auto, ack.Set999} {
				if kind == ack.Set999 && doc != "x12-good.txtar" {
					continue
				}
				answer := write(t, res, ack.Options{Type: kind})
				if !strings.Contains(answer, rejected) {
					t.Errorf("%v: not rejected: %s", p, answer)
				}
				valid(t, fmt.Sprint(p), []byte(answer))
			}
		}
	}
}

// TestControlNumbers takes control numbers from counters and refuses those that no envelope can hold.
func TestControlNumbers(t *testing.T) {
	res := result(t, bytes.Repeat(documents(t)["x12-good.txtar"], 2))
	interchange, group := 500, 70
	o := ack.Options{
		NextInterchange: func() string { interchange++; return strconv.Itoa(interchange) },
		NextGroup:       func() string { group++; return strconv.Itoa(group) },
	}
	answer := write(t, res, o)
	for _, want := range []string{"*000000501*", "IEA*1*000000502~", "*71*X*", "GE*1*72~"} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %s in %s", want, answer)
		}
	}
	if interchange != 502 || group != 72 {
		t.Errorf("%d interchanges and %d groups counted", interchange-500, group-70)
	}
	// Nothing is drawn for what is not written.
	none := ack.Options{At: at, Type: ack.Contrl, NextInterchange: o.NextInterchange}
	if err := ack.Write(&bytes.Buffer{}, res, none); !errors.Is(err, ack.ErrNone) || interchange != 502 {
		t.Error(err, interchange)
	}
	for _, control := range []string{"A1", "1234567890", "-1"} {
		var out bytes.Buffer
		if err := ack.Write(&out, res, ack.Options{At: at, Control: control}); err == nil || errors.Is(err, ack.ErrNone) || out.Len() > 0 {
			t.Errorf("%s: %v, %q", control, err, out.Bytes())
		}
	}
	edifact := result(t, bytes.Repeat(documents(t)["edifact-good.txtar"], 3))
	for control, want := range map[string]string{"A9": "UNZ+1+A10'", "ACK": "UNZ+1+ACK1'", "099": "UNZ+1+100'"} {
		if answer := write(t, edifact, ack.Options{Control: control}); !strings.Contains(answer, want) {
			t.Errorf("%s: no %s in %s", control, want, answer)
		}
	}
	if err := ack.Write(&bytes.Buffer{}, edifact, ack.Options{At: at, Control: "123456789012345"}); err == nil {
		t.Error("fifteen characters taken")
	}
	last := write(t, result(t, bytes.Repeat(documents(t)["x12-good.txtar"], 2)), ack.Options{Control: "999999999"})
	if !strings.Contains(last, "*000000001*0*") {
		t.Errorf("the last number is followed by %s", last)
	}
}

// TestIdentities gives the answer other addresses than the ones swapped.
func TestIdentities(t *testing.T) {
	me, you := &edi.Address{Qualifier: "30", ID: "OURS"}, &edi.Address{ID: "THEIRS"}
	answer := write(t, result(t, documents(t)["x12-good.txtar"]), ack.Options{Sender: me, Receiver: you})
	if !strings.Contains(answer, "*30*OURS           *ZZ*THEIRS         *") {
		t.Error(answer)
	}
	answer = write(t, result(t, documents(t)["edifact-references.txtar"]), ack.Options{Sender: me, Receiver: you})
	if !strings.HasPrefix(answer, "UNB+UNOA:3+OURS:30+THEIRS+") {
		t.Error(answer)
	}
}

// TestAdviceErrors asks for advice that cannot be.
func TestAdviceErrors(t *testing.T) {
	res := result(t, documents(t)["x12-good.txtar"])
	for name, advice := range map[string][]ack.Advice{"no message": {{}}, "another result's": {{Message: &edi.MessageResult{Name: "309"}}}} {
		if err := ack.WriteAdvice(&bytes.Buffer{}, res, advice, ack.Options{At: at}); err == nil || errors.Is(err, ack.ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ack.WriteAdvice(&bytes.Buffer{}, res, nil, ack.Options{At: at}); !errors.Is(err, ack.ErrNone) {
		t.Errorf("no advice: %v", err)
	}
}
