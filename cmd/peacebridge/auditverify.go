package main

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditVerifyCommand(t *terminal) *cobra.Command {
	var source auditSource
	cmd := &cobra.Command{
		Use:   "verify [--policy FILE] TARGET...",
		Short: "Recompute a ledger and say whether it is what it claims to be",
		Long: `Recompute every hash, tree, signature and cosignature of a ledger. One line a log: verified or not, under whose trust, and
what is wrong first. With --policy the keys and the cosignatures that it names are required; without it a folder is held
against its own policy, which shows that it is consistent with itself and is called trust "self". A URL needs --policy.`,
		Example: `  peacebridge audit verify demo/us.cbp/ledger
  peacebridge audit verify --policy policy.txt --json https://log.cbp.example/audit/ca.cbsa`,
		Args: atLeastOne("TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			worst := statusOK
			for _, target := range args {
				status, err := t.auditVerify(cmd, source, ledgerOf(target))
				if err != nil {
					status = t.tell(err)
				}
				worst = max(worst, status)
			}
			return ended(worst)
		},
	}
	source.flags(cmd)
	source.accessFlags(cmd)
	source.tsaFlag(cmd)
	cmd.Flags().StringArrayVar(&source.logs, "log", nil, `only this log: an agency, or "internal" (may be repeated)`)
	cmd.Flags().StringVar(&source.state, "state", "", "file that remembers what was recomputed: an interrupted verification goes on where it was, a later one reads what is new")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) auditVerify(cmd *cobra.Command, source auditSource, target string) (int, error) {
	o, err := source.options(cmd, t, target)
	if err != nil {
		return 0, err
	}
	verdicts, err := audit.VerifyTarget(cmd.Context(), target, o)
	if err != nil {
		return 0, auditTrouble(target, err)
	}
	status := statusOK
	if len(verdicts) == 0 {
		status = statusFinding // nothing was verified, and that is not success
		if len(source.logs) > 0 {
			t.say("%s: holds none of the logs that --log names", oneLine(target))
		} else {
			t.say("%s: holds no log", oneLine(target))
		}
	}
	for _, v := range verdicts {
		if !v.Verified {
			status = statusFinding
		}
		if t.json {
			if err := t.object(fullVerdict(v)); err != nil {
				return 0, err
			}
			continue
		}
		t.printLogVerdict(v)
	}
	return status, nil
}

// fullVerdict makes absent lists empty ones: a program that reads them need not ask twice.
func fullVerdict(v audit.Verdict) audit.Verdict {
	if v.Cosignatures == nil {
		v.Cosignatures = []string{}
	}
	if v.Problems == nil {
		v.Problems = []audit.VerdictProblem{}
	}
	return v
}

func (t *terminal) printLogVerdict(v audit.Verdict) {
	w := t.people()
	word := t.colour(w, green, "verified")
	if !v.Verified {
		word = t.colour(w, red, "NOT VERIFIED")
	}
	log := v.Log
	if log == "" {
		log = "the whole ledger" // its store cannot be read
	}
	events := count(int(v.Size), "event")
	if v.Shown > 0 && v.Size > 0 {
		events = strconv.FormatUint(v.Shown, 10) + " of " + events
	}
	t.print("%s: %s: %s, trust %s", oneLine(log), word, events, v.Trust)
	t.print("    origin  %s", oneLine(v.Origin))
	t.print("    root    %s", oneLine(v.Root))
	for _, name := range v.Cosignatures {
		t.print("    cosigned up to %s by %s", strconv.FormatUint(v.CosignedSize, 10), oneLine(name))
	}
	for _, s := range v.Timestamps {
		word := "time-stamped up to %d at %s by %s"
		if !s.Trusted {
			word += ", whose CA --tsa would have to name"
		}
		t.print("    "+word, s.Size, s.Time.Format(time.RFC3339), oneLine(s.Authority))
	}
	if v.Lost > 0 {
		t.print("    %s: an incident says so, and the entries are there", count(int(v.Lost), "lost record"))
	}
	if v.Successor != "" {
		t.print("    closed; goes on as %s", oneLine(v.Successor))
	}
	for _, p := range v.Problems {
		t.print("    %s event %d: %s · %s", t.colour(w, red, "problem"), p.Index, oneLine(p.Message), p.Code)
	}
}
