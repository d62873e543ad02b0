package gateway

import (
	_ "embed"
	"fmt"
	"slices"

	"peacebridge/certs"
)

//go:embed access.csv
var accessCSV string

// access says which role hands in which record class, from access.csv. What is
// not there may not be submitted by anyone.
type access map[string][]string

func loadAccess() (access, error) {
	rows, err := readTable(accessCSV, 2)
	if err != nil {
		return nil, fmt.Errorf("access.csv: %w", err)
	}
	a := access{}
	for _, row := range rows {
		if !slices.Contains(certs.Roles(), row[0]) {
			return nil, fmt.Errorf("access.csv: no role %q", row[0])
		}
		a[row[0]] = append(a[row[0]], row[1])
	}
	return a, nil
}

func (g *Gateway) maySubmit(party certs.Identity, class string) error {
	if slices.Contains(g.access[party.Role], class) {
		return nil
	}
	return refuse("not-acceptable-class", "the role %s may not submit this record class", party.Role)
}

// agencySide are the roles that see everything that the agency has; a partner
// sees what it submitted itself.
func agencySide(role string) bool {
	return role == certs.RoleSystem || role == certs.RoleAuditor || role == certs.RoleOfficer || role == certs.RoleAdmin
}

func maySee(party certs.Identity, d *document) bool {
	return agencySide(party.Role) || d.Party == party.URI()
}
