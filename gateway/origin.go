package gateway

import (
	_ "embed"
	"fmt"

	"peacebridge/certs"
	"peacebridge/mapping/cargo"
)

//go:embed origins.csv
var originsCSV string

// origins are, by record class, the elements that say which agency a record is
// by, from origins.csv; those of every class stand under *. Who a connection or
// a signature shows to be one agency does not speak for another.
type origins map[string][]cargo.Path

func loadOrigins() (origins, error) {
	rows, err := readTable(originsCSV, 2)
	if err != nil {
		return nil, fmt.Errorf("origins.csv: %w", err)
	}
	o := origins{}
	for _, row := range rows {
		o[row[0]] = append(o[row[0]], cargo.Path(row[1]))
	}
	return o, nil
}

// foreign are the elements of a record that name another agency than the one it is from.
func (o origins) foreign(rec *cargo.Record, from string) []cargo.Path {
	var out []cargo.Path
	for _, class := range []string{"*", rec.Class} {
		for _, path := range o[class] {
			for _, l := range rec.Instances(path) {
				if l.Value != from {
					out = append(out, path)
				}
			}
		}
	}
	return out
}

// mayHandIn refuses a record of a class that is not for the party's role, and one
// that names another agency as its origin: that agency hands it in at its own gateway.
func (g *Gateway) mayHandIn(party certs.Identity, rec *cargo.Record, text []byte) error {
	if err := g.maySubmit(party, rec.Class); err != nil {
		return err
	}
	foreign := g.origins.foreign(rec, g.settings.Agency)
	if len(foreign) == 0 {
		return nil
	}
	e := refuse("foreign-agency", "the record says that it is by another agency than %s", g.settings.Agency)
	for _, path := range foreign {
		offset, pointer := cargo.Locate(text, path)
		e.findings = append(e.findings, problemFinding{
			Code: "gateway.agency-foreign", Severity: "error", Path: string(path), Rule: "agency of origin",
			Position: map[string]any{"offset": offset, "pointer": pointer}, Message: "the agency is not the one that runs this gateway",
		})
	}
	return e
}
