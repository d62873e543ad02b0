package audit

import (
	"errors"
	"os"
	"syscall"
)

// Room for frames: segments that are filled with zeros before they are used.

const (
	aheadSize  = 16 << 20  // of a segment that is filled ahead
	aheadStep  = 256 << 10 // written and synced at a time, two for each that the journal takes: in nobody's way
	aheadSteps = aheadSize / aheadStep
	aheadAfter = 1 << 20   // a journal that was written less since the start only grows,
	aheadFrame = 128 << 10 // and so does one with larger frames on average: zeros cost them more than they save
)

// ahead is the next segment while it has no number yet. A crash leaves it
// behind under its own name, and the next start removes it.
type ahead struct {
	path string
	made chan *os.File // gives one file, nil when it could not be made; nil: not begun
	turn chan struct{} // one for each step that may be taken; closed: all of them
	from int64         // what the journal had written when it was begun
	sent int64         // of turn
}

// makeRoom makes sure that the segment takes a frame of n bytes; j.mu is held.
func (j *Journal) makeRoom(n int64) error {
	j.frames += (n - j.frames) / 16
	if j.since > aheadAfter && j.frames < aheadFrame && j.ahead.made == nil {
		j.ahead.begin(j.since)
	}
	j.ahead.pace(j.since)
	if j.room > 0 && j.at+n <= j.room || j.at == 0 {
		return nil
	}
	if j.room == 0 && j.at < segmentSize {
		select { // a segment that grows is left as soon as there is a better one
		case f := <-j.ahead.made:
			if f == nil {
				j.ahead.made, j.since = nil, 0 // tried again later
				return nil
			}
			return j.next(f)
		default:
			return nil
		}
	}
	var f *os.File
	if j.ahead.made != nil {
		j.ahead.hurry() // it should have been made half a segment ago
		f = <-j.ahead.made
	}
	if n > aheadSize && f != nil {
		if err := errors.Join(f.Close(), os.Remove(j.ahead.path)); err != nil {
			return err
		}
		f = nil
	}
	return j.next(f)
}

// next starts another segment, in the file that was filled ahead if there is one.
func (j *Journal) next(filled *os.File) error {
	j.ahead.made = nil
	err := j.f.Close()
	if j.room > 0 {
		err = errors.Join(err, os.Truncate(j.path(j.no), j.at))
	}
	if err != nil {
		return err
	}
	j.no++
	j.at, j.room = 0, 0
	if filled != nil {
		j.f, j.room = syncedFile{filled}, aheadSize
		if err := os.Rename(j.ahead.path, j.path(j.no)); err != nil {
			return err
		}
		return syncDir(j.dir)
	}
	f, err := os.OpenFile(j.path(j.no), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	j.f = syncedFile{f}
	return syncDir(j.dir)
}

// begin starts to make the file.
func (a *ahead) begin(written int64) {
	made, turn := make(chan *os.File, 1), make(chan struct{}, aheadSteps)
	a.made, a.turn, a.from, a.sent = made, turn, written, 0
	go func(path string) {
		f, err := fillAhead(path, turn)
		if err != nil {
			f = nil // no room to spare: the journal grows as it is written, and reports what fails then
		}
		made <- f
	}(a.path)
}

// pace lets the file be filled twice as fast as the journal is written.
func (a *ahead) pace(written int64) {
	if a.turn == nil {
		return
	}
	for want := min(aheadSteps, 2*(written-a.from)/aheadStep); a.sent < want; a.sent++ {
		a.turn <- struct{}{}
	}
}

// hurry lets it be filled at once.
func (a *ahead) hurry() {
	if a.turn != nil {
		close(a.turn)
		a.turn = nil
	}
}

// fillAhead makes a file of zeros. On failure nothing is left of it.
func fillAhead(path string, turn <-chan struct{}) (f *os.File, err error) {
	if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	zero := make([]byte, aheadStep)
	for at := int64(0); at < aheadSize && err == nil; at += aheadStep {
		<-turn
		if _, err = f.WriteAt(zero, at); err == nil {
			err = syscall.Fdatasync(int(f.Fd()))
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// drop waits for a file being made and removes it.
func (a *ahead) drop() error {
	if a.made == nil {
		return nil
	}
	a.hurry()
	f := <-a.made
	a.made = nil
	if f == nil {
		return nil
	}
	return errors.Join(f.Close(), os.Remove(a.path))
}

// zeros says whether there is nothing but zeros.
func zeros(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
