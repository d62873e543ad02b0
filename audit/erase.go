package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kinds of the events that erasure and holds leave, in the internal log or in
// the log of the event concerned.
const (
	kindErased   = "audit.erased"
	kindHeld     = "audit.held"
	kindReleased = "audit.released"
)

// Erasure says what to erase and on whose word.
type Erasure struct {
	Subject   string // details and bodies of all events of this subject, or
	Log       string // the details and bodies of one event
	Index     uint64
	Body      string // with Log and Index: one body only
	Ground    string // why: a code
	Authority string // on whose order
}

// Erase appends the event that says so and destroys the data keys: in this
// order, so that a crash leaves an erasure that the next start finishes. Tree,
// proofs and the partner's copy stay valid. ErrOnHold when a legal hold stands.
//
// A subject's erasure destroys its present key; what is appended for it later
// gets a new one.
func (l *Ledger) Erase(ctx context.Context, e Erasure) (Committed, error) {
	l.erasing.Lock() // no hold is placed between the check and the commit
	defer l.erasing.Unlock()
	event := Event{Log: Internal, Kind: kindErased, Header: map[string]string{"ground": e.Ground, "authority": e.Authority}}
	ids, subject, err := l.erasable(&e, &event)
	if err != nil {
		return Committed{}, err
	}
	holds, err := l.holds(subject, e)
	if err != nil {
		return Committed{}, err
	}
	if len(holds) > 0 {
		return Committed{}, fmt.Errorf("%s: %w", strings.Join(holds, ", "), ErrOnHold)
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = strconv.FormatUint(id, 10)
	}
	event.Header["keys"] = strings.Join(keys, " ")
	out, err := l.append(ctx, []Event{event}, nil, ids)
	if err != nil {
		return Committed{}, err
	}
	l.subjects.forget(subject)
	if err := l.keys.erase(ids); err != nil {
		l.report(Problem{Code: "audit.erasure", Message: "keys are not destroyed yet: " + err.Error()})
		return out[0], err
	}
	return out[0], nil
}

// erasable finds the data keys of what is to be erased and describes it.
func (l *Ledger) erasable(e *Erasure, event *Event) (ids []uint64, subject [16]byte, err error) {
	if e.Subject != "" {
		subject = mac16(l.subjectMAC, "pb-subject-1", e.Subject)
		event.Header["subject"] = termText(subject)
		var id uint64
		err = l.view(func(r reader) error {
			id, err = subjectKeyOf(r, subject)
			return err
		})
		if err != nil {
			return nil, subject, fmt.Errorf("subject: %w", err)
		}
		return []uint64{id}, subject, nil
	}
	_, r, err := l.record(e.Log, e.Index)
	if err != nil {
		return nil, subject, err
	}
	event.Log = relationOf(e.Log)
	event.Header["index"] = strconv.FormatUint(e.Index, 10)
	if r.key == 0 {
		return nil, subject, fmt.Errorf("log %s: index %d: nothing to erase: %w", e.Log, e.Index, ErrNotFound)
	}
	if e.Body == "" && r.subject == [16]byte{} {
		return []uint64{r.key}, r.subject, nil
	}
	// One event of a subject, or one body: the bodies have keys of their own;
	// details under a subject's key go with the subject.
	s, err := openSealed(l.keys, r)
	if err != nil {
		return nil, subject, err
	}
	for i, b := range r.bodies {
		if e.Body == "" || e.Body == b.Name {
			ids = append(ids, s.bodies[i].id)
		}
	}
	if e.Body != "" {
		event.Header["body"] = e.Body
	} else if len(s.names) > 0 {
		return nil, subject, errors.New("details are under the key of a subject: erase the subject")
	}
	if len(ids) == 0 {
		return nil, subject, fmt.Errorf("log %s: index %d: body %s: %w", e.Log, e.Index, e.Body, ErrNotFound)
	}
	return ids, r.subject, nil
}

// forget drops a subject's key that was never stored.
func (s *subjectKeys) forget(subject [16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, subject)
}

// A Hold keeps a subject, or one event, from being erased.
type Hold struct {
	ID        string // the order's number
	Subject   string // or
	Log       string
	Index     uint64
	Authority string
}

// holdTerm is the search term by which holds on something are found.
func holdTerm(subject [16]byte, log string, index uint64) string {
	if subject != [16]byte{} {
		return "audit.hold/subject/" + termText(subject)
	}
	return fmt.Sprintf("audit.hold/%s/%d", log, index)
}

// Hold appends the event that places a legal hold.
func (l *Ledger) Hold(ctx context.Context, h Hold) (Committed, error) {
	return l.holdEvent(ctx, kindHeld, h)
}

// Release appends the event that lifts a legal hold, by its ID.
func (l *Ledger) Release(ctx context.Context, h Hold) (Committed, error) {
	return l.holdEvent(ctx, kindReleased, h)
}

func (l *Ledger) holdEvent(ctx context.Context, kind string, h Hold) (Committed, error) {
	if h.ID == "" {
		return Committed{}, errors.New("hold has no id")
	}
	l.erasing.Lock()
	defer l.erasing.Unlock()
	terms, err := l.holdTerms(h)
	if err != nil {
		return Committed{}, err
	}
	e := Event{
		Log: Internal, Kind: kind, Terms: terms,
		Header: map[string]string{"hold": h.ID, "authority": h.Authority},
	}
	out, err := l.Append(ctx, []Event{e}, nil)
	if err != nil {
		return Committed{}, err
	}
	return out[0], nil
}

// holdTerms are what a hold is found by: its subject, or its event and the
// subject of that event.
func (l *Ledger) holdTerms(h Hold) ([]string, error) {
	if h.Subject != "" {
		return []string{holdTerm(mac16(l.subjectMAC, "pb-subject-1", h.Subject), "", 0)}, nil
	}
	_, r, err := l.record(h.Log, h.Index)
	if err != nil {
		return nil, err
	}
	terms := []string{holdTerm([16]byte{}, h.Log, h.Index)}
	if r.subject != [16]byte{} {
		terms = append(terms, holdTerm(r.subject, "", 0))
	}
	return terms, nil
}

// holds lists the ids of the holds that stand on what is to be erased: on the
// subject, and on the event.
func (l *Ledger) holds(subject [16]byte, e Erasure) ([]string, error) {
	terms := []string{}
	if subject != [16]byte{} {
		terms = append(terms, holdTerm(subject, "", 0))
	}
	if e.Log != "" {
		terms = append(terms, holdTerm([16]byte{}, e.Log, e.Index))
	}
	var standing []string
	for _, term := range terms {
		found, err := l.Search(term)
		if err != nil {
			return nil, err
		}
		for _, at := range found {
			s, err := l.Entry(at.Log, at.Index)
			if err != nil {
				return nil, err
			}
			id := s.Header["hold"]
			switch s.Kind {
			case kindHeld:
				standing = append(standing, id)
			case kindReleased:
				standing = slices.DeleteFunc(standing, func(x string) bool { return x == id })
			}
		}
	}
	return standing, nil
}
