package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

func auditSearchCommand(t *terminal) *cobra.Command {
	var q auditQuery
	cmd := &cobra.Command{
		Use:   "search [--log LOG] [--kind KIND] [--from TIME] [--to TIME] TARGET [TERM]",
		Short: "Find events: by number, container, reference, trip, party, article, kind or time",
		Long: `Find events in a ledger folder, or in a bundle. TERM is what an event can be found by: the control number of an interchange (control:), a
container or trailer (equipment:), a reference (scn:, ccn:, bill:) or a trip (trip:, crn:), with or without its kind in front.
All that is given must fit. What is found is what the ledger keeps in clear; documents and details stay encrypted. A bundle has
no search terms, which are hashes under the ledger's key: TERM is looked for in the values that it discloses.`,
		Example: `  peacebridge audit search --json demo/us.cbp/ledger CSQU3054383
  peacebridge audit search --kind document.accepted --from 2026-11-01 demo/us.cbp/ledger
  peacebridge audit search --article 1.1 --kind record.sealed demo/us.cbp/ledger`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return usage(cmd, "", "%s given, want TARGET and at most one TERM", count(len(args), "argument"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := q.query(cmd)
			if err != nil {
				return err
			}
			target, term := ledgerOf(args[0]), ""
			if len(args) == 2 {
				term = args[1]
			}
			if err := wantsEvents(cmd, target); err != nil {
				return err
			}
			events, err := search(cmd.Context(), target, term, query)
			if err != nil {
				return auditTrouble(target, err)
			}
			return t.printEvents(events)
		},
	}
	q.flags(cmd)
	cmd.Flags().IntVar(&q.Limit, "limit", 0, "at most this many events (default all)")
	t.jsonFlag(cmd)
	return cmd
}

// search finds the events of a term. A term is stored with its kind in front; a person who has only the number need not know which
// kind it is.
func search(ctx context.Context, target, term string, q audit.Query) ([]*audit.Stored, error) {
	terms := []string{term}
	if term != "" && !strings.Contains(term, ":") {
		for _, kind := range gateway.TermKinds() {
			terms = append(terms, kind+":"+term)
		}
	}
	return audit.SearchTargetAny(ctx, target, terms, q)
}

func (t *terminal) printEvents(events []*audit.Stored) error {
	if t.json {
		for _, e := range events {
			if err := t.object(e); err != nil {
				return err
			}
		}
		return nil
	}
	var rows [][]string
	for _, e := range events {
		rows = append(rows, []string{e.Time.UTC().Format(time.RFC3339), e.Log, strconv.FormatUint(e.Index, 10), e.Kind, headerLine(e.Header)})
	}
	if err := t.table([]string{"time", "log", "index", "kind", "facts"}, rows); err != nil {
		return trouble(err)
	}
	t.say("%s", count(len(events), "event"))
	return nil
}

// headerLine is the header of an event in one line, in the order of its keys.
func headerLine(header map[string]string) string {
	var facts []string
	for key, value := range header {
		if json.Valid([]byte(value)) && len(value) > 60 {
			value = value[:60] + "…"
		}
		facts = append(facts, key+"="+value)
	}
	slices.Sort(facts)
	return strings.Join(facts, " ")
}
