package audit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

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

	Beat      time.Duration // publish by itself this often; 0: the caller calls Publish
	HighWater string        // file with the newest heads, best on another volume; default: highwater in Dir
	LogURL    string        // where the logs are served; told to whoever finds the folder held
	MinFree   int64         // bytes that must stay free on Dir's volume, default 256 MiB; less refuses appends

	Now       func() time.Time // default time.Now
	OnProblem func(Problem)    // called once for each problem when it appears; may be nil

	MemTable int64 // bytes of Badger's memtable, default 32 MiB; smaller only in tests
}

// A Peer is another gateway: witness of our relation log, and log that we witness.
type Peer struct {
	Log        string   // our relation log that it cosigns: its agency id
	WitnessKey string   // vkey (C2SP signed note, type 0x04) whose cosignatures count
	LogKeys    []string // vkeys of its logs whose checkpoints we cosign
}

// Problem is one line of the ledger's health.
type Problem struct {
	Code    string `json:"code"`
	Log     string `json:"log,omitempty"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // does not stop anything
}

// LogStatus is how one log stands.
type LogStatus struct {
	Log           string
	Origin        string
	Size          uint64
	Root          [32]byte
	PublishedSize uint64
	PublishedAt   time.Time
	CosignedSize  uint64
	CosignedAt    time.Time
	CosignedBy    []string // names of the witnesses on the last published head
	Checked       uint64   // events re-hashed since start
	Problems      []Problem
}

var errNotBuilt = errors.New("not built yet")

// Create makes the folder, the keys that are missing, and empty logs.
func Create(c Config) error { return errNotBuilt }

// Open opens what Create made. It checks the right edge of every tree against
// the signed head, and re-hashes everything in the background.
func Open(c Config) (*Ledger, error) { return nil, errNotBuilt }

// Ledger is an open ledger. All methods may be called concurrently.
type Ledger struct{}

// Append makes the events durable, all or none, and returns where they stand.
func (l *Ledger) Append(ctx context.Context, events []Event, guards []Guard) ([]Committed, error) {
	return nil, errNotBuilt
}

// Get returns a value of state and its version, or ErrNotFound.
func (l *Ledger) Get(key string) ([]byte, uint64, error) { return nil, 0, errNotBuilt }

// Scan returns up to limit items whose keys start with prefix and come after
// after, in the order of keys. Limit 0: all.
func (l *Ledger) Scan(prefix, after string, limit int) ([]Item, error) { return nil, errNotBuilt }

// Entry returns an event, checked against the tree.
func (l *Ledger) Entry(log string, index uint64) (*Stored, error) { return nil, errNotBuilt }

// Details decrypts the details of an event. ErrErased when the key is gone.
func (l *Ledger) Details(log string, index uint64) (map[string]string, error) {
	return nil, errNotBuilt
}

// Body opens a body of an event. ErrErased when the key is gone.
func (l *Ledger) Body(log string, index uint64, name string) (io.ReadCloser, error) {
	return nil, errNotBuilt
}

// Search returns where the events with this term stand, oldest first.
func (l *Ledger) Search(term string) ([]At, error) { return nil, errNotBuilt }

// Term returns the HMAC of a search term as it is stored, for use in state keys.
func (l *Ledger) Term(term string) string { return "" }

// Spool starts to receive a body of unknown size.
func (l *Ledger) Spool() (*Spool, error) { return nil, errNotBuilt }

// A Spool is a body being received. Write, then Commit or Abort.
type Spool struct{}

// Spooled is a body on disk, synced and encrypted, waiting for its event.
type Spooled struct {
	File   string   // for Body.File
	Digest [32]byte // SHA-256 of the content
	Size   int64
}

func (s *Spool) Write(p []byte) (int, error) { return 0, errNotBuilt }

// Commit syncs the file. It is swept at the next start unless an event names it.
func (s *Spool) Commit() (Spooled, error) { return Spooled{}, errNotBuilt }

// Abort removes what was written. After Commit it does nothing.
func (s *Spool) Abort() error { return errNotBuilt }

// Checkpoint returns the newest published checkpoint of a log with its
// cosignatures, nil when there is none.
func (l *Ledger) Checkpoint(log string) []byte { return nil }

// Size returns the number of events in a log.
func (l *Ledger) Size(log string) uint64 { return 0 }

// Proof proves that an event is in the returned checkpoint: the published one
// if it covers the event, else the newest signed one.
func (l *Ledger) Proof(log string, index uint64) (tlog.RecordProof, []byte, error) {
	return nil, nil, errNotBuilt
}

// Handler serves the published logs (C2SP tlog-tiles) under /audit/<log>/, and
// at the root when there is one relation log.
func (l *Ledger) Handler() http.Handler { return http.NotFoundHandler() }

// Witness serves C2SP tlog-witness for the logs of our peers: POST add-checkpoint.
func (l *Ledger) Witness() http.Handler { return http.NotFoundHandler() }

// Cosign asks the witness of a log to cosign the published head. Post sends
// the body to the witness's add-checkpoint and returns what it answered.
func (l *Ledger) Cosign(ctx context.Context, log string, post func(ctx context.Context, body []byte) (status int, answer []byte, err error)) error {
	return errNotBuilt
}

// Publish makes the present heads the published ones. The relation logs get a
// commitment to the internal log's head when that has changed.
func (l *Ledger) Publish(now time.Time) error { return errNotBuilt }

// Status says how each log stands.
func (l *Ledger) Status() []LogStatus { return nil }

// LogKey returns the vkey of a log, for its partner's configuration.
func (l *Ledger) LogKey(log string) string { return "" }

// WitnessKey returns the vkey of our cosignatures, for the partner's configuration.
func (l *Ledger) WitnessKey() string { return "" }

// Close drains the committer and closes the store, within a deadline.
func (l *Ledger) Close() error { return nil }

// Erasure says what to erase and on whose word.
type Erasure struct {
	Subject   string // all details and bodies of this subject, or
	Log       string // the details and bodies of one event
	Index     uint64
	Body      string // with Log and Index: one body only
	Ground    string // why: a code
	Authority string // on whose order
}

// Erase destroys keys and appends the event that says so. ErrOnHold.
func (l *Ledger) Erase(ctx context.Context, e Erasure) (Committed, error) {
	return Committed{}, errNotBuilt
}

// PublicKeys are the verifier keys (C2SP vkeys) of a ledger.
type PublicKeys struct {
	Logs    map[string]string // by log name
	Witness string
}

// ReadKeys returns the public keys of a created ledger without opening it.
func ReadKeys(c Config) (PublicKeys, error) { return PublicKeys{}, errNotBuilt }
