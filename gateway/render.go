package gateway

import (
	"fmt"
	"strconv"
	"time"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// rendering is everything that the bytes of a rendered document depend on
// besides the record and the guide.
type rendering struct {
	at      time.Time
	control uint64
	rules   *ruleSet
	peer    string
}

// render is step 8: the record in one of this agency's own formats. Missing
// elements are in the report, and then there are no bytes.
func (g *Gateway) render(rec *cargo.Record, guideName string, r rendering) ([]byte, *mapping.Report, error) {
	guide, ok := g.guides.Guide(guideName)
	if !ok || !guide.Writes {
		return nil, nil, refuse("not-found", "no guide of this name writes documents here")
	}
	if !guide.Accepts(rec.Class) {
		return nil, nil, refuse("not-rendered", "this guide writes no record of class %s", rec.Class)
	}
	control := strconv.FormatUint(r.control, 10)
	return guide.Write(rec, mapping.Params{
		At: r.at, Control: control, GroupControl: control, MessageControl: "1",
		Sender: edi.Address{Qualifier: "ZZ", ID: addressOf(r.peer)}, Receiver: edi.Address{Qualifier: "ZZ", ID: addressOf(g.settings.Agency)},
		Usage: g.usage(), Rules: r.rules.rules,
	})
}

// addressOf is an agency as an interchange address: upper case, no dots, which
// fits every character set and the 15 places of ISA06.
func addressOf(agency string) string {
	out := make([]byte, 0, len(agency))
	for i := range len(agency) {
		switch c := agency[i]; {
		case c == '.':
			out = append(out, '-')
		case 'a' <= c && c <= 'z':
			out = append(out, c-'a'+'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func (g *Gateway) usage() string {
	if g.settings.production() {
		return "P"
	}
	return "T"
}

// rendered renders a document of ours as it was rendered when it came.
func (g *Gateway) rendered(d *document, guide string) ([]byte, *mapping.Report, error) {
	rec, err := g.record(d)
	if err != nil {
		return nil, nil, err
	}
	rules := g.rules.current()
	if d.Rules != "" {
		if rules, err = g.rules.byHash(g, d.Rules); err != nil {
			return nil, nil, fmt.Errorf("standing rules: %w", err)
		}
	}
	return g.render(rec, guide, rendering{at: d.ReceivedAt, control: max(d.Control, 1), rules: rules, peer: g.origOf(d)})
}

// origOf is the agency that the document came from.
func (g *Gateway) origOf(d *document) string {
	if _, ok := g.peers[d.Party]; ok {
		return d.Party
	}
	return g.settings.Agency
}
