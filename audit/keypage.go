package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Data keys live in key pages, files of 4096 random keys in ledger/keys. A
// page is durable before its first key is used. To erase a key its page is
// rewritten without it and the old file is overwritten. Keys never enter the
// store, whose tables keep deleted values.
//
// A key id is page*4096 + slot; pages count from 1, so that 0 is no key.
const (
	pageSlots  = 4096
	pageMagic  = "pbk1"
	pageHeader = 8
	pageBytes  = pageHeader + pageSlots*32 + sha256.Size
	pageCache  = 64

	termKeyID    = 1*pageSlots + 0 // HMAC key of search terms
	subjectKeyID = 1*pageSlots + 1 // HMAC key of subjects
	firstKeyID   = 1*pageSlots + 2
)

type dataKey [32]byte

type keyPages struct {
	dir string

	mu     sync.Mutex
	next   uint64           // next key id to hand out
	last   uint32           // pages 1..last exist
	cached map[uint32]*page // few
	making chan error       // a page being made ahead of use; nil when none
}

type page struct{ keys [pageSlots]dataKey }

var errPage = errors.New("malformed key page")

func pagePath(dir string, n uint32) string { return filepath.Join(dir, fmt.Sprintf("%08d.page", n)) }

// createKeyPages makes the folder with its first page.
func createKeyPages(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return makePage(dir, 1)
}

func makePage(dir string, n uint32) error {
	p := new(page)
	for i := range p.keys {
		rand.Read(p.keys[i][:]) // never fails
	}
	return writeDurable(pagePath(dir, n), p.encode(n))
}

func (p *page) encode(n uint32) []byte {
	b := make([]byte, 0, pageBytes)
	b = append(b, pageMagic...)
	b = binary.BigEndian.AppendUint32(b, n)
	for i := range p.keys {
		b = append(b, p.keys[i][:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func decodePage(b []byte, n uint32) (*page, error) {
	if len(b) != pageBytes || string(b[:4]) != pageMagic || binary.BigEndian.Uint32(b[4:]) != n {
		return nil, errPage
	}
	body, sum := b[:pageBytes-sha256.Size], b[pageBytes-sha256.Size:]
	if have := sha256.Sum256(body); !bytes.Equal(have[:], sum) {
		return nil, errPage
	}
	p := new(page)
	for i := range p.keys {
		copy(p.keys[i][:], body[pageHeader+32*i:])
	}
	return p, nil
}

// openKeyPages opens the folder; keys from next on have never been used. What
// an interrupted erasure left is finished unless readOnly.
func openKeyPages(dir string, next uint64, readOnly bool) (*keyPages, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	k := &keyPages{dir: dir, next: max(next, firstKeyID), cached: map[uint32]*page{}}
	for _, f := range files {
		name := f.Name()
		if strings.HasSuffix(name, ".old") || strings.HasSuffix(name, ".new") {
			if !readOnly {
				if err := finishRewrite(filepath.Join(dir, name)); err != nil {
					return nil, err
				}
			}
			continue
		}
		number, ok := strings.CutSuffix(name, ".page")
		n, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil {
			continue
		}
		k.last = max(k.last, uint32(n))
	}
	return k, nil
}

// fresh is the first key of the page after the last one. An old store does not
// know which of the keys before were used, or erased, after it was copied.
func (k *keyPages) fresh() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(k.next, (uint64(k.last)+1)*pageSlots)
}

// take hands out a key that was never used. One that was erased is passed over:
// a store that is older than the pages does not know it.
func (k *keyPages) take() (uint64, dataKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		id, key, err := k.takeNext()
		if err != nil || key != (dataKey{}) {
			return id, key, err
		}
	}
}

func (k *keyPages) takeNext() (uint64, dataKey, error) {
	id := k.next
	n := uint32(id / pageSlots)
	for n > k.last {
		if k.making == nil {
			k.makeAhead()
		}
		if err := <-k.making; err != nil {
			k.making = nil
			return 0, dataKey{}, err
		}
		k.making = nil
		k.last++
	}
	p, err := k.page(n)
	if err != nil {
		return 0, dataKey{}, err
	}
	k.next++
	if k.making == nil && n == k.last && id%pageSlots >= pageSlots/2 {
		k.makeAhead()
	}
	return id, p.keys[id%pageSlots], nil
}

// makeAhead starts to make the next page.
func (k *keyPages) makeAhead() {
	k.making = make(chan error, 1)
	go func(done chan<- error, n uint32) { done <- makePage(k.dir, n) }(k.making, k.last+1)
}

// close waits for a page being made.
func (k *keyPages) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.making != nil {
		<-k.making
		k.making = nil
	}
}

// get returns a key, or ErrErased.
func (k *keyPages) get(id uint64) (dataKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.page(uint32(id / pageSlots))
	if err != nil {
		return dataKey{}, err
	}
	key := p.keys[id%pageSlots]
	if key == (dataKey{}) {
		return key, ErrErased
	}
	return key, nil
}

// page loads a page through the cache. k.mu is held.
func (k *keyPages) page(n uint32) (*page, error) {
	if p := k.cached[n]; p != nil {
		return p, nil
	}
	b, err := os.ReadFile(pagePath(k.dir, n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key page %d: %w", n, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	p, err := decodePage(b, n)
	if err != nil {
		return nil, fmt.Errorf("key page %d: %w", n, err)
	}
	if len(k.cached) >= pageCache {
		for old := range k.cached {
			delete(k.cached, old)
			break
		}
	}
	k.cached[n] = p
	return p, nil
}

// erase destroys keys. Erasing a key twice is fine.
func (k *keyPages) erase(ids []uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	pages := map[uint32][]uint64{}
	for _, id := range ids {
		pages[uint32(id/pageSlots)] = append(pages[uint32(id/pageSlots)], id)
	}
	for n, ids := range pages {
		p, err := k.page(n)
		if err != nil {
			return err
		}
		dirty := false
		for _, id := range ids {
			dirty = dirty || p.keys[id%pageSlots] != dataKey{}
		}
		if !dirty {
			continue
		}
		for _, id := range ids {
			p.keys[id%pageSlots] = dataKey{}
		}
		if err := rewritePage(k.dir, n, p); err != nil {
			return err
		}
	}
	return nil
}

// rewritePage replaces a page and destroys the old file. The old file gets a
// second name first, so that a crash leaves either the old page or the new
// one and something that the next start destroys.
func rewritePage(dir string, n uint32, p *page) error {
	path := pagePath(dir, n)
	old := path + ".old"
	if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(path, old); err != nil {
		return err
	}
	if err := writeDurable(path, p.encode(n)); err != nil {
		return err
	}
	return shred(old)
}

// finishRewrite destroys what a crash left of a rewrite. When the crash came
// before the new page was in place, the second name is still the page itself.
func finishRewrite(left string) error {
	a, err := os.Stat(left)
	if err != nil {
		return err
	}
	page := strings.TrimSuffix(strings.TrimSuffix(left, ".old"), ".new")
	if b, err := os.Stat(page); err == nil && os.SameFile(a, b) {
		return os.Remove(left)
	}
	return shred(left)
}
