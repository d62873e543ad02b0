package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/edi"
)

// documents returns the documents of all vectors.
func documents(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]byte)
	for _, f := range files {
		archive, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = archive.Files[0].Data
	}
	return out
}

// events writes down everything that a decoder says.
func events(t testing.TB, r io.Reader) string {
	t.Helper()
	var out strings.Builder
	d := edi.NewDecoder(r, edi.Options{})
	for {
		e, err := d.Next()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case edi.FindingMade:
			fmt.Fprintf(&out, "%s %+v\n", e.Finding.Code, e.Finding.Position)
		case edi.SegmentRead:
			v := d.Segment()
			fmt.Fprintf(&out, "%s %d", v.Tag(), e.Node)
			v.Values(func(b edi.Borrowed) bool {
				fmt.Fprintf(&out, " %d.%d.%d@%d=%s", b.Element, b.Repetition, b.Component, b.Offset, b.Text())
				return true
			})
			out.WriteByte('\n')
		default:
			fmt.Fprintf(&out, "event %d %d\n", e.Kind, e.Node)
		}
	}
}

// TestSplitReads reads every document in pieces of all sizes: where a read ends changes nothing.
func TestSplitReads(t *testing.T) {
	for name, doc := range documents(t) {
		want := events(t, bytes.NewReader(doc))
		if got := events(t, iotest.OneByteReader(bytes.NewReader(doc))); got != want {
			t.Errorf("%s: byte by byte:\n%s", name, cmp.Diff(want, got))
		}
		if got := events(t, iotest.DataErrReader(bytes.NewReader(doc))); got != want {
			t.Errorf("%s: data with EOF differ", name)
		}
		long := bytes.Repeat(doc, 1+200_000/len(doc))
		want = events(t, bytes.NewReader(long))
		if got := events(t, &pieces{data: long, random: rand.New(rand.NewSource(1))}); got != want {
			t.Errorf("%s: random pieces differ", name)
		}
	}
}

type pieces struct {
	data   []byte
	random *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), 1+p.random.Intn(5000))], p.data)
	p.data = p.data[n:]
	return n, nil
}

// TestPrefixes cuts every document at every byte: there is no panic, and the cut is found.
func TestPrefixes(t *testing.T) {
	for name, doc := range documents(t) {
		if !read(t, doc, edi.Options{}).Valid() {
			continue
		}
		end := len(bytes.TrimRight(doc, "\r\n"))
		for n := range end {
			res := read(t, doc[:n], edi.Options{})
			if res.Valid() {
				t.Errorf("%s: the first %d bytes are valid", name, n)
			}
			found := false
			for _, f := range res.Findings {
				found = found || f.Severity == edi.Error && f.Position.Offset == int64(n)
			}
			if !found {
				t.Errorf("%s: the first %d bytes: no finding at the cut", name, n)
			}
		}
	}
}

func read(t testing.TB, doc []byte, o edi.Options) *edi.Result {
	t.Helper()
	r := edi.NewReader(bytes.NewReader(doc), o)
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Result()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReaderFailure(t *testing.T) {
	broken := errors.New("wire cut")
	doc := documents(t)["x12-good.txtar"]
	r := edi.NewReader(io.MultiReader(bytes.NewReader(doc[:200]), iotest.ErrReader(broken)), edi.Options{})
	for {
		if _, err := r.Next(); err != nil {
			if !errors.Is(err, broken) {
				t.Errorf("%v", err)
			}
			return
		}
	}
}

// endless delivers a byte for ever, up to n of them.
type endless struct {
	head string
	fill byte
	n    int
}

func (e *endless) Read(b []byte) (int, error) {
	if e.head != "" {
		n := copy(b, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := min(len(b), e.n)
	for i := range n {
		b[i] = e.fill
	}
	e.n -= n
	return n, nil
}

// TestBoundedMemory reads 100 MB that are one segment, one value, nothing but separators, or garbage.
func TestBoundedMemory(t *testing.T) {
	isa := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~"
	const size = 100 << 20
	for name, r := range map[string]io.Reader{
		"one value":        &endless{isa + "GS*", 'A', size},
		"separators":       &endless{isa + "GS*", '*', size},
		"terminators":      &endless{isa, '~', size / 10},
		"short segments":   &endless{isa, '\n', size},
		"garbage":          &endless{"", 0xA7, size},
		"letters":          &endless{"", 'I', size},
		"edifact releases": &endless{"UNB+UNOA:3+A+B+261121:1430+1'UNH+1+", '?', size},
		"una":              &endless{"UNA", 'U', size},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := edi.NewReader(r, edi.Options{})
		for {
			if _, err := d.Next(); err != nil {
				break
			}
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20 {
			t.Errorf("%s: %d MiB allocated", name, used>>20)
		}
		if d.Result().Valid() {
			t.Errorf("%s: valid", name)
		}
	}
}

// TestLongSegmentGoesOn passes over a segment past the limit and reads what follows.
func TestLongSegmentGoesOn(t *testing.T) {
	doc := documents(t)["x12-good.txtar"]
	long := bytes.Replace(doc, []byte("MAPLE"), bytes.Repeat([]byte("X"), 3000), 1)
	long = bytes.Replace(long, []byte("*BOAT*"), append(append([]byte("*"), bytes.Repeat([]byte("B"), 5000)...), '*'), 1)
	res := read(t, long, edi.Options{Limits: edi.Limits{SegmentBytes: 1000}})
	if res.Messages != 1 || res.Segments != 10 {
		t.Errorf("%d messages, %d segments", res.Messages, res.Segments)
	}
	if len(res.Findings) == 0 || res.Findings[0].Code != "edi.segment-too-long" {
		t.Errorf("%+v", res.Findings)
	}
}

func TestFindingsCap(t *testing.T) {
	doc := documents(t)["x12-values.txtar"]
	res := read(t, bytes.Repeat(doc, 50), edi.Options{Limits: edi.Limits{Findings: 20}})
	capped := false
	for _, f := range res.Findings {
		capped = capped || f.Code == "edi.findings-capped"
	}
	if !capped || len(res.Findings) > 41 {
		t.Errorf("%d findings", len(res.Findings))
	}
	for _, i := range res.Interchanges {
		for _, g := range i.Groups {
			for _, m := range g.Messages {
				if m.Accepted() {
					t.Error("a bad message past the cap is accepted")
				}
			}
		}
	}
}

// TestMessageValues reads values through the message API.
func TestMessageValues(t *testing.T) {
	doc := "UNA:+.?*'UNB+UNOC:4+A:ZZ+B:ZZ+20261121:1430+1'\r\nUNH+1+CUSREP:D:99X:UN:GUIDE'\r\n" +
		"BGM+336:::A?+B+R?'1+9'\r\nFTX+A*B:C*:D++X\r\nY'\r\nUNT+4+1'\r\nUNZ+1+1'"
	r := edi.NewBytesReader([]byte("\xEF\xBB\xBF"+doc), edi.Options{})
	m, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "CUSREP" || m.Release != "D99X" || m.Association != "GUIDE" || m.Control != "1" || m.Interchange.Sender.ID != "A" {
		t.Errorf("%+v", m)
	}
	bgm, ftx := &m.Segments[1], &m.Segments[2]
	for _, c := range []struct{ got, want string }{
		{bgm.Text(1, 1), "336"},
		{bgm.Text(1, 4), "A+B"},
		{bgm.Text(2, 1), "R'1"},
		{bgm.Text(4, 1), ""},
		{bgm.Text(0, 1), ""},
		{ftx.RepText(1, 1, 1), "A"},
		{ftx.RepText(1, 2, 2), "C"},
		{ftx.RepText(1, 3, 2), "D"},
		{ftx.RepText(1, 3, 1), ""},
		{ftx.Text(3, 1), "XY"},
		{fmt.Sprint(bgm.Len(), bgm.Components(1), ftx.Repetitions(1), ftx.Repetitions(2), ftx.Components(9)), "3 4 3 0 0"},
		{fmt.Sprint(bgm.At(2, 1).Offset - bgm.Position.Offset), "15"},
		{fmt.Sprint(bgm.Position.Segment, bgm.Position.MessageSegment), "3 2"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if m.Start != int64(3+strings.Index(doc, "UNH")) || m.End != int64(3+strings.Index(doc, "\r\nUNZ")) {
		t.Errorf("span %d to %d", m.Start, m.End)
	}
}

// TestDuplicateNumbers looks for duplicates in many numbers without remembering each.
func TestDuplicateNumbers(t *testing.T) {
	var doc bytes.Buffer
	doc.WriteString("UNB+UNOA:3+A:14+B:14+261121:1430+1'")
	for i := 1; i <= 50_000; i++ {
		fmt.Fprintf(&doc, "UNH+%06d+X:D:1:UN'UNT+2+%06d'", i, i)
	}
	doc.WriteString("UNH+004711+X:D:1:UN'UNT+2+004711'UNZ+50001+1'")
	res := read(t, doc.Bytes(), edi.Options{Spec: func(*edi.Message) (*edi.Spec, error) { return nil, nil }, Limits: edi.Limits{Controls: 10}})
	if len(res.Findings) != 1 || res.Findings[0].Code != "edi.message-duplicate" {
		t.Errorf("%+v", res.Findings)
	}
}

// repeated delivers head, then body n times, then tail.
type repeated struct {
	head, body, tail []byte
	n, at            int
}

func (r *repeated) Read(b []byte) (int, error) {
	for {
		part := r.body
		switch {
		case r.head != nil:
			part = r.head
		case r.n == 0 && r.tail == nil:
			return 0, io.EOF
		case r.n == 0:
			part = r.tail
		}
		if n := copy(b, part[r.at:]); n > 0 {
			r.at += n
			return n, nil
		}
		r.at = 0
		switch {
		case r.head != nil:
			r.head = nil
		case r.n == 0:
			r.tail = nil
		default:
			r.n--
		}
	}
}

// TestStreamMemory checks a message of a million segments, and then as many messages, in the same few bytes.
func TestStreamMemory(t *testing.T) {
	unb := "UNB+UNOC:3+A:14+B:14+261121:1430+1'"
	for name, r := range map[string]*repeated{
		"one message":   {head: []byte(unb + "UNH+1+CUSREP:D:04B:UN'BGM+336+REF1+9'"), body: []byte("DTM+132:202611211500:203'"), n: 1_000_000, tail: []byte("UNT+1000003+1'UNZ+1+1'")},
		"many messages": {head: []byte(unb), body: []byte("UNH+1+CUSREP:D:04B:UN'BGM+336+REF1+9'UNT+3+1'"), n: 500_000, tail: []byte("UNZ+500000+1'")},
	} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d := edi.NewDecoder(r, edi.Options{Limits: edi.Limits{Findings: 1}})
		segments := 0
		for {
			e, err := d.Next()
			if err != nil {
				break
			}
			if e.Kind == edi.SegmentRead {
				segments++
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 || segments < 1_000_000 {
			t.Errorf("%s: %d segments, heap grown by %d KiB", name, segments, grown>>10)
		}
		runtime.KeepAlive(d)
	}
}

func FuzzReader(f *testing.F) {
	for _, doc := range documents(f) {
		f.Add(doc)
	}
	files, _ := filepath.Glob("testdata/corpus/*/*") // absent files only make the fuzzer start from less
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		limits := edi.Limits{SegmentBytes: 512, Elements: 50, MessageBytes: 4096, Findings: 50, Controls: 10}
		r := edi.NewReader(bytes.NewReader(doc), edi.Options{Limits: limits})
		for {
			m, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range m.Segments {
				s := &m.Segments[i]
				for e := range s.Len() + 2 {
					_ = s.Text(e, 1) + s.RepText(e, s.Repetitions(e), s.Components(e))
					if p := s.At(e, 1); p.Offset < 0 || p.Offset > int64(len(doc)) {
						t.Fatalf("position %+v outside", p)
					}
				}
			}
			if m.Start < 0 || m.End < m.Start || m.End > int64(len(doc)) {
				t.Fatalf("span %d to %d of %d", m.Start, m.End, len(doc))
			}
		}
		for _, x := range r.Result().Findings {
			if x.Position.Offset < 0 || x.Position.Offset > int64(len(doc)) {
				t.Fatalf("finding outside: %+v", x)
			}
			if _, ok := edi.KindOf(x.Code); !ok || x.Message == "" {
				t.Fatalf("finding without a row: %+v", x)
			}
		}
	})
}
