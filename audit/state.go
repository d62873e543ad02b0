package audit

import (
	"encoding/binary"
	"errors"
)

// State values are stored after their version, the sequence number of the
// event that wrote them: versions never repeat, and are the same when state is
// built again.

// An overlay is state as a batch sees it: what its events wrote so far, over
// what is stored. It is the Tx that Apply gets.
type overlay struct {
	base    reader
	gen     byte
	changed map[string]cell
	undo    []undone // of the present submission
	version uint64   // sequence of the present event
	bytes   int      // written by the batch
	err     error    // first failure of the store
}

type cell struct {
	value   []byte // nil: deleted
	version uint64
}

type undone struct {
	key    string
	before cell
	there  bool
}

func newOverlay(base reader, gen byte) *overlay {
	return &overlay{base: base, gen: gen, changed: map[string]cell{}}
}

// Get returns a value and its version.
func (o *overlay) Get(key string) ([]byte, uint64, error) {
	if c, ok := o.changed[key]; ok {
		if c.value == nil {
			return nil, 0, ErrNotFound
		}
		return c.value, c.version, nil
	}
	value, version, err := getState(o.base, o.gen, key)
	if err != nil && !errors.Is(err, ErrNotFound) && o.err == nil {
		o.err = err
	}
	return value, version, err
}

// fail notes a failure that ends the transaction.
func (o *overlay) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// Put writes a value.
func (o *overlay) Put(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	o.set(key, cell{value: value, version: o.version})
}

// Delete removes a key.
func (o *overlay) Delete(key string) { o.set(key, cell{}) }

func (o *overlay) set(key string, c cell) {
	before, there := o.changed[key]
	o.undo = append(o.undo, undone{key, before, there})
	o.changed[key] = c
	o.bytes += len(key) + len(c.value) + 64
}

// keep accepts what the present submission wrote.
func (o *overlay) keep() { o.undo = o.undo[:0] }

// rollback forgets what the present submission wrote.
func (o *overlay) rollback() {
	for i := len(o.undo) - 1; i >= 0; i-- {
		u := o.undo[i]
		if u.there {
			o.changed[u.key] = u.before
		} else {
			delete(o.changed, u.key)
		}
	}
	o.undo = o.undo[:0]
}

// check checks a guard.
func (o *overlay) check(g Guard) error {
	_, version, err := o.Get(g.Key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if version != g.Version {
		return &Changed{Key: g.Key, Want: g.Version, Have: version}
	}
	return nil
}

// flush writes everything to the transaction.
func (o *overlay) flush(w *writer) {
	for key, c := range o.changed {
		if c.value == nil {
			w.remove(stateKey(o.gen, key))
			continue
		}
		v := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(c.value)), c.version)
		w.put(stateKey(o.gen, key), append(v, c.value...))
	}
}

func getState(r reader, gen byte, key string) ([]byte, uint64, error) {
	v, err := r.get(stateKey(gen, key))
	if err != nil {
		return nil, 0, err
	}
	return splitState(v)
}

func splitState(v []byte) ([]byte, uint64, error) {
	if len(v) < 8 {
		return nil, 0, &Damage{Fault: "state", What: "value without version"}
	}
	return v[8:], binary.BigEndian.Uint64(v), nil
}

// Get returns a value of state and its version, or ErrNotFound.
func (l *Ledger) Get(key string) (value []byte, version uint64, err error) {
	err = l.view(func(r reader) error {
		value, version, err = getState(r, l.gen(), key)
		return err
	})
	return value, version, err
}

// Scan returns up to limit items whose keys start with prefix and come after
// after, in the order of keys. Limit 0: all.
func (l *Ledger) Scan(prefix, after string, limit int) ([]Item, error) {
	var items []Item
	err := l.view(func(r reader) error {
		return scanState(r, l.gen(), prefix, after, func(i Item) bool {
			items = append(items, i)
			return limit == 0 || len(items) < limit
		})
	})
	return items, err
}

func scanState(r reader, gen byte, prefix, after string, fn func(Item) bool) error {
	cut := stateKey(gen, "")
	var from []byte
	if after >= prefix && after != "" {
		from = stateKey(gen, after+"\x00")
	}
	return r.scan(stateKey(gen, prefix), from, func(k, v []byte) (bool, error) {
		value, version, err := splitState(v)
		if err != nil {
			return false, err
		}
		return fn(Item{Key: cutKey(k, cut), Value: append([]byte{}, value...), Version: version}), nil
	})
}
