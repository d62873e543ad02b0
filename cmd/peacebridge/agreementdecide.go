package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

func agreementDecideCommand(t *terminal) *cobra.Command {
	var file, from, to, purpose, at, guideName string
	var keys []string
	cmd := &cobra.Command{
		Use:   "decide --agreement FILE --from AGENCY --to AGENCY --purpose PURPOSE [--at TIME] DOCUMENT",
		Short: "Say what of a document an agreement would share, element by element",
		Long: `Say what of a document an agreement lets one agency share with the other for a purpose, element by element, and under which
article. DOCUMENT is a record as JSON, or an X12 or EDIFACT document that a guide reads. What is not allowed is refused.

With --keys the signatures beside the agreement must be valid too; without, the answer is what it would say once signed.`,
		Example: `  peacebridge agreement decide --agreement agreement.yaml --from us.cbp --to ca.cbsa --purpose risk-assessment record.json`,
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "agreement", "from", "to", "purpose"); err != nil {
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
			a, _, err := t.agreementFile(file)
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				if err := inForce(file, a, keys, agreement.Request{At: when}); err != nil {
					return err
				}
			}
			record, err := t.record(args[0], from, g)
			if err != nil {
				return err
			}
			return t.printDecision(a.Decide(agreement.Request{
				From: from, To: to, Purpose: purpose, Record: record, At: when,
				// Keys of pseudonyms never leave the gateway; what is printed names the method, not the value.
				Pseudonym: func(string, string) string { return "pseudonym" },
			}))
		},
	}
	cmd.Flags().StringVar(&file, "agreement", "", "the agreement")
	cmd.Flags().StringVar(&from, "from", "", "the agency that has the document")
	cmd.Flags().StringVar(&to, "to", "", "the agency that would get it")
	cmd.Flags().StringVar(&purpose, "purpose", "", "what it is for, from the agreement's list")
	cmd.Flags().StringVar(&at, "at", "", "the instant of the decision, RFC 3339 or a date (default now)")
	cmd.Flags().StringVar(&guideName, "guide", "", "the guide that reads the document (default: found out)")
	cmd.Flags().StringArrayVar(&keys, "keys", nil, "file or folder with the parties' public keys: require valid signatures (may be repeated)")
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

// inForce holds the signatures beside an agreement against keys.
func inForce(file string, a *agreement.Agreement, keys []string, r agreement.Request) error {
	known, err := publicKeys(keys)
	if err != nil {
		return trouble(err)
	}
	signatures, err := signatures(file, a)
	if err != nil {
		return trouble(err)
	}
	if err := a.InForce(r.At, signatures, known.verify); err != nil {
		return agreementAnswer(err)
	}
	return nil
}

func (t *terminal) printDecision(d agreement.Decision) error {
	status := statusOK
	if d.Outcome != agreement.Share {
		status = statusFinding
	}
	if t.json {
		if d.Elements == nil {
			d.Elements = []agreement.Element{}
		}
		// reason is a key of the contract: it is there when there is none to give, too.
		if err := t.object(struct {
			agreement.Decision
			Reason string `json:"reason"`
		}{d, d.Reason}); err != nil {
			return trouble(err)
		}
		return ended(status)
	}
	verdicts := map[string]int{}
	var rows [][]string
	for _, e := range d.Elements {
		verdicts[e.Verdict]++
		rows = append(rows, []string{e.Instance, e.Verdict, e.Method, e.Article, e.Reason})
	}
	if err := t.table([]string{"element", "verdict", "method", "article", "reason"}, rows); err != nil {
		return trouble(err)
	}
	under := fmt.Sprintf("%s version %d for %s", d.Agreement.ID, d.Agreement.Version, d.Purpose)
	if status != statusOK {
		t.print("refused under %s: %s", under, d.Reason)
		return ended(status)
	}
	t.print("shared under %s: %d shared, %d masked, %d withheld", under, verdicts[agreement.Share], verdicts[agreement.Mask], verdicts[agreement.Withhold])
	return ended(status)
}

// recordFindings prints what is wrong with a record.
func (t *terminal) recordFindings(name string, findings []cargo.Finding) (errors int) {
	for _, f := range findings {
		if f.Severity == cargo.Error {
			errors++
		}
		where := f.Instance
		if where == "" {
			where = f.Pointer
		}
		t.say("%s: %s: %s: %s · byte %d · %s · %s", oneLine(name), f.Severity, oneLine(where), oneLine(f.Message), f.Offset, f.Rule, f.Code)
	}
	return errors
}
