package audit

import (
	"encoding/binary"
	"errors"
	"sync"
)

// subjectKeys knows the data keys of subjects that no committed event has yet;
// the others are in the store.
type subjectKeys struct {
	mu      sync.Mutex
	pending map[[16]byte]uint64
}

// find returns the data key of a subject, a new one if it has none.
func (s *subjectKeys) find(l *Ledger, subject [16]byte) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.pending[subject]; ok {
		return id, nil
	}
	var id uint64
	err := l.view(func(r reader) (err error) {
		id, err = subjectKeyOf(r, subject)
		return err
	})
	if !errors.Is(err, ErrNotFound) {
		return id, err
	}
	id, _, err = l.keys.take()
	if err == nil {
		if s.pending == nil {
			s.pending = map[[16]byte]uint64{}
		}
		s.pending[subject] = id
	}
	return id, err
}

// subjectKeyOf reads the data key of a subject, or ErrNotFound when it has
// none or its last one was erased.
func subjectKeyOf(r reader, subject [16]byte) (uint64, error) {
	v, err := r.get(subjectKey(subject))
	if err != nil {
		return 0, err
	}
	if len(v) != 8 {
		return 0, &Damage{Fault: "store", What: "malformed subject key"}
	}
	id := binary.BigEndian.Uint64(v)
	gone, err := r.has(erasedKey(id))
	if err == nil && gone {
		err = ErrNotFound
	}
	return id, err
}

func (s *subjectKeys) isPending(subject [16]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.pending[subject]
	return ok
}

// persisted forgets what the store knows now.
func (s *subjectKeys) persisted(subjects [][16]byte) {
	if len(subjects) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, subject := range subjects {
		delete(s.pending, subject)
	}
}
