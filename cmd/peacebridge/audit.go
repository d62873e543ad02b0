package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

func auditCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:   "audit",
		Short: "Verify, explain, search, compare and watch ledgers, without the gateways that wrote them",
		Long: `Work on a ledger. TARGET is a ledger folder, a gateway's home folder, the URL of a log, or a bundle
that audit export wrote. A folder is read from a copy and never opened in place; one that a running gateway holds cannot be
read, and the error names the URL where its logs are served.`,
		Example: `  peacebridge audit verify --policy policy.txt demo/us.cbp/ledger
  peacebridge audit search demo/us.cbp/ledger CSQU3054383`,
	},
		auditVerifyCommand(t),
		auditProveCommand(t),
		auditExportCommand(t),
		auditSearchCommand(t),
		auditCompareCommand(t),
		auditMonitorCommand(t),
		auditExplainCommand(t),
		auditRecoverCommand(t),
		auditAgreeCommand(t),
		auditRekeyCommand(t),
		auditEraseCommand(t),
		auditHoldCommand(t),
	)
}

// auditSource is what every audit command is told about the ledger that it reads.
type auditSource struct {
	policy string
	bearer string
	as, ca string
	tsa    string
	state  string
	logs   []string
}

func (s *auditSource) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.policy, "policy", "", "file that names the keys and the cosignatures that are required (C2SP tlog-policy)")
}

// accessFlags are for commands that read logs over the network. A secret is never an argument: others on the machine see those.
func (s *auditSource) accessFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.bearer, "bearer", "", "file with the token for a log that is served to its readers only (or the token in "+bearerVariable+")")
	cmd.Flags().StringVar(&s.as, "as", "", "folder of an auditor, whose certificate is shown: client.crt, client.key, ca.crt and gateway")
	cmd.Flags().StringVar(&s.ca, "ca", "", "file with the CA certificate of the log's server, when a token is shown to it (default: those of the system)")
}

// tsaFlag is for commands that judge time-stamps.
func (s *auditSource) tsaFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.tsa, "tsa", "", "file with the CA certificates (PEM) of the time-stamping authorities that you trust")
}

// bearerVariable is the environment's place for a token.
const bearerVariable = "PEACEBRIDGE_BEARER"

// access reads what the flags say about how a log is reached.
func (s *auditSource) access(cmd *cobra.Command, t *terminal) (a audit.Access, err error) {
	const small = 1 << 20
	a.Bearer = os.Getenv(bearerVariable)
	if s.bearer != "" {
		b, err := t.read(s.bearer, small)
		if err != nil {
			return a, err
		}
		a.Bearer = strings.TrimSpace(string(b))
	}
	switch {
	case s.as != "" && s.ca != "":
		return a, usage(cmd, "the folder has the CA's certificate", "want --as or --ca, not both")
	case s.as != "":
		c, err := openClientFolder(s.as)
		if err != nil {
			return a, err
		}
		a.Transport = c.http.Transport
	case s.ca != "":
		pem, err := t.read(s.ca, small)
		if err != nil {
			return a, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return a, trouble(fmt.Errorf("%s: no certificate (PEM) is in it", s.ca))
		}
		a.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool}}
	}
	return a, nil
}

// options reads what the flags name. A URL proves nothing by itself: whoever answers there could have made the log up, so that only a
// policy, which came another way, can say whose log it has to be.
func (s *auditSource) options(cmd *cobra.Command, t *terminal, target string) (audit.VerifyOptions, error) {
	o := audit.VerifyOptions{Logs: s.logs, State: s.state, Apply: gateway.Apply} // what the events add up to must be the state that is stored
	if isURL(target) && s.policy == "" {
		return o, usage(cmd, "the agency that runs the log publishes its policy; a ledger folder has it as ledger/policy", "%s: a log's URL needs --policy", oneLine(target))
	}
	const small = 1 << 20
	if s.policy != "" {
		b, err := t.read(s.policy, small)
		if err != nil {
			return o, err
		}
		if _, err := audit.ParsePolicy(b); err != nil {
			return o, trouble(fmt.Errorf("%s: %w", s.policy, err), "a policy has lines log KEY, witness NAME KEY and quorum NAME (C2SP tlog-policy)")
		}
		o.Policy = b
	}
	if s.tsa != "" {
		var err error
		if o.TSA, err = t.read(s.tsa, small); err != nil {
			return o, err
		}
		if _, err = audit.TSARoots(o.TSA); err != nil {
			return o, trouble(fmt.Errorf("%s: %w", s.tsa, err))
		}
	}
	if !isURL(target) {
		return o, nil
	}
	var err error
	o.Access, err = s.access(cmd, t)
	return o, err
}

func isURL(target string) bool {
	return strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "http://")
}

// ledgerOf returns the ledger folder of a gateway's home, and every other target as it is.
func ledgerOf(target string) string {
	if isURL(target) {
		return target
	}
	inside := filepath.Join(target, "ledger")
	if _, err := os.Stat(filepath.Join(target, "config.yaml")); err != nil {
		return target
	}
	if info, err := os.Stat(inside); err != nil || !info.IsDir() {
		return target
	}
	return inside
}

// isLedger reports whether a target is a folder that a gateway has made.
func isLedger(target string) bool {
	_, err := os.Stat(filepath.Join(target, "origin"))
	return err == nil
}

// auditTrouble puts an error of the audit package into words with a way out.
func auditTrouble(target string, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f // in words already
	}
	if held, ok := errors.AsType[*audit.Held](err); ok {
		hints := []string{"stop the gateway, or work on a copy that was made while it was stopped"}
		if held.LogURL != "" {
			hints = append(hints, "its logs can be verified while it runs: peacebridge audit verify --policy FILE "+held.LogURL)
		}
		return trouble(err, hints...)
	}
	if errors.Is(err, audit.ErrNoAccess) {
		return trouble(err, "--bearer FILE, or --as DIR for an auditor's certificate", "the operator names readers in config.yaml: logReaders")
	}
	if hint := targetHint(err); hint != "" {
		return trouble(named(target, err), hint)
	}
	if _, perr := os.Stat(filepath.Join(target, "policy")); errors.Is(perr, fs.ErrNotExist) && isLedger(target) {
		return trouble(fmt.Errorf("%s: no policy is there: a gateway that has never run has published nothing", target), "--policy FILE names another")
	}
	return trouble(named(target, err))
}

// named is an error that says which target it is about.
func named(target string, err error) error {
	if strings.Contains(err.Error(), target) {
		return err
	}
	return fmt.Errorf("%s: %w", target, err)
}

// targetHint is what to look at when a target cannot be read at all.
func targetHint(err error) string {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return "is the gateway running, and is this where it serves its logs? config.yaml has the address as listen.log"
	}
	missing, ok := errors.AsType[*fs.PathError](err)
	switch {
	case errors.Is(err, audit.ErrNoLedger):
		return "a TARGET is a gateway's home, the ledger folder in it, the URL of a log, or a bundle that audit export wrote"
	case errors.Is(err, audit.ErrNoBundle):
		return "it may have been cut off on its way: compare its size with the one that was sent, and get it again"
	case ok && filepath.Base(missing.Path) == "config.yaml" && errors.Is(err, fs.ErrNotExist):
		return "HOME is the folder of a gateway, which has config.yaml and ledger/ in it"
	}
	return ""
}

// provenTrouble is auditTrouble where one event was asked for: that it is not there is an answer.
func provenTrouble(target string, err error) error {
	if errors.Is(err, audit.ErrNotFound) {
		return refused(named(target, err), "peacebridge audit verify lists the logs and how many events each has; indexes begin with 0")
	}
	return auditTrouble(target, err)
}

// wantsEvents refuses targets that have no events to look into: a served log has commitments only.
func wantsEvents(cmd *cobra.Command, target string) error {
	if isURL(target) {
		return usage(cmd, "peacebridge audit verify checks a served log; its gateway's auditor asks for events at GET /v1/audit/events",
			"%s: a served log has commitments and no events: want a ledger folder or a bundle", oneLine(target))
	}
	return nil
}

// auditQuery is the choice of events that search and export share.
type auditQuery struct {
	audit.Query
	from, to string
}

func (q *auditQuery) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&q.Log, "log", "", `only this log: an agency, or "internal"`)
	cmd.Flags().StringVar(&q.Kind, "kind", "", "only events of this kind, such as document.accepted")
	cmd.Flags().StringVar(&q.Article, "article", "", "only events decided under this article of an agreement")
	cmd.Flags().StringVar(&q.Party, "party", "", "only events of this party: peacebridge://us.cbp/partner/carrier-7, or carrier-7")
	cmd.Flags().StringVar(&q.from, "from", "", "only events at or after this time, RFC 3339 or a date")
	cmd.Flags().StringVar(&q.to, "to", "", "only events before this time")
}

func (q *auditQuery) query(cmd *cobra.Command) (audit.Query, error) {
	for _, bound := range []struct {
		flag, text string
		at         *time.Time
	}{{"from", q.from, &q.From}, {"to", q.to, &q.To}} {
		if bound.text == "" {
			continue
		}
		at, err := instant(cmd, bound.flag, bound.text)
		if err != nil {
			return q.Query, err
		}
		*bound.at = at
	}
	return q.Query, nil
}
