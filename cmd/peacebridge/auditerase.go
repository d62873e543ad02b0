package main

import (
	"errors"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// erasable names what is erased or held: everything of a subject, or one event.
type erasable struct {
	subject, log string
	index        uint64
}

func (e *erasable) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.subject, "subject", "", "submission/ID or message/ID: the details and documents of all events of it")
	cmd.Flags().StringVar(&e.log, "log", "", `one event instead, with --index: its log, an agency or "internal"`)
	cmd.Flags().Uint64Var(&e.index, "index", 0, "the event's index in that log, from 0")
}

func (e *erasable) check(cmd *cobra.Command) error {
	one := cmd.Flags().Changed("log") && cmd.Flags().Changed("index")
	if (e.subject != "") == one || cmd.Flags().Changed("log") != cmd.Flags().Changed("index") {
		return usage(cmd, "", "want either --subject, or --log and --index")
	}
	return nil
}

func auditEraseCommand(t *terminal) *cobra.Command {
	var what erasable
	var body, ground, authority string
	cmd := &cobra.Command{
		Use:   "erase (--subject SUBJECT | --log LOG --index N [--body NAME]) --ground CODE --authority TEXT HOME",
		Short: "Destroy the keys of what must be erased, in a stopped gateway's ledger",
		Long: `Destroy the data keys of details and documents in the ledger of a stopped gateway, for good, and append the event that says
what, why and on whose order. Tree, proofs, checkpoints and the partner's copy stay valid. Refused with exit status 1 while a
legal hold stands. What backups, snapshots and the partner hold is not reached: see the ledger's documentation.`,
		Example: `  peacebridge audit erase --subject submission/0199e0b2-7c1c-7000-8000-5b2f3c0d9a78 --ground RETENTION --authority "order 23" us.cbp`,
		Args:    exactly("HOME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(required(cmd, "ground", "authority"), what.check(cmd)); err != nil {
				return err
			}
			e := audit.Erasure{Subject: what.subject, Log: what.log, Index: what.index, Body: body, Ground: ground, Authority: authority}
			return t.inLedger(args[0], "erased", func(l *audit.Ledger) (audit.Committed, error) { return l.Erase(cmd.Context(), e) })
		},
	}
	what.flags(cmd)
	cmd.Flags().StringVar(&body, "body", "", "only this document of the event")
	cmd.Flags().StringVar(&ground, "ground", "", "why: a code, such as RETENTION")
	cmd.Flags().StringVar(&authority, "authority", "", "on whose order")
	t.jsonFlag(cmd)
	return cmd
}

func auditHoldCommand(t *terminal) *cobra.Command {
	var what erasable
	var h audit.Hold
	var release bool
	cmd := &cobra.Command{
		Use:   "hold --id ORDER (--subject SUBJECT | --log LOG --index N) --authority TEXT [--release] HOME",
		Short: "Place or lift a legal hold, which refuses erasures, in a stopped gateway's ledger",
		Long: `Place a legal hold on a subject or on one event, or lift it with --release and the same number. As long as a hold stands,
erasing what it is on is refused. Several holds may stand on the same; each is lifted by its own number.`,
		Example: `  peacebridge audit hold --id 26-0417 --subject submission/0199e0b2-7c1c-7000-8000-5b2f3c0d9a78 --authority "Federal Court" us.cbp
  peacebridge audit hold --release --id 26-0417 --subject submission/0199e0b2-7c1c-7000-8000-5b2f3c0d9a78 --authority "Federal Court" us.cbp`,
		Args: exactly("HOME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(required(cmd, "id", "authority"), what.check(cmd)); err != nil {
				return err
			}
			h.Subject, h.Log, h.Index = what.subject, what.log, what.index
			if release {
				return t.inLedger(args[0], "released", func(l *audit.Ledger) (audit.Committed, error) { return l.Release(cmd.Context(), h) })
			}
			return t.inLedger(args[0], "held", func(l *audit.Ledger) (audit.Committed, error) { return l.Hold(cmd.Context(), h) })
		},
	}
	what.flags(cmd)
	cmd.Flags().StringVar(&h.ID, "id", "", "the number of the order")
	cmd.Flags().StringVar(&h.Authority, "authority", "", "on whose order")
	cmd.Flags().BoolVar(&release, "release", false, "lift the hold of this number")
	t.jsonFlag(cmd)
	return cmd
}

// inLedger opens the ledger of a stopped gateway, does one thing, and says which event records it.
func (t *terminal) inLedger(home, done string, do func(*audit.Ledger) (audit.Committed, error)) error {
	l, err := gateway.OpenLedger(home)
	if err != nil {
		return auditTrouble(home, err)
	}
	at, err := do(l)
	err = errors.Join(err, l.Close())
	switch {
	case errors.Is(err, audit.ErrOnHold), errors.Is(err, audit.ErrNotFound), errors.Is(err, audit.ErrErased):
		return refused(err)
	case err != nil:
		return auditTrouble(home, err)
	}
	if t.json {
		return t.object(map[string]any{"done": done, "log": at.Log, "index": at.Index, "time": at.Time})
	}
	t.print("%s: event %d of log %s", done, at.Index, oneLine(at.Log))
	return nil
}
