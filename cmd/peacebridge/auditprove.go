package main

import (
	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditProveCommand(t *terminal) *cobra.Command {
	var source auditSource
	var log string
	var index uint64
	cmd := &cobra.Command{
		Use:   "prove --log LOG --index N TARGET",
		Short: "Print the proof that one event is in a log",
		Long: `Print the proof that an event is in a log, as C2SP tlog-proof text: the index, the hashes up to the root, and the signed
checkpoint with its cosignatures. Whoever has the policy and the event can check it with tools that are not ours.`,
		Example: `  peacebridge audit prove --log ca.cbsa --index 41 demo/us.cbp/ledger > event-41.tlog-proof`,
		Args:    exactly("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "log", "index"); err != nil {
				return err
			}
			target := ledgerOf(args[0])
			o, err := source.options(cmd, t, target)
			if err != nil {
				return err
			}
			proof, err := audit.ProveTarget(cmd.Context(), target, log, index, o)
			if err != nil {
				return provenTrouble(target, err)
			}
			if _, err := t.out.Write(proof); err != nil {
				return trouble(err)
			}
			return nil
		},
	}
	source.flags(cmd)
	source.accessFlags(cmd)
	cmd.Flags().StringVar(&log, "log", "", `the log: an agency, or "internal"`)
	cmd.Flags().Uint64Var(&index, "index", 0, "the event's index in that log, from 0")
	return cmd
}
