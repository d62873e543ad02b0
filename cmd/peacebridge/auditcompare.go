package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditCompareCommand(t *terminal) *cobra.Command {
	var q auditQuery
	cmd := &cobra.Command{
		Use:   "compare [--from TIME] [--to TIME] TARGET TARGET",
		Short: "Compare what two gateways logged of their relation, by message",
		Long: `Compare the ledgers of two gateways, each a folder: what either logged of its relation with the other, by the id of the
message. Listed is each message that only one side has, and each whose digests differ. What lies in an outbox is on one side
for good reason: the kinds of its events say how far it has come. Exit status 1 when anything is listed.`,
		Example: `  peacebridge audit compare demo/us.cbp demo/ca.cbsa`,
		Args:    exactly("TARGET", "TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := q.query(cmd)
			if err != nil {
				return err
			}
			var sides [2]string
			for i, arg := range args {
				if isURL(arg) {
					return usage(cmd, "a log's URL serves commitments, which name no message; a running gateway compares by itself (config.yaml: reconcile)",
						"%s: want a ledger folder", oneLine(arg))
				}
				sides[i] = ledgerOf(arg)
			}
			found, err := audit.CompareTargets(cmd.Context(), sides[0], sides[1], audit.CompareOptions{From: query.From, To: query.To})
			if err != nil {
				return auditTrouble(blamed(err, sides), err)
			}
			return t.printMismatches(found)
		},
	}
	cmd.Flags().StringVar(&q.from, "from", "", "only events at or after this time, RFC 3339 or a date")
	cmd.Flags().StringVar(&q.to, "to", "", "only events before this time")
	t.jsonFlag(cmd)
	return cmd
}

// blamed is the side that an error is about.
func blamed(err error, sides [2]string) string {
	if held, ok := errors.AsType[*audit.Held](err); ok {
		return held.Dir
	}
	if strings.Contains(err.Error(), sides[1]) {
		return sides[1]
	}
	return sides[0]
}

func (t *terminal) printMismatches(found []audit.Mismatch) error {
	var rows [][]string
	for _, m := range found {
		if t.json {
			if err := t.object(m); err != nil {
				return err
			}
			continue
		}
		what := "no counterpart"
		if m.Field != "" {
			what = m.Field + " differs"
		}
		rows = append(rows, []string{oneLine(m.ID), what, mentions(m.A), mentions(m.B)})
	}
	if len(rows) > 0 {
		if err := t.table([]string{"message", "what", "first", "second"}, rows); err != nil {
			return trouble(err)
		}
	}
	if len(found) == 0 {
		t.say("both ledgers have the same messages")
		return nil
	}
	t.say("%s without an equal counterpart", count(len(found), "message"))
	return ended(statusFinding)
}

// mentions are the events of one side in a few words.
func mentions(list []audit.Mention) string {
	var words []string
	for _, m := range list {
		words = append(words, fmt.Sprintf("%s %d %s", m.Kind, m.Index, m.Time.UTC().Format(time.RFC3339)))
	}
	return oneLine(strings.Join(words, ", "))
}
