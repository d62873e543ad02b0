package audit

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// A target is a ledger folder, the URL of a log, or an exported bundle (zip).

// VerifyOptions say what to trust.
type VerifyOptions struct {
	Policy []byte   // C2SP tlog-policy; nil: a folder's own policy (trust "self")
	Apply  Apply    // when set, state is computed again and compared
	Logs   []string // only these; nil: all that the policy knows
	Access Access   // to a URL that is not served to everybody

	// TSA has the CA certificates (PEM) of the time-stamping authorities that are
	// trusted; nil: a token's own signature is checked, and it is not called trusted.
	TSA []byte

	// State is a file that remembers how far the logs were recomputed, so that a
	// verification can be interrupted and go on; empty: none.
	State string
}

// wants says whether a log is to be verified.
func (o *VerifyOptions) wants(log string) bool {
	return len(o.Logs) == 0 || slices.Contains(o.Logs, log) || slices.Contains(o.Logs, relationOf(log))
}

// tsa are the roots of TSA.
func (o *VerifyOptions) tsa() (*x509.CertPool, error) {
	if o.TSA == nil {
		return nil, nil
	}
	return TSARoots(o.TSA)
}

// ErrNoPolicy says that a URL was given without a policy: nobody's keys are known.
var ErrNoPolicy = errors.New("a URL needs a policy that names the log's key")

func isURL(target string) bool {
	return strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://")
}

// isBundle says whether a target is a file; folders are directories.
func isBundle(target string) (bool, error) {
	info, err := os.Stat(target)
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular(), nil
}

// VerifyTarget recomputes everything that the target holds: every leaf from
// its entry, every tile, every head, signatures and cosignatures. What is
// wrong with the target is in the verdicts; an error says that it could not be
// verified at all (ErrHeld, ErrNoPolicy, unreadable).
func VerifyTarget(ctx context.Context, target string, o VerifyOptions) ([]Verdict, error) {
	if isURL(target) {
		return verifyURL(ctx, target, o)
	}
	bundle, err := isBundle(target)
	if err != nil {
		return nil, err
	}
	if bundle {
		return verifyBundle(ctx, target, o)
	}
	f, err := openFolder(ctx, target)
	if d, ok := errors.AsType[*Damage](err); ok {
		trust := "policy"
		if o.Policy == nil {
			trust = "self"
		}
		v := Verdict{Log: "", Trust: trust, Cosignatures: []string{}}
		v.add(badStore, d.Index, "%s", d.What)
		return []Verdict{v}, nil
	}
	if err != nil {
		return nil, err
	}
	out, err := f.verify(ctx, o)
	return out, errors.Join(err, f.close())
}

// Query selects events; all that is given must match.
type Query struct {
	Term     string // search term: control number, container, document id …
	Log      string // a relation, which are all its shards, or one shard
	Kind     string
	From, To time.Time // To is exclusive
	Limit    int       // 0: all

	Party   string // in the header "party": an identity, or the last part of one
	Article string // one of the header "articles"
}

// in says whether the events of a log are wanted.
func (q *Query) in(log string) bool {
	return q.Log == "" || q.Log == log || q.Log == relationOf(log)
}

// matches says whether an event fits, but for its terms and its log.
func (q *Query) matches(s *Stored) bool {
	party := s.Header["party"]
	return (q.Party == "" || party == q.Party || strings.HasSuffix(party, "/"+q.Party)) &&
		(q.Article == "" || slices.Contains(strings.Split(s.Header["articles"], ","), q.Article)) &&
		(q.Kind == "" || q.Kind == s.Kind) && (q.From.IsZero() || !s.Time.Before(q.From)) && (q.To.IsZero() || s.Time.Before(q.To))
}

// SearchTarget finds events in a ledger folder or a bundle, in the order in
// which they happened. Terms are found with the keys in the folder; in a bundle
// they are looked for in what is disclosed.
func SearchTarget(ctx context.Context, target string, q Query) ([]*Stored, error) {
	return SearchTargetAny(ctx, target, []string{q.Term}, q)
}

// ProveTarget returns the proof of one event as C2SP tlog-proof text, from a
// folder, the URL of a log or a bundle.
func ProveTarget(ctx context.Context, target, log string, index uint64, o VerifyOptions) ([]byte, error) {
	if isURL(target) {
		return proveURL(ctx, target, log, index, o)
	}
	if bundle, err := isBundle(target); err != nil || bundle {
		if err != nil {
			return nil, err
		}
		return proveBundle(target, log, index)
	}
	f, err := openFolder(ctx, target)
	if err != nil {
		return nil, err
	}
	out, err := f.prove(ctx, log, index)
	return out, errors.Join(err, f.close())
}

// ExportOptions select what a bundle holds.
type ExportOptions struct {
	Query  Query
	Fields []string // names of details to disclose; nil: none; "*": all
	Header []string // names of header fields to disclose; nil: all
	Bodies bool     // with the content of bodies
	Policy []byte   // to put into the bundle; nil: the folder's own
}

// ExportTarget writes a bundle (zip) that verifies offline. From a bundle it
// takes chosen events as they are there: what is disclosed stays the same.
func ExportTarget(ctx context.Context, target string, w io.Writer, o ExportOptions) error {
	if bundle, err := isBundle(target); err != nil || bundle {
		if err != nil {
			return err
		}
		return exportBundle(ctx, target, w, o)
	}
	f, err := openFolder(ctx, target)
	if err != nil {
		return err
	}
	if err := f.export(ctx, w, o); err != nil {
		return errors.Join(fmt.Errorf("export: %w", err), f.close())
	}
	return f.close()
}
