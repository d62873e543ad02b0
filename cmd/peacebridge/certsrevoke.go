package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

func certsRevokeCommand(t *terminal) *cobra.Command {
	var dir, reason string
	reasons := []string{"unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn"}
	cmd := &cobra.Command{
		Use:   "revoke --ca DIR [--reason REASON] SERIAL|IDENTITY",
		Short: "Revoke one certificate, or every certificate and token of a party",
		Long: `Revoke a certificate by its serial number, or by an identity all of a party's live certificates and open tokens. Running
gateways refuse what is revoked from their next look at the list on, also on connections that are open.`,
		Example: `  peacebridge certs revoke --ca us.cbp/ca --reason keyCompromise peacebridge://us.cbp/partner/carrier-7`,
		Args:    exactly("SERIAL|IDENTITY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(cmd, "reason", reason, reasons...); err != nil {
				return err
			}
			return withAuthority(cmd, dir, func(a *certs.Authority) error {
				if !strings.Contains(args[0], "/") {
					serial := strings.ToLower(strings.ReplaceAll(args[0], ":", ""))
					if err := a.Revoke(serial, reason, time.Now()); err != nil {
						return certsAnswer(err)
					}
					return t.tellRevoked(serial, 1)
				}
				id, err := identity(cmd, args[0])
				if err != nil {
					return err
				}
				n, err := a.RevokeIdentity(id, reason, time.Now())
				if err != nil {
					return certsAnswer(err)
				}
				if n == 0 {
					return refused(fmt.Errorf("%s has no live certificate; open tokens, if it had any, are withdrawn", id))
				}
				return t.tellRevoked(id.URI(), n)
			})
		},
	}
	authorityFlag(cmd, &dir)
	cmd.Flags().StringVar(&reason, "reason", "unspecified", strings.Join(reasons, ", "))
	t.jsonFlag(cmd)
	return cmd
}

// tellRevoked says how many certificates ended.
func (t *terminal) tellRevoked(what string, n int) error {
	if t.json {
		return t.object(struct {
			Of      string `json:"of"` // serial number or identity
			Revoked int    `json:"revoked"`
		}{what, n})
	}
	if strings.Contains(what, "/") {
		t.say("revoked %s of %s; open tokens are withdrawn", count(n, "certificate"), what)
	} else {
		t.say("revoked %s", what)
	}
	return nil
}

// A revocationList is what certs crl says about the list that it made.
type revocationList struct {
	Agency     string    `json:"agency"`
	Number     string    `json:"number"`
	ThisUpdate time.Time `json:"thisUpdate"`
	NextUpdate time.Time `json:"nextUpdate"`
	Revoked    []revoked `json:"revoked"`
}

type revoked struct {
	Serial    string    `json:"serial"`
	RevokedAt time.Time `json:"revokedAt"`
	Reason    int       `json:"reason"` // RFC 5280 section 5.3.1
}

func certsCRLCommand(t *terminal) *cobra.Command {
	var dir string
	var der bool
	cmd := &cobra.Command{
		Use:     "crl --ca DIR",
		Short:   "Print the certificate revocation list",
		Long:    "Print the certificate revocation list of the authority (RFC 5280): PEM, DER with --der, or what it says with --json.",
		Example: "  peacebridge certs crl --ca us.cbp/ca | openssl crl -noout -text",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAuthority(cmd, dir, func(a *certs.Authority) error {
				list, err := a.CRL(time.Now())
				if err != nil {
					return certsAnswer(err)
				}
				switch {
				case t.json:
					return t.printCRL(a.Agency(), list)
				case der:
					_, err = t.out.Write(list)
				default:
					err = pem.Encode(t.out, &pem.Block{Type: "X509 CRL", Bytes: list})
				}
				return err
			})
		},
	}
	authorityFlag(cmd, &dir)
	cmd.Flags().BoolVar(&der, "der", false, "print DER instead of PEM")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) printCRL(agency string, der []byte) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return trouble(err)
	}
	facts := revocationList{Agency: agency, ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, Revoked: []revoked{}}
	if list.Number != nil {
		facts.Number = list.Number.String()
	}
	for _, entry := range list.RevokedCertificateEntries {
		facts.Revoked = append(facts.Revoked, revoked{Serial: entry.SerialNumber.Text(16), RevokedAt: entry.RevocationTime, Reason: entry.ReasonCode})
	}
	return t.object(facts)
}

func certsListCommand(t *terminal) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "list --ca DIR",
		Short:   "List the certificates that were issued",
		Long:    "List every certificate that the authority has issued, the oldest first, and how it stands now.",
		Example: "  peacebridge certs list --ca us.cbp/ca --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAuthority(cmd, dir, func(a *certs.Authority) error {
				return t.printIssued(a.List(), time.Now())
			})
		},
	}
	authorityFlag(cmd, &dir)
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) printIssued(issued []certs.Issued, now time.Time) error {
	var rows [][]string
	for _, c := range issued {
		state := standing(c, now)
		if t.json {
			if err := t.object(struct {
				State string `json:"state"`
				URI   string `json:"uri"`
				certs.Issued
			}{state, c.Identity.URI(), c}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{c.Serial, c.Identity.URI(), state, c.NotAfter.UTC().Format(time.RFC3339), c.By})
	}
	if t.json {
		return nil
	}
	return t.table([]string{"serial", "identity", "state", "until", "by"}, rows)
}

// standing says how a certificate stands at an instant.
func standing(c certs.Issued, now time.Time) string {
	switch {
	case !c.RevokedAt.IsZero():
		return "revoked"
	case now.After(c.NotAfter):
		return "expired"
	case now.Before(c.NotBefore):
		return "not yet valid"
	}
	return "live"
}
