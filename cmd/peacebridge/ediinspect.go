package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/mapping"
)

func ediInspectCommand(t *terminal) *cobra.Command {
	var guideName, folder string
	var reveal bool
	cmd := &cobra.Command{
		Use:   "inspect [--guide GUIDE] FILE",
		Short: "Show an interchange as JSON: envelopes, messages, loops, segments, elements",
		Long: `Show an interchange as JSON, one object for each interchange in the file: envelopes, messages, loops, segments and elements,
with their names and positions, and the findings. Without --json it is indented for people.

Personal elements are shown as dots when a guide says which they are: the guide of --guide, else the built-in guide that
reads the message. --reveal shows them.`,
		Example: `  peacebridge edi inspect manifest.x12
  peacebridge edi inspect --json --reveal manifest.x12 | jq '.groups[].messages[].name'`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := t.library()
			if err != nil {
				return err
			}
			g, err := t.namedGuide(cmd, "guide", guideName)
			if err != nil {
				return err
			}
			own, err := openDirectories(folder)
			if err != nil {
				return err
			}
			return t.inspect(args[0], &inspector{library: l, guide: g, directories: own, reveal: reveal})
		},
	}
	cmd.Flags().StringVar(&guideName, "guide", "", "the guide that the messages follow (default: found out)")
	cmd.Flags().BoolVar(&reveal, "reveal", false, "show personal elements")
	directoriesFlag(cmd, &folder)
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) inspect(name string, i *inspector) error {
	in, err := t.open(name)
	if err != nil {
		return err
	}
	defer in.Close() // read only: an error at closing says nothing about what was read
	stream, err := in.twice()
	if err != nil {
		return err
	}
	i.file, i.out = name, &outline{w: t.out, compact: t.json}
	if err := i.findGuides(stream()); err != nil {
		return trouble(fmt.Errorf("%s: %w", name, err))
	}
	r := edi.NewReader(stream(), edi.Options{Spec: i.spec})
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = i.message(r.Result(), m)
		}
		if err != nil {
			return trouble(fmt.Errorf("%s: %w", name, err))
		}
	}
	in.done()
	res := r.Result()
	if err := i.end(res); err != nil {
		return trouble(err)
	}
	if !res.Valid() {
		t.say("%s: not valid; peacebridge edi validate %s shows each finding with its segment", oneLine(name), oneLine(name))
		return ended(statusFinding)
	}
	return nil
}

// An inspector writes the JSON of a stream while it is being read: one message is in memory at a time.
type inspector struct {
	library *mapping.Library
	guide   *mapping.Guide // nil: the one that reads each message

	directories *edi.Directories       // of --directories, nil without it
	guides      map[int]*mapping.Guide // by the number of the message
	reveal      bool
	file        string
	names       names // of namedBy
	namedBy     *edi.Spec
	out         *outline

	written int  // interchanges begun
	group   bool // a group is open
	inGroup edi.Group
}

// findGuides finds out which guide reads each message. That takes a reading of its own: a message is held against its guide from its
// first segment on, and what tells guides apart may stand anywhere in it.
func (i *inspector) findGuides(stream io.Reader) error {
	i.guides = map[int]*mapping.Guide{}
	r := edi.NewReader(stream, edi.Options{Spec: envelopesOnly})
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		g := i.guide
		if g == nil {
			g = detect(i.library, m, "")
		}
		if g != nil {
			i.guides[m.Index] = g
		}
	}
}

// spec holds a message against its guide, or against the directory of its release when none reads it.
func (i *inspector) spec(m *edi.Message) (*edi.Spec, error) {
	if g := i.guides[m.Index]; g != nil {
		return guideSpec(g)(m)
	}
	if own := checkedBy(nil, i.directories); own != nil {
		return own(m)
	}
	return edi.Builtin().Spec(m.Interchange.Syntax, m.Release, m.Name)
}

// An inspectedInterchange is the head of one interchange; groups and findings follow it.
type inspectedInterchange struct {
	File       string        `json:"file"`
	Delimiters delimiterText `json:"delimiters"`
	edi.Interchange
}

type delimiterText struct {
	Element    string `json:"element"`
	Component  string `json:"component,omitempty"`
	Repetition string `json:"repetition,omitempty"`
	Release    string `json:"release,omitempty"`
	Decimal    string `json:"decimal,omitempty"`
	Terminator string `json:"terminator"`
}

func textOf(d edi.Delimiters) delimiterText {
	s := func(b byte) string {
		if b == 0 {
			return ""
		}
		return string(rune(b))
	}
	return delimiterText{
		Element: s(d.Element), Component: s(d.Component), Repetition: s(d.Repetition),
		Release: s(d.Release), Decimal: s(d.Decimal), Terminator: s(d.Terminator),
	}
}

// message writes what comes before a message, as far as it is not written yet, and the message.
func (i *inspector) message(res *edi.Result, m *edi.Message) error {
	for n, x := range res.Interchanges {
		if n < i.written || x.Position.Offset > m.Interchange.Position.Offset {
			continue
		}
		i.begin(x)
	}
	g := edi.Group{}
	if m.Group != nil {
		g = *m.Group
	}
	if !i.group || g.Position != i.inGroup.Position {
		i.endGroup()
		i.group, i.inGroup = true, g
		i.out.open(g, "messages")
	}
	i.out.item(i.inspected(m))
	return i.out.err
}

func (i *inspector) begin(x *edi.InterchangeResult) {
	if i.written > 0 {
		i.finish(nil)
	}
	i.written++
	i.out.open(inspectedInterchange{File: i.file, Delimiters: textOf(x.Delimiters), Interchange: x.Interchange}, "groups")
}

func (i *inspector) endGroup() {
	if i.group {
		i.group = false
		i.out.close("")
	}
}

// finish ends an interchange with its own findings.
func (i *inspector) finish(findings []edi.Finding) {
	i.endGroup()
	if findings == nil {
		findings = []edi.Finding{}
	}
	b, err := marshal(findings)
	if err != nil {
		i.out.err = err
	}
	i.out.close(`"findings":` + string(b))
}

// end writes the interchanges without messages, and the findings of the last one. What is no interchange at all is told as one
// without envelope, so that the findings are not lost.
func (i *inspector) end(res *edi.Result) error {
	for n, x := range res.Interchanges {
		if n >= i.written {
			i.begin(x)
		}
	}
	if i.written == 0 {
		i.out.open(struct {
			File   string     `json:"file"`
			Syntax edi.Syntax `json:"syntax"`
		}{i.file, res.Syntax}, "groups")
	}
	i.finish(outside(res))
	return i.out.err
}

// outside returns the findings that are in no message: those stand with their message.
func outside(res *edi.Result) []edi.Finding {
	inside := map[edi.Finding]bool{}
	for _, x := range res.Interchanges {
		for _, g := range x.Groups {
			for _, m := range g.Messages {
				for _, f := range m.Findings {
					inside[f] = true
				}
			}
		}
	}
	var out []edi.Finding
	for _, f := range res.Findings {
		if !inside[f] {
			out = append(out, f)
		}
	}
	return out
}
