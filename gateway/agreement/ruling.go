package agreement

import (
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// ruling is one decision while it is made.
type ruling struct {
	a       *Agreement
	r       *Request
	states  []state // of every article, in order
	used    []bool  // articles that let something through
	parties map[string]string
}

// state is how an article stands for this request.
type state struct {
	applies bool   // purpose, direction and class are its own
	holding        // of its conditions
	reason  string // why it grants nothing, when it does not
}

// stop gives the reason why nothing can go at all, whatever the articles say.
func (a *Agreement) stop(r *Request) string {
	switch {
	case r.Suspended:
		return "SUSPENDED"
	case r.Violated:
		return "ASSURANCE_VIOLATED"
	case !a.Dates.Contains(r.At) && !a.inGrace(r):
		return "NOT_IN_FORCE"
	case r.Record.Agency != "" && r.Record.Agency != r.From && r.Record.Agency != r.To && !r.Consent:
		return "THIRD_PARTY_RULE"
	}
	_, sends := a.Party(r.From)
	to, receives := a.Party(r.To)
	if !sends || !receives || r.From == r.To {
		return "NO_AGREEMENT"
	}
	caveats := r.Record.Caveat
	if r.Record.Exam != nil {
		caveats = slices.Concat(caveats, r.Record.Exam.Caveat)
	}
	for _, caveat := range caveats {
		if blocks(caveat, to.Country) {
			return "CAVEAT_BLOCKS"
		}
	}
	return ""
}

// inGrace reports a message that was sealed inside the dates and is received shortly after.
func (a *Agreement) inGrace(r *Request) bool {
	return r.Received && a.Dates.Contains(r.SealedAt) && !r.At.Before(a.Dates.From) && r.At.Before(a.Dates.end().Add(a.Dates.Grace))
}

// blocks reports whether a caveat keeps the record from a country: NO-FOREIGN, or REL with countries of which it is none.
func blocks(caveat, country string) bool {
	if caveat == "NO-FOREIGN" {
		return true
	}
	countries, listed := strings.CutPrefix(caveat, "REL ")
	return listed && !slices.Contains(strings.FieldsFunc(countries, func(c rune) bool { return c == ' ' || c == ',' }), country)
}

// choose marks the articles of this purpose, direction and class, or says which of the three no article has.
func (x *ruling) choose(purpose string) string {
	reason := "PURPOSE_NOT_ALLOWED"
	for i := range x.a.Articles {
		art := &x.a.Articles[i]
		if purpose != "" && art.Purpose != purpose {
			continue
		}
		if reason == "PURPOSE_NOT_ALLOWED" {
			reason = "DIRECTION_NOT_ALLOWED"
		}
		if !art.Covers(x.r.From, x.r.To) {
			continue
		}
		if reason == "DIRECTION_NOT_ALLOWED" {
			reason = "CLASS_NOT_ALLOWED"
		}
		if x.a.table.articles[i].classes[x.r.Record.Class] {
			x.states[i].applies, reason = true, "-"
		}
	}
	return strings.TrimPrefix(reason, "-")
}

// weigh judges the conditions of the articles. When none grants anything it gives the reason of the first that might have.
func (x *ruling) weigh() string {
	refusal := ""
	for i := range x.states {
		s := &x.states[i]
		if !s.applies {
			continue
		}
		art := &x.a.Articles[i]
		s.holding = always()
		for j := range art.When {
			c := &art.When[j]
			h := c.holds(x.a, x.r, art.ID)
			if !h.grants && s.reason == "" {
				if s.reason = "CONDITION_NOT_MET"; c.Fact == factQuota {
					s.reason = "QUOTA_EXCEEDED"
				}
			}
			s.holding = s.and(h)
		}
		// At the receiver the sender's signature over the article's name vouches for the approval.
		if s.grants && x.a.table.articles[i].human && !x.r.Received && !slices.Contains(x.r.Approved, art.ID) {
			s.grants, s.reason = false, "APPROVAL_REQUIRED"
		}
		if s.grants {
			refusal = "-"
		} else if refusal == "" {
			refusal = s.reason
		}
	}
	return strings.TrimPrefix(refusal, "-")
}

// decide gives the verdict for one value, and the value that goes.
func (x *ruling) decide(e *entry, l cargo.Leaf) (Element, string) {
	out := Element{Path: string(l.Element.Path), Instance: l.Instance, Verdict: Withhold, Reason: "ELEMENT_NOT_ALLOWED"}
	if e == nil {
		return out, ""
	}
	party := partyPresumed
	if e.place.depth > 0 {
		party = x.parties[e.place.party(l.Instance)]
	}
	v := x.clauses(e, party)
	if v.reason != "" {
		out.Reason, out.Article = v.reason, v.article
		return x.received(out), ""
	}
	out.Article = v.article
	if e.personal || e.place.datum && x.natural(party) {
		if !v.named {
			out.Reason = "PERSON_DATA_BLOCKED"
			return x.received(out), ""
		}
		if v.mask < 0 { // named, and no article says how: under a pseudonym
			v.mask = rankPseudonym
			if !canMask(l.Element, methodPseudonym) {
				out.Reason = "PERSON_DATA_BLOCKED"
				return x.received(out), ""
			}
		}
	}
	return x.apply(out, l, v)
}

// natural reports whether a party is to be treated as a natural person. The presumption binds the origin, which has the whole filing; a receiver
// goes by what the record states.
func (x *ruling) natural(party string) bool {
	return party == partyPerson || party == partyPresumed && !x.r.Received
}

// apply masks the value where it must be, or at the receiver checks that it is.
func (x *ruling) apply(out Element, l cargo.Leaf, v verdict) (Element, string) {
	value := l.Value
	if v.mask > rankFull {
		method := vocabulary().methods[v.mask].id
		if x.r.Received {
			if !masked(method, l.Element, l.Value) {
				return x.received(out), ""
			}
		} else {
			var ok bool
			if value, ok = mask(method, l.Element, l.Value, x.r.Pseudonym); !ok {
				out.Reason = "ELEMENT_NOT_ALLOWED" // the masked form is no value of the element
				return out, ""
			}
		}
		out.Verdict, out.Method = Mask, method
	} else {
		out.Verdict = Share
	}
	out.Reason = ""
	for _, i := range v.granting {
		x.used[i] = true
	}
	return out, value
}

// received gives what the receiver drops its own reason: the sender read the agreement differently.
func (x *ruling) received(out Element) Element {
	if x.r.Received {
		out.Reason = "STRICTER_AT_RECEIVER"
	}
	return out
}

// verdict is what the articles together say of an element, before the question of persons.
type verdict struct {
	article  string // that decides: the withholding one, the narrowest mask's, or the first that shares
	reason   string // why nothing goes; empty when something does
	named    bool
	mask     int
	granting []int
}

// clauses combines the articles: withhold beats mask beats share, the narrower mask wins.
func (x *ruling) clauses(e *entry, party string) verdict {
	v := verdict{mask: -1}
	var missed string
	for i := range e.clauses {
		c := &e.clauses[i]
		s := x.states[c.article]
		if !s.applies {
			continue
		}
		if among := x.a.table.articles[c.article].party; among != nil {
			is := slices.Contains(among, party) && e.place.depth > 0
			s.holding = s.and(holding{is, is || e.place.depth == 0})
			if !is && s.reason == "" {
				s.reason = "CONDITION_NOT_MET"
			}
		}
		id := x.a.Articles[c.article].ID
		if c.withhold && s.restricts {
			return verdict{article: id, reason: "ELEMENT_FORBIDDEN"}
		}
		if !c.share && c.mask < 0 {
			continue
		}
		if c.mask >= 0 && s.restricts && c.mask > v.mask {
			v.mask, v.article = c.mask, id
		}
		if !s.grants {
			if missed == "" {
				missed = id
				v.reason = s.reason
			}
			continue
		}
		if v.article == "" {
			v.article = id
		}
		v.named = v.named || c.named
		v.granting = append(v.granting, c.article)
	}
	switch {
	case len(v.granting) > 0:
		v.reason = ""
	case missed != "":
		v.article = missed
	default:
		v.article, v.reason = "", "ELEMENT_NOT_ALLOWED"
	}
	return v
}

// close notes the articles that let something through, their caveats and the shortest retention.
func (x *ruling) close(d *Decision) {
	for i, used := range x.used {
		if !used {
			continue
		}
		art := &x.a.Articles[i]
		d.Articles = append(d.Articles, art.ID)
		for _, caveat := range art.Caveats {
			if !slices.Contains(d.Caveats, caveat) {
				d.Caveats = append(d.Caveats, caveat)
			}
		}
		if art.Retention != "" && (d.Retention == "" || expiry(art.Retention, x.r.At).Before(expiry(d.Retention, x.r.At))) {
			d.Retention = art.Retention
		}
	}
}
