package agreement

import (
	"errors"
	"time"
)

type table struct{}

// Condition of an article.
type Condition struct{ Fact string }

// The languages of the rendered text.
const (
	English = "en"
	French  = "fr"
)

// Issue is something wrong with an agreement's file.
type Issue struct {
	Code     string `json:"code"`
	Line     int    `json:"line"`
	Path     string `json:"path"`
	Message  string `json:"message"`
	Severity string `json:"severity"` // error or warning
}

// Parse reads an agreement.
func Parse(b []byte) (*Agreement, []Issue) { return nil, nil }

// Signature is a party's signature over the file's exact bytes.
type Signature struct {
	Agency string
	JWS    []byte
}

// Verify checks a detached signature.
type Verify func(agency, thumbprint string, payload, jws []byte) error

// Refusal is a typed refusal.
type Refusal struct {
	Reason string
	Detail string
}

func (r *Refusal) Error() string { return r.Detail }

// InForce says whether the agreement binds at an instant.
func (a *Agreement) InForce(at time.Time, sigs []Signature, v Verify) error {
	return errors.New("not yet")
}

// Render writes the agreement as numbered prose.
func (a *Agreement) Render(lang string) string { return "" }

// Change is one difference between two agreements.
type Change struct {
	Kind   string `json:"kind"`
	Where  string `json:"where"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Effect string `json:"effect,omitempty"`
}

// Diff compares two agreements.
func Diff(a, b *Agreement) []Change { return nil }
