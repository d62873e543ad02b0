package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Copy is where a copy of a relation's log is: the peer's mirror, as it
// serves it, or as a folder.
type Copy struct {
	Relation string
	Place    string       // URL or folder, of the first shard
	Client   *http.Client // for a URL; nil: without a certificate
}

// A Recovery brings a ledger back that has less than others have seen of it.
type Recovery struct {
	Incident
	Copies []Copy

	// NewShard opens a new shard of every relation whose copy does not reach
	// what the witness has seen, or that has no copy. Otherwise that is
	// ErrBehind, and nothing is changed.
	NewShard bool
}

// Recovered is what a recovery did to one relation, or to the internal log.
type Recovered struct {
	Log   string `json:"log"`   // that takes the events from now on
	Index uint64 `json:"index"` // of the event that says what happened
	Lost  string `json:"lost"`  // records whose entries are back: "<log>:<from>-<to>", separated by spaces
	Shard bool   `json:"shard"` // the log is a new shard
}

// Refill brings the entries of a stopped ledger back from copies, and goes on.
//
// The entries of a copy must hash to a head that this ledger has signed and its
// witness has cosigned, and must extend what is here. They become lost records:
// the tree is whole, what the entries commit to is not there. An event in every
// log names what was lost, why, and on whose word. The internal log, which
// nobody else has, goes on in a new shard.
func Refill(ctx context.Context, c Config, r Recovery) (out []Recovered, err error) {
	if r.Reason == "" || r.Authority == "" {
		return nil, errors.New("recover: reason and authority are wanted: they become an event")
	}
	c.recovering, c.Beat = true, 0
	l, err := Open(c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.refused(); err != nil {
		return nil, fmt.Errorf("%w: bring back an older copy of the folder that is whole", err)
	}
	notes, err := l.readHighWater()
	if err != nil {
		return nil, err
	}
	if err := l.restoreWitnessed(notes); err != nil {
		return nil, err
	}
	var plans []*refill
	for _, relation := range l.relations() {
		p, err := l.plan(ctx, relation, &r, notes)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	if !slices.ContainsFunc(plans, func(p *refill) bool { return p.changes() }) {
		return nil, errors.New("recover: nothing is missing here: start the gateway")
	}
	out, err = l.refill(ctx, plans, &r)
	return out, errors.Join(err, l.writePolicy()) // with the keys of new shards
}

// refill is what is to be done to one relation.
type refill struct {
	relation string
	fills    []fill
	last     *logState   // newest shard that is here
	good     Checkpoint  // newest head that is here and in the copy, after the fills
	seen     *Checkpoint // by the witness, if that is more
	newShard bool
	docs     map[string][]byte // successions of shards that are filled, by origin
}

// fill is what one shard lacks.
type fill struct {
	name    string
	from    uint64
	entries [][32]byte // roots

	since uint64  // the lost records begin here already: an earlier recovery was interrupted,
	begun *record // and this is one of its records
}

func (p *refill) changes() bool { return len(p.fills) > 0 || p.newShard }

// lost is the header that says what is filled.
func (p *refill) lost() string {
	var spans []string
	for _, f := range p.fills {
		spans = append(spans, fmt.Sprintf("%s:%d-%d", f.name, f.since, f.from+uint64(len(f.entries))))
	}
	return strings.Join(spans, " ")
}

// plan compares a relation with its copy. It changes nothing.
func (l *Ledger) plan(ctx context.Context, relation string, r *Recovery, notes map[string]noted) (*refill, error) {
	s, err := l.openShard(relation)
	if err != nil {
		return nil, err
	}
	v := s.view.Load()
	p := &refill{relation: relation, last: s, docs: map[string][]byte{}}
	p.good = Checkpoint{Origin: s.origin, Size: v.edge.size, Root: v.root}
	i := slices.IndexFunc(r.Copies, func(c Copy) bool { return c.Relation == relation })
	if i < 0 {
		if s.peer == nil {
			return p, nil // nobody has seen it
		}
		if p.newShard = r.NewShard; !p.newShard {
			return nil, fmt.Errorf("log %s: no copy is given: %w", relation, ErrBehind)
		}
		return p, ignoreBehind(p.compareNoted(notes))
	}
	src := r.Copies[i].remote().sibling(firstOrigin(s.origin), s.origin)
	err = p.fillFrom(ctx, l, src, v.edge)
	if err == nil {
		err = p.compareSeen(ctx, l, src)
	}
	if err == nil {
		err = p.compareNoted(notes)
	}
	if errors.Is(err, ErrBehind) && r.NewShard {
		p.newShard, err = true, nil
	}
	return p, err
}

func ignoreBehind(err error) error {
	if errors.Is(err, ErrBehind) {
		return nil
	}
	return err
}

// compareNoted asks the high-water note. Shards that it knows and nobody else
// cannot be followed: the peer cosigns what comes after the newest one only.
func (p *refill) compareNoted(notes map[string]noted) error {
	for origin, n := range notes {
		switch {
		case origin == p.good.Origin && n.head.Size > p.good.Size:
			p.seen = &n.head
			return fmt.Errorf("log %s: %d entries are here, the high-water note says %d: %w", logName(origin), p.good.Size, n.head.Size, ErrBehind)
		case relationOf(logName(origin)) == p.relation && firstOrigin(origin) == firstOrigin(p.good.Origin) && origin > p.good.Origin:
			return fmt.Errorf("log %s is in the high-water note and not here: it is wanted from the peer's mirror", logName(origin))
		}
	}
	return nil
}

// remote reads a copy; a folder is read as if it were served.
func (c *Copy) remote() *remoteLog {
	if isURL(c.Place) {
		r := newRemote(c.Place, Access{})
		if c.Client != nil {
			r.client = c.Client
		}
		return r
	}
	r := newRemote("http://folder", Access{})
	dir, err := filepath.Abs(c.Place)
	if err != nil {
		dir = c.Place
	}
	r.client = &http.Client{Transport: http.NewFileTransport(http.Dir(dir))}
	return r
}

// fillFrom reads what a shard lacks, then the shards that follow.
func (p *refill) fillFrom(ctx context.Context, l *Ledger, src *remoteLog, have *edge) error {
	for s := p.last; ; {
		key, err := parseVkey(s.key.vkey())
		if err != nil {
			return err
		}
		head, err := cosignedHead(ctx, src, "checkpoint", key, s.peer)
		if err != nil {
			return fmt.Errorf("copy of %s: %w", s.origin, err)
		}
		f, err := l.missing(ctx, s, src, head, have)
		if apart, ok := errors.AsType[*apart](err); ok {
			p.good, p.seen = apart.good, &head
			return err
		}
		if err != nil {
			return err
		}
		if len(f.entries) > 0 {
			p.fills, p.good = append(p.fills, *f), head
		}
		doc, err := src.get(ctx, "successor")
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		h, err := parseSuccession(doc, key)
		if err != nil {
			return fmt.Errorf("copy of %s: %w", s.origin, err)
		}
		next := &logState{name: logName(h.key.name), origin: h.key.name, peer: s.peer}
		if next.key, err = newLogKey(l.seed, next.origin); err != nil {
			return err
		}
		if next.key.vkey() != h.key.vkey() {
			return fmt.Errorf("copy of %s: %w: %s is not a key of this ledger", s.origin, errSuccession, h.key.vkey())
		}
		p.docs[s.origin], src, s, have = doc, src.sibling(s.origin, next.origin), next, &edge{}
	}
}

// cosignedHead reads a checkpoint of ours that the peer has cosigned.
func cosignedHead(ctx context.Context, src *remoteLog, path string, key *verifyKey, peer *peerState) (Checkpoint, error) {
	text, err := src.get(ctx, path)
	if err != nil {
		return Checkpoint{}, err
	}
	var witnesses []note.Verifier
	if peer != nil {
		witnesses = append(witnesses, peer.key)
	}
	head, n, err := openCheckpoint(text, key, witnesses...)
	if err == nil && peer != nil && !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == peer.key.name && s.Hash == peer.key.hash }) {
		err = fmt.Errorf("its head of size %d is not cosigned by %s", head.Size, peer.key.name)
	}
	return head, err
}

// An apart says that entries here are not those of the copy: they were taken in
// after an old copy of the ledger was put back, and nobody has seen them.
type apart struct{ good Checkpoint }

func (e *apart) Error() string {
	return fmt.Sprintf("log %s: from index %d on there are other entries than in the copy", logName(e.good.Origin), e.good.Size)
}

// Is makes an *apart an ErrBehind.
func (e *apart) Is(target error) bool { return target == ErrBehind }

// missing reads the entries that a copy has beyond an edge, and checks that
// the copy is what its head says, and that it extends what is here.
func (l *Ledger) missing(ctx context.Context, s *logState, src *remoteLog, head Checkpoint, have *edge) (*fill, error) {
	var roots [][32]byte
	e := &edge{}
	for n := uint64(0); n*tileWidth < head.Size; n++ {
		width := int(min(tileWidth, head.Size-n*tileWidth))
		err := src.entries(ctx, n, width, func(index uint64, b []byte, err error) error {
			if err != nil || len(b) != entrySize || string(b[:4]) != entryMagic {
				return &Damage{Log: s.name, Index: index, Fault: "entry", What: "the copy has no entry of this ledger here"}
			}
			e.append(hashEntry(b))
			roots = append(roots, [32]byte(b[4:]))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if e.size != head.Size || e.root() != head.Root {
		return nil, &Damage{Log: s.name, Index: e.size, Fault: "entry", What: "the entries of the copy do not hash to its head"}
	}
	f := &fill{name: s.name}
	same, err := l.common(s, roots, have.size, f)
	if err != nil {
		return nil, err
	}
	if same < min(have.size, head.Size) {
		root, err := l.rootAt(s, same)
		return nil, errors.Join(&apart{Checkpoint{Origin: s.origin, Size: same, Root: root}}, err)
	}
	if f.from, f.entries = same, roots[same:]; f.begun == nil {
		f.since = same
	}
	return f, nil
}

// common is the number of entries that a log and a copy begin with alike. It
// notes where the lost records at the log's end begin.
func (l *Ledger) common(s *logState, roots [][32]byte, size uint64, f *fill) (uint64, error) {
	same := uint64(0)
	if size == 0 {
		return 0, nil
	}
	var h hasher
	err := l.view(func(r reader) error {
		return eachRecord(r, s.id, 0, min(size, uint64(len(roots))), func(index uint64, rec *record) error {
			if e := rec.entry(&h); [32]byte(e[4:]) != roots[index] {
				return errStop
			}
			same = index + 1
			switch {
			case !rec.lost:
				f.begun = nil
			case f.begun == nil:
				f.since, f.begun = index, rec
			}
			return nil
		})
	})
	return same, err
}

// compareSeen asks the copy's keeper, who is the witness, for the newest head
// that it has cosigned. A folder does not say.
func (p *refill) compareSeen(ctx context.Context, l *Ledger, src *remoteLog) error {
	s := p.last
	if n := len(p.fills); n > 0 {
		src = src.sibling(s.origin, l.config.origin(p.fills[n-1].name))
	}
	k, err := newLogKey(l.seed, p.good.Origin)
	if err != nil {
		return err
	}
	key, err := parseVkey(k.vkey())
	if err != nil {
		return err
	}
	seen, err := cosignedHead(ctx, src, "witnessed", key, s.peer)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case seen.Size > p.good.Size:
		p.seen = &seen
		return fmt.Errorf("log %s: the copy reaches %d entries, the witness has seen %d: %w", logName(seen.Origin), p.good.Size, seen.Size, ErrBehind)
	}
	return nil
}

// refill carries the plans out.
func (l *Ledger) refill(ctx context.Context, plans []*refill, r *Recovery) ([]Recovered, error) {
	now := l.config.Now()
	s := newSubmission(nil)
	var out []Recovered
	add := func(p *refill, name string, e Event) error {
		e.Time, e.Header["reason"], e.Header["authority"] = now, r.Reason, r.Authority
		prepared, err := l.prepareFor(name, &e)
		if err != nil {
			return err
		}
		prepared.lastKey = l.keys.fresh() - 1 // new events get new keys
		s.events = append(s.events, prepared)
		s.size += prepared.weight()
		out = append(out, Recovered{Lost: e.Header[headLost], Shard: e.Kind == kindShardOpened})
		return nil
	}
	for _, p := range plans {
		if !p.changes() {
			continue
		}
		e := Event{Kind: kindRecovered, Header: map[string]string{"source": "mirror", headLost: p.lost()}}
		name := p.newest()
		if p.newShard {
			name = l.incidentShard(p.relation, now)
			e = p.opening()
		}
		if err := l.fillAll(ctx, p); err != nil {
			return nil, err
		}
		if err := add(p, name, e); err != nil {
			return nil, err
		}
	}
	internal, err := l.openShard(Internal)
	if err != nil {
		return nil, err
	}
	v := internal.view.Load()
	lost := &refill{good: Checkpoint{Origin: internal.origin, Size: v.edge.size, Root: v.root}}
	if err := add(lost, l.incidentShard(Internal, now), lost.opening()); err != nil {
		return nil, err
	}
	at, err := l.submit(ctx, s)
	for i := range at {
		out[i].Log, out[i].Index = at[i].Log, at[i].Index
	}
	return out, err
}

// newest is the name of the newest shard once everything is filled.
func (p *refill) newest() string {
	if n := len(p.fills); n > 0 {
		return p.fills[n-1].name
	}
	return p.last.name
}

// opening is the first event of a shard that an incident opens.
func (p *refill) opening() Event {
	h := map[string]string{"source": "none"}
	if lost := p.lost(); lost != "" {
		h["source"], h[headLost] = "mirror", lost
	}
	if p.seen != nil {
		h["witnessedSize"] = strconv.FormatUint(p.seen.Size, 10)
		h["witnessedRoot"] = base64.StdEncoding.EncodeToString(p.seen.Root[:])
	}
	finalHead(h, p.good)
	return Event{Kind: kindShardOpened, Header: h}
}

// incidentShard is the name of the shard that an incident opens: one that
// neither the store nor the high-water note knows.
func (l *Ledger) incidentShard(relation string, now time.Time) string {
	notes, err := l.readHighWater()
	if err != nil {
		notes = nil // read at the start
	}
	return freeName(relation, strconv.Itoa(now.UTC().Year()), func(name string) bool {
		_, noted := notes[l.config.origin(name)]
		return noted || l.logs()[name] != nil
	})
}

// fillCount lost records are one append.
const fillCount = 4096

// fillAll appends what the shards of a relation lack.
func (l *Ledger) fillAll(ctx context.Context, p *refill) error {
	for i, f := range p.fills {
		ahead := uint64(len(p.fills) - 1 - i)
		incident := f.from + uint64(len(f.entries)) // behind the last one
		if ahead > 0 {
			incident = p.fills[len(p.fills)-1].from + uint64(len(p.fills[len(p.fills)-1].entries))
		}
		if p.newShard {
			ahead, incident = ahead+1, 0
		}
		if f.begun != nil && (f.begun.ahead != ahead || f.begun.incident != incident) {
			return fmt.Errorf("log %s: a recovery was interrupted at %d entries: end it with the same copy and in the same way", f.name, f.from)
		}
		for chunk := range slices.Chunk(f.entries, fillCount) {
			s := newSubmission(nil)
			for _, root := range chunk {
				lost := &prepared{log: f.name, record: &record{lost: true, root: root, ahead: ahead, incident: incident}}
				lost.encoded = lost.record.encode(nil)
				s.events = append(s.events, lost)
				s.size += lost.weight()
			}
			if _, err := l.submit(ctx, s); err != nil {
				return err
			}
		}
	}
	return l.write(func(w *writer) error {
		for origin, doc := range p.docs {
			if there, err := w.has(successorKey(origin)); err != nil || there {
				return err
			}
			w.put(successorKey(origin), doc)
		}
		return w.err
	})
}

// prepareFor is prepare for an event of one shard, which it may open.
func (l *Ledger) prepareFor(name string, e *Event) (*prepared, error) {
	e.Log = relationOf(name)
	p, err := l.prepare(e)
	if err == nil {
		p.log = name
	}
	return p, err
}
