package agreement

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Signature is a party's detached signature over the exact bytes of the agreement's file (RFC 7515, appendix F).
type Signature struct {
	Agency string
	JWS    []byte
}

// Verify checks a detached signature by the key with this thumbprint. The package knows no cryptography: the caller brings it.
type Verify func(agency, thumbprint string, payload, jws []byte) error

// Refusal says why an agreement gives nothing. Reason is a row of reasons.csv.
type Refusal struct {
	Agreement Ref
	Reason    string
	Detail    string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("agreement %s version %d: %s", r.Agreement.ID, r.Agreement.Version, r.Detail)
}

// Is makes two refusals with the same reason the same condition.
func (r *Refusal) Is(target error) bool {
	other, ok := errors.AsType[*Refusal](target)
	return ok && other.Reason == r.Reason
}

func (a *Agreement) refusal(reason, format string, args ...any) error {
	return &Refusal{a.Ref(), reason, fmt.Sprintf(format, args...)}
}

// InForce says whether the agreement binds at an instant: inside its dates, and signed by every party over the exact bytes with the key that the
// agreement names. The error is a [*Refusal].
func (a *Agreement) InForce(at time.Time, sigs []Signature, v Verify) error {
	if a == nil {
		return &Refusal{Reason: "NO_AGREEMENT", Detail: "no agreement"}
	}
	for _, p := range a.Parties {
		if err := a.signed(p, sigs, v); err != nil {
			return err
		}
	}
	switch {
	case at.Before(a.Dates.From):
		return a.refusal("NOT_IN_FORCE", "in force from %s", a.Dates.From.Format(time.DateOnly))
	case !at.Before(a.Dates.end()):
		return a.refusal("NOT_IN_FORCE", "in force until %s", a.Dates.Until.Format(time.DateOnly))
	}
	return nil
}

func (a *Agreement) signed(p Party, sigs []Signature, v Verify) error {
	if p.Key == "" {
		return a.refusal("SIGNATURE_INVALID", "%s: the file names no signing key", p.Agency)
	}
	found := false
	for _, s := range sigs {
		if s.Agency != p.Agency {
			continue
		}
		if found = true; v(p.Agency, p.Key, a.bytes, s.JWS) == nil {
			return nil
		}
	}
	if !found {
		return a.refusal("SIGNATURE_INVALID", "%s: signature missing", p.Agency)
	}
	return a.refusal("SIGNATURE_INVALID", "%s: signature does not verify over these bytes", p.Agency)
}

// FillKeys writes the thumbprints of the parties' signing keys into a draft and leaves every other byte as it is.
func FillKeys(draft []byte, keys map[string]string) ([]byte, error) {
	r := &reader{}
	root := r.root(draft)
	if root == nil {
		return nil, fmt.Errorf("agreement: %s", r.issues[0].Message)
	}
	parties := member(root, "parties")
	if parties == nil || parties.Kind != yaml.SequenceNode {
		return nil, errors.New("agreement: parties: missing")
	}
	lines := strings.SplitAfter(string(draft), "\n")
	var places []*yaml.Node
	key := map[*yaml.Node]string{}
	for _, p := range parties.Content {
		id, n := member(p, "id"), member(p, "key")
		if id == nil {
			return nil, errors.New("agreement: parties: id missing")
		}
		print, wanted := keys[id.Value]
		if !wanted {
			continue
		}
		if !keyForm.MatchString(print) {
			return nil, fmt.Errorf("agreement: key of %s: not a thumbprint", id.Value)
		}
		if n == nil || n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return nil, fmt.Errorf("agreement: party %s: has no key to fill in", id.Value)
		}
		places, key[n] = append(places, n), print
	}
	// From the end of the file, so that an earlier place is not moved.
	slices.SortFunc(places, func(a, b *yaml.Node) int { return (b.Line-a.Line)*100_000 + b.Column - a.Column })
	for _, n := range places {
		line := []rune(lines[n.Line-1])
		width := len([]rune(n.Value))
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			width += 2
		}
		start := n.Column - 1
		if start+width > len(line) {
			return nil, fmt.Errorf("agreement: line %d: key is not in plain form", n.Line)
		}
		lines[n.Line-1] = string(line[:start]) + strconv.Quote(key[n]) + string(line[start+width:])
	}
	return []byte(strings.Join(lines, "")), nil
}

func member(n *yaml.Node, name string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// Retained says whether data that came at since under a retention may still be kept at an instant. The error is a [*Refusal].
func Retained(retention string, since, at time.Time) error {
	if end := expiry(retention, since); !end.IsZero() && !at.Before(end) {
		return &Refusal{Reason: "RETENTION_EXPIRED", Detail: "retention of " + retention + " has ended"}
	}
	return nil
}

// expiry is the end of a period, zero when there is none.
func expiry(period string, from time.Time) time.Time {
	m := retentionForm.FindStringSubmatch(period)
	if m == nil || period == "P" {
		return time.Time{}
	}
	n := func(i int) int {
		v, err := strconv.Atoi(m[i])
		if err != nil {
			return 0 // the part is absent
		}
		return v
	}
	return from.AddDate(n(1), n(2), n(3)*7+n(4))
}
