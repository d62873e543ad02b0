package ack_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

// TestRefusedMessage rejects a message that has no fault of form.
func TestRefusedMessage(t *testing.T) {
	for name, want := range map[string]string{"x12-good.txtar": "AK5*R*5~", "edifact-good.txtar": "UCM+1+CUSREP:D:04B:UN+4+18'"} {
		res := result(t, documents(t)[name])
		res.Interchanges[0].Groups[0].Messages[0].Refused = true
		var out bytes.Buffer
		if err := ack.Write(&out, res, ack.Options{At: at}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: no %s in %s", name, want, out.String())
		}
	}
}

// TestBriefCounts answers a result that kept only the messages with findings.
func TestBriefCounts(t *testing.T) {
	r := edi.NewBytesReader(documents(t)["x12-mixed.txtar"], edi.Options{Brief: true})
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	var out bytes.Buffer
	if err := ack.Write(&out, r.Result(), ack.Options{At: at}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "AK9*P*2*2*1~") || strings.Count(got, "AK2*") != 1 {
		t.Error(got)
	}
}

// TestNoAcknowledgement asks for what cannot be.
func TestNoAcknowledgement(t *testing.T) {
	docs := documents(t)
	for name, c := range map[string]struct {
		doc  []byte
		kind ack.Type
	}{
		"nothing":       {nil, ack.Auto},
		"text":          {[]byte("hello"), ack.Auto},
		"997":           {docs["sample-997-accept.txtar"], ack.Auto},
		"CONTRL of X12": {docs["x12-good.txtar"], ack.Contrl},
		"997 of CUSREP": {docs["edifact-good.txtar"], ack.Set997},
		"cut ISA":       {docs["x12-good.txtar"][:40], ack.Auto},
	} {
		var out bytes.Buffer
		if err := ack.Write(&out, result(t, c.doc), ack.Options{Type: c.kind, At: at}); !errors.Is(err, ack.ErrNone) {
			t.Errorf("%s: %v: %s", name, err, out.String())
		}
		if out.Len() > 0 {
			t.Errorf("%s: wrote %s", name, out.String())
		}
	}
}

// TestNeverAnswered answers acknowledgements of other people's suites, sound and broken, as they are and with ISA14 asking
// for a TA1.
func TestNeverAnswered(t *testing.T) {
	asking := regexp.MustCompile(`^(ISA(?:\*[^*]*){13}\*)0`)
	some := 0
	for name, doc := range corpus(t) {
		if !strings.Contains(name, "997") && !strings.Contains(name, "999") && !strings.Contains(name, "interchange_ack") {
			continue
		}
		some++
		for _, doc := range [][]byte{doc, asking.ReplaceAll(doc, []byte("${1}1")), bytes.Replace(doc, []byte("IEA*"), []byte("IEA*7"), 1)} {
			for _, kind := range kinds {
				var out bytes.Buffer
				if err := ack.Write(&out, result(t, doc), ack.Options{Type: kind, At: at}); !errors.Is(err, ack.ErrNone) {
					t.Errorf("%s: %s: %v: %s", name, kind, err, out.String())
				}
			}
		}
	}
	if some < 6 {
		t.Errorf("%d acknowledgements in the corpus", some)
	}
}

// TestEmptyInterchange answers an interchange that holds nothing, and one that holds what belongs nowhere: neither is an
// acknowledgement.
func TestEmptyInterchange(t *testing.T) {
	isa := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*1*T*>~"
	for body, want := range map[string]string{"IEA*0*000000001~": "*A*000~", "NTE*1~IEA*0*000000001~": "*R*024~", "": "*R*023~", "GE*1*1~": "*R*024~"} {
		for _, doc := range []string{isa + body, isa + "IEA*0*000000001~" + strings.Replace(isa, "01*1*", "02*1*", 1) + body} {
			if answer := write(t, result(t, []byte(doc)), ack.Options{}); !strings.Contains(answer, want) {
				t.Errorf("%s: no %s in %s", body, want, answer)
			}
		}
	}
}

// TestEnvelopeCodes breaks each element of ISA that TA1 has a code for.
func TestEnvelopeCodes(t *testing.T) {
	good := string(documents(t)["x12-good.txtar"])
	for _, c := range []struct{ old, new, want string }{
		{"ISA*00*", "ISA* 0*", "010"},
		{"*ZZ*SENDER         ", "*  *SENDER         ", "005"},
		{"*SENDER         *", "*               *", "006"},
		{"*261121*1430*U", "*261321*1430*U", "014"},
		{"*261121*1430*U", "*261121*2530*U", "015"},
		{"*00401*", "*0X401*", "017"},
		{"*000000001*1*", "*00000000A*1*", "018"},
		{"*000000001*1*", "*000000001*7*", "019"},
		{"*1*T*>", "*1*X*>", "020"},
		{"IEA*1*000000001", "IEA*1*000000002", "001"},
		{"IEA*1*", "IEA*2*", "021"},
	} {
		doc := strings.Replace(good, c.old, c.new, 1)
		if doc == good {
			t.Fatalf("%s: nothing changed", c.new)
		}
		var out bytes.Buffer
		if err := ack.Write(&out, result(t, []byte(doc)), ack.Options{Type: ack.TA1, At: at}); err != nil {
			t.Errorf("%s: %v", c.new, err)
		} else if !strings.Contains(out.String(), "*R*"+c.want+"~") && !strings.Contains(out.String(), "*E*"+c.want+"~") {
			t.Errorf("%s: no %s in %s", c.new, c.want, out.String())
		}
	}
}

func TestTypeNames(t *testing.T) {
	for _, k := range []ack.Type{ack.Auto, ack.TA1, ack.Set997, ack.Set999, ack.Contrl} {
		if got, err := ack.ParseType(k.String()); err != nil || got != k {
			t.Errorf("%s: %v %v", k, got, err)
		}
	}
	if _, err := ack.ParseType("998"); err == nil {
		t.Error("998 taken")
	}
}
