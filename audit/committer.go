package audit

import (
	"context"
	"errors"
	"fmt"
)

// commitLoop is the one committer: it gathers what waits, has the sequencer
// make it durable, and applies it. With a sequencer that keeps batches itself
// applying is a stage of its own, so that one batch is hashed, signed and
// stored while the next one is synced.
func (l *Ledger) commitLoop() {
	defer close(l.drained)
	c := &committer{l: l, head: l.meta.batch, free: make(chan *Batch, 3)}
	if !l.alone() {
		c.start()
		defer c.end()
	}
	for {
		select {
		case s := <-l.queue:
			c.commit(c.gather(s))
		case fn := <-l.pause:
			c.wait()
			fn()
		case <-l.stopped:
			for { // drain, then close
				select {
				case s := <-l.queue:
					c.commit(c.gather(s))
				default:
					return
				}
			}
		}
	}
}

// A committer is the state of commitLoop. What the trees, state and counters
// of the ledger are belongs to the stage that applies; commitLoop itself
// touches them only after wait.
type committer struct {
	l    *Ledger
	head uint64      // last batch that was sequenced
	free chan *Batch // batches to be used again

	jobs    chan *Batch   // sequenced, to be applied; nil: no second stage
	applied chan struct{} // one for each job done
	flight  int           // jobs not known to be done, at most 2
	ended   chan struct{}
}

// start starts the second stage.
func (c *committer) start() {
	c.jobs, c.applied, c.ended = make(chan *Batch), make(chan struct{}, 2), make(chan struct{})
	go func() {
		defer close(c.ended)
		for b := range c.jobs {
			c.apply(b)
			c.applied <- struct{}{}
		}
	}()
}

// end waits until everything is applied.
func (c *committer) end() {
	close(c.jobs)
	<-c.ended
}

// wait returns when nothing is being applied.
func (c *committer) wait() {
	for ; c.flight > 0; c.flight-- {
		<-c.applied
	}
}

// idle says whether nothing is being applied.
func (c *committer) idle() bool {
	for c.flight > 0 {
		select {
		case <-c.applied:
			c.flight--
		default:
			return false
		}
	}
	return true
}

// gather takes what waits.
func (c *committer) gather(first *submission) *Batch {
	l := c.l
	var b *Batch
	select {
	case b = <-c.free:
	default:
		b = new(Batch)
	}
	b.subs = append(b.subs[:0], first)
	size := first.size
	for size < gatherBytes && len(b.subs) < gatherCount && !l.ungrouped {
		select {
		case s := <-l.queue:
			b.subs = append(b.subs, s)
			size += s.size
			continue
		default:
		}
		break
	}
	b.clock = l.config.Now().UnixNano()
	return b
}

// commit sequences a batch and applies it, or has it applied.
func (c *committer) commit(b *Batch) {
	l := c.l
	err := l.refused()
	if errors.Is(err, ErrClosed) {
		err = nil // what was queued before Close is still taken
	}
	if l.checkSpace(); err == nil && l.noSpace.Load() {
		err = ErrDiskFull
	} else if err == nil {
		if err = c.sequence(b); err != nil {
			err = c.failed(err)
		}
	}
	switch {
	case err != nil:
		c.answer(b, err)
	case c.jobs == nil || len(l.queue) == 0 && c.idle():
		c.apply(b) // nothing to overlap with
	default:
		if c.flight == 2 {
			<-c.applied
			c.flight--
		}
		c.jobs <- b
		c.flight++
	}
}

// failed stops the ledger for good and returns what callers are told.
func (c *committer) failed(err error) error {
	c.l.stop(fmt.Errorf("%w: %w", ErrStopped, err), "audit.commit-failed")
	return c.l.refused()
}

// apply applies a sequenced batch and answers its callers. After a failure, or
// when the ledger was stopped meanwhile, nothing more is applied: memory may
// be ahead of the disk, and what is durable in the sequencer is applied by the
// next start.
func (c *committer) apply(b *Batch) {
	err := c.l.health.refusal()
	if err != nil && !c.precedes(err) {
		c.answer(b, err)
		return
	}
	if err = c.l.applyBatch(b); err != nil {
		err = c.failed(err)
	}
	c.answer(b, err)
}

// precedes says whether the batch at hand is from before a refusal: the
// sequencer failed on a later one.
func (c *committer) precedes(err error) bool { return errors.Is(err, errSequencer) }

// errSequencer marks a failure to make a batch durable.
var errSequencer = errors.New("batch was not made durable")

// answer tells the callers what became of their appends.
func (c *committer) answer(b *Batch, err error) {
	for _, s := range b.subs {
		if err != nil && s.out == nil && s.err == nil {
			s.err = err
		}
		s.done <- struct{}{}
	}
	clear(b.subs)
	select {
	case c.free <- b:
	default:
	}
}

// sequence makes a batch the next one. If somebody else's came first, those
// are applied before it is tried again.
func (c *committer) sequence(b *Batch) error {
	ctx := context.Background()
	for {
		err := c.l.config.Sequencer.Sequence(ctx, b, c.head)
		if err == nil {
			c.head++
			return nil
		}
		if !errors.Is(err, ErrHeadMoved) {
			return fmt.Errorf("%w: %w", errSequencer, err)
		}
		c.wait()
		if err := c.l.config.Sequencer.Follow(ctx, c.l.meta.batch, c.l.applyBatch); err != nil {
			return err
		}
		c.head = c.l.meta.batch
	}
}
