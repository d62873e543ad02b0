package edi_test

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"peacebridge/edi"
)

// cpu returns the processor time of the calling thread. On a shared machine it is the only fair clock.
func cpu() time.Duration {
	var t syscall.Timespec
	const threadTime = 3 // CLOCK_THREAD_CPUTIME_ID
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadTime, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}

// BenchmarkRatio measures the engine against the two-level IndexByte loop over the same bytes, pass by pass in
// turn, in processor time, and reports medians: the figures of docs/performance.md.
func BenchmarkRatio(b *testing.B) {
	for _, s := range shapes {
		doc := s.make(1_000_000)
		works := []struct {
			name string
			work func()
		}{
			{"yardstick", func() { twoLevel(doc, s.terminator, s.separator) }},
			{"parse", func() { decodeAll(b, doc, edi.Options{Spec: unchecked}) }},
			{"validate", func() { validateAll(b, doc) }},
		}
		b.Run(s.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			times := make([][]time.Duration, len(works))
			for b.Loop() {
				for i, w := range works {
					start := cpu()
					w.work()
					times[i] = append(times[i], cpu()-start)
				}
			}
			medians := make([]float64, len(works))
			for i := range times {
				slices.Sort(times[i])
				medians[i] = times[i][len(times[i])/2].Seconds()
				b.ReportMetric(float64(len(doc))/1e6/medians[i], works[i].name+"-MB/s")
			}
			b.ReportMetric(medians[0]/medians[1], "parse-ratio")
			b.ReportMetric(medians[0]/medians[2], "validate-ratio")
		})
	}
}

// BenchmarkManifest measures one manifest of 1.9 KB, parsed and checked, warm, in processor time.
func BenchmarkManifest(b *testing.B) {
	doc := manifest(4)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const batch = 50
	d := edi.NewBytesDecoder(doc, edi.Options{})
	var times []time.Duration
	for b.Loop() {
		start := cpu()
		for range batch {
			d.ResetBytes(doc)
			drain(b, d)
		}
		times = append(times, (cpu()-start)/batch)
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "cpu-ns/manifest")
	b.ReportMetric(float64(len(doc)), "bytes")
}
