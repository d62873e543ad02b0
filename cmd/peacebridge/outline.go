package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// An outline writes nested JSON objects whose last member is a list that grows: each open adds an object to the list of the one
// around it.
type outline struct {
	w       io.Writer
	compact bool
	depth   int
	first   bool
	err     error
}

// open begins an object with the members of head and a list as its last member.
func (o *outline) open(head any, list string) {
	b, err := marshal(head)
	if err != nil {
		o.err = err
		return
	}
	o.separate()
	o.write(bytes.TrimSuffix(o.indent(b), []byte(o.line("}"))))
	o.depth++
	o.write([]byte("," + o.line(`"`+list+`":`) + o.blank() + "["))
	o.depth++
	o.first = true
}

// item adds a value to the list of the object that is open.
func (o *outline) item(v any) {
	b, err := marshal(v)
	if err != nil {
		o.err = err
		return
	}
	o.separate()
	o.write(o.indent(b))
}

// close ends the list and the object, with one more member when there is one.
func (o *outline) close(member string) {
	o.depth--
	if o.first {
		o.write([]byte("]"))
	} else {
		o.write([]byte(o.line("]")))
	}
	if member != "" {
		name, value, _ := strings.Cut(member, ":")
		o.write([]byte("," + o.line(name) + ":" + o.blank()))
		o.write(o.indent([]byte(value)))
	}
	o.depth--
	o.write([]byte(o.line("}")))
	o.first = false
	if o.depth == 0 {
		o.write([]byte("\n"))
	}
}

func (o *outline) separate() {
	if o.depth == 0 {
		return
	}
	if !o.first {
		o.write([]byte(","))
	}
	o.first = false
	o.write([]byte(o.line("")))
}

// line puts text at the beginning of a line, when there are lines.
func (o *outline) line(text string) string {
	if o.compact {
		return text
	}
	return "\n" + strings.Repeat("  ", o.depth) + text
}

func (o *outline) blank() string {
	if o.compact {
		return ""
	}
	return " "
}

func (o *outline) indent(b []byte) []byte {
	if o.compact {
		return b
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, strings.Repeat("  ", o.depth), "  "); err != nil {
		o.err = err
	}
	return out.Bytes()
}

func (o *outline) write(b []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(b)
	}
}
