package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"peacebridge/edi"
)

func ediCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:   "edi",
		Short: "Check, show, acknowledge and lay out X12 and UN/EDIFACT interchanges",
		Example: `  peacebridge edi validate manifest.x12
  peacebridge edi ack manifest.x12 > ack.x12`,
	},
		ediValidateCommand(t),
		ediInspectCommand(t),
		ediAckCommand(t),
		ediFmtCommand(t),
		ediDirectoriesCommand(t),
	)
}

// readEDI reads a stream to its end, handing over each message as it comes, and returns what was found. Its error is one of reading
// or of each; what is wrong with the document is in the result.
func readEDI(in *input, o edi.Options, each func(*edi.Message) error) (*edi.Result, error) {
	r := edi.NewReader(in, o)
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Result(), nil
		}
		if err != nil {
			return nil, trouble(fmt.Errorf("%s: %w", in.name, err))
		}
		if each == nil {
			continue
		}
		if err := each(m); err != nil {
			return nil, err
		}
	}
}

// interchangeAt returns the interchange that an offset is in, the last that began before it: its delimiters and characters are in
// force there. It is nil when there is none.
func interchangeAt(res *edi.Result, offset int64) *edi.Interchange {
	var at *edi.Interchange
	for _, i := range res.Interchanges {
		if at == nil || i.Position.Offset <= offset {
			at = &i.Interchange
		}
	}
	return at
}

// envelopesOnly is an edi.Options.Spec that leaves messages unchecked, for those who want to know what is there and not whether it is right.
func envelopesOnly(*edi.Message) (*edi.Spec, error) { return nil, nil }
