package ack

import (
	"strings"
	"time"
	"unicode/utf8"

	"peacebridge/edi"
)

// An acknowledgement repeats what the sender wrote, so that the sender finds it again. What the sender wrote may be
// what is wrong: then the nearest thing that the acknowledgement may hold stands for it, for an acknowledgement
// that cannot be read helps nobody.

// swapped returns the addresses of the answer.
func swapped(i *edi.InterchangeResult, o *Options) (sender, receiver edi.Address) {
	sender, receiver = i.Receiver, i.Sender
	if o.Sender != nil {
		sender = *o.Sender
	}
	if o.Receiver != nil {
		receiver = *o.Receiver
	}
	return sender, receiver
}

// clean returns a text without the bytes that cannot stand in a value: control characters, and in X12, which has
// no release character, delimiters.
func clean(s string, d edi.Delimiters, substitute byte) string {
	bad := func(b byte) bool {
		if b < ' ' || b == 0x7F {
			return true
		}
		if d.Release != 0 || b == 0 {
			return false
		}
		return b == d.Element || b == d.Component || b == d.Terminator || b == d.Repetition
	}
	for i := 0; i < len(s); i++ {
		if !bad(s[i]) {
			continue
		}
		out := []byte(s)
		for j := i; j < len(out); j++ {
			if bad(out[j]) {
				out[j] = substitute
			}
		}
		return string(out)
	}
	return s
}

// cut returns at most n bytes of a text, and no half characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// wrap parts a text after at most n bytes, between two words if it can.
func wrap(s string, n int) (head, rest string) {
	head = cut(s, n)
	if len(head) < len(s) {
		if at := strings.LastIndexByte(s[:len(head)+1], ' '); at > n/2 {
			head = s[:at]
		}
	}
	return strings.TrimRight(head, " "), strings.TrimLeft(s[len(head):], " ")
}

// fit returns a text of a length that an X12 element may have: padded with zeros at the left, or cut.
func fit(s string, low, high int) string {
	s = strings.TrimRight(cut(s, high), " ")
	if len(s) < low {
		return strings.Repeat("0", low-len(s)) + s
	}
	return s
}

// number returns the digits of a value, at most n of the last ones; "" when there are none.
func number(s string, n int) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out[max(0, len(out)-n):])
}

// tagOf returns the tag of the segment that a finding is about, as element 721 may hold it: two or three letters
// and digits.
func tagOf(f *edi.Finding) string {
	tag := f.Position.Tag
	if tag == "" {
		tag = f.Tag
	}
	out := make([]byte, 0, 3)
	for i := 0; i < len(tag) && len(out) < 3; i++ {
		if c := tag[i]; c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			out = append(out, c)
		}
	}
	if len(out) < 2 {
		return "ZZZ"
	}
	return string(out)
}

// dateOr returns a date or time as it was received if it exists, else the acknowledgement's own.
func dateOr(received, layout string, at time.Time) string {
	if _, err := time.Parse(layout, received); err != nil || len(received) != len(layout) {
		return at.Format(layout)
	}
	return received
}

// delimiters returns those of an interchange as far as a writer can use them, so that the answer looks as the
// sender's own documents do; else none, which stands for the usual ones.
func delimiters(i *edi.InterchangeResult) edi.Delimiters {
	d := i.Delimiters
	if i.Syntax == edi.X12 {
		d.Release, d.Decimal = 0, '.'
	} else if d.Decimal != ',' {
		d.Decimal = '.' // what the sender wrote may be neither
	}
	if d.Component == 0 && i.Syntax == edi.X12 {
		for _, c := range []byte(">:<|") {
			if c != d.Element && c != d.Terminator && c != d.Repetition {
				d.Component = c
				break
			}
		}
	}
	seen := make(map[byte]bool)
	for n, b := range []byte{d.Element, d.Component, d.Terminator, d.Repetition, d.Release} {
		if b == 0 && n > 2 {
			continue
		}
		alnum := b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
		if b == 0 || b == ' ' || b >= 0x80 || alnum || seen[b] {
			return edi.Delimiters{}
		}
		seen[b] = true
	}
	if i.Syntax == edi.EDIFACT && seen[d.Decimal] {
		return edi.Delimiters{}
	}
	return d
}

// text makes simple elements.
func text(values ...string) []edi.Value {
	out := make([]edi.Value, len(values))
	for i, v := range values {
		out[i] = edi.Text(v)
	}
	return out
}
