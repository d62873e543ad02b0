package audit

import "time"

// Internal is the name of the log that no partner sees. Every other log is
// named by the agency id of the partner whose relation it records.
const Internal = "internal"

// An Event is something that happened, to be appended to one log.
type Event struct {
	Log  string    // [Internal] or a partner's agency id
	Kind string    // what happened: lower case words with dots, "document.accepted"
	Time time.Time // when; the committer fills it in when zero

	// Header holds facts that are not secret once inside: ids, hashes, codes,
	// states. It is stored in clear, never erased, and is all that Apply sees.
	Header map[string]string

	// Details are encrypted, can be erased, and are disclosed one by one.
	Details map[string]string

	// Subject names whose data key encrypts the details and bodies, such as a
	// document id; all events of one subject are erased together. Empty: the
	// event has a key of its own.
	Subject string

	Bodies []Body
	Terms  []string // what the event can be searched by; stored as HMACs
}

// A Body is a document or an image that belongs to an event. Data or File.
type Body struct {
	Name      string // unique within the event
	MediaType string
	Data      []byte
	File      string // Spooled.File of a committed Spool
}

// Stored is an event as it stands in the ledger, without what is encrypted.
type Stored struct {
	Log          string            `json:"log"`
	Index        uint64            `json:"index"`
	Sequence     uint64            `json:"sequence"` // order over all logs, from 1
	Kind         string            `json:"kind"`
	Time         time.Time         `json:"time"`
	ClockStepped bool              `json:"clockStepped,omitempty"` // the clock stood before the previous event's
	Header       map[string]string `json:"header,omitempty"`
	TermHashes   []string          `json:"terms,omitempty"`
	Bodies       []StoredBody      `json:"bodies,omitempty"`
	Leaf         [32]byte          `json:"-"` // RFC 6962 leaf hash
}

// StoredBody is what the ledger keeps in clear about a body.
type StoredBody struct {
	Name       string   `json:"name"`
	MediaType  string   `json:"mediaType,omitempty"`
	Size       int64    `json:"size"`
	Commitment [32]byte `json:"-"` // salted, over name, media type and content
	CipherHash [32]byte `json:"-"` // SHA-256 of the stored ciphertext
	InFile     bool     `json:"inFile,omitempty"`
}

// A Guard is a state key and the version that it must still have. Version 0
// means that the key must not exist.
type Guard struct {
	Key     string
	Version uint64
}

// Committed is where an appended event stands for ever.
type Committed struct {
	Log   string
	Index uint64
	Time  time.Time
	Leaf  [32]byte // RFC 6962 leaf hash
}

// Tx is the state as Apply sees it: everything before the event, also from
// the same batch.
type Tx interface {
	Get(key string) (value []byte, version uint64, err error) // ErrNotFound
	Put(key string, value []byte)
	Delete(key string)
}

// Apply puts the effect of one event into state. It must be deterministic: it
// is called again, in the same order, whenever state is rebuilt. An error
// refuses the whole Append that the event came with.
type Apply func(tx Tx, e *Stored) error

// Item is one entry of state.
type Item struct {
	Key     string
	Value   []byte
	Version uint64
}

// At names an event by its place.
type At struct {
	Log   string `json:"log"`
	Index uint64 `json:"index"`
}
