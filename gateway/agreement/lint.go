package agreement

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"peacebridge/mapping/cargo"
)

// lint looks at the agreement as a whole, once its parts are read.
func (r *reader) lint(a *Agreement) {
	at := func(line int) *yaml.Node { return &yaml.Node{Line: line} }
	for _, needed := range [...]string{"held-in-confidence", "purpose-only"} {
		if !slices.Contains(a.Assurances, needed) {
			r.add("agreement.assurance-missing", nil, "assurances", "%s is not given", needed)
		}
	}
	for _, p := range a.Parties {
		if len(a.Authority[p.Agency]) == 0 {
			r.add("agreement.authority-missing", nil, "authority."+p.Agency, "no legal authority is cited for %s", p.Agency)
		}
	}
	if a.Dates.Review.IsZero() {
		r.add("agreement.review-missing", nil, "inForce.review", "no date of review")
	}
	for i := range a.Articles {
		art := &a.Articles[i]
		r.lintArticle(a, i, at(art.Line), fmt.Sprintf("articles[%d]", i))
	}
}

func (r *reader) lintArticle(a *Agreement, i int, n *yaml.Node, path string) {
	art, d := &a.Articles[i], cargo.Dictionary()
	if art.Retention == "" {
		r.add("agreement.retention-missing", n, path+".retention", "article %s does not say how long data are kept", art.ID)
	}
	if len(art.Share)+len(art.Mask) == 0 && len(art.Withhold) == 0 {
		r.add("agreement.share-empty", n, path, "article %s shares, masks and withholds nothing", art.ID)
	}
	gives := len(art.Share)+len(art.Mask) > 0
	if gives && !a.gives(art, "id", "class") {
		r.add("agreement.no-header", n, path+".share", "no article of this purpose shares the record's id and class: name header")
	}
	for _, text := range art.Share {
		r.lintPattern(art, n, path+".share", text, d)
	}
	for _, m := range art.Mask {
		r.lintMask(art, n, path+".mask", m, d)
	}
	for _, c := range art.When {
		fact, _ := find(vocabulary().facts, c.Fact)
		if element := fact.extra[2]; gives && element != "" && !a.gives(art, cargo.Path(element)) {
			r.add("agreement.fact-withheld", &yaml.Node{Line: c.Line}, path+".when."+c.Fact,
				"no article of this purpose shares %s, so the receiver cannot judge the condition and drops what it holds for", element)
		}
	}
	r.shadowed(a, i, n, path)
}

// gives reports whether the articles of the same purpose and direction share or mask the elements.
func (a *Agreement) gives(art *Article, paths ...cargo.Path) bool {
	for _, path := range paths {
		e, found := cargo.Dictionary().Lookup(path)
		if !found {
			continue // a group by itself: its members are judged by the receiver
		}
		entry := a.table.entries[e]
		if entry == nil || !slices.ContainsFunc(entry.clauses, func(c clause) bool {
			other := &a.Articles[c.article]
			return other.Purpose == art.Purpose && other.From == art.From && other.To == art.To && !c.withhold
		}) {
			return false
		}
	}
	return true
}

func (r *reader) lintPattern(art *Article, n *yaml.Node, path, text string, d *cargo.Dict) {
	p, err := readPattern(text)
	if err != nil {
		return
	}
	elements := p.elements(d)
	carried, personal, security := false, "", ""
	for e, named := range elements {
		carried = carried || slices.ContainsFunc(art.Classes, e.In)
		if !named && e.Sensitivity == "personal" {
			personal = first(personal, string(e.Path))
		}
		if !named && e.Sensitivity == "security" {
			security = first(security, string(e.Path))
		}
		r.names(art, n, path, e)
	}
	if !carried {
		r.add("agreement.class-carries-nothing", n, path, "%s: no class of article %s carries it", text, art.ID)
	}
	if personal != "" {
		r.add("agreement.personal-wildcard", n, path, "%s: personal elements such as %s are not shared unless they are named", text, personal)
	}
	if security != "" {
		r.add("agreement.security-wildcard", n, path, "%s: shares security elements such as %s; name what is meant", text, security)
	}
}

func first(have, other string) string {
	if have == "" || other < have {
		return other
	}
	return have
}

// names holds an article for statistics to name no one.
func (r *reader) names(art *Article, n *yaml.Node, path string, e *cargo.Element) {
	if art.Purpose == "statistics" && (e.Sensitivity == "personal" || locate(cargo.Dictionary(), e).datum) {
		r.add("agreement.statistics-names", n, path, "article %s is for statistics and shares %s", art.ID, e.Path)
	}
}

func (r *reader) lintMask(art *Article, n *yaml.Node, path string, m Masking, d *cargo.Dict) {
	p, err := readPattern(m.Path)
	if err != nil {
		return
	}
	for e := range p.elements(d) {
		if e.Path == "exam.officer.ref" && narrowness(m.Method) < narrowness(methodPseudonym) {
			r.add("agreement.officer", n, path, "%s: an officer is never shared by %s", m.Path, m.Method)
		}
		if m.Method == methodFull || m.Method == methodGeneralise {
			r.names(art, n, path, e)
		}
	}
}

// shadowed warns of what an article shares and withholds itself: the sharing has no effect.
func (r *reader) shadowed(a *Agreement, i int, n *yaml.Node, path string) {
	art := &a.Articles[i]
	for _, text := range art.Share {
		p, err := readPattern(text)
		if err != nil {
			continue
		}
		elements := p.elements(cargo.Dictionary())
		all := len(elements) > 0
		for e := range elements {
			all = all && slices.ContainsFunc(a.table.entries[e].clauses, func(c clause) bool { return c.article == i && c.withhold })
		}
		if all {
			r.add("agreement.no-effect", n, path+".share", "%s: article %s withholds all of it", text, art.ID)
		}
	}
}
