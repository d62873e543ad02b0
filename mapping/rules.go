package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"peacebridge/mapping/cargo"
)

// Pair ties a number of one agency to the number that stands for it at another.
type Pair struct {
	FromPath cargo.Path `json:"fromPath"` // consignment[].reference.scn
	From     string     `json:"from"`
	ToPath   cargo.Path `json:"toPath"` // consignment[].reference.ccn
	To       string     `json:"to"`
}

// Pairs are reference pairs that are known already: they win over the makers of Rules.
type Pairs []Pair

// Rules are the standing rules of a gateway: what may be filled in when a target needs what a source cannot
// have. Three kinds of CSV file are told apart by their header:
//
//	from,to,note,status                              a code stands for another: cbp-port:3801,cbsa-office:0453
//	make,from,prefix,drop,insert,max,characters,...  a number is made of another
//	path,value,when,note,status                      a value that is taken when there is none
type Rules struct {
	files    []ruleFile
	twins    map[string]ruleTwin
	makers   []maker
	defaults []ruleDefault
}

type ruleFile struct{ name, text string }

type ruleTwin struct{ to, by string }

// maker makes a number of another: the code at prefix, a literal, and the end of the other number. It is
// deterministic: same record, same rules, same number.
type maker struct {
	path, from, prefix cargo.Path
	drop               int    // characters at the head of the other number: its own carrier code
	insert             string // literal after the prefix
	max                int    // of the whole number
	characters         string // allowed besides letters and digits
	by                 string
}

type ruleDefault struct {
	path  cargo.Path
	value string
	when  []string
	by    string
}

// LoadRules reads every CSV file at the top of a folder.
func LoadRules(fsys fs.FS) (*Rules, error) {
	names, err := fs.Glob(fsys, "*.csv")
	if err != nil {
		return nil, err
	}
	var files []ruleFile
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		files = append(files, ruleFile{name, string(b)})
	}
	return newRules(files)
}

// ParseRules reads what Bytes writes.
func ParseRules(b []byte) (*Rules, error) {
	var files []ruleFile
	for _, line := range strings.SplitAfter(string(b), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "-- "); ok && strings.HasSuffix(name, " --") {
			files = append(files, ruleFile{name: strings.TrimSuffix(name, " --")})
			continue
		}
		if len(files) == 0 {
			if strings.TrimSpace(line) == "" {
				continue
			}
			return nil, fmt.Errorf("rules: text before the first file")
		}
		files[len(files)-1].text += line
	}
	return newRules(files)
}

// Bytes is all files in one text, sorted by name: "-- name --" stands before each. It is what is stored with an
// event so that a rendering can be made again.
func (r *Rules) Bytes() []byte {
	if r == nil {
		return nil
	}
	var b strings.Builder
	for _, f := range r.files {
		b.WriteString("-- " + f.name + " --\n" + f.text)
		if !strings.HasSuffix(f.text, "\n") {
			b.WriteByte('\n')
		}
	}
	return []byte(b.String())
}

// Hash names the rules: "sha256:" and the digest of Bytes in hexadecimal.
func (r *Rules) Hash() string {
	sum := sha256.Sum256(r.Bytes())
	return "sha256:" + hex.EncodeToString(sum[:])
}

func newRules(files []ruleFile) (*Rules, error) {
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	r := &Rules{files: files, twins: map[string]ruleTwin{}}
	for _, f := range files {
		t, err := parseTable(f.name, []byte(f.text))
		if err != nil {
			return nil, err
		}
		for _, line := range t.rows {
			if err := r.add(t, line); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *Rules) add(t *table, line row) error {
	by := fmt.Sprintf("%s:%d", t.file, line.line)
	switch {
	case t.has("make", "from", "prefix", "drop", "insert", "max", "characters"):
		m := maker{path: cargo.Path(line.get("make")), from: cargo.Path(line.get("from")), prefix: cargo.Path(line.get("prefix")), insert: line.get("insert"), characters: line.get("characters"), by: by}
		var err1, err2 error
		m.drop, err1 = strconv.Atoi(line.get("drop"))
		m.max, err2 = strconv.Atoi(line.get("max"))
		if err1 != nil || err2 != nil || m.drop < 0 || m.max < 1 {
			return t.errorf(line, "drop and max are numbers")
		}
		for _, p := range []cargo.Path{m.path, m.from, m.prefix} {
			if e, ok := cargo.Dictionary().Lookup(p); !ok || !e.Leaf() {
				return t.errorf(line, "%s is no value of the dictionary", p)
			}
		}
		r.makers = append(r.makers, m)
	case t.has("path", "value", "when"):
		d := ruleDefault{path: cargo.Path(line.get("path")), value: line.get("value"), by: by}
		e, ok := cargo.Dictionary().Lookup(d.path)
		if !ok || !e.Leaf() {
			return t.errorf(line, "%s is no value of the dictionary", d.path)
		}
		if _, err := e.Normalise(d.value); err != nil {
			return t.errorf(line, "%v", err)
		}
		if w := line.get("when"); w != "" {
			d.when = strings.Split(w, ";")
			if _, err := parseCondition(rooted(scopeOf(d.path)), d.when, nil); err != nil {
				return t.errorf(line, "%v", err)
			}
		}
		r.defaults = append(r.defaults, d)
	case t.has("from", "to"):
		from, to := line.get("from"), line.get("to")
		if !strings.Contains(from, ":") || !strings.Contains(to, ":") {
			return t.errorf(line, "both codes name their list: cbp-port:3801")
		}
		if have, twice := r.twins[from]; twice {
			return t.errorf(line, "%s has a row already, %s", from, have.by)
		}
		r.twins[from] = ruleTwin{to, by}
	default:
		return t.errorf(line, "the columns are those of no rule")
	}
	return nil
}

// scopeOf opens the lists on the way to a path.
func scopeOf(path cargo.Path) *scope {
	sc, at := rootScope(), ""
	for _, part := range strings.SplitAfter(string(path), "[].") {
		if !strings.HasSuffix(part, "[].") {
			break
		}
		at += strings.TrimSuffix(part, ".")
		sc = sc.each(cargo.Path(at))
		at += "."
	}
	return sc
}
