package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Open opens what Create made. The right edge of every tree is checked against
// the signed head and the high-water note before Open returns, everything else
// is re-hashed in the background. A ledger that is damaged or behind opens for
// reading: its status says why and Append returns the reason.
//
// A store that a power cut left without what the journal has is built again
// first, as Recover does.
func Open(c Config) (*Ledger, error) {
	l, err := openOnce(c)
	if !errors.Is(err, errCut) {
		return l, err
	}
	if err := c.recoverCut(); err != nil {
		c.cut = fmt.Errorf("%w; building it again from the journal: %w", errCut, err)
	}
	return openOnce(c)
}

func openOnce(c Config) (*Ledger, error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	lock, err := lockFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	l := &Ledger{
		config: c, lockFile: lock, closeTimeout: closeTimeout,
		queue: make(chan *submission, queueLength), pause: make(chan func()),
		stopped: make(chan struct{}), drained: make(chan struct{}),
	}
	l.minFree.Store(c.MinFree)
	if err := l.open(); err != nil {
		if l.store != nil {
			err = errors.Join(err, l.store.close())
		}
		if l.journal != nil {
			err = errors.Join(err, l.journal.Close())
		}
		_ = lock.Close() // nothing was written to it
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	if l.store.without {
		l.rehashAll(ctx) // what the table had is elsewhere, or this says what is missing before anything is taken
	}
	l.checkSpace()
	go l.commitLoop()
	l.work.Go(func() { l.watchSpace(ctx) })
	if !c.recovering {
		l.work.Go(func() { l.rehash(ctx) })
	}
	if c.Beat > 0 {
		l.work.Go(func() { l.beat(ctx) })
	}
	return l, nil
}

// lockFolder takes the folder for this process.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // was only opened to be locked
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, heldError(dir)
		}
		return nil, err
	}
	return f, nil
}

func heldError(dir string) error {
	url, err := os.ReadFile(filepath.Join(dir, "log.url"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &Held{Dir: dir, LogURL: strings.TrimSpace(string(url))}
}

func (l *Ledger) open() error {
	c := &l.config
	if err := l.loadKeys(); err != nil {
		return err
	}
	if err := l.prepareStore(); err != nil {
		return err
	}
	if err := l.loadMeta(); err != nil {
		return err
	}
	var err error
	if l.keys, err = openKeyPages(filepath.Join(c.Dir, "keys"), l.meta.nextKey, false); err != nil {
		return err
	}
	if l.termMAC, err = l.keys.get(termKeyID); err != nil {
		return err
	}
	if l.subjectMAC, err = l.keys.get(subjectKeyID); err != nil {
		return err
	}
	if err := l.loadLogs(); err != nil {
		return err
	}
	if l.spools, err = newSpools(filepath.Join(c.Dir, "bodies")); err != nil {
		return err
	}
	if err := l.follow(); err != nil {
		return err
	}
	if l.journal != nil && l.health.refusal() == nil {
		if err := writeDurable(c.journalMark(), nil); err != nil {
			return err
		}
	}
	if err := l.checkHighWater(); err != nil {
		return err
	}
	if err := l.finishErasures(); err != nil {
		return err
	}
	if err := l.sweepBodies(); err != nil {
		return err
	}
	if err := l.writePolicy(); err != nil {
		return err
	}
	if err := l.noteHighWater(); err != nil {
		return err
	}
	if c.LogURL != "" {
		if err := writeDurable(filepath.Join(c.Dir, "log.url"), []byte(c.LogURL+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// follow applies what the sequencer has and the store has not.
func (l *Ledger) follow() error {
	if l.health.refusal() != nil {
		return nil
	}
	l.replaying, l.replayed = true, l.meta.batch == 0
	defer func() { l.replaying = false }()
	err := l.config.Sequencer.Follow(context.Background(), l.meta.batch, l.applyBatch)
	if errors.Is(err, ErrBehind) {
		l.stop(err, "audit.behind")
		err = nil
	}
	l.keys.mu.Lock()
	l.keys.next = max(l.keys.next, l.meta.nextKey)
	l.keys.mu.Unlock()
	return err
}

func (l *Ledger) loadKeys() error {
	c := &l.config
	origin, err := os.ReadFile(filepath.Join(c.Dir, "origin"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no ledger: %w", c.Dir, ErrNotFound)
	}
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(origin)) != c.Origin {
		return fmt.Errorf("%s: ledger of %s, not of %s", c.Dir, strings.TrimSpace(string(origin)), c.Origin)
	}
	if _, l.seed, err = readKey(filepath.Join(c.Keys, "log.key")); err != nil {
		return err
	}
	name, seed, err := readKey(filepath.Join(c.Keys, "witness.key"))
	if err != nil {
		return err
	}
	l.witness = newWitnessKey(name, seed, c.Now)
	if c.MLDSA {
		l.logPQ, l.witnessPQ, err = mldsaKeys(*c)
	}
	return err
}

// prepareStore opens Badger. After an unclean stop what Badger's recovery may
// cut is copied first: its open destroys evidence of damage.
func (l *Ledger) prepareStore() error {
	c := &l.config
	clean, unclean := filepath.Join(c.Dir, "clean"), false
	switch _, err := os.Stat(clean); {
	case err == nil:
		if err := os.Remove(clean); err != nil {
			return err
		}
		if err := syncDir(c.Dir); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		unclean = true
		if err := keepEvidence(c.badgerDir(), filepath.Join(c.Dir, "before-open")); err != nil {
			return err
		}
		if err := syncValueLog(c.badgerDir()); err != nil {
			return err
		}
	default:
		return err
	}
	keys, err := readStoreKeys(filepath.Join(c.Dir, "keys"))
	if err != nil {
		return err
	}
	if err := c.checkJournal(); err != nil {
		return err
	}
	if c.Journal != "" {
		if l.journal, err = openJournal(c.Journal, keys); err != nil {
			return err
		}
		c.Sequencer = l.journal
	}
	l.store, err = openStore(storeOptions{dir: c.badgerDir(), memTable: c.MemTable, behind: l.journal != nil, keys: keys})
	switch {
	case err != nil || l.journal == nil:
		return err
	case c.cut != nil:
		l.stop(c.cut, "audit.damaged")
		return nil
	}
	return l.store.checkLarge(unclean)
}

// checkJournal sees to it that a ledger that was once opened with a journal is
// never opened without: what it took then would be missing in the journal.
func (c *Config) checkJournal() error {
	_, err := os.Stat(c.journalMark())
	if err == nil && c.Journal == "" {
		return fmt.Errorf("%s: the ledger has a journal, and the configuration does not say where", c.Dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (c *Config) journalMark() string { return filepath.Join(c.Dir, "journaled") }

func (l *Ledger) loadMeta() error {
	return l.store.view(func(r reader) error {
		b, err := r.get(metaKey())
		if err != nil {
			return fmt.Errorf("meta record: %w", err)
		}
		l.meta, err = decodeMeta(b)
		l.generation.Store(uint32(l.meta.gen))
		return err
	})
}

// loadLogs loads every log there is, and makes those that are new in Config.
func (l *Ledger) loadLogs() error {
	ids := map[string]uint16{}
	err := l.store.view(func(r reader) error {
		return r.scan([]byte{keyLog}, nil, func(k, v []byte) (bool, error) {
			if len(v) != 2 {
				return false, &Damage{Fault: "store", What: "malformed log number"}
			}
			ids[cutKey(k, []byte{keyLog})] = binary.BigEndian.Uint16(v)
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	for _, name := range append([]string{Internal}, l.config.Logs...) {
		if _, ok := ids[name]; ok {
			continue
		}
		id := uint16(len(ids) + 1)
		err := l.store.update(func(w *writer) error {
			w.put(nameKey(name), binary.BigEndian.AppendUint16(nil, id))
			return w.err
		})
		if err != nil {
			return err
		}
		ids[name] = id
	}
	logs := make(map[string]*logState, len(ids))
	for name, id := range ids {
		s := &logState{name: name, id: id, origin: l.config.origin(name)}
		if s.key, err = newLogKey(l.seed, s.origin); err != nil {
			return err
		}
		if err := l.loadHead(s); err != nil {
			return err
		}
		logs[name] = s
	}
	l.all.Store(newLogSet(logs))
	if err := l.loadIncidents(); err != nil {
		return err
	}
	if err := l.loadPeers(); err != nil {
		return err
	}
	for _, s := range logs {
		if err := l.loadPublished(s); err != nil {
			return err
		}
	}
	return nil
}

// loadHead rebuilds the right edge of a log from what is stored and compares
// it with the signed head.
func (l *Ledger) loadHead(s *logState) error {
	return l.store.view(func(r reader) error {
		signed, err := r.get(headKey(s.id))
		if errors.Is(err, ErrNotFound) {
			if _, err := r.last(piecePrefix(s.id), pieceKey(s.id, 1<<63)); !errors.Is(err, ErrNotFound) {
				l.damaged(&Damage{Log: s.name, Fault: "head", What: "there are entries but no signed head"})
			}
			v, err := s.sign()
			s.view.Store(v)
			return err
		}
		if err != nil {
			return err
		}
		key, err := parseVkey(s.key.vkey())
		if err != nil {
			return err
		}
		head, _, err := openCheckpoint(signed, key)
		if err != nil {
			return fmt.Errorf("log %s: stored head: %w", s.name, err)
		}
		e, err := storedEdge(r, s.id, head.Size)
		if err != nil || e.root() != head.Root {
			d := &Damage{Index: head.Size &^ (tileWidth - 1), Fault: "entry", What: "right edge does not hash to the signed head"}
			if err != nil && !errors.As(err, &d) {
				d.What = err.Error()
			}
			d.Log = s.name
			l.damaged(d)
			e = &edge{size: head.Size}
		}
		s.edge = *e
		s.view.Store(&logView{edge: e.clone(), root: head.Root, note: signed})
		return nil
	})
}

// storedEdge rebuilds the right edge of a tree from entries and tiles.
func storedEdge(r reader, id uint16, size uint64) (*edge, error) {
	var leaves []tlog.Hash
	var h hasher
	err := eachRecord(r, id, size&^(tileWidth-1), size, func(_ uint64, rec *record) error {
		leaves = append(leaves, rec.leaf(&h))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return loadEdge(size, leaves, func(level int, n uint64) ([]tlog.Hash, error) {
		b, err := r.get(tileKey(id, level, n))
		if err != nil {
			return nil, fmt.Errorf("tile %d/%d: %w", level, n, err)
		}
		return decodeTile(b)
	})
}

// damaged stops the ledger and says why.
func (l *Ledger) damaged(d *Damage) { l.stop(d, "audit.damaged") }

// finishErasures makes sure that no erased key is there: not after a crash in
// the middle, and not after an old key page was put back.
func (l *Ledger) finishErasures() error {
	var ids []uint64
	err := l.store.view(func(r reader) error {
		return r.scan([]byte{keyErased}, nil, func(k, _ []byte) (bool, error) {
			ids = append(ids, binary.BigEndian.Uint64(k[1:]))
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	l.erasures.Store(int64(len(ids)))
	return l.keys.erase(ids)
}

func (l *Ledger) sweepBodies() error {
	return l.spools.sweep(func(hash [32]byte) (owned bool, err error) {
		err = l.store.view(func(r reader) error {
			owned, err = r.has(fileKey(hash))
			return err
		})
		return owned, err
	})
}

// beat publishes until the ledger is closed.
func (l *Ledger) beat(ctx context.Context) {
	t := time.NewTicker(l.config.Beat)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if err := l.Publish(l.config.Now()); err != nil && l.refused() == nil {
				l.report(Problem{Code: "audit.publish", Message: err.Error()})
			} else {
				l.resolve("audit.publish", "")
			}
		case <-ctx.Done():
			return
		}
	}
}
