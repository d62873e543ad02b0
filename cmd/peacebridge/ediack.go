package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

func ediAckCommand(t *terminal) *cobra.Command {
	var kind, control, at, guideName, folder string
	kinds := []string{"auto", "ta1", "997", "999", "contrl"}
	cmd := &cobra.Command{
		Use:   "ack [--type TYPE] [--control N] [--at TIME] FILE",
		Short: "Write the acknowledgement that the sender must get",
		Long: `Write the acknowledgement of an interchange: for X12 a TA1 if ISA14 asks or the envelope is broken, then a 997 in the
sender's own release; for EDIFACT a CONTRL. Whatever it says, exit status 0 means that one was written, 2 that none is
possible: the file is in no known syntax, or is itself an acknowledgement, which is never acknowledged.`,
		Example: `  peacebridge edi ack manifest.x12
  peacebridge edi ack --type 999 --control 42 --at 2026-11-21T15:04:05Z - < claim.x12`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "type", kind, kinds...); err != nil {
				return err
			}
			when, err := instant(cmd, "at", at)
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
			types := map[string]ack.Type{"auto": ack.Auto, "ta1": ack.TA1, "997": ack.Set997, "999": ack.Set999, "contrl": ack.Contrl}
			return t.acknowledge(args[0], checkedBy(g, own), ack.Options{Type: types[kind], Control: control, At: when})
		},
	}
	cmd.Flags().StringVar(&kind, "type", "auto", "auto, ta1, 997, 999 or contrl")
	cmd.Flags().StringVar(&control, "control", "", "control number of the acknowledgement's own interchange (default 1)")
	cmd.Flags().StringVar(&at, "at", "", "date and time in its envelope, RFC 3339 (default now)")
	cmd.Flags().StringVar(&guideName, "guide", "", "check against this guide too (peacebridge guides list)")
	directoriesFlag(cmd, &folder)
	t.guidesFlag(cmd)
	return cmd
}

func (t *terminal) acknowledge(name string, spec func(*edi.Message) (*edi.Spec, error), o ack.Options) error {
	in, err := t.open(name)
	if err != nil {
		return err
	}
	defer in.Close() // read only: an error at closing says nothing about what was read
	res, err := readEDI(in, edi.Options{Spec: spec}, nil)
	in.done()
	if err != nil {
		return err
	}
	var text bytes.Buffer // so that nothing is written when half of it is impossible
	if err := ack.Write(&text, res, o); err != nil {
		if errors.Is(err, ack.ErrNone) {
			return trouble(fmt.Errorf("%s: %w", name, err), "peacebridge edi validate says what is in the file")
		}
		return trouble(fmt.Errorf("%s: %w", name, err))
	}
	return t.writeDocument(text.Bytes())
}

// instant reads the value of a flag that names an instant; empty is now.
func instant(cmd *cobra.Command, flag, value string) (time.Time, error) {
	if value == "" {
		return time.Now(), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage(cmd, "write it as 2026-11-21T15:04:05Z or 2026-11-21", "--%s %q: not a time of RFC 3339", flag, oneLine(value))
}
