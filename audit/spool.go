package audit

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Bodies larger than 64 KiB are files in ledger/bodies, named by the SHA-256
// of their ciphertext. A file is a sequence of 64 KiB chunks, each sealed with
// AES-256-GCM under the body's content key; the chunk's number and whether it
// is the last are bound to it (as in STREAM), so that chunks can be neither
// moved nor cut off.
const chunkSize = 64 << 10

// spools are the bodies that wait for their event.
type spools struct {
	dir string
	mu  sync.Mutex
	all map[string]*spooled
}

// spooled is a body that was received.
type spooled struct {
	Spooled
	data    []byte // small: kept here until its event
	content dataKey
	cipher  [32]byte
}

// A Spool is a body being received: Write, then Commit. Abort when it is not
// wanted, also after Commit; once an event names the body, Abort does nothing.
type Spool struct {
	home    *spools
	file    *os.File // nil while everything fits into buf
	buf     []byte
	aead    cipher.AEAD
	content dataKey
	chunks  uint64
	size    int64
	digest  hash.Hash
	sum     hash.Hash // of the ciphertext
	name    string    // after Commit
}

// Spooled is a body on disk, synced and encrypted, waiting for its event.
type Spooled struct {
	File   string   // for Body.File
	Digest [32]byte // SHA-256 of the content
	Size   int64
}

func newSpools(dir string) (*spools, error) {
	if err := os.MkdirAll(filepath.Join(dir, "incoming"), 0o700); err != nil {
		return nil, err
	}
	return &spools{dir: dir, all: map[string]*spooled{}}, nil
}

func (s *spools) start() (*Spool, error) {
	content := newDataKey()
	aead, err := newAEAD(content)
	if err != nil {
		return nil, err
	}
	return &Spool{home: s, content: content, aead: aead, digest: sha256.New(), sum: sha256.New()}, nil
}

// Write takes the next bytes of the body.
func (s *Spool) Write(p []byte) (int, error) {
	if s.name != "" {
		return 0, os.ErrClosed
	}
	s.digest.Write(p)
	s.size += int64(len(p))
	written := len(p)
	for len(s.buf)+len(p) > chunkSize {
		n := chunkSize - len(s.buf)
		s.buf = append(s.buf, p[:n]...)
		p = p[n:]
		if err := s.chunk(false); err != nil {
			return 0, err
		}
	}
	s.buf = append(s.buf, p...)
	return written, nil
}

// chunk seals what is buffered and writes it.
func (s *Spool) chunk(last bool) error {
	if s.file == nil {
		f, err := os.CreateTemp(filepath.Join(s.home.dir, "incoming"), "*.part")
		if err != nil {
			return err
		}
		s.file = f
	}
	box := s.aead.Seal(nil, nil, s.buf, chunkContext(s.chunks, last))
	s.sum.Write(box)
	s.chunks++
	s.buf = s.buf[:0]
	_, err := s.file.Write(box)
	return err
}

func chunkContext(n uint64, last bool) []byte {
	b := binary.BigEndian.AppendUint64([]byte("pb-chunk-1"), n)
	if last {
		return append(b, 1)
	}
	return append(b, 0)
}

// Commit syncs the body. It is swept at the next start unless an event names it.
func (s *Spool) Commit() (Spooled, error) {
	if s.name != "" {
		return Spooled{}, os.ErrClosed
	}
	out := &spooled{Spooled: Spooled{Size: s.size}, content: s.content}
	s.digest.Sum(out.Digest[:0])
	if s.file == nil {
		out.data = bytes.Clone(s.buf)
		id := newDataKey() // just a random number
		out.File = "small-" + hex.EncodeToString(id[:16])
	} else if err := s.finish(out); err != nil {
		return Spooled{}, errors.Join(err, s.Abort())
	}
	s.name = out.File
	s.home.mu.Lock()
	s.home.all[s.name] = out
	s.home.mu.Unlock()
	return out.Spooled, nil
}

// finish makes the file durable under its final name.
func (s *Spool) finish(out *spooled) error {
	if err := s.chunk(true); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	if err := s.file.Close(); err != nil {
		return err
	}
	s.sum.Sum(out.cipher[:0])
	path := bodyPath(s.home.dir, out.cipher)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(s.file.Name(), path); err != nil {
		return err
	}
	out.File = hex.EncodeToString(out.cipher[:])
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	return syncDir(s.home.dir) // the folder itself may be new
}

// Abort removes what was received, unless an event has it.
func (s *Spool) Abort() error {
	if s.name != "" {
		return s.home.drop(s.name)
	}
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	_ = s.file.Close() // closed already when finish got far enough
	s.file = nil
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// drop forgets a body that no event names.
func (s *spools) drop(name string) error {
	s.mu.Lock()
	b := s.all[name]
	delete(s.all, name)
	s.mu.Unlock()
	if b == nil || b.data != nil || b.Size == 0 {
		return nil
	}
	return os.Remove(bodyPath(s.dir, b.cipher))
}

func (s *spools) get(name string) *spooled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

// adopted is called when an event has the body.
func (s *spools) adopted(name string) {
	s.mu.Lock()
	delete(s.all, name)
	s.mu.Unlock()
}

func bodyPath(dir string, cipherHash [32]byte) string {
	name := hex.EncodeToString(cipherHash[:])
	return filepath.Join(dir, name[:2], name)
}

// sweep removes unfinished files and those that no event names.
func (s *spools) sweep(owned func(hash [32]byte) (bool, error)) error {
	parts, err := filepath.Glob(filepath.Join(s.dir, "incoming", "*"))
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "??", "*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		name, err := hex.DecodeString(filepath.Base(f))
		if err != nil || len(name) != 32 {
			continue
		}
		ok, err := owned([32]byte(name))
		if err != nil {
			return err
		}
		if !ok {
			parts = append(parts, f)
		}
	}
	for _, f := range parts {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	return nil
}

// A bodyReader decrypts a body file.
type bodyReader struct {
	file *os.File
	r    *bufio.Reader
	aead cipher.AEAD
	n    uint64
	buf  []byte // not yet read
	done bool
}

func openBodyFile(path string, content dataKey) (*bodyReader, error) {
	aead, err := newAEAD(content)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &bodyReader{file: f, r: bufio.NewReader(f), aead: aead}, nil
}

func (b *bodyReader) Read(p []byte) (int, error) {
	for len(b.buf) == 0 {
		if b.done {
			return 0, io.EOF
		}
		box := make([]byte, chunkSize+b.aead.Overhead())
		n, err := io.ReadFull(b.r, box)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, errDecrypt // the last chunk is missing
		}
		_, peek := b.r.Peek(1)
		b.done = peek != nil
		if b.buf, err = b.aead.Open(box[:0], nil, box[:n], chunkContext(b.n, b.done)); err != nil {
			return 0, errDecrypt
		}
		b.n++
	}
	n := copy(p, b.buf)
	b.buf = b.buf[n:]
	return n, nil
}

func (b *bodyReader) Close() error { return b.file.Close() }
