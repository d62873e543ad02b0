package audit

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// applyBatch applies a batch, in as many transactions as it needs.
func (l *Ledger) applyBatch(b *Batch) error {
	for done := int(l.meta.skip); done < len(b.subs); {
		n, err := l.applySome(b, done)
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// applySome applies the appends of a batch from the first on, as many as fit
// into one transaction, and returns how many they were.
func (l *Ledger) applySome(b *Batch, first int) (int, error) {
	w := l.store.begin()
	a := &application{l: l, w: w, meta: l.meta, clock: b.clock, sizes: map[*logState]uint64{}, logs: l.all.Load(), touched: map[*logState]*touchedLog{}}
	a.state = newOverlay(w.reader, l.meta.gen)
	if b.clock < a.meta.clock {
		a.flags = flagStepped
	}
	recovers := b.recovers()
	if !recovers && a.meta.turns(b.clock) {
		if err := a.turn(); err != nil {
			w.discard()
			return 0, fmt.Errorf("turn of the year: %w", err)
		}
	}
	limit := l.store.batchLimit() * 2 / 3
	bytes, n := int64(0), 0
	for _, s := range b.subs[first:] {
		if n > 0 && bytes+int64(a.state.bytes+s.size) > limit {
			break
		}
		n++
		before := a.state.bytes
		if s.err = a.admit(s); s.err != nil {
			a.state.rollback()
			a.state.bytes = before
			continue
		}
		bytes += int64(s.size)
	}
	w.err = a.state.err
	if !recovers { // the year turns after it
		a.meta.clock = max(a.meta.clock, b.clock)
	}
	a.meta.skip += uint64(n)
	if first+n == len(b.subs) {
		a.meta.batch, a.meta.skip = a.meta.batch+1, 0
	}
	touched, err := a.store()
	switch {
	case err != nil:
		w.discard()
	case len(touched) == 0 && a.l.alone():
		w.discard() // all were refused, and nobody counts batches
	default:
		err = w.commit()
	}
	if err != nil {
		for _, s := range a.accepted {
			s.out = nil
		}
		return 0, err
	}
	l.meta = a.meta
	l.generation.Store(uint32(a.meta.gen))
	for _, t := range touched {
		t.log.view.Store(t.view)
	}
	if a.logs != l.all.Load() {
		l.all.Store(a.logs)
	}
	l.erasures.Add(int64(len(a.erased)))
	l.subjects.persisted(a.subjects)
	for _, name := range a.adopted {
		l.spools.adopted(name)
	}
	return n, nil
}

// An application is one transaction of the committer.
type application struct {
	l        *Ledger
	w        *writer
	state    *overlay
	meta     meta
	clock    int64
	flags    byte
	logs     *logSet // those of the ledger, with the shards that are opened here
	touched  map[*logState]*touchedLog
	order    []*touchedLog        // the same, as they came
	sizes    map[*logState]uint64 // next index of each log touched
	accepted []*submission
	subjects [][16]byte
	adopted  []string
	erased   map[uint64]bool
}

// admit decides on one append: guards, then Apply for each event. Nothing
// outside of state and the counters changes before all have passed.
func (a *application) admit(s *submission) error {
	for _, g := range s.guards {
		if err := a.state.check(g); err != nil {
			return err
		}
	}
	for _, p := range s.events {
		if p.record.subject != [16]byte{} && a.gone(p.record.key) {
			return errKeyGone
		}
	}
	sequence := a.meta.sequence
	out := make([]Committed, len(s.events))
	for i, p := range s.events {
		log, err := a.logOf(p)
		if err != nil {
			a.state.fail(err) // prepare knew it
			return err
		}
		index, ok := a.sizes[log]
		if !ok {
			index = log.edge.size
		}
		a.sizes[log] = index + 1
		out[i] = Committed{Log: log.name, Index: index, Time: time.Unix(0, a.clock).UTC()}
		r := p.record
		if r.lost {
			continue // what it did to state is not known
		}
		sequence++
		r.sequence, r.flags = sequence, a.flags
		if !p.timed {
			r.nanos = a.clock
		}
		out[i].Time = time.Unix(0, r.nanos).UTC()
		a.state.version = sequence
		if a.l.config.Apply != nil {
			if err := a.l.config.Apply(a.state, r.stored(log.name, index)); err != nil {
				a.unwind(s.events[:i+1])
				return err
			}
		}
	}
	a.state.keep()
	a.meta.sequence = sequence
	s.out = out
	a.accepted = append(a.accepted, s)
	for _, p := range s.events {
		for _, id := range p.erase {
			if a.erased == nil {
				a.erased = map[uint64]bool{}
			}
			a.erased[id] = true
		}
	}
	return nil
}

// gone says whether a data key was erased, in this transaction or before.
func (a *application) gone(id uint64) bool {
	if a.erased[id] {
		return true
	}
	if a.l.erasures.Load() == 0 {
		return false
	}
	there, err := a.w.has(erasedKey(id))
	if err != nil && a.state.err == nil {
		a.state.err = err
	}
	return there
}

// unwind takes the counters back.
func (a *application) unwind(events []*prepared) {
	for _, p := range events {
		if log, err := a.logOf(p); err == nil {
			a.sizes[log]--
		}
	}
}

// touchedLog is a log that the transaction adds to.
type touchedLog struct {
	log   *logState
	first uint64
	piece [][]byte // records since first, and
	bytes int      // their length
	view  *logView
	tiles []fullTile
}

type fullTile struct {
	level  int
	n      uint64
	hashes []tlog.Hash
}

// store extends the trees by what was accepted, signs, and writes everything.
func (a *application) store() ([]*touchedLog, error) {
	if a.w.err != nil {
		return nil, a.w.err
	}
	h := &a.l.hasher
	pieces := a.l.pieceBuffer(a.accepted)
	for _, s := range a.accepted {
		for i, p := range s.events {
			log, err := a.logOf(p)
			if err != nil {
				return nil, err
			}
			t := a.touch(log)
			r := p.record
			if !r.lost {
				r.root = h.root(&p.fixed, r.nanos, r.flags, r.kind)
				patch(p.encoded, r)
			}
			e := entry(r.root)
			leaf := leafHash(&e)
			s.out[i].Leaf = leaf
			a.writeExtras(t.log.id, s.out[i].Index, p)
			if t.bytes+len(p.encoded) > pieceLimit {
				pieces = a.writePiece(t, pieces)
			}
			t.log.edge.append(leaf)
			t.piece, t.bytes = append(t.piece, p.encoded), t.bytes+len(p.encoded)
			if t.log.edge.size%tileWidth == 0 { // a piece never spans bundles
				pieces = a.writePiece(t, pieces)
			}
		}
	}
	for _, t := range a.order {
		pieces = a.writePiece(t, pieces)
		for _, tile := range t.tiles {
			a.w.put(tileKey(t.log.id, tile.level, tile.n), encodeTile(tile.hashes))
		}
		v, err := t.log.sign()
		if err != nil {
			return nil, err
		}
		t.view = v
		a.w.put(headKey(t.log.id), v.note)
	}
	a.state.flush(a.w)
	a.w.put(metaKey(), a.meta.encode())
	return a.order, a.w.err
}

// touch makes a log one that the transaction adds to.
func (a *application) touch(s *logState) *touchedLog {
	t := a.touched[s]
	if t == nil {
		t = &touchedLog{log: s, first: s.edge.size}
		s.edge.full = func(level int, n uint64, hashes []tlog.Hash) {
			t.tiles = append(t.tiles, fullTile{level, n, hashes})
		}
		a.touched[s] = t
		a.order = append(a.order, t)
	}
	return t
}

// pieceBuffer returns the committer's buffer, large enough for all pieces of a
// transaction, so that none of them moves before the commit.
func (l *Ledger) pieceBuffer(accepted []*submission) []byte {
	n := 0
	for _, s := range accepted {
		for _, p := range s.events {
			n += len(p.encoded) + binary.MaxVarintLen32
		}
	}
	if cap(l.pieces) < n {
		l.pieces = make([]byte, 0, n+n/2)
	}
	return l.pieces[:0]
}

// writePiece writes the records of a log since its last piece, and returns the
// rest of the buffer.
func (a *application) writePiece(t *touchedLog, buf []byte) []byte {
	if len(t.piece) == 0 {
		return buf
	}
	piece := buf
	for _, encoded := range t.piece {
		piece = appendPiece(piece, encoded)
	}
	a.w.put(pieceKey(t.log.id, t.first), piece)
	t.piece, t.bytes, t.first = t.piece[:0], 0, t.log.edge.size
	return piece[len(piece):]
}

// writeExtras writes what belongs to an event beside its record.
func (a *application) writeExtras(id uint16, index uint64, p *prepared) {
	r := p.record
	a.meta.nextKey = max(a.meta.nextKey, p.lastKey+1)
	for i := range r.terms {
		if !contains(r.terms[:i], r.terms[i]) {
			a.w.put(termKey(r.terms[i], id, index), nil)
		}
	}
	for i, box := range p.bodies {
		if !r.bodies[i].InFile {
			a.w.put(bodyKey(id, index, i), box)
			continue
		}
		at := binary.BigEndian.AppendUint16(nil, id)
		a.w.put(fileKey(r.bodies[i].CipherHash), binary.BigEndian.AppendUint64(at, index))
	}
	for _, f := range p.files {
		if f != "" {
			a.adopted = append(a.adopted, f)
		}
	}
	for _, key := range p.erase {
		if there, err := a.w.has(erasedKey(key)); err == nil && !there {
			a.w.put(erasedKey(key), nil)
		}
	}
	if r.subject != [16]byte{} && a.newKey(r) {
		a.w.put(subjectKey(r.subject), binary.BigEndian.AppendUint64(nil, r.key))
		a.subjects = append(a.subjects, r.subject)
	}
}

// newKey says whether a subject's key is not stored yet.
func (a *application) newKey(r *record) bool {
	if !a.l.replaying {
		return a.l.subjects.isPending(r.subject)
	}
	id, err := subjectKeyOf(a.w.reader, r.subject)
	return err != nil || id != r.key
}

func contains(list [][16]byte, t [16]byte) bool {
	for i := range list {
		if list[i] == t {
			return true
		}
	}
	return false
}

// sign signs the present head and takes a copy of the edge for readers.
func (s *logState) sign() (*logView, error) {
	v := &logView{edge: s.edge.clone(), root: s.edge.root()}
	text := Checkpoint{Origin: s.origin, Size: v.edge.size, Root: v.root}.Text()
	signed, err := note.Sign(&note.Note{Text: text}, s.key)
	v.note = signed
	return v, err
}
