package edi_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"peacebridge/edi"
)

// said writes down what a decoder says without offsets: line breaks move these.
func said(t *testing.T, r io.Reader) string {
	t.Helper()
	var out strings.Builder
	d := edi.NewDecoder(r, edi.Options{})
	for {
		e, err := d.Next()
		if err != nil {
			return out.String()
		}
		switch e.Kind {
		case edi.FindingMade:
			if e.Finding.Code != "edi.line-break" && e.Finding.Code != "edi.isa-width" {
				fmt.Fprintf(&out, "%s %d %d\n", e.Finding.Code, e.Finding.Position.Segment, e.Finding.Position.Element)
			}
		case edi.SegmentRead:
			v := d.Segment()
			fmt.Fprintf(&out, "%s %d", v.Tag(), e.Node)
			for b := range v.Values {
				fmt.Fprintf(&out, " %d.%d.%d=%s", b.Element, b.Repetition, b.Component, strings.TrimSpace(b.Text()))
			}
			out.WriteByte('\n')
		default:
			fmt.Fprintf(&out, "event %d %d\n", e.Kind, e.Node)
		}
	}
}

// TestWrapped breaks documents at every column, as transports with fixed record lengths do: tags, values,
// delimiters and headers are cut in two, and nothing is lost.
func TestWrapped(t *testing.T) {
	for name, doc := range documents(t) {
		if !read(t, doc, edi.Options{}).Valid() {
			continue
		}
		plain := strings.NewReplacer("\r", "", "\n", "").Replace(string(doc))
		whole := []byte(plain + plain) // a second header is wrapped elsewhere
		want := said(t, bytes.NewReader(whole))
		for column := 2; column <= 132; column++ {
			for _, end := range []string{"\n", "\r\n"} {
				if end != "\n" && column%4 != 0 {
					continue
				}
				var b bytes.Buffer
				for i := 0; i < len(whole); i += column {
					b.Write(whole[i:min(i+column, len(whole))])
					b.WriteString(end)
				}
				if got := said(t, &b); got != want {
					t.Errorf("%s: wrapped at column %d with %q reads differently", name, column, end)
					break
				}
			}
		}
	}
}
