package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// jsonFlag gives a command that prints facts its --json flag.
func (t *terminal) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.json, "json", false, "print facts as JSON, one object a line; what is for people goes to standard error")
}

// writeDocument prints a document byte for byte. On a screen a line break follows that the document may not have.
func (t *terminal) writeDocument(b []byte) error {
	if isTerminal(t.out) && !bytes.HasSuffix(b, []byte("\n")) {
		b = append(bytes.Clone(b), '\n')
	}
	if _, err := t.out.Write(b); err != nil {
		return trouble(err)
	}
	return nil
}

// object prints one fact for programs: one JSON object on one line.
func (t *terminal) object(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false) // a terminal and jq are not a browser
	return e.Encode(v)
}

// marshal is json.Marshal without the escapes that only a browser needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// say prints a line of talk to the person: what is being done, what was done, where it is.
func (t *terminal) say(format string, args ...any) {
	fmt.Fprintf(t.err, format+"\n", args...)
}

// print prints one fact to people, on standard output unless that is reserved for JSON.
func (t *terminal) print(format string, args ...any) {
	fmt.Fprintf(t.people(), format+"\n", args...)
}

// table prints rows under headings in aligned columns. Empty cells are shown as a dash, so that a column can be counted.
func (t *terminal) table(headings []string, rows [][]string) error {
	w := tabwriter.NewWriter(t.people(), 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		for i, cell := range cells {
			if cell == "" {
				cell = "-"
			}
			if i > 0 {
				_, _ = io.WriteString(w, "\t") // kept by the tabwriter until Flush, which reports
			}
			_, _ = io.WriteString(w, oneLine(cell))
		}
		_, _ = io.WriteString(w, "\n")
	}
	upper := make([]string, len(headings))
	for i, heading := range headings {
		upper[i] = strings.ToUpper(heading)
	}
	line(upper)
	for _, row := range rows {
		line(row)
	}
	return w.Flush()
}

// oneLine makes a text safe to print inside a line of a terminal: documents come from strangers, and a control character or an escape
// sequence in one must not move the cursor, colour the screen or forge a line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, text)
}

// count prints a number with its word: "1 finding", "2 findings".
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
