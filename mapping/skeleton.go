package mapping

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

var errSkeleton = errors.New("not yet")

type compiled struct {
	spec *edi.Spec
	byID map[int]*node
}
type node struct{ bindings []*binding }
type binding struct{ positions []position }
type position struct{ element, component int }

func (b *binding) path() cargo.Path { return "" }

type Library struct{}

func Builtin() (*Library, error)                                       { return nil, errSkeleton }
func (l *Library) Guide(name string) (*Guide, bool)                    { return nil, false }
func (l *Library) Guides() []*Guide                                    { return nil }
func (l *Library) Detect(m *edi.Message, agency string) (*Guide, bool) { return nil, false }
func (l *Library) Check() []error                                      { return nil }
func (g *Guide) Show(w io.Writer) error                                { return errSkeleton }
func (g *Guide) Read(m *edi.Message, p Params) (*cargo.Record, *Report, error) {
	return nil, nil, errSkeleton
}
func (g *Guide) Write(r *cargo.Record, p Params) ([]byte, *Report, error) {
	return nil, nil, errSkeleton
}

// Params are the rendering parameters: same record, same guide, same parameters, same bytes.
type Params struct {
	At             time.Time // dates of the envelope
	Control        string    // ISA13, UNB 0020
	GroupControl   string    // GS06, UNG 0048; Control when empty
	MessageControl string    // ST02, UNH 0062; "0001" or "1" when empty
	Sender         edi.Address
	Receiver       edi.Address
	Usage          string // "T" test, "P" production
	Rules          *Rules
	Pairs          Pairs
}

// Pair ties a number of one agency to the number that stands for it at another.
type Pair struct {
	FromPath cargo.Path `json:"fromPath"` // consignment[].reference.scn
	From     string     `json:"from"`
	ToPath   cargo.Path `json:"toPath"` // consignment[].reference.ccn
	To       string     `json:"to"`
}

// Pairs are reference pairs that are known already.
type Pairs []Pair

// Rules are the standing rules of a gateway.
type Rules struct{}

func LoadRules(fsys fs.FS) (*Rules, error) { return nil, errSkeleton }
func ParseRules(b []byte) (*Rules, error)  { return nil, errSkeleton }
func (r *Rules) Hash() string              { return "" }
func (r *Rules) Bytes() []byte             { return nil }

// Translate translates one document from one guide to another; "json" is a guide of its own.
func (l *Library) Translate(from, to string, doc []byte, p Params) (out []byte, rep *Report, findings []edi.Finding, err error) {
	return nil, nil, nil, errSkeleton
}
