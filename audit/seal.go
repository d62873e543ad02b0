package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// The sealed part of an event: the details, the secret of their salts, and
// the content keys of the bodies. It is encrypted under the event's or the
// subject's data key.
//
// A body's content key is wrapped by a data key of its own inside the sealed
// part, so that either destroys it: the body's own data key, or the event's.
type sealed struct {
	secret secret // yields the salts of the details, then those of the bodies
	pairs         // the details
	bodies []wrappedKey
}

// wrappedKey is a content key, XORed with a pad that the body's data key yields.
type wrappedKey struct {
	id      uint64 // data key
	wrapped dataKey
}

func wrap(key dataKey, id uint64, content dataKey) wrappedKey {
	w := wrappedKey{id: id, wrapped: pad(key, id)}
	for i := range content {
		w.wrapped[i] ^= content[i]
	}
	return w
}

func (w wrappedKey) unwrap(key dataKey) dataKey {
	return wrap(key, w.id, w.wrapped).wrapped
}

func pad(key dataKey, id uint64) (p dataKey) {
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte("pb-body-key-1"))
	m.Write(binary.BigEndian.AppendUint64(nil, id))
	m.Sum(p[:0])
	return p
}

func (s *sealed) encode(b []byte) []byte {
	b = append(b, s.secret[:]...)
	b = s.pairs.encode(b)
	b = binary.AppendUvarint(b, uint64(len(s.bodies)))
	for _, w := range s.bodies {
		b = binary.BigEndian.AppendUint64(b, w.id)
		b = append(b, w.wrapped[:]...)
	}
	return b
}

func decodeSealed(b []byte) (*sealed, error) {
	d := decoder{b: b}
	s := &sealed{secret: d.half()}
	s.pairs.decode(&d)
	for range d.count(maxBodies) {
		s.bodies = append(s.bodies, wrappedKey{id: d.uint64(), wrapped: d.hash()})
	}
	if d.bad || len(d.b) != 0 {
		return nil, errRecord
	}
	return s, nil
}

// root commits to the details.
func (s *sealed) root(h *hasher) [32]byte {
	return h.details(h.commits(&s.secret, 0, &s.pairs))
}

// bodySalt is the salt of the n-th body.
func (s *sealed) bodySalt(h *hasher, n int) salt { return h.salt(&s.secret, len(s.names)+n) }

// newAEAD is AES-256-GCM with a random nonce before the ciphertext.
func newAEAD(key dataKey) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

var errDecrypt = errors.New("ciphertext does not open under its key")

// encrypt seals text under a data key, after what dst holds; the context is
// bound to it.
func encrypt(dst []byte, key dataKey, text, context []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(dst, nil, text, context), nil
}

func decrypt(key dataKey, box, context []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	text, err := aead.Open(nil, nil, box, context)
	if err != nil {
		return nil, errDecrypt
	}
	return text, nil
}

func newDataKey() (k dataKey) {
	rand.Read(k[:]) // never fails
	return k
}

// mac16 is an HMAC cut to 16 bytes: of search terms and subjects.
func mac16(key dataKey, label, text string) (t [16]byte) {
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(label))
	m.Write([]byte(text))
	var sum [32]byte
	m.Sum(sum[:0])
	copy(t[:], sum[:])
	return t
}

// termText is a term's HMAC as text.
func termText(t [16]byte) string { return hex.EncodeToString(t[:]) }

// commitBody commits to name, media type and content of a body.
func commitBody(h *hasher, s *salt, name, mediaType string, size int64, digest [32]byte) [32]byte {
	return h.commit(s, name, bodyText(mediaType, size, digest))
}

// bodyText is the value that the commitment to a body has.
func bodyText(mediaType string, size int64, digest [32]byte) string {
	value := appendText(make([]byte, 0, 128), mediaType)
	value = binary.BigEndian.AppendUint64(value, uint64(size))
	return string(append(value, digest[:]...))
}
