package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A folder is a ledger folder whose store was copied to be read.
type folder struct {
	original  string
	dir       string // the copy
	store     *store
	origin    string
	policy    []byte
	highWater []byte // nil: kept elsewhere, or nothing was published yet
	logs      map[string]uint16
	keys      *keyPages // nil when the key pages are missing
}

// openFolder copies the store of a ledger folder and opens the copy. The
// original is never opened: Badger changes what it opens. ErrHeld when a gateway has it.
func openFolder(ctx context.Context, dir string) (*folder, error) {
	unlock, err := lockForCopy(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	copied, err := os.MkdirTemp("", "peacebridge-verify-")
	if err != nil {
		return nil, err
	}
	f := &folder{original: dir, dir: copied}
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// lockForCopy keeps a gateway from opening the folder while it is copied.
func lockForCopy(dir string) (func(), error) {
	if info, err := os.Stat(filepath.Join(dir, "badger")); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoLedger)
	}
	f, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil // never opened, or a copy without it
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		_ = f.Close() // was only opened to be locked
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, heldError(dir)
		}
		return nil, err
	}
	return func() { _ = f.Close() }, nil // releases the lock; nothing was written
}

func (f *folder) open(ctx context.Context) (err error) {
	if err := copyFolder(filepath.Join(f.original, "badger"), filepath.Join(f.dir, "badger")); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	origin, err := os.ReadFile(filepath.Join(f.original, "origin"))
	if err != nil {
		return err
	}
	f.origin = strings.TrimSpace(string(origin))
	for path, to := range map[string]*[]byte{filepath.Join(f.original, "policy"): &f.policy, highWaterOf(f.original): &f.highWater} {
		if *to, err = os.ReadFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	defer recovered(&err)
	o := storeOptions{dir: filepath.Join(f.dir, "badger")}
	if o.keys, err = readStoreKeys(filepath.Join(f.original, "keys")); err != nil {
		return err
	}
	if _, err := o.checkTables(true); err != nil {
		return err
	}
	if f.store, err = openStore(o); err != nil {
		return &Damage{Fault: "store", What: err.Error()}
	}
	f.logs = map[string]uint16{}
	err = f.store.view(func(r reader) error {
		return r.scan([]byte{keyLog}, nil, func(k, v []byte) (bool, error) {
			if len(v) != 2 {
				return false, &Damage{Fault: "store", What: "malformed log number"}
			}
			f.logs[cutKey(k, []byte{keyLog})] = binary.BigEndian.Uint16(v)
			return true, nil
		})
	})
	if err != nil {
		return err
	}
	// Key pages are read where they are: a copy would outlive an erasure.
	keys, err := openKeyPages(filepath.Join(f.original, "keys"), firstKeyID, true)
	if err == nil {
		f.keys = keys
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// highWaterOf finds the high-water note of a folder: in it, or where the
// gateway that had it open keeps it.
func highWaterOf(dir string) string {
	if at, err := os.ReadFile(filepath.Join(dir, "highwater.path")); err == nil {
		return filepath.Join(dir, strings.TrimSpace(string(at)))
	}
	return filepath.Join(dir, "highwater")
}

func (f *folder) close() error {
	var err error
	if f.store != nil {
		err = f.store.close()
	}
	return errors.Join(err, os.RemoveAll(f.dir))
}

// names lists the logs, relations first: they commit to the internal one. The
// shards of a relation are numbered in their order.
func (f *folder) names() []string {
	return slices.SortedFunc(maps.Keys(f.logs), func(a, b string) int {
		x, y := relationOf(a), relationOf(b)
		return cmp.Or(boolInt(x == Internal)-boolInt(y == Internal), cmp.Compare(x, y), cmp.Compare(f.logs[a], f.logs[b]))
	})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
