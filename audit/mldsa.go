package audit

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"filippo.io/mldsa"
)

// ML-DSA-44 cosignatures (C2SP tlog-cosignature, type 0x06; FIPS 204) hold also
// against quantum computers. They are beside the Ed25519 signatures, never
// instead of them, and only on published heads: one has 2,420 bytes. Unlike the
// Ed25519 form the signed message names the cosigner and the log, so that one
// key may sign for all logs of a ledger.
//
// This file alone knows the library: crypto/mldsa comes with Go 1.27.

const (
	algMLDSA      = 6
	mldsaKeySize  = mldsa.MLDSA44PublicKeySize
	mldsaSigSize  = mldsa.MLDSA44SignatureSize
	mldsaSeedSize = mldsa.PrivateKeySize
)

// mldsaKey is the library's private key.
type mldsaKey = mldsa.PrivateKey

// newMLDSAKey derives a cosigner's key from the seed of its Ed25519 key.
func newMLDSAKey(name string, seed []byte) (*signKey, error) {
	s, err := hkdf.Key(sha256.New, seed, nil, "peacebridge ml-dsa-44 key\n"+name, mldsaSeedSize)
	if err != nil {
		return nil, err
	}
	priv, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), s)
	if err != nil {
		return nil, err
	}
	return &signKey{name: name, alg: algMLDSA, pq: priv}, nil
}

// mldsaMessage is the cosigned_message of a checkpoint. Extension lines are not
// in it, and ours have none.
func mldsaMessage(cosigner string, at uint64, text []byte) ([]byte, error) {
	c, err := ParseCheckpoint(string(text))
	if err != nil {
		return nil, err
	}
	if len(cosigner) > 255 || len(c.Origin) > 255 {
		return nil, errCheckpoint
	}
	b := append([]byte("subtree/v1\n\x00"), byte(len(cosigner)))
	b = append(b, cosigner...)
	b = binary.BigEndian.AppendUint64(b, at)
	b = append(append(b, byte(len(c.Origin))), c.Origin...)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, c.Size)
	return append(b, c.Root[:]...), nil
}

func signMLDSA(key *mldsaKey, name string, at uint64, text []byte) ([]byte, error) {
	msg, err := mldsaMessage(name, at, text)
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(nil, msg, nil)
	if err == nil && len(sig) != mldsaSigSize {
		err = errors.New("ml-dsa: signature of another size")
	}
	return sig, err
}

func verifyMLDSA(key []byte, name string, at uint64, text, sig []byte) bool {
	pub, err := mldsa.NewPublicKey(mldsa.MLDSA44(), key)
	if err != nil {
		return false
	}
	msg, err := mldsaMessage(name, at, text)
	return err == nil && mldsa.Verify(pub, msg, sig, nil) == nil
}

// validMLDSA says whether bytes are a public key.
func validMLDSA(key []byte) bool {
	_, err := mldsa.NewPublicKey(mldsa.MLDSA44(), key)
	return err == nil
}
