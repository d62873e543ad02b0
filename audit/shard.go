package audit

import (
	"cmp"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Every relation, and the internal one, is logged in shards: each is a log of
// its own, with an origin and a key of its own. The first has the plain name;
// the next ones have the year behind a slash, and a number if that name is
// taken:
//
//	us.cbp/audit/ca.cbsa
//	us.cbp/audit/ca.cbsa/2027
//	us.cbp/audit/ca.cbsa/2027.2
//
// The last entry of a shard names the origin and key of the next one; the
// first entry of that holds the final head of the one before. Closing and
// opening are one commit, so that nothing falls between them.
const (
	kindShardClosed = "audit.shard-closed"
	kindShardOpened = "audit.shard-opened"
)

// Headers of the two events.
const (
	shardSuccessor = "successor"    // origin of the next shard
	shardKey       = "successorKey" // and its vkey
	shardBefore    = "predecessor"  // origin of the shard before
	shardSize      = "size"         // of its final head, with
	shardRoot      = "root"
	shardNote      = "note" // SHA-256 of the signed checkpoint
)

// relationOf is what a shard belongs to: its name without the year.
func relationOf(name string) string {
	relation, _, _ := strings.Cut(name, "/")
	return relation
}

// shardLabel is what is behind the relation's name, empty for the first shard.
func shardLabel(name string) string {
	_, label, _ := strings.Cut(name, "/")
	return label
}

// validLabel says whether a text is a year, or a year and a number above one.
func validLabel(label string) bool {
	year, number, many := strings.Cut(label, ".")
	if len(year) != 4 || strings.Trim(year, "0123456789") != "" {
		return false
	}
	n, err := strconv.Atoi(number)
	return !many || err == nil && n > 1 && strconv.Itoa(n) == number
}

// firstOrigin is the origin of the first shard.
func firstOrigin(origin string) string {
	agency, name, ok := strings.Cut(origin, "/audit/")
	if !ok {
		return origin
	}
	return agency + "/audit/" + relationOf(name)
}

// logName is the name of a log in its ledger.
func logName(origin string) string {
	_, name, _ := strings.Cut(origin, "/audit/")
	return name
}

// logSet is all logs of a ledger.
type logSet struct {
	byName map[string]*logState
	open   map[string]*logState // the shard that takes events, by relation
	after  map[*logState]*logState
}

// newLogSet puts the shards of each relation in order: they are numbered as
// they were opened.
func newLogSet(byName map[string]*logState) *logSet {
	set := &logSet{byName: byName, open: map[string]*logState{}, after: map[*logState]*logState{}}
	for _, s := range set.all() {
		if before := set.open[s.relation()]; before != nil {
			s.before, set.after[before] = before, s
		}
		set.open[s.relation()] = s
	}
	return set
}

// all lists the logs in the order in which they were made.
func (set *logSet) all() []*logState {
	return slices.SortedFunc(maps.Values(set.byName), func(a, b *logState) int { return cmp.Compare(a.id, b.id) })
}

func (s *logState) relation() string { return relationOf(s.name) }

func (s *logState) label() string { return shardLabel(s.name) }

// shards are the logs of a relation, oldest first.
func (l *Ledger) shards(relation string) []*logState {
	return slices.DeleteFunc(l.all.Load().all(), func(s *logState) bool { return s.relation() != relation })
}

// after is the shard that follows, nil: this one is open.
func (l *Ledger) after(s *logState) *logState { return l.all.Load().after[s] }

// openShard returns the shard that takes the events of a relation.
func (l *Ledger) openShard(relation string) (*logState, error) {
	if s := l.all.Load().open[relation]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("log %s: %w", relation, ErrNotFound)
}

// OpenShard is the name of the log that takes the events of a relation now: the
// relation's own name until the first year has turned.
func (l *Ledger) OpenShard(relation string) string {
	if s, err := l.openShard(relation); err == nil {
		return s.name
	}
	return relation
}

// abandoned says whether an incident ended a shard: what others have seen of it
// is not all here.
func (s *logState) abandoned(l *Ledger) bool {
	next := l.after(s)
	return next != nil && next.incident
}

// loadIncidents finds the shards that an incident opened: nothing closed the
// one before.
func (l *Ledger) loadIncidents() error {
	for _, s := range l.logs() {
		if s.before == nil || s.edge.size == 0 {
			continue
		}
		err := l.store.view(func(r reader) error {
			return eachRecord(r, s.id, 0, 1, func(_ uint64, rec *record) error {
				s.incident = rec.kind == kindShardOpened && rec.value("reason") != ""
				return nil
			})
		})
		if err != nil {
			l.damaged(&Damage{Log: s.name, Fault: "entry", What: err.Error()})
		}
	}
	return nil
}

// turns says whether a batch is the first of a new year, by the latest clock
// that is known. It is in the batch, so that all who apply it agree.
func (m meta) turns(clock int64) bool {
	return m.clock != 0 && time.Unix(0, clock).UTC().Year() > time.Unix(0, m.clock).UTC().Year()
}

// turn closes every shard that holds something and opens its successor.
func (a *application) turn() error {
	label := strconv.Itoa(time.Unix(0, a.clock).UTC().Year())
	for _, s := range a.logs.all() {
		if s != a.logs.open[s.relation()] || s.edge.size == 0 {
			continue
		}
		if err := a.succeed(s, label); err != nil {
			return err
		}
	}
	return nil
}

// succeed closes a shard and opens the next one.
func (a *application) succeed(s *logState, label string) error {
	taken := func(name string) bool { return a.logs.byName[name] != nil }
	next, err := a.newShard(s, freeName(s.relation(), label, taken))
	if err != nil {
		return err
	}
	closing := Event{Kind: kindShardClosed, Header: map[string]string{shardSuccessor: next.origin, shardKey: next.key.vkey()}}
	if err := a.own(s, &closing); err != nil {
		return err
	}
	final, err := s.sign()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(final.note)
	opening := Event{Kind: kindShardOpened, Header: map[string]string{shardNote: hex.EncodeToString(sum[:])}}
	finalHead(opening.Header, Checkpoint{Origin: s.origin, Size: final.edge.size, Root: final.root})
	return a.own(next, &opening)
}

// freeName is the name of a next shard that no log has yet.
func freeName(relation, label string, taken func(name string) bool) string {
	name := relation + "/" + label
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s/%s.%d", relation, label, n)
	}
	return name
}

// logOf is the log that an event goes to: the open shard of its relation. A
// recovery names a shard itself, which its first event opens.
func (a *application) logOf(p *prepared) (*logState, error) {
	if s := a.logs.open[p.log]; s != nil {
		return s, nil
	}
	if s := a.logs.byName[p.log]; s != nil {
		return s, nil
	}
	before := a.logs.open[relationOf(p.log)]
	if before == nil || !validLabel(shardLabel(p.log)) {
		return nil, fmt.Errorf("log %s: %w", p.log, ErrNotFound)
	}
	next, err := a.newShard(before, p.log)
	if err != nil {
		return nil, err
	}
	if next.incident = p.record.kind == kindShardOpened; !next.incident { // the year had turned
		year, _ := strconv.Atoi(next.label()[:4]) // four digits
		a.meta.clock = max(a.meta.clock, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	}
	return next, nil
}

// recovers says whether a batch is part of a recovery.
func (b *Batch) recovers() bool {
	for _, s := range b.subs {
		for _, p := range s.events {
			if p.record.lost || p.record.kind == kindRecovered || p.record.kind == kindShardOpened {
				return true
			}
		}
	}
	return false
}

// newShard adds the next shard of a relation to the logs of the transaction.
func (a *application) newShard(s *logState, name string) (*logState, error) {
	if a.logs == a.l.all.Load() { // readers have it
		a.logs = &logSet{byName: maps.Clone(a.logs.byName), open: maps.Clone(a.logs.open), after: maps.Clone(a.logs.after)}
	}
	next := &logState{name: name, id: uint16(len(a.logs.byName) + 1), origin: a.l.config.origin(name), before: s}
	var err error
	if next.key, err = newLogKey(a.l.seed, next.origin); err != nil {
		return nil, err
	}
	next.succeedWitnesses(s)
	a.logs.byName[name], a.logs.open[s.relation()], a.logs.after[s] = next, next, next
	a.w.put(nameKey(name), binary.BigEndian.AppendUint16(nil, next.id))
	return next, a.w.err
}

// succeedWitnesses lets the witnesses of the shard before cosign the next one.
// A new shard has not been seen by any: what one has confirmed of the shard
// before is enough to publish it.
func (s *logState) succeedWitnesses(before *logState) {
	heir := func(w *peerState) *peerState {
		w.mu.Lock()
		defer w.mu.Unlock()
		return &peerState{name: w.name, key: w.key, pq: w.pq, confirmed: w.confirmed, ever: true}
	}
	if before.peer != nil {
		s.peer = heir(before.peer)
	}
	for _, w := range before.auditors {
		s.auditors = append(s.auditors, heir(w))
	}
}

// own appends an event of the ledger's own to a log, as part of the
// transaction. Its salts are derived, so that all who apply the batch get the
// same entry.
func (a *application) own(s *logState, e *Event) error {
	a.touch(s)
	index := s.edge.size
	a.meta.sequence++
	r := &record{kind: e.Kind, header: e.Header, sequence: a.meta.sequence, nanos: a.clock, flags: a.flags}
	key, err := hkdf.Key(sha256.New, a.l.seed, nil, fmt.Sprintf("peacebridge shard secret\n%s\n%d", s.origin, index), len(r.secret))
	if err != nil {
		return err
	}
	r.secret = secret(key)
	r.pairs.add(e.Header)
	h := &a.l.hasher
	r.details = h.details(nil)
	fixed := h.fixed(r)
	r.root = h.root(&fixed, r.nanos, r.flags, r.kind)
	sealed := entry(r.root)
	s.edge.append(leafHash(&sealed))
	a.w.put(pieceKey(s.id, index), appendPiece(nil, r.encode(nil)))
	a.touched[s].first = s.edge.size
	if a.l.config.Apply != nil {
		a.state.version = r.sequence
		if err := a.l.config.Apply(a.state, r.stored(s.name, index)); err != nil {
			return fmt.Errorf("log %s: index %d: apply: %w", s.name, index, err)
		}
		a.state.keep()
	}
	return a.w.err
}

// Length is the number of events of a relation, over all its shards.
func (l *Ledger) Length(relation string) uint64 {
	n := uint64(0)
	for _, s := range l.shards(relation) {
		n += s.view.Load().edge.size
	}
	return n
}

// EntriesOf is Entries over all shards of a relation, from a position on. A
// position counts the events of the relation; it stays, for a shard that was
// closed does not grow.
func (l *Ledger) EntriesOf(relation string, from uint64, fn func(position uint64, e *Stored) bool) error {
	start, more := uint64(0), true
	for _, s := range l.shards(relation) {
		size := s.view.Load().edge.size
		if first := max(from, start) - start; more && first < size {
			err := l.Entries(s.name, first, func(e *Stored) bool {
				if e.Index >= size {
					return false
				}
				more = fn(start+e.Index, e)
				return more
			})
			if err != nil {
				return err
			}
		}
		start += size
	}
	return nil
}
