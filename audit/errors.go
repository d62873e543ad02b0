package audit

import (
	"errors"
	"fmt"
)

// Conditions to branch on with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	ErrChanged  = errors.New("state has changed")   // detail: *Changed
	ErrErased   = errors.New("erased")              // the key was destroyed
	ErrOnHold   = errors.New("under legal hold")    // erasure refused
	ErrStopped  = errors.New("ledger has stopped")  // a commit failed; nothing is signed any more
	ErrBehind   = errors.New("ledger is behind")    // less than the witness or the high-water note has seen
	ErrDamaged  = errors.New("ledger is damaged")   // what is stored does not hash to the tree; detail: *Damage
	ErrLost     = errors.New("record is lost")      // only its entry is left; an incident says so
	ErrTooLarge = errors.New("too large")           // one append may not exceed a transaction
	ErrDiskFull = errors.New("disk is almost full") // refused before the disk is full
	ErrHeld     = errors.New("ledger is in use")    // detail: *Held
	ErrClosed   = errors.New("ledger is closed")
	ErrExists   = errors.New("ledger exists already")
	ErrNoLedger = errors.New("no ledger is here")
	ErrNoBundle = errors.New("not a bundle, or not all of one")
	ErrNoAccess = errors.New("this log is served to those who show a token or a certificate")
)

// Changed says which guard did not hold.
type Changed struct {
	Key  string
	Want uint64
	Have uint64 // 0: the key does not exist
}

func (e *Changed) Error() string {
	return fmt.Sprintf("state %s: version %d, expected %d", e.Key, e.Have, e.Want)
}

// Is makes a *Changed an ErrChanged.
func (e *Changed) Is(target error) bool { return target == ErrChanged }

// Held says that a running gateway holds the ledger folder.
type Held struct {
	Dir    string
	LogURL string // where the running gateway serves its logs; may be empty
}

func (e *Held) Error() string {
	if e.LogURL == "" {
		return e.Dir + ": a running gateway holds this ledger"
	}
	return fmt.Sprintf("%s: a running gateway holds this ledger; its logs are at %s", e.Dir, e.LogURL)
}

// Is makes a *Held an ErrHeld.
func (e *Held) Is(target error) bool { return target == ErrHeld }

// Damage says what is wrong with stored data, and where it starts.
type Damage struct {
	Log   string
	Index uint64
	Fault string // "entry", "tile", "head", "state", "store", "body"
	What  string
}

func (e *Damage) Error() string {
	return fmt.Sprintf("log %s: index %d: %s: %s", e.Log, e.Index, e.Fault, e.What)
}

// Is makes a *Damage an ErrDamaged.
func (e *Damage) Is(target error) bool { return target == ErrDamaged }
