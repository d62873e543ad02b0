package audit

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// storeKeys encrypt what store and journal would keep in clear: headers, kinds,
// times and state. (Details and bodies are encrypted under data keys anyway.)
// They are lines of ledger/keys/store.key, newest last. Badger's own keys are
// wrapped by the newest one; a frame of the journal names the key that it is
// under, so that earlier ones are kept. No file: nothing is encrypted.
type storeKeys []dataKey

const storeKeyFile = "store.key"

func readStoreKeys(dir string) (storeKeys, error) {
	b, err := os.ReadFile(filepath.Join(dir, storeKeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys storeKeys
	for line := range strings.Lines(string(b)) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, "\n"))
		if err != nil || len(key) != len(dataKey{}) {
			return nil, fmt.Errorf("%s: line %d is not a key", filepath.Join(dir, storeKeyFile), len(keys)+1)
		}
		keys = append(keys, dataKey(key))
	}
	return keys, nil
}

// addStoreKey makes a new newest key.
func addStoreKey(dir string) error {
	keys, err := readStoreKeys(dir)
	if err != nil {
		return err
	}
	var key dataKey
	rand.Read(key[:]) // never fails
	var b []byte
	for _, k := range append(keys, key) {
		b = append(base64.StdEncoding.AppendEncode(b, k[:]), '\n')
	}
	return writeDurable(filepath.Join(dir, storeKeyFile), b)
}

// newest is the key in use, nil when there is none.
func (k storeKeys) newest() []byte {
	if len(k) == 0 {
		return nil
	}
	return k[len(k)-1][:]
}

// Rekey gives a stopped ledger a new store key: what store and journal write
// from now on is under it. A ledger that was not encrypted is from now on; what
// was written before stays in clear until Badger rewrites it, in the journal
// for ever. The store itself takes over the key at the next start.
func Rekey(c Config) (err error) {
	if err := c.prepare(); err != nil {
		return err
	}
	lock, err := lockFolder(c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return addStoreKey(filepath.Join(c.Dir, "keys"))
}

// frameBoxes are the ciphers of the journal's frames, one for each key.
func (k storeKeys) frameBoxes() ([]cipher.AEAD, error) {
	var out []cipher.AEAD
	for _, key := range k {
		derived, err := hkdf.Key(sha256.New, key[:], nil, "peacebridge journal frame", len(key))
		if err != nil {
			return nil, err
		}
		box, err := newAEAD(dataKey(derived))
		if err != nil {
			return nil, err
		}
		out = append(out, box)
	}
	return out, nil
}

// sealFrame appends a payload under the newest key: the number of the key, and
// what AES-GCM makes of the payload. The number of the batch is bound to it.
func sealFrame(boxes []cipher.AEAD, dst, payload, number []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(boxes)))
	return boxes[len(boxes)-1].Seal(dst, nil, payload, number)
}

// openFrame is the inverse of sealFrame.
func openFrame(boxes []cipher.AEAD, sealed []byte, number uint64) ([]byte, error) {
	if len(sealed) < 4 {
		return nil, errDecrypt
	}
	n := binary.BigEndian.Uint32(sealed)
	if n == 0 || uint64(n) > uint64(len(boxes)) {
		return nil, fmt.Errorf("written under key %d, which %s has not", n, storeKeyFile)
	}
	payload, err := boxes[n-1].Open(nil, nil, sealed[4:], binary.BigEndian.AppendUint64(nil, number))
	if err != nil {
		return nil, errDecrypt
	}
	return payload, nil
}
