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
		{"718", "20240101-20240131", false, true},
		{"4", "29022024", true, true},
		{"4", "29022023", false, true},
		{"5", "310420240000", false, true},
		{"105", "24366", true, true},
		{"105", "24000", false, true},
		{"106", "0229", true, true},
		{"106", "0230", false, true},
		{"108", "54", false, true},
		{"205", "202402292359+0100", true, true},
		{"205", "202402292359-0160", true, false},
		{"205", "202402292359 0100", false, true},
		{"305", "02302359", false, true},
		{"616", "202453", true, true},
		{"DB", "02302024", false, true},
		{"DDT", "20240101-202402292400", true, false},
		{"TQ", "1324", false, true},
		{"TU", "24367", false, true},
	} {
		if date, time := validPeriod([]byte(c.value), []byte(c.format)); date != c.date || time != c.time {
			t.Errorf("format %s, %s: %v %v", c.format, c.value, date, time)
		}
	}
}

// TestNumbers holds numbers to the forms of X12.6 3.5.1 and ISO 9735-1 10.1; the length counts digits only.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text                  string
		integer, real, number int // -1: it is none
	}{
		{"12", 2, 2, 2},
		{"-12", 2, 2, 2},
		{"012", 3, 3, 3},
		{"1.5", -1, 2, 2},
		{"1,5", -1, -1, 2},
		{".5", -1, 1, -1},
		{"5.", -1, 1, -1},
		{"-.5", -1, 1, -1},
		{"-0.5", -1, 2, 2},
		{"+5", -1, -1, -1},
		{"5-", -1, -1, -1},
		{"-", -1, -1, -1},
		{"", -1, -1, -1},
		{".", -1, -1, -1},
		{"1.2.5", -1, -1, -1},
		{"1E5", -1, 2, -1},
		{"1.5E-10", -1, 4, -1},
		{"1E", -1, -1, -1},
		{"E5", -1, -1, -1},
		{"1 2", -1, -1, -1},
		{"1A", -1, -1, -1},
	} {
		for k, want := range map[kind]int{kindInteger: c.integer, kindReal: c.real, kindNumber: c.number} {
			if got := number([]byte(c.text), k, '.'); got != want {
				t.Errorf("%q as %s: %d, want %d", c.text, kindNames[k], got, want)
			}
		}
	}
}
