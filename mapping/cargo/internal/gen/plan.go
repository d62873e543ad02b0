package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"peacebridge/mapping/cargo/internal/dict"
)

// A typeRow is a line of types.csv.
type typeRow struct{ path, name, file, doc string }

// A goType is one struct to write.
type goType struct {
	typeRow
	members []member
}

// A member is one field of a struct.
type member struct {
	json  string // name in the record's JSON
	field string // name in Go
	doc   string
	kind  kind
	goTyp string // of a group: the struct's name
}

type kind int

const (
	leaf   kind = iota // string
	list               // []string
	group              // *T
	groups             // []*T
)

// plan decides which structs there are, in the order of types.csv.
func plan(elements, types []byte) ([]*goType, error) {
	rows, err := dict.Read(elements)
	if err != nil {
		return nil, err
	}
	root, err := dict.Tree(rows)
	if err != nil {
		return nil, err
	}
	names, err := readTypes(types)
	if err != nil {
		return nil, err
	}
	p := planner{rows: map[string]typeRow{}, done: map[string]*goType{}}
	for _, r := range names {
		p.rows[r.path] = r
	}
	if _, err := p.visit(root); err != nil {
		return nil, err
	}
	var out []*goType
	for _, r := range names {
		t := p.done[r.path]
		if t == nil {
			return nil, fmt.Errorf("types.csv: %q is no group of the dictionary", r.path)
		}
		out = append(out, t)
	}
	return out, nil
}

func readTypes(data []byte) ([]typeRow, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.FieldsPerRecord = '#', 4
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("types.csv: %w", err)
	}
	var out []typeRow
	for _, f := range records[1:] {
		out = append(out, typeRow{f[0], f[1], f[2], f[3]})
	}
	return out, nil
}

type planner struct {
	rows map[string]typeRow
	done map[string]*goType
}

// visit plans the struct of group n and of the groups below it, and returns its name.
func (p *planner) visit(n *dict.Node) (string, error) {
	key := n.Path
	if n.Block != "" && !n.Extended {
		key = "{" + n.Block + "}"
	}
	row, ok := p.rows[key]
	if !ok {
		return "", fmt.Errorf("types.csv: no row for %s", key)
	}
	if p.done[key] != nil {
		return row.name, nil
	}
	t := &goType{typeRow: row}
	p.done[key] = t
	for _, c := range n.Children {
		m := member{json: c.Name, field: fieldName(c.Name)}
		switch {
		case c.Leaf() && c.Repeat:
			m.kind = list
		case c.Leaf():
			m.kind = leaf
		case c.Repeat:
			m.kind = groups
		default:
			m.kind = group
		}
		if !c.Leaf() {
			name, err := p.visit(c)
			if err != nil {
				return "", err
			}
			m.goTyp = name
		}
		m.doc = describe(c)
		t.members = append(t.members, m)
	}
	return row.name, nil
}

// describe is the comment on a field: the type of its values and the English name.
func describe(n *dict.Node) string {
	switch {
	case n.Leaf() && len(n.Row.Lists) > 0:
		return n.Type + " of " + strings.Join(n.Row.Lists, " or ") + ": " + n.Row.NameEN
	case n.Leaf():
		return n.Type + ": " + n.Row.NameEN
	case n.Row != nil:
		return n.Row.NameEN
	}
	return ""
}

// initialisms are the words of the dictionary that Go writes in capitals.
var initialisms = map[string]string{
	"id": "ID", "scn": "SCN", "ccn": "CCN", "crn": "CRN", "ucr": "UCR", "bcn": "BCN", "vin": "VIN", "iit": "IIT", "tin": "TIN",
	"hs": "HS", "un": "UN", "csa": "CSA",
}

// fieldName is the Go name of a JSON member: hsCode becomes HSCode.
func fieldName(name string) string {
	var out strings.Builder
	for word := range words(name) {
		if up, ok := initialisms[strings.ToLower(word)]; ok {
			out.WriteString(up)
			continue
		}
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// words splits camel case before each capital.
func words(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i := 1; i <= len(name); i++ {
			if i == len(name) || name[i] >= 'A' && name[i] <= 'Z' {
				if !yield(name[start:i]) {
					return
				}
				start = i
			}
		}
	}
}
