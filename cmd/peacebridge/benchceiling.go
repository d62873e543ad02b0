package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"peacebridge/crypto"
	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// A ceiling does what documents cost at the least, with nothing around it: no
// connection, no agreement, no ledger, no state.
type ceiling struct {
	manifest  []byte
	workers   int
	reads     *mapping.Guide
	writes    map[string]*mapping.Guide // by class
	params    mapping.Params
	cbp, cbsa *crypto.Keyring
	file      *syncedFile
}

// inbox of CBSA's system: which guide writes a class there.
var ceilingGuides = map[string]string{cargo.CargoReport: "cbsa/highway/cuscar", cargo.ConveyanceReport: "cbsa/highway/cusrep"}

func newCeiling(d *demo, inFlight int) (*ceiling, error) {
	l, err := mapping.Builtin()
	if err != nil {
		return nil, err
	}
	c := &ceiling{workers: max(inFlight, 4*runtime.GOMAXPROCS(0)), writes: map[string]*mapping.Guide{}}
	var ok bool
	if c.reads, ok = l.Guide("cbp/truck/309"); !ok {
		return nil, errors.New("no guide reads the manifest")
	}
	for class, name := range ceilingGuides {
		if c.writes[class], ok = l.Guide(name); !ok {
			return nil, fmt.Errorf("no guide %s", name)
		}
	}
	if c.manifest, err = document("1-manifest.x12", d.started); err != nil {
		return nil, err
	}
	if err := c.openRings(d); err != nil {
		return nil, err
	}
	rules, err := mapping.LoadRules(os.DirFS(filepath.Join(d.sides[0].home, "rules")))
	if err != nil {
		return nil, err
	}
	c.params = mapping.Params{At: d.started, Rules: rules, Sender: edi.Address{Qualifier: "ZZ", ID: "US-CBP"}, Receiver: edi.Address{Qualifier: "ZZ", ID: "CA-CBSA"}}
	c.file, err = newSyncedFile(filepath.Join(d.dir, "ceiling"))
	return c, err
}

// openRings loads both agencies' keys and shows each the other's.
func (c *ceiling) openRings(d *demo) error {
	rings := make([]*crypto.Keyring, len(d.sides))
	for i, s := range d.sides {
		var err error
		if rings[i], err = crypto.LoadKeyring(filepath.Join(s.home, "keys"), s.agency); err != nil {
			return err
		}
	}
	for i, s := range d.sides {
		for _, k := range rings[i].Published(time.Now()) {
			if err := rings[1-i].AddPeer(s.agency, k); err != nil {
				return err
			}
		}
	}
	c.cbsa, c.cbp = rings[0], rings[1]
	return nil
}

func (c *ceiling) close() { _ = c.file.f.Close() } // its folder is removed next

// run works for a while on all processors.
func (c *ceiling) run(ctx context.Context, d time.Duration) (tally, error) {
	began := time.Now()
	working, stop := context.WithDeadline(ctx, began.Add(d))
	defer stop()
	var done tally
	var mu sync.Mutex
	g := new(errgroup.Group)
	for range c.workers {
		g.Go(func() error {
			n := 0
			for n == 0 || working.Err() == nil {
				if err := c.one(); err != nil {
					return err
				}
				n++
			}
			mu.Lock()
			defer mu.Unlock()
			done.documents += n
			return nil
		})
	}
	err := g.Wait()
	done.took = time.Since(began)
	return done, errors.Join(err, ctx.Err())
}

// one is the work of one manifest.
func (c *ceiling) one() error {
	m, err := edi.NewReader(bytes.NewReader(c.manifest), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return c.reads.Spec(), nil }}).Next()
	if err != nil {
		return err
	}
	rec, _, err := c.reads.Read(m, mapping.Params{At: c.params.At})
	if err != nil {
		return err
	}
	var accepted []byte
	var envelopes [][]byte
	for u := range cargo.Units(rec, uuid.NewString) {
		env, err := c.seal(u)
		if err != nil {
			return err
		}
		envelopes = append(envelopes, env)
		accepted = append(accepted, env...)
	}
	if err := c.file.append(append(accepted, c.manifest...)); err != nil {
		return err
	}
	for _, env := range envelopes {
		receipt, err := c.open(env)
		if err != nil {
			return err
		}
		if _, err := c.cbp.OpenReceipt(receipt, crypto.Expect{Issuer: c.cbsa.Agency(), Audience: c.cbp.Agency(), Now: time.Now()}); err != nil {
			return err
		}
		if err := c.file.append(receipt); err != nil {
			return err
		}
	}
	return nil
}

// seal is the sender's part of one record.
func (c *ceiling) seal(u *cargo.Record) ([]byte, error) {
	var pointers []string
	err := cargo.Walk(u, func(l cargo.Leaf) error {
		if l.Element.Sensitivity == "personal" {
			pointers = append(pointers, l.Pointer)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	payload, _, err := crypto.Conceal(u.Canonical(), pointers, rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return c.cbp.Seal(crypto.Claims{
		Audience: c.cbsa.Agency(), MessageID: uuid.NewString(), Agreement: "ceiling", AgreementVersion: 1, AgreementHash: crypto.Digest(nil),
		Purpose: "ceiling", Articles: []string{"1"}, Sequence: 1, IssuedAt: now, Expires: now.Add(time.Hour), Class: u.Class, RecordID: u.ID, Record: payload,
	}, now)
}

// open is the receiver's part: it returns the receipt.
func (c *ceiling) open(envelope []byte) ([]byte, error) {
	now := time.Now()
	claims, opened, err := c.cbsa.Open(envelope, crypto.Expect{Issuer: c.cbp.Agency(), Now: now})
	if err != nil {
		return nil, err
	}
	plain, _, err := crypto.Strip(claims.Record)
	if err != nil {
		return nil, err
	}
	rec, _, err := cargo.ParseShared(plain)
	if err != nil {
		return nil, err
	}
	doc, _, err := c.writes[rec.Class].Write(rec, c.params)
	if err != nil {
		return nil, err
	}
	if err := c.file.append(append(doc, envelope...)); err != nil {
		return nil, err
	}
	return c.cbsa.SignReceipt(crypto.Receipt{
		Audience: c.cbp.Agency(), MessageID: claims.MessageID, PayloadDigest: opened.PayloadDigest, Verdict: crypto.VerdictCommitted,
		LogOrigin: c.cbsa.Agency() + "/audit/" + c.cbp.Agency(), At: now, RecipientKey: opened.RecipientKey,
	})
}

// A syncedFile makes what many append durable with one sync for all who wait.
type syncedFile struct {
	f *os.File

	mu      sync.Mutex
	changed sync.Cond
	waiting []byte
	batch   int // that waiting will be
	synced  int // batches that are on disk
	busy    bool
	err     error
}

func newSyncedFile(path string) (*syncedFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s := &syncedFile{f: f, batch: 1}
	s.changed.L = &s.mu
	return s, nil
}

// append returns when b is on disk.
func (s *syncedFile) append(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, b...)
	mine := s.batch
	for s.synced < mine && s.err == nil {
		if s.busy {
			s.changed.Wait()
			continue
		}
		s.sync()
	}
	return s.err
}

// sync writes what waits. The caller holds mu, which is free while the disk works.
func (s *syncedFile) sync() {
	b, batch := s.waiting, s.batch
	s.waiting, s.batch, s.busy = nil, s.batch+1, true
	s.mu.Unlock()
	_, err := s.f.Write(b)
	if err == nil {
		err = syscall.Fdatasync(int(s.f.Fd()))
	}
	s.mu.Lock()
	s.synced, s.busy, s.err = batch, false, errors.Join(s.err, err)
	s.changed.Broadcast()
}
