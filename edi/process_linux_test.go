package edi_test

import (
	"bufio"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var process = flag.String("process", "", "measure this peacebridge binary on files of 100 MB and 1 GB (make bench-edi-stream)")

// TestProcess measures whole processes that validate large files, for docs/performance.md. It asserts nothing about
// time: only that the memory does not grow with the file.
func TestProcess(t *testing.T) {
	if *process == "" {
		t.Skip("needs -process")
	}
	var peaks []int
	for _, size := range []int{100_000_000, 1_000_000_000} {
		name := filepath.Join(t.TempDir(), "manifests.x12")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		writeManifests(w, size)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		best, peak := time.Hour, 0
		for range 3 {
			wall, cpu, kib := measure(t, *process, "edi", "validate", "--json", name)
			t.Logf("%4d MB: %.2f s, %.2f s of processor time, peak %.1f MiB", size/1_000_000, wall.Seconds(), cpu.Seconds(), float64(kib)/1024)
			best, peak = min(best, wall), max(peak, kib)
		}
		t.Logf("%4d MB: best %.2f s, highest peak %.1f MiB", size/1_000_000, best.Seconds(), float64(peak)/1024)
		peaks = append(peaks, peak)
		os.Remove(name) // the next one needs the room
	}
	if peaks[1] > peaks[0]*11/10 {
		t.Errorf("peak grows from %d to %d KiB", peaks[0], peaks[1])
	}
}

// measure runs a program and watches the peak of its memory. What wait reports would include the peak of this process,
// from which it was forked.
func measure(t *testing.T, name string, args ...string) (wall, cpu time.Duration, kib int) {
	cmd := exec.Command(name, args...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	status := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/status"
	done := make(chan int)
	ended := make(chan struct{})
	go func() {
		peak := 0
		for {
			b, _ := os.ReadFile(status) // gone when the process is
			if _, after, ok := strings.Cut(string(b), "VmHWM:"); ok {
				n, _ := strconv.Atoi(strings.Fields(after)[0])
				peak = max(peak, n)
			}
			select {
			case <-ended:
				done <- peak
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	err := cmd.Wait()
	wall = time.Since(start)
	close(ended)
	kib = <-done
	if err != nil {
		t.Fatal(err)
	}
	return wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), kib
}
