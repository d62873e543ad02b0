package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
)

// A Sequencer decides the order of batches. The ledger proposes a batch and
// says which head it knows; the sequencer makes it durable as the next one, or
// says that the head has moved, and then hands out what the ledger missed.
//
// On one machine that is the committer itself: the batch becomes durable with
// the transaction that applies it. In a cluster it is a table in a database,
// written by compare-and-set, and every node applies the same batches to its
// own store with the same result: a batch carries its salts, ciphertexts,
// keyed values and clock, and guards are checked when it is applied.
type Sequencer interface {
	// Sequence makes b the successor of the head, or returns ErrHeadMoved. The
	// batch before it may still be being applied.
	Sequence(ctx context.Context, b *Batch, head uint64) error
	// Follow calls apply for each batch after the head, in order, and returns
	// when there are no more.
	Follow(ctx context.Context, head uint64, apply func(*Batch) error) error
}

// ErrHeadMoved says that somebody else's batch came first.
var ErrHeadMoved = errors.New("head has moved")

// local is the sequencer of a ledger that is alone. It keeps nothing: what is
// applied is durable, and what was not applied was not acknowledged.
type local struct{}

func (local) Sequence(context.Context, *Batch, uint64) error           { return nil }
func (local) Follow(context.Context, uint64, func(*Batch) error) error { return nil }

// A Batch is a sequence of appends that are applied together.
type Batch struct {
	clock int64 // wall clock of the proposer, nanoseconds
	subs  []*submission
}

// A submission is one Append: its events stand together or not at all.
type submission struct {
	guards []Guard
	events []*prepared
	size   int // estimate of the bytes to be stored
	out    []Committed
	err    error
	done   chan struct{}
}

// submissions and prepareds are used again: at full load they would be most of
// what the garbage collector has to do.
var (
	submissions = sync.Pool{New: func() any { return &submission{done: make(chan struct{}, 1)} }}
	prepareds   = sync.Pool{New: func() any { return new(prepared) }}
)

func newSubmission(guards []Guard) *submission {
	s := submissions.Get().(*submission)
	s.guards = guards
	return s
}

// recycle gives back an answered submission. Nobody else may hold it: the
// committer forgets a submission before it answers.
func (s *submission) recycle() {
	for i, p := range s.events {
		p.recycle()
		s.events[i] = nil
	}
	*s = submission{events: s.events[:0], done: s.done}
	submissions.Put(s)
}

// recycle keeps the buffers of a prepared event. What was handed to Apply
// (header, bodies) stays untouched.
func (p *prepared) recycle() {
	if cap(p.encoded) > maxInline || p.record != &p.own {
		return // a rare large one, or not from the pool
	}
	p.own.pairs.empty()
	*p = prepared{
		own:     record{pairs: p.own.pairs, terms: p.own.terms[:0], seal: p.own.seal[:0]},
		encoded: p.encoded[:0],
	}
	prepareds.Put(p)
}

// A prepared event is final but for index, sequence and time.
type prepared struct {
	own record // what record points to, when the event was prepared here

	log     string
	record  *record
	encoded []byte // of record
	fixed   [32]byte
	bodies  [][]byte // ciphertext of inline bodies, nil for files
	files   []string // spooled names of bodies, "" for those given as data
	lastKey uint64   // largest data key used
	erase   []uint64 // data keys that this event destroys
	timed   bool     // the caller gave the time
}

const batchVersion = 1

// MarshalBinary encodes a batch for a sequencer that stores it.
func (b *Batch) MarshalBinary() ([]byte, error) { return b.AppendBinary(nil) }

// AppendBinary is MarshalBinary into a buffer.
func (b *Batch) AppendBinary(out []byte) ([]byte, error) {
	out = append(out, batchVersion)
	out = binary.BigEndian.AppendUint64(out, uint64(b.clock))
	out = binary.AppendUvarint(out, uint64(len(b.subs)))
	for _, s := range b.subs {
		out = binary.AppendUvarint(out, uint64(len(s.guards)))
		for _, g := range s.guards {
			out = appendText(out, g.Key)
			out = binary.BigEndian.AppendUint64(out, g.Version)
		}
		out = binary.AppendUvarint(out, uint64(len(s.events)))
		for _, p := range s.events {
			out = appendText(out, p.log)
			out = binary.AppendUvarint(out, uint64(len(p.encoded)))
			out = append(out, p.encoded...)
			out = binary.BigEndian.AppendUint64(out, p.lastKey)
			var timed byte
			if p.timed {
				timed = 1
			}
			out = append(out, timed)
			out = binary.AppendUvarint(out, uint64(len(p.erase)))
			for _, id := range p.erase {
				out = binary.BigEndian.AppendUint64(out, id)
			}
			out = binary.AppendUvarint(out, uint64(len(p.bodies)))
			for _, body := range p.bodies {
				out = binary.AppendUvarint(out, uint64(len(body)))
				out = append(out, body...)
			}
		}
	}
	return out, nil
}

var errBatch = errors.New("malformed batch")

// maxBatch bounds the counts inside an encoded batch.
const maxBatch = 1 << 16

// UnmarshalBinary decodes a batch and recomputes what it implies.
func (b *Batch) UnmarshalBinary(data []byte) error {
	d := decoder{b: data}
	if d.byte() != batchVersion {
		return errBatch
	}
	var h hasher
	b.clock = int64(d.uint64())
	for range d.count(maxBatch) {
		s := &submission{}
		for range d.count(maxBatch) {
			s.guards = append(s.guards, Guard{Key: d.text(), Version: d.uint64()})
		}
		for range d.count(maxBatch) {
			p := &prepared{log: d.text()}
			p.encoded = append([]byte(nil), d.take(d.uvarint())...)
			p.lastKey = d.uint64()
			p.timed = d.byte() == 1
			for range d.count(maxBatch) {
				p.erase = append(p.erase, d.uint64())
			}
			for range d.count(maxBodies) {
				p.bodies = append(p.bodies, d.take(d.uvarint()))
			}
			if d.bad {
				return errBatch
			}
			var err error
			if p.record, err = decodeRecord(p.encoded); err != nil {
				return err
			}
			p.fixed = h.fixed(p.record)
			s.size += p.weight()
			s.events = append(s.events, p)
		}
		if d.bad {
			return errBatch
		}
		b.subs = append(b.subs, s)
	}
	if d.bad || len(d.b) != 0 {
		return errBatch
	}
	return nil
}

// weight estimates what an event adds to a transaction.
func (p *prepared) weight() int {
	n := len(p.encoded) + 64 + 64*len(p.record.terms) + 64*len(p.erase)
	for _, b := range p.bodies {
		n += len(b) + 64
	}
	return n
}
