package main

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"peacebridge/edi"
)

// An excerpt is one segment of a document as it stands there, with the part that a finding speaks of.
type excerpt struct {
	text  []rune
	caret int // first column of the part
	width int // columns of the part, at least 1
}

const (
	excerptBefore = 2 << 10 // looked at in front of a finding, to find where its segment begins
	excerptAfter  = 2 << 10 // and behind it, to find where it ends
)

// newExcerpt cuts the segment around a position out of what was read. It reports false when that can no longer be had. hide says
// which elements are not for every eye; they are shown as dots of the same length, so that columns stay where they are.
func newExcerpt(in *input, i *edi.Interchange, p edi.Position, hide func(element, component int) bool) (excerpt, bool) {
	d := i.Delimiters
	front, rear := in.around(p.Offset, excerptBefore, excerptAfter)
	start := 0
	for n := range front {
		if front[n] == d.Terminator && !released(front, n, d.Release) {
			start = n + 1
		}
	}
	front = front[start:]
	end := len(rear)
	for n := range rear {
		if rear[n] == d.Terminator && !released(rear, n, d.Release) {
			end = n + 1
			break
		}
	}
	segment := append(bytes.Clone(front), rear[:end]...)
	trimmed := bytes.TrimLeft(segment, "\r\n \t")
	at := max(0, len(front)-(len(segment)-len(trimmed)))
	segment = bytes.TrimRight(trimmed, "\r\n")
	if len(segment) == 0 {
		return excerpt{}, false
	}
	parts := split(segment, d)
	from, to := at, at
	if at == 0 && p.Element > 0 { // the segment's own position: an element that is not there
		from, to = len(segment)-1, len(segment)
		if to > 0 && segment[to-1] != d.Terminator {
			from = to
		}
	}
	for _, part := range parts {
		switch {
		case at == 0 && part.element == p.Element && (p.Component <= 1 || part.component == p.Component) && (p.Repetition <= 1 || part.repetition == p.Repetition):
			from, to = part.from, part.to
			if p.Component == 0 && p.Repetition == 0 { // the whole element, not its first component
				to = last(parts, part.element)
			}
		case at > 0 && part.from <= at && at <= part.to:
			from, to = at, part.to
		default:
			continue
		}
		break
	}
	if hide != nil {
		for _, part := range parts {
			if part.element > 0 && hide(part.element, part.component) {
				for n := part.from; n < part.to; n++ {
					segment[n] = '\a' // shown as a dot like every control character
				}
			}
		}
	}
	return columns(segment, i, from, max(to, from)), true
}

// A part is a component of a segment as a span of its bytes. Element 0 is the tag.
type part struct{ element, repetition, component, from, to int }

func split(segment []byte, d edi.Delimiters) []part {
	parts := []part{{repetition: 1, component: 1}}
	isa := bytes.HasPrefix(segment, []byte("ISA")) // declares the separators as values: only the element separator counts in it
	for i, b := range segment {
		now := &parts[len(parts)-1]
		now.to = i
		if released(segment, i, d.Release) {
			continue
		}
		next := *now
		next.from = i + 1
		switch {
		case b == d.Element:
			next.element, next.repetition, next.component = now.element+1, 1, 1
		case b == d.Component && d.Component != 0 && !isa:
			next.component++
		case b == d.Repetition && d.Repetition != 0 && !isa:
			next.repetition, next.component = now.repetition+1, 1
		case b == d.Terminator && i == len(segment)-1:
			return parts
		default:
			now.to = i + 1
			continue
		}
		parts = append(parts, next)
	}
	return parts
}

func last(parts []part, element int) int {
	to := 0
	for _, part := range parts {
		if part.element == element {
			to = part.to
		}
	}
	return to
}

// released reports whether the byte at i stands behind a release character, which is not itself released (ISO 9735-1 clause 7.3).
func released(b []byte, i int, release byte) bool {
	if release == 0 {
		return false
	}
	n := 0
	for i > n && b[i-1-n] == release {
		n++
	}
	return n%2 == 1
}

// columns turns bytes into what a terminal can show, one column a character, and moves the caret along.
func columns(segment []byte, in *edi.Interchange, from, to int) excerpt {
	var e excerpt
	for i := 0; i < len(segment); {
		r, size := utf8.DecodeRune(segment[i:])
		if i == from {
			e.caret = len(e.text)
		}
		if r == utf8.RuneError { // no UTF-8: a byte of the declared set
			if r, _ = utf8.DecodeRuneInString(in.Decode(string(segment[i : i+1]))); r == utf8.RuneError {
				r = '·'
			}
		}
		e.text = append(e.text, []rune(oneLine(string(r)))...)
		if i >= from && i < to {
			e.width++
		}
		i += size
	}
	if from >= len(segment) {
		e.caret = len(e.text)
	}
	e.width = max(1, e.width)
	return e
}

// lines returns the segment and the carets under it, cut to a number of columns around the carets.
func (e excerpt) lines(limit int) (text, carets string) {
	from := 0
	if len(e.text) > limit {
		from = max(0, min(e.caret-limit/3, len(e.text)-limit))
	}
	to := min(len(e.text), from+limit)
	shown := append([]rune{}, e.text[from:to]...)
	if from > 0 {
		shown[0] = '…'
	}
	if to < len(e.text) {
		shown[len(shown)-1] = '…'
	}
	width := max(1, min(e.width, to-e.caret))
	return string(shown), strings.Repeat(" ", max(0, e.caret-from)) + strings.Repeat("^", width)
}
