package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// kindRecovered is the incident: the store was built again from the journal.
const kindRecovered = "audit.recovered"

// Incident says why a ledger is recovered and on whose word; it becomes an
// event of every log.
type Incident struct {
	Reason    string // a code or a few words, not secret
	Authority string
}

// Recover builds the store of a stopped ledger again from its journal: every
// batch is applied as it was, so that trees, indexes, versions and heads come
// out the same. The damaged store is kept beside, as evidence. What was
// published and what was cosigned for peers comes from the high-water note.
//
// The result must reach every head of the note; if it does not, nothing is
// changed and the error is ErrBehind: what is missing is in no copy here, and
// continuing would be a second history. When it does, the incident is appended
// to every log, to be published and cosigned like everything else.
func Recover(ctx context.Context, c Config, in Incident) error {
	if err := c.prepare(); err != nil {
		return err
	}
	if c.Journal == "" {
		return errors.New("recover: there is no journal to build the store from")
	}
	if in.Reason == "" || in.Authority == "" {
		return errors.New("recover: reason and authority are wanted: they become an event")
	}
	lock, err := lockFolder(c.Dir)
	if err != nil {
		return err
	}
	evidence := filepath.Join(c.Dir, "badger-damaged-"+strconv.FormatInt(c.Now().UnixNano(), 10))
	err = os.Rename(c.badgerDir(), evidence)
	if err == nil {
		err = newStore(c)
	}
	if err == nil {
		err = removeIfThere(filepath.Join(c.Dir, "clean")) // the new store's own close writes it
	}
	if cerr := lock.Close(); err == nil { // Open takes it again
		err = cerr
	}
	if err == nil {
		err = c.replayJournal(ctx, in)
	}
	if err != nil {
		return errors.Join(err, putBack(c.badgerDir(), evidence))
	}
	return nil
}

// recoverCut recovers a store that a power cut left without large values, if
// there is room for another one: what is in the journal may take as much again
// in the store.
func (c Config) recoverCut() error {
	if err := c.prepare(); err != nil {
		return err
	}
	files, err := os.ReadDir(c.Journal)
	if err != nil {
		return err
	}
	need := c.MinFree
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return err
		}
		need += 2 * info.Size()
	}
	if free, err := freeBytes(c.Dir); err != nil || free < need {
		return errors.Join(err, fmt.Errorf("%d MiB are wanted: %w", need>>20, ErrDiskFull))
	}
	return Recover(context.Background(), c, Incident{Reason: "unclean-stop", Authority: "ledger"})
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// putBack undoes a recovery that did not get everything.
func putBack(dir, evidence string) error {
	if _, err := os.Stat(evidence); err != nil {
		return nil // it was not moved
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(evidence, dir)
}

// replayJournal opens the new store, which applies the journal, and appends
// the incident.
func (c Config) replayJournal(ctx context.Context, in Incident) (err error) {
	c.Beat = 0
	l, err := Open(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.refused(); err != nil {
		return err
	}
	if err := l.restoreNotes(); err != nil {
		return err
	}
	now := c.Now()
	var events []Event
	for name, s := range l.all.Load().open {
		events = append(events, Event{Log: name, Kind: kindRecovered, Time: now, Header: map[string]string{
			"reason": in.Reason, "authority": in.Authority, "source": "journal",
			"size": strconv.FormatUint(s.view.Load().edge.size, 10),
		}})
	}
	_, err = l.Append(ctx, events, nil)
	return err
}

// restoreNotes puts back what is not in any batch: the published heads and
// what we have cosigned for peers.
func (l *Ledger) restoreNotes() error {
	notes, err := l.readHighWater()
	if err != nil {
		return err
	}
	err = l.write(func(w *writer) error {
		for _, s := range l.logs() {
			if n, ok := notes[s.origin]; ok && s.public.Load() == nil {
				w.put(publicKey(s.id), encodePublic(n.head.Size, time.Unix(0, l.meta.clock), 0))
				w.put(publishedKey(s.id, n.head.Size), n.text)
				s.public.Store(&published{head: n.head, at: time.Unix(0, l.meta.clock), note: n.text, plain: n.text})
			}
		}
		return w.err
	})
	return errors.Join(err, l.restoreWitnessed(notes))
}

// restoreWitnessed puts back what was cosigned for peers and is not known here
// any more.
func (l *Ledger) restoreWitnessed(notes map[string]noted) error {
	for _, origin := range l.witnessedOrigins() {
		n, ok := notes[origin]
		if !ok {
			continue
		}
		seen, err := l.witnessedHead(origin, l.witnessing(origin).key)
		if err != nil {
			return err
		}
		if n.head.Size <= seen.Size {
			continue
		}
		if err := l.write(func(w *writer) error {
			w.put(witnessKey(origin), n.text)
			return w.err
		}); err != nil {
			return err
		}
	}
	return nil
}

// newStore makes an empty store.
func newStore(c Config) error {
	if err := os.MkdirAll(c.badgerDir(), 0o700); err != nil {
		return err
	}
	keys, err := readStoreKeys(filepath.Join(c.Dir, "keys"))
	if err != nil {
		return err
	}
	s, err := openStore(storeOptions{dir: c.badgerDir(), memTable: c.MemTable, keys: keys})
	if err != nil {
		return fmt.Errorf("new store: %w", err)
	}
	err = s.update(func(w *writer) error {
		w.put(metaKey(), meta{nextKey: firstKeyID}.encode())
		return w.err
	})
	return errors.Join(err, s.close())
}
