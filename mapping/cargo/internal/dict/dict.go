// Package dict reads elements.csv and expands its blocks into the tree of concrete elements.
// It serves both the generator of the Go types and package cargo, so that the two can never disagree
// about which members a group has and in which order they stand.
package dict

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Row is one line of elements.csv.
type Row struct {
	Path        string // consignment[].shipper.name, or {party}.name for the member of a block
	Type        string
	Repeat      bool
	Lists       []string
	WCO         string
	NameEN      string
	NameFR      string
	Sensitivity string
	Classes     []string
	Note        string
	Status      string
	Line        int
}

// columns is the header that elements.csv must have.
var columns = []string{"path", "type", "repeat", "list", "wco_id", "name_en", "name_fr", "sensitivity", "classes", "note", "status"}

// leafTypes are the types that hold a value; group holds members; every other type is a block.
var leafTypes = []string{"text", "code", "id", "int", "decimal", "bool", "date", "time", "uuid", "hash"}

// IsLeaf reports whether elements of type t hold a value.
func IsLeaf(t string) bool { return slices.Contains(leafTypes, t) }

// Read reads elements.csv. Every error names the line.
func Read(data []byte) ([]Row, error) {
	records, err := table(data)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || !slices.Equal(records[0].fields, columns) {
		return nil, fmt.Errorf("elements.csv: header is not %s", strings.Join(columns, ","))
	}
	var rows []Row
	seen := map[string]bool{}
	for _, rec := range records[1:] {
		f := rec.fields
		r := Row{
			Path: f[0], Type: f[1], Repeat: f[2] == "n", Lists: split(f[3], ";"), WCO: f[4], NameEN: f[5], NameFR: f[6],
			Sensitivity: f[7], Classes: strings.Fields(f[8]), Note: f[9], Status: f[10], Line: rec.line,
		}
		if err := r.check(f[2]); err != nil {
			return nil, fmt.Errorf("elements.csv:%d: %s: %w", r.Line, r.Path, err)
		}
		if seen[r.Path] {
			return nil, fmt.Errorf("elements.csv:%d: %s: second row for this path", r.Line, r.Path)
		}
		seen[r.Path] = true
		rows = append(rows, r)
	}
	return rows, nil
}

func (r *Row) check(repeat string) error {
	switch {
	case repeat != "1" && repeat != "n":
		return errors.New("repeat is neither 1 nor n")
	case r.Repeat != strings.HasSuffix(r.Path, "[]"):
		return errors.New("repeat and the ending of the path disagree")
	case r.NameEN == "" || r.NameFR == "":
		return errors.New("a name is missing")
	case !slices.Contains([]string{"public", "commercial", "personal", "security"}, r.Sensitivity):
		return errors.New("sensitivity is none of public, commercial, personal, security")
	case !slices.Contains([]string{"CONFIRMED", "CONFIRMED-3P", "DERIVED", "RECALLED", "PROPOSED"}, r.Status):
		return errors.New("status is not a mark of the reference")
	case r.Type == "code" && len(r.Lists) == 0:
		return errors.New("a code without a list")
	case strings.HasPrefix(r.Path, "{") != (len(r.Classes) == 0):
		return errors.New("classes stand on record elements and only there")
	}
	return nil
}

type record struct {
	line   int
	fields []string
}

// table reads a CSV with # comment lines and keeps the line of each record for messages.
func table(data []byte) ([]record, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment = '#'
	var out []record
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		out = append(out, record{line, fields})
	}
}

func split(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}
