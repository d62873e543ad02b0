package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// kindHead is the kind of the event that commits a relation log to the head of
// the internal log.
const kindHead = "audit.head"

// published is the newest published head of a log.
type published struct {
	head  Checkpoint
	at    time.Time
	note  []byte // with cosignatures
	plain []byte // as the log signed it
	sigs  []note.Signature

	internal uint64 // size of the internal log that the log had committed to
}

// Publish makes the present heads the published ones. Before that, the
// relation logs get a commitment to the internal log's head when that has
// changed, and the high-water note is made durable.
func (l *Ledger) Publish(now time.Time) error {
	if err := l.refused(); err != nil {
		return err
	}
	if err := l.commitInternal(now); err != nil {
		return err
	}
	l.publish.Lock()
	defer l.publish.Unlock()
	next := map[*logState]*logView{}
	for _, s := range l.logs() {
		v := s.view.Load()
		old := s.public.Load()
		if old != nil && old.head.Size == v.edge.size || !s.peer.mayPublish() {
			continue
		}
		next[s] = v
	}
	if len(next) == 0 {
		return nil
	}
	heads := map[*logState]*published{}
	for s, v := range next {
		p := &published{head: Checkpoint{Origin: s.origin, Size: v.edge.size, Root: v.root}, at: now, note: v.note, plain: v.note}
		if err := l.signMLDSA(p); err != nil {
			return err
		}
		heads[s] = p
	}
	if err := l.writeHighWater(); err != nil {
		return fmt.Errorf("high-water note: %w", err)
	}
	err := l.write(func(w *writer) error {
		for s, p := range heads {
			w.put(publicKey(s.id), encodePublic(p.head.Size, now, s.committedTo.Load()))
			w.put(publishedKey(s.id, p.head.Size), p.plain)
			for _, sig := range p.sigs {
				w.put(cosigKey(s.id, p.head.Size, sig.Hash), []byte(sigLine(sig)))
			}
		}
		return w.err
	})
	if err != nil {
		return err
	}
	for s, p := range heads {
		s.public.Store(p)
	}
	return nil
}

// signMLDSA adds the log's own second signature to a head that is to be
// published.
func (l *Ledger) signMLDSA(p *published) error {
	if l.logPQ == nil {
		return nil
	}
	sig, err := l.logPQ.Sign([]byte(p.head.Text()))
	if err != nil {
		return err
	}
	line, err := parseSigLine(signature(l.logPQ, sig))
	if err == nil {
		p.add(line)
	}
	return err
}

// encodePublic notes what was published when, and the internal size that the
// log had committed to by then.
func encodePublic(size uint64, at time.Time, internal uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, size)
	b = binary.BigEndian.AppendUint64(b, uint64(at.UnixNano()))
	return binary.BigEndian.AppendUint64(b, internal)
}

// commitInternal appends the internal log's head to every relation log whose
// last commitment is to an older one. Until its witness has been heard a log
// gets none: it may be an old copy.
func (l *Ledger) commitInternal(now time.Time) error {
	open := l.all.Load().open
	internal := open[Internal].view.Load()
	if internal.edge.size == 0 {
		return nil
	}
	size, mark := strconv.FormatUint(internal.edge.size, 10), open[Internal].mark(internal.edge.size)
	var events []Event
	for name, s := range open {
		if name == Internal || s.committedTo.Load() == mark || !s.peer.mayPublish() {
			continue
		}
		events = append(events, Event{Log: name, Kind: kindHead, Time: now, Header: map[string]string{
			"log": open[Internal].name, "size": size, "root": base64.StdEncoding.EncodeToString(internal.root[:]),
		}})
	}
	if len(events) == 0 {
		return nil
	}
	out, err := l.Append(context.Background(), events, nil)
	for _, at := range out {
		l.logs()[at.Log].committedTo.Store(mark)
	}
	return err
}

// mark is a size of a shard of the internal log as one number.
func (s *logState) mark(size uint64) uint64 { return uint64(s.id-1)<<48 | size }

// loadPublished reads what was published last and its cosignatures.
func (l *Ledger) loadPublished(s *logState) error {
	return l.store.view(func(r reader) error {
		p, err := readPublished(r, s.id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("log %s: %w", s.name, err)
		}
		p.head.Origin = s.origin
		s.public.Store(p)
		s.committedTo.Store(p.internal)
		return nil
	})
}

// readPublished reads the newest published checkpoint with its cosignatures.
func readPublished(r reader, id uint16) (*published, error) {
	v, err := r.get(publicKey(id))
	if err != nil {
		return nil, err
	}
	if len(v) != 24 {
		return nil, &Damage{Fault: "head", What: "malformed record of what is published"}
	}
	p, err := readCosigned(r, id, binary.BigEndian.Uint64(v))
	if err == nil {
		p.at = time.Unix(0, int64(binary.BigEndian.Uint64(v[8:]))).UTC()
		p.internal = binary.BigEndian.Uint64(v[16:])
	}
	return p, err
}

// readCosigned reads the checkpoint published at a size with its cosignatures.
func readCosigned(r reader, id uint16, size uint64) (*published, error) {
	plain, err := r.get(publishedKey(id, size))
	if err != nil {
		return nil, err
	}
	text, _, ok := bytes.Cut(plain, []byte("\n\n"))
	if !ok {
		return nil, errCheckpoint
	}
	p := &published{note: plain, plain: plain}
	if p.head, err = ParseCheckpoint(string(text) + "\n"); err != nil {
		return nil, err
	}
	err = r.scan(cosigPrefix(id, size), nil, func(_, line []byte) (bool, error) {
		if sig, err := parseSigLine(string(line)); err == nil {
			p.add(sig)
		}
		return true, nil
	})
	return p, err
}

// add puts a cosignature under the checkpoint.
func (p *published) add(sig note.Signature) {
	p.sigs = append(p.sigs, sig)
	p.note = append(bytes.Clone(p.note), sigLine(sig)...)
}

// sigLine is a signature line of a note.
func sigLine(s note.Signature) string { return "— " + s.Name + " " + s.Base64 + "\n" }

// parseSigLine reads one.
func parseSigLine(line string) (note.Signature, error) {
	rest, ok := strings.CutPrefix(line, "— ")
	name, b64, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	s := note.Signature{Name: name, Base64: b64}
	b, err := base64.StdEncoding.DecodeString(b64)
	if !ok || err != nil || len(b) < 5 || !validName(name) || sigLine(s) != line {
		return note.Signature{}, errCheckpoint
	}
	s.Hash = binary.BigEndian.Uint32(b)
	return s, nil
}

// Checkpoint returns the newest published checkpoint of a log with its
// cosignatures, nil when there is none.
func (l *Ledger) Checkpoint(log string) []byte {
	if s := l.logs()[log]; s != nil {
		if p := s.public.Load(); p != nil {
			return p.note
		}
	}
	return nil
}

// LogStatus is how one log stands.
type LogStatus struct {
	Log           string
	Relation      string // whose shard it is: an agency, or [Internal]
	Closed        bool   // a later shard takes the events
	Origin        string
	Size          uint64
	Root          tlog.Hash
	PublishedSize uint64
	PublishedAt   time.Time
	CosignedSize  uint64    // of the newest cosigned head
	CosignedAt    time.Time // by the witness's clock
	CosignedBy    []string  // witnesses of the last published head
	Witnesses     []WitnessStatus
	Checked       uint64 // events re-hashed since the start
	Problems      []Problem
}

// WitnessStatus is how far a witness of a log has come; of a log's witnesses
// the peer is the first.
type WitnessStatus struct {
	Name string // the peer's agency, or that of Config.Auditors
	Size uint64 // of the newest head that it cosigned; 0: none
	At   time.Time
}

// Status says how each log stands, the internal log first, the shards of one
// relation in their order.
func (l *Ledger) Status() []LogStatus {
	var logs []*logState
	for _, relation := range append([]string{Internal}, l.relations()...) {
		logs = append(logs, l.shards(relation)...)
	}
	problems := l.Problems()
	out := make([]LogStatus, 0, len(logs))
	for _, s := range logs {
		v := s.view.Load()
		name := s.name
		st := LogStatus{Log: name, Origin: s.origin, Size: v.edge.size, Root: v.root, Checked: s.checked.Load()}
		st.Relation, st.Closed = s.relation(), l.after(s) != nil
		if p := s.public.Load(); p != nil {
			st.PublishedSize, st.PublishedAt = p.head.Size, p.at
			for _, sig := range p.sigs {
				if (l.logPQ == nil || sig.Hash != l.logPQ.KeyHash()) && !slices.Contains(st.CosignedBy, sig.Name) {
					st.CosignedBy = append(st.CosignedBy, sig.Name)
				}
			}
		}
		if s.peer != nil {
			st.CosignedSize, st.CosignedAt = s.peer.cosigned()
		}
		for _, w := range s.witnesses() {
			size, at := w.cosigned()
			st.Witnesses = append(st.Witnesses, WitnessStatus{w.name, size, at})
		}
		for _, p := range problems {
			if p.Log == name || p.Log == "" {
				st.Problems = append(st.Problems, p)
			}
		}
		out = append(out, st)
	}
	return out
}

// relations lists the relations by name.
func (l *Ledger) relations() []string {
	var names []string
	for name := range l.all.Load().open {
		if name != Internal {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
