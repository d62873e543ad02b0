package agreement

import (
	"slices"
	"strings"
	"time"

	"peacebridge/mapping/cargo"
)

// holding is how a condition stands. A fact may have several values (two goods items) or be missing. A permission needs every value known and
// listed; a restriction is met by one listed value, or by one that is missing. So what is not known never lets anything out.
type holding struct{ grants, restricts bool }

func (h holding) and(other holding) holding {
	return holding{h.grants && other.grants, h.restricts && other.restricts}
}

func always() holding { return holding{true, true} }

func stand(values []string, missing bool, allowed func(string) bool) holding {
	missing = missing || len(values) == 0
	return holding{
		grants:    !missing && !slices.ContainsFunc(values, func(v string) bool { return !allowed(v) }),
		restricts: missing || slices.ContainsFunc(values, allowed),
	}
}

// holds judges a condition on the whole record. The party of an element is judged by itself, later.
func (c *Condition) holds(a *Agreement, r *Request, article string) holding {
	switch c.Fact {
	case factParty:
		return always()
	case factBetween:
		inside := !r.At.Before(c.From) && r.At.Before(c.Until.AddDate(0, 0, 1))
		return holding{inside, inside}
	case factLegalRequest:
		// Only the sender knows; at the receiver the signature vouches for it.
		given := r.LegalRequest != "" || r.Received
		return holding{given, true}
	case factQuota:
		return c.quota(r, article)
	}
	values, missing := c.values(a, r.Record)
	return stand(values, missing, func(v string) bool {
		return slices.ContainsFunc(c.Values, func(w string) bool { return strings.EqualFold(v, w) })
	})
}

// quota counts what was sent under the article in the day, month or year. Without a counter the fact is missing.
func (c *Condition) quota(r *Request, article string) holding {
	if r.Received {
		return always()
	}
	if r.Sent == nil {
		return holding{false, true}
	}
	at := r.At.UTC()
	since := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	switch c.Per {
	case "month":
		since = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "year":
		since = time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return holding{r.Sent(article, since) < c.Limit, true}
}

// values reads a fact from the record; missing says that some part of the record does not tell it.
func (c *Condition) values(a *Agreement, r *cargo.Record) (values []string, missing bool) {
	one := func(v string) ([]string, bool) {
		if v == "" {
			return nil, true
		}
		return []string{v}, false
	}
	switch c.Fact {
	case factMode:
		return one(r.Mode)
	case factPort:
		return one(arrival(r).Code)
	case factFirstArrival:
		return c.firstArrival(a, r)
	case factRisk:
		if r.Risk != nil {
			return one(r.Risk.Level)
		}
	case factOutcome:
		if r.Exam != nil {
			return one(r.Exam.Outcome)
		}
	case factTrusted:
		for _, t := range r.TrustedTrader {
			values, missing = collect(values, missing, t.Status)
		}
	case factMovement:
		for _, s := range r.Consignment {
			values, missing = collect(values, missing, movement(s))
		}
	case factDestination:
		for _, s := range r.Consignment {
			values, missing = collect(values, missing, destination(s))
		}
	case factHSChapter, factUNClass:
		for _, s := range r.Consignment {
			for _, g := range s.Goods {
				values, missing = c.goods(g, values, missing)
			}
		}
	}
	return values, missing
}

func collect(values []string, missing bool, v string) ([]string, bool) {
	if v == "" {
		return values, true
	}
	return append(values, v), missing
}

func (c *Condition) goods(g *cargo.Goods, values []string, missing bool) ([]string, bool) {
	if c.Fact == factHSChapter {
		code := g.HSCode
		if i := strings.LastIndexByte(code, ':'); i >= 0 {
			code = code[i+1:]
		}
		if len(code) < 2 {
			return values, true
		}
		return append(values, code[:2]), missing
	}
	if len(g.Dangerous) == 0 {
		return values, true // nothing says that the item is not dangerous
	}
	for _, d := range g.Dangerous {
		values, missing = collect(values, missing, d.Class)
	}
	return values, missing
}

func arrival(r *cargo.Record) cargo.Place {
	if r.Conveyance == nil || r.Conveyance.Arrival == nil || r.Conveyance.Arrival.Port == nil {
		return cargo.Place{}
	}
	return *r.Conveyance.Arrival.Port
}

// firstArrival is the country where the goods first arrive: of the port of arrival, or of a facility that says that it is the first.
func (c *Condition) firstArrival(a *Agreement, r *cargo.Record) ([]string, bool) {
	port := arrival(r)
	country := placeCountry(&port)
	if country == "" && r.Exam != nil && r.Exam.Facility != nil && r.Exam.Facility.Role == "FIRST_ARRIVAL" {
		country = r.Exam.Facility.Country
	}
	if country == "" {
		return nil, true
	}
	if !slices.Contains(c.Values, partnerNotDestination) {
		return []string{country}, false
	}
	ours := slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Country == country })
	var out []string
	for _, s := range r.Consignment {
		switch to := destination(s); {
		case to == "":
			return nil, true
		case ours && to != country:
			out = append(out, partnerNotDestination)
		default:
			out = append(out, country)
		}
	}
	return out, len(out) == 0
}

func destination(s *cargo.Consignment) string {
	if s.Destination != nil {
		if country := placeCountry(s.Destination.Place); country != "" {
			return country
		}
	}
	if s.Movement != nil {
		return placeCountry(s.Movement.ForeignDestination)
	}
	return ""
}

// placeCountry is the country that a place states, or that its code's list implies.
func placeCountry(p *cargo.Place) string {
	if p == nil {
		return ""
	}
	if p.Country != "" {
		return p.Country
	}
	list, code, _ := strings.Cut(p.Code, ":")
	switch list {
	case "cbp-port", "cbp-firms":
		return "US"
	case "cbsa-office", "cbsa-sublocation":
		return "CA"
	case "unlocode":
		if len(code) == 5 {
			return code[:2]
		}
	}
	return ""
}

// movement is the customs movement of a consignment, by either agency's code.
func movement(s *cargo.Consignment) string {
	if s.Movement == nil {
		return ""
	}
	bare := func(v string) string { return v[strings.LastIndexByte(v, ':')+1:] }
	if m := vocabulary().movements["cbsa-movement:"+bare(s.Movement.Type)]; m != "" {
		return m
	}
	if m := vocabulary().movements["cbp-inbond:"+bare(s.Movement.EntryType)]; m != "" {
		return m
	}
	return s.Movement.Type // a record may carry the word itself
}
