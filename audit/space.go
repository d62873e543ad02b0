package audit

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// A full disk is not an error to Badger: its files are memory maps, and the
// process dies of SIGBUS. So appends are refused before that.

// spaceEvery is how often free space is looked at when nothing is appended; the
// committer looks before every batch.
const spaceEvery = 500 * time.Millisecond

// freeBytes is the space left for us on a folder's volume.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// checkSpace looks once and remembers whether appends must be refused.
func (l *Ledger) checkSpace() {
	const code = "audit.disk-full"
	free, err := freeBytes(l.config.Dir)
	if l.journal != nil && err == nil {
		var also int64
		also, err = freeBytes(l.config.Journal)
		free = min(free, also)
	}
	switch {
	case err != nil:
		l.noSpace.Store(true)
		l.report(Problem{Code: code, Message: "free space is unknown: " + err.Error()})
	case free < l.minFree.Load():
		l.noSpace.Store(true)
		l.report(Problem{Code: code, Message: fmt.Sprintf("%d MiB are free, %d MiB must be", free>>20, l.minFree.Load()>>20)})
	case l.noSpace.CompareAndSwap(true, false):
		l.resolve(code, "")
	}
}

// watchSpace looks until the ledger is closed.
func (l *Ledger) watchSpace(ctx context.Context) {
	t := time.NewTicker(spaceEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.checkSpace()
		case <-ctx.Done():
			return
		}
	}
}
