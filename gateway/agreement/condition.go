package agreement

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Condition asks for a fact. Which facts there are is a closed list: vocabulary/facts.csv.
type Condition struct {
	Fact   string
	Values []string  // of a fact with codes: one of these
	From   time.Time // of between
	Until  time.Time // of between: the last day
	Limit  int       // of quota: messages
	Per    string    // of quota: day, month or year, in UTC
	Line   int
}

// The facts of an article's condition.
const (
	factMode         = "mode"
	factMovement     = "movement"
	factPort         = "port"
	factFirstArrival = "firstArrival"
	factDestination  = "destination"
	factTrusted      = "trusted"
	factRisk         = "risk"
	factOutcome      = "outcome"
	factHSChapter    = "hsChapter"
	factUNClass      = "unClass"
	factParty        = "party"
	factLegalRequest = "legalRequest"
	factBetween      = "between"
	factQuota        = "quota"
)

// partnerNotDestination is a value of firstArrival: the goods first arrive in the country of one party and are destined for another country.
const partnerNotDestination = "partner-not-destination"

// when reads the conditions of an article.
func (r *reader) when(art *Article, o object) {
	n, found := o.at["when"]
	if !found {
		return
	}
	path := o.sub("when")
	if n.Kind != yaml.MappingNode {
		r.add("agreement.wrong-kind", n, path, "a mapping of facts is wanted here")
		return
	}
	known := ids(vocabulary().facts)
	list := object{r, n, path, map[string]*yaml.Node{}, map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch name := key.Value; {
		case slices.Contains(discriminating(), strings.ToLower(name)):
			r.add("agreement.condition-discriminates", key, list.sub(name), "no condition may ask for the %s of a person", name)
		case !slices.Contains(known, name):
			r.unknown(key, list.sub(name), name, known)
		case list.at[name] != nil:
			r.add("agreement.condition-duplicate", key, list.sub(name), "%s stands twice", name)
		default:
			list.at[name], list.keys[name] = value, key
			if c, ok := r.condition(list, name); ok {
				art.When = append(art.When, c)
			}
		}
	}
}

func discriminating() []string {
	var out []string
	for _, f := range rows("vocabulary/discriminating.csv", 1) {
		out = append(out, f[0])
	}
	return out
}

func (r *reader) condition(list object, name string) (Condition, bool) {
	fact, _ := find(vocabulary().facts, name)
	n, before := list.at[name], len(r.issues)
	c := Condition{Fact: name, Line: n.Line}
	switch fact.extra[0] {
	case "flag":
		list.choice(name, true, "true", "required")
	case "period":
		if p, ok := r.object(n, list.sub(name), "from", "until"); ok {
			if c.From, c.Until = p.day("from", true), p.day("until", true); c.Until.Before(c.From) {
				r.add("agreement.dates", n, list.sub(name), "until is before from")
			}
		}
	case "quota":
		if q, ok := r.object(n, list.sub(name), "messages", "per"); ok {
			c.Limit, c.Per = q.whole("messages", true), q.choice("per", true, "day", "month", "year")
		}
	default:
		words := list.list(name)
		if len(words) == 0 {
			r.add("agreement.value", n, list.sub(name), "a value is missing")
		}
		allowed := strings.Split(fact.extra[1], ";")
		for _, w := range words {
			if fact.extra[1] != "" && len(r.of([]word{w}, allowed)) == 0 {
				continue
			}
			if name == factHSChapter {
				if chapter, err := strconv.Atoi(w.text); err != nil || len(w.text) != 2 || chapter < 1 {
					r.add("agreement.value", w.node, w.path, "an HS chapter as 02 is wanted here")
				}
			}
			c.Values = append(c.Values, w.text)
		}
	}
	return c, len(r.issues) == before
}
