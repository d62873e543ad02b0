package main

import (
	"bytes"
	"testing"
	"time"
)

// TestDocumentIsOfTheDay re-dates the exam, which ended the day before the one
// that the files were written for, to days near that one and far from it, and the
// calibration of its instrument, which holds for a year.
func TestDocumentIsOfTheDay(t *testing.T) {
	for _, c := range []struct{ run, ended, calibrated string }{
		{"2026-11-20", "2026-11-19", "2026-05-31"},
		{"2026-11-21", "2026-11-20", "2026-06-01"},
		{"2026-11-22", "2026-11-21", "2026-06-02"},
		{"2027-01-01", "2026-12-31", "2026-07-12"},
		{"2028-02-29", "2028-02-28", "2027-09-09"},
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
			if !bytes.Contains(got, []byte(`"calibratedAt": "`+c.calibrated)) {
				t.Fatalf("on %s the instrument was not calibrated on %s", c.run, c.calibrated)
			}
		}
	}
}
