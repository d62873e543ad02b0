package audit

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Behind a journal a large value, most often the piece that many appends at
// once made, goes to Badger's value log. There it is written once; in the LSM
// tree it would be written with a table, and again with every compaction.
//
// Badger syncs that log when it begins another file, not before a table refers
// to it. So a power cut can leave a reference whose value is not there. The
// store therefore notes since when there are large values that may not be on
// the disk, syncs them every so often, and reads them after an unclean stop: if
// one is missing, the store is built again from the journal (see Open).
const (
	largeShare   = 768      // of the memtable a large value has at least: 16 KiB of 12 MiB
	valueLogSize = 32 << 20 // of a file; the last one is read at a start
	syncEvery    = 16 << 20 // bytes of large values: as many again may be written meanwhile
)

// largeValues is what a store that does not sync each transaction knows of them.
type largeValues struct {
	from int64         // bytes that make a value large, 0: none is
	turn chan struct{} // holds the one sync that is under way by itself

	mu       sync.Mutex // held while large values are being written
	noted    bool       // the note says that some may not be on the disk
	written  int64      // bytes since the start
	synced   int64      // of them when the last sync was begun
	failures error      // of a sync
}

// errCut says that a large value did not reach the disk before the machine stopped.
var errCut = &Damage{Fault: "store", What: "a value did not reach the disk before an unclean stop"}

// commitLarge commits a transaction that has large values, with the note if
// there is none. It waits for a sync that has not ended when the next one is due.
func (s *store) commitLarge(w *writer) error {
	v := &s.large
	v.mu.Lock()
	if v.failures == nil && !v.noted {
		w.put(unsyncedKey(), binary.BigEndian.AppendUint64(nil, w.txn.ReadTs()))
	}
	err := errors.Join(v.failures, w.err)
	if err != nil {
		w.txn.Discard()
	} else if err = w.txn.Commit(); err == nil {
		v.noted = true
		v.written += w.large
	}
	due := v.written-v.synced >= syncEvery
	v.mu.Unlock()
	if err != nil || !due {
		return err
	}
	v.turn <- struct{}{}
	go func() {
		if err := s.sync(); err != nil {
			v.mu.Lock()
			v.failures = err
			v.mu.Unlock()
		}
		<-v.turn
	}()
	return nil
}

// sync makes durable what was committed, and changes the note accordingly.
func (s *store) sync() error {
	v := &s.large
	v.mu.Lock()
	written, version, noted := v.written, s.version(), v.noted
	v.synced = written
	v.mu.Unlock()
	if err := s.db.Sync(); err != nil || !noted {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.written > written {
		return s.note(binary.BigEndian.AppendUint64(nil, version))
	}
	v.noted = false
	return s.note(nil)
}

// version is that of the last transaction that is committed.
func (s *store) version() uint64 {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	return txn.ReadTs()
}

// note writes the version after which large values may not be on the disk; none: all are.
func (s *store) note(version []byte) error {
	w := s.begin()
	w.put(unsyncedKey(), version)
	return w.commit()
}

// checkLarge reads the large values that may not have reached the disk before
// an unclean stop, and clears the note. One that did not is errCut.
func (s *store) checkLarge(unclean bool) error {
	var since []byte
	err := s.view(func(r reader) (err error) {
		since, err = r.get(unsyncedKey())
		if err == nil && len(since) == 8 && unclean && r.readSince(binary.BigEndian.Uint64(since)) != nil {
			err = errCut
		}
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil || len(since) == 0:
		return err
	}
	return s.note(nil)
}

// syncValueLog syncs the file of the value log that a store which was not closed
// wrote last: its process is gone, what it wrote may still be in memory alone.
func syncValueLog(dir string) error {
	path, err := newestValueLog(dir)
	if err != nil || path == "" {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// newestValueLog is the file of the value log that was written last. When it was
// begun, Badger synced the one before.
func newestValueLog(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.vlog")) // in the order of their numbers
	if err != nil || len(files) == 0 {
		return "", err
	}
	return files[len(files)-1], nil
}
