package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// An entry is what a log holds for an event, and what its leaf hashes: four
// bytes "pbe1" and a 32-byte root. The root commits to
//
//	kind, time and flags, header, terms, details, sealed bytes, bodies
//
// Each value is committed to with a salt of its own, derived from a secret of
// the event, so that one can be disclosed and the others stay hidden. The
// index is not part of it: an entry is final before it is sequenced.
const (
	entrySize  = 36
	entryMagic = "pbe1"
)

type secret [32]byte

// A hasher computes commitments; it keeps its buffers.
type hasher struct {
	buf    []byte
	none   [32]byte   // the list of no bodies, once it was wanted
	list32 [][32]byte // of fields
	names  []string   // of prepare, as the next two
	values []string
	text   []byte // cleared after use
}

// hashers are those of callers; the committer has its own.
var hashers = sync.Pool{New: func() any { return new(hasher) }}

// salt derives the salt of one value from the event's secret.
func (h *hasher) salt(s *secret, part, name string) [32]byte {
	h.buf = append(h.buf[:0], "pb-salt-1"...)
	h.buf = append(h.buf, s[:]...)
	h.put(part)
	h.put(name)
	return sha256.Sum256(h.buf)
}

// commit commits to a named value under a salt.
func (h *hasher) commit(salt *[32]byte, part, name, value string) [32]byte {
	h.buf = append(h.buf[:0], "pb-commit-1"...)
	h.buf = append(h.buf, salt[:]...)
	h.put(part)
	h.put(name)
	h.put(value)
	return sha256.Sum256(h.buf)
}

// put adds a length and the text, so that no two lists of texts are alike.
func (h *hasher) put(s string) {
	h.buf = binary.BigEndian.AppendUint32(h.buf, uint32(len(s)))
	h.buf = append(h.buf, s...)
}

// salted is salt and commit in one.
func (h *hasher) salted(s *secret, part, name, value string) [32]byte {
	salt := h.salt(s, part, name)
	return h.commit(&salt, part, name, value)
}

// noBodies is the list of no bodies, which most events have.
func (h *hasher) noBodies() [32]byte {
	if h.none == [32]byte{} {
		h.none = h.list(partBodies, nil)
	}
	return h.none
}

// list hashes a list of commitments to one.
func (h *hasher) list(part string, cs [][32]byte) [32]byte {
	h.buf = append(h.buf[:0], "pb-list-1"...)
	h.put(part)
	h.buf = binary.BigEndian.AppendUint32(h.buf, uint32(len(cs)))
	for i := range cs {
		h.buf = append(h.buf, cs[i][:]...)
	}
	return sha256.Sum256(h.buf)
}

// fields commits to each of some named values, in the order of the names.
func (h *hasher) fields(s *secret, part string, names, values []string) [32]byte {
	h.list32 = h.list32[:0]
	for i, name := range names {
		h.list32 = append(h.list32, h.salted(s, part, name, values[i]))
	}
	return h.list(part, h.list32)
}

// The parts of an event.
const (
	partKind    = "kind"
	partTime    = "time"
	partHeader  = "header"
	partTerms   = "terms"
	partDetails = "details"
	partBody    = "body"
	partBodies  = "bodies"
)

// fixedRoots are the commitments that do not depend on when the event is committed.
type fixedRoots struct {
	kind, header, terms, details, sealed, bodies [32]byte
}

// timeText is what is committed to as time: nanoseconds and flags.
func timeText(nanos int64, flags byte) string {
	var b [9]byte
	binary.BigEndian.PutUint64(b[:], uint64(nanos))
	b[8] = flags
	return string(b[:])
}

// root combines everything.
func (h *hasher) root(f *fixedRoots, timeRoot *[32]byte) [32]byte {
	h.buf = append(h.buf[:0], "pb-event-1"...)
	for _, r := range [...]*[32]byte{&f.kind, timeRoot, &f.header, &f.terms, &f.details, &f.sealed, &f.bodies} {
		h.buf = append(h.buf, r[:]...)
	}
	return sha256.Sum256(h.buf)
}

// entry returns the entry of an event root.
func entry(root [32]byte) (e [entrySize]byte) {
	copy(e[:], entryMagic)
	copy(e[4:], root[:])
	return e
}

// leafHash is RFC 6962's leaf hash of an entry.
func leafHash(e *[entrySize]byte) tlog.Hash {
	var b [1 + entrySize]byte // prefix 0x00
	copy(b[1:], e[:])
	return sha256.Sum256(b[:])
}

// appendNames appends the names of a map, in order, to an empty slice.
func appendNames(names []string, m map[string]string) []string {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// appendValues appends the values of the names to an empty slice.
func appendValues(values, names []string, m map[string]string) []string {
	for _, name := range names {
		values = append(values, m[name])
	}
	return values
}
