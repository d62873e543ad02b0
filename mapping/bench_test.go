package mapping

import (
	"os"
	"testing"
)

// BenchmarkTranslate is one manifest into a record and on into the other agency's cargo report, which is read
// back and checked.
func BenchmarkTranslate(b *testing.B) {
	doc, err := os.ReadFile("testdata/samples/cbp-309-complete.x12")
	if err != nil {
		b.Fatal(err)
	}
	l, p := library(b), testParams(b, "ca.cbsa")
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, _, _, err := l.Translate("cbp/truck/309", "cbsa/highway/cuscar", doc, p); err != nil {
			b.Fatal(err)
		}
	}
}
