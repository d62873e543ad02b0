package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"peacebridge/edi"
)

// rewrite reads a document and writes what was read: the envelope from its headers, the segments value by value.
func rewrite(t testing.TB, doc []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w *edi.Writer
	var inter *edi.Interchange
	var group *edi.Group
	finish := func() {
		if w == nil {
			return
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r := edi.NewBytesReader(doc, edi.Options{Spec: unchecked})
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Interchange != inter {
			finish()
			inter, group = m.Interchange, nil
			w = edi.NewWriter(&out, *inter)
		}
		if m.Group != group {
			if group != nil {
				_ = w.EndGroup() // errors stay
			}
			if group = m.Group; group != nil {
				_ = w.BeginGroup(*group)
			}
		}
		_ = w.BeginMessage(m.Name, m.Release, m.Agency, association(m), m.Control)
		for i := 1; i < len(m.Segments)-1; i++ {
			_ = w.Segment(m.Segments[i].Tag, values(&m.Segments[i])...)
		}
		_ = w.EndMessage()
	}
	finish()
	return out.Bytes()
}

// association is what stands in the message header; in X12 Message has it from GS08, too.
func association(m *edi.Message) string {
	if m.Interchange.Syntax == edi.X12 {
		return m.Segments[0].Text(3, 1)
	}
	return m.Association
}

func values(s *edi.Segment) []edi.Value {
	var out []edi.Value
	for e := 1; e <= s.Len(); e++ {
		var v edi.Value
		for rep := 1; rep <= s.Repetitions(e); rep++ {
			var components []string
			for c := 1; c <= 40; c++ {
				components = append(components, s.RepText(e, rep, c))
			}
			v = append(v, components)
		}
		out = append(out, v)
	}
	return out
}

// TestReadWrite is the law of canonical bytes: read and written they are the same. A document is canonical when it
// has no line breaks, no delimiters at the ends of segments, and nothing in its headers that Interchange lacks.
func TestReadWrite(t *testing.T) {
	canonical := 0
	for name, doc := range documents(t) {
		if !read(t, doc, edi.Options{Spec: unchecked}).Valid() {
			continue
		}
		once := rewrite(t, doc)
		if twice := rewrite(t, once); !bytes.Equal(once, twice) {
			t.Errorf("%s: written, read and written again it differs\n%s", name, cmp.Diff(string(once), string(twice)))
		}
		plain := strings.NewReplacer("\r", "", "\n", "").Replace(string(doc))
		for _, e := range []string{"~", "'"} {
			for strings.Contains(plain, "*"+e) {
				plain = strings.ReplaceAll(plain, "*"+e, e)
			}
		}
		if string(once) == plain {
			canonical++
		} else {
			t.Logf("%s is not canonical\n%s", name, cmp.Diff(plain, string(once)))
		}
	}
	if canonical < 20 {
		t.Errorf("only %d documents came back as they were", canonical)
	}
}

// FuzzChecker puts anything into messages that are checked: against directories of both syntaxes, an overlay, and a
// release with everything odd. Loops nest, places exist, and what the base alone says is never an error.
func FuzzChecker(f *testing.F) {
	for _, c := range structures {
		f.Add([]byte(c.body), uint8(0))
	}
	for _, doc := range documents(f) {
		f.Add(doc, uint8(1))
		f.Add(doc, uint8(2))
	}
	guide, err := edi.Builtin().Compile(truckManifest())
	if err != nil {
		f.Fatal(err)
	}
	oddOnes := structureOptions()
	f.Fuzz(func(t *testing.T, doc []byte, how uint8) {
		o := edi.Options{Limits: edi.Limits{SegmentBytes: 512, Elements: 50, Findings: 100, Depth: 4}}
		switch how % 4 {
		case 0:
			doc, o.Spec = structureDocument(string(doc)), oddOnes.Spec
		case 1:
			doc = fmt.Appendf(nil, "UNB+UNOA:3+A:14+B:14+261121:1430+1'UNH+1+CUSCAR:D:03B:UN'%sUNT+1+1'UNZ+1+1'", doc)
			o.Spec = func(*edi.Message) (*edi.Spec, error) { return guide, nil }
		case 2:
			doc = bytes.Replace(structureDocument(string(doc)), []byte("009990~ST*111"), []byte("005010~ST*309"), 1)
		}
		d := edi.NewDecoder(bytes.NewReader(doc), o)
		var spec *edi.Spec
		var open []int
		for {
			e, err := d.Next()
			if err != nil {
				break
			}
			switch e.Kind {
			case edi.BeginMessage:
				spec, open = d.Message().Spec, open[:0]
			case edi.BeginLoop:
				open = append(open, e.Node)
				if n := spec.Node(e.Node); !n.Loop {
					t.Fatalf("%s begins and is no loop", n.Name)
				}
			case edi.EndLoop:
				if len(open) == 0 || open[len(open)-1] != e.Node {
					t.Fatalf("loop %d ends, %v are open", e.Node, open)
				}
				open = open[:len(open)-1]
			case edi.EndMessage:
				if len(open) > 0 {
					t.Fatalf("%v are open at the end", open)
				}
				spec = nil
			case edi.SegmentRead:
				if e.Node >= 0 && spec != nil {
					n := spec.Node(e.Node)
					if n.Tag != d.Segment().Tag() {
						t.Fatalf("%s stands at %s", d.Segment().Tag(), n.Tag)
					}
					if parent := n.Parent; parent > 0 && (len(open) == 0 || open[len(open)-1] != parent) || parent <= 0 && len(open) > 0 {
						t.Fatalf("%s stands in loop %d, %v are open", n.Tag, parent, open)
					}
				}
			case edi.FindingMade:
				if p := e.Finding.Position; p.Offset < 0 || p.Offset > int64(len(doc)) {
					t.Fatalf("%+v", e.Finding)
				}
			}
		}
	})
}

// FuzzWriter makes a Writer write what the bytes say. What it takes reads back valid, as it was.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("UNOC:4\x00plain\x00a+b\x00?\x00'\x00é"), true)
	f.Add([]byte("00501\x00plain\x00a*b\x00~\x00>\x00\xe9"), false)
	for _, doc := range documents(f) {
		f.Add(bytes.ReplaceAll(doc[:min(len(doc), 400)], []byte("+"), []byte{0}), true)
		f.Add(bytes.ReplaceAll(doc[:min(len(doc), 400)], []byte("*"), []byte{0}), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, edifact bool) {
		written := []edi.Interchange{envelope(edi.X12), extended()}
		if edifact {
			written = []edi.Interchange{envelope(edi.EDIFACT)}
		}
		parts := strings.Split(string(in), "\x00")
		var list []edi.Value
		for i, p := range parts[:min(len(parts), 40)] {
			switch i % 3 {
			case 0:
				list = append(list, edi.Text(p))
			case 1:
				list = append(list, edi.Composite(p, "", p))
			case 2:
				list = append(list, edi.Repeated(p, "x"))
			}
		}
		for _, i := range written {
			roundTrip(t, i, list)
		}
		for _, set := range []edi.Charset{edi.LevelA, edi.LevelC, edi.X12Basic, edi.X12Extended} {
			folded, _, err := set.Fold(string(in))
			if err != nil {
				continue
			}
			for _, r := range folded {
				if !set.Has(r) {
					t.Fatalf("%s: %q folded to %q", set, in, folded)
				}
			}
			if again, n, err := set.Fold(folded); err != nil || n != 0 || again != folded {
				t.Fatalf("%s: %q folded again is %q, %v", set, folded, again, err)
			}
		}
	})
}
