package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// recovery is what the command is told.
type recovery struct {
	audit.Recovery
	from []string
}

func auditRecoverCommand(t *terminal) *cobra.Command {
	var r recovery
	cmd := &cobra.Command{
		Use:   "recover --reason CODE --authority TEXT [--from PLACE...] [--new-shard] HOME",
		Short: "Bring back the ledger of a stopped gateway, from its journal or from the peer's copy",
		Long: `Bring back the ledger of a stopped gateway that is damaged, or has less than others have seen of it. Reason and authority
become an event of its logs, which the next start publishes and the other agency cosigns.

Without --from the store is built again from its journal (config.yaml: journal). Every batch is applied as it was: the same
indexes, trees, heads and state come out. The result must reach every head that was published; if it does not, nothing is
changed. The damaged store stays beside the new one as evidence.

With --from the log of a relation gets the entries that it lacks from a copy: "peers" are the copies that the peers' gateways
serve over mutual TLS; else PLACE is a folder or a URL, AGENCY=PLACE where there are several peers. The entries must hash to a
head that this ledger has signed and the peer has cosigned. They are commitments: what they commit to stays lost, and the event
names the range. The internal log, of which nobody has a copy, goes on in a new shard.

With --new-shard what no copy has is given up. The log goes on in a new shard, whose first event says what was lost; the peer
cosigns it when its operator agrees (audit agree).`,
		Example: `  peacebridge audit recover --reason DISK_FAILURE --authority "J. Roy, CBSA operations, order 17" ca.cbsa
  peacebridge audit recover --reason DISK_FAILURE --authority "J. Roy, CBSA operations, order 17" --from peers ca.cbsa`,
		Args: exactly("HOME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "reason", "authority"); err != nil {
				return err
			}
			if len(r.from) > 0 || r.NewShard {
				return t.refill(cmd.Context(), args[0], r)
			}
			return t.recover(cmd.Context(), args[0], r.Incident)
		},
	}
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why, as a code or a few words that are not secret")
	cmd.Flags().StringVar(&r.Authority, "authority", "", "on whose order")
	cmd.Flags().StringArrayVar(&r.from, "from", nil, `"peers", or a folder or URL with a copy of the log of the relation (may be repeated)`)
	cmd.Flags().BoolVar(&r.NewShard, "new-shard", false, "give up what no copy has: go on in a new shard")
	t.jsonFlag(cmd)
	return cmd
}

// behindHints are the ways out for a ledger that has less than others have seen.
func behindHints(home string) []string {
	home = oneLine(home)
	return []string{
		"with a journal: peacebridge audit recover --reason CODE --authority TEXT " + home,
		"from the peer's copy: peacebridge audit recover --from peers --reason CODE --authority TEXT " + home,
		"to give up what no copy has: add --new-shard",
	}
}

// refill brings entries back from copies.
func (t *terminal) refill(ctx context.Context, home string, r recovery) error {
	out, err := gateway.RefillLedger(ctx, home, r.from, r.Recovery)
	if errors.Is(err, audit.ErrBehind) {
		return refused(err, "nothing was changed", "to give up what no copy has: add --new-shard")
	}
	if err != nil {
		return auditTrouble(home, err)
	}
	for _, one := range out {
		if t.json {
			if err := t.object(one); err != nil {
				return err
			}
			continue
		}
		word := "goes on"
		if one.Shard {
			word = "is a new shard"
		}
		t.print("%s %s; event %d says so", oneLine(one.Log), word, one.Index)
		for lost := range strings.FieldsSeq(one.Lost) {
			t.print("    entries are back, records are lost: %s", oneLine(lost))
		}
	}
	t.say("start the gateway to have the heads published and cosigned; the next comparison with the peer lists the messages that are lost")
	return nil
}

func auditAgreeCommand(t *terminal) *cobra.Command {
	var peer, key, authority string
	cmd := &cobra.Command{
		Use:   "agree --peer AGENCY --key VKEY --authority TEXT HOME",
		Short: "Agree to the new shard of a peer's log after an incident there",
		Long: `Agree to a new shard of a peer's log. The peer has lost a part of its log and has opened a shard that nothing in the old one
names; health and the event peer.incident say what was cosigned here, what the peer has kept, and the key of the new shard. Ask
the peer about it by another way before you agree: whoever wants to hide entries would claim the same loss. The copy that this
gateway keeps stays as it is. The running gateway takes note within a beat, and records on whose word.`,
		Example: `  peacebridge audit agree --peer ca.cbsa --key ca.cbsa/audit/us.cbp/2027.2+1f2e3d4c+AQ… --authority "A. Smith, CBP, order 9" us.cbp`,
		Args:    exactly("HOME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "peer", "key", "authority"); err != nil {
				return err
			}
			if err := gateway.AgreeShard(args[0], peer, key, authority); err != nil {
				return trouble(err)
			}
			if t.json {
				return t.object(map[string]string{"peer": peer, "key": key, "authority": authority})
			}
			t.print("agreed: %s", oneLine(key))
			return nil
		},
	}
	cmd.Flags().StringVar(&peer, "peer", "", "the other agency")
	cmd.Flags().StringVar(&key, "key", "", "verifier key of the new shard, as health and the event peer.incident name it")
	cmd.Flags().StringVar(&authority, "authority", "", "on whose order")
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
		return refused(err, "nothing was changed", "bring back a copy of the journal that reaches what was published, or: --from peers")
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
