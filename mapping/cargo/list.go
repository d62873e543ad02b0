package cargo

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

var (
	//go:embed lists.csv
	listsCSV []byte
	//go:embed codes.csv
	codesCSV []byte
	//go:embed classes.csv
	classesCSV []byte
	//go:embed findings.csv
	findingsCSV []byte
)

// A List is a code list or an identifier scheme that the dictionary names. In a closed list an unknown code is an error.
// In an open one it is a warning when some codes are known here; many open lists are kept elsewhere and have none here.
type List struct {
	Name   string
	Closed bool
	Title  string
	Source string
	Status string
	Codes  []Code

	known   map[string]bool
	schemes bool // its codes name identifier schemes; a value is scheme:number
}

// A Code is one code of a list.
type Code struct{ Code, Meaning, Source, Status string }

// Has reports whether the list holds the code.
func (l *List) Has(code string) bool { return l.known[code] }

// List is the list of this name.
func (d *Dict) List(name string) (*List, bool) {
	l, ok := d.lists[name]
	return l, ok
}

// Code splits a canonical value of a coded element into its list and the bare code: cbp-port:3801 is 3801 of cbp-port,
// and the value of an element with one list is of that list. The list is empty for an element without any.
func (e *Element) Code(value string) (list, code string) {
	if len(e.lists) == 1 {
		return e.lists[0].Name, value
	}
	if name, rest, ok := strings.Cut(value, ":"); ok && e.list(name) != nil {
		return name, rest
	}
	return "", value
}

func (e *Element) list(name string) *List {
	for _, l := range e.lists {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// listed brings the value of a coded element to canonical form: list:code with several lists, the bare code with one.
func (e *Element) listed(v string) (string, error) {
	name, rest, prefixed := strings.Cut(v, ":")
	l := e.list(name)
	switch {
	case prefixed && l != nil:
	case len(e.lists) == 1 && (!prefixed || dictionaryList(name) == nil):
		l, rest = e.lists[0], v // a colon of its own, as in R12:SEAL_BROKEN, is no prefix
	default:
		return "", e.wrong(codeListWrong, "list:code, of "+strings.Join(e.Lists, " or "))
	}
	if rest == "" || strings.TrimSpace(rest) != rest {
		return "", e.wrong(codeValueMalformed, "a code after the name of its list")
	}
	if l.Closed && !l.known[rest] {
		return "", e.wrong(codeUnknown, "a code of the closed list "+l.Name)
	}
	if len(e.lists) == 1 {
		return rest, nil
	}
	return v, nil
}

// unlisted reports whether a canonical value has a code that its open list, as far as it is known here, does not have.
func (e *Element) unlisted(value string) (list string, unlisted bool) {
	name, code := e.Code(value)
	l := e.list(name)
	if l == nil || l.Closed || len(l.Codes) == 0 {
		return name, false
	}
	return name, !l.known[code]
}

// dictionaryList looks a list up; while the dictionary is being loaded nothing is normalised.
func dictionaryList(name string) *List { return dictionary().lists[name] }

// resolve ties an element to its lists. A family of identifier schemes stands for its members.
func (d *Dict) resolve(e *Element) error {
	var names []string
	for _, name := range e.Lists {
		l := d.lists[name]
		if l == nil {
			return fmt.Errorf("%s: list %s is not in lists.csv", e.Path, name)
		}
		if !l.schemes {
			names = append(names, name)
			continue
		}
		for _, c := range l.Codes {
			names = append(names, c.Code)
		}
	}
	for _, name := range names {
		l := d.lists[name]
		if l == nil {
			return fmt.Errorf("%s: scheme %s is not in lists.csv", e.Path, name)
		}
		e.lists = append(e.lists, l)
	}
	e.Lists = names
	return nil
}

func loadLists() (map[string]*List, error) {
	rows, err := readTable("lists.csv", listsCSV, "list,use,title,source,status")
	if err != nil {
		return nil, err
	}
	lists := map[string]*List{}
	for _, f := range rows {
		if !slices.Contains([]string{"open", "closed", "schemes"}, f[1]) || lists[f[0]] != nil {
			return nil, fmt.Errorf("lists.csv: %s: use %q, or a second row", f[0], f[1])
		}
		lists[f[0]] = &List{
			Name: f[0], Closed: f[1] == "closed", schemes: f[1] == "schemes", Title: f[2], Source: f[3], Status: f[4],
			known: map[string]bool{},
		}
	}
	rows, err = readTable("codes.csv", codesCSV, "list,code,meaning,source,status")
	if err != nil {
		return nil, err
	}
	for _, f := range rows {
		l := lists[f[0]]
		if l == nil || l.known[f[1]] {
			return nil, fmt.Errorf("codes.csv: %s:%s: no such list, or a second row", f[0], f[1])
		}
		l.known[f[1]] = true
		l.Codes = append(l.Codes, Code{f[1], f[2], f[3], f[4]})
	}
	for _, l := range lists {
		if l.Closed && len(l.Codes) == 0 {
			return nil, fmt.Errorf("lists.csv: %s is closed and has no codes", l.Name)
		}
	}
	return lists, nil
}

// readTable reads an embedded table with # comments and a known header.
func readTable(name string, data []byte, header string) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != header {
		return nil, fmt.Errorf("%s: header is not %s", name, header)
	}
	return rows[1:], nil
}
