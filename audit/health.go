package audit

import (
	"slices"
	"sync"
)

// health is the list of what is wrong, and the reason why nothing may be
// signed any more, if there is one.
type health struct {
	mu       sync.Mutex
	problems []Problem
	reason   error
}

// Problem is one line of the ledger's health.
type Problem struct {
	Code    string `json:"code"`
	Log     string `json:"log,omitempty"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // stops nothing
}

func (h *health) refusal() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason
}

// refused is why nothing can be appended now, or nil.
func (l *Ledger) refused() error {
	if err := l.health.refusal(); err != nil {
		return err
	}
	select {
	case <-l.stopped:
		return ErrClosed
	default:
		return nil
	}
}

// Refused is why the ledger takes no events now, or nil.
func (l *Ledger) Refused() error { return l.refused() }

// stop ends all signing for good. The first reason stays.
func (l *Ledger) stop(err error, code string) {
	l.health.mu.Lock()
	if l.health.reason == nil {
		l.health.reason = err
	}
	l.health.mu.Unlock()
	l.report(Problem{Code: code, Message: err.Error()})
}

// report adds a problem and tells about it, once for each code and log.
func (l *Ledger) report(p Problem) {
	l.health.mu.Lock()
	same := func(q Problem) bool { return q.Code == p.Code && q.Log == p.Log }
	i := slices.IndexFunc(l.health.problems, same)
	if i >= 0 {
		l.health.problems[i] = p
	} else {
		l.health.problems = append(l.health.problems, p)
	}
	l.health.mu.Unlock()
	if i < 0 && l.config.OnProblem != nil {
		l.config.OnProblem(p)
	}
}

// resolve removes a problem.
func (l *Ledger) resolve(code, log string) {
	l.health.mu.Lock()
	defer l.health.mu.Unlock()
	l.health.problems = slices.DeleteFunc(l.health.problems, func(p Problem) bool { return p.Code == code && p.Log == log })
}

// Problems lists what is wrong with the ledger; warnings are among them.
func (l *Ledger) Problems() []Problem {
	l.health.mu.Lock()
	defer l.health.mu.Unlock()
	return slices.Clone(l.health.problems)
}
