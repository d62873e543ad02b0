package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sort"
)

// Rebuild computes state again from the events, into a new generation, and
// switches to it. The committer waits meanwhile; readers see the old state
// until the switch. A crash leaves the old state in use.
func (l *Ledger) Rebuild(ctx context.Context) error {
	var err error
	done := make(chan struct{})
	fn := func() {
		defer close(done)
		err = l.rebuild(ctx)
	}
	select {
	case l.pause <- fn:
		<-done
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.stopped:
		return ErrClosed
	}
}

func (l *Ledger) rebuild(ctx context.Context) error {
	old := l.meta.gen
	gen := old + 1
	if err := l.dropState(gen); err != nil { // of an interrupted rebuild
		return err
	}
	w := l.store.begin()
	state := newOverlay(w.reader, gen)
	limit := int(l.store.batchLimit() / 3)
	flush := func() error {
		state.flush(w)
		return w.commit()
	}
	err := l.replay(ctx, func(e *Stored) error {
		state.version = e.Sequence
		if err := l.config.Apply(state, e); err != nil {
			return fmt.Errorf("log %s: index %d: apply: %w", e.Log, e.Index, err)
		}
		state.keep()
		if state.bytes < limit {
			return state.err
		}
		if err := flush(); err != nil {
			return err
		}
		w = l.store.begin()
		state = newOverlay(w.reader, gen)
		return nil
	})
	if err != nil {
		w.discard()
		return err
	}
	next := l.meta
	next.gen = gen
	w.put(metaKey(), next.encode())
	if err := flush(); err != nil {
		return err
	}
	l.meta = next
	l.generation.Store(uint32(gen))
	return l.dropState(old)
}

// dropState removes a generation of state that is not in use.
func (l *Ledger) dropState(gen byte) error {
	for {
		var keys [][]byte
		err := l.store.view(func(r reader) error {
			return r.scan(stateKey(gen, ""), nil, func(k, _ []byte) (bool, error) {
				keys = append(keys, bytes.Clone(k))
				return len(keys) < 4096, nil
			})
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		err = l.store.update(func(w *writer) error {
			for _, k := range keys {
				w.remove(k)
			}
			return w.err
		})
		if err != nil {
			return err
		}
	}
}

// replay calls fn for every event of all logs in the order of their sequence.
func (l *Ledger) replay(ctx context.Context, fn func(*Stored) error) error {
	logs := map[string]uint16{}
	sizes := map[string]uint64{}
	for name, s := range l.logs() {
		logs[name], sizes[name] = s.id, s.view.Load().edge.size
	}
	return l.store.view(func(r reader) error {
		return replayLogs(ctx, r, logs, sizes, fn)
	})
}

// replayLogs merges the logs by sequence number; a gap is damage. Records are
// read in chunks, so that memory stays bounded.
func replayLogs(ctx context.Context, r reader, logs map[string]uint16, sizes map[string]uint64, fn func(*Stored) error) error {
	const chunk = 1024
	type cursor struct {
		name string
		next uint64
		buf  []*Stored
	}
	var cursors []*cursor
	fill := func(c *cursor) error {
		c.buf = c.buf[:0]
		var err error
		for len(c.buf) == 0 && c.next < sizes[c.name] && err == nil {
			to := min(c.next+chunk, sizes[c.name])
			err = eachRecord(r, logs[c.name], c.next, to, func(index uint64, rec *record) error {
				if !rec.lost { // has no place in the order
					c.buf = append(c.buf, rec.stored(c.name, index))
				}
				return nil
			})
			c.next = to
		}
		var d *Damage
		if errors.As(err, &d) {
			d.Log = c.name
		}
		return err
	}
	for name := range logs {
		c := &cursor{name: name}
		if err := fill(c); err != nil {
			return err
		}
		if len(c.buf) > 0 {
			cursors = append(cursors, c)
		}
	}
	for want := uint64(1); len(cursors) > 0; want++ {
		if want%chunk == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		sort.Slice(cursors, func(i, j int) bool { return cursors[i].buf[0].Sequence < cursors[j].buf[0].Sequence })
		c := cursors[0]
		e := c.buf[0]
		if e.Sequence != want {
			return &Damage{Log: e.Log, Index: e.Index, Fault: "entry", What: fmt.Sprintf("sequence number %d, expected %d", e.Sequence, want)}
		}
		if err := fn(e); err != nil {
			return err
		}
		if c.buf = c.buf[1:]; len(c.buf) > 0 {
			continue
		}
		if err := fill(c); err != nil {
			return err
		}
		if len(c.buf) == 0 {
			cursors = cursors[1:]
		}
	}
	return nil
}
