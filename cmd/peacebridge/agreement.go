package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"peacebridge/gateway/agreement"
)

func agreementCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:   "agreement",
		Short: "Check, read, sign, compare and try out data-sharing agreements",
		Example: `  peacebridge agreement lint agreement.yaml
  peacebridge agreement decide --agreement agreement.yaml --from us.cbp --to ca.cbsa --purpose risk-assessment record.json`,
	},
		agreementLintCommand(t),
		agreementRenderCommand(t),
		agreementSignCommand(t),
		agreementVerifyCommand(t),
		agreementDiffCommand(t),
		agreementDecideCommand(t),
	)
}

// agreementLimit bounds an agreement's file: what lawyers write and read is far below it.
const agreementLimit = 1 << 20

// A lint is what agreement lint says about one file.
type lint struct {
	File      string            `json:"file"`
	Valid     bool              `json:"valid"`
	Agreement *agreement.Ref    `json:"agreement,omitempty"`
	Issues    []agreement.Issue `json:"issues"`
}

func agreementLintCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lint FILE...",
		Short:   "Say what is wrong with agreements, line by line",
		Long:    "Read agreements as strictly as a gateway does, and say what is wrong with each or doubtful in it, with its line.",
		Example: "  peacebridge agreement lint agreement.yaml",
		Args:    files,
		RunE: func(_ *cobra.Command, args []string) error {
			worst := statusOK
			for _, name := range args {
				status := statusOK
				b, err := t.read(name, agreementLimit)
				if err == nil {
					status, err = t.lint(name, b)
				}
				if err != nil {
					status = t.tell(err)
				}
				worst = max(worst, status)
			}
			return ended(worst)
		},
	}
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) lint(name string, b []byte) (int, error) {
	a, issues := agreement.Parse(b)
	facts := lint{File: name, Valid: a != nil, Issues: issues}
	if issues == nil {
		facts.Issues = []agreement.Issue{}
	}
	status := statusFinding
	if a != nil {
		ref := a.Ref()
		facts.Agreement, status = &ref, statusOK
	}
	if t.json {
		return status, t.object(facts)
	}
	t.printIssues(name, issues)
	if a == nil {
		t.print("%s: %s: %s", oneLine(name), t.colour(t.people(), red, "not valid"), count(len(issues), "issue"))
	} else {
		t.print("%s: %s: %s version %d, %s, %s", oneLine(name), t.colour(t.people(), green, "valid"), a.ID, a.Version, a.Hash, count(len(issues), "issue"))
	}
	return status, nil
}

// printIssues prints what is wrong with an agreement the way a compiler does.
func (t *terminal) printIssues(name string, issues []agreement.Issue) {
	w := t.people()
	for _, i := range issues {
		paint := yellow
		if i.Severity == "error" {
			paint = red
		}
		where := ""
		if i.Path != "" {
			where = i.Path + ": "
		}
		fmt.Fprintf(w, "%s %s %s%s %s\n", t.colour(w, bold, fmt.Sprintf("%s:%d:", oneLine(name), i.Line)),
			t.colour(w, paint, i.Severity+":"), oneLine(where), oneLine(i.Message), t.colour(w, dim, "· "+i.Code))
	}
}

// agreementFile reads an agreement that must be right.
func (t *terminal) agreementFile(name string) (*agreement.Agreement, []byte, error) {
	b, err := t.read(name, agreementLimit)
	if err != nil {
		return nil, nil, err
	}
	a, issues := agreement.Parse(b)
	if a == nil {
		people := *t
		people.json = true // issues are talk here: what was asked for is not a list of them
		people.printIssues(name, issues)
		return nil, nil, refused(fmt.Errorf("%s: not an agreement that binds: %s", name, count(len(issues), "issue")))
	}
	return a, b, nil
}

func agreementRenderCommand(t *terminal) *cobra.Command {
	var lang string
	cmd := &cobra.Command{
		Use:     "render [--lang en|fr] FILE",
		Short:   "Print an agreement as numbered prose, in English or French",
		Long:    "Print an agreement as the numbered text that lawyers read, in English or French. The file is what binds.",
		Example: "  peacebridge agreement render --lang fr agreement.yaml",
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "lang", lang, agreement.English, agreement.French); err != nil {
				return err
			}
			a, _, err := t.agreementFile(args[0])
			if err != nil {
				return err
			}
			_, err = t.out.Write([]byte(a.Render(lang)))
			return err
		},
	}
	cmd.Flags().StringVar(&lang, "lang", agreement.English, "en or fr")
	return cmd
}

func agreementDiffCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "diff OLD NEW",
		Short:   "Say what changes from one agreement to another, and what it does",
		Long:    "Compare two agreements by what they allow, not by their lines: what a new version shares more, less, or otherwise.",
		Example: "  peacebridge agreement diff agreement-3.yaml agreement-4.yaml",
		Args:    exactly("OLD", "NEW"),
		RunE: func(_ *cobra.Command, args []string) error {
			before, _, err := t.agreementFile(args[0])
			if err != nil {
				return err
			}
			after, _, err := t.agreementFile(args[1])
			if err != nil {
				return err
			}
			return t.printChanges(agreement.Diff(before, after))
		},
	}
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) printChanges(changes []agreement.Change) error {
	var rows [][]string
	for _, c := range changes {
		if t.json {
			if err := t.object(c); err != nil {
				return err
			}
		}
		rows = append(rows, []string{c.Where, c.Kind, c.Before, c.After, c.Effect})
	}
	if t.json {
		return nil
	}
	if len(rows) == 0 {
		t.print("no change")
		return nil
	}
	return t.table([]string{"where", "change", "before", "after", "effect"}, rows)
}

// agreementAnswer tells a refusal of the agreement, which has a reason and is status 1, from what went wrong.
func agreementAnswer(err error) error {
	if r, ok := errors.AsType[*agreement.Refusal](err); ok {
		return refused(fmt.Errorf("%w (%s)", err, r.Reason))
	}
	return trouble(err)
}
