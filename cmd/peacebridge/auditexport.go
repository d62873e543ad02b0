package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditExportCommand(t *terminal) *cobra.Command {
	var source auditSource
	var q auditQuery
	var o audit.ExportOptions
	var out string
	cmd := &cobra.Command{
		Use:   "export --out FILE [--term TERM] [--field NAME]... [--bodies] TARGET",
		Short: "Write events and their proofs into a bundle that verifies offline",
		Long: `Write a bundle (zip): the chosen events, the salts of what is disclosed of them, their proofs, the checkpoints with their
cosignatures, and the policy. audit verify checks it anywhere, without the ledger. Nothing that is encrypted goes into it
unless --field or --bodies asks, and what was erased stays erased. When no event fits, nothing is written: exit status 1.
From a bundle come chosen events as they are in it.`,
		Example: `  peacebridge audit export --term equipment:CSQU3054383 --out evidence.zip demo/us.cbp/ledger
  peacebridge audit verify evidence.zip`,
		Args: exactly("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "out"); err != nil {
				return err
			}
			if out == "-" && isTerminal(t.out) {
				return usage(cmd, "name a file, or send standard output into one", "a bundle is not for a terminal")
			}
			target := ledgerOf(args[0])
			if err := wantsEvents(cmd, target); err != nil {
				return err
			}
			vo, err := source.options(cmd, t, target)
			if err != nil {
				return err
			}
			if o.Query, err = q.query(cmd); err != nil {
				return err
			}
			o.Policy = vo.Policy
			if info, err := os.Stat(target); err == nil && info.Mode().IsRegular() && (o.Bodies || o.Fields != nil || o.Policy != nil) {
				return usage(cmd, "export from the ledger to disclose more", "%s: what a bundle discloses was chosen when it was made: --field, --bodies and --policy do not apply", oneLine(target))
			}
			return t.export(cmd, target, out, o)
		},
	}
	source.flags(cmd)
	q.flags(cmd)
	cmd.Flags().StringVar(&q.Term, "term", "", "only events that can be found by this, KIND:VALUE as in audit search, such as equipment:CSQU3054383")
	cmd.Flags().StringVar(&out, "out", "", "the bundle to write; - is standard output; an existing file is never overwritten")
	cmd.Flags().StringArrayVar(&o.Fields, "field", nil, "disclose this encrypted detail (may be repeated; * is all)")
	cmd.Flags().BoolVar(&o.Bodies, "bodies", false, "disclose the documents and images too")
	return cmd
}

// export writes the bundle, and leaves neither half of one behind nor one that proves nothing.
func (t *terminal) export(cmd *cobra.Command, target, out string, o audit.ExportOptions) error {
	if out != "-" {
		if err := t.exportFile(cmd, target, out, o); err != nil {
			return err
		}
		t.say("%s", out)
		return nil
	}
	dir, err := os.MkdirTemp("", "peacebridge-export-")
	if err != nil {
		return trouble(err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // of a bundle that was written out, or not at all
	file := filepath.Join(dir, "bundle.zip")
	if err := t.exportFile(cmd, target, file, o); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return trouble(err)
	}
	defer func() { _ = f.Close() }() // was only read
	if _, err := io.Copy(t.out, f); err != nil {
		return trouble(err)
	}
	return nil
}

func (t *terminal) exportFile(cmd *cobra.Command, target, out string, o audit.ExportOptions) error {
	f, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return trouble(err)
	}
	events := 0
	err = audit.ExportTarget(cmd.Context(), target, f, o)
	if err == nil {
		events, err = eventsIn(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && events > 0 {
		return nil
	}
	if rerr := os.Remove(out); rerr != nil {
		err = errors.Join(err, fmt.Errorf("half a bundle is left: %w", rerr))
	}
	if err == nil {
		return refused(fmt.Errorf("%s: no event fits", target), "peacebridge audit search shows what there is; nothing was written")
	}
	return auditTrouble(target, err)
}

// eventsIn counts the events of a bundle.
func eventsIn(f *os.File) (n int, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return 0, err
	}
	for _, file := range z.File {
		if strings.HasPrefix(file.Name, "events/") {
			n++
		}
	}
	return n, nil
}
