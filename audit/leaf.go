package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// An entry is what a log holds for an event, and what its leaf hashes: four
// bytes "pbe1" and a 32-byte root. With text(s) a varint of the length of s,
// then s:
//
//	commitment = SHA-256("pbc1" salt text(name) text(value))
//	details    = SHA-256("pbd1" commitment…)
//	hidden     = SHA-256("pbh1" salt subject key terms ciphertext)
//	fixed      = SHA-256("pbf1" details hidden n(2) header commitment… (body commitment, cipher hash)…)
//	root       = SHA-256("pbr1" fixed nanoseconds(8) flags(1) kind)
//
// Each value has a salt of its own, so that one can be disclosed and the others
// stay hidden. Kind and time need none: whoever guesses at them has fixed to
// guess too. The index is no part of it: an entry is final before it is
// sequenced, but for the time.
const (
	entrySize  = 36
	entryMagic = "pbe1"
)

// A secret yields the salts of an event: of its header, or of its details and bodies.
type secret [16]byte

type salt [16]byte

// hiddenSalt is the number of the salt of what is never disclosed; those of the
// header follow.
const hiddenSalt = 0

// A hasher computes commitments; it keeps its buffers.
type hasher struct {
	buf    []byte
	halves [sha256.Size]byte // two salts of
	secret secret
	pair   uint32 // with these numbers, halved, plus 1; 0: none
	list   [][32]byte
	pairs  pairs  // of details, in prepare; cleared after use
	text   []byte // the same
}

// hashers are those of callers; the committer has its own.
var hashers = sync.Pool{New: func() any { return new(hasher) }}

// salt is one of the salts of a secret: half a sum each.
func (h *hasher) salt(s *secret, number int) salt {
	pair := uint32(number/2) + 1
	if h.pair != pair || h.secret != *s {
		h.buf = append(append(h.buf[:0], "pbs1"...), s[:]...)
		h.buf = binary.BigEndian.AppendUint32(h.buf, pair)
		h.halves = sha256.Sum256(h.buf)
		h.secret, h.pair = *s, pair
	}
	return salt(h.halves[number%2*16:])
}

// commit commits to a named value under a salt.
func (h *hasher) commit(s *salt, name, value string) [32]byte {
	h.buf = append(append(h.buf[:0], "pbc1"...), s[:]...)
	h.buf = appendText(appendText(h.buf, name), value)
	return sha256.Sum256(h.buf)
}

// commits commits to each of some pairs, under the salts from a number on.
func (h *hasher) commits(s *secret, first int, p *pairs) [][32]byte {
	h.list = h.list[:0]
	for i, name := range p.names {
		salt := h.salt(s, first+i)
		h.list = append(h.list, h.commit(&salt, name, p.values[i]))
	}
	return h.list
}

// details hashes the commitments to the details.
func (h *hasher) details(cs [][32]byte) [32]byte {
	h.buf = appendHashes(append(h.buf[:0], "pbd1"...), cs)
	return sha256.Sum256(h.buf)
}

// hidden commits to what is never disclosed. The reference to the key is
// covered too: a changed one would make an event look erased.
func (h *hasher) hidden(r *record) [32]byte {
	salt := h.salt(&r.secret, hiddenSalt)
	h.buf = append(append(h.buf[:0], "pbh1"...), salt[:]...)
	h.buf = r.encodeHidden(h.buf)
	return sha256.Sum256(h.buf)
}

// fixed commits to all that is known before the event is committed.
func (h *hasher) fixed(r *record) [32]byte {
	hidden := h.hidden(r)
	return h.join(&r.details, &hidden, h.commits(&r.secret, hiddenSalt+1, &r.pairs), r.bodies)
}

// join makes fixed of its parts.
func (h *hasher) join(details, hidden *[32]byte, header [][32]byte, bodies []StoredBody) [32]byte {
	h.buf = append(append(append(h.buf[:0], "pbf1"...), details[:]...), hidden[:]...)
	h.buf = appendHashes(binary.BigEndian.AppendUint16(h.buf, uint16(len(header))), header)
	for i := range bodies {
		h.buf = append(append(h.buf, bodies[i].Commitment[:]...), bodies[i].CipherHash[:]...)
	}
	return sha256.Sum256(h.buf)
}

// root completes fixed by what the committer decides.
func (h *hasher) root(fixed *[32]byte, nanos int64, flags byte, kind string) [32]byte {
	h.buf = append(append(h.buf[:0], "pbr1"...), fixed[:]...)
	h.buf = append(binary.BigEndian.AppendUint64(h.buf, uint64(nanos)), flags)
	h.buf = append(h.buf, kind...)
	return sha256.Sum256(h.buf)
}

func appendHashes(b []byte, hs [][32]byte) []byte {
	for i := range hs {
		b = append(b, hs[i][:]...)
	}
	return b
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
