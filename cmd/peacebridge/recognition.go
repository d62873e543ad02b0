package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/gateway/recognition"
)

func recognitionCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:     "recognition",
		Short:   "Decide whether an exam of the other agency counts",
		Example: "  peacebridge recognition decide cases.csv",
	}, recognitionDecideCommand(t))
}

func recognitionDecideCommand(t *terminal) *cobra.Command {
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "decide [--csv] FILE...",
		Short: "Decide cases: recognised, in part, not, or for a person to decide",
		Long: `Decide for each case of a CSV file whether the exam of one agency is recognised by the other, for which grounds, with all
reasons and conditions. A decision of any kind is exit status 0; a file that is no list of cases is 2.`,
		Example: `  peacebridge recognition decide cases.csv
  peacebridge recognition decide --csv cases.csv > decisions.csv`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asCSV && t.json {
				return usage(cmd, "", "--csv and --json exclude each other")
			}
			registers, err := recognition.Embedded()
			if err != nil {
				return trouble(err)
			}
			var decisions []recognition.Decision
			for _, name := range args {
				some, err := t.decideCases(name, registers)
				if err != nil {
					return err
				}
				decisions = append(decisions, some...)
			}
			return t.printRecognition(decisions, asCSV)
		},
	}
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print case,decision,grounds,reasons,conditions as CSV")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) decideCases(name string, registers recognition.Registers) ([]recognition.Decision, error) {
	in, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close() // read only: an error at closing says nothing about what was read
	cases, err := recognition.ReadCases(in)
	if err != nil {
		return nil, trouble(fmt.Errorf("%s: %w", name, err))
	}
	var decisions []recognition.Decision
	for _, c := range cases {
		decisions = append(decisions, recognition.Decide(c, registers))
	}
	return decisions, nil
}

func (t *terminal) printRecognition(decisions []recognition.Decision, asCSV bool) error {
	if asCSV {
		return recognition.WriteCSV(t.out, decisions)
	}
	var rows [][]string
	for _, d := range decisions {
		if t.json {
			if err := t.object(d); err != nil {
				return err
			}
			continue
		}
		var grounds []string
		for _, g := range d.Grounds {
			grounds = append(grounds, string(g))
		}
		rows = append(rows, []string{d.Case, d.Decision, strings.Join(grounds, " "), strings.Join(append(d.Reasons, d.Conditions...), " "), d.ValidUntil})
	}
	if t.json {
		return nil
	}
	return t.table([]string{"case", "decision", "grounds", "reasons and conditions", "valid until"}, rows)
}
