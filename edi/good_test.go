package edi

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// judged reads a document. Of each segment that is said to be good the elements are gone through one by one all the same.
func judged(t *testing.T, doc []byte) {
	d := NewBytesDecoder(doc, Options{})
	for {
		e, err := d.Next()
		if err != nil {
			return
		}
		if e.Kind != SegmentRead || e.Node < 0 || d.check == nil || d.view.form&formOpen != 0 {
			continue
		}
		use, found, events := d.check.spec.uses[e.Node], len(d.found), len(d.events)
		if !use.good(&d.view) {
			continue
		}
		d.check.everyElement(&d.view, use, int32(e.Node))
		if len(d.found) > found {
			t.Fatalf("%s is good, but %+v", d.view.data, d.found[found])
		}
		d.events = d.events[:events]
	}
}

func goodSeeds(tb testing.TB) (docs [][]byte) {
	names, err := filepath.Glob("testdata/corpus/*/*")
	if err != nil || len(names) == 0 {
		tb.Fatal("no corpus", err)
	}
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && len(b) < 20_000 {
			docs = append(docs, b)
		}
	}
	return docs
}

// TestGood changes every byte of documents into what may be wrong there; with -short, one in nine.
func TestGood(t *testing.T) {
	for _, doc := range goodSeeds(t) {
		judged(t, doc)
		if len(doc) > 3000 {
			continue
		}
		step := 1
		if testing.Short() {
			step = 9
		}
		for i := 0; i < len(doc); i += step {
			changed := bytes.Clone(doc)
			changed[i] = "0Z* :+?"[i%7]
			judged(t, changed)
		}
	}
}

// FuzzGood looks for a segment that is said to be good and is not.
func FuzzGood(f *testing.F) {
	for _, doc := range goodSeeds(f) {
		f.Add(doc)
	}
	f.Fuzz(judged)
}
