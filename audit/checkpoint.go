package audit

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint is the head of a log (C2SP tlog-checkpoint), without signatures.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   tlog.Hash
}

// Text is the note text: three lines.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

var errCheckpoint = errors.New("malformed checkpoint")

// ParseCheckpoint reads a note text. Extension lines are not accepted.
func ParseCheckpoint(text string) (Checkpoint, error) {
	origin, rest, ok1 := strings.Cut(text, "\n")
	size, rest, ok2 := strings.Cut(rest, "\n")
	root, rest, ok3 := strings.Cut(rest, "\n")
	if !ok1 || !ok2 || !ok3 || rest != "" || !validName(origin) {
		return Checkpoint{}, errCheckpoint
	}
	n, err := decimal(size, 1<<63-1)
	if err != nil {
		return Checkpoint{}, errCheckpoint
	}
	h, err := tlog.ParseHash(root)
	if err != nil || h.String() != root {
		return Checkpoint{}, errCheckpoint
	}
	return Checkpoint{Origin: origin, Size: n, Root: h}, nil
}

// validName says whether a name can stand in a signature line (C2SP
// signed-note): not empty, no spaces, no plus.
func validName(s string) bool {
	return s != "" && len(s) <= 255 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

// Signature types of C2SP signed-note.
const (
	algEd25519     = 1
	algCosignature = 4
)

// keyHash is the key ID of a signature type, name and public key.
func keyHash(name string, alg byte, key []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{alg})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func vkey(name string, alg byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, key), base64.StdEncoding.EncodeToString(append([]byte{alg}, key...)))
}

// A signKey signs checkpoints (type 1) or cosigns them (types 4 and 6). It is a note.Signer.
type signKey struct {
	name string
	alg  byte
	priv ed25519.PrivateKey
	pq   *mldsaKey        // instead of priv, of type 6
	now  func() time.Time // of cosignatures
}

func (k *signKey) Name() string    { return k.name }
func (k *signKey) KeyHash() uint32 { return keyHash(k.name, k.alg, k.public()) }
func (k *signKey) vkey() string    { return vkey(k.name, k.alg, k.public()) }

func (k *signKey) public() []byte {
	if k.alg == algMLDSA {
		return k.pq.PublicKey().Bytes()
	}
	return k.priv.Public().(ed25519.PublicKey)
}

func (k *signKey) Sign(msg []byte) ([]byte, error) {
	if k.alg == algEd25519 {
		return ed25519.Sign(k.priv, msg), nil
	}
	at := uint64(k.now().Unix())
	if k.alg == algMLDSA {
		sig, err := signMLDSA(k.pq, k.name, at, msg)
		return append(binary.BigEndian.AppendUint64(nil, at), sig...), err
	}
	sig := binary.BigEndian.AppendUint64(make([]byte, 0, 8+ed25519.SignatureSize), at)
	return append(sig, ed25519.Sign(k.priv, cosigned(msg, at))...), nil
}

// cosigned is the message of an Ed25519 cosignature (C2SP tlog-cosignature).
func cosigned(text []byte, at uint64) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), text...)
}

// newLogKey derives the key of one log from the ledger's seed. Each log has a
// key of its own, because a policy must not name one key for two logs (C2SP
// tlog-policy) and a signature for one log must never pass for another's.
func newLogKey(seed []byte, origin string) (*signKey, error) {
	s, err := hkdf.Key(sha256.New, seed, nil, "peacebridge log key\n"+origin, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return &signKey{name: origin, alg: algEd25519, priv: ed25519.NewKeyFromSeed(s)}, nil
}

// parseSeed reads a note signer text: the name and the Ed25519 seed.
func parseSeed(skey string) (name string, seed []byte, err error) {
	skey = strings.TrimSpace(skey)
	if _, err := note.NewSigner(skey); err != nil { // checks everything
		return "", nil, err
	}
	parts := strings.Split(skey, "+")
	// The base64 text may hold plus signs itself.
	key, err := base64.StdEncoding.DecodeString(strings.Join(parts[4:], "+"))
	if err != nil {
		return "", nil, err
	}
	return parts[2], key[1:], nil
}

// A verifyKey verifies checkpoint signatures or cosignatures. It is a note.Verifier.
type verifyKey struct {
	name string
	alg  byte
	hash uint32
	key  []byte
}

var errVkey = errors.New("malformed verifier key")

// cosigns says whether the key is one of a witness.
func (v *verifyKey) cosigns() bool { return v.alg == algCosignature || v.alg == algMLDSA }

// keySizes are those of the signature types, with the type's byte.
var keySizes = map[byte]int{algEd25519: ed25519.PublicKeySize, algCosignature: ed25519.PublicKeySize, algMLDSA: mldsaKeySize}

// parseVkey reads a vkey of type 1 (logs), 4 or 6 (witnesses).
func parseVkey(s string) (*verifyKey, error) {
	name, rest, _ := strings.Cut(s, "+")
	hash, key64, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(key) == 0 || len(key) != 1+keySizes[key[0]] || !validName(name) {
		return nil, errVkey
	}
	v := &verifyKey{name: name, alg: key[0], key: key[1:]}
	if v.alg == algMLDSA && !validMLDSA(v.key) {
		return nil, errVkey
	}
	v.hash = keyHash(name, v.alg, v.key)
	if s != vkey(name, v.alg, v.key) || hash != fmt.Sprintf("%08x", v.hash) {
		return nil, errVkey
	}
	return v, nil
}

func (v *verifyKey) Name() string    { return v.name }
func (v *verifyKey) KeyHash() uint32 { return v.hash }

func (v *verifyKey) Verify(msg, sig []byte) bool {
	if v.alg == algEd25519 {
		return ed25519.Verify(v.key, msg, sig)
	}
	if len(sig) < 8 {
		return false
	}
	at, sig := binary.BigEndian.Uint64(sig), sig[8:]
	switch {
	case at >= 1<<63:
		return false
	case v.alg == algMLDSA:
		return len(sig) == mldsaSigSize && verifyMLDSA(v.key, v.name, at, msg, sig)
	}
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(v.key, cosigned(msg, at), sig)
}

// openCheckpoint verifies a checkpoint with the log's key and returns the
// verified note, with the cosignatures of the given witnesses in its Sigs.
func openCheckpoint(msg []byte, log *verifyKey, witnesses ...note.Verifier) (Checkpoint, *note.Note, error) {
	n, err := note.Open(msg, note.VerifierList(append([]note.Verifier{log}, witnesses...)...))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	signed := false
	for _, s := range n.Sigs {
		signed = signed || s.Name == log.name && s.Hash == log.hash
	}
	if !signed {
		return Checkpoint{}, nil, errors.New("checkpoint is not signed by its log")
	}
	c, err := ParseCheckpoint(n.Text)
	if err == nil && c.Origin != log.name {
		err = fmt.Errorf("checkpoint of %s, expected %s", c.Origin, log.name)
	}
	return c, n, err
}

// sigTime is the time inside a cosignature.
func sigTime(s note.Signature) time.Time {
	b, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(b) < 12 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b[4:])), 0).UTC()
}
