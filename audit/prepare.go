package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// errKeyGone says that a subject's key was erased after an event was sealed
// under it; the event is sealed again.
var errKeyGone = errors.New("data key was erased meanwhile")

// prepare makes an event final but for its place: it encrypts, salts and
// hashes, in the caller's goroutine.
func (l *Ledger) prepare(e *Event) (*prepared, error) {
	if err := checkEvent(e); err != nil {
		return nil, err
	}
	if _, err := l.openShard(e.Log); err != nil {
		return nil, err
	}
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	p := prepareds.Get().(*prepared)
	r := &p.own
	var random [2 * len(secret{})]byte
	rand.Read(random[:]) // never fails
	r.kind, r.secret, r.header = e.Kind, secret(random[:]), e.Header
	r.pairs.add(e.Header)
	if longest, _ := r.pairs.size(); longest > maxText {
		return nil, fmt.Errorf("event %s: header: %w", e.Kind, ErrTooLarge)
	}
	p.log, p.record, p.timed = e.Log, r, !e.Time.IsZero()
	if p.timed {
		r.nanos = e.Time.UnixNano()
	}
	for _, t := range e.Terms {
		r.terms = append(r.terms, l.term(t))
	}
	if len(e.Details) > 0 || len(e.Bodies) > 0 {
		if err := l.seal(h, p, e, secret(random[len(secret{}):])); err != nil {
			return nil, err
		}
	} else {
		r.details = h.details(nil)
	}
	p.fixed = h.fixed(r)
	p.encoded = r.encode(p.encoded)
	return p, nil
}

// checkEvent checks kind and numbers; the lengths of texts are checked once
// they are in order.
func checkEvent(e *Event) error {
	switch {
	case e.Kind == "" || len(e.Kind) > maxKind:
		return errors.New("event has no kind, or one of more than 64 bytes")
	case len(e.Header) > maxPairs || len(e.Details) > maxPairs || len(e.Terms) > maxTerms || len(e.Bodies) > maxBodies:
		return fmt.Errorf("event %s: number of parts: %w", e.Kind, ErrTooLarge)
	}
	for i := range e.Bodies {
		for j := range i {
			if e.Bodies[i].Name == e.Bodies[j].Name {
				return fmt.Errorf("event %s: two bodies are named %q", e.Kind, e.Bodies[i].Name)
			}
		}
	}
	return nil
}

// seal encrypts details and bodies.
func (l *Ledger) seal(h *hasher, p *prepared, e *Event, salts secret) error {
	r := p.record
	defer h.pairs.empty() // plaintext
	h.pairs.add(e.Details)
	if _, all := h.pairs.size(); all > maxDetail {
		return fmt.Errorf("event %s: details: %w", e.Kind, ErrTooLarge)
	}
	s := &sealed{secret: salts, pairs: h.pairs}
	key, err := l.eventKey(p, e.Subject)
	if err != nil {
		return err
	}
	for i := range e.Bodies {
		if err := l.sealBody(h, p, s, &e.Bodies[i]); err != nil {
			return fmt.Errorf("event %s: body %s: %w", e.Kind, e.Bodies[i].Name, err)
		}
	}
	r.details = s.root(h)
	h.text = s.encode(h.text[:0])
	r.seal, err = encrypt(r.seal, key, h.text, r.details[:])
	clear(h.text) // plaintext
	return err
}

// eventKey returns the subject's data key, or a fresh one.
func (l *Ledger) eventKey(p *prepared, subject string) (dataKey, error) {
	r := p.record
	if subject != "" {
		r.subject = mac16(l.subjectMAC, "pb-subject-1", subject)
		id, err := l.subjects.find(l, r.subject)
		if err != nil {
			return dataKey{}, err
		}
		r.key, p.lastKey = id, id
		key, err := l.keys.get(id)
		if errors.Is(err, ErrErased) {
			err = errKeyGone
		}
		return key, err
	}
	id, key, err := l.keys.take()
	r.key, p.lastKey = id, id
	return key, err
}

// sealBody encrypts a body, or takes over a spooled one.
func (l *Ledger) sealBody(h *hasher, p *prepared, s *sealed, b *Body) error {
	id, key, err := l.keys.take()
	if err != nil {
		return err
	}
	p.lastKey = max(p.lastKey, id)
	in := &spooled{Spooled: Spooled{Size: int64(len(b.Data))}, data: b.Data}
	switch {
	case b.File != "" && b.Data != nil:
		return errors.New("has data and a file")
	case b.File != "":
		if in = l.spools.get(b.File); in == nil {
			return fmt.Errorf("file %s: %w", b.File, ErrNotFound)
		}
	case len(b.Data) > maxInline:
		if in, err = l.spools.put(b.Data); err != nil {
			return err
		}
		b.File = in.File
	default:
		in.content = newDataKey()
		in.Digest = sha256.Sum256(b.Data)
	}
	out := StoredBody{Name: b.Name, MediaType: b.MediaType, Size: in.Size, CipherHash: in.cipher}
	salt := s.bodySalt(h, len(s.bodies))
	out.Commitment = commitBody(h, &salt, b.Name, b.MediaType, in.Size, in.Digest)
	out.InFile = in.cipher != [32]byte{}
	var box []byte
	if !out.InFile {
		if box, err = encrypt(nil, in.content, in.data, out.Commitment[:]); err != nil {
			return err
		}
		out.CipherHash = sha256.Sum256(box)
	}
	p.bodies = append(p.bodies, box)
	p.files = append(p.files, b.File)
	p.record.bodies = append(p.record.bodies, out)
	s.bodies = append(s.bodies, wrap(key, id, in.content))
	return nil
}

// put spools data that is in memory already.
func (s *spools) put(data []byte) (*spooled, error) {
	sp, err := s.start()
	if err != nil {
		return nil, err
	}
	if _, err := sp.Write(data); err != nil {
		return nil, errors.Join(err, sp.Abort())
	}
	out, err := sp.Commit()
	if err != nil {
		return nil, err
	}
	return s.get(out.File), nil
}
