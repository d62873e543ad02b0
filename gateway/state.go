package gateway

import (
	"fmt"
	"slices"
	"time"
)

// Document states, contracts.md section 5.
const (
	stateAccepted  = "accepted"
	stateRejected  = "rejected"
	stateShared    = "shared"
	stateDelivered = "delivered"
	stateRefused   = "refused"
	stateDead      = "dead"
	stateReceived  = "received" // an inbox item: it came from the peer
)

// eventRef names an event of one of our logs.
type eventRef struct {
	Log   string `json:"log"`
	Index uint64 `json:"index"`
}

// submission is one body handed to us and what became of it.
type submission struct {
	ID         string    `json:"id"`
	Party      string    `json:"party"`
	MediaType  string    `json:"mediaType"`
	Digest     string    `json:"digest"`
	Duplicates []string  `json:"duplicates,omitempty"`
	Idempotent string    `json:"idempotent,omitempty"`
	ReceivedAt time.Time `json:"receivedAt"`
	Event      eventRef  `json:"event"`
	Messages   int       `json:"messages"` // decided so far: where a restart resumes
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	First      string    `json:"first,omitempty"`   // first document's id
	Repeats    string    `json:"repeats,omitempty"` // the submission that this one is a duplicate of
	Refused    string    `json:"refused,omitempty"` // problem code, when it was refused after it was stored
	Answered   *eventRef `json:"answered,omitempty"`
	Status     int       `json:"status,omitempty"`
	Ack        string    `json:"ack,omitempty"` // TA1, 997, CONTRL; empty if none was due
}

// document is one message as its submitter or, at the recipient, as its reader sees it.
type document struct {
	ID         string    `json:"id"`
	Submission string    `json:"submission,omitempty"`
	Number     int       `json:"number,omitempty"`
	Party      string    `json:"party"`
	State      string    `json:"state"`
	Reason     string    `json:"reason,omitempty"`
	Class      string    `json:"class,omitempty"`
	Guide      string    `json:"guide,omitempty"`
	ReceivedAt time.Time `json:"receivedAt"`
	Event      eventRef  `json:"event"`           // where the record is
	Shown      eventRef  `json:"shown"`           // the index that is shown: the relation's, once there is one
	Units      []unit    `json:"units,omitempty"` // what was shared of it, or refused
	// At the recipient:
	Message string `json:"message,omitempty"`
	Rules   string `json:"rules,omitempty"`
	Control uint64 `json:"control,omitempty"`
	Missing bool   `json:"missing,omitempty"`
	Wanted  bool   `json:"wanted,omitempty"`
	Taken   bool   `json:"taken,omitempty"`
}

// atFirst is the document as it was when its submission was answered: a request
// that is repeated gets the same answer, whatever was delivered meanwhile.
func (d *document) atFirst() *document {
	first := *d
	first.Units = slices.Clone(d.Units)
	for i := range first.Units {
		if u := &first.Units[i]; u.Message != "" {
			u.State, u.Reason, u.PeerIndex = stateShared, "", 0
		}
	}
	if len(first.Units) > 0 {
		first.State, first.Reason = stateOf(first.Units)
	}
	return &first
}

// unit is one message to one peer made from a document, or the refusal to make it.
type unit struct {
	Message   string   `json:"message,omitempty"`
	Peer      string   `json:"peer"`
	Class     string   `json:"class"`
	State     string   `json:"state"`
	Reason    string   `json:"reason,omitempty"`
	Event     eventRef `json:"event"`
	PeerIndex uint64   `json:"peerIndex,omitempty"`
}

// outgoing is a line of the outbox.
type outgoing struct {
	Message  string    `json:"message"`
	Document string    `json:"document"`
	Event    eventRef  `json:"event"`
	SealedAt time.Time `json:"sealedAt"`
	Since    time.Time `json:"since"` // it waits since then
}

// incoming is what is kept of a peer's message so that it counts once.
type incoming struct {
	Message  string    `json:"message"`
	Digest   string    `json:"digest"`
	Key      string    `json:"key"` // ours that opened it
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason,omitempty"`
	Event    eventRef  `json:"event"`
	Document string    `json:"document,omitempty"`
	At       time.Time `json:"at"`
	Withheld int       `json:"withheld,omitempty"`
}

// agreementState is what the ledger knows of an agreement.
type agreementState struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Hash    string `json:"hash"`
	Status  string `json:"status"` // in-force or the reason why not
}

// Keys of the state. Numbers are padded so that a scan is in order.
func keySubmission(id string) string    { return "submission/" + id }
func keyOpen(id string) string          { return "open/" + id } // submissions not yet answered
func keyDocument(id string) string      { return "document/" + id }
func keyPart(sub string, n int) string  { return fmt.Sprintf("part/%s/%08d", sub, n) }
func keyDuplicate(hash string) string   { return "duplicate/" + hash }
func keyIdempotency(hash string) string { return "idempotency/" + hash }
func keyOutbox(peer string, seq uint64) string {
	return fmt.Sprintf("outbox/%s/%016d", peer, seq)
}
func keyMessage(id string) string        { return "message/" + id }
func keyIncoming(peer, id string) string { return "incoming/" + peer + "/" + id }
func keyInbox(n uint64) string           { return fmt.Sprintf("inbox/%016d", n) }
func keyAgreement(id string) string      { return "agreement/" + id } // id/version
func keyCount(name string) string        { return "count/" + name }
func keyDead(message string) string      { return "dead/" + message }
func keyRules(hash string) string        { return "rules/" + hash }
func keySettings(file string) string     { return "settings/" + file }

// messageRef finds the outbox line and the document of a message id.
type messageRef struct {
	Document string    `json:"document"`
	Outbox   string    `json:"outbox"`
	SealedAt time.Time `json:"sealedAt"`
}
