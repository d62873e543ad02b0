package audit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// load lets clients call op for a while and returns operations per second and
// the latencies at 50 and 99 %.
func load(tb testing.TB, clients int, d time.Duration, op func(i int) error) (rate float64, p50, p99 time.Duration) {
	var n atomic.Int64
	took := make([][]time.Duration, clients)
	start := time.Now()
	var wg sync.WaitGroup
	for k := range clients {
		wg.Go(func() {
			for time.Since(start) < d {
				at := time.Now()
				if err := op(int(n.Add(1))); err != nil {
					tb.Error(err)
					return
				}
				took[k] = append(took[k], time.Since(at))
			}
		})
	}
	wg.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	return float64(len(all)) / time.Since(start).Seconds(), all[len(all)/2], all[len(all)*99/100]
}

var detail = strings.Repeat("d", 440)

// benchEvents are made ahead: to make them is not the ledger's work.
var benchEvents = sync.OnceValue(func() []Event {
	events := make([]Event, 1000)
	for i := range events {
		events[i] = Event{
			Log: partner, Kind: "document.accepted", Details: map[string]string{"d": detail},
			Header: map[string]string{"document": "d", "set": fmt.Sprint("doc/", i), "to": "x"},
		}
	}
	return events
})

func benchEvent(i int) Event { return benchEvents()[i%1000] }

// plainFile is the ceiling: one writer appends what waits and syncs once.
type plainFile struct {
	f     *os.File
	queue chan chan error
}

func (p *plainFile) run() {
	data := make([]byte, 500)
	for first := range p.queue {
		waiting := []chan error{first}
	gather:
		for {
			select {
			case c := <-p.queue:
				waiting = append(waiting, c)
			default:
				break gather
			}
		}
		var buf []byte
		for range waiting {
			buf = append(buf, data...)
		}
		_, err := p.f.Write(buf)
		if err == nil {
			err = syscall.Fdatasync(int(p.f.Fd()))
		}
		for _, c := range waiting {
			c <- err
		}
	}
}

// plainOp appends to a plain file until it is closed.
func plainOp(b *testing.B) (op func() error, closeFile func()) {
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	p := &plainFile{f: f, queue: make(chan chan error, 4096)}
	go p.run()
	return func() error {
			c := make(chan error, 1)
			p.queue <- c
			return <-c
		}, func() {
			close(p.queue)
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		}
}

// BenchmarkRatios measures durable, integrated, signed appends of 500 B beside
// a plain file with group sync and beside one transaction an append, in turns,
// and reports medians and their ratios. Absolute numbers are of little use on
// a shared machine.
func BenchmarkRatios(b *testing.B) {
	const rounds, slice = 7, 700 * time.Millisecond
	for _, clients := range []int{1, 16, 256} {
		b.Run(fmt.Sprint("clients=", clients), func(b *testing.B) {
			rates := map[string][]float64{}
			p50, order := map[string][]float64{}, map[string][]float64{}
			note := func(name string, rate float64, p time.Duration) {
				rates[name] = append(rates[name], rate)
				order[name] = append(order[name], rate)
				p50[name] = append(p50[name], float64(p.Microseconds()))
			}
			for b.Loop() {
				for range rounds {
					measureRound(b, clients, slice, note)
				}
			}
			median := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
			for name, r := range rates {
				if strings.Contains(name, "-") { // cpu time an append, memory
					b.ReportMetric(median(r), name)
					continue
				}
				b.ReportMetric(median(r), name+"/s")
				b.ReportMetric(median(p50[name]), name+"-p50-µs")
			}
			// The load of the machine changes from round to round: the ratios
			// are medians of those of each round.
			ratio := func(over, under string) float64 {
				var x []float64
				for i := range order[over] {
					x = append(x, order[over][i]/order[under][i])
				}
				return median(x)
			}
			b.ReportMetric(ratio("ledger", "file"), "of-file")
			b.ReportMetric(ratio("journal", "file"), "journal-of-file")
			b.ReportMetric(ratio("ledger", "single"), "of-single")
			b.ReportMetric(ratio("state", "journal"), "with-state")
			b.ReportMetric(ratio("encrypted", "journal"), "encrypted")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// warmJournal appends until the journal writes into a segment that was filled
// ahead, which is what it does but for the first megabytes after a start.
func warmJournal(b *testing.B, l *Ledger) {
	events := make([]Event, 100)
	for i := range events {
		events[i] = benchEvent(i)
	}
	for filled := false; !filled; {
		if _, err := l.Append(context.Background(), events, nil); err != nil {
			b.Fatal(err)
		}
		l.journal.mu.Lock()
		filled = l.journal.room > 0
		l.journal.mu.Unlock()
	}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// watchMemory returns what stops watching and says the peak of anonymous
// memory in MiB. What earlier rounds left is given back first.
func watchMemory() func() float64 {
	debug.FreeOSMemory()
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		peak := 0.0
		for {
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(20 * time.Millisecond):
				peak = max(peak, anonymous())
			}
		}
	}()
	return func() float64 { close(stop); return <-done }
}

func anonymous() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		return 0
	}
	return kb / 1024
}

func measureRound(b *testing.B, clients int, slice time.Duration, note func(string, float64, time.Duration)) {
	op, closeFile := plainOp(b)
	rate, p50, _ := load(b, clients, slice, func(int) error { return op() })
	closeFile()
	note("file", rate, p50)
	for _, name := range []string{"ledger", "journal", "state", "encrypted", "single"} {
		measureOne(b, name, clients, slice, note)
	}
}

// benchLedger opens a ledger for one way to append: "ledger" (no journal),
// "single" (the same with one commit for each append), "journal", and with a
// journal "state" (projections in the same commit) and "encrypted" (a store key).
func benchLedger(b *testing.B, name string) *Ledger {
	c := testConfig(b)
	c.MemTable, c.Apply, c.Encrypt = 0, nil, name == "encrypted"
	if name == "state" {
		c.Apply = counting2
	}
	if name != "ledger" && name != "single" {
		c.Journal = filepath.Join(b.TempDir(), "journal")
	}
	if err := Create(c); err != nil {
		b.Fatal(err)
	}
	l, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	l.ungrouped = name == "single"
	if l.journal != nil {
		warmJournal(b, l)
	}
	return l
}

// measureOne measures one way to append.
func measureOne(b *testing.B, name string, clients int, slice time.Duration, note func(string, float64, time.Duration)) {
	l := benchLedger(b, name)
	peak := watchMemory()
	before := cpuTime()
	rate, p50, _ := load(b, clients, slice, func(i int) error {
		_, err := l.Append(context.Background(), []Event{benchEvent(i)}, nil)
		return err
	})
	note(name, rate, p50)
	note(name+"-cpu-µs", float64((cpuTime()-before).Microseconds())/(rate*slice.Seconds()), 0)
	note(name+"-anon-MB", peak(), 0)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpenLoop appends 2,000 events a second, whatever becomes of those
// before, and reports when the acknowledgements come, counted from when the
// append was due; beside it what a plain file takes, in turns.
func BenchmarkOpenLoop(b *testing.B) {
	const rounds = 3
	p50, p99 := map[string][]time.Duration{}, map[string][]time.Duration{}
	note := func(name string, took []time.Duration) {
		slices.Sort(took)
		p50[name] = append(p50[name], took[len(took)/2])
		p99[name] = append(p99[name], took[len(took)*99/100])
	}
	for b.Loop() {
		for range rounds {
			op, closeFile := plainOp(b)
			note("file", openLoop(b, func(int) error { return op() }))
			closeFile()
			for _, name := range []string{"ledger", "journal"} {
				l := benchLedger(b, name)
				note(name, openLoop(b, func(i int) error {
					_, err := l.Append(context.Background(), []Event{benchEvent(i)}, nil)
					return err
				}))
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	for name := range p50 {
		slices.Sort(p50[name])
		slices.Sort(p99[name])
		b.ReportMetric(p50[name][rounds/2].Seconds()*1000, name+"-p50-ms")
		b.ReportMetric(p99[name][rounds/2].Seconds()*1000, name+"-p99-ms")
		b.ReportMetric(p99[name][0].Seconds()*1000, name+"-p99-best-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// openLoop starts an op every half millisecond and returns how long after that
// each was done.
func openLoop(b *testing.B, op func(i int) error) []time.Duration {
	const rate, seconds = 2000, 8
	took := make([]time.Duration, rate*seconds)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range took {
		due := start.Add(time.Duration(i) * time.Second / rate)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			if err := op(i); err != nil {
				b.Error(err)
			}
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	return took
}

// BenchmarkAppend is one way alone, for a profile.
func BenchmarkAppend(b *testing.B) {
	for _, name := range []string{"ledger", "journal", "encrypted"} {
		for _, clients := range []int{16, 256} {
			b.Run(fmt.Sprint(name, "/clients=", clients), func(b *testing.B) {
				for b.Loop() {
					measureOne(b, name, clients, 4*time.Second, func(what string, rate float64, p50 time.Duration) {
						b.ReportMetric(rate, what)
					})
				}
			})
		}
	}
}
