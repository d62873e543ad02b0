package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"peacebridge/edi"
)

// manifests makes an X12 309 interchange of at least size bytes with sets of 2 to 5 bills, some 2.2 KB each. All values
// are invented, and the same for every run.
func manifests(size int) []byte {
	var b bytes.Buffer
	writeManifests(&b, size)
	return b.Bytes()
}

func writeManifests(w io.Writer, size int) {
	var sets []int
	for n := 0; n < size; n += 110 + 422*sets[len(sets)-1] {
		sets = append(sets, 2+len(sets)%4)
	}
	writeManifest(w, sets...)
}

// manifest makes an interchange with a set for every number of bills.
func manifest(sets ...int) []byte {
	var b bytes.Buffer
	writeManifest(&b, sets...)
	return b.Bytes()
}

func writeManifest(b io.Writer, sets ...int) {
	io.WriteString(b, "ISA*00*          *00*          *ZZ*ABCD           *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~\n"+
		"GS*SO*ABCD*RECEIVER*20261121*1430*1*X*004010~\n")
	for i, bills := range sets {
		segments := 2
		line := func(format string, args ...any) {
			fmt.Fprintf(b, format+"~\n", args...)
			segments++
		}
		fmt.Fprintf(b, "ST*309*%04d~\n", i+1)
		line("M10*ABCD*J*US*%07d*NORTHERN STAR*V%05d***Z*L", i, i%99999)
		line("P4*3801*20261121***1800")
		for bill := range bills {
			line("LX*%d", bill+1)
			line("M13*ABCD*3801*A*%08d*%d*03***ABCD", i*5+bill, bill+3)
			line("M11*%08d*80107*12*SKD*9500*K*3*X*00***ABCD", i*5+bill)
			line("N9*OB*MSCUX%07d", i)
			line("N1*SH*MAPLE STEEL LTD*A7*0000027190")
			line("N3*10 MILL ROAD*UNIT %d", bill)
			line("N4*WINDSOR*ON*N9A1A1*CA")
			line("N1*CN*LAKE PARTS INC")
			line("N3*500 RIVER ST")
			line("N4*DETROIT*MI*48201*US")
			line("M12*62*%09d*3801*80107*15000", i)
			line("VID*4B*CSQU*3054383*SEAL%06d*SEAL%06d", i, bill)
			line("N10*12*STEEL BRACKETS AND BOLTS*LP 1-12****K*9500")
			line("H1*UN1993*9*I*FLAMMABLE LIQUID")
		}
		fmt.Fprintf(b, "SE*%d*%04d~\n", segments, i+1)
	}
	fmt.Fprintf(b, "GE*%d*1~\nIEA*1*000000001~\n", len(sets))
}

// reports makes an EDIFACT CUSCAR interchange likewise; one text in four has released characters.
func reports(size int) []byte {
	var b bytes.Buffer
	b.WriteString("UNA:+.? '\nUNB+UNOC:3+ABCD:14+RECEIVER:14+261121:1430+1'\n")
	messages := 0
	for ; b.Len() < size; messages++ {
		segments := 2
		line := func(format string, args ...any) {
			fmt.Fprintf(&b, format+"'\n", args...)
			segments++
		}
		fmt.Fprintf(&b, "UNH+%d+CUSCAR:D:96B:UN'\n", messages+1)
		line("BGM+785+9999CCN%09d+9", messages)
		line("DTM+132:202611211500:203")
		line("NAD+CA+9999")
		line("TDT+11++3")
		line("EQD+CN+CSQU3054383")
		line("MEA+AAI++KGM:12000")
		line("SEL+SEAL%06d", messages)
		for item := range 2 + messages%4 {
			line("CNI+%d+9999CCN%09d", item+1, messages)
			line("RFF+BM:9999CCN%09d", messages)
			line("LOC+8+0453")
			line("NAD+CZ+++LAKE PARTS INC+500 RIVER ST+DETROIT+MI+48201+US")
			line("NAD+CN+++MAPLE STEEL LTD+10 MILL ROAD+WINDSOR+ON+N9A1A1+CA")
			line("GID+%d+24:PLT", item+1)
			if item%4 == 3 {
				line("FTX+AAA+++MACHINE PARTS?: GEARS ?+ SHAFTS, DRIVER?'S SEAT")
			} else {
				line("FTX+AAA+++MACHINE PARTS AND GEARS AND SHAFTS")
			}
			line("MEA+AAI++KGM:12000")
			line("SGP+CSQU3054383+24")
		}
		fmt.Fprintf(&b, "UNT+%d+%d'\n", segments, messages+1)
	}
	fmt.Fprintf(&b, "UNZ+%d+1'\n", messages)
	return b.Bytes()
}

func unchecked(*edi.Message) (*edi.Spec, error) { return nil, nil }

// twoLevel is the yardstick: the two-level IndexByte loop, segments first and elements in them.
func twoLevel(doc []byte, terminator, separator byte) (segments, elements, length int) {
	for len(doc) > 0 {
		end := bytes.IndexByte(doc, terminator)
		if end < 0 {
			break
		}
		segment := doc[:end]
		doc = doc[end+1:]
		segments++
		for {
			i := bytes.IndexByte(segment, separator)
			if i < 0 {
				elements++
				length += len(segment)
				break
			}
			elements++
			length += i
			segment = segment[i+1:]
		}
	}
	return segments, elements, length
}

// decodeAll reads all events and looks at every value.
func decodeAll(tb testing.TB, doc []byte, o edi.Options) (segments, values, findings, length int, at int64) {
	d := edi.NewBytesDecoder(doc, o)
	for {
		e, err := d.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				tb.Fatal(err)
			}
			return segments, values, findings, length, at
		}
		switch e.Kind {
		case edi.SegmentRead:
			segments++
			for v, i := d.Segment(), 0; i < v.Count(); i++ {
				place, raw := v.Value(i)
				values++
				length += len(raw)
				at += place.Offset + int64(place.Element)
			}
		case edi.FindingMade:
			findings++
		}
	}
}

// validateAll reads all events.
func validateAll(tb testing.TB, doc []byte) (findings int) {
	return drain(tb, edi.NewBytesDecoder(doc, edi.Options{}))
}

func drain(tb testing.TB, d *edi.Decoder) (findings int) {
	for {
		e, err := d.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				tb.Fatal(err)
			}
			return findings
		}
		if e.Kind == edi.FindingMade {
			findings++
		}
	}
}

var shapes = []struct {
	name                  string
	make                  func(int) []byte
	terminator, separator byte
}{
	{"x12-309", manifests, '~', '*'},
	{"cuscar", reports, '\'', '+'},
}

func BenchmarkYardstick(b *testing.B) {
	for _, s := range shapes {
		doc := s.make(1_000_000)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				twoLevel(doc, s.terminator, s.separator)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, s := range shapes {
		doc := s.make(1_000_000)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				decodeAll(b, doc, edi.Options{Spec: unchecked})
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, s := range shapes {
		doc := s.make(1_000_000)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				validateAll(b, doc)
			}
		})
	}
}

func BenchmarkOneManifest(b *testing.B) {
	doc := manifest(4)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	d := edi.NewBytesDecoder(doc, edi.Options{})
	for b.Loop() {
		d.ResetBytes(doc)
		drain(b, d)
	}
}

// TestResetBytes reads as a new decoder would.
func TestResetBytes(t *testing.T) {
	d := edi.NewBytesDecoder(manifests(3000), edi.Options{})
	for _, doc := range documents(t) {
		drain(t, d)
		d.ResetBytes(doc)
		if got, want := drain(t, d), validateAll(t, doc); got != want {
			t.Errorf("%d findings, want %d", got, want)
		}
	}
}

// TestBenchmarkShapes keeps the benchmarks honest: the documents are valid, so that nothing is skipped.
func TestBenchmarkShapes(t *testing.T) {
	for _, s := range shapes {
		res := read(t, s.make(20_000), edi.Options{})
		if !res.Valid() || res.Messages < 5 {
			for _, f := range res.Findings {
				t.Errorf("%s: %s %s %s", s.name, f.Code, f.Rule, f.Message)
			}
		}
	}
}
