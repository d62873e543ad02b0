package ack

import (
	"bytes"
	_ "embed" // the tables
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"peacebridge/edi"
)

//go:embed codes.csv
var codesCSV []byte

//go:embed places.csv
var placesCSV []byte

//go:embed verdicts.csv
var verdictsCSV []byte

// tables are codes.csv, places.csv and verdicts.csv.
type tables struct {
	codes    map[[2]string]since
	places   map[place]string
	verdicts map[string]map[string]string // by verdict, then element
}

// since says from which release on a code exists, and up to which if it was given up, and what others say instead.
type since struct{ release, instead, until string }

// place is an element of a header or trailer, and the element that reports on it.
type place struct {
	segment string
	element int
	report  string
}

var data = sync.OnceValue(func() *tables {
	t, err := parseTables(codesCSV, placesCSV, verdictsCSV)
	if err != nil {
		panic(err) // embedded data, covered by a test
	}
	return t
})

func parseTables(codes, places, verdicts []byte) (*tables, error) {
	t := &tables{codes: make(map[[2]string]since), places: make(map[place]string), verdicts: make(map[string]map[string]string)}
	rows, err := records("codes.csv", codes, 5)
	if err != nil {
		return nil, err
	}
	for _, row := range rows[1:] {
		key := [2]string{row[0], row[1]}
		if _, twice := t.codes[key]; twice {
			return nil, fmt.Errorf("codes.csv: %s %s stands twice", row[0], row[1])
		}
		t.codes[key] = since{row[2], row[3], row[4]}
	}
	if rows, err = records("places.csv", places, 4); err != nil {
		return nil, err
	}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			return nil, fmt.Errorf("places.csv: %s: %w", row[0], err)
		}
		t.places[place{row[0], n, row[2]}] = row[3]
	}
	if rows, err = records("verdicts.csv", verdicts, 8); err != nil {
		return nil, err
	}
	for _, row := range rows[1:] {
		t.verdicts[row[0]] = make(map[string]string)
		for i, element := range rows[0][1:] {
			t.verdicts[row[0]][element] = row[i+1]
		}
	}
	return t, nil
}

func records(name string, b []byte, columns int) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment, r.FieldsPerRecord = '#', columns
	rows, err := r.ReadAll()
	if err == nil && len(rows) < 2 {
		err = fmt.Errorf("no rows")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}

// codeIn returns what a release says for a code of a list, "" when it has no word for it.
func codeIn(element, code, release string) string {
	for range 4 { // what stands instead may itself be younger than the release
		s, listed := data().codes[[2]string{element, code}]
		if !listed || !before(release, s.release) && (s.until == "" || !before(s.until, release)) {
			return code
		}
		code = s.instead
	}
	return code
}

// has reports whether a release has the part of a segment or composite that codes.csv lists.
func has(release, element, part string) bool { return codeIn(element, part, release) == part }

// before compares two X12 releases, or two directories such as D95B and D03A.
func before(a, b string) bool {
	century := func(s string) string {
		if len(s) < 2 || s[0] < 'A' {
			return s
		}
		if s[1] == '9' {
			return "19" + s[1:]
		}
		return "20" + s[1:]
	}
	return century(a) < century(b)
}

// placeCode returns the code for a fault at a place of a header or trailer.
func placeCode(report string, f *edi.Finding) string {
	tag := f.Tag
	if tag == "" {
		tag = f.Position.Tag
	}
	return data().places[place{tag, f.Position.Element, report}]
}

// written returns how a verdict is written in an element.
func (v Verdict) written(element string) string {
	if v == Usual {
		v = Accepted
	}
	return data().verdicts[strings.ToLower(v.String())][element]
}
