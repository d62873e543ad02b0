package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// This file recomputes a log from its entries. It knows neither Badger nor
// files: everything comes through a logSource, from whatever holds the log.

// Verdict is the outcome for one log, as `audit verify --json` prints it.
type Verdict struct {
	Log          string           `json:"log"`
	Verified     bool             `json:"verified"`
	Trust        string           `json:"trust"` // "policy" or "self"
	Origin       string           `json:"origin"`
	Size         uint64           `json:"size"`
	Root         string           `json:"root"`                // base64, as in the checkpoint
	Cosignatures []string         `json:"cosignatures"`        // witnesses of the newest checkpoint with a quorum
	CosignedSize uint64           `json:"cosignedSize"`        // size of that checkpoint
	Shown        uint64           `json:"shown,omitempty"`     // events in a bundle, each of which was checked
	Lost         uint64           `json:"lost,omitempty"`      // records that an incident has declared lost: their entries are there
	Successor    string           `json:"successor,omitempty"` // origin of the shard that follows
	Problems     []VerdictProblem `json:"problems"`
	Timestamps   []Stamped        `json:"timestamps,omitempty"` // tokens of time-stamping authorities
}

// VerdictProblem names the first bad index and what is at fault.
type VerdictProblem struct {
	Code    string `json:"code"`
	Index   uint64 `json:"index"`
	Message string `json:"message"`
}

// Codes of a VerdictProblem.
const (
	badEntry     = "audit.entry"     // an entry is not the one that was logged
	badTile      = "audit.tile"      // a tile does not follow from the entries
	badHead      = "audit.head"      // a checkpoint is not of this tree, or not signed by its log
	badState     = "audit.state"     // state does not follow from the events
	badStore     = "audit.store"     // the store cannot be read
	badBody      = "audit.body"      // a body is missing or was changed
	badQuorum    = "audit.quorum"    // the policy's cosignatures are missing
	badInternal  = "audit.internal"  // a relation log committed to another internal log
	badHighWater = "audit.highwater" // there is less than was published
	badPolicy    = "audit.policy"    // the policy does not know this log
	badShard     = "audit.shard"     // a shard does not follow from the one before
	badTimestamp = "audit.timestamp" // a time-stamp token is not for this log, or of nobody who is trusted
)

// maxProblems bounds the list; more of the same say nothing new.
const maxProblems = 20

func (v *Verdict) add(code string, index uint64, format string, args ...any) {
	if len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, VerdictProblem{code, index, fmt.Sprintf(format, args...)})
	}
}

// A logSource hands out the parts of a log.
type logSource interface {
	// tile returns the stored hashes of a tile, nil if this source does not
	// store that one (the last one of a level).
	tile(ctx context.Context, level int, n uint64, width int) ([]tlog.Hash, error)
	// entries calls fn for the entries of a bundle. An entry that is damaged
	// by the source's own knowledge comes with an error.
	entries(ctx context.Context, n uint64, width int, fn func(index uint64, entry []byte, err error) error) error
	// readTile is tile for every tile of the tree with a head of this size.
	readTile(ctx context.Context, level int, n uint64, width int, size uint64) ([]tlog.Hash, error)
}

// A wantedRoot is a root that the tree must have had at some size.
type wantedRoot struct {
	root  tlog.Hash
	code  string
	index uint64 // for the report
	what  string
	old   bool // it was there when the part before it was verified
}

// treeCheck recomputes one log.
type treeCheck struct {
	src     logSource
	head    Checkpoint
	wanted  map[uint64][]wantedRoot
	verdict *Verdict

	edge edge     // of the entries
	save *resumer // nil: nothing is remembered
	kind string   // of what is remembered, see resumed

	bundleFault uint64 // index of the first difference in a bundle without a parent
	undecided   bool
}

// run recomputes everything and adds what is wrong to the verdict.
func (c *treeCheck) run(ctx context.Context) error {
	var upper []fullTile
	c.edge.full = func(level int, n uint64, hashes []tlog.Hash) {
		if level > 0 {
			upper = append(upper, fullTile{level, n, hashes})
		}
	}
	if err := c.checkOlder(ctx); err != nil {
		return err
	}
	c.checkWanted()
	for n := c.edge.size / tileWidth; n*tileWidth < c.head.Size; n++ {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, c.remember())
		}
		if n%resumeEvery == 0 {
			if err := c.remember(); err != nil {
				return err
			}
		}
		width := int(min(tileWidth, c.head.Size-n*tileWidth))
		if width < tileWidth { // the last one will be wider next time
			if err := c.remember(); err != nil {
				return err
			}
		}
		if err := c.bundle(ctx, n, width); err != nil {
			return errors.Join(err, c.remember())
		}
		for _, t := range upper {
			c.upperTile(ctx, t.level, t.n, t.hashes)
		}
		upper = upper[:0]
	}
	for level := 1; level < tileLevels; level++ {
		if hs := c.edge.tiles[level]; len(hs) > 0 {
			c.upperTile(ctx, level, c.head.Size>>(tileHeight*(level+1)), hs)
		}
	}
	root := c.edge.root()
	switch {
	case root == c.head.Root:
		if c.undecided {
			c.verdict.add(badTile, c.bundleFault, "tile differs from the entries, which hash to the head")
		}
	case c.undecided:
		c.verdict.add(badEntry, c.bundleFault, "entry differs from its leaf in the tile")
	case len(c.verdict.Problems) == 0:
		c.verdict.add(badHead, c.head.Size, "entries and tiles agree, but do not hash to the signed root")
	}
	return c.remember()
}

// remember notes how far the log is recomputed, unless there is a problem:
// then the next verification begins again.
func (c *treeCheck) remember() error {
	switch {
	case c.save == nil:
		return nil
	case c.undecided || len(c.verdict.Problems) > 0:
		return c.save.forget(c.memory())
	}
	return c.save.save(c.memory(), &c.edge)
}

// memory is the name under which this log is remembered.
func (c *treeCheck) memory() string { return c.kind + c.head.Origin }

// bundle compares the entries of a bundle with the tile of their leaves.
func (c *treeCheck) bundle(ctx context.Context, n uint64, width int) error {
	leaves := make([]tlog.Hash, 0, tileWidth)
	err := c.src.entries(ctx, n, width, func(index uint64, e []byte, err error) error {
		if err != nil {
			c.verdict.add(badEntry, index, "%v", err)
		}
		leaves = append(leaves, hashEntry(e))
		return nil
	})
	if err != nil {
		return err
	}
	if len(leaves) != width {
		c.verdict.add(badEntry, n*tileWidth+uint64(len(leaves)), "entries end here; the head says %d", c.head.Size)
		return errTruncated
	}
	stored, err := c.src.tile(ctx, 0, n, width)
	if err != nil {
		c.verdict.add(badTile, n*tileWidth, "tile 0/%d: %v", n, err)
		stored = nil
	}
	if stored == nil {
		stored = leaves
	}
	if i := firstDifference(leaves, stored); i >= 0 {
		c.attribute(ctx, n, i, leaves, stored)
	}
	for i := range leaves {
		c.edge.append(leaves[i])
		c.checkWanted()
	}
	return nil
}

// errTruncated ends a check: nothing after it can be recomputed.
var errTruncated = fmt.Errorf("entries are missing: %w", ErrDamaged)

// attribute decides, with the tile above, whether entry or tile is at fault.
func (c *treeCheck) attribute(ctx context.Context, n uint64, i int, leaves, stored []tlog.Hash) {
	index := n*tileWidth + uint64(i)
	if len(leaves) == tileWidth {
		width := int(min(tileWidth, c.head.Size>>tileHeight-n/tileWidth*tileWidth))
		if up, err := c.src.tile(ctx, 1, n/tileWidth, width); err == nil && int(n%tileWidth) < len(up) {
			parent := up[n%tileWidth]
			switch {
			case treeRoot(leaves) == parent:
				c.verdict.add(badTile, index, "tile 0/%d differs from the entry, which hashes to the tile above", n)
				return
			case len(stored) == tileWidth && treeRoot(stored) == parent:
				c.verdict.add(badEntry, index, "entry does not hash to its leaf")
				return
			}
		}
	}
	if !c.undecided { // the signed head decides
		c.undecided, c.bundleFault = true, index
	}
}

// upperTile compares a stored tile above the first level with the computed one.
func (c *treeCheck) upperTile(ctx context.Context, level int, n uint64, computed []tlog.Hash) {
	index := n << (tileHeight * (level + 1))
	stored, err := c.src.tile(ctx, level, n, len(computed))
	if err != nil {
		c.verdict.add(badTile, index, "tile %d/%d: %v", level, n, err)
		return
	}
	if stored == nil {
		return
	}
	if i := firstDifference(computed, stored); i >= 0 && !c.hasEntryFault() {
		c.verdict.add(badTile, index+uint64(i)<<(tileHeight*level), "tile %d/%d does not follow from the entries", level, n)
	}
}

// hasEntryFault says whether tiles must differ because an entry does.
func (c *treeCheck) hasEntryFault() bool {
	for _, p := range c.verdict.Problems {
		if p.Code == badEntry {
			return true
		}
	}
	return c.undecided
}

// checkWanted compares the root at the present size with what was promised.
func (c *treeCheck) checkWanted() {
	wanted := c.wanted[c.edge.size]
	if len(wanted) == 0 {
		return
	}
	root := c.edge.root()
	for _, w := range wanted {
		if w.root != root && !c.hasEntryFault() {
			c.verdict.add(w.code, w.index, "%s at size %d has another root", w.what, c.edge.size)
		}
	}
}

// checkOlder looks at the roots that are wanted of the part that was verified
// before: by tiles, each of which is checked against the head.
func (c *treeCheck) checkOlder(ctx context.Context) error {
	tree := tlog.Tree{N: int64(c.head.Size), Hash: c.head.Root}
	hashes := tlog.TileHashReader(tree, &headTiles{ctx: ctx, src: c.src, size: c.head.Size})
	for _, size := range slices.Sorted(maps.Keys(c.wanted)) {
		if size >= c.edge.size {
			break
		}
		wanted := slices.DeleteFunc(slices.Clone(c.wanted[size]), func(w wantedRoot) bool { return w.old })
		if len(wanted) == 0 {
			continue
		}
		root, err := tlog.TreeHash(int64(size), hashes)
		if err != nil {
			c.verdict.add(badTile, size, "tiles up to %d: %v", size, err)
			return nil
		}
		for _, w := range wanted {
			if w.root != root {
				c.verdict.add(w.code, w.index, "%s at size %d has another root", w.what, size)
			}
		}
	}
	return nil
}

// headTiles hands the tiles of a head to x/mod's tlog, which checks them.
type headTiles struct {
	ctx  context.Context
	src  logSource
	size uint64
}

func (h *headTiles) Height() int { return tileHeight }

func (h *headTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		hs, err := h.src.readTile(h.ctx, t.L, uint64(t.N), t.W, h.size)
		if err != nil {
			return nil, err
		}
		out[i] = encodeTile(hs)
	}
	return out, nil
}

func (h *headTiles) SaveTiles([]tlog.Tile, [][]byte) {}

// firstDifference returns the first position where two lists differ, or -1.
func firstDifference(a, b []tlog.Hash) int {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	if len(b) > len(a) {
		return len(a)
	}
	return -1
}

// hashEntry is RFC 6962's leaf hash of an entry of any length.
func hashEntry(e []byte) tlog.Hash {
	if len(e) == entrySize {
		return leafHash((*[entrySize]byte)(e))
	}
	return sha256.Sum256(append([]byte{0}, e...))
}

// recordEntry recomputes the entry of a stored record, and says when the
// record is not what was committed.
func recordEntry(h *hasher, rec *record) ([]byte, error) {
	e := rec.entry(h)
	if !bytes.Equal(e[4:], rec.root[:]) {
		return e[:], fmt.Errorf("stored event does not hash to its entry")
	}
	return e[:], nil
}
