package agreement

import (
	"errors"
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// A pattern names elements of the dictionary, in the forms that a lawyer can read:
//
//	consignment[].consignee.name          one element
//	consignment[].reference.{scn,ccn}     several, spelled out
//	equipment[].seal[].**                 every element below
//	**.person[].**                        wherever it stands
//	conveyance.*.code                     one step of any name
//	header                                id, class, agency, mode, function, issuedAt
//	sensitivity:public                    every element of that sensitivity
//
// A pattern without a star names its elements; one with a star, or by sensitivity, covers them. Personal elements must be named.
type pattern struct {
	text         string
	alternatives [][]string // each a list of steps, braces resolved
	sensitivity  string
}

// headerNames are what the word header stands for: without them a record cannot be used at all. They are shared by articles like anything else.
func headerNames() []string {
	return []string{"id", "class", "agency", "mode", "function", "issuedAt"}
}

const (
	headerWord      = "header"
	sensitivityWord = "sensitivity:"
	maxAlternatives = 200
	maxPattern      = 500
)

var errPattern = errors.New("not a path: names and [] with dots between, and *, ** and {a,b}")

func readPattern(text string) (pattern, error) {
	p := pattern{text: text}
	if text == headerWord {
		for _, name := range headerNames() {
			p.alternatives = append(p.alternatives, []string{name})
		}
		return p, nil
	}
	if level, found := strings.CutPrefix(text, sensitivityWord); found {
		if !slices.Contains(sensitivities(), level) {
			return p, errors.New("sensitivity is public, commercial, personal or security")
		}
		p.sensitivity = level
		return p, nil
	}
	if len(text) > maxPattern {
		return p, errPattern
	}
	plain, err := expand(text, 0)
	if err != nil {
		return p, err
	}
	for _, path := range plain {
		steps := strings.Split(path, ".")
		if slices.ContainsFunc(steps, func(s string) bool { return !validStep(s) }) {
			return p, errPattern
		}
		p.alternatives = append(p.alternatives, steps)
	}
	return p, nil
}

func sensitivities() []string { return []string{"public", "commercial", "personal", "security"} }

// expand resolves the braces.
func expand(text string, depth int) ([]string, error) {
	open := strings.IndexByte(text, '{')
	if open < 0 {
		if strings.ContainsAny(text, "},") {
			return nil, errPattern
		}
		return []string{text}, nil
	}
	end, level := -1, 0
	parts, start := []string{}, open+1
	for i := open; i < len(text) && end < 0; i++ {
		switch text[i] {
		case '{':
			level++
		case '}':
			if level--; level == 0 {
				parts, end = append(parts, text[start:i]), i
			}
		case ',':
			if level == 1 {
				parts, start = append(parts, text[start:i]), i+1
			}
		}
	}
	if end < 0 || depth > 3 || strings.Contains(text[:open], ",") {
		return nil, errPattern
	}
	var out []string
	for _, part := range parts {
		more, err := expand(text[:open]+part+text[end+1:], depth+1)
		if err != nil {
			return nil, err
		}
		if out = append(out, more...); len(out) > maxAlternatives {
			return nil, errors.New("too many alternatives in braces")
		}
	}
	return out, nil
}

func validStep(s string) bool {
	if s == "*" || s == "**" {
		return true
	}
	name := strings.TrimSuffix(s, "[]")
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	})
}

func starred(steps []string) bool { return slices.Contains(steps, "*") || slices.Contains(steps, "**") }

// elements returns the leaves that the pattern matches, each with whether it is named.
func (p pattern) elements(d *cargo.Dict) map[*cargo.Element]bool {
	out := map[*cargo.Element]bool{}
	for _, steps := range p.alternatives {
		if !starred(steps) {
			if e, found := d.Lookup(cargo.Path(strings.Join(steps, "."))); found && e.Leaf() {
				out[e] = true
			}
			continue
		}
		for e := range d.Leaves() {
			if match(steps, string(e.Path)) {
				out[e] = out[e] || false
			}
		}
	}
	if p.sensitivity != "" {
		for e := range d.Leaves() {
			if e.Sensitivity == p.sensitivity {
				out[e] = false
			}
		}
	}
	return out
}

// match reports whether steps fit the whole path. ** stands for any number of steps, * for one.
func match(steps []string, path string) bool {
	if len(steps) == 0 {
		return path == ""
	}
	if steps[0] == "**" {
		for rest := path; ; {
			if match(steps[1:], rest) {
				return true
			}
			if rest == "" {
				return false
			}
			_, rest, _ = strings.Cut(rest, ".")
		}
	}
	if path == "" {
		return false
	}
	step, rest, _ := strings.Cut(path, ".")
	return (steps[0] == "*" || steps[0] == step) && match(steps[1:], rest)
}

// pattern checks one pattern of the file. Every alternative must match something.
func (r *reader) pattern(w word) bool {
	p, err := readPattern(w.text)
	if err != nil {
		r.add("agreement.path-syntax", w.node, w.path, "%s", err)
		return false
	}
	d, ok := cargo.Dictionary(), true
	for _, steps := range p.alternatives {
		one := pattern{alternatives: [][]string{steps}}
		if len(one.elements(d)) > 0 {
			continue
		}
		ok = false
		path := strings.Join(steps, ".")
		if _, found := d.Lookup(cargo.Path(path)); found {
			r.add("agreement.path-is-group", w.node, w.path, "%s is a group: write %s.** or name its members", path, path)
			continue
		}
		hint := ""
		if near := nearestPath(d, path); near != "" {
			hint = "; did you mean " + near + "?"
		}
		r.add("agreement.path-unknown", w.node, w.path, "%s matches no element of the dictionary%s", path, hint)
	}
	return ok
}

func nearestPath(d *cargo.Dict, path string) string {
	var all []string
	for e := range d.Leaves() {
		all = append(all, string(e.Path))
	}
	return nearest(path, all)
}
