package main

import (
	"github.com/spf13/cobra"

	"peacebridge/gateway"
)

func auditRekeyCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "rekey HOME",
		Short: "Give a stopped gateway's ledger a new key for what is on the disk",
		Long: `Add a key to ledger/keys/store.key of a stopped gateway's home: store and journal write under it from the next start on.
Earlier keys stay, because earlier parts of the journal are under them. A ledger that had no such key is encrypted from then on;
what it wrote before stays as it is. Without store.key an encrypted ledger cannot be opened, nor verified from its folder.`,
		Example: `  peacebridge audit rekey ca.cbsa`,
		Args:    exactly("HOME"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := gateway.RekeyLedger(args[0]); err != nil {
				return auditTrouble(args[0], err)
			}
			t.say("%s: new key; keep a copy of ledger/keys/store.key apart from the ledger's", oneLine(args[0]))
			return nil
		},
	}
}
