package agreement

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed vocabulary/*.csv reasons.csv issues.csv
var files embed.FS

// term is one word of a closed vocabulary.
type term struct {
	id      string
	extra   []string // the columns between id and names
	name    Text
	meaning Text
}

// words are the closed vocabularies.
type words struct {
	purposes, caveats, assurances, methods, facts []term
	organisations                                 []string          // identifier schemes that only an organisation has
	movements                                     map[string]string // list:code to the movement that a condition names
	reasons                                       []Reason
	issues                                        map[string]issueKind
}

type issueKind struct{ severity, rule string }

// vocabulary reads the embedded tables once. It panics on tables that a test has not passed; input never reaches it.
var vocabulary = sync.OnceValue(func() *words {
	w := &words{
		purposes: terms("purposes", 0), caveats: terms("caveats", 0), assurances: terms("assurances", 0),
		methods: terms("methods", 1), facts: terms("facts", 3),
		movements: map[string]string{}, issues: map[string]issueKind{},
	}
	for _, f := range rows("vocabulary/organisations.csv", 1) {
		w.organisations = append(w.organisations, f[0])
	}
	for _, f := range rows("vocabulary/movements.csv", 3) {
		w.movements[f[0]+":"+f[1]] = f[2]
	}
	for _, f := range rows("reasons.csv", 5) {
		w.reasons = append(w.reasons, Reason{f[0], f[1], f[2], f[3], f[4]})
	}
	for _, f := range rows("issues.csv", 3) {
		w.issues[f[0]] = issueKind{f[1], f[2]}
	}
	return w
})

// Reason is one row of reasons.csv.
type Reason struct {
	Code   string
	Scope  string // decision, element or both
	EN, FR string
	Fix    string // what the sender can do
}

// Reasons returns every reason that a decision may give.
func Reasons() []Reason { return slices.Clone(vocabulary().reasons) }

// Purposes returns the closed list of purposes.
func Purposes() []string { return ids(vocabulary().purposes) }

// terms reads a table of id, extra columns, name_en, name_fr, and where it has them meaning_en and meaning_fr.
func terms(name string, extra int) []term {
	var out []term
	columns := extra + 5
	if name == "facts" {
		columns = extra + 3
	}
	for _, f := range rows("vocabulary/"+name+".csv", columns) {
		t := term{id: f[0], extra: f[1 : 1+extra], name: Text{f[1+extra], f[2+extra]}}
		if len(f) > extra+3 {
			t.meaning = Text{f[3+extra], f[4+extra]}
		}
		out = append(out, t)
	}
	return out
}

func rows(name string, columns int) [][]string {
	f, err := files.Open(name)
	if err != nil {
		panic(fmt.Errorf("agreement: embedded data: %w", err))
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comment, in.FieldsPerRecord = '#', columns
	out, err := in.ReadAll()
	if err != nil || len(out) == 0 {
		panic(fmt.Errorf("agreement: embedded data: %s: %w", name, err))
	}
	return out[1:]
}

func find(list []term, id string) (term, bool) {
	i := slices.IndexFunc(list, func(t term) bool { return t.id == id })
	if i < 0 {
		return term{}, false
	}
	return list[i], true
}

func ids(list []term) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.id
	}
	return out
}

// nearest returns the word of a list that a person may have meant, or nothing.
func nearest(word string, list []string) string {
	best, least := "", 3+len(word)/4
	for _, candidate := range list {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate), least); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the number of single-character edits between two words, or limit when it is not less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range len(a) {
		now := make([]int, len(b)+1)
		now[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(now[j]+1, before[j+1]+1, before[j]+cost)
		}
		before = now
	}
	return min(before[len(b)], limit)
}
