package mapping

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// FuzzGuide: whatever a guide file holds, loading it ends with a library or with errors.
func FuzzGuide(f *testing.F) {
	f.Add([]byte(small))
	files, err := filepath.Glob("guides/*/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := Load(fstest.MapFS{"guides/cbp/truck/353.yaml": {Data: b}})
		if err == nil {
			l.Check()
		}
	})
}

// FuzzRules: what can be parsed comes back from its bytes.
func FuzzRules(f *testing.F) {
	f.Add(testParams(f, "ca.cbsa").Rules.Bytes())
	f.Add(testParams(f, "us.cbp").Rules.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRules(b)
		if err != nil {
			return
		}
		again, err := ParseRules(r.Bytes())
		if err != nil || again.Hash() != r.Hash() {
			t.Errorf("rules do not come back: %v", err)
		}
	})
}

// FuzzTranslate: no document breaks a translation.
func FuzzTranslate(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.document)
	}
	l := library(f)
	p := testParams(f, "ca.cbsa")
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, to := range []string{JSON, "cbsa/highway/cuscar", "cbp/truck/309"} {
			out, rep, _, err := l.Translate("", to, doc, p)
			if err == nil && to != JSON && (out == nil) != (len(rep.Missing) > 0) {
				t.Errorf("document %v, missing %d", out != nil, len(rep.Missing))
			}
		}
	})
}
