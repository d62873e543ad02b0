package crypto

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A keyring on disk is one JWK a file:
//
//	own/sig-<thumbprint>.jwk           private, readable by its owner alone
//	own/enc-<thumbprint>.jwk
//	peers/us.cbp/sig-<thumbprint>.jwk  public
//
// The names are for people; what counts is inside the file.
const (
	ownFolder   = "own"
	peersFolder = "peers"
	keyFileMode = 0o600
)

// CreateKeyring makes a keyring with one signing and one encryption key of the profile P-256, in force from now, and
// saves it below dir. Where there are own keys already it refuses (fs.ErrExist): keys are never made over keys.
func CreateKeyring(dir, agency string, now time.Time) (*Keyring, error) {
	k, err := NewKeyring(agency)
	if err != nil {
		return nil, err
	}
	files, err := keyFiles(filepath.Join(dir, ownFolder))
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		return nil, fmt.Errorf("keyring %s: %w", dir, fs.ErrExist)
	}
	for _, use := range []Use{Signing, Encryption} {
		if _, err := k.Rotate(use, P256, now); err != nil {
			return nil, err
		}
	}
	return k, k.Save(dir)
}

// LoadKeyring reads a keyring. A file that is not a key, or a private one that others may read, is an error: a gateway
// that starts with half its keys fails later, and worse.
func LoadKeyring(dir, agency string) (*Keyring, error) {
	k, err := NewKeyring(agency)
	if err != nil {
		return nil, err
	}
	if err := k.loadOwn(filepath.Join(dir, ownFolder)); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(dir, peersFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if err := k.loadPeer(filepath.Join(dir, peersFolder, e.Name()), e.Name()); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *Keyring) loadOwn(dir string) error {
	files, err := keyFiles(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s: %w: mode %04o lets others read a private key, want %04o", file, ErrKey, info.Mode().Perm(), keyFileMode)
		}
		b, err := readKeyFile(file)
		if err != nil {
			return err
		}
		key, err := ParsePrivateKey(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := k.AddOwn(key); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func (k *Keyring) loadPeer(dir, agency string) error {
	files, err := keyFiles(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		b, err := readKeyFile(file)
		if err != nil {
			return err
		}
		key, err := ParsePublicKey(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := k.AddPeer(agency, key); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func keyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".jwk") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

func readKeyFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only: nothing is lost
	return io.ReadAll(io.LimitReader(f, maxJWK+1))
}

// Save writes every key of the ring below dir, each file whole and synced before it takes its name. Files of keys that
// are not in the ring stay: a private key is never deleted in passing.
func (k *Keyring) Save(dir string) error {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.own {
		b, err := key.Marshal()
		if err != nil {
			return err
		}
		if err := writeKeyFile(filepath.Join(dir, ownFolder), key.Public(), b); err != nil {
			return err
		}
	}
	for _, p := range k.peers {
		if err := writeKeyFile(filepath.Join(dir, peersFolder, p.agency), p.key, p.key.JWK()); err != nil {
			return err
		}
	}
	return nil
}

func writeKeyFile(dir string, key PublicKey, jwk []byte) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(append(jwk, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	name := string(key.use) + "-" + strings.TrimPrefix(key.id, "sha256:") + ".jwk"
	if err = os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
