package certs

import (
	_ "embed"
	"encoding/csv"
	"strings"
)

// Reasons for refusals. The table with titles and hints is reasons.csv; a test keeps both alike.
const (
	IdentityInvalid      = "IDENTITY_INVALID"
	HostInvalid          = "HOST_INVALID"
	CSRMalformed         = "CSR_MALFORMED"
	CSRSignature         = "CSR_SIGNATURE"
	CSRKey               = "CSR_KEY"
	CSRIdentity          = "CSR_IDENTITY"
	CSRAuthority         = "CSR_AUTHORITY"
	KeyReused            = "KEY_REUSED"
	TokenMalformed       = "TOKEN_MALFORMED"
	TokenUnknown         = "TOKEN_UNKNOWN"
	TokenSpent           = "TOKEN_SPENT"
	TokenExpired         = "TOKEN_EXPIRED"
	TokenVoid            = "TOKEN_VOID"
	TokenLifetime        = "TOKEN_LIFETIME"
	AuthorityExpired     = "AUTHORITY_EXPIRED"
	CertificateMissing   = "CERTIFICATE_MISSING"
	CertificateUnknown   = "CERTIFICATE_UNKNOWN"
	CertificateUntrusted = "CERTIFICATE_UNTRUSTED"
	CertificateExpired   = "CERTIFICATE_EXPIRED"
	CertificateEarly     = "CERTIFICATE_EARLY"
	CertificateRevoked   = "CERTIFICATE_REVOKED"
	AgencyMismatch       = "AGENCY_MISMATCH"
	RoleRefused          = "ROLE_REFUSED"
	ServerMismatch       = "SERVER_MISMATCH"
	ConnectionUnfit      = "CONNECTION_UNFIT"
	RevocationReason     = "REVOCATION_REASON"
	CRLInvalid           = "CRL_INVALID"
	CRLOlder             = "CRL_OLDER"
	CRLStale             = "CRL_STALE"
	EnrolmentMismatch    = "ENROLMENT_MISMATCH"
)

//go:embed reasons.csv
var reasonTable string

// Refusal is the typed error of everything that this package says no to. It holds no secret and may be shown to the party.
type Refusal struct {
	Reason string // a row of reasons.csv
	Detail string // what was looked at; may be empty
	Err    error  // the cause, when another error led here
}

func (r *Refusal) Error() string {
	text := r.Title()
	if r.Detail != "" {
		text = r.Detail + ": " + text
	}
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

func (r *Refusal) Unwrap() error { return r.Err }

// Is makes errors.Is(err, &Refusal{Reason: X}) true for every refusal with that reason.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Reason == r.Reason && other.Detail == "" && other.Err == nil
}

// Title is the reason in words.
func (r *Refusal) Title() string { return reasonCell(r.Reason, 1) }

// Hint is what the party or its operator can do about it.
func (r *Refusal) Hint() string { return reasonCell(r.Reason, 2) }

func refuse(reason, detail string) *Refusal { return &Refusal{Reason: reason, Detail: detail} }

// reasonRows reads the embedded table, without its heading.
func reasonRows() ([][]string, error) {
	r := csv.NewReader(strings.NewReader(reasonTable))
	r.Comment = '#'
	r.FieldsPerRecord = 3
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

func reasonCell(reason string, column int) string {
	rows, err := reasonRows()
	if err != nil {
		return reason // unreachable for the table as shipped: a test reads it
	}
	for _, row := range rows {
		if row[0] == reason {
			return row[column]
		}
	}
	return reason
}
