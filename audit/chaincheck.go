package audit

import (
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// chain checks that a shard follows from the one before, and whether another
// one follows. The shard before has been verified already.
func (c *folderCheck) chain(v *Verdict, name string, head Checkpoint) error {
	if head.Size == 0 {
		return nil
	}
	id, before := c.f.logs[name], c.f.before(name)
	err := c.f.store.view(func(r reader) error {
		if before != "" {
			if err := c.opened(r, v, id, before); err != nil {
				return err
			}
		}
		return eachRecord(r, id, head.Size-1, head.Size, func(index uint64, rec *record) error {
			switch {
			case rec.kind == kindShardClosed:
				c.closed(v, index, rec)
			case rec.lost:
				return c.closedLost(r, v, index)
			}
			return nil
		})
	})
	if errors.Is(err, ErrDamaged) {
		return nil // the entries are missing, and that is said already
	}
	return err
}

// opened checks the first entry of a shard that follows another.
func (c *folderCheck) opened(r reader, v *Verdict, id uint16, before string) error {
	return eachRecord(r, id, 0, 1, func(_ uint64, rec *record) error {
		final, err := openedAfter(rec.stored(v.Log, 0).Header)
		if rec.lost {
			return nil // the closing before names this shard, and that is checked
		}
		if rec.kind != kindShardOpened || err != nil {
			v.add(badShard, 0, "the first entry does not open the shard")
			return nil
		}
		had, checked := c.heads[c.f.origin+"/audit/"+before]
		incident := rec.value("reason") != ""
		switch {
		case final.Origin != c.f.origin+"/audit/"+before:
			v.add(badShard, 0, "the first entry follows %s, the shard before is %s", final.Origin, before)
		case checked && incident && final.Size <= had.Size:
			root, err := c.f.rootAt(r, c.f.logs[before], had.Size, final.Size)
			if err != nil || root != final.Root {
				v.add(badShard, 0, "the first entry holds size %d of the shard before with another root", final.Size)
			}
		case checked && had != final:
			v.add(badShard, 0, "the first entry holds size %d of the shard before, which ends at %d with another head", final.Size, had.Size)
		}
		return nil
	})
}

// rootAt is the root that a log had at an earlier size.
func (f *folder) rootAt(r reader, id uint16, size, at uint64) (tlog.Hash, error) {
	return tlog.TreeHash(int64(at), hashReader(size, f.tiles(r, id, size)))
}

// closedLost takes the key of the next shard from what was kept, when the last
// entry's record is lost.
func (c *folderCheck) closedLost(r reader, v *Verdict, index uint64) error {
	doc, err := r.get(successorKey(v.Origin))
	if errors.Is(err, ErrNotFound) {
		return nil // it was not closed
	}
	if err != nil {
		return err
	}
	h, err := parseSuccession(doc, c.key(v.Origin))
	if err != nil || !h.closed {
		v.add(badShard, index, "what was kept of the closing does not verify")
		return nil
	}
	v.Successor = h.key.name
	c.named[h.key.name] = h.key
	return nil
}

// key is the key of a log that was verified.
func (c *folderCheck) key(origin string) *verifyKey {
	if key := c.policy.log(origin); key != nil {
		return key
	}
	return c.named[origin]
}

// closed takes the key of the next shard from the last entry of one.
func (c *folderCheck) closed(v *Verdict, index uint64, rec *record) {
	v.Successor = rec.value(shardSuccessor)
	key, err := parseVkey(rec.value(shardKey))
	if err != nil || key.name != v.Successor || firstOrigin(key.name) != firstOrigin(v.Origin) {
		v.add(badShard, index, "malformed closing of the shard")
		return
	}
	c.named[key.name] = key
	if _, there := c.f.logs[logName(key.name)]; !there {
		v.add(badShard, index, "the shard that follows, %s, is not there", key.name)
	}
}

// later is the number of the shard so many shards after one, 0 if there is none.
func (f *folder) later(name string, ahead uint64) uint16 {
	var ids []uint16
	for other, id := range f.logs {
		if relationOf(other) == relationOf(name) && id >= f.logs[name] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if ahead >= uint64(len(ids)) {
		return 0
	}
	return ids[ahead]
}

// before is the name of the shard before one, empty for the first.
func (f *folder) before(name string) string {
	found := ""
	for other, id := range f.logs {
		if relationOf(other) == relationOf(name) && id < f.logs[name] && (found == "" || id > f.logs[found]) {
			found = other
		}
	}
	return found
}
