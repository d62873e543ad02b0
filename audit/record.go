package audit

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A record is an event as it is stored: what is in clear, the commitments to
// the rest, and the sealed details. Flags, sequence, time and root stand first
// at fixed places, because the committer fills them in.
type record struct {
	flags    byte
	sequence uint64
	nanos    int64
	root     [32]byte // of the entry, as committed; names a damaged record
	kind     string
	secret   secret            // yields the salts of hidden and header
	pairs                      // the header,
	header   map[string]string // and the same, if somebody has made it already
	terms    [][16]byte
	details  [32]byte // of their commitments
	subject  [16]byte // HMAC of the subject, zero if none
	key      uint64   // data key of seal, 0 if nothing is sealed
	seal     []byte   // encrypted sealed part
	bodies   []StoredBody

	lost     bool   // only the entry is known: root stands for everything else
	ahead    uint64 // the event that says so is in this shard, or as many shards later,
	incident uint64 // at this index
}

const (
	lostVersion   = 2 // of a lost record
	recordVersion = 3 // 1 was never released

	flagStepped = 1 // the clock stood before an earlier event's

	bodyInFile = 1
)

// Limits of one event, so that an entry can never crowd out others.
const (
	maxKind   = 64
	maxPairs  = 256
	maxTerms  = 1024
	maxBodies = 64
	maxText   = 16 << 10  // a header value or name
	maxDetail = 256 << 10 // all details of an event together
	maxInline = 64 << 10  // larger bodies become files
)

var errRecord = errors.New("malformed record")

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// encode writes a record.
func (r *record) encode(b []byte) []byte {
	if r.lost {
		b = append(append(b, lostVersion), r.root[:]...)
		return binary.AppendUvarint(binary.AppendUvarint(b, r.ahead), r.incident)
	}
	b = append(b, recordVersion, r.flags)
	b = binary.BigEndian.AppendUint64(b, r.sequence)
	b = binary.BigEndian.AppendUint64(b, uint64(r.nanos))
	b = append(b, r.root[:]...)
	b = appendText(b, r.kind)
	b = append(b, r.secret[:]...)
	b = r.pairs.encode(b)
	b = append(b, r.details[:]...)
	b = r.encodeHidden(b)
	b = binary.AppendUvarint(b, uint64(len(r.bodies)))
	for i := range r.bodies {
		body := &r.bodies[i]
		b = appendText(b, body.Name)
		b = appendText(b, body.MediaType)
		b = binary.AppendUvarint(b, uint64(body.Size))
		var flags byte
		if body.InFile {
			flags |= bodyInFile
		}
		b = append(b, flags)
		b = append(b, body.Commitment[:]...)
		b = append(b, body.CipherHash[:]...)
	}
	return b
}

// encodeHidden writes what is never disclosed.
func (r *record) encodeHidden(b []byte) []byte {
	if r.subject == [16]byte{} {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), r.subject[:]...)
	}
	b = binary.AppendUvarint(b, r.key)
	b = binary.AppendUvarint(b, uint64(len(r.terms)))
	for i := range r.terms {
		b = append(b, r.terms[i][:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(r.seal)))
	return append(b, r.seal...)
}

// patch fills in what the committer decides.
func patch(encoded []byte, r *record) {
	encoded[1] = r.flags
	binary.BigEndian.PutUint64(encoded[2:], r.sequence)
	binary.BigEndian.PutUint64(encoded[10:], uint64(r.nanos))
	copy(encoded[18:], r.root[:])
}

// A decoder reads fields until one is missing; then everything is zero.
type decoder struct {
	b    []byte
	bad  bool
	size int    // of all that is decoded, and
	head string // its beginning: texts in there are parts of one string
}

// sharedHead is as much of a record as usually has all its texts.
const sharedHead = 256

func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	p := d.b[:n:n]
	d.b = d.b[n:]
	return p
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if d.bad || n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint64() uint64 {
	if p := d.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

func (d *decoder) byte() byte {
	if p := d.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (d *decoder) text() string {
	p := d.take(d.uvarint())
	if end := d.size - len(d.b); end <= len(d.head) && end >= len(p) {
		return d.head[end-len(p) : end]
	}
	return string(p)
}

func (d *decoder) hash() (h [32]byte) {
	copy(h[:], d.take(32))
	return h
}

func (d *decoder) half() (h [16]byte) {
	copy(h[:], d.take(16))
	return h
}

// count reads a number of things of which at most limit may be there.
func (d *decoder) count(limit int) int {
	n := d.uvarint()
	if n > uint64(limit) {
		d.bad = true
		return 0
	}
	return int(n)
}

// decodeRecord reads what encode wrote.
func decodeRecord(b []byte) (*record, error) {
	r := new(record)
	if err := r.decode(b); err != nil {
		return nil, err
	}
	return r, nil
}

// decode is decodeRecord into a record whose slices may be used again. The
// sealed part stays where it is, in b.
func (r *record) decode(b []byte) error {
	if len(b) > 0 && b[0] == lostVersion {
		return r.decodeLost(b[1:])
	}
	d := decoder{b: b, size: len(b), head: string(b[:min(len(b), sharedHead)])}
	if d.byte() != recordVersion {
		return errRecord
	}
	r.reset()
	r.flags, r.sequence, r.nanos = d.byte(), d.uint64(), int64(d.uint64())
	r.root = d.hash()
	r.kind = d.text()
	r.secret = d.half()
	r.pairs.decode(&d)
	r.details = d.hash()
	r.decodeHidden(&d)
	if n := d.count(maxBodies); n > 0 {
		r.bodies = slices.Grow(r.bodies, n)[:n]
		for i := range r.bodies {
			b := &r.bodies[i]
			b.Name, b.MediaType = d.text(), d.text()
			b.Size = int64(d.uvarint())
			b.InFile = d.byte()&bodyInFile != 0
			b.Commitment, b.CipherHash = d.hash(), d.hash()
		}
	}
	if d.bad || len(d.b) != 0 {
		return errRecord
	}
	return nil
}

func (r *record) decodeHidden(d *decoder) {
	if d.byte() != 0 {
		r.subject = d.half()
	}
	r.key = d.uvarint()
	if n := d.count(maxTerms); n > 0 {
		r.terms = slices.Grow(r.terms, n)[:n]
		for i := range r.terms {
			r.terms[i] = d.half()
		}
	}
	r.seal = d.take(d.uvarint())
}

// reset forgets everything but the room of the slices.
func (r *record) reset() {
	*r = record{pairs: pairs{r.names[:0], r.values[:0]}, terms: r.terms[:0], bodies: r.bodies[:0]}
}

// decodeLost reads a record of which only the entry is known.
func (r *record) decodeLost(b []byte) error {
	d := decoder{b: b}
	r.reset()
	r.lost, r.root, r.ahead, r.incident = true, d.hash(), d.uvarint(), d.uvarint()
	if d.bad || len(d.b) != 0 {
		return errRecord
	}
	return nil
}

// entry recomputes the entry from what is stored.
func (r *record) entry(h *hasher) [entrySize]byte {
	if r.lost {
		return entry(r.root)
	}
	fixed := h.fixed(r)
	return entry(h.root(&fixed, r.nanos, r.flags, r.kind))
}

// leaf recomputes the leaf hash.
func (r *record) leaf(h *hasher) tlog.Hash {
	e := r.entry(h)
	return leafHash(&e)
}

// stored is the record as callers see it.
func (r *record) stored(log string, index uint64) *Stored {
	s := &Stored{
		Log: log, Index: index, Sequence: r.sequence, Kind: r.kind,
		Time: time.Unix(0, r.nanos).UTC(), ClockStepped: r.flags&flagStepped != 0,
		Header: r.header, Bodies: r.bodies,
	}
	if s.Header == nil && len(r.names) > 0 {
		s.Header = r.asMap()
	}
	for i := range r.terms {
		s.TermHashes = append(s.TermHashes, termText(r.terms[i]))
	}
	return s
}

// A piece is a sequence of records, each with its length.

func appendPiece(piece, encoded []byte) []byte {
	return append(binary.AppendUvarint(piece, uint64(len(encoded))), encoded...)
}

// walkPiece calls fn for each record of a piece until fn returns false.
func walkPiece(piece []byte, fn func(i int, encoded []byte) (bool, error)) error {
	d := decoder{b: piece}
	for i := 0; len(d.b) > 0; i++ {
		encoded := d.take(d.uvarint())
		if d.bad {
			return errRecord
		}
		if more, err := fn(i, encoded); err != nil || !more {
			return err
		}
	}
	return nil
}
