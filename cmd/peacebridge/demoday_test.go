package main

import (
	"bytes"
	"testing"
	"time"
)

// TestDocumentIsOfTheDay re-dates the exam, which ended the day before the one
// that the files were written for, to days near that one and far from it.
func TestDocumentIsOfTheDay(t *testing.T) {
	for _, c := range []struct{ run, ended string }{
		{"2026-11-20", "2026-11-19"},
		{"2026-11-21", "2026-11-20"},
		{"2026-11-22", "2026-11-21"},
		{"2027-01-01", "2026-12-31"},
	} {
		now, err := time.Parse(time.DateOnly, c.run)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // the pairs come from a map
			got, err := document("5-exam.json", now)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(got, []byte(`"completedAt": "`+c.ended)) {
				t.Fatalf("on %s the exam did not end on %s", c.run, c.ended)
			}
		}
	}
}
