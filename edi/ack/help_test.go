package ack_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

var at = time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)

var kinds = []ack.Type{ack.Auto, ack.TA1, ack.Set997, ack.Set999, ack.Contrl}

func readWith(t testing.TB, doc []byte, o edi.Options) *edi.Result {
	t.Helper()
	r := edi.NewReader(bytes.NewReader(doc), o)
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Result()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func result(t testing.TB, doc []byte) *edi.Result {
	t.Helper()
	return readWith(t, doc, edi.Options{})
}

// nearest checks a message against the built-in release that is its own or the last one before it.
func nearest(m *edi.Message) (*edi.Spec, error) {
	d := edi.Builtin()
	s, err := d.Spec(m.Interchange.Syntax, m.Release, m.Name)
	if !errors.Is(err, edi.ErrUnknownRelease) {
		return s, err
	}
	best := ""
	for _, r := range d.Releases() {
		if r.Syntax == m.Interchange.Syntax && r.Name[0] != 'S' && (best == "" || age(r.Name) > age(best)) && age(r.Name) <= age(m.Release) {
			best = r.Name
		}
	}
	if best == "" {
		best = map[edi.Syntax]string{edi.X12: "004010", edi.EDIFACT: "D95B"}[m.Interchange.Syntax]
	}
	return d.Spec(m.Interchange.Syntax, best, m.Name)
}

func age(release string) string {
	switch {
	case len(release) < 2 || release[0] < 'A':
		return release
	case release[1] == '9':
		return "19" + release[1:]
	}
	return "20" + release[1:]
}

// valid fails if an acknowledgement is not without findings. What the sender wrote is repeated: a code that is in no
// list stays in no list.
func valid(t testing.TB, name string, answer []byte) *edi.Result {
	t.Helper()
	res := readWith(t, answer, edi.Options{Spec: nearest})
	repeated := map[string]bool{"AK1 1": true, "AK2 1": true, "UCI 2": true, "UCI 3": true, "UCF 2": true, "UCF 3": true, "UCM 2": true, "OTI 10": true, "OTI 2": true}
	for _, f := range res.Findings {
		place := f.Tag + " " + string(rune('0'+f.Position.Element))
		if f.Position.Element == 10 {
			place = f.Tag + " 10"
		}
		switch f.Code {
		case "edi.code-unknown", "edi.code-open":
			if repeated[place] {
				continue
			}
		case "edi.envelope-code": // qualifiers and test indicators of the sender
			continue
		case "edi.envelope-element": // the same in X12: a qualifier of its own making is the sender's address all the same
			if f.Severity == edi.Warning && (place == "ISA 5" || place == "ISA 7") {
				continue
			}
		}
		t.Errorf("%s: %s %s %s at %d: %s\n%q", name, f.Severity, f.Code, f.Rule, f.Position.Offset, f.Message, answer)
	}
	return res
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

// corpus are the interchanges of other people's test suites.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../testdata/corpus/*/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	out := make(map[string][]byte)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(f, ".expected-") {
			out[filepath.Base(f)] = b
		}
	}
	return out
}

// table reads a CSV file with a header line.
func table(t testing.TB, b []byte) []map[string]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := make(map[string]string)
		for i, h := range rows[0] {
			m[h] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func write(t testing.TB, res *edi.Result, o ack.Options) string {
	t.Helper()
	o.At = at
	var out bytes.Buffer
	if err := ack.Write(&out, res, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
