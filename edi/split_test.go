package edi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestWindowsInside does the same behind the four kilobytes that are looked at for a header: with release
// characters before everything, wrapped lines and binary data.
func TestWindowsInside(t *testing.T) {
	filler := strings.Repeat("FILLER ", 600)
	for name, doc := range map[string]string{
		"edifact": "UNB+UNOC:4+A:14+B:14+20261121:1430+1'UNH+1+CUSREP:D:04B:UN'BGM+336+REF1+9'FTX+AAI+++" + filler + "'" +
			"FTX+AAI+++A??B?'?+?::C??*D:??'\r\nFTX+AAI+++\r\nX\r\nY?\n'Z''LO\r\nC+60+0453'QQQ+?+??'\xff+ '?\nUNT+8+1'UNZ+1+1'UNA:+.? '\r\nUNB+UNOA:3+A+B+261121:1430+2'UNZ+0+2'",
		"x12": "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*^*00501*000000001*0*T*>~" +
			"GS*SO*A1*B1*20261121*1430*1*X*005010~ST*309*0001~NTE*" + filler + "~\r\nBIN*12*a~b*c>d^\r\n~e~\r\nM10*AB\nCD*J^K>L**~SE*9*0001~GE*1*1~IEA*1*000000001~noise ISA*",
	} {
		want := transcript(t, bytesSource([]byte(doc)))
		for n := 4096; n < len(doc); n++ {
			parts := io.MultiReader(strings.NewReader(doc[:n]), strings.NewReader(doc[n:]))
			if got := transcript(t, source{r: parts, buf: make([]byte, n)}); got != want {
				t.Errorf("%s: a window that ends before %q reads differently\n%s", name, doc[n:min(n+20, len(doc))], cmp.Diff(want, got))
			}
		}
	}
}

// TestWindows reads every document through windows that end at one byte or another, and through one that grows byte
// by byte: where the bytes at hand end changes nothing.
func TestWindows(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, f := range files {
		archive, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc := archive.Files[0].Data
		want := transcript(t, bytesSource(doc))
		for n := 1; n < len(doc); n += 17 { // small documents are looked at whole anyhow; see TestWindowsInside
			parts := io.MultiReader(bytes.NewReader(doc[:n]), bytes.NewReader(doc[n:]))
			if got := transcript(t, source{r: parts, buf: make([]byte, n)}); got != want {
				t.Fatalf("%s: a window of %d bytes reads differently", f, n)
			}
		}
		if got := transcript(t, source{r: iotest.OneByteReader(bytes.NewReader(doc)), buf: make([]byte, 1)}); got != want {
			t.Errorf("%s: a window of a byte reads differently", f)
		}
	}
}

func transcript(t *testing.T, src source) string {
	t.Helper()
	d := &Decoder{src: src}
	d.init()
	var out strings.Builder
	for {
		e, err := d.Next()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%d %d %t", e.Kind, e.Node, e.Stray)
		switch e.Kind {
		case FindingMade:
			fmt.Fprintf(&out, " %+v", *e.Finding)
		case SegmentRead:
			out.WriteString(d.view.tag)
			for v := range d.view.Values {
				fmt.Fprintf(&out, " %d.%d.%d@%d=%s", v.Element, v.Repetition, v.Component, v.Offset, v.Text())
			}
		}
		out.WriteByte('\n')
	}
}
