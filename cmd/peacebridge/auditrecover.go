package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

func auditRecoverCommand(t *terminal) *cobra.Command {
	var in audit.Incident
	cmd := &cobra.Command{
		Use:   "recover --reason CODE --authority TEXT HOME",
		Short: "Build the damaged store of a stopped gateway's ledger again from its journal",
		Long: `Build the store of a stopped gateway's ledger again from its journal (config.yaml: journal). Every batch is applied as it was:
the same indexes, trees, heads and state come out. The result must reach every head that was published; if it does not, nothing
is changed, because going on would be a second history under one name. The damaged store stays beside the new one as evidence.
Reason and authority become an event of every log, which the next start publishes and the other agency cosigns.`,
		Example: `  peacebridge audit recover --reason DISK_FAILURE --authority "J. Roy, CBSA operations, order 17" ca.cbsa`,
		Args:    exactly("HOME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "reason", "authority"); err != nil {
				return err
			}
			return t.recover(cmd.Context(), args[0], in)
		},
	}
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, as a code or a few words that are not secret")
	cmd.Flags().StringVar(&in.Authority, "authority", "", "on whose order")
	t.jsonFlag(cmd)
	return cmd
}

// recovered is what a recovery did to one log.
type recovered struct {
	Log      string `json:"log"`
	Size     uint64 `json:"size"`  // events that are back
	Index    uint64 `json:"index"` // of the event that says so
	Evidence string `json:"evidence"`
}

func (t *terminal) recover(ctx context.Context, home string, in audit.Incident) error {
	err := gateway.RecoverLedger(ctx, home, in)
	if errors.Is(err, audit.ErrBehind) {
		return refused(err, "nothing was changed", "bring back a copy of the journal that reaches what was published")
	}
	if err != nil {
		return auditTrouble(home, err)
	}
	ledger := filepath.Join(home, "ledger")
	kept, err := filepath.Glob(filepath.Join(ledger, "badger-damaged-*"))
	if err != nil || len(kept) == 0 {
		return trouble(errors.Join(err, errors.New("the store was built again; the damaged one is not found")))
	}
	slices.Sort(kept)
	events, err := audit.SearchTarget(ctx, ledger, audit.Query{Kind: "audit.recovered"})
	if err != nil {
		return auditTrouble(ledger, err)
	}
	last := map[string]recovered{}
	for _, e := range events {
		size, err := strconv.ParseUint(e.Header["size"], 10, 64)
		if err != nil {
			return trouble(err)
		}
		last[e.Log] = recovered{Log: e.Log, Size: size, Index: e.Index, Evidence: kept[len(kept)-1]}
	}
	return t.printRecovered(last)
}

func (t *terminal) printRecovered(last map[string]recovered) error {
	evidence := ""
	for _, name := range slices.Sorted(maps.Keys(last)) {
		r := last[name]
		evidence = r.Evidence
		if t.json {
			if err := t.object(r); err != nil {
				return err
			}
			continue
		}
		t.print("%s: %s back; event %d says so", oneLine(name), count(int(r.Size), "event"), r.Index)
	}
	t.say("the damaged store is kept as %s; start the gateway to have the heads published and cosigned", oneLine(evidence))
	return nil
}
