package agreement

import (
	"peacebridge/mapping/cargo"
)

// table is the agreement compiled against the dictionary: for each element what each article says of it. A decision looks an element up and
// compares numbers; it matches no text.
type table struct {
	entries  map[*cargo.Element]*entry
	articles []form
}

// entry is one element of the dictionary.
type entry struct {
	clauses  []clause // in the order of the articles
	place    place
	personal bool // by its own nature
	body     bool // not part of the header: sharing it is sharing something
}

// clause is what one article says of one element.
type clause struct {
	article  int
	share    bool
	named    bool // spelled out, without a star
	mask     int  // narrowness of the method; -1: not masked
	withhold bool
}

// form is an article as decisions need it.
type form struct {
	classes map[string]bool
	party   []string // values of a condition on the party of an element; nil: none
	human   bool
}

// formal are the elements that alone are nothing of substance.
func formal(path cargo.Path) bool {
	switch path {
	case "id", "class", "agency", "mode", "function", "issuedAt", "supersedes", "reference.message", "reference.original", "caveat[]":
		return true
	}
	return false
}

func compile(a *Agreement, d *cargo.Dict) *table {
	t := &table{entries: map[*cargo.Element]*entry{}}
	for e := range d.Leaves() {
		t.entries[e] = &entry{place: locate(d, e), personal: e.Sensitivity == "personal", body: !formal(e.Path)}
	}
	for i := range a.Articles {
		art := &a.Articles[i]
		f := form{classes: map[string]bool{}, human: art.Approval != ""}
		for _, class := range art.Classes {
			f.classes[class] = true
		}
		for _, c := range art.When {
			if c.Fact == factParty {
				f.party = c.Values
			}
		}
		t.articles = append(t.articles, f)
		for _, text := range art.Share {
			t.put(d, i, text, func(c *clause, named bool) { c.share, c.named = true, c.named || named })
		}
		for _, m := range art.Mask {
			t.put(d, i, m.Path, func(c *clause, named bool) { c.mask, c.named = max(c.mask, narrowness(m.Method)), c.named || named })
		}
		for _, text := range art.Withhold {
			t.put(d, i, text, func(c *clause, _ bool) { c.withhold = true })
		}
	}
	return t
}

func (t *table) put(d *cargo.Dict, article int, text string, say func(c *clause, named bool)) {
	p, err := readPattern(text)
	if err != nil {
		return // Parse has refused it
	}
	for e, named := range p.elements(d) {
		say(t.entries[e].clause(article), named)
	}
}

// clause finds or adds what an article says; articles come in order.
func (e *entry) clause(article int) *clause {
	if n := len(e.clauses); n == 0 || e.clauses[n-1].article != article {
		e.clauses = append(e.clauses, clause{article: article, mask: -1})
	}
	return &e.clauses[len(e.clauses)-1]
}
