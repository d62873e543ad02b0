package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2"
)

// This file alone knows Badger. What belongs to a log is written once: the
// store refuses a second value and has no way to delete, drop or
// garbage-collect one. State can be written, overwritten and deleted.

// valueLimit keeps every value in the LSM tree, unless there is a journal.
// Values in Badger's value log would be synced by a call whose error Badger
// 4.9.6 only logs (value.go, (*valueLog).write), so an append could be
// acknowledged in vain.
const valueLimit = 512 << 10

// A table's builder makes room for a block at once and doubles it for a value
// that is larger: 4 KiB, Badger's default, took five times a memtable's size to
// write it out. A piece, and a body that rides in a commit, is at most
// pieceLimit unless one record alone is larger.
const (
	blockSize  = 68 << 10
	pieceLimit = 64 << 10
)

// closeTimeout ends the wait for Badger's Close, which retries a failing
// flush for ever.
const closeTimeout = 20 * time.Second

type store struct {
	db      *badger.DB
	synced  bool // each transaction is durable when commit returns
	without bool // a table that the manifest names is not there, see dropTables
	large   largeValues
}

// storeOptions say how the store is opened.
type storeOptions struct {
	dir      string // must exist
	memTable int64  // bytes of Badger's memtable, 0: the default
	behind   bool   // behind a journal: what the committer writes is durable there already and is not synced
	keys     storeKeys
}

// openStore opens the store.
func openStore(s storeOptions) (*store, error) {
	dir, memTable, journal := s.dir, s.memTable, s.behind
	if err := removeEmptyLogs(dir); err != nil {
		return nil, err
	}
	without, err := s.checkTables(false)
	if err == nil && len(without) > 0 {
		err = s.dropTables(without)
	}
	if err != nil {
		return nil, err
	}
	if memTable == 0 {
		memTable = 12 << 20
	}
	threshold, logSize := min(int64(valueLimit), memTable*15/100), int64(1<<20) // the default reserves 2 GiB
	if journal {
		threshold, logSize = memTable/largeShare, valueLogSize
	}
	o := badger.DefaultOptions(dir).
		WithSyncWrites(!journal).   // off by default
		WithDetectConflicts(false). // one writer
		WithNumMemtables(2).
		WithMemTableSize(memTable).
		WithValueThreshold(threshold).
		WithValueLogFileSize(logSize).
		WithVerifyValueChecksum(true).
		WithBlockCacheSize(16 << 20).
		WithBlockSize(blockSize).
		WithNumCompactors(2).
		WithBaseTableSize(256 << 10).    // each of up to ten table builders takes a multiple of it,
		WithNumLevelZeroTables(24).      // so small tables and rare compactions: a third of the
		WithNumLevelZeroTablesStall(48). // memory at the same speed
		WithMetricsEnabled(false).
		WithCompression(options.None). // ciphertext and hashes do not shrink
		WithLogger(nil)
	if key := s.keys.newest(); key != nil {
		o = o.WithEncryptionKey(key).WithIndexCacheSize(indexCache)
	}
	db, err := badger.Open(o)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", dir, err)
	}
	out := &store{db: db, synced: !journal, without: len(without) > 0}
	if journal {
		out.large.from, out.large.turn = threshold, make(chan struct{}, 1)
	}
	return out, nil
}

// removeEmptyLogs removes the zero-byte files that kill -9 can leave and that
// Badger then refuses to open (badger issue 2207).
func removeEmptyLogs(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		if info.Size() == 0 {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexCache bounds the decrypted indexes of tables; without encryption they
// are read in place.
const indexCache = 8 << 20

// registry opens Badger's own keys, which the newest store key wraps. If an
// earlier one does, or none, the registry is rewritten first. A new store has no
// registry yet: nil.
func (s storeOptions) registry() (*badger.KeyRegistry, error) {
	o := badger.KeyRegistryOptions{Dir: s.dir, ReadOnly: true}
	if _, err := os.Stat(filepath.Join(s.dir, badger.KeyRegistryFileName)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for n := len(s.keys); n >= 0; n-- {
		o.EncryptionKey = s.keys[:n].newest()
		r, err := badger.OpenKeyRegistry(o)
		switch {
		case errors.Is(err, badger.ErrEncryptionKeyMismatch):
			continue
		case err != nil:
			return nil, &Damage{Fault: "store", What: "key registry: " + err.Error()}
		case n == len(s.keys):
			return r, nil
		}
		o.EncryptionKey = s.keys.newest()
		if err := badger.WriteKeyRegistry(r, o); err != nil {
			return nil, err
		}
		return badger.OpenKeyRegistry(o)
	}
	return nil, &Damage{Fault: "store", What: "is encrypted under a key that " + storeKeyFile + " in the key folder has not"}
}

// checkTables looks at every table before Badger does: on a damaged one
// Badger panics in a goroutine of its own, which nobody can catch. Blocks are
// checked too when full is set. Tables that the manifest does not name are
// left alone: a crash leaves unfinished ones, and Badger removes them. It
// returns the tables of level 0 that are not there.
func (s storeOptions) checkTables(full bool) (without []uint64, err error) {
	f, err := os.Open(filepath.Join(s.dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a new store
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	m, _, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(s.dir))
	if err != nil {
		return nil, &Damage{Fault: "store", What: "manifest: " + err.Error()}
	}
	keys, err := s.registry()
	if err != nil {
		return nil, err
	}
	o := new(table.Options)
	if s.keys != nil {
		o.IndexCache, err = ristretto.NewCache(&ristretto.Config[uint64, *fb.TableIndex]{NumCounters: 1000, MaxCost: indexCache, BufferItems: 64})
		if err != nil {
			return nil, err
		}
		defer o.IndexCache.Close()
	}
	for id, t := range m.Tables {
		file := table.NewFilename(id, s.dir)
		if o.DataKey = nil; t.KeyID != 0 && keys != nil {
			if o.DataKey, err = keys.DataKey(t.KeyID); err != nil {
				return nil, &Damage{Fault: "store", What: fmt.Sprintf("table %s: %v", filepath.Base(file), err)}
			}
		}
		err := checkTable(file, id, o, full)
		if errors.Is(err, fs.ErrNotExist) && t.Level == 0 {
			without = append(without, id)
			continue
		}
		if err != nil {
			return nil, &Damage{Fault: "store", What: fmt.Sprintf("table %s: %v", filepath.Base(file), err)}
		}
	}
	return without, nil
}

// dropTables takes tables that are not there out of the manifest. When a write
// of the manifest fails while a memtable is written out, Badger 4.9.6 removes
// the table, writes another one, and leaves the name of the first in the file;
// then it never opens again. What was really lost with a table of level 0 are
// whole transactions, and so entries: see Open, which looks for them.
func (s storeOptions) dropTables(ids []uint64) (err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, badger.ManifestFilename), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, end, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(s.dir))
	if err != nil {
		return err
	}
	var set []byte // pb.ManifestChangeSet: changes = 1 { Id = 1, Op = 2: DELETE }
	for _, id := range ids {
		change := append(binary.AppendUvarint([]byte{0x08}, id), 0x10, 0x01)
		set = append(append(set, 0x0a, byte(len(change))), change...)
	}
	record := binary.BigEndian.AppendUint32(nil, uint32(len(set)))
	record = binary.BigEndian.AppendUint32(record, crc32.Checksum(set, crc32.MakeTable(crc32.Castagnoli)))
	if err := f.Truncate(end); err != nil {
		return err
	}
	if _, err := f.WriteAt(append(record, set...), end); err != nil {
		return err
	}
	return f.Sync()
}

func checkTable(file string, id uint64, o *table.Options, full bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("damaged so that reading it panics")
		}
	}()
	data, unmap, err := mapFile(file) // only what is looked at is read
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unmap()) }()
	t, err := table.OpenInMemoryTable(data, id, o)
	if err != nil || !full {
		return err
	}
	return t.VerifyChecksum()
}

// verifyBlocks checks the checksums of all tables.
func (s *store) verifyBlocks() (err error) {
	defer recovered(&err)
	if err := s.db.VerifyChecksum(); err != nil {
		return &Damage{Fault: "store", What: err.Error()}
	}
	return nil
}

// recovered turns a panic of Badger's, which damage can cause, into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = &Damage{Fault: "store", What: fmt.Sprintf("reading it panics: %v", p)}
	}
}

// close closes Badger, or gives up waiting for it.
func (s *store) close() error { return s.closeWithin(closeTimeout) }

func (s *store) closeWithin(d time.Duration) error {
	done := make(chan error, 1)
	go func() {
		if s.large.from > 0 {
			s.large.turn <- struct{}{} // no sync is under way any more
		}
		done <- s.db.Close()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(d):
		return errors.New("store: closing takes too long; given up")
	}
}

// batchLimit is the number of bytes that one transaction may hold.
func (s *store) batchLimit() int64 { return s.db.MaxBatchSize() }

// A reader reads one consistent snapshot.
type reader struct{ txn *badger.Txn }

// view calls fn with a snapshot.
func (s *store) view(fn func(r reader) error) (err error) {
	defer recovered(&err)
	return s.db.View(func(txn *badger.Txn) error { return fn(reader{txn}) })
}

// get returns a copy of a value, or ErrNotFound.
func (r reader) get(key []byte) ([]byte, error) {
	item, err := r.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return copyValue(item)
}

// has says whether a key exists.
func (r reader) has(key []byte) (bool, error) {
	_, err := r.txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err
}

// scan calls fn for each key with the prefix, from a key on (inclusive), in
// order, until fn returns false. Key and value are valid during the call.
func (r reader) scan(prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	o := badger.DefaultIteratorOptions
	o.Prefix, o.PrefetchValues = prefix, false
	it := r.txn.NewIterator(o)
	defer it.Close()
	if len(from) == 0 {
		from = prefix
	}
	for it.Seek(from); it.Valid(); it.Next() {
		more := false
		item := it.Item()
		if err := readValue(item, func(v []byte) (err error) {
			more, err = fn(item.Key(), v)
			return err
		}); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return nil
}

// last returns the largest key that has the prefix and is not after key.
func (r reader) last(prefix, key []byte) ([]byte, error) {
	o := badger.DefaultIteratorOptions
	o.Prefix, o.PrefetchValues, o.Reverse = prefix, false, true
	it := r.txn.NewIterator(o)
	defer it.Close()
	it.Seek(key)
	if !it.Valid() {
		return nil, ErrNotFound
	}
	return it.Item().KeyCopy(nil), nil
}

// readValue calls fn with the value of an item, which is valid during the call.
// Where Badger cannot read a value, or its checksum is wrong, it gives an empty
// one and no error.
func readValue(item *badger.Item, fn func(v []byte) error) error {
	return item.Value(func(v []byte) error {
		if len(v) == 0 && item.ValueSize() > 0 {
			return &Damage{Fault: "store", What: "a value cannot be read from the value log"}
		}
		return fn(v)
	})
}

// copyValue returns a copy of the value of an item.
func copyValue(item *badger.Item) (out []byte, err error) {
	err = readValue(item, func(v []byte) error {
		out = bytes.Clone(v)
		return nil
	})
	return out, err
}

// readSince reads every value that was written after a version.
func (r reader) readSince(version uint64) error {
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.SinceTs = false, version
	it := r.txn.NewIterator(o)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := readValue(it.Item(), func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// A writer collects what one synced transaction will write.
type writer struct {
	reader
	s     *store
	large int64 // bytes of large values
	err   error
}

// begin starts a transaction. End it with commit or discard.
func (s *store) begin() *writer {
	return &writer{reader: reader{s.db.NewTransaction(true)}, s: s}
}

// put writes a value. What belongs to a log is written once.
func (w *writer) put(key, value []byte) {
	if w.err != nil {
		return
	}
	if strings.IndexByte(writeOnce, key[0]) >= 0 {
		there, err := w.has(key)
		if err == nil && there {
			err = fmt.Errorf("store: key %x is written already", key)
		}
		if err != nil {
			w.err = err
			return
		}
	}
	w.err = w.txn.Set(key, value)
	if n := int64(len(value)); n >= w.s.large.from && w.s.large.from > 0 {
		w.large += n
	}
}

// remove deletes a key of state or a subject's key.
func (w *writer) remove(key []byte) {
	if w.err != nil {
		return
	}
	if key[0] != keyState && key[0] != keySubject {
		w.err = fmt.Errorf("store: key %x cannot be removed", key)
		return
	}
	w.err = w.txn.Delete(key)
}

// commit returns when everything is durable.
func (w *writer) commit() error {
	if w.err != nil {
		w.txn.Discard()
		return w.err
	}
	if w.large > 0 {
		return w.s.commitLarge(w)
	}
	return w.txn.Commit()
}

func (w *writer) discard() { w.txn.Discard() }

// update runs fn in a synced transaction of its own.
func (s *store) update(fn func(w *writer) error) error {
	w := s.begin()
	if err := fn(w); err != nil {
		w.discard()
		return err
	}
	if err := w.commit(); err != nil || s.synced {
		return err
	}
	return s.sync()
}
