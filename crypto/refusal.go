package crypto

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// ErrRefused is what every *Refusal is, for errors.Is.
var ErrRefused = errors.New("refused")

// Reason is the code of a refusal: a row of refusals.csv. Codes are appended, never renamed or reused.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	TooLarge           Reason = "TOO_LARGE"
	TokenMalformed     Reason = "TOKEN_MALFORMED"
	HeaderRefused      Reason = "HEADER_REFUSED"
	AlgorithmRefused   Reason = "ALGORITHM_REFUSED"
	DecryptionFailed   Reason = "DECRYPTION_FAILED"
	TypeWrong          Reason = "TYPE_WRONG"
	KeyUnknown         Reason = "KEY_UNKNOWN"
	SignatureInvalid   Reason = "SIGNATURE_INVALID"
	ClaimsInvalid      Reason = "CLAIMS_INVALID"
	IssuerWrong        Reason = "ISSUER_WRONG"
	AudienceWrong      Reason = "AUDIENCE_WRONG"
	RecipientKeyWrong  Reason = "RECIPIENT_KEY_WRONG"
	KeyNotValid        Reason = "KEY_NOT_VALID_AT_SIGNING"
	KeyRevoked         Reason = "KEY_REVOKED"
	NotYetValid        Reason = "NOT_YET_VALID"
	Expired            Reason = "EXPIRED"
	DigestWrong        Reason = "DIGEST_WRONG"
	RecordInvalid      Reason = "RECORD_INVALID"
	DisclosureInvalid  Reason = "DISCLOSURE_MALFORMED"
	DisclosureUnsigned Reason = "DISCLOSURE_NOT_SIGNED"
)

// Refusal is an envelope, receipt, signature or disclosure that was not accepted.
//
// Error is the same text for every reason, so that a refusal which escapes into an answer teaches a probing sender
// nothing. Reason and Detail are for the ledger and the log. Only when Authenticated is true has the sender been proven,
// and may be told the reason, in a signed receipt.
type Refusal struct {
	Reason        Reason
	Authenticated bool // the signature held before this was decided

	subject string // what was refused: "envelope", "receipt"
	cause   error
}

// Error says what was refused and never why.
func (r *Refusal) Error() string { return r.subject + " refused" }

// Is makes errors.Is(err, ErrRefused) true.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// Detail is for the operator: the reason and what stood behind it, never a value of the record.
func (r *Refusal) Detail() string {
	if r.cause == nil {
		return string(r.Reason)
	}
	return string(r.Reason) + ": " + r.cause.Error()
}

// LogValue gives structured logs the reason that Error keeps back.
func (r *Refusal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reason", string(r.Reason)), slog.String("detail", r.Detail()))
}

// fault is a refusal in the making: the inner functions know the reason, the outer ones the subject.
type fault struct {
	reason Reason
	cause  error
}

func (f *fault) Error() string { return string(f.reason) + ": " + f.cause.Error() }

func fail(reason Reason, format string, args ...any) error {
	return &fault{reason, fmt.Errorf(format, args...)}
}

func tooLong(n, most int) error { return fail(TooLarge, "%d bytes, at most %d", n, most) }

// refuse turns the error of an inner function into the one refusal that leaves the package.
func refuse(subject string, authenticated bool, err error) error {
	r := &Refusal{Reason: TokenMalformed, Authenticated: authenticated, subject: subject, cause: err}
	if f, ok := errors.AsType[*fault](err); ok {
		r.Reason, r.cause = f.reason, f.cause
	}
	return r
}

//go:embed refusals.csv
var refusalsCSV string

// RefusalRow is one row of refusals.csv.
type RefusalRow struct {
	Code          Reason
	Authenticated bool   // the sender was proven before this is decided
	Title         string // for people
	Rule          string // the clause that asks for it
}

// Refusals returns the table of reasons.
func Refusals() ([]RefusalRow, error) {
	r := csv.NewReader(strings.NewReader(refusalsCSV))
	r.Comment = '#'
	r.FieldsPerRecord = 4
	lines, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("refusals.csv: %w", err)
	}
	var rows []RefusalRow
	for _, l := range lines[1:] {
		rows = append(rows, RefusalRow{Reason(l[0]), l[1] == "yes", l[2], l[3]})
	}
	return rows, nil
}
