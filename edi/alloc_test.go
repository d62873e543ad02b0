package edi_test

import (
	"testing"

	"peacebridge/edi"
)

// TestAllocations holds the promise of docs/performance.md: nothing for a segment, and no more than one for a message,
// once a Decoder is warm.
func TestAllocations(t *testing.T) {
	for _, s := range shapes {
		d := edi.NewBytesDecoder(nil, edi.Options{})
		count := func(doc []byte) (allocations float64, messages int) {
			allocations = testing.AllocsPerRun(20, func() {
				d.ResetBytes(doc)
				drain(t, d)
			})
			return allocations, read(t, doc, edi.Options{}).Messages
		}
		few, n := count(s.make(20_000))
		many, m := count(s.make(200_000))
		if perMessage := (many - few) / float64(m-n); perMessage > 0.1 {
			t.Errorf("%s: %.2f allocations a message", s.name, perMessage)
		}
		if few > 12 {
			t.Errorf("%s: %v allocations for an interchange of %d messages", s.name, few, n)
		}
	}
}
