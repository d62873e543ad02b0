package audit

import (
	"crypto/sha256"
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
	secret   secret            // salts of kind, time, header and terms
	names    []string          // of the header, in order,
	values   []string          // and its values
	header   map[string]string // the same, if somebody has made it already
	terms    [][16]byte
	details  [32]byte // root of the details' commitments
	subject  [16]byte // HMAC of the subject, zero if none
	key      uint64   // data key of seal, 0 if nothing is sealed
	seal     []byte   // encrypted sealed part
	bodies   []StoredBody

	lost     bool   // only the entry is known: root stands for everything else
	ahead    uint64 // the event that says so is in this shard, or as many shards later,
	incident uint64 // at this index
}

const (
	recordVersion = 1
	lostVersion   = 2 // of a lost record

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
	b = binary.AppendUvarint(b, uint64(len(r.names)))
	for i, name := range r.names {
		b = appendText(b, name)
		b = appendText(b, r.values[i])
	}
	b = binary.AppendUvarint(b, uint64(len(r.terms)))
	for i := range r.terms {
		b = append(b, r.terms[i][:]...)
	}
	b = append(b, r.details[:]...)
	b = append(b, r.subject[:]...)
	b = binary.BigEndian.AppendUint64(b, r.key)
	b = binary.AppendUvarint(b, uint64(len(r.seal)))
	b = append(b, r.seal...)
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
	*r = record{names: r.names[:0], values: r.values[:0], terms: r.terms[:0], bodies: r.bodies[:0]}
	r.flags, r.sequence, r.nanos = d.byte(), d.uint64(), int64(d.uint64())
	r.root = d.hash()
	r.kind = d.text()
	r.secret = d.hash()
	if n := d.count(maxPairs); n > 0 {
		if cap(r.names) < n || cap(r.values) < n {
			both := make([]string, 2*n)
			r.names, r.values = both[:0:n], both[n:n]
		}
		for range n {
			r.names, r.values = append(r.names, d.text()), append(r.values, d.text())
		}
	}
	if n := d.count(maxTerms); n > 0 {
		r.terms = slices.Grow(r.terms, n)[:n]
		for i := range r.terms {
			copy(r.terms[i][:], d.take(16))
		}
	}
	r.details = d.hash()
	copy(r.subject[:], d.take(16))
	r.key = d.uint64()
	r.seal = d.take(d.uvarint())
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

// decodeLost reads a record of which only the entry is known.
func (r *record) decodeLost(b []byte) error {
	d := decoder{b: b}
	*r = record{names: r.names[:0], values: r.values[:0], terms: r.terms[:0], bodies: r.bodies[:0]}
	r.lost, r.root, r.ahead, r.incident = true, d.hash(), d.uvarint(), d.uvarint()
	if d.bad || len(d.b) != 0 {
		return errRecord
	}
	return nil
}

// fixed computes the commitments of everything but the time.
func (r *record) fixed(h *hasher, f *fixedRoots) {
	f.details = r.details
	f.kind = h.salted(&r.secret, partKind, "", r.kind)
	f.header = h.fields(&r.secret, partHeader, r.names, r.values)
	var room [16 * 8]byte
	all := room[:0]
	for i := range r.terms {
		all = append(all, r.terms[i][:]...)
	}
	f.terms = h.salted(&r.secret, partTerms, "", string(all))
	// The reference to the key is covered too: a changed one would make an
	// event look erased.
	h.buf = append(h.buf[:0], "pb-sealed-1"...)
	h.buf = append(h.buf, r.subject[:]...)
	h.buf = binary.BigEndian.AppendUint64(h.buf, r.key)
	h.buf = append(h.buf, r.seal...)
	f.sealed = sha256.Sum256(h.buf)
	if len(r.bodies) == 0 {
		f.bodies = h.noBodies()
		return
	}
	var places [8][32]byte
	cs := places[:0]
	for i := range r.bodies {
		cs = append(cs, r.bodies[i].Commitment, r.bodies[i].CipherHash)
	}
	f.bodies = h.list(partBodies, cs)
}

// timeRoot commits to the time.
func timeRoot(h *hasher, s *secret, nanos int64, flags byte) [32]byte {
	return h.salted(s, partTime, "", timeText(nanos, flags))
}

// entry recomputes the entry from what is stored.
func (r *record) entry(h *hasher) [entrySize]byte {
	if r.lost {
		return entry(r.root)
	}
	var f fixedRoots
	r.fixed(h, &f)
	t := timeRoot(h, &r.secret, r.nanos, r.flags)
	return entry(h.root(&f, &t))
}

// leaf recomputes the leaf hash.
func (r *record) leaf(h *hasher) tlog.Hash {
	e := r.entry(h)
	return leafHash(&e)
}

// value is a header field's value.
func (r *record) value(name string) string {
	if i, ok := slices.BinarySearch(r.names, name); ok {
		return r.values[i]
	}
	return ""
}

// stored is the record as callers see it.
func (r *record) stored(log string, index uint64) *Stored {
	s := &Stored{
		Log: log, Index: index, Sequence: r.sequence, Kind: r.kind,
		Time: time.Unix(0, r.nanos).UTC(), ClockStepped: r.flags&flagStepped != 0,
		Header: r.header, Bodies: r.bodies,
	}
	if s.Header == nil && len(r.names) > 0 {
		s.Header = make(map[string]string, len(r.names))
		for i, name := range r.names {
			s.Header[name] = r.values[i]
		}
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
