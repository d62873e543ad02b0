package audit

import (
	"context"
	"errors"
	"io"
	"time"
)

var errNotBuilt = errors.New("not built yet")

// A target is a ledger folder, the URL of a log, or an exported bundle (zip).

// VerifyOptions say what to trust.
type VerifyOptions struct {
	Policy []byte // C2SP tlog-policy; nil: a folder's own policy (trust "self")
	Apply  Apply  // when set, state is built again and compared
	Logs   []string
	Bearer string // token for a URL that wants one
}

// Verdict is the outcome for one log, as `audit verify --json` prints it.
type Verdict struct {
	Log          string           `json:"log"`
	Verified     bool             `json:"verified"`
	Trust        string           `json:"trust"` // "policy" or "self"
	Origin       string           `json:"origin"`
	Size         uint64           `json:"size"`
	Root         string           `json:"root"` // base64, as in the checkpoint
	Cosignatures []string         `json:"cosignatures"`
	CosignedSize uint64           `json:"cosignedSize"`
	Problems     []VerdictProblem `json:"problems"`
}

// VerdictProblem names the first bad index and what is at fault.
type VerdictProblem struct {
	Code    string `json:"code"`
	Index   uint64 `json:"index"`
	Message string `json:"message"`
}

// VerifyTarget recomputes everything that the target holds.
func VerifyTarget(ctx context.Context, target string, o VerifyOptions) ([]Verdict, error) {
	return nil, errNotBuilt
}

// Query selects events; all that is given must match.
type Query struct {
	Term     string // search term: control number, container, document id …
	Log      string
	Kind     string
	From, To time.Time // To is exclusive
	Limit    int
}

// SearchTarget finds events in a folder or bundle.
func SearchTarget(ctx context.Context, target string, q Query) ([]*Stored, error) {
	return nil, errNotBuilt
}

// ProveTarget returns the proof of one event as C2SP tlog-proof text.
func ProveTarget(ctx context.Context, target, log string, index uint64, o VerifyOptions) ([]byte, error) {
	return nil, errNotBuilt
}

// ExportOptions select what a bundle holds.
type ExportOptions struct {
	Query  Query
	Fields []string // names of details to disclose; nil: none, {"*"}: all
	Bodies bool
	Policy []byte
}

// ExportTarget writes a bundle (zip) that verifies offline.
func ExportTarget(ctx context.Context, target string, w io.Writer, o ExportOptions) error {
	return errNotBuilt
}
