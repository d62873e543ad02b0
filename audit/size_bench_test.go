package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// BenchmarkLarge fills a log and measures what depends on its size: proofs
// beside x/mod's TileHashReader, the start after an unclean stop, and the
// re-hash of everything. AUDIT_SIZE sets the number of entries.
func BenchmarkLarge(b *testing.B) {
	size := 100_000
	if n, err := strconv.Atoi(os.Getenv("AUDIT_SIZE")); err == nil {
		size = n
	}
	c := testConfig(b)
	c.MemTable, c.Apply, c.Journal = 0, nil, filepath.Join(c.Dir, "journal")
	if err := Create(c); err != nil {
		b.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range size / 4 / 500 {
				events := make([]Event, 500)
				for i := range events {
					events[i] = benchEvent(i)
				}
				if _, err := l.Append(context.Background(), events, nil); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := l.Size(partner)
	b.Run(fmt.Sprint("disk/n=", n), func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(bytesIn(b, c.badgerDir())/float64(n), "store-B/event")
			b.ReportMetric(bytesIn(b, c.Journal)/float64(n), "journal-B/event")
		}
	})
	b.Run(fmt.Sprint("proof/n=", n), func(b *testing.B) { benchProofs(b, l, n) })
	dir := c.Dir
	c.Keys = filepath.Join(filepath.Dir(dir), "keys")
	b.Run(fmt.Sprint("killed/n=", n), func(b *testing.B) {
		for b.Loop() {
			// What a kill would leave: the files as they stand.
			for range 20 {
				c.Dir = filepath.Join(b.TempDir(), "ledger")
				c.Journal = filepath.Join(c.Dir, "journal")
				if err = os.CopyFS(c.Dir, os.DirFS(dir)); err == nil {
					break
				}
				time.Sleep(time.Second) // tables are being compacted
			}
			if err != nil {
				b.Fatal(err)
			}
			benchStart(b, c, n)
		}
	})
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchStart measures how long a start takes until the first append is
// acknowledged, and then a re-hash with nothing beside it.
func benchStart(b *testing.B, c Config, n uint64) {
	start := time.Now()
	l, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := l.Append(context.Background(), []Event{{Log: Internal, Kind: "k"}}, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds()), "ready-ms")
	for len(l.Problems()) > 0 { // the re-hash that every start begins with
		time.Sleep(10 * time.Millisecond)
	}
	var rates []float64
	before := cpuTime()
	for range 5 {
		start = time.Now()
		if err := l.rehashLog(context.Background(), l.logs()[partner]); err != nil {
			b.Fatal(err)
		}
		rates = append(rates, float64(n)/time.Since(start).Seconds())
	}
	slices.Sort(rates)
	b.ReportMetric(rates[2], "rehashed/s")
	b.ReportMetric(rates[4], "rehashed-best/s")
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/1000/5/float64(n), "rehash-cpu-µs")
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// bytesIn are the bytes that the files of a folder take on the disk.
func bytesIn(b *testing.B, dir string) float64 {
	blocks := int64(0)
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		var st syscall.Stat_t
		if err == nil {
			err = syscall.Stat(path, &st)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a table that was compacted away
		}
		blocks += st.Blocks
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return float64(blocks * 512)
}

func benchProofs(b *testing.B, l *Ledger, n uint64) {
	s := l.logs()[partner]
	v := s.view.Load()
	tree := tlog.Tree{N: int64(n), Hash: v.root}
	theirs := tlog.TileHashReader(tree, tileReader{func(path string) []byte {
		t, err := parseTilePath(path)
		if err != nil {
			b.Fatal(err)
		}
		tile, err := l.tile(s, v.edge, t.Level, t.N)
		if err != nil {
			b.Fatal(err)
		}
		return encodeTile(tile.hashes[:t.Width])
	}})
	inclusion := func(r tlog.HashReader) error {
		_, err := tlog.ProveRecord(int64(n), rand.Int64N(int64(n)), r)
		return err
	}
	consistency := func(r tlog.HashReader) error {
		_, err := tlog.ProveTree(int64(n), 1+rand.Int64N(int64(n)), r)
		return err
	}
	prove := func(one func(tlog.HashReader) error, r tlog.HashReader) time.Duration {
		const rounds = 500
		start := time.Now()
		for range rounds {
			if err := one(r); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start) / rounds
	}
	ours := l.hashes(s, v, n)
	for i := int64(0); i < int64(n); i += tileWidth { // warm
		if _, err := tlog.ProveRecord(int64(n), i, ours); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for name, one := range map[string]func(tlog.HashReader) error{"inclusion": inclusion, "consistency": consistency} {
			o, t := prove(one, ours), prove(one, theirs)
			b.ReportMetric(float64(o.Nanoseconds())/1000, "µs/"+name)
			b.ReportMetric(float64(o)/float64(t), name+"-of-TileHashReader")
		}
	}
}
