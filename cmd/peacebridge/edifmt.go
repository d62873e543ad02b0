package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"peacebridge/edi"
)

func ediFmtCommand(t *terminal) *cobra.Command {
	var wrap bool
	cmd := &cobra.Command{
		Use:   "fmt [--wrap] FILE",
		Short: "Lay an interchange out again: one segment a line, or all on one",
		Long: `Lay an interchange out again without changing its content: one segment a line, or with --wrap back to one line without line
breaks. A file whose syntax is broken is not laid out: nothing is written, and exit status is 1.`,
		Example: `  peacebridge edi fmt manifest.x12
  peacebridge edi fmt --wrap readable.edi > wire.edi`,
		Args: oneFile,
		RunE: func(_ *cobra.Command, args []string) error {
			return t.format(args[0], !wrap)
		},
	}
	cmd.Flags().BoolVar(&wrap, "wrap", false, "no line breaks: all segments on one line")
	return cmd
}

// format reads a file twice: once to be sure that its syntax holds to the end, then to copy it segment by segment. What comes through a
// pipe is kept, and bounded, for the second reading.
func (t *terminal) format(name string, lines bool) error {
	in, err := t.open(name)
	if err != nil {
		return err
	}
	defer in.Close() // read only: an error at closing says nothing about what was read
	stream, err := in.twice()
	if err != nil {
		return err
	}
	res, err := readEDI(&input{name: name, r: stream(), progress: in.progress}, edi.Options{Spec: envelopesOnly}, nil)
	in.done()
	if err != nil {
		return err
	}
	if status := t.brokenSyntax(in, res); status != nil {
		return status
	}
	out := bufio.NewWriter(t.out)
	if err := layOut(out, stream, lines); err != nil {
		return trouble(fmt.Errorf("%s: %w", name, err))
	}
	if err := out.Flush(); err != nil {
		return trouble(err)
	}
	return nil
}

// brokenSyntax returns the refusal of a file that cannot be cut into segments with certainty.
func (t *terminal) brokenSyntax(in *input, res *edi.Result) error {
	broken := len(res.Interchanges) == 0
	talk := *t
	talk.json = true // a laid-out interchange was asked for: findings are talk
	for _, f := range res.Findings {
		if f.Code == "edi.noise" {
			t.say("%s: what stands at byte %d, outside any interchange, is left out", oneLine(in.name), f.Position.Offset)
		}
		if f.Level == edi.LevelSyntax && f.Severity == edi.Error {
			talk.printFinding(in, res, f, newPersonal(nil))
			broken = true
		}
	}
	if !broken {
		return nil
	}
	return refused(fmt.Errorf("%s: not laid out: its syntax is broken", in.name))
}

// layOut copies a stream segment by segment, with a line break behind each or behind none. Line breaks that stood between segments or
// inside them go; everything else is copied byte for byte.
func layOut(w *bufio.Writer, stream func() io.Reader, lines bool) error {
	d := edi.NewDecoder(stream(), edi.Options{Spec: envelopesOnly})
	raw := bufio.NewReaderSize(stream(), 1<<16)
	var (
		here  int64        // where raw stands
		piece []byte       // from the beginning of a segment to the beginning of the next
		last  segmentPlace // the segment at the beginning of piece

		delimiters edi.Delimiters
	)
	next := func(to int64) error {
		piece = slices.Grow(piece[:0], int(to-here))[:to-here]
		if _, err := io.ReadFull(raw, piece); err != nil {
			return err
		}
		here = to
		return last.write(w, piece, lines)
	}
	for {
		e, err := d.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if i := d.Interchange(); i != nil { // nil once its trailer was read, which is a segment of it still
			delimiters = i.Delimiters
		}
		if e.Kind != edi.SegmentRead {
			continue
		}
		v := d.Segment()
		if err := next(v.Offset); err != nil {
			return err
		}
		last = placeOf(v, delimiters)
	}
	rest, err := io.ReadAll(raw)
	if err != nil {
		return err
	}
	return last.write(w, rest, lines)
}

// A segmentPlace is what is known of a segment when the bytes up to the next one are at hand.
type segmentPlace struct {
	delimiters edi.Delimiters
	values     int  // bytes up to the end of the last value; 0 before the first segment
	binary     bool // the last value may hold any byte, line breaks too
}

func placeOf(v *edi.View, d edi.Delimiters) segmentPlace {
	p := segmentPlace{delimiters: d, values: len(v.Tag()), binary: v.Tag() == "BIN" || v.Tag() == "BDS"}
	for value := range v.Values {
		p.values = int(value.Offset-v.Offset) + len(value.Raw)
	}
	return p
}

// write writes the segment at the beginning of a piece, and the UNA that may follow it before the next UNB. What else stands between
// two segments is blanks.
func (p segmentPlace) write(w *bufio.Writer, piece []byte, lines bool) error {
	terminator := p.delimiters.Terminator
	if p.values > 0 {
		end := p.values + bytes.IndexByte(piece[p.values:], terminator) + 1
		if end == p.values {
			end = len(piece) // a segment that the stream ends in
		}
		for _, b := range piece[:end] {
			if isBreak := b == '\r' || b == '\n'; isBreak && !p.binary && !slices.Contains(delimiterBytes(p.delimiters), b) {
				continue
			}
			_ = w.WriteByte(b) // a bufio.Writer keeps its error until Flush
		}
		breakLine(w, terminator, lines)
		piece = piece[end:]
	}
	const una = len("UNA:+.? '")
	if at := bytes.Index(piece, []byte("UNA")); at >= 0 && len(piece)-at >= una {
		_, _ = w.Write(piece[at : at+una])
		breakLine(w, piece[at+una-1], lines)
	}
	return nil
}

func delimiterBytes(d edi.Delimiters) []byte {
	return []byte{d.Element, d.Component, d.Repetition, d.Release, d.Terminator}
}

// breakLine ends a line, unless the terminator has done so.
func breakLine(w *bufio.Writer, terminator byte, lines bool) {
	if lines && terminator != '\n' && terminator != '\r' {
		_ = w.WriteByte('\n') // a bufio.Writer keeps its error until Flush
	}
}
