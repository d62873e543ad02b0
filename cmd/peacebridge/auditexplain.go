package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditExplainCommand(t *terminal) *cobra.Command {
	var source auditSource
	var log string
	var index uint64
	cmd := &cobra.Command{
		Use:   "explain [--log LOG --index N] [--policy FILE] TARGET",
		Short: "Verify one event step by step, in words",
		Long: `Verify one event of a ledger folder, or every event of a bundle, and say each step in words: from the disclosed values to the
entry, from the entry to the leaf, from the leaf to the root with each hash on the way, from the root to the checkpoint, and who
has signed that. Every step is computed here. Exit status 1 when one fails.`,
		Example: `  peacebridge audit explain --log ca.cbsa --index 41 demo/us.cbp
  peacebridge audit explain --policy policy.txt evidence.zip`,
		Args: exactly("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			target := ledgerOf(args[0])
			if isURL(target) {
				return usage(cmd, "peacebridge audit verify checks a served log", "%s: a served log has no events to explain: want a folder or a bundle", oneLine(target))
			}
			if info, err := os.Stat(target); err == nil && info.IsDir() {
				if err := required(cmd, "log", "index"); err != nil {
					return err
				}
			}
			o, err := source.options(cmd, t, target)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			err = audit.ExplainTarget(cmd.Context(), target, log, index, &text, o)
			if err != nil && !errors.Is(err, audit.ErrDamaged) {
				return provenTrouble(target, err)
			}
			if perr := t.printExplanation(text.String()); perr != nil {
				return perr
			}
			if err != nil {
				t.say("%s: a step fails: what the target says of this event is not proven", oneLine(target))
				return ended(statusFinding)
			}
			return nil
		},
	}
	source.flags(cmd)
	source.tsaFlag(cmd)
	cmd.Flags().StringVar(&log, "log", "", `the log of the event, in a folder: an agency, or "internal"`)
	cmd.Flags().Uint64Var(&index, "index", 0, "the event's index in that log, from 0")
	t.jsonFlag(cmd)
	return cmd
}

// explained is one line of an explanation for programs; what is no step has neither number nor outcome.
type explained struct {
	Step int    `json:"step,omitempty"`
	OK   *bool  `json:"ok,omitempty"`
	Text string `json:"text"`
}

var stepForm = regexp.MustCompile(`^ *(\d+)\. (ok|FAILS) +(.*)$`)

func (t *terminal) printExplanation(text string) error {
	for line := range strings.Lines(text) {
		line = oneLine(strings.TrimSuffix(line, "\n"))
		if !t.json {
			t.print("%s", line)
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		said := explained{Text: strings.TrimSpace(line)}
		if m := stepForm.FindStringSubmatch(line); m != nil {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return trouble(err)
			}
			ok := m[2] == "ok"
			said = explained{n, &ok, m[3]}
		}
		if err := t.object(said); err != nil {
			return err
		}
	}
	return nil
}
