package audit

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A Journal is a Sequencer that keeps every batch in plain files, synced
// before the batch is applied. The store behind it need not sync by itself,
// and can be built again from the journal alone. Best on another volume.
//
// A segment is a sequence of frames:
//
//	"pbj1"  number of the batch (8)  length (4)  CRC-32C of number and payload (4)  payload
//
// with "pbj2" and an encrypted payload when the ledger has a store key, and,
// while it is written, zeros: under load the next segment is filled with
// them ahead of use, because to overwrite costs the disk one write for a sync
// where to grow a file costs it several.
type Journal struct {
	dir    string
	mu     sync.Mutex
	f      journalFile
	no     int    // of the segment
	at     int64  // where its last frame ends
	room   int64  // its length if it was filled ahead, else 0
	end    uint64 // last batch
	bad    error  // a write failed: what is on disk is unknown
	buf    []byte // of a frame
	plain  []byte // of a payload before it is encrypted
	boxes  []cipher.AEAD
	since  int64 // bytes written since the start
	frames int64 // bytes of one, on average of late
	ahead  ahead
}

// journalFile is what a journal needs of a file.
type journalFile interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

const (
	frameMagic  = "pbj1"
	frameSealed = "pbj2"
	frameHeader = 20
	maxFrame    = 64 << 20
	segmentSize = 64 << 20 // of one that grows
)

// OpenJournal opens or creates a journal. A frame that a crash cut off at the
// very end is removed: it was never acknowledged. Damage in the last segment is
// ErrDamaged; the others are read by Check, so that a start need not wait.
func OpenJournal(dir string) (*Journal, error) { return openJournal(dir, nil) }

// openJournal opens the journal of a ledger that has store keys.
func openJournal(dir string, keys storeKeys) (*Journal, error) {
	boxes, err := keys.frameBoxes()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j := &Journal{dir: dir, no: 1, boxes: boxes}
	j.ahead.path = filepath.Join(dir, "ahead")
	if err := removeIfThere(j.ahead.path); err != nil {
		return nil, err
	}
	segments, err := j.segments()
	if err != nil {
		return nil, err
	}
	if err := j.findEnd(segments); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(j.path(j.no), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	j.f = syncedFile{f}
	return j, errors.Join(f.Sync(), syncDir(dir))
}

// findEnd looks in the last segment, and if that is empty yet in the one before.
func (j *Journal) findEnd(segments []int) error {
	for i := len(segments) - 1; i >= 0; i-- {
		no, last := segments[i], i == len(segments)-1
		var end uint64
		good, err := j.scan(no, func(number uint64, _ []byte) error {
			if end != 0 && number != end+1 {
				return j.damage(no, "batch %d follows batch %d", number, end)
			}
			end = number
			return nil
		})
		if last && (err == nil || errors.Is(err, errTorn)) {
			j.no, j.at = no, good
			err = os.Truncate(j.path(no), good)
		}
		if err != nil {
			return err
		}
		if j.end = end; end != 0 {
			break
		}
	}
	return nil
}

// Check reads all segments but the one that is being written: whether every
// batch is there, in order and whole.
func (j *Journal) Check(ctx context.Context) error {
	j.mu.Lock()
	current := j.no
	j.mu.Unlock()
	end := uint64(0)
	for no := 1; no < current; no++ {
		_, err := j.scan(no, func(number uint64, _ []byte) error {
			if number != end+1 {
				return j.damage(no, "batch %d follows batch %d", number, end)
			}
			end = number
			return ctx.Err()
		})
		if errors.Is(err, errTorn) {
			err = j.damage(no, "%v", err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// from returns the segments that have the batches after a head.
func (j *Journal) from(head uint64) ([]int, error) {
	segments, err := j.segments()
	if err != nil {
		return nil, err
	}
	for i := len(segments) - 1; i > 0; i-- {
		first, err := j.first(segments[i])
		if err != nil {
			return nil, err
		}
		if first != 0 && first <= head+1 {
			return segments[i:], nil
		}
	}
	return segments, nil
}

// first is the number of the first batch of a segment, 0 if there is none.
func (j *Journal) first(no int) (uint64, error) {
	f, err := os.Open(j.path(no))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // was only read
	var header [frameHeader]byte
	if _, err := io.ReadFull(f, header[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(header[4:]), nil // scan judges it
}

func (j *Journal) path(no int) string { return filepath.Join(j.dir, fmt.Sprintf("%08d.journal", no)) }

func (j *Journal) damage(no int, format string, args ...any) error {
	return &Damage{Fault: "journal", What: j.path(no) + ": " + fmt.Sprintf(format, args...)}
}

func (j *Journal) segments() ([]int, error) {
	files, err := os.ReadDir(j.dir)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".journal"); ok {
			if no, err := strconv.Atoi(name); err == nil {
				out = append(out, no)
			}
		}
	}
	slices.Sort(out)
	for i, no := range out {
		if no != out[0]+i || out[0] != 1 {
			return nil, j.damage(no, "a segment before this one is missing")
		}
	}
	return out, nil
}

// errTorn says that a segment ends in the middle of a frame.
var errTorn = errors.New("torn frame")

// scan calls fn for each frame of a segment and returns where the good ones
// end. What follows the last good frame is room if it is zeros, torn if no
// good frame comes after it, else damaged.
func (j *Journal) scan(no int, fn func(number uint64, frame []byte) error) (good int64, err error) {
	data, unmap, err := mapFile(j.path(no))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unmap()) }()
	at := 0
	for at < len(data) {
		number, payload, ok := readFrame(data[at:])
		if !ok {
			if zeros(data[at:]) {
				break
			}
			for next := at + 1; next < len(data); next++ {
				i := bytes.Index(data[next:], []byte(frameMagic[:3]))
				if i < 0 {
					break
				}
				next += i
				if _, _, ok := readFrame(data[next:]); ok {
					return int64(at), j.damage(no, "frame at byte %d is damaged", at)
				}
			}
			return int64(at), fmt.Errorf("%s: byte %d: %w", j.path(no), at, errTorn)
		}
		size := frameHeader + len(payload)
		if err := fn(number, data[at:at+size]); err != nil {
			return int64(at), err
		}
		at += size
	}
	return int64(at), nil
}

func readFrame(b []byte) (number uint64, payload []byte, ok bool) {
	if len(b) < frameHeader || string(b[:4]) != frameMagic && string(b[:4]) != frameSealed {
		return 0, nil, false
	}
	n := binary.BigEndian.Uint32(b[12:])
	if n > maxFrame || uint64(len(b)) < frameHeader+uint64(n) {
		return 0, nil, false
	}
	payload = b[frameHeader : frameHeader+n]
	return binary.BigEndian.Uint64(b[4:]), payload, frameSum(b[4:12], payload) == binary.BigEndian.Uint32(b[16:])
}

func frameSum(number, payload []byte) uint32 {
	t := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(number, t), t, payload)
}

// Sequence makes a batch durable. After a failed write or sync nothing more is
// taken: what the disk has is unknown.
func (j *Journal) Sequence(_ context.Context, b *Batch, head uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.bad != nil:
		return j.bad
	case head != j.end:
		return ErrHeadMoved
	}
	frame, err := j.frame(b)
	if err != nil {
		return err
	}
	if err := j.makeRoom(int64(len(frame))); err != nil {
		j.bad = fmt.Errorf("journal: %w", err)
		return j.bad
	}
	if _, err = j.f.Write(frame); err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		j.bad = fmt.Errorf("journal: %w", err)
		return j.bad
	}
	j.at += int64(len(frame))
	j.since += int64(len(frame))
	j.end++
	return nil
}

// frame encodes a batch as the next frame.
func (j *Journal) frame(b *Batch) (frame []byte, err error) {
	var header [frameHeader]byte
	copy(header[:], frameMagic)
	binary.BigEndian.PutUint64(header[4:], j.end+1)
	if frame = append(j.buf[:0], header[:]...); j.boxes == nil {
		if frame, err = b.AppendBinary(frame); err != nil {
			return nil, err
		}
	} else {
		if j.plain, err = b.AppendBinary(j.plain[:0]); err != nil {
			return nil, err
		}
		copy(frame, frameSealed)
		frame = sealFrame(j.boxes, frame, j.plain, frame[4:12])
	}
	if cap(frame) <= keepFrame {
		j.buf = frame
	} else {
		j.plain = nil
	}
	payload := frame[frameHeader:]
	if len(payload) > maxFrame {
		return nil, ErrTooLarge
	}
	binary.BigEndian.PutUint32(frame[12:], uint32(len(payload)))
	binary.BigEndian.PutUint32(frame[16:], frameSum(frame[4:12], payload))
	return frame, nil
}

// batch decodes a frame that is whole.
func (j *Journal) batch(number uint64, frame []byte) (*Batch, error) {
	payload := frame[frameHeader:]
	if string(frame[:4]) == frameSealed {
		var err error
		if payload, err = openFrame(j.boxes, payload, number); err != nil {
			return nil, err
		}
	}
	b := new(Batch)
	return b, b.UnmarshalBinary(payload)
}

// keepFrame is the largest buffer that is kept for the next frame.
const keepFrame = 4 << 20

// Follow hands out the batches after a head. A head beyond the end means that
// the journal has lost something, or is another ledger's.
func (j *Journal) Follow(ctx context.Context, head uint64, apply func(*Batch) error) error {
	if head > j.end {
		return fmt.Errorf("journal ends at batch %d, the store has %d: %w", j.end, head, ErrBehind)
	}
	if head == j.end {
		return nil
	}
	segments, err := j.from(head)
	if err != nil {
		return err
	}
	for _, no := range segments {
		_, err := j.scan(no, func(number uint64, frame []byte) error {
			if number <= head || number > j.end {
				return nil
			}
			if number != head+1 {
				return j.damage(no, "batch %d follows batch %d", number, head)
			}
			head = number
			b, err := j.batch(number, frame)
			if err != nil {
				return j.damage(no, "batch %d: %v", number, err)
			}
			if err := apply(b); err != nil {
				return err
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	if head != j.end {
		return &Damage{Fault: "journal", What: fmt.Sprintf("%s: ends at batch %d, and batch %d is missing", j.dir, j.end, head+1)}
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bad = ErrClosed
	err := j.ahead.drop()
	if j.room > 0 {
		err = errors.Join(err, os.Truncate(j.path(j.no), j.at))
	}
	return errors.Join(err, j.f.Close())
}

// syncedFile syncs data and length alone (fdatasync), which is all that a
// journal needs.
type syncedFile struct{ *os.File }

func (f syncedFile) Sync() error { return syscall.Fdatasync(int(f.Fd())) }
