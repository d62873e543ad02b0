package cargo

import (
	"errors"
	"iter"
)

// Path names an element.
type Path string

// Element is one entry of the dictionary.
type Element struct {
	Path        Path
	Type        string
	Lists       []string
	WCO         string
	NameEN      string
	NameFR      string
	Sensitivity string
	Repeat      bool
	Classes     []string
	Note        string
	Status      string
}

func (e *Element) Leaf() bool                             { return false }
func (e *Element) In(class string) bool                   { return false }
func (e *Element) Normalise(value string) (string, error) { return value, nil }

type Dict struct{}

func Dictionary() *Dict                        { return &Dict{} }
func (d *Dict) Lookup(p Path) (*Element, bool) { return nil, false }
func (d *Dict) All() iter.Seq[*Element]        { return func(func(*Element) bool) {} }
func (d *Dict) Leaves() iter.Seq[*Element]     { return func(func(*Element) bool) {} }

// Severity of a finding.
type Severity string

const (
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Finding is something wrong with a record, and where.
type Finding struct {
	Code     string
	Severity Severity
	Path     Path
	Instance string
	Offset   int64
	Pointer  string
	Rule     string
	Message  string
}

var errSkeleton = errors.New("not yet")

func Parse(b []byte) (*Record, []Finding, error) { return nil, nil, errSkeleton }
func (r *Record) Check() []Finding               { return nil }
func (r *Record) Canonical() []byte              { return nil }
func (r *Record) Clone() *Record                 { return nil }
func Equal(a, b *Record) bool                    { return false }

type Leaf struct {
	Element  *Element
	Instance string
	Pointer  string
	Value    string
}

func Walk(r *Record, fn func(l Leaf) error) error                         { return errSkeleton }
func Filter(r *Record, fn func(l Leaf) (value string, keep bool)) *Record { return nil }
func (r *Record) Instances(p Path) []Leaf                                 { return nil }
func ParseInstance(s string) (Path, error)                                { return "", errSkeleton }

type Ref struct{}

func CompileRef(context Path, rel string) (*Ref, error) { return nil, errSkeleton }
func (x *Ref) Path() Path                               { return "" }
func (x *Ref) Element() *Element                        { return nil }
func (x *Ref) Get(g Group) (string, bool)               { return "", false }
func (x *Ref) Set(g Group, v string) error              { return errSkeleton }
func (x *Ref) Append(g Group) (Group, error)            { return nil, errSkeleton }
func (x *Ref) AppendValue(g Group, v string) error      { return errSkeleton }
func (x *Ref) Items(g Group) []Group                    { return nil }
func (x *Ref) Values(g Group) []string                  { return nil }

func Split(r *Record, id func() string) []*Record     { return nil }
func CheckDigit(container string) (ok bool, iso bool) { return false, false }
