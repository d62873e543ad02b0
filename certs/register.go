package certs

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// maxLine bounds one line of the register; the longest, a certificate with 32 hosts, has about 12 KB.
	maxLine = 64 << 10
	// lockWait is how long an operation waits for another process (a command beside a serving gateway) to finish its own.
	lockWait = 10 * time.Second
)

// Kinds of lines in the register. A line of another kind was written by a newer version and stops this one.
const (
	kindAuthority = "authority" // the first line: whose register this is
	kindToken     = "token"     // a token was made
	kindVoid      = "void"      // an unspent token was withdrawn
	kindIssued    = "issued"    // a certificate was issued; names the token that it spent, if any
	kindRevoked   = "revoked"
	kindCRL       = "crl" // a revocation list with this number was made
)

// line is one entry of register.jsonl. Members that do not belong to its kind are absent.
type line struct {
	Kind        string    `json:"kind"`
	At          time.Time `json:"at"`
	Agency      string    `json:"agency,omitempty"`
	CA          string    `json:"ca,omitempty"`    // fingerprint
	Token       string    `json:"token,omitempty"` // hash
	Identity    *Identity `json:"identity,omitempty"`
	Hosts       []string  `json:"hosts,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`
	Serial      string    `json:"serial,omitempty"`
	Key         string    `json:"key,omitempty"`
	Renews      string    `json:"renews,omitempty"` // serial
	NotBefore   time.Time `json:"notBefore,omitzero"`
	NotAfter    time.Time `json:"notAfter,omitzero"`
	Certificate []byte    `json:"certificate,omitempty"` // DER; evidence, not kept in memory
	Reason      string    `json:"reason,omitempty"`
	Number      int64     `json:"number,omitempty"`
}

// register is the authority's memory: an append-only file and what follows from it. Several processes may use one register
// (a serving gateway and a command): each change happens under a lock on the file, after reading what others appended.
//
// A line counts once its newline is on disk. A crash can leave a part of a last line: nobody was told about it, so the next
// writer cuts it off. A whole line that cannot be read is damage, and stops the authority rather than being skipped:
// it might be a revocation.
type register struct {
	mu     sync.Mutex
	file   *os.File
	offset int64 // end of the last whole line that was applied
	broken error // after a failed sync nobody knows what is on disk

	agency  string
	ca      string
	tokens  map[string]*tokenRecord // by tokenID
	issued  []*Issued               // in order
	serials map[string]*Issued
	keys    map[string]bool
	crl     int64 // number of the newest revocation list
	dirty   bool  // something was revoked since
}

func openRegister(name string) (*register, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	r := &register{
		file:    f,
		tokens:  map[string]*tokenRecord{},
		serials: map[string]*Issued{},
		keys:    map[string]bool{},
	}
	if err := r.view(func() {}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// update runs decide with the register locked and current, and makes the lines that it returns durable before it returns
// itself. When decide refuses, nothing is written.
func (r *register) update(decide func() ([]line, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.lockFile(syscall.LOCK_EX); err != nil {
		return err
	}
	defer r.unlockFile()
	if err := r.refresh(); err != nil {
		return err
	}
	lines, err := decide()
	if err != nil || len(lines) == 0 {
		return err
	}
	return r.append(lines)
}

// view runs fn with the register as current as it can be read; the error says if that was not all of it.
func (r *register) view(fn func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.lockFile(syscall.LOCK_SH)
	if err == nil {
		err = r.refresh()
		r.unlockFile()
	}
	fn()
	return err
}

func (r *register) append(lines []line) error {
	var buf bytes.Buffer
	for _, l := range lines {
		b, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("register: %w", err)
		}
		if len(b) >= maxLine {
			return fmt.Errorf("register: line of %d bytes, at most %d allowed", len(b), maxLine)
		}
		buf.Write(b)
		buf.WriteByte('\n')
	}
	// What a crashed writer left behind the last whole line goes first.
	if err := r.file.Truncate(r.offset); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if _, err := r.file.Write(buf.Bytes()); err != nil {
		// Not told to anybody; best effort to leave no half line. The next writer would cut it off too.
		_ = r.file.Truncate(r.offset)
		return fmt.Errorf("register: %w", err)
	}
	if err := r.file.Sync(); err != nil {
		r.broken = fmt.Errorf("register: sync: %w", err)
		return r.broken
	}
	return r.refresh()
}

// refresh applies the whole lines that were appended since the last time, by us or by another process.
func (r *register) refresh() error {
	if r.broken != nil {
		return r.broken
	}
	info, err := r.file.Stat()
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	switch {
	case info.Size() == r.offset:
		return nil
	case info.Size() < r.offset:
		r.broken = errors.New("register: shorter than before; was it restored from a backup?")
		return r.broken
	}
	in := bufio.NewReaderSize(io.NewSectionReader(r.file, r.offset, info.Size()-r.offset), maxLine)
	for {
		b, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // the rest is no whole line
		}
		if err == nil {
			err = r.apply(b)
		}
		if err != nil {
			r.broken = fmt.Errorf("register: offset %d: %w", r.offset, err)
			return r.broken
		}
		r.offset += int64(len(b))
	}
}

// apply is the only function that changes the state in memory.
func (r *register) apply(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var l line
	if err := dec.Decode(&l); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one value in a line")
	}
	if (l.Kind == kindAuthority) != (r.ca == "") {
		return errors.New("the authority line must be the first and only the first")
	}
	switch l.Kind {
	case kindAuthority:
		r.agency, r.ca = l.Agency, l.CA
	case kindToken:
		if len(l.Token) != 64 || l.Identity == nil {
			return errors.New("token line without hash or identity")
		}
		r.tokens[tokenID(l.Token)] = &tokenRecord{Hash: l.Token, Identity: *l.Identity, Hosts: l.Hosts, Expires: l.Expires}
	case kindVoid:
		t := r.token(l.Token)
		if t == nil {
			return errors.New("unknown token")
		}
		t.void = true
	case kindIssued:
		return r.applyIssued(l)
	case kindRevoked:
		c := r.serials[l.Serial]
		if c == nil {
			return errors.New("unknown serial")
		}
		if c.RevokedAt.IsZero() {
			c.RevokedAt = l.At
		}
		c.Reason = l.Reason
		r.dirty = true
	case kindCRL:
		r.crl, r.dirty = l.Number, false
	default:
		return fmt.Errorf("unknown kind %.20q", l.Kind)
	}
	return nil
}

func (r *register) applyIssued(l line) error {
	if l.Identity == nil || l.Serial == "" || r.serials[l.Serial] != nil {
		return errors.New("issued line without identity or with a serial that exists")
	}
	by := "operator"
	switch {
	case l.Token != "":
		t := r.token(l.Token)
		if t == nil || t.spent {
			return errors.New("unknown or spent token")
		}
		t.spent = true
		by = "token:" + tokenID(l.Token)
	case l.Renews != "":
		by = renewalOf(l.Renews)
	}
	c := &Issued{
		Serial: l.Serial, Identity: *l.Identity, Hosts: l.Hosts, Key: l.Key, By: by, Fingerprint: fingerprint(l.Certificate),
		IssuedAt: l.At, NotBefore: l.NotBefore, NotAfter: l.NotAfter,
	}
	r.issued = append(r.issued, c)
	r.serials[c.Serial] = c
	r.keys[c.Key] = true
	return nil
}

// token finds a token by its hash, comparing all of it in constant time: how long it takes says nothing about the hashes
// that are stored.
func (r *register) token(hash string) *tokenRecord {
	if len(hash) != 64 {
		return nil
	}
	t := r.tokens[tokenID(hash)]
	if t == nil || subtle.ConstantTimeCompare([]byte(t.Hash), []byte(hash)) != 1 {
		return nil
	}
	return t
}

func (r *register) lockFile(how int) error {
	for deadline := time.Now().Add(lockWait); ; time.Sleep(2 * time.Millisecond) {
		err := syscall.Flock(int(r.file.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) || time.Now().After(deadline) {
			return fmt.Errorf("register: lock: %w", err)
		}
	}
}

func (r *register) unlockFile() {
	_ = syscall.Flock(int(r.file.Fd()), syscall.LOCK_UN) // the kernel also drops it with the file
}

func (r *register) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken == nil {
		r.broken = errors.New("register: closed")
	}
	return r.file.Close()
}
