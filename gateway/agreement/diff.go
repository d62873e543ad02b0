package agreement

import (
	"fmt"
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// Change is one difference between two versions of an agreement.
type Change struct {
	Kind   string `json:"kind"`  // added, removed or changed
	Where  string `json:"where"` // version, parties.ca.cbsa.key, articles[1.1].retention, or an element: articles[1.1]:exam.outcome
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Effect string `json:"effect,omitempty"` // wider or narrower, where what may be shared changes
}

// The kinds and effects of a change.
const (
	changeAdded   = "added"
	changeRemoved = "removed"
	changeChanged = "changed"
	effectWider   = "wider"
	effectNarrow  = "narrower"
)

// Diff lists what b changes against a: first the terms, then article by article what each says of each element of the dictionary, so that two ways to
// write the same permission are no difference.
func Diff(a, b *Agreement) []Change {
	d := &differ{}
	d.text("agreement", a.ID, b.ID)
	d.text("version", fmt.Sprint(a.Version), fmt.Sprint(b.Version))
	d.text("title.en", a.Title.EN, b.Title.EN)
	d.text("title.fr", a.Title.FR, b.Title.FR)
	for _, agency := range union(a.agencies(), b.agencies()) {
		before, _ := a.Party(agency)
		after, _ := b.Party(agency)
		d.text("parties."+agency, before.Agency, after.Agency)
		d.text("parties."+agency+".country", before.Country, after.Country)
		d.text("parties."+agency+".key", before.Key, after.Key)
		d.text("parties."+agency+".contact", before.Contact, after.Contact)
		d.text("authority."+agency, strings.Join(a.Authority[agency], "; "), strings.Join(b.Authority[agency], "; "))
	}
	d.text("assurances", strings.Join(a.Assurances, ", "), strings.Join(b.Assurances, ", "))
	d.text("inForce", fmt.Sprintf("%s/%s", day(a.Dates.From), day(a.Dates.Until)), fmt.Sprintf("%s/%s", day(b.Dates.From), day(b.Dates.Until)))
	d.text("inForce.grace", a.Dates.Grace.String(), b.Dates.Grace.String())
	d.text("suspension", fmt.Sprint(a.Suspension), fmt.Sprint(b.Suspension))
	d.text("breach", fmt.Sprint(a.Breach), fmt.Sprint(b.Breach))
	d.text("annexes", fmt.Sprint(a.Annexes), fmt.Sprint(b.Annexes))
	for _, id := range union(a.articleIDs(), b.articleIDs()) {
		d.article(a, b, id)
	}
	return d.changes
}

type differ struct{ changes []Change }

func (d *differ) add(where, before, after, effect string) {
	kind := changeChanged
	switch {
	case before == "":
		kind = changeAdded
	case after == "":
		kind = changeRemoved
	}
	d.changes = append(d.changes, Change{kind, where, before, after, effect})
}

func (d *differ) text(where, before, after string) {
	if before != after {
		d.add(where, before, after, "")
	}
}

func (d *differ) article(a, b *Agreement, id string) {
	i, j := a.article(id), b.article(id)
	where := "articles[" + id + "]"
	before, after := Article{}, Article{}
	if i >= 0 {
		before = a.Articles[i]
	}
	if j >= 0 {
		after = b.Articles[j]
	}
	if i < 0 || j < 0 {
		d.text(where, before.ID, after.ID)
	}
	d.text(where+".purpose", before.Purpose, after.Purpose)
	d.text(where+".direction", way(before), way(after))
	d.text(where+".classes", strings.Join(slices.Sorted(slices.Values(before.Classes)), ", "), strings.Join(slices.Sorted(slices.Values(after.Classes)), ", "))
	d.text(where+".when", conditions(before), conditions(after))
	d.text(where+".retention", before.Retention, after.Retention)
	d.text(where+".caveats", strings.Join(before.Caveats, ", "), strings.Join(after.Caveats, ", "))
	d.text(where+".onward", before.Onward, after.Onward)
	d.text(where+".approval", before.Approval, after.Approval)
	for e := range cargo.Dictionary().Leaves() {
		was, is := a.says(e, i), b.says(e, j)
		if was == is {
			continue
		}
		effect := effectNarrow
		if openness(is) > openness(was) {
			effect = effectWider
		}
		d.add(where+":"+string(e.Path), was, is, effect)
	}
}

// says is what an article says of an element: nothing, share, a masking method, or withhold.
func (a *Agreement) says(e *cargo.Element, article int) string {
	for _, c := range a.table.entries[e].clauses {
		switch {
		case c.article != article:
		case c.withhold:
			return Withhold
		case c.mask >= 0:
			return Mask + " " + vocabulary().methods[c.mask].id
		case c.share:
			return Share
		}
	}
	return ""
}

// openness orders what an article says: withhold takes more than silence, which gives nothing.
func openness(says string) int {
	method, mask := strings.CutPrefix(says, Mask+" ")
	switch {
	case says == Withhold:
		return -1
	case says == "":
		return 0
	case mask:
		return 10 - narrowness(method)
	}
	return 10
}

func (a *Agreement) article(id string) int {
	return slices.IndexFunc(a.Articles, func(r Article) bool { return r.ID == id })
}

func (a *Agreement) articleIDs() []string {
	var out []string
	for _, r := range a.Articles {
		out = append(out, r.ID)
	}
	return out
}

func way(r Article) string {
	switch {
	case r.ID == "":
		return ""
	case r.From == "":
		return "both"
	}
	return r.From + " to " + r.To
}

func conditions(r Article) string {
	var out []string
	for _, c := range r.When {
		c.Line = 0
		out = append(out, fmt.Sprint(c))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
