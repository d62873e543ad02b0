package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A terminal is what one run of the program reads from and writes to. Results go to out, talk and progress to err. With --json the
// results are for programs, and what is written for people goes to err as well, so that out holds JSON lines and nothing else.
type terminal struct {
	in     io.Reader
	out    *sink
	err    io.Writer
	json   bool   // set by the --json flag of a command that has one
	guides string // folder of the --guides flag; "": those that are built in
	paint  bool   // NO_COLOR is not set: colour is allowed where a terminal shows it

	helpless error // why --help showed nothing: cobra's help cannot fail
}

func newTerminal(in io.Reader, out, err io.Writer) *terminal {
	// https://no-color.org: present and not empty, whatever its value.
	return &terminal{in: in, out: &sink{Writer: out}, err: err, paint: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// A sink is standard output that remembers when a write failed: a report that ends on a full disk is not a report, whoever printed the
// line that was lost.
type sink struct {
	io.Writer
	failed error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	if s.failed == nil {
		s.failed = err
	}
	return n, err
}

// file returns the file behind a writer, nil when there is none.
func file(w io.Writer) *os.File {
	if s, ok := w.(*sink); ok {
		w = s.Writer
	}
	f, _ := w.(*os.File)
	return f
}

// people is where facts are told to people.
func (t *terminal) people() io.Writer {
	if t.json {
		return t.err
	}
	return t.out
}

// isTerminal reports whether w is a screen that a person looks at.
func isTerminal(w io.Writer) bool {
	f := file(w)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns of the screen behind w, or a fixed one where there is none, so that files and pipes always get the
// same text.
func width(w io.Writer) int {
	const columns = 100
	if f := file(w); f != nil {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n >= 40 {
			return min(n, 160)
		}
	}
	return columns
}

// A colour is the number of an SGR attribute (ECMA-48 8.3.117).
type colour string

const (
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

// colour returns text in a colour if w is a terminal and colour is wanted, else text as it is.
func (t *terminal) colour(w io.Writer, c colour, text string) string {
	if text == "" || !t.paint || !isTerminal(w) {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
