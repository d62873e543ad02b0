package audit

import "errors"

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
			if rec.kind == kindShardClosed {
				c.closed(v, index, rec)
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
		if rec.kind != kindShardOpened || err != nil {
			v.add(badShard, 0, "the first entry does not open the shard")
			return nil
		}
		had, checked := c.heads[c.f.origin+"/audit/"+before]
		switch {
		case final.Origin != c.f.origin+"/audit/"+before:
			v.add(badShard, 0, "the first entry follows %s, the shard before is %s", final.Origin, before)
		case checked && had != final:
			v.add(badShard, 0, "the first entry holds size %d of the shard before, which ends at %d with another head", final.Size, had.Size)
		}
		return nil
	})
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
