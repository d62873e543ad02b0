package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditMonitorCommand(t *terminal) *cobra.Command {
	var source auditSource
	var o audit.MonitorOptions
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "monitor --policy FILE --state FILE [--max-age DURATION] [--every DURATION] URL",
		Short: "Look at a served log, and say when it went back, forked or is no longer cosigned",
		Long: `Look at the log behind a URL: its signature, its cosignatures and their age, and whether it extends the head of the last
look, which is kept in the state file. A head that is smaller, or not an extension, is not remembered: both checkpoints are
printed and kept beside the state file, signed by the log as they are, and are the evidence. With --every it goes on looking
until something is wrong or it is interrupted; a log that does not answer is asked again, for --max-age. Exit status 1 when something is wrong.`,
		Example: `  peacebridge audit monitor --policy policy.txt --state seen.txt http://127.0.0.1:8445
  peacebridge audit monitor --policy policy.txt --state seen.txt --every 1m https://log.cbp.example/audit/ca.cbsa`,
		Args: exactly("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "state"); err != nil {
				return err
			}
			if !isURL(args[0]) {
				return usage(cmd, "a folder is verified by peacebridge audit verify", "%s: want the URL of a log", oneLine(args[0]))
			}
			vo, err := source.options(cmd, t, args[0])
			if err != nil {
				return err
			}
			o.Policy, o.Access = vo.Policy, vo.Access
			for seen := time.Now(); ; {
				err := t.look(cmd.Context(), args[0], o)
				if err == nil {
					seen = time.Now()
				}
				if away := unreachable(err) && time.Since(seen) < o.MaxAge; every <= 0 || err != nil && !away {
					return err
				}
				t.tell(err) // and tried again
				select {
				case <-cmd.Context().Done():
					return nil
				case <-time.After(every):
				}
			}
		},
	}
	source.flags(cmd)
	source.accessFlags(cmd)
	cmd.Flags().StringVar(&o.State, "state", "", "file that keeps the checkpoint of the last look")
	cmd.Flags().DurationVar(&o.MaxAge, "max-age", time.Hour, "a newest cosignature that is older than this is stale")
	cmd.Flags().DurationVar(&every, "every", 0, "look again after this time (default: look once)")
	t.jsonFlag(cmd)
	return cmd
}

// unreachable says whether a look failed because nobody answered.
func unreachable(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// sighting is what a look found, with the checkpoints when something is wrong: the one of the last look and the one of now.
type sighting struct {
	*audit.Sighting
	Checkpoints []string `json:"checkpoints,omitempty"`
}

func (t *terminal) look(ctx context.Context, log string, o audit.MonitorOptions) error {
	before, err := os.ReadFile(o.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trouble(err)
	}
	found, err := audit.Monitor(ctx, log, o)
	if err != nil {
		return auditTrouble(log, err)
	}
	s := sighting{Sighting: found}
	if len(found.Problems) > 0 {
		if s.Checkpoints, err = checkpointsOf(before, found, o.State); err != nil {
			return trouble(err)
		}
	}
	if t.json {
		if err := t.object(s); err != nil {
			return err
		}
	} else {
		t.printSighting(s)
	}
	if len(found.Problems) > 0 {
		return ended(statusFinding)
	}
	return nil
}

// checkpointsOf are the checkpoint of the last look and that of this one, as they were signed.
func checkpointsOf(before []byte, found *audit.Sighting, state string) ([]string, error) {
	var all []string
	if len(before) > 0 {
		all = append(all, string(before))
	}
	from := state // a stale head is remembered, a fork is not
	if found.Evidence != "" {
		from = found.Evidence
	}
	now, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil // nothing that a log signed has been seen
	}
	if err != nil {
		return nil, err
	}
	if found.Evidence != "" {
		now = bytes.TrimPrefix(bytes.TrimPrefix(now, before), []byte("--\n"))
	}
	if !bytes.Equal(now, before) {
		all = append(all, string(now))
	}
	return all, nil
}

func (t *terminal) printSighting(s sighting) {
	w := t.people()
	word := t.colour(w, green, "sound")
	if len(s.Problems) > 0 {
		word = t.colour(w, red, "NOT SOUND")
	}
	before := "this was the first look"
	if s.Before > 0 {
		before = strconv.FormatUint(s.Before, 10) + " at the last look"
	}
	t.print("%s: %s: %s, %s", oneLine(s.Origin), word, count(int(s.Size), "event"), before)
	for _, p := range s.Problems {
		t.print("    %s event %d: %s · %s", t.colour(w, red, "problem"), p.Index, oneLine(p.Message), p.Code)
	}
	for i, text := range s.Checkpoints {
		name := "the checkpoint of this look"
		if i == 0 && len(s.Checkpoints) > 1 {
			name = "the checkpoint of the last look"
		}
		t.print("%s:\n\n%s", name, indented(text))
	}
	if s.Evidence != "" {
		t.print("evidence: %s", oneLine(s.Evidence))
	}
}

// indented sets a signed note off from what is said about it.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		fmt.Fprintf(&b, "    %s\n", oneLine(strings.TrimSuffix(line, "\n")))
	}
	return b.String()
}
