package main

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/mapping"
)

// A validation is what edi validate says about one file.
type validation struct {
	File         string        `json:"file"`
	Syntax       edi.Syntax    `json:"syntax"`
	Valid        bool          `json:"valid"`
	Interchanges int           `json:"interchanges"`
	Groups       int           `json:"groups"`
	Messages     int           `json:"messages"`
	Segments     int           `json:"segments"`
	Findings     []edi.Finding `json:"findings"`
}

func newValidation(name string, res *edi.Result) validation {
	v := validation{
		File: name, Syntax: res.Syntax, Valid: res.Valid(), Interchanges: res.Received,
		Groups: res.Groups, Messages: res.Messages, Segments: res.Segments, Findings: res.Findings,
	}
	if v.Findings == nil {
		v.Findings = []edi.Finding{}
	}
	return v
}

func ediValidateCommand(t *terminal) *cobra.Command {
	var guideName, folder string
	var reveal bool
	cmd := &cobra.Command{
		Use:   "validate [--guide GUIDE] FILE...",
		Short: "Check interchanges: syntax, envelopes, directories, conditions, codes, guide",
		Long: `Check interchanges against their own syntax, their envelopes, the directory of their release, its relational conditions
and its code lists. With --guide the messages are checked against that guide as well, whose verdict then counts: what it
allows beyond the directory is a warning. An unknown release or message is one warning, and only its envelope is checked;
--directories adds releases and messages from files.

Every finding is printed with its segment; a caret stands under the element. Exit status 1 if any is an error.`,
		Example: `  peacebridge edi validate manifest.x12
  peacebridge edi validate --guide cbp/truck/309 --json *.x12`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			g, err := t.namedGuide(cmd, "guide", guideName)
			if err != nil {
				return err
			}
			own, err := openDirectories(folder)
			if err != nil {
				return err
			}
			worst := statusOK
			for _, name := range args {
				status, err := t.validate(name, g, checkedBy(g, own), reveal)
				if err != nil {
					status = t.tell(err)
				}
				worst = max(worst, status)
			}
			return ended(worst)
		},
	}
	cmd.Flags().StringVar(&guideName, "guide", "", "check against this guide too (peacebridge guides list)")
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show personal elements in the segments printed, which are dots when a guide names them")
	directoriesFlag(cmd, &folder)
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

// validate checks one file and prints what was found.
func (t *terminal) validate(name string, g *mapping.Guide, spec func(*edi.Message) (*edi.Spec, error), reveal bool) (status int, err error) {
	in, err := t.open(name)
	if err != nil {
		return 0, err
	}
	defer in.Close() // read only: an error at closing says nothing about what was read
	marks := newPersonal(g)
	// Segments are kept only where they are looked at again, to hide what is personal: a gigabyte is checked in constant memory.
	hides := g != nil && !reveal && !t.json
	debug.SetGCPercent(30) // what a wrong message leaves behind is thrown away early: memory is what is short, not time
	res, err := readEDI(in, edi.Options{Spec: spec, Brief: !hides}, func(m *edi.Message) error {
		if hides {
			marks.note(m)
		}
		return nil
	})
	in.done()
	if err != nil {
		return 0, err
	}
	v := newValidation(name, res)
	status = statusOK
	if !v.Valid {
		status = statusFinding
	}
	if t.json {
		return status, t.object(v)
	}
	for _, f := range res.Findings {
		t.printFinding(in, res, f, marks)
	}
	t.printVerdict(v)
	return status, nil
}

// printFinding prints one finding the way a compiler does: where, how bad, what; the segment; a caret; the rule and the code.
func (t *terminal) printFinding(in *input, res *edi.Result, f edi.Finding, marks *personal) {
	w := t.people()
	paint := yellow
	if f.Severity == edi.Error {
		paint = red
	}
	where := oneLine(in.name)
	if f.Position.Segment > 0 {
		where = fmt.Sprintf("%s:%d", where, f.Position.Segment)
	}
	fmt.Fprintf(w, "%s: %s %s\n", t.colour(w, bold, where), t.colour(w, paint, f.Severity.String()+":"), oneLine(f.Message))
	if i := interchangeAt(res, f.Position.Offset); i != nil {
		if e, ok := newExcerpt(in, i, f.Position, marks.hide(f.Position.Segment)); ok {
			text, carets := e.lines(width(w) - 4)
			fmt.Fprintf(w, "    %s\n    %s\n", text, t.colour(w, paint, carets))
		}
	}
	facts := []string{place(f.Position), f.Level.String(), f.Rule, f.Code}
	facts = slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
	fmt.Fprintf(w, "    %s\n", t.colour(w, dim, strings.Join(facts, " · ")))
	if kind, ok := edi.KindOf(f.Code); ok && kind.Hint != "" {
		fmt.Fprintf(w, "    %s %s\n", t.colour(w, cyan, "hint:"), kind.Hint)
	}
}

// place spells out a position for people.
func place(p edi.Position) string {
	var parts []string
	add := func(word string, n int) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", word, n))
		}
	}
	if p.Tag != "" {
		parts = append(parts, "missing "+oneLine(p.Tag))
	}
	add("segment of the message", p.MessageSegment)
	add("element", p.Element)
	add("component", p.Component)
	add("repetition", p.Repetition)
	parts = append(parts, fmt.Sprintf("byte %d", p.Offset))
	return strings.Join(parts, ", ")
}

// printVerdict prints the line that ends the report about a file.
func (t *terminal) printVerdict(v validation) {
	w := t.people()
	errors := 0
	for _, f := range v.Findings {
		if f.Severity == edi.Error {
			errors++
		}
	}
	verdict := t.colour(w, green, "valid")
	if !v.Valid {
		verdict = t.colour(w, red, "not valid")
	}
	fmt.Fprintf(w, "%s: %s: %s, %s, %s, %s, %s; %s, %s\n", oneLine(v.File), verdict, v.Syntax, count(v.Interchanges, "interchange"),
		count(v.Groups, "group"), count(v.Messages, "message"), count(v.Segments, "segment"), count(errors, "error"), count(len(v.Findings)-errors, "warning"))
}
