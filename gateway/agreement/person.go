package agreement

import (
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// What a party is taken for. A party is a natural person unless it carries an identifier that only an organisation has, or its filing says
// otherwise. stated is what the filing says, presumed is what nothing contradicts.
const (
	partyPerson       = "person"
	partyPresumed     = "presumed-person"
	partyOrganisation = "organisation"
)

// place says where in a party an element stands.
type place struct {
	depth   int  // steps of the party's own path; 0: not in a party
	datum   bool // becomes personal when the party is a natural person
	natural bool // says whether the party is a natural person
	scheme  bool // is an identifier with its scheme
	code    bool // is a code that only an organisation has
}

// datums are the members of a party that say who a person is and where. Country and province stay readable.
func datums() []string {
	return []string{"name", "id[]", "address.line[]", "address.city", "address.postalCode"}
}

// locate finds the innermost party around an element.
func locate(d *cargo.Dict, e *cargo.Element) place {
	path := string(e.Path)
	for i := len(path) - 1; i > 0; i-- {
		if path[i] != '.' {
			continue
		}
		group, found := d.Lookup(cargo.Path(path[:i]))
		if !found || group.Type != "party" {
			continue
		}
		member := path[i+1:]
		return place{
			depth: strings.Count(path[:i], ".") + 1, datum: slices.Contains(datums(), member),
			natural: member == "naturalPerson", scheme: member == "id[]", code: member == "code",
		}
	}
	return place{}
}

// party cuts the party's instance out of the instance of one of its members.
func (p place) party(instance string) string {
	if p.depth == 0 {
		return ""
	}
	at := 0
	for range p.depth {
		next := strings.IndexByte(instance[at:], '.')
		if next < 0 {
			return instance
		}
		at += next + 1
	}
	return instance[:at-1]
}

// parties says of every party of the record what it is taken for.
func (t *table) parties(r *cargo.Record) map[string]string {
	out := map[string]string{}
	_ = cargo.Walk(r, func(l cargo.Leaf) error { // the function returns no error
		e := t.entries[l.Element]
		if e == nil || e.place.depth == 0 {
			return nil
		}
		key := e.place.party(l.Instance)
		switch {
		case e.place.natural && l.Value == "true":
			out[key] = partyPerson
		case out[key] == partyPerson: // what the filing says stands
		case e.place.natural && l.Value == "false", e.place.code, e.place.scheme && organisational(l.Value):
			out[key] = partyOrganisation
		case out[key] == "":
			out[key] = partyPresumed
		}
		return nil
	})
	return out
}

func organisational(id string) bool {
	scheme, _, found := strings.Cut(id, ":")
	return found && slices.Contains(vocabulary().organisations, scheme)
}
