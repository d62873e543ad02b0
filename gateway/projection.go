package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"peacebridge/audit"
)

// Apply brings one event into the state. It reads nothing but the event's header
// and the state, so that a state rebuilt from the log equals the one that was
// kept, before and after an erasure.
func Apply(tx audit.Tx, e *audit.Stored) error {
	p := projection{tx: tx, e: e, h: e.Header}
	switch e.Kind {
	case kindReceived:
		p.received()
	case kindIdentified:
		p.identified()
	case kindAccepted:
		p.documentDecided(stateAccepted)
	case kindRejected:
		p.documentDecided(stateRejected)
	case kindAnswered:
		p.answered()
	case kindSealed:
		p.sealed()
	case kindRefused:
		p.refused()
	case kindReceipted:
		p.receipted()
	case kindDead:
		p.dead()
	case kindResumed:
		p.resumed()
	case kindStopped:
		p.unitEnded(stateRefused, p.h[hReason], 0)
		p.count("exchanges.refused", 1)
	case kindTaken:
		p.taken()
	case kindMessageStop:
		p.messageRefused()
	case kindAcknowledged:
		p.update(keyDocument(p.h[hDocument]), func(d *document) { d.Taken = true })
	case kindAgreement:
		p.agreement()
	case kindRules:
		p.put(keyRules(p.h[hHash]), p.ref())
	case kindSettings:
		p.put(keySettings(p.h[hFile]), p.h[hDigest])
	case kindRecognition:
		p.count("recognition."+p.h[hDecision], 1)
	case kindDuplicate:
		p.count("documents.duplicate", 1)
	case kindDoorRefused, kindEnrolled, kindEnrolRefused:
		p.count(e.Kind, 1)
	}
	return p.err
}

// projection carries the first error, so that the steps read as a list.
type projection struct {
	tx  audit.Tx
	e   *audit.Stored
	h   map[string]string
	err error
}

func (p *projection) ref() eventRef { return eventRef{p.e.Log, p.e.Index} }

func (p *projection) put(key string, v any) {
	if p.err != nil {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		p.err = err
		return
	}
	p.tx.Put(key, b)
}

func (p *projection) get(key string, v any) bool {
	if p.err != nil {
		return false
	}
	b, _, err := p.tx.Get(key)
	if errors.Is(err, audit.ErrNotFound) {
		return false
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		p.err = fmt.Errorf("state %s: %w", key, err)
	}
	return p.err == nil
}

func (p *projection) update(key string, change func(*document)) {
	var d document
	if p.get(key, &d) {
		change(&d)
		p.put(key, d)
	}
}

func (p *projection) number(name string) int {
	n, err := strconv.Atoi(p.h[name])
	if err != nil && p.err == nil && p.h[name] != "" {
		p.err = fmt.Errorf("event %s %d: header %s: %w", p.e.Log, p.e.Index, name, err)
	}
	return n
}

func (p *projection) count(name string, by int) uint64 {
	var n uint64
	p.get(keyCount(name), &n)
	n += uint64(by)
	p.put(keyCount(name), n)
	return n
}

// raise keeps the highest number given out, so that a restart goes on after it.
func (p *projection) raise(name string, to int) {
	var n uint64
	p.get(keyCount(name), &n)
	p.put(keyCount(name), max(n, uint64(to)))
}

func (p *projection) received() {
	s := submission{
		ID: p.h[hSubmission], Party: p.h[hParty], MediaType: p.h[hMediaType], Digest: p.h[hDigest],
		Duplicates: strings.Fields(p.h[hDuplicate]), Idempotent: p.h[hIdempotent], ReceivedAt: p.e.Time, Event: p.ref(),
	}
	p.put(keySubmission(s.ID), s)
	p.put(keyOpen(s.ID), s.ID)
	for _, d := range s.Duplicates {
		p.put(keyDuplicate(d), s.ID)
	}
	if s.Idempotent != "" {
		p.put(keyIdempotency(s.Idempotent), s.ID)
	}
}

func (p *projection) identified() {
	var s submission
	if !p.get(keySubmission(p.h[hSubmission]), &s) {
		return
	}
	s.Duplicates = strings.Fields(p.h[hDuplicate])
	p.put(keySubmission(s.ID), s)
	for _, d := range s.Duplicates {
		p.put(keyDuplicate(d), s.ID)
	}
}

func (p *projection) documentDecided(state string) {
	var s submission
	if !p.get(keySubmission(p.h[hSubmission]), &s) {
		return
	}
	d := document{
		ID: p.h[hDocument], Submission: s.ID, Number: p.number(hNumber), Party: s.Party, State: state,
		Class: p.h[hClass], Guide: p.h[hGuide], ReceivedAt: s.ReceivedAt, Event: p.ref(), Shown: p.ref(),
	}
	if state == stateRejected {
		d.Reason = firstOf(p.h[hCodes])
		s.Rejected++
	} else {
		s.Accepted++
	}
	s.Messages = d.Number
	if s.First == "" {
		s.First = d.ID
	}
	p.put(keyDocument(d.ID), d)
	p.put(keyPart(s.ID, d.Number), d.ID)
	p.put(keySubmission(s.ID), s)
	p.count("documents.submitted", 1)
	p.count("documents."+state, 1)
}

func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return first
}

func (p *projection) answered() {
	var s submission
	if !p.get(keySubmission(p.h[hSubmission]), &s) {
		return
	}
	ref := p.ref()
	s.Answered, s.Status, s.Ack, s.Repeats, s.Refused = &ref, p.number(hStatus), p.h[hAck], p.h[hFirst], p.h[hReason]
	p.put(keySubmission(s.ID), s)
	p.delete(keyOpen(s.ID))
	// A document that was rejected for form may come again, corrected, under
	// the same control number.
	if s.Accepted == 0 {
		for _, d := range s.Duplicates {
			p.delete(keyDuplicate(d))
		}
	}
	if p.h[hControl] != "" {
		p.raise("control", p.number(hControl))
	}
}

func (p *projection) delete(key string) {
	if p.err == nil {
		p.tx.Delete(key)
	}
}

func (p *projection) sealed() {
	peer, seq := p.h[hPeer], uint64(p.number(hSequence))
	p.update(keyDocument(p.h[hDocument]), func(d *document) {
		d.Units = append(d.Units, unit{Message: p.h[hMessage], Peer: peer, Class: p.h[hClass], State: stateShared, Event: p.ref()})
		d.Shown = d.Units[0].Event
		d.State, d.Reason = stateOf(d.Units)
	})
	box := keyOutbox(peer, seq)
	p.put(box, outgoing{Message: p.h[hMessage], Document: p.h[hDocument], Event: p.ref(), SealedAt: p.e.Time, Since: p.e.Time})
	p.put(keyMessage(p.h[hMessage]), messageRef{Document: p.h[hDocument], Outbox: box, SealedAt: p.e.Time})
	p.raise("sequence/"+peer, int(seq))
	p.count("exchanges.sealed", 1)
	for _, verdict := range []string{hShared, hMasked, hWithheld} {
		p.count("elements."+verdict, p.number(verdict))
	}
}

func (p *projection) refused() {
	p.update(keyDocument(p.h[hDocument]), func(d *document) {
		d.Units = append(d.Units, unit{Peer: p.h[hPeer], Class: p.h[hClass], State: stateRefused, Reason: p.h[hReason], Event: p.ref()})
		d.Shown = d.Units[0].Event
		d.State, d.Reason = stateOf(d.Units)
	})
	p.count("exchanges.refused", 1)
}

// stateOf sums up a document from its units: the least finished one decides,
// and a document is refused only when every unit of it is.
func stateOf(units []unit) (state, reason string) {
	worst := stateRefused
	rank := map[string]int{stateDead: 3, stateShared: 2, stateDelivered: 1, stateRefused: 0}
	for _, u := range units {
		if rank[u.State] > rank[worst] {
			worst = u.State
		}
		if reason == "" {
			reason = u.Reason
		}
	}
	if worst != stateRefused && worst != stateDead {
		reason = ""
	}
	return worst, reason
}

func (p *projection) unitEnded(state, reason string, peerIndex uint64) {
	var m messageRef
	if !p.get(keyMessage(p.h[hMessage]), &m) {
		return
	}
	p.update(keyDocument(m.Document), func(d *document) {
		for i := range d.Units {
			if u := &d.Units[i]; u.Message == p.h[hMessage] {
				u.State, u.Reason, u.PeerIndex = state, reason, peerIndex
			}
		}
		d.State, d.Reason = stateOf(d.Units)
	})
	p.delete(m.Outbox)
}

func (p *projection) receipted() {
	p.count("exchanges.receipts", 1)
	if p.h[hVerdict] != verdictCommitted {
		p.unitEnded(stateRefused, p.h[hReason], uint64(p.number(hPeerIndex)))
		p.count("exchanges.refused", 1)
		return
	}
	p.unitEnded(stateDelivered, "", uint64(p.number(hPeerIndex)))
	p.count("exchanges.delivered", 1)
}

func (p *projection) dead() {
	p.unitEnded(stateDead, p.h[hReason], 0)
	p.put(keyDead(p.h[hMessage]), p.ref())
}

// resumed puts a dead letter back into the outbox, at its old place.
func (p *projection) resumed() {
	var m messageRef
	if !p.get(keyMessage(p.h[hMessage]), &m) {
		return
	}
	p.update(keyDocument(m.Document), func(d *document) {
		for i := range d.Units {
			u := &d.Units[i]
			if u.Message != p.h[hMessage] {
				continue
			}
			u.State, u.Reason = stateShared, ""
			p.put(m.Outbox, outgoing{Message: u.Message, Document: d.ID, Event: u.Event, SealedAt: m.SealedAt, Since: p.e.Time})
		}
		d.State, d.Reason = stateOf(d.Units)
	})
	p.delete(keyDead(p.h[hMessage]))
}

func (p *projection) taken() {
	d := document{
		ID: p.h[hDocument], Party: p.h[hPeer], State: stateReceived, Class: p.h[hClass], Guide: p.h[hGuide],
		ReceivedAt: p.e.Time, Event: p.ref(), Shown: p.ref(), Message: p.h[hMessage], Rules: p.h[hRules],
		Control: uint64(p.number(hControl)), Missing: p.h[hMissing] != "", Wanted: p.h[hWanted] != "",
	}
	p.put(keyDocument(d.ID), d)
	p.put(keyInbox(p.count("inbox", 1)), d.ID)
	p.putIncoming(verdictCommitted, d.ID)
	p.raise("control", int(d.Control))
}

func (p *projection) messageRefused() {
	p.putIncoming(verdictRefused, "")
	p.count("messages.refused", 1)
}

func (p *projection) putIncoming(verdict, documentID string) {
	if p.h[hMessage] == "" { // it could not be opened: there is no id to remember
		return
	}
	p.put(keyIncoming(p.h[hPeer], p.h[hMessage]), incoming{
		Message: p.h[hMessage], Digest: p.h[hDigest], Key: p.h[hKey], Verdict: verdict, Reason: p.h[hReason],
		Event: p.ref(), Document: documentID, At: p.e.Time, Withheld: p.number(hWithheld),
	})
}

func (p *projection) agreement() {
	p.put(keyAgreement(p.h[hAgreement]+"/"+p.h[hVersion]), agreementState{
		ID: p.h[hAgreement], Version: p.number(hVersion), Hash: p.h[hHash], Status: p.h[hStatus],
	})
}
