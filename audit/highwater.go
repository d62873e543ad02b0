package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// The high-water note is a file with the newest published checkpoint of every
// log, kept outside the store and best on another volume. A store that is
// older than its note was put back. Checkpoints are separated by lines of "--".
const highWaterSeparator = "--\n"

// writeHighWater replaces the note. Pick chooses the checkpoint of each log.
func (l *Ledger) writeHighWater(pick func(s *logState) ([]byte, bool)) error {
	var notes []string
	for _, s := range l.logs() {
		if text, ok := pick(s); ok {
			notes = append(notes, string(text))
		}
	}
	slices.Sort(notes)
	return writeDurable(l.config.HighWater, []byte(strings.Join(notes, highWaterSeparator)))
}

// checkHighWater compares the logs with the note. A log that has less, or
// something else, than the note says signs nothing.
func (l *Ledger) checkHighWater() error {
	b, err := os.ReadFile(l.config.HighWater)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the first start, or a lost volume: the witness remembers too
	}
	if err != nil {
		return err
	}
	heads, err := parseHighWater(b, func(origin string) *verifyKey {
		for _, s := range l.logs() {
			if s.origin == origin {
				key, _ := parseVkey(s.key.vkey()) // made by us
				return key
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", l.config.HighWater, err)
	}
	for _, s := range l.logs() {
		head, ok := heads[s.origin]
		if !ok || l.health.refusal() != nil {
			continue
		}
		size := s.view.Load().edge.size
		if head.Size > size {
			l.stop(fmt.Errorf("log %s has %d entries, the high-water note says %d: an old copy was put back, or the end was lost: %w", s.name, size, head.Size, ErrBehind), "audit.behind")
			continue
		}
		root, err := l.rootAt(s, head.Size)
		if err != nil || root != head.Root {
			l.stop(fmt.Errorf("log %s is not the one of the high-water note at size %d: %w", s.name, head.Size, ErrBehind), "audit.behind")
		}
	}
	return nil
}

// parseHighWater reads a note; checkpoints of unknown logs are left out.
func parseHighWater(b []byte, key func(origin string) *verifyKey) (map[string]Checkpoint, error) {
	heads := map[string]Checkpoint{}
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
		heads[origin] = c
	}
	return heads, nil
}
