package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"peacebridge/edi"
)

// TestStream reads down to the elements: every composite is closed before its segment, and the values are those of
// a Decoder.
func TestStream(t *testing.T) {
	for name, doc := range documents(t) {
		var want strings.Builder
		d := edi.NewBytesDecoder(doc, edi.Options{})
		for {
			e, err := d.Next()
			if err != nil {
				break
			}
			fmt.Fprintf(&want, "%d ", e.Kind)
			if e.Kind == edi.SegmentRead {
				for v := range d.Segment().Values {
					fmt.Fprintf(&want, "%d.%d.%d@%d=%s ", v.Element, v.Repetition, v.Component, v.Offset, v.Text())
				}
			}
		}
		var got strings.Builder
		s := edi.NewStream(bytes.NewReader(doc), edi.Options{})
		depth, composites := 0, 0
		for {
			e, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			switch v := s.Value(); e.Kind {
			case edi.BeginComposite:
				depth++
				composites++
			case edi.EndComposite:
				depth--
			case edi.ElementRead:
				fmt.Fprintf(&got, "%d.%d.%d@%d=%s ", v.Element, v.Repetition, v.Component, v.Offset, v.Text())
			case edi.EndSegment:
				if depth != 0 {
					t.Fatalf("%s: %d composites open at the end of %s", name, depth, s.Segment().Tag())
				}
			default:
				fmt.Fprintf(&got, "%d ", e.Kind)
			}
			if depth < 0 || depth > 1 {
				t.Fatalf("%s: composites do not nest", name)
			}
		}
		if got.String() != want.String() {
			t.Errorf("%s:\n%s\nwant\n%s", name, got.String(), want.String())
		}
		if strings.HasPrefix(name, "sample-cus") && composites == 0 {
			t.Errorf("%s: no composite", name)
		}
	}
}
