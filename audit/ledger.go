package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Config says where a ledger is and who it talks to.
type Config struct {
	Dir    string // the ledger folder (badger/, bodies/, keys/, policy, …)
	Keys   string // folder of log.key and witness.key; default: "keys" beside Dir
	Origin string // host or agency; log origins are <Origin>/audit/<log>

	Logs  []string // partner agency ids; the internal log is always there
	Peers []Peer   // who witnesses whom
	Apply Apply    // nil: no state

	// Auditors are further witnesses of every relation log, such as an auditor's
	// or a ministry's: with them two operators who agree are not enough to
	// rewrite a log. See CosignBy.
	Auditors []Auditor
	// AuditorQuorum is how many auditors the ledger's policy wants beside the
	// peer: "any" (the default), "all", or a number.
	AuditorQuorum string

	// MLDSA adds ML-DSA-44 cosignatures to what this ledger publishes and, as a
	// witness, cosigns: 2.4 KB and 0.3 ms for each head. The ledger's policy
	// then wants the one of its logs.
	MLDSA bool

	Beat      time.Duration // publish by itself this often; 0: the caller calls Publish
	HighWater string        // file with the newest heads, best on another volume; default: highwater in Dir
	Journal   string        // folder of a journal in front of the store, best on another volume; empty: none
	Encrypt   bool          // Create gives the store and the journal a key in Dir/keys/store.key: headers and state are not in clear on the disk
	LogURL    string        // where the logs are served; told to whoever finds the folder held
	MinFree   int64         // bytes that must stay free on Dir's volume, default 256 MiB; less refuses appends

	Now       func() time.Time // default time.Now
	OnProblem func(Problem)    // called once for each problem when it appears; may be nil
	Sequencer Sequencer        // default: this machine alone

	recovering bool  // a store with less than others have seen is brought back: see Refill
	cut        error // the store lacks large values, and why it could not be built again

	MemTable int64 // bytes of Badger's memtable, default 12 MiB; smaller only in tests
}

// A Peer is another gateway: witness of our relation log, and log that we witness.
type Peer struct {
	Log        string // our relation log that it cosigns: its agency id
	WitnessKey string // vkey (C2SP signed note, type 0x04) whose cosignatures count
	// WitnessMLDSA is the vkey (type 0x06) of its second cosignature; empty: none is known.
	WitnessMLDSA string
	LogKeys      []string // vkeys of its logs whose checkpoints we cosign
}

// An Auditor is a witness that is no peer.
type Auditor struct {
	Name string // in the ledger's policy: one word
	Key  string // vkey (C2SP signed note, type 0x04 or 0x06)
}

// Ledger is an open ledger. All methods may be called concurrently.
type Ledger struct {
	config      Config
	store       *store
	journal     *Journal // nil: none
	keys        *keyPages
	spools      *spools
	witness     *signKey
	logPQ       *signKey // nil: no ML-DSA
	witnessPQ   *signKey
	witnessed   map[string]*witnessed // logs that we cosign, by origin
	unlearned   map[string][]byte     // of the high-water note: see noteUnlearned
	witnessedMu sync.RWMutex          // of both maps, and of witnessed.next
	seed        []byte
	termMAC     dataKey
	subjectMAC  dataKey
	subjects    subjectKeys

	all        atomic.Pointer[logSet]
	generation atomic.Uint32
	erasures   atomic.Int64 // data keys erased so far

	queue   chan *submission
	pause   chan func()   // runs between two batches
	stopped chan struct{} // closed by Close
	drained chan struct{} // closed when the committer has ended
	closing sync.Once
	work    sync.WaitGroup // background goroutines
	cancel  context.CancelFunc

	// Of the committer alone, of the stage that applies.
	meta   meta
	hasher hasher
	pieces []byte // buffer of a transaction's pieces

	replayed  bool // the whole store was built again from the sequencer, at this start
	replaying bool // batches come from the sequencer, at the start
	ungrouped bool // one commit for each append: what benchmarks compare with

	health   health
	noSpace  atomic.Bool
	minFree  atomic.Int64 // Config.MinFree
	gate     sync.RWMutex // held for reading while the store is in use
	closed   bool
	publish  sync.Mutex // one Publish, Cosign result or witness answer at a time
	erasing  sync.Mutex // one erasure or hold at a time
	lockFile *os.File

	closeTimeout time.Duration
}

// logState is one log: a shard of a relation, or of the internal one.
type logState struct {
	name   string
	id     uint16
	origin string
	key    *signKey
	edge   edge // of the committer alone
	view   atomic.Pointer[logView]
	public atomic.Pointer[published]
	tiles  tileCache
	peer   *peerState // nil: nobody cosigns
	before *logState  // the shard before, nil: none

	incident bool // what came before is not all there: an incident opened this shard

	auditors []*peerState

	checked     atomic.Uint64 // events re-hashed since start
	committedTo atomic.Uint64 // size of the internal log that this log last committed to
}

// logView is a head as readers see it.
type logView struct {
	edge *edge
	root tlog.Hash
	note []byte // signed checkpoint

	inner [tileLevels]atomic.Pointer[hashTile] // last tiles, for proofs
}

var errOrigin = errors.New("origin has spaces or plus signs, or is empty")

// prepare fills in defaults and checks.
func (c *Config) prepare() error {
	if !validName(c.Origin) {
		return fmt.Errorf("ledger: %w", errOrigin)
	}
	for _, log := range c.Logs {
		if !validName(log) || log == Internal || strings.ContainsAny(log, "/%?#") || strings.HasPrefix(log, ".") {
			return fmt.Errorf("ledger: log %q: not usable as a name", log)
		}
	}
	if c.Keys == "" {
		c.Keys = filepath.Join(filepath.Dir(filepath.Clean(c.Dir)), "keys")
	}
	if c.HighWater == "" {
		c.HighWater = filepath.Join(c.Dir, "highwater")
	}
	if c.MinFree == 0 {
		c.MinFree = 256 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sequencer == nil {
		c.Sequencer = local{}
	}
	return nil
}

func (c *Config) origin(log string) string { return c.Origin + "/audit/" + log }

func (c *Config) badgerDir() string { return filepath.Join(c.Dir, "badger") }

// Create makes the folder, the keys that are missing, and empty logs.
func Create(c Config) error {
	if err := c.prepare(); err != nil {
		return err
	}
	if _, err := os.Stat(c.badgerDir()); err == nil {
		return fmt.Errorf("%s: %w", c.Dir, ErrExists)
	}
	for _, dir := range []string{c.Keys, c.Dir, c.badgerDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	for name, key := range map[string]string{"log.key": c.Origin + "/audit", "witness.key": c.Origin + "/witness"} {
		path := filepath.Join(c.Keys, name)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		skey, _, err := note.GenerateKey(rand.Reader, key)
		if err != nil {
			return err
		}
		if err := writeDurable(path, []byte(skey+"\n")); err != nil {
			return err
		}
	}
	if err := createKeyPages(filepath.Join(c.Dir, "keys")); err != nil {
		return err
	}
	if c.Encrypt {
		if err := addStoreKey(filepath.Join(c.Dir, "keys")); err != nil {
			return err
		}
	}
	if err := newStore(c); err != nil {
		return err
	}
	return writeDurable(filepath.Join(c.Dir, "origin"), []byte(c.Origin+"\n"))
}

// readKey reads a note signer file.
func readKey(path string) (name string, seed []byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	name, seed, err = parseSeed(string(b))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return name, seed, err
}

// logs returns the logs by name.
func (l *Ledger) logs() map[string]*logState { return l.all.Load().byName }

// log returns a log.
func (l *Ledger) log(name string) (*logState, error) {
	if s := l.logs()[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("log %s: %w", name, ErrNotFound)
}

func (l *Ledger) gen() byte { return byte(l.generation.Load()) }

// view reads a snapshot of the store, unless the ledger is closed.
func (l *Ledger) view(fn func(r reader) error) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.closed {
		return ErrClosed
	}
	return l.store.view(fn)
}

// write writes metadata in a synced transaction of its own.
func (l *Ledger) write(fn func(w *writer) error) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.closed {
		return ErrClosed
	}
	return l.store.update(fn)
}

// alone says whether the committer is the sequencer.
func (l *Ledger) alone() bool {
	_, ok := l.config.Sequencer.(local)
	return ok
}

// Size returns the number of events in a log.
func (l *Ledger) Size(log string) uint64 {
	if s := l.logs()[log]; s != nil {
		return s.view.Load().edge.size
	}
	return 0
}

// Term returns the HMAC of a search term as it is stored, for use in state keys.
func (l *Ledger) Term(term string) string { return termText(l.term(term)) }

func (l *Ledger) term(term string) [16]byte { return mac16(l.termMAC, "pb-term-1", term) }

// LogKey returns the vkey of a log, for its partner's configuration.
func (l *Ledger) LogKey(log string) string {
	if s := l.logs()[log]; s != nil {
		return s.key.vkey()
	}
	return ""
}

// WitnessKey returns the vkey of our cosignatures, for the partner's configuration.
func (l *Ledger) WitnessKey() string { return l.witness.vkey() }

// PublicKeys are the verifier keys (C2SP vkeys) of a ledger.
type PublicKeys struct {
	Logs    map[string]string // by log name
	Witness string

	LogsMLDSA    string // of the ML-DSA-44 cosignatures of all logs, when Config.MLDSA is set
	WitnessMLDSA string // and of those as a witness
}

// ReadKeys returns the public keys of a created ledger without opening it.
func ReadKeys(c Config) (PublicKeys, error) {
	if err := c.prepare(); err != nil {
		return PublicKeys{}, err
	}
	_, seed, err := readKey(filepath.Join(c.Keys, "log.key"))
	if err != nil {
		return PublicKeys{}, err
	}
	out := PublicKeys{Logs: map[string]string{}}
	for _, log := range append([]string{Internal}, c.Logs...) {
		k, err := newLogKey(seed, c.origin(log))
		if err != nil {
			return PublicKeys{}, err
		}
		out.Logs[log] = k.vkey()
	}
	name, seed, err := readKey(filepath.Join(c.Keys, "witness.key"))
	if err != nil {
		return PublicKeys{}, err
	}
	out.Witness = newWitnessKey(name, seed, nil).vkey()
	if c.MLDSA {
		log, witness, err := mldsaKeys(c)
		if err != nil {
			return PublicKeys{}, err
		}
		out.LogsMLDSA, out.WitnessMLDSA = log.vkey(), witness.vkey()
	}
	return out, nil
}

// mldsaKeys derives the second keys of a ledger: of its logs, and as a witness.
func mldsaKeys(c Config) (log, witness *signKey, err error) {
	for file, to := range map[string]**signKey{"log.key": &log, "witness.key": &witness} {
		name, seed, err := readKey(filepath.Join(c.Keys, file))
		if err != nil {
			return nil, nil, err
		}
		if *to, err = newMLDSAKey(name, seed); err != nil {
			return nil, nil, err
		}
		(*to).now = c.Now
	}
	return log, witness, nil
}

// Spool starts to receive a body of unknown size.
func (l *Ledger) Spool() (*Spool, error) { return l.spools.start() }

// Close stops taking appends, commits what waits, and closes the store within
// a deadline.
func (l *Ledger) Close() (err error) {
	l.closing.Do(func() {
		l.cancel()
		close(l.stopped)
		<-l.drained
		l.work.Wait()
		l.keys.close()
		if l.health.refusal() == nil {
			err = l.writeHighWater()
		}
		l.gate.Lock()
		l.closed = true
		l.gate.Unlock()
		err = errors.Join(err, l.store.closeWithin(l.closeTimeout))
		if l.journal != nil {
			err = errors.Join(err, l.journal.Close())
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(l.config.Dir, "clean"), nil, 0o600)
		}
		_ = l.lockFile.Close() // releases the lock; nothing was written to it
	})
	return err
}
