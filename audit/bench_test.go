package audit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAppend measures durable, integrated, signed appends of 500 B, next
// to a plain file that is synced after each append of one client.
func BenchmarkAppend(b *testing.B) {
	detail := make([]byte, 440)
	for i := range detail {
		detail[i] = byte('a' + i%26)
	}
	for _, clients := range []int{1, 16, 256} {
		for _, withState := range []bool{false, true} {
			b.Run(fmt.Sprintf("clients=%d/state=%v", clients, withState), func(b *testing.B) {
				c := testConfig(b)
				c.MemTable = 0
				if !withState {
					c.Apply = nil
				}
				l := create(b, c)
				var n atomic.Int64
				took := make([][]time.Duration, clients)
				b.ResetTimer()
				b.ReportAllocs()
				var wg sync.WaitGroup
				for k := range clients {
					wg.Go(func() {
						for {
							i := int(n.Add(1))
							if i > b.N {
								return
							}
							start := time.Now()
							e := Event{Log: partner, Kind: "document.accepted", Header: map[string]string{"document": "d", "set": fmt.Sprint("doc/", i%1000), "to": "x"}, Details: map[string]string{"d": string(detail)}}
							if _, err := l.Append(context.Background(), []Event{e}, nil); err != nil {
								b.Error(err)
								return
							}
							took[k] = append(took[k], time.Since(start))
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				all := slices.Concat(took...)
				slices.Sort(all)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
				b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// BenchmarkPlainFile is what the disk gives: append 500 B, sync, one client.
func BenchmarkPlainFile(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 500)
	for b.Loop() {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
