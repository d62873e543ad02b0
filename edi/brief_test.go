package edi_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"peacebridge/edi"
)

// made delivers what next makes until it has made n pieces.
type made struct {
	next  func(i int) string
	n, at int
	rest  string
}

func (m *made) Read(b []byte) (int, error) {
	for m.rest == "" {
		if m.at == m.n {
			return 0, io.EOF
		}
		m.rest = m.next(m.at)
		m.at++
	}
	n := copy(b, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// TestBriefMemory reads streams in which everything is wrong, or new, in the same few megabytes however long they
// are: messages, groups, interchanges, and control numbers that no range can hold.
func TestBriefMemory(t *testing.T) {
	isa := func(i int, partner string) string {
		return fmt.Sprintf("ISA*00*          *00*          *ZZ*%-15s*ZZ*RECEIVER       *261121*1430*U*00401*%09d*0*T*>~", partner, i)
	}
	for name, next := range map[string]func(i int) string{
		"bad messages": func(i int) string {
			if i == 0 {
				return isa(1, "A") + "GS*FA*AA*BB*20261121*1430*1*X*004010~"
			}
			return fmt.Sprintf("ST*997*%06d~AK1*SO*x~AK9*Q*1*y*1~SE*5*%06d~", i, i)
		},
		"bad groups": func(i int) string {
			if i == 0 {
				return isa(1, "A")
			}
			return fmt.Sprintf("GS*FA*AA*BB*20261121*1430*%d*X*004010~GE*7*%d~", i, i)
		},
		"bad interchanges": func(i int) string { return isa(i, "A") + fmt.Sprintf("IEA*3*%09d~", i) },
		"other partners":   func(i int) string { return isa(1, fmt.Sprint("P", i)) + "IEA*0*000000001~" },
		"loose numbers": func(i int) string {
			return isa(i*7919%999999937, "A") + fmt.Sprintf("IEA*0*%09d~", i*7919%999999937)
		},
		"loose edifact": func(i int) string {
			return fmt.Sprintf("UNB+UNOA:3+A:14+B:14+261121:1430+Z%d'UNH+X%dY+Q:D:1:UN'UNT+9+X%dY'UNZ+2+Z%d'", i*7, i*3, i*3, i*7)
		},
	} {
		n := 30_000
		if strings.HasPrefix(name, "loose") {
			n = 120_000 // more than Limits.Controls
		}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := edi.NewReader(&made{next: next, n: n}, edi.Options{Brief: true})
		for {
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 10<<20 {
			t.Errorf("%s: heap grown by %d KiB", name, grown>>10)
		}
		res := r.Result()
		if res.Received < len(res.Interchanges) || res.Received != 1 && res.Received != n || len(res.Findings) > 2010 {
			t.Errorf("%s: %d interchanges, %d kept, %d findings", name, res.Received, len(res.Interchanges), len(res.Findings))
		}
		if name == "bad messages" {
			if g := res.Interchanges[0].Groups[0]; g.Counted+len(g.Messages) != n-1 || g.Received != n-1 {
				t.Errorf("%d counted, %d kept, %d received", g.Counted, len(g.Messages), g.Received)
			}
		}
		runtime.KeepAlive(r)
	}
}
