// Package ack writes the acknowledgement that the sender of an interchange must get.
package ack

import (
	"errors"
	"io"
	"time"

	"peacebridge/edi"
)

// Type is a kind of acknowledgement.
type Type uint8

// The kinds. Auto is what the sender of the interchange expects.
const (
	Auto Type = iota
	TA1
	Set997
	Set999
	Contrl
)

// ErrNone is returned when no acknowledgement is possible or allowed.
var ErrNone = errors.New("no acknowledgement")

// Options says how an acknowledgement is written.
type Options struct {
	Type             Type
	Control          string // interchange control number, "1" when empty
	At               time.Time
	Sender, Receiver *edi.Address // nil: those of the interchange, swapped
}

// Write writes the acknowledgement of res, a whole interchange.
func Write(w io.Writer, res *edi.Result, o Options) error { return ErrNone }
