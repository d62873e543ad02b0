package main

import (
	"fmt"
	"time"
)

const (
	progressFrom  = 4 << 20                // smaller inputs are done before a person has read the line
	progressEvery = 100 * time.Millisecond // as often as an eye follows
)

// A progress is the line that says how far a long read has come: on a terminal only, and erased when the read is over.
type progress struct {
	t     *terminal // nil: nobody is looking
	name  string
	size  int64
	read  int64
	drawn time.Time
}

func newProgress(t *terminal, in *input) *progress {
	p := &progress{name: in.name, size: in.size}
	if isTerminal(t.err) {
		p.t = t
	}
	return p
}

func (p *progress) advance(n int) {
	p.read += int64(n)
	if p.t == nil || p.read < progressFrom || time.Since(p.drawn) < progressEvery {
		return
	}
	p.drawn = time.Now()
	if p.size > 0 {
		fmt.Fprintf(p.t.err, "\r%s  %d %%  %d MB\x1b[K", oneLine(p.name), p.read*100/p.size, p.read>>20)
		return
	}
	fmt.Fprintf(p.t.err, "\r%s  %d MB\x1b[K", oneLine(p.name), p.read>>20)
}

func (p *progress) done() {
	if p.t != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.t.err, "\r\x1b[K")
	}
}
