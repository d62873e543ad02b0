package edi

import "errors"

// Directories holds the directories of segments, composites, elements, codes and messages, by release.
type Directories struct{}

// Builtin returns the directories that are built in. They are loaded when first used.
func Builtin() *Directories { return &Directories{} }

// Spec compiles a message of a release: "005010", "309" or "D03B", "CUSCAR". It returns ErrUnknownRelease or
// ErrUnknownMessage for what is not there: no release stands in for another here.
func (d *Directories) Spec(syntax Syntax, release, message string) (*Spec, error) {
	return nil, ErrUnknownRelease
}

// Compile checks an overlay completely and compiles it.
func (d *Directories) Compile(o Overlay) (*Spec, error) { return nil, errors.New("not yet") }

// Spec is the compiled structure of one message. It is safe for concurrent use.
type Spec struct {
	Name    string // of the overlay, "" for a base message
	Syntax  Syntax
	Release string
	Message string
}
