package crypto

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

var (
	// ErrNoKey says that no key of the wanted owner, use and profile may be put to work at that instant.
	ErrNoKey = errors.New("no key in force")
	// ErrDuplicateKey says that a key is already in the ring, under whatever owner or use.
	ErrDuplicateKey = errors.New("key is already in the keyring")
)

// Keyring holds an agency's private keys and the public keys of its peers. It is safe for concurrent use.
//
// Keys rotate with overlap: a new key is added with a NotBefore some days ahead, the peers learn it, and when its day
// comes it signs because it is the newest in force. The old one stays: it verifies what it signed and opens what was
// encrypted to it, and never signs again.
//
// Every key is in the ring once, by its thumbprint. One key under two owners would let one speak for the other; one key
// under two uses would let a decryption answer a signature.
type Keyring struct {
	agency string

	mu    sync.RWMutex
	own   map[string]*PrivateKey
	peers map[string]peerKey

	// A token that names an unknown key is worked on with these, so that it takes the time of one that names a known key.
	decoys [2]decoy
}

type peerKey struct {
	agency string
	key    PublicKey
}

type decoy struct {
	decryption *PrivateKey
	signing    PublicKey
}

// NewKeyring makes an empty keyring for an agency.
func NewKeyring(agency string) (*Keyring, error) {
	if err := checkAgency(agency); err != nil {
		return nil, err
	}
	k := &Keyring{agency: agency, own: map[string]*PrivateKey{}, peers: map[string]peerKey{}}
	for p := range k.decoys {
		d, err := Profile(p).GenerateEncryption()
		if err != nil {
			return nil, err
		}
		s, err := Profile(p).GenerateSigning()
		if err != nil {
			return nil, err
		}
		k.decoys[p] = decoy{d, s.Public()}
	}
	return k, nil
}

// checkAgency holds an agency's id to a form that is safe as a folder's name: "ca.cbsa".
func checkAgency(id string) error {
	ok := id != "" && len(id) <= 64
	for part := range strings.SplitSeq(id, ".") {
		ok = ok && part != "" && strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	}
	if !ok {
		return fmt.Errorf("agency %q: not lower-case parts with dots between", id)
	}
	return nil
}

// Agency is the owner of the ring.
func (k *Keyring) Agency() string { return k.agency }

// AddOwn adds a private key.
func (k *Keyring) AddOwn(key *PrivateKey) error {
	if key == nil || key.key == nil {
		return fmt.Errorf("%w: empty key", ErrKey)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.has(key.ID()) {
		return fmt.Errorf("%w: %s", ErrDuplicateKey, key.ID())
	}
	own := *key
	k.own[key.ID()] = &own
	return nil
}

// AddPeer adds a public key of another agency.
func (k *Keyring) AddPeer(agency string, key PublicKey) error {
	if err := checkAgency(agency); err != nil {
		return err
	}
	if agency == k.agency {
		return fmt.Errorf("%w: %s is the ring's owner, not a peer", ErrKey, agency)
	}
	if key.key == nil {
		return fmt.Errorf("%w: empty key", ErrKey)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.has(key.id) {
		return fmt.Errorf("%w: %s", ErrDuplicateKey, key.id)
	}
	k.peers[key.id] = peerKey{agency, key}
	return nil
}

func (k *Keyring) has(id string) bool {
	return k.own[id] != nil || k.peers[id].key.key != nil
}

// Retire ends the working life of a key at an instant: from then on it neither signs nor is encrypted to.
// A key that was to end earlier keeps its end.
func (k *Keyring) Retire(id string, at time.Time) error {
	return k.change(id, func(v *Validity) {
		if v.NotAfter.IsZero() || at.Before(v.NotAfter) {
			v.NotAfter = at
		}
	})
}

// Revoke says that a key is compromised from an instant on. An earlier revocation stays.
func (k *Keyring) Revoke(id string, at time.Time) error {
	return k.change(id, func(v *Validity) {
		if v.Revoked.IsZero() || at.Before(v.Revoked) {
			v.Revoked = at
		}
	})
}

func (k *Keyring) change(id string, f func(*Validity)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if own := k.own[id]; own != nil {
		changed := *own // others may hold the old one
		f(&changed.Validity)
		k.own[id] = &changed
		return nil
	}
	if p, ok := k.peers[id]; ok {
		f(&p.key.Validity)
		k.peers[id] = p
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNoKey, id)
}

// Rotate adds a new own key that takes over at an instant, and lives as long as its use allows. Give the peers time to
// learn it: days, not minutes.
func (k *Keyring) Rotate(use Use, p Profile, from time.Time) (PublicKey, error) {
	key, err := p.generate(use)
	if err != nil {
		return PublicKey{}, err
	}
	life := SigningLife
	if use == Encryption {
		life = EncryptionLife
	}
	from = from.Truncate(time.Second).UTC()
	key.Validity = Validity{NotBefore: from, NotAfter: from.Add(life)}
	return key.Public(), k.AddOwn(key)
}

// How long a rotated key works. Private decryption keys are kept as long as what was encrypted to them is kept.
const (
	SigningLife    = 90 * 24 * time.Hour
	EncryptionLife = 365 * 24 * time.Hour
)

// Published are the own public keys that a peer needs from an instant on: all that are not over and not revoked.
func (k *Keyring) Published(now time.Time) []PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var keys []PublicKey
	for _, own := range k.own {
		v := own.Validity
		if !v.revokedAt(now) && (v.NotAfter.IsZero() || now.Before(v.NotAfter)) {
			keys = append(keys, own.Public())
		}
	}
	slices.SortFunc(keys, newestFirst)
	return keys
}

// Keys are all public keys of an agency, the ring's owner included, whatever their dates.
func (k *Keyring) Keys(agency string) []PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var keys []PublicKey
	if agency == k.agency {
		for _, own := range k.own {
			keys = append(keys, own.Public())
		}
	}
	for _, p := range k.peers {
		if p.agency == agency {
			keys = append(keys, p.key)
		}
	}
	slices.SortFunc(keys, newestFirst)
	return keys
}

// Find returns a key of an agency, the ring's owner included, by its thumbprint.
func (k *Keyring) Find(agency, id string) (PublicKey, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if own := k.own[id]; own != nil && agency == k.agency {
		return own.Public(), true
	}
	p, ok := k.peers[id]
	return p.key, ok && p.agency == agency
}

// Recipient is the key to which a record for the agency is encrypted at an instant.
func (k *Keyring) Recipient(agency string, p Profile, now time.Time) (PublicKey, error) {
	for _, key := range k.Keys(agency) {
		if key.use == Encryption && key.profile == p && key.Validity.covers(now) {
			return key, nil
		}
	}
	return PublicKey{}, fmt.Errorf("%s: encryption, %v: %w", agency, p, ErrNoKey)
}

// signer is the own key that signs at an instant: the newest in force.
func (k *Keyring) signer(p Profile, now time.Time) (*PrivateKey, error) {
	return k.newest(p, func(v Validity) bool { return v.covers(now) })
}

func (k *Keyring) newest(p Profile, fits func(Validity) bool) (*PrivateKey, error) {
	for _, key := range k.Keys(k.agency) {
		if key.use != Signing || key.profile != p || !fits(key.Validity) {
			continue
		}
		k.mu.RLock()
		own := k.own[key.id]
		k.mu.RUnlock()
		return own, nil
	}
	return nil, fmt.Errorf("%s: signing, %v: %w", k.agency, p, ErrNoKey)
}

// decryption is the own key that a token names, or a decoy of equal work.
func (k *Keyring) decryption(id string, p Profile) (key *PrivateKey, known bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if own := k.own[id]; own != nil && own.Use() == Encryption && own.Profile() == p {
		return own, true
	}
	return k.decoys[p].decryption, false
}

// verification is the key that a token names, if it is the issuer's and for signing, or a decoy of equal work.
func (k *Keyring) verification(issuer, id string, p Profile) (key PublicKey, known bool) {
	key, ok := k.Find(issuer, id)
	if ok && key.use == Signing && key.profile == p {
		return key, true
	}
	return k.decoys[p].signing, false
}

// newestFirst orders keys by the start of their life, and equal ones in a way that every run repeats.
func newestFirst(a, b PublicKey) int {
	return cmp.Or(b.Validity.NotBefore.Compare(a.Validity.NotBefore), cmp.Compare(a.id, b.id))
}
