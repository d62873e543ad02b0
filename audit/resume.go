package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// A verification can be interrupted and go on later. The state file is one for
// all targets. For each log it holds the right edge of what was recomputed
// without a problem: what follows is hashed on top of it, and the result must
// be the signed head, so that a log which changed before that place is still
// found out. What was read already is not read again:
//
//   - of a served log neither entries nor tiles;
//   - of a folder not the bodies, and events are read (state is computed from all
//     of them) but not hashed. That what the disk holds of them is still the same
//     only a verification without the state file says.
//
// Of a bundle it holds which events were found right, under the hash of the
// whole file and of what is trusted: another file, policy or authority begins again.

// resumeEvery is how many bundles are recomputed between two writes.
const resumeEvery = 64

// maxResume bounds the state file: 8 levels of 255 hashes for each of some logs.
const maxResume = 8 << 20

// resumed is the state of one log. It is the verifier's own memory: keep it
// where the log's operator cannot write.
type resumed struct {
	Size  uint64        `json:"size"` // a multiple of 256
	Root  tlog.Hash     `json:"root"` // at that size
	Tiles [][]tlog.Hash `json:"tiles"`

	// Of a bundle: how many of its files are done, and what was found.
	Done     int       `json:"done,omitempty"`
	Verdicts []Verdict `json:"verdicts,omitempty"`
}

// A resumer reads and writes the state file; one with an empty path does not.
type resumer struct {
	path string
	logs map[string]resumed
}

func openResumer(path string) (*resumer, error) {
	r := &resumer{path: path, logs: map[string]resumed{}}
	if path == "" {
		return r, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxResume {
		return nil, fmt.Errorf("%s: %w", path, ErrTooLarge)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &r.logs); err != nil {
		return nil, fmt.Errorf("%s: not the state of a verification: %w", path, err)
	}
	return r, nil
}

// edge is where to go on with a log: an empty edge if nothing fits.
func (r *resumer) edge(origin string, head uint64) (edge, error) {
	s, ok := r.logs[origin]
	if !ok || s.Size > head {
		return edge{}, nil // smaller than before: everything is read again, and the head decides
	}
	e := edge{size: s.Size}
	for level := range tileLevels {
		var hs []tlog.Hash
		if level < len(s.Tiles) {
			hs = s.Tiles[level]
		}
		if err := e.setLevel(level, hs); err != nil {
			return edge{}, fmt.Errorf("%s: %s: %w", r.path, origin, err)
		}
	}
	if s.Size%tileWidth != 0 || e.root() != s.Root {
		return edge{}, fmt.Errorf("%s: %s: damaged; remove it to begin again", r.path, origin)
	}
	return e, nil
}

// save remembers how far a log is, when a whole number of bundles is done.
func (r *resumer) save(origin string, e *edge) error {
	if r.path == "" || e.size%tileWidth != 0 || e.size <= r.logs[origin].Size {
		return nil
	}
	r.logs[origin] = resumed{Size: e.size, Root: e.root(), Tiles: e.tiles[:]}
	return r.write()
}

// forget makes the next verification of a log begin again.
func (r *resumer) forget(origin string) error {
	if _, ok := r.logs[origin]; !ok || r.path == "" {
		return nil
	}
	delete(r.logs, origin)
	return r.write()
}

func (r *resumer) write() error {
	b, err := json.Marshal(r.logs)
	if err != nil {
		return err
	}
	return writeDurable(r.path, b)
}

// bundle returns how far a bundle is, and what was found until there.
func (r *resumer) bundle(name string) (done int, verdicts []Verdict) {
	s := r.logs[name]
	return s.Done, s.Verdicts
}

// saveBundle remembers how far a bundle is.
func (r *resumer) saveBundle(name string, done int, verdicts []Verdict) error {
	if r.path == "" {
		return nil
	}
	r.logs[name] = resumed{Done: done, Verdicts: verdicts}
	return r.write()
}
