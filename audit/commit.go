package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	gatherBytes = 1 << 20 // a batch is sent when it has this much,
	gatherCount = 4096    // or as many appends; it never waits for more
	queueLength = 4096    // appends that wait; more block their callers
)

// meta is what the committer knows across restarts.
type meta struct {
	sequence uint64 // of the last event, over all logs
	clock    int64  // latest wall clock seen
	nextKey  uint64 // data keys from here on are unused
	batch    uint64 // last batch applied
	skip     uint64 // appends of the next batch that are applied already
	gen      byte   // generation of state in use
}

func (m meta) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, m.sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(m.clock))
	b = binary.BigEndian.AppendUint64(b, m.nextKey)
	b = binary.BigEndian.AppendUint64(b, m.batch)
	b = binary.BigEndian.AppendUint64(b, m.skip)
	return append(b, m.gen)
}

func decodeMeta(b []byte) (meta, error) {
	d := decoder{b: b}
	m := meta{sequence: d.uint64(), clock: int64(d.uint64()), nextKey: d.uint64(), batch: d.uint64(), skip: d.uint64(), gen: d.byte()}
	if d.bad || len(d.b) != 0 {
		return meta{}, &Damage{Fault: "store", What: "malformed meta record"}
	}
	return m, nil
}

// Append makes the events durable, all or none, and returns where they stand.
// A guard that does not hold is ErrChanged. Once the committer has the events
// Append waits for it, whatever becomes of ctx.
func (l *Ledger) Append(ctx context.Context, events []Event, guards []Guard) ([]Committed, error) {
	for {
		out, err := l.append(ctx, events, guards, nil)
		if !errors.Is(err, errKeyGone) {
			return out, err
		}
	}
}

// append is Append, once. Erase names data keys that the first event destroys.
func (l *Ledger) append(ctx context.Context, events []Event, guards []Guard, erase []uint64) ([]Committed, error) {
	if err := l.refused(); err != nil {
		return nil, err
	}
	if l.noSpace.Load() {
		return nil, ErrDiskFull
	}
	if len(events) == 0 {
		return nil, errors.New("append without events")
	}
	s := newSubmission(guards)
	for i := range events {
		p, err := l.prepare(&events[i])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			p.erase = erase
		}
		s.events = append(s.events, p)
		s.size += p.weight()
	}
	if int64(s.size) > l.store.batchLimit()/2 {
		return nil, fmt.Errorf("append of %d bytes: %w", s.size, ErrTooLarge)
	}
	return l.submit(ctx, s)
}

// submit hands an append to the committer and waits.
func (l *Ledger) submit(ctx context.Context, s *submission) ([]Committed, error) {
	select {
	case l.queue <- s:
	default: // the queue is full
		select {
		case l.queue <- s:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.stopped:
			return nil, l.refused()
		}
	}
	select {
	case <-s.done:
		out, err := s.out, s.err
		s.recycle()
		return out, err
	case <-l.drained: // the committer has gone; it may still have answered
		select {
		case <-s.done:
		default:
			return nil, l.refused()
		}
	}
	return s.out, s.err
}
