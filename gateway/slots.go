package gateway

import (
	"net/http"
	"sync"
)

// slots bound how many submissions are taken in at the same time: of all
// parties together, and of one party, so that one whose bodies do not end leaves
// room for the others.
type slots struct {
	all, share int

	mu    sync.Mutex
	taken int
	by    map[string]int // of a party that has some
}

func newSlots(all int) *slots {
	return &slots{all: all, share: max(1, all*3/4), by: map[string]int{}}
}

// take takes a slot, or says which bound is reached.
func (s *slots) take(party string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.taken == s.all:
		return refuse("overloaded", "too many submissions at the same time")
	case s.by[party] == s.share:
		return refuse("rate-limited", "at most %d submissions of one party at the same time", s.share)
	}
	s.taken++
	s.by[party]++
	return nil
}

func (s *slots) give(party string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[party]--; s.by[party] == 0 {
		delete(s.by, party)
	}
}

func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// admit takes a slot for the time of a submission.
func (g *Gateway) admit(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		party := caller(r).identity.URI()
		if err := g.slots.take(party); err != nil {
			return err
		}
		defer g.slots.give(party)
		return h(w, r)
	}
}
