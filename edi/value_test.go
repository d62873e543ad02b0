package edi

import "testing"

// TestPeriods holds dates and times to the calendar, in the formats of element 2379 and the qualifiers of 1250.
func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		format, value string
		date, time    bool
	}{
		{"2", "290224", true, true},
		{"2", "290223", false, true},
		{"2", "311124", false, true},
		{"2", "00", false, true},
		{"2", "0100", false, true},
		{"3", "022924", true, true},
		{"3", "022923", false, true},
		{"3", "130124", false, true},
		{"3", "0229240", false, true},
		{"102", "20240229", true, true},
		{"102", "20230229", false, true},
		{"102", "19000229", false, true},
		{"102", "2023022", false, true},
		{"203", "202402292359", true, true},
		{"203", "202402292400", true, false},
		{"204", "20240229235960", true, false},
		{"304", "20240229235959EST", true, true},
		{"610", "202413", false, true},
		{"RD8", "20240101-20240229", true, true},
		{"RD8", "20240101-20230229", false, true},
		{"RD8", "20240101 20240229", false, true},
		{"ZZZ", "anything", true, true},
		{"718", "2024010120240230", false, true},
	} {
		if date, time := validPeriod([]byte(c.value), []byte(c.format)); date != c.date || time != c.time {
			t.Errorf("format %s, %s: %v %v", c.format, c.value, date, time)
		}
	}
}
