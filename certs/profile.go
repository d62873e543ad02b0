package certs

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour

	// authorityLife is how long a CA certificate is valid; peers have to be given a new one before that.
	authorityLife = 5 * 365 * day
	// backdate lets a party whose clock is a little behind use a new certificate at once.
	backdate = 5 * time.Minute
	// maxHosts bounds the names of one gateway certificate.
	maxHosts = 32
)

// profile is what the authority puts into a certificate of one role. It is fixed here and not in a file: who may serve, and
// for how long a stolen key is worth something, should change by review only.
type profile struct {
	life   time.Duration
	serves bool // server authentication and host names beside client authentication
}

// profileOf returns the profile of a role; there is no default one, an unknown role has none.
func profileOf(role string) (profile, bool) {
	switch role {
	case RoleGateway:
		return profile{life: 7 * day, serves: true}, true
	case RoleSystem, RolePartner, RoleAuditor, RoleOfficer:
		return profile{life: 7 * day}, true
	case RoleAdmin:
		return profile{life: 1 * day}, true
	}
	return profile{}, false
}

// hostsOf returns the host names that a certificate of this role carries: none, or for a gateway the loopback names and what
// the operator configured.
func hostsOf(id Identity, configured []string) ([]string, error) {
	p, ok := profileOf(id.Role)
	if !ok {
		return nil, refuse(IdentityInvalid, "role")
	}
	if !p.serves {
		if len(configured) > 0 {
			return nil, refuse(HostInvalid, "role "+id.Role)
		}
		return nil, nil
	}
	hosts := []string{"127.0.0.1", "localhost"}
	for _, h := range configured {
		if !hostName(h) {
			return nil, refuse(HostInvalid, "host")
		}
		if !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) > maxHosts {
		return nil, refuse(HostInvalid, "too many hosts")
	}
	return hosts, nil
}

// hostName accepts an IP address in its canonical text form or a DNS name in lower case (RFC 1123 §2.1): nothing that a
// certificate library could take for a mail address, a URI or a wildcard.
func hostName(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String() == s && addr.Zone() == "" && !addr.Is4In6()
	}
	if s == "" || len(s) > 253 {
		return false
	}
	numeric := true
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		numeric = true
		for i := range len(label) {
			c := label[i]
			if !lowerOrDigit(c) && c != '-' {
				return false
			}
			numeric = numeric && '0' <= c && c <= '9'
		}
	}
	return !numeric // a last label of digits only is a mistyped address, not a name
}
