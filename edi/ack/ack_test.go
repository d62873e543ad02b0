package ack_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

var at = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

func result(t testing.TB, doc []byte) *edi.Result {
	t.Helper()
	r := edi.NewReader(bytes.NewReader(doc), edi.Options{})
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Result()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func documents(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../testdata/vectors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	out := make(map[string][]byte)
	for _, f := range files {
		archive, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = archive.Files[0].Data
	}
	return out
}

// TestAcknowledgementsAreValid reads every acknowledgement that the vectors cause: each is without an error, and
// none is answered itself.
func TestAcknowledgementsAreValid(t *testing.T) {
	for name, doc := range documents(t) {
		res := result(t, doc)
		for _, kind := range []ack.Type{ack.Auto, ack.TA1, ack.Set997, ack.Set999, ack.Contrl} {
			var out bytes.Buffer
			err := ack.Write(&out, res, ack.Options{Type: kind, Control: "41", At: at})
			if errors.Is(err, ack.ErrNone) {
				continue
			}
			if err != nil {
				t.Errorf("%s: %s: %v", name, kind, err)
				continue
			}
			answer := result(t, out.Bytes())
			if !answer.Valid() {
				for _, f := range answer.Findings {
					if f.Severity == edi.Error {
						t.Errorf("%s: %s: %s %s", name, kind, f.Code, f.Rule)
					}
				}
			}
			var again bytes.Buffer
			if err := ack.Write(&again, answer, ack.Options{At: at}); !errors.Is(err, ack.ErrNone) {
				t.Errorf("%s: %s: an acknowledgement was answered: %v\n%s", name, kind, err, again.String())
			}
		}
	}
}

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

// TestEnvelopeCodes breaks each element of ISA that TA1 has a code for.
func TestEnvelopeCodes(t *testing.T) {
	good := string(documents(t)["x12-good.txtar"])
	for _, c := range []struct{ old, new, want string }{
		{"ISA*00*", "ISA* 0*", "010"}, {"*ZZ*SENDER         ", "*  *SENDER         ", "005"},
		{"*SENDER         *", "*               *", "006"}, {"*261121*1430*U", "*261321*1430*U", "014"},
		{"*261121*1430*U", "*261121*2530*U", "015"}, {"*00401*", "*0X401*", "017"}, {"*000000001*1*", "*00000000A*1*", "018"},
		{"*000000001*1*", "*000000001*7*", "019"}, {"*1*T*>", "*1*X*>", "020"}, {"IEA*1*000000001", "IEA*1*000000002", "001"},
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

func FuzzWrite(f *testing.F) {
	for _, doc := range documents(f) {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		res := result(t, doc)
		for _, kind := range []ack.Type{ack.Auto, ack.Set999} {
			var out bytes.Buffer
			if err := ack.Write(&out, res, ack.Options{Type: kind, At: at}); err != nil {
				continue
			}
			if answer := result(t, out.Bytes()); answer.Syntax == edi.Unknown {
				t.Fatalf("unreadable: %s", out.String())
			}
		}
	})
}
