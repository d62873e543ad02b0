package gateway

import (
	"slices"

	"peacebridge/certs"
)

// submitters says which role hands in which record class. What is not here may
// not be submitted by anyone.
var submitters = map[string][]string{
	certs.RolePartner: {"cargo.report", "conveyance.report", "arrival.report", "movement.event", "seal.event"},
	certs.RoleSystem: {
		"cargo.report", "conveyance.report", "arrival.report", "movement.event", "seal.event", "status.notice",
		"exam.request", "exam.result", "prescreen.recommendation", "risk.assessment", "donotload.notice",
		"trader.status", "new.information", "threat.measure", "recognition.decision",
	},
}

func (g *Gateway) maySubmit(party certs.Identity, class string) error {
	if slices.Contains(submitters[party.Role], class) {
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
