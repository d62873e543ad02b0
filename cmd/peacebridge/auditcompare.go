package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
)

func auditCompareCommand(t *terminal) *cobra.Command {
	var q auditQuery
	var policy string
	cmd := &cobra.Command{
		Use:   "compare [--policy FILE] [--from TIME] [--to TIME] TARGET TARGET",
		Short: "Compare what two gateways logged of their relation, by message",
		Long: `Compare what two gateways logged of their relation with each other, by the id of the message. Each TARGET is a ledger folder, a
bundle, or the folder of an auditor (client.crt, client.key, ca.crt, gateway), which stands for the running gateway whose auditor
that is: it shows how each message has ended, with the proof that its log says so, under the policy in --policy or in the
auditor's folder. Listed is each message that only one side has, and each whose digests differ. What lies in an outbox is on
one side for good reason: the kinds of its events say how far it has come. Of a bundle only what it holds is compared. Exit
status 1 when anything is listed.`,
		Example: `  peacebridge audit compare demo/us.cbp demo/ca.cbsa
  peacebridge audit compare demo/clients/auditor-cbp demo/clients/auditor-cbsa`,
		Args: exactly("TARGET", "TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := q.query(cmd)
			if err != nil {
				return err
			}
			var sides [2]*audit.Side
			for i, arg := range args {
				if isURL(arg) {
					return usage(cmd, "a log's URL serves commitments, which name no message; a running gateway is compared by its auditor's folder",
						"%s: want a ledger folder, a bundle, or the folder of an auditor", oneLine(arg))
				}
				if sides[i], err = t.side(cmd.Context(), ledgerOf(arg), policy); err != nil {
					return auditTrouble(ledgerOf(arg), err)
				}
				defer func() { _ = sides[i].Close() }() // was only read
			}
			if sides[0].Agency == sides[1].Agency {
				return usage(cmd, "the two sides of a relation are compared", "both TARGETs are ledgers of %s: want those of two agencies", oneLine(sides[0].Agency))
			}
			found, err := audit.CompareSides(cmd.Context(), sides[0], sides[1], audit.CompareOptions{From: query.From, To: query.To})
			if err != nil {
				return auditTrouble(blamed(err, args), err)
			}
			return t.printMismatches(found)
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "file that names the keys and the cosignatures that are required (C2SP tlog-policy), of both logs when both gateways run")
	cmd.Flags().StringVar(&q.from, "from", "", "only events at or after this time, RFC 3339 or a date")
	cmd.Flags().StringVar(&q.to, "to", "", "only events before this time")
	t.jsonFlag(cmd)
	return cmd
}

// blamed is the target that an error is about.
func blamed(err error, args []string) string {
	for _, arg := range args[1:] {
		if target := ledgerOf(arg); strings.Contains(err.Error(), target) {
			return target
		}
	}
	return ledgerOf(args[0])
}

// side opens one of the two targets.
func (t *terminal) side(ctx context.Context, target, policy string) (*audit.Side, error) {
	var text []byte
	if policy != "" {
		var err error
		if text, err = t.read(policy, 1<<20); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(filepath.Join(target, clientCert)); err != nil {
		return audit.OpenSide(ctx, target, audit.VerifyOptions{Policy: text})
	}
	c, err := openClientFolder(target)
	if err != nil {
		return nil, err
	}
	if text == nil {
		if text, err = os.ReadFile(filepath.Join(target, "policy")); err != nil {
			return nil, trouble(fmt.Errorf("%s: %w", target, err), "--policy FILE names the policy; the folder of an auditor has one, as policy")
		}
	}
	return &audit.Side{Agency: c.identity.Agency, Close: func() error { return nil }, Mentions: func(ctx context.Context, peer string, o audit.CompareOptions) ([]audit.Mention, error) {
		return c.mentions(ctx, text, peer, o)
	}}, nil
}

// shownPage is what a gateway answers to GET /v1/audit/messages, as far as it proves something.
type shownPage struct {
	Items       []struct{ Shown *audit.Shown }
	Next, Size  uint64
	Checkpoints map[string]string
	Successions []json.RawMessage
}

// mentions asks a running gateway what its log of a relation says of messages. Nothing is believed that is not proven.
func (c *client) mentions(ctx context.Context, policy []byte, peer string, o audit.CompareOptions) ([]audit.Mention, error) {
	under, err := audit.ParsePolicy(policy)
	if err != nil {
		return nil, err
	}
	out := []audit.Mention{}
	for from := uint64(0); ; {
		page, err := c.shown(ctx, peer, from)
		if err != nil {
			return nil, err
		}
		for _, doc := range page.Successions {
			under.Follow([][]byte{doc}) // in the order of the shards
		}
		for _, item := range page.Items {
			if item.Shown == nil || item.Shown.Event == nil {
				return nil, refused(fmt.Errorf("%s: an item without its proof", c.gateway))
			}
			e, err := under.CheckShown(item.Shown, []byte(page.Checkpoints[item.Shown.Event.Log]))
			if err == nil && e.Log != peer && !strings.HasPrefix(e.Log, peer+"/") {
				err = fmt.Errorf("it is of the log %s", e.Log)
			}
			if err != nil {
				return nil, refused(fmt.Errorf("%s: event %d of log %s is not proven: %w", c.gateway, item.Shown.Event.Index, item.Shown.Event.Log, err))
			}
			if m := o.Mention(e); m != nil {
				out = append(out, *m)
			}
		}
		if page.Next >= page.Size || page.Next <= from {
			return out, nil
		}
		from = page.Next
	}
}

func (c *client) shown(ctx context.Context, peer string, from uint64) (*shownPage, error) {
	query := url.Values{"log": {peer}, "from": {strconv.FormatUint(from, 10)}}
	a, err := c.do(ctx, http.MethodGet, "/v1/audit/messages", query, nil, nil)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d: only an auditor of this agency may compare", c.gateway, a.status)
	}
	var page shownPage
	if err := json.Unmarshal(a.body, &page); err != nil {
		return nil, fmt.Errorf("%s: malformed answer: %w", c.gateway, err)
	}
	return &page, nil
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
