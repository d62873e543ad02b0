package mapping

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// codeList is the values of one list, as an agency publishes them. Lists are open: agencies extend them by
// bulletin, so an unknown value is kept and a warning, unless the file says "# closed".
type codeList struct {
	name   string
	closed bool
	codes  map[string]string // code to name
}

// conversion turns codes of one list into codes of another.
type conversion struct {
	file     string
	from, to string
	oneWay   bool
	forward  map[string]twin
	back     map[string]twin
}

// twin is what a code becomes. Match says how well: exact, narrower or broader (than the code converted), none.
type twin struct {
	code  string
	match string
	line  int
}

// codes are all lists and conversions of a library.
type codes struct {
	lists       map[string]*codeList
	conversions map[[2]string]*conversion
	zones       map[string]string // list:code to time zone
}

// loadCodes reads the CSV files of a folder. Two kinds are told apart by their header:
//
//	code,name,source,status            a list; the file is named after it
//	from,to,match,note,source,status   a conversion; "# from LIST to LIST" stands above the header
//	place,zone,source,status           time zones of ports
func loadCodes(fsys fs.FS, dir string) (*codes, error) {
	c := &codes{lists: map[string]*codeList{}, conversions: map[[2]string]*conversion{}, zones: map[string]string{}}
	files, err := fs.Glob(fsys, dir+"/*.csv")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		if err := c.load(file, b); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *codes) load(file string, b []byte) error {
	t, err := parseTable(file, b)
	if err != nil {
		return err
	}
	switch {
	case t.has("code", "name", "source", "status"):
		name := strings.TrimSuffix(path.Base(file), ".csv")
		list := &codeList{name: name, closed: t.directive("closed") != "", codes: map[string]string{}}
		for _, r := range t.rows {
			if _, twice := list.codes[r.get("code")]; twice {
				return t.errorf(r, "code %s stands twice", r.get("code"))
			}
			list.codes[r.get("code")] = r.get("name")
		}
		c.lists[name] = list
	case t.has("from", "to", "match", "source", "status"):
		return c.loadConversion(t)
	case t.has("place", "zone", "source", "status"):
		for _, r := range t.rows {
			c.zones[r.get("place")] = r.get("zone")
		}
	default:
		return fmt.Errorf("%s:1: the columns are those of no list, conversion or zone table", file)
	}
	return nil
}

var opposite = map[string]string{"exact": "exact", "narrower": "broader", "broader": "narrower"}

func (c *codes) loadConversion(t *table) error {
	words := strings.Fields(t.directive("from"))
	if len(words) < 3 || words[1] != "to" {
		return fmt.Errorf("%s:1: \"# from LIST to LIST\" is needed above the header", t.file)
	}
	v := &conversion{file: t.file, from: words[0], to: words[2], oneWay: len(words) > 3, forward: map[string]twin{}, back: map[string]twin{}}
	if v.oneWay && strings.Join(words[3:], " ") != "one way" {
		return fmt.Errorf("%s:1: only \"one way\" may follow the lists", t.file)
	}
	for _, r := range t.rows {
		from, to, match := r.get("from"), r.get("to"), r.get("match")
		if match == "none" {
			if to != "" {
				return t.errorf(r, "match none has no target")
			}
			v.forward[from] = twin{match: "none", line: r.line}
			continue
		}
		if _, ok := opposite[match]; !ok || to == "" || from == "" {
			return t.errorf(r, "match must be exact, narrower, broader or none, with both codes")
		}
		if _, twice := v.forward[from]; !twice {
			v.forward[from] = twin{to, match, r.line}
		} else if v.oneWay {
			return t.errorf(r, "code %s stands twice", from)
		}
		if have, twice := v.back[to]; !twice || have.match != "exact" && match == "exact" {
			v.back[to] = twin{from, opposite[match], r.line}
		}
	}
	key := [2]string{v.from, v.to}
	if c.conversions[key] != nil {
		return fmt.Errorf("%s:1: %s has the same lists", t.file, c.conversions[key].file)
	}
	c.conversions[key] = v
	return nil
}

// convert turns a code of one list into one of another. By names the table and line.
func (c *codes) convert(from, to, code string) (out twin, by string, ok bool) {
	if v := c.conversions[[2]string{from, to}]; v != nil {
		if t, ok := v.forward[code]; ok {
			return t, fmt.Sprintf("%s:%d", v.file, t.line), t.match != "none"
		}
		return twin{}, v.file, false
	}
	if v := c.conversions[[2]string{to, from}]; v != nil && !v.oneWay {
		if t, ok := v.back[code]; ok {
			return t, fmt.Sprintf("%s:%d", v.file, t.line), true
		}
		return twin{}, v.file, false
	}
	return twin{}, "", false
}

// known reports whether there is a table between two lists.
func (c *codes) known(from, to string) bool {
	back := c.conversions[[2]string{to, from}]
	return c.conversions[[2]string{from, to}] != nil || back != nil && !back.oneWay
}

// of lists the codes on the near side of a conversion.
func (c *codes) of(from, to string) []string {
	if v := c.conversions[[2]string{from, to}]; v != nil {
		return sortedKeys(v.forward)
	}
	if v := c.conversions[[2]string{to, from}]; v != nil {
		return sortedKeys(v.back)
	}
	return nil
}

// table is a CSV file with a header. Lines that begin with # are for people, or directives.
type table struct {
	file       string
	columns    map[string]int
	rows       []row
	directives map[string]string
}

type row struct {
	t      *table
	line   int
	values []string
}

func (r row) get(column string) string {
	if i, ok := r.t.columns[column]; ok && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

func (t *table) has(columns ...string) bool {
	for _, c := range columns {
		if _, ok := t.columns[c]; !ok {
			return false
		}
	}
	return true
}

func (t *table) directive(name string) string { return t.directives[name] }

func (t *table) errorf(r row, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", t.file, r.line, fmt.Sprintf(format, args...))
}

// parseTable reads a CSV file. A directive is a comment whose first word is "from" or "closed".
func parseTable(file string, b []byte) (*table, error) {
	t := &table{file: file, columns: map[string]int{}, directives: map[string]string{}}
	for _, line := range strings.Split(string(b), "\n") {
		if words, ok := strings.CutPrefix(line, "# "); ok {
			name, rest, _ := strings.Cut(strings.TrimSpace(words), " ")
			if name == "from" || name == "closed" {
				if rest == "" {
					rest = name
				}
				t.directives[name] = rest
			}
		}
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment = '#'
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", file, err)
	}
	for i, name := range header {
		t.columns[name] = i
	}
	for {
		rec, err := r.Read()
		if rec == nil {
			if err != nil && err.Error() != "EOF" {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			return t, nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		t.rows = append(t.rows, row{t, line, rec})
	}
}
