package interop

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"peacebridge/audit"
)

// BenchmarkTessera appends to the ledger and to Tessera's POSIX log, in turns,
// in one process and on one disk. Each answer of either means that the entry
// is on the disk and in the tree; ours also that a signed checkpoint covers it,
// and our entries are encrypted, salted and guarded first. Tessera is measured
// with the batches that were best for it, as many entries as there are clients
// and two ages, the better of which counts.
func BenchmarkTessera(b *testing.B) {
	const rounds, slice = 5, time.Second
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	for _, c := range []struct{ clients, size int }{{16, 500}, {256, 500}, {256, 4096}} {
		b.Run(fmt.Sprint("clients=", c.clients, "/bytes=", c.size), func(b *testing.B) {
			ways := map[string]func(*testing.B) *way{
				"ledger":  func(b *testing.B) *way { return ours(b, c.size, false) },
				"journal": func(b *testing.B) *way { return ours(b, c.size, true) },
			}
			for _, age := range []time.Duration{5 * time.Millisecond, 250 * time.Millisecond} {
				ways[fmt.Sprint("tessera-", age)] = func(b *testing.B) *way {
					return theirs(b, c.size, c.clients, age)
				}
			}
			rates := map[string][]float64{}
			for b.Loop() {
				for range rounds {
					for name, start := range ways {
						w := start(b)
						rates[name] = append(rates[name], load(b, c.clients, slice, w.append))
						if err := w.close(); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			report(b, rates)
		})
	}
}

// A way is a log to append to.
type way struct {
	append func(i int) error
	close  func() error
}

// report reports medians of the rates, and those of each round's ratio to the
// best tuning of Tessera.
func report(b *testing.B, rates map[string][]float64) {
	best := ""
	for name, r := range rates {
		b.ReportMetric(median(r), name+"/s")
		if strings.HasPrefix(name, "tessera") && (best == "" || median(r) > median(rates[best])) {
			best = name
		}
	}
	for _, name := range []string{"ledger", "journal"} {
		var x []float64
		for i := range rates[name] {
			x = append(x, rates[name][i]/rates[best][i])
		}
		b.ReportMetric(median(x), name+"-of-tessera")
	}
	b.ReportMetric(0, "ns/op")
}

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[len(x)/2]
}

// load lets clients call op for a while and returns operations per second.
func load(b *testing.B, clients int, d time.Duration, op func(i int) error) float64 {
	var n atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for time.Since(start) < d {
				if err := op(int(n.Add(1))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(start).Seconds()
}

// ours opens a ledger whose events have size bytes of header and details.
func ours(b *testing.B, size int, journal bool) *way {
	dir := b.TempDir()
	c := audit.Config{Dir: filepath.Join(dir, "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, MinFree: 1}
	if journal {
		c.Journal = filepath.Join(dir, "journal")
	}
	if err := audit.Create(c); err != nil {
		b.Fatal(err)
	}
	l, err := audit.Open(c)
	if err != nil {
		b.Fatal(err)
	}
	detail := strings.Repeat("d", size-60)
	return &way{close: l.Close, append: func(i int) error {
		_, err := l.Append(b.Context(), []audit.Event{{
			Log: partner, Kind: "document.accepted", Details: map[string]string{"d": detail},
			Header: map[string]string{"document": "d", "set": fmt.Sprint("doc/", i%1000), "to": "x"},
		}}, nil)
		return err
	}}
}

// theirs opens a Tessera log.
func theirs(b *testing.B, size, batch int, age time.Duration) *way {
	skey, _, err := note.GenerateKey(rand.Reader, "tessera.example")
	if err != nil {
		b.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	driver, err := posix.New(ctx, posix.Config{Path: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	o := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(uint(batch), age).WithCheckpointInterval(time.Second)
	log, shutdown, _, err := tessera.NewAppender(ctx, driver, o)
	if err != nil {
		b.Fatal(err)
	}
	return &way{append: func(int) error {
		data := make([]byte, size)
		rand.Read(data[:16]) // the rest may be zeros: it is not compressed
		_, err := log.Add(ctx, tessera.NewEntry(data))()
		return err
	}, close: func() error {
		defer cancel()
		return shutdown(ctx)
	}}
}
