package agreement

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Issue is something wrong, or worth a lawyer's look, in an agreement's file.
type Issue struct {
	Code     string `json:"code"` // agreement.kebab-case, a row of issues.csv
	Line     int    `json:"line"` // 1-based; 0 when it concerns the file as a whole
	Path     string `json:"path"` // where in the file: articles[2].share[0]
	Message  string `json:"message"`
	Severity string `json:"severity"` // error or warning
}

func (i Issue) String() string {
	return fmt.Sprintf("line %d: %s: %s (%s)", i.Line, i.Path, i.Message, i.Code)
}

// The severities of an issue.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Limits of a file: an agreement is read by people.
const (
	maxBytes  = 256 << 10
	maxDepth  = 12
	maxIssues = 200
)

// reader reads YAML strictly and gathers issues. What it accepts is a subset of YAML in which a file has one reading: one document, no anchors,
// no aliases, no tags, no merge keys, each name once. Scalars are taken as the text that stands there, so that 0901 stays 0901.
type reader struct {
	issues []Issue
}

func (r *reader) add(code string, n *yaml.Node, path, format string, args ...any) {
	if len(r.issues) == maxIssues {
		return
	}
	line := 0
	if n != nil {
		line = n.Line
	}
	r.issues = append(r.issues, Issue{code, line, path, fmt.Sprintf(format, args...), vocabulary().issues[code].severity})
}

// failed reports whether any issue is an error.
func (r *reader) failed() bool {
	return slices.ContainsFunc(r.issues, func(i Issue) bool { return i.Severity == SeverityError })
}

// root returns the mapping of the only document.
func (r *reader) root(b []byte) *yaml.Node {
	if len(b) > maxBytes {
		r.add("agreement.too-large", nil, "", "file has %d bytes, at most %d allowed", len(b), maxBytes)
		return nil
	}
	in := yaml.NewDecoder(bytes.NewReader(b))
	var document, second yaml.Node
	if err := in.Decode(&document); err != nil {
		r.syntax(err)
		return nil
	}
	if err := in.Decode(&second); !errors.Is(err, io.EOF) {
		r.add("agreement.document", &second, "", "more than one document")
		return nil
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		r.add("agreement.document", &document, "", "not a mapping")
		return nil
	}
	if !r.plain(document.Content[0], "", 0) {
		return nil
	}
	return document.Content[0]
}

// syntax turns the parser's error into an issue; its text begins with the line.
func (r *reader) syntax(err error) {
	if errors.Is(err, io.EOF) {
		r.add("agreement.document", nil, "", "file is empty")
		return
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, found := strings.CutPrefix(text, "line "); found {
		number, message, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, message
		}
	}
	r.add("agreement.yaml", &yaml.Node{Line: line}, "", "not YAML: %s", text)
}

// plain checks that nothing in the tree has a second reading.
func (r *reader) plain(n *yaml.Node, path string, depth int) bool {
	switch {
	case depth > maxDepth:
		r.add("agreement.too-large", n, path, "nested more than %d deep", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.add("agreement.anchor", n, path, "anchors and aliases are not allowed")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.add("agreement.anchor", n, path, "tags are not allowed")
		return false
	}
	ok := true
	for _, child := range n.Content {
		ok = r.plain(child, path, depth+1) && ok
	}
	return ok
}

// object is a mapping whose names are known.
type object struct {
	r    *reader
	n    *yaml.Node
	path string
	at   map[string]*yaml.Node
	keys map[string]*yaml.Node
}

// object reads a mapping. A name that is not known is an error, with the nearest known one as a hint.
func (r *reader) object(n *yaml.Node, path string, known ...string) (object, bool) {
	o := object{r, n, path, map[string]*yaml.Node{}, map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		r.add("agreement.wrong-kind", n, path, "a mapping is wanted here")
		return o, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := key.Value
		switch {
		case key.Kind != yaml.ScalarNode:
			r.add("agreement.wrong-kind", key, path, "a name is wanted here")
		case o.at[name] != nil:
			r.add("agreement.duplicate", key, o.sub(name), "%s stands twice, first in line %d", name, o.keys[name].Line)
		case len(known) > 0 && !slices.Contains(known, name):
			r.unknown(key, o.sub(name), name, known)
		default:
			o.at[name], o.keys[name] = value, key
		}
	}
	return o, true
}

// formerly are words of other languages of policy, and ours.
func formerly(name string) string {
	switch name {
	case "allow", "permit":
		return Share
	case "forbid", "deny":
		return Withhold
	case "transform":
		return Mask
	}
	return ""
}

func (r *reader) unknown(n *yaml.Node, path, name string, known []string) {
	hint := formerly(name)
	if hint == "" || !slices.Contains(known, hint) {
		hint = nearest(name, known)
	}
	if hint != "" {
		hint = "; did you mean " + hint + "?"
	}
	r.add("agreement.unknown-member", n, path, "%s is not a member here%s", name, hint)
}

func (o object) sub(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// need returns a member that must be there.
func (o object) need(name string) (*yaml.Node, bool) {
	n, found := o.at[name]
	if !found {
		o.r.add("agreement.missing-member", o.n, o.sub(name), "%s is missing", name)
	}
	return n, found
}

// text returns a scalar's text; empty when it is absent.
func (o object) text(name string, required bool) string {
	n, found := o.at[name]
	if !found {
		if required {
			o.need(name)
		}
		return ""
	}
	return o.r.scalar(n, o.sub(name))
}

func (r *reader) scalar(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		r.add("agreement.wrong-kind", n, path, "a text is wanted here")
		return ""
	}
	if strings.ContainsFunc(n.Value, func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f || c == '\ufffd' }) {
		r.add("agreement.value", n, path, "control characters are not allowed")
		return ""
	}
	return n.Value
}

// whole returns a whole number, not negative.
func (o object) whole(name string, required bool) int {
	s := o.text(name, required)
	if s == "" {
		return 0
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < 0 || v > 1_000_000 || s != strconv.Itoa(v) {
		o.r.add("agreement.value", o.at[name], o.sub(name), "a whole number is wanted here")
		return 0
	}
	return v
}

// day returns a date, zero when absent.
func (o object) day(name string, required bool) time.Time {
	s := o.text(name, required)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		o.r.add("agreement.value", o.at[name], o.sub(name), "a date as 2026-01-31 is wanted here")
	}
	return t
}

// word is a text with its place.
type word struct {
	text string
	node *yaml.Node
	path string
}

// list returns the texts of a list, or one text that stands alone.
func (o object) list(name string) []word {
	n, found := o.at[name]
	if !found {
		return nil
	}
	return o.r.words(n, o.sub(name))
}

func (r *reader) words(n *yaml.Node, path string) []word {
	if n.Kind == yaml.ScalarNode {
		return []word{{r.scalar(n, path), n, path}}
	}
	if n.Kind != yaml.SequenceNode {
		r.add("agreement.wrong-kind", n, path, "a list is wanted here")
		return nil
	}
	var out []word
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if s := r.scalar(item, at); s != "" {
			out = append(out, word{s, item, at})
		}
	}
	return out
}

// of keeps the words that are of a closed list.
func (r *reader) of(list []word, allowed []string) []string {
	var out []string
	for _, w := range list {
		switch {
		case !slices.Contains(allowed, w.text):
			hint := nearest(w.text, allowed)
			if hint != "" {
				hint = "; did you mean " + hint + "?"
			}
			r.add("agreement.vocabulary", w.node, w.path, "%s is not of the closed list%s", w.text, hint)
		case slices.Contains(out, w.text):
			r.add("agreement.duplicate", w.node, w.path, "%s stands twice", w.text)
		default:
			out = append(out, w.text)
		}
	}
	return out
}

// choice returns a text of a closed list, or nothing.
func (o object) choice(name string, required bool, allowed ...string) string {
	s := o.text(name, required)
	if s == "" {
		return ""
	}
	if got := o.r.of([]word{{s, o.at[name], o.sub(name)}}, allowed); len(got) == 1 {
		return got[0]
	}
	return ""
}

// both returns a text in two languages.
func (o object) both(name string, required bool) Text {
	n, found := o.at[name]
	if !found {
		if required {
			o.need(name)
		}
		return Text{}
	}
	t, ok := o.r.object(n, o.sub(name), English, French)
	if !ok {
		return Text{}
	}
	return Text{EN: t.text(English, true), FR: t.text(French, true)}
}
