package certs

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Roles that an identity may have. The list is closed: a certificate with another role is not ours.
const (
	RoleGateway = "gateway" // the machine at an agency's edge; the only role that serves
	RoleSystem  = "system"  // an agency's own back-end system
	RolePartner = "partner" // a carrier, broker or other party outside the agencies
	RoleAuditor = "auditor" // reads evidence, changes nothing
	RoleOfficer = "officer" // a person at the console
	RoleAdmin   = "admin"   // a person who runs the gateway
)

// Roles returns every role in a fixed order.
func Roles() []string {
	return []string{RoleGateway, RoleSystem, RolePartner, RoleAuditor, RoleOfficer, RoleAdmin}
}

const (
	scheme = "peacebridge://"
	// maxName bounds the agency and the id of an identity: a DNS label's 63 octets (RFC 1035 §2.3.4) is what registers,
	// file names and log lines can all carry.
	maxName = 63
)

// ErrIdentity is wrapped by every error of ParseIdentity and IdentityOf.
var ErrIdentity = errors.New("identity")

// Identity names one party to a connection: who vouches for it (the agency), what it may be (the role) and which one it is.
type Identity struct {
	Agency string `json:"agency"` // "ca.cbsa"
	Role   string `json:"role"`   // one of Roles
	ID     string `json:"id"`     // unique within agency and role, for example "carrier-7"
}

// URI returns the only text form: peacebridge://<agency>/<role>/<id>.
func (id Identity) URI() string {
	return scheme + id.Agency + "/" + id.Role + "/" + id.ID
}

// String returns the URI.
func (id Identity) String() string { return id.URI() }

// ParseIdentity reads the URI form. It works on the text and not through net/url, because a general URI has many spellings
// of one thing (percent escapes, empty ports, upper case hosts) and an identity must have exactly one: for every text that
// is accepted, ParseIdentity(text).URI() == text.
func ParseIdentity(uri string) (Identity, error) {
	rest, ok := strings.CutPrefix(uri, scheme)
	if !ok {
		return Identity{}, fmt.Errorf("%w: not a %s URI", ErrIdentity, scheme)
	}
	if len(rest) > 2*maxName+16 {
		return Identity{}, fmt.Errorf("%w: longer than any identity", ErrIdentity)
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return Identity{}, fmt.Errorf("%w: %d parts, 3 wanted (agency, role, id)", ErrIdentity, len(parts))
	}
	id := Identity{Agency: parts[0], Role: parts[1], ID: parts[2]}
	if err := id.check(); err != nil {
		return Identity{}, err
	}
	return id, nil
}

// check says what is wrong with an identity, naming the part but never repeating the value.
func (id Identity) check() error {
	if !agencyName(id.Agency) {
		return fmt.Errorf("%w: agency: want lower-case labels joined by dots, at most %d characters", ErrIdentity, maxName)
	}
	if !knownRole(id.Role) {
		return fmt.Errorf("%w: role: want one of %s", ErrIdentity, strings.Join(Roles(), ", "))
	}
	if !plainName(id.ID) {
		return fmt.Errorf("%w: id: want lower-case letters, digits, dot, hyphen, underscore, starting with a letter or digit, at most %d characters", ErrIdentity, maxName)
	}
	return nil
}

func knownRole(role string) bool { return slices.Contains(Roles(), role) }

// agencyName accepts what can also stand as a host in an X.509 URI name constraint (RFC 5280 §4.2.1.10): the authority's own
// certificate limits it to this name. Every label starts with a letter, so no agency looks like an IP address.
func agencyName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] < 'a' || label[0] > 'z' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !lowerOrDigit(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

func plainName(s string) bool {
	if s == "" || len(s) > maxName || !lowerOrDigit(s[0]) || strings.Contains(s, "..") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !lowerOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

func lowerOrDigit(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// IdentityOf reads the identity of a certificate: its one URI among the subject alternative names. The raw extension is read
// because x509.Certificate.URIs holds parsed URLs, which print some different spellings alike (a trailing "#" disappears).
// DNS names and addresses may stand beside it; any other kind of name, or a second URI, makes the certificate unusable here.
func IdentityOf(cert *x509.Certificate) (Identity, error) {
	uri, found := "", false
	for _, ext := range cert.Extensions {
		if !ext.Id.Equal(oidAlternativeName()) {
			continue
		}
		names, err := alternativeNames(ext.Value)
		if err != nil {
			return Identity{}, err
		}
		for _, name := range names {
			switch {
			case name.Tag == nameDNS || name.Tag == nameIP:
			case name.Tag == nameURI && !found:
				uri, found = string(name.Bytes), true
			case name.Tag == nameURI:
				return Identity{}, fmt.Errorf("%w: more than one URI in the certificate", ErrIdentity)
			default:
				return Identity{}, fmt.Errorf("%w: subject alternative name of kind %d", ErrIdentity, name.Tag)
			}
		}
	}
	if !found {
		return Identity{}, fmt.Errorf("%w: no URI in the certificate", ErrIdentity)
	}
	return ParseIdentity(uri)
}

// Tags of a GeneralName (RFC 5280 §4.2.1.6).
const (
	nameDNS = 2
	nameURI = 6
	nameIP  = 7
)

// alternativeNames splits the value of a subject alternative name extension into its GeneralNames.
func alternativeNames(der []byte) ([]asn1.RawValue, error) {
	var names []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &names); err != nil || len(rest) != 0 {
		return nil, fmt.Errorf("%w: subject alternative name is malformed", ErrIdentity)
	}
	for _, name := range names {
		if name.Class != asn1.ClassContextSpecific {
			return nil, fmt.Errorf("%w: subject alternative name is malformed", ErrIdentity)
		}
	}
	return names, nil
}

// Extensions of RFC 5280 §4.2.1. Functions, because a slice cannot be a constant.
func oidSubjectKeyID() asn1.ObjectIdentifier     { return asn1.ObjectIdentifier{2, 5, 29, 14} }
func oidKeyUsage() asn1.ObjectIdentifier         { return asn1.ObjectIdentifier{2, 5, 29, 15} }
func oidAlternativeName() asn1.ObjectIdentifier  { return asn1.ObjectIdentifier{2, 5, 29, 17} }
func oidBasicConstraints() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 19} }
func oidNameConstraints() asn1.ObjectIdentifier  { return asn1.ObjectIdentifier{2, 5, 29, 30} }
func oidAuthorityKeyID() asn1.ObjectIdentifier   { return asn1.ObjectIdentifier{2, 5, 29, 35} }
func oidExtKeyUsage() asn1.ObjectIdentifier      { return asn1.ObjectIdentifier{2, 5, 29, 37} }
