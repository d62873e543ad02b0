package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The high-water note is a file with a checkpoint of every log, not older than
// the published one, and with the newest one that we cosigned of every peer's log. It is kept
// outside the store, best on another volume: a store that is older than its
// note was put back. Checkpoints are separated by lines of "--".
const highWaterSeparator = "--\n"

// writeHighWater replaces the note by the newest signed heads, which are
// durable. l.publish is held, or nobody else can write it.
func (l *Ledger) writeHighWater() error {
	var notes []string
	for _, s := range l.logs() {
		notes = append(notes, string(s.view.Load().note))
	}
	for _, origin := range l.witnessedOrigins() {
		if text := l.Witnessed(origin); text != nil {
			notes = append(notes, string(text))
		}
	}
	l.witnessedMu.RLock()
	for _, text := range l.unlearned {
		notes = append(notes, string(text))
	}
	l.witnessedMu.RUnlock()
	slices.Sort(notes)
	return writeDurable(l.config.HighWater, []byte(strings.Join(notes, highWaterSeparator)))
}

// noteHighWater leaves in the folder where its note is kept, for verifiers.
func (l *Ledger) noteHighWater() error {
	path := filepath.Join(l.config.Dir, "highwater.path")
	if l.config.HighWater == filepath.Join(l.config.Dir, "highwater") {
		return removeIfThere(path)
	}
	dir, err1 := filepath.Abs(l.config.Dir)
	at, err2 := filepath.Abs(l.config.HighWater)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	at, err := filepath.Rel(dir, at) // so that a copy of a home finds its own
	if err != nil {
		return err
	}
	return writeDurable(path, []byte(at+"\n"))
}

// readHighWater reads the note; a missing one is empty.
func (l *Ledger) readHighWater() (map[string]noted, error) {
	b, err := os.ReadFile(l.config.HighWater)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the first start, or a lost volume: the witness remembers too
	}
	if err != nil {
		return nil, err
	}
	heads, err := parseHighWater(b, func(origin string) *verifyKey {
		if strings.HasPrefix(origin, l.config.origin("")) { // ours, also a shard that is not there any more
			key, err := newLogKey(l.seed, origin)
			if err != nil {
				return nil
			}
			return &verifyKey{name: key.name, alg: key.alg, hash: key.KeyHash(), key: key.public()}
		}
		if w := l.witnessing(origin); w != nil {
			return w.key
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.config.HighWater, err)
	}
	l.noteUnlearned(b)
	return heads, nil
}

// noteUnlearned keeps what was cosigned of peers' shards that are not known
// here any more, because the store was brought back. It is remembered as soon
// as the shard is learned of again.
func (l *Ledger) noteUnlearned(b []byte) {
	l.witnessedMu.Lock()
	defer l.witnessedMu.Unlock()
	for text := range strings.SplitSeq(string(b), highWaterSeparator) {
		origin, _, _ := strings.Cut(text, "\n")
		if l.witnessed[origin] == nil && l.witnessed[firstOrigin(origin)] != nil {
			if l.unlearned == nil {
				l.unlearned = map[string][]byte{}
			}
			l.unlearned[origin] = []byte(text)
		}
	}
}

// checkHighWater compares the logs with the note. A log that has less, or
// something else, than the note says signs nothing; neither does a witness
// that has forgotten.
func (l *Ledger) checkHighWater() error {
	if l.config.recovering {
		return nil
	}
	heads, err := l.readHighWater()
	if err != nil {
		return err
	}
	for origin := range heads {
		name := logName(origin)
		if strings.HasPrefix(origin, l.config.origin("")) && l.logs()[name] == nil && l.logs()[relationOf(name)] != nil {
			l.stop(fmt.Errorf("log %s is in the high-water note and not here: an old copy was put back: %w", name, ErrBehind), "audit.behind")
		}
	}
	for _, s := range l.logs() {
		n, ok := heads[s.origin]
		if !ok || s.abandoned(l) || l.health.refusal() != nil {
			continue
		}
		size := s.view.Load().edge.size
		if n.head.Size > size {
			l.stop(fmt.Errorf("log %s has %d entries, the high-water note says %d: an old copy was put back, or the end was lost: %w", s.name, size, n.head.Size, ErrBehind), "audit.behind")
			continue
		}
		root, err := l.rootAt(s, n.head.Size)
		if err != nil || root != n.head.Root {
			l.stop(fmt.Errorf("log %s is not the one of the high-water note at size %d: %w", s.name, n.head.Size, ErrBehind), "audit.behind")
		}
	}
	if l.replayed {
		return nil // a store built again has no memory as a witness yet
	}
	for _, origin := range l.witnessedOrigins() {
		n, ok := heads[origin]
		if !ok || l.health.refusal() != nil {
			continue
		}
		w := l.witnessing(origin)
		seen, err := l.witnessedHead(origin, w.key)
		if err != nil {
			return err
		}
		if seen.Size < n.head.Size {
			l.stop(fmt.Errorf("as witness of %s this ledger knows size %d, the high-water note says %d: %w", origin, seen.Size, n.head.Size, ErrBehind), "audit.behind")
		}
	}
	return nil
}

// A noted checkpoint is one of the note, verified.
type noted struct {
	head Checkpoint
	text []byte
}

// parseHighWater reads a note; checkpoints of unknown logs are left out.
func parseHighWater(b []byte, key func(origin string) *verifyKey) (map[string]noted, error) {
	heads := map[string]noted{}
	for text := range strings.SplitSeq(string(b), highWaterSeparator) {
		origin, _, _ := strings.Cut(text, "\n")
		k := key(origin)
		if k == nil {
			continue
		}
		c, _, err := openCheckpoint([]byte(text), k)
		if err != nil {
			return nil, fmt.Errorf("checkpoint of %s: %w", origin, err)
		}
		heads[origin] = noted{c, []byte(text)}
	}
	return heads, nil
}
