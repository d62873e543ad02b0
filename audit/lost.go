package audit

import (
	"fmt"
	"strconv"
	"strings"
)

// A lost record is one whose entry came back from a copy, and nothing else. In
// its place stands what is left, the entry's root, and where the event stands
// that owns up to the loss: in the same shard or a later one. A record that is
// gone without such an event is damage.

// headLost is the header of that event: for each shard "<name>:<from>-<to>",
// to exclusive.
const headLost = "lost"

// lostError is what a reader gets instead of a lost record.
func (r *record) lostError(log string, index uint64) error {
	return fmt.Errorf("log %s: index %d: its entry is in the log, its record was lost; the incident is event %d of %s: %w", log, index, r.incident, r.where(), ErrLost)
}

func (r *record) where() string {
	switch r.ahead {
	case 0:
		return "this log"
	case 1:
		return "the next shard"
	}
	return fmt.Sprintf("the %d. shard after it", r.ahead)
}

// later is the number of the shard so many shards after one, 0 if there is none.
func (l *Ledger) later(s *logState, ahead uint64) uint16 {
	for ; ahead > 0 && s != nil; ahead-- {
		s = l.after(s)
	}
	if s == nil {
		return 0
	}
	return s.id
}

// losses remembers what incidents have declared lost of one log.
type losses struct{ ranges map[incidentAt]lostRange }

type incidentAt struct {
	id    uint16
	index uint64
}

type lostRange struct{ from, to uint64 }

// check says whether a lost record is one that an incident names. Number is
// that of the log in which the incident stands.
func (l *losses) check(r reader, number uint16, name string, index uint64, rec *record) error {
	at := incidentAt{number, rec.incident}
	lost, known := l.ranges[at]
	if !known {
		_ = eachRecord(r, number, at.index, at.index+1, func(_ uint64, e *record) error { // not there: it names nothing
			if e.kind == kindRecovered || e.kind == kindShardOpened {
				lost = lostIn(e.value(headLost), name)
			}
			return nil
		})
		if l.ranges == nil {
			l.ranges = map[incidentAt]lostRange{}
		}
		l.ranges[at] = lost
	}
	if index < lost.from || index >= lost.to {
		return &Damage{Index: index, Fault: "entry", What: "the record is missing, and no incident says so"}
	}
	return nil
}

// lostIn finds the range of one log in the header of an incident.
func lostIn(header, name string) (lost lostRange) {
	for text := range strings.FieldsSeq(header) {
		span, ok := strings.CutPrefix(text, name+":")
		from, to, _ := strings.Cut(span, "-")
		if !ok {
			continue
		}
		a, err1 := strconv.ParseUint(from, 10, 64)
		b, err2 := strconv.ParseUint(to, 10, 64)
		if err1 == nil && err2 == nil {
			lost = lostRange{a, b}
		}
	}
	return lost
}
