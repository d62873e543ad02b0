package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MonitorOptions say what to watch.
type MonitorOptions struct {
	Policy []byte
	State  string        // file with the last checkpoint that was seen
	MaxAge time.Duration // of the newest cosignature, default 1 h; older is stale
	Access Access
	Now    func() time.Time
}

// Sighting is what one look at a log found.
type Sighting struct {
	Origin   string           `json:"origin"`
	Size     uint64           `json:"size"`
	Root     string           `json:"root"`
	Before   uint64           `json:"before"` // size at the last look
	Problems []VerdictProblem `json:"problems"`
	Evidence string           `json:"evidence,omitempty"` // file with both checkpoints
}

// Codes of what a monitor finds, beside badHead and badQuorum.
const (
	seenRollback = "audit.rollback" // smaller than before
	seenFork     = "audit.fork"     // not an extension of what was seen
	seenStale    = "audit.stale"    // not cosigned for too long
)

// Monitor looks at the log behind a URL, compares it with the last look, and
// remembers it. A rollback or a fork is not remembered: both checkpoints go to
// an evidence file beside the state, signed by the log as they are.
func Monitor(ctx context.Context, url string, o MonitorOptions) (*Sighting, error) {
	if o.Policy == nil {
		return nil, ErrNoPolicy
	}
	if o.MaxAge == 0 {
		o.MaxAge = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	policy, err := ParsePolicy(o.Policy)
	if err != nil {
		return nil, err
	}
	found, err := findRemote(ctx, url, o.Access, policy)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("%s serves %d logs of the policy: name one by its own URL", url, len(found))
	}
	for key, r := range found {
		links, err := chain(ctx, key, r)
		if err != nil && !errors.Is(err, errSuccession) {
			return nil, err
		}
		s, lerr := look(ctx, links, policy, &o)
		if lerr == nil && err != nil {
			s.Problems = append(s.Problems, VerdictProblem{badShard, s.Size, err.Error()})
		}
		return s, lerr
	}
	return nil, ErrNotFound // findRemote returns at least one
}

// look looks at the newest shard of a log. What was seen at the last look may
// be an earlier one, which is looked at too.
func look(ctx context.Context, links []*link, policy *Policy, o *MonitorOptions) (*Sighting, error) {
	newest := links[len(links)-1]
	r, key := newest.log, newest.key
	s := &Sighting{Origin: key.name, Problems: []VerdictProblem{}}
	problem := func(code string, index uint64, format string, args ...any) {
		s.Problems = append(s.Problems, VerdictProblem{code, index, fmt.Sprintf(format, args...)})
	}
	c, n, text, err := r.head(ctx, key, policy)
	if d, ok := errors.AsType[*Damage](err); ok {
		problem(badHead, 0, "%s", d.What)
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	s.Size, s.Root = c.Size, c.Root.String()
	if !policy.satisfied(n.Sigs) && !isInternal(key) {
		problem(badQuorum, 0, "the checkpoint lacks cosignatures that the policy wants")
	}
	if at := newestCosignature(policy, n); policy.quorum != noQuorum && !isInternal(key) && o.Now().Sub(at) > o.MaxAge {
		problem(seenStale, c.Size, "the newest cosignature is of %s", at.Format(time.RFC3339))
	}
	old, oldText, err := loadSighting(o.State, links)
	if err != nil {
		return nil, err
	}
	now := c // of the shard of the last look
	at := slices.IndexFunc(links, func(k *link) bool { return k.key.name == old.Origin })
	switch {
	case old.Origin == key.name:
		s.Before = old.Size
	case at >= 0:
		r = links[at].log
		if now, _, _, err = r.head(ctx, links[at].key, policy); err != nil {
			return nil, err
		}
	}
	switch err := r.extends(ctx, old, now); {
	case oldText != nil && at < 0:
		problem(seenRollback, c.Size, "nothing leads to %s any more, which was the log at the last look", old.Origin)
	case now.Size < old.Size:
		problem(seenRollback, now.Size, "the log had %d entries at the last look", old.Size)
	case errors.Is(err, errNotExtension):
		problem(seenFork, old.Size, "the log is not the one of the last look")
	case err != nil:
		return nil, err
	default:
		return s, writeDurable(o.State, text)
	}
	s.Evidence = fmt.Sprintf("%s.evidence-%d", o.State, o.Now().UnixNano())
	return s, writeDurable(s.Evidence, bytes.Join([][]byte{oldText, text}, []byte(highWaterSeparator)))
}

// newestCosignature is the time of the newest cosignature of the policy's
// witnesses.
func newestCosignature(policy *Policy, n *note.Note) time.Time {
	var newest time.Time
	for _, sig := range n.Sigs {
		for _, k := range policy.witnesses {
			if at := sigTime(sig); sig.Name == k.name && sig.Hash == k.hash && at.After(newest) {
				newest = at
			}
		}
	}
	return newest
}

// loadSighting reads the last look, which was at one of the shards.
func loadSighting(path string, links []*link) (Checkpoint, []byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, nil, nil
	}
	if err != nil {
		return Checkpoint{}, nil, err
	}
	origin, _, _ := bytes.Cut(b, []byte("\n"))
	for _, k := range links {
		if k.key.name != string(origin) {
			continue
		}
		c, _, err := openCheckpoint(b, k.key)
		if err != nil {
			return c, nil, fmt.Errorf("%s: %w", path, err)
		}
		return c, b, nil
	}
	text, _, _ := bytes.Cut(b, []byte("\n\n"))
	if _, err := ParseCheckpoint(string(text) + "\n"); err != nil {
		return Checkpoint{}, nil, fmt.Errorf("%s: this is not what a look leaves: %w", path, err)
	}
	return Checkpoint{Origin: string(origin)}, b, nil // nothing leads there any more
}

var errNotExtension = errors.New("not an extension")

// extends proves with the log's own tiles that head extends old. Every tile is
// checked against the head by x/mod's reader before it is used.
func (r *remoteLog) extends(ctx context.Context, old, head Checkpoint) error {
	if old.Size == 0 || head.Size < old.Size {
		return nil
	}
	tree := tlog.Tree{N: int64(head.Size), Hash: head.Root}
	root, err := tlog.TreeHash(int64(old.Size), tlog.TileHashReader(tree, &checkedTiles{ctx: ctx, r: r}))
	if err != nil {
		return err
	}
	if root != old.Root {
		return errNotExtension
	}
	return nil
}

// checkedTiles hands tiles to x/mod's tlog, which checks them.
type checkedTiles struct {
	ctx context.Context
	r   *remoteLog
}

func (c *checkedTiles) Height() int { return tileHeight }

func (c *checkedTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, err := c.r.get(c.ctx, tilePath{Level: t.L, N: uint64(t.N), Width: t.W}.String())
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

func (c *checkedTiles) SaveTiles([]tlog.Tile, [][]byte) {}
