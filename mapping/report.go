package mapping

import (
	"encoding/json"

	"peacebridge/edi"
)

// Report says what became of every value of a translation. Each instance of a dictionary element stands in
// exactly one of the lists carried, converted, cut and dropped; defaulted names what was filled in, missing
// what the target needs and nobody has. It never holds a value.
type Report struct {
	From      string  `json:"from"`
	To        string  `json:"to"`
	Carried   []Entry `json:"carried"`   // as it was
	Converted []Entry `json:"converted"` // the same fact in another form; why says which
	Defaulted []Entry `json:"defaulted"` // filled in by a guide or a standing rule; by names file and line
	Cut       []Entry `json:"cut"`       // text that did not fit
	Dropped   []Entry `json:"dropped"`   // not carried; why says for which reason
	Missing   []Entry `json:"missing"`   // needed by the target: nothing was rendered
	Wanted    []Entry `json:"wanted"`    // the document was rendered in a lesser form, such as preliminary, for want of these

	// Pairs are the reference pairs that standing rules made. The caller keeps them: the next document about
	// the same consignment must find the same number.
	Pairs Pairs `json:"-"`
}

// Entry is one line of a report.
type Entry struct {
	Path     string // of the dictionary: consignment[].goods[].description; "" for what no path names
	Instance string // with indexes: consignment[0].goods[1].description
	Source   *Place // where the value was read
	Target   *Place // where it was written, or would have been
	By       string // guide or rule file and line that decided
	Why      string
}

// Place is a position in an EDI document (all of edi.Position) or in JSON (offset and pointer).
type Place struct {
	edi.Position
	Pointer string `json:"pointer,omitempty"`
}

// MarshalJSON writes all six members, places that do not apply as an empty object.
func (e Entry) MarshalJSON() ([]byte, error) {
	place := func(p *Place) any {
		if p == nil {
			return struct{}{}
		}
		return p
	}
	return json.Marshal(struct {
		Path     string `json:"path"`
		Instance string `json:"instance"`
		Source   any    `json:"source"`
		Target   any    `json:"target"`
		By       string `json:"by"`
		Why      string `json:"why"`
	}{e.Path, e.Instance, place(e.Source), place(e.Target), e.By, e.Why})
}

// newReport returns a report whose lists are empty, not absent, in JSON.
func newReport(from, to string) *Report {
	return &Report{From: from, To: to, Carried: []Entry{}, Converted: []Entry{}, Defaulted: []Entry{}, Cut: []Entry{}, Dropped: []Entry{}, Missing: []Entry{}, Wanted: []Entry{}}
}

// fate is what became of one instance. Later ones win when reading and writing are joined.
type fate uint8

const (
	carried fate = iota
	converted
	cut
	dropped
)

func (r *Report) add(f fate, e Entry) {
	switch f {
	case carried:
		r.Carried = append(r.Carried, e)
	case converted:
		r.Converted = append(r.Converted, e)
	case cut:
		r.Cut = append(r.Cut, e)
	case dropped:
		r.Dropped = append(r.Dropped, e)
	}
}

// join makes one report of a document that was read and written: an entry of each side meets by its instance,
// and the worse fate is the fate of both.
func join(read, write *Report) *Report {
	out := newReport(read.From, write.To)
	type half struct {
		f fate
		e Entry
	}
	sources := map[string][]half{}
	for f, list := range [][]Entry{read.Carried, read.Converted, read.Cut} {
		for _, e := range list {
			sources[e.Instance] = append(sources[e.Instance], half{fate(f), e})
		}
	}
	out.Dropped = append(out.Dropped, read.Dropped...)
	for _, e := range write.Defaulted {
		if s := sources[e.Instance]; len(s) > 0 {
			e.Source = s[0].e.Source
		}
		out.Defaulted = append(out.Defaulted, e)
	}
	out.Missing = append(out.Missing, write.Missing...)
	out.Wanted = append(out.Wanted, write.Wanted...)
	for f, list := range [][]Entry{write.Carried, write.Converted, write.Cut, write.Dropped} {
		for _, e := range list {
			worst := fate(f)
			if s := sources[e.Instance]; len(s) > 0 {
				e.Source = s[0].e.Source
				worst = max(worst, s[0].f)
				if e.Why == "" {
					e.Why = s[0].e.Why
				}
				if e.By == "" {
					e.By = s[0].e.By
				}
			}
			out.add(worst, e)
		}
	}
	out.Pairs = write.Pairs
	return out
}
