package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"
)

const banner = "// Code generated from elements.csv by internal/gen. DO NOT EDIT.\n\npackage cargo\n\n"

// Files is the generated source by file name: the types of a subject and, beside them, their members by number.
func Files(elements, types []byte) (map[string][]byte, error) {
	plan, err := plan(elements, types)
	if err != nil {
		return nil, err
	}
	text := map[string]*bytes.Buffer{}
	at := func(name string) *bytes.Buffer {
		if text[name] == nil {
			text[name] = bytes.NewBufferString(banner)
		}
		return text[name]
	}
	for _, t := range plan {
		writeType(at(t.file+".go"), t)
		writeMembers(at(t.file+"members.go"), t)
	}
	writeGroupTypes(at("grouptype.go"), plan)
	files := map[string][]byte{}
	for name, b := range text {
		src, err := format.Source(b.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = src
	}
	return files, nil
}

func writeType(b *bytes.Buffer, t *goType) {
	where := "The path is " + t.path + "."
	switch {
	case t.path == "":
		where = ""
	case t.path[0] == '{':
		where = "It is the block " + strings.Trim(t.path, "{}") + "."
	}
	fmt.Fprintf(b, "// %s %s\n", t.name, strings.TrimSpace(t.doc+" "+where))
	fmt.Fprintf(b, "type %s struct {\n", t.name)
	for _, m := range t.members {
		typ := map[kind]string{leaf: "string", list: "[]string", group: "*" + m.goTyp, groups: "[]*" + m.goTyp}[m.kind]
		fmt.Fprintf(b, "%s %s", m.field, typ)
		if m.doc != "" {
			fmt.Fprintf(b, " // %s", m.doc)
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n\n")
}

// methods are the ways to reach members by number; see Group in package cargo.
var methods = []struct {
	kind      kind
	signature string
	result    string
	zero      string
}{
	{leaf, "leaf(m int) *string", "&g.%s", "nil"},
	{list, "list(m int) *[]string", "&g.%s", "nil"},
	{group, "group(m int) Group", "some(g.%s)", "nil"},
	{group, "grow(m int) Group", "grow(&g.%s)", "nil"},
	{groups, "count(m int) int", "len(g.%s)", "0"},
	{groups, "item(m, i int) Group", "some(g.%s[i])", "nil"},
	{groups, "add(m int) Group", "add(&g.%s)", "nil"},
}

func writeMembers(b *bytes.Buffer, t *goType) {
	fmt.Fprintf(b, "func (g *%s) typ() groupType { return type%s }\n\n", t.name, t.name)
	for _, way := range methods {
		var cases bytes.Buffer
		for i, m := range t.members {
			if m.kind == way.kind {
				fmt.Fprintf(&cases, "case %d:\nreturn "+way.result+"\n", i, m.field)
			}
		}
		if cases.Len() == 0 {
			fmt.Fprintf(b, "func (g *%s) %s { return %s }\n\n", t.name, blank(way.signature), way.zero)
			continue
		}
		fmt.Fprintf(b, "func (g *%s) %s {\nswitch m {\n%s}\nreturn %s\n}\n\n", t.name, way.signature, cases.String(), way.zero)
	}
}

// writeGroupTypes numbers the structs and names their members.
func writeGroupTypes(b *bytes.Buffer, plan []*goType) {
	b.WriteString("// groupType tells the kinds of group apart.\ntype groupType uint8\n\nconst (\n")
	for i, t := range plan {
		fmt.Fprintf(b, "type%s", t.name)
		if i == 0 {
			b.WriteString(" groupType = iota")
		}
		b.WriteByte('\n')
	}
	b.WriteString(")\n\n// members are the names of a group's members by number.\nfunc (t groupType) members() []string {\nswitch t {\n")
	for _, t := range plan {
		fmt.Fprintf(b, "case type%s:\nreturn []string{", t.name)
		for _, m := range t.members {
			fmt.Fprintf(b, "%q, ", m.json)
		}
		b.WriteString("}\n")
	}
	b.WriteString("}\nreturn nil\n}\n")
}

// blank leaves the parameters of a method that has nothing to look at unnamed.
func blank(signature string) string {
	return strings.NewReplacer("(m int)", "(int)", "(m, i int)", "(int, int)").Replace(signature)
}
