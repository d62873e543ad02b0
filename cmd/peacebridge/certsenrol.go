package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

func certsIssueCommand(t *terminal) *cobra.Command {
	var dir, csrFile, out, gateway string
	var hosts []string
	cmd := &cobra.Command{
		Use:   "issue --ca DIR [--csr FILE | --out DIR] IDENTITY",
		Short: "Issue a certificate on the operator's own word",
		Long: `Issue a certificate for IDENTITY. The authority sets identity, profile and dates; of a request only the key is taken. With
--csr the certificate is printed; with --out a key is made too and a party's folder is written, as send, status and inbox
want it. Parties outside should enrol with a token instead, so that their key never leaves them.`,
		Example: `  peacebridge certs issue --ca us.cbp/ca --csr system.csr peacebridge://us.cbp/system/ace > system.crt
  peacebridge certs issue --ca us.cbp/ca --out clients/ace --gateway https://127.0.0.1:8443 peacebridge://us.cbp/system/ace`,
		Args: exactly("IDENTITY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := identity(cmd, args[0])
			if err != nil {
				return err
			}
			if (csrFile == "") == (out == "") {
				return usage(cmd, "", "want either --csr or --out")
			}
			return withAuthority(cmd, dir, func(a *certs.Authority) error {
				now := time.Now()
				if out != "" {
					return t.issueFolder(a, id, out, gateway, hosts, now)
				}
				csr, err := t.read(csrFile, 1<<20)
				if err != nil {
					return err
				}
				cert, err := a.Issue(id, csr, now, hosts...)
				if err != nil {
					return certsAnswer(err)
				}
				_, err = t.out.Write(cert)
				return err
			})
		},
	}
	authorityFlag(cmd, &dir)
	cmd.Flags().StringVar(&csrFile, "csr", "", "certificate request (PEM); - is standard input")
	cmd.Flags().StringVar(&out, "out", "", "make a key and write client.key, client.crt and ca.crt into this folder")
	cmd.Flags().StringVar(&gateway, "gateway", "", "with --out: the URL of the gateway that the party talks to")
	cmd.Flags().StringArrayVar(&hosts, "host", nil, "name or address that a gateway's certificate carries too (may be repeated)")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) issueFolder(a *certs.Authority, id certs.Identity, out, gateway string, hosts []string, now time.Time) error {
	if err := noKeyYet(out); err != nil {
		return err
	}
	key, csr, err := certs.NewKeyAndCSR(id)
	if err != nil {
		return trouble(err)
	}
	cert, err := a.Issue(id, csr, now, hosts...)
	if err != nil {
		return certsAnswer(err)
	}
	if err := writeParty(out, key, cert, a.Certificate(), gateway); err != nil {
		return err
	}
	return t.tellParty(out, cert)
}

func certsEnrolCommand(t *terminal) *cobra.Command {
	var dir, token, out, gateway, enrolURL string
	cmd := &cobra.Command{
		Use:   "enrol --token TOKEN --as DIR (--url URL | --ca DIR)",
		Short: "Enrol with an authority: make a key, hand in the token, keep the certificate",
		Long: `Enrol with the authority that a token names. A key is made that never leaves this machine, the authority's enrolment door
(--url) is checked against the fingerprint in the token, and the folder that send, status and inbox take as --as is written.
With --ca the authority is on this machine and no door is needed.`,
		Example: `  peacebridge certs enrol --token @token.txt --url https://127.0.0.1:8444 --gateway https://127.0.0.1:8443 --as clients/carrier-7`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "token", "as"); err != nil {
				return err
			}
			if (enrolURL == "") == (dir == "") {
				return usage(cmd, "", "want either --url or --ca")
			}
			if err := noKeyYet(out); err != nil {
				return err
			}
			text, err := t.secret(token)
			if err != nil {
				return err
			}
			info, err := certs.ParseToken(text)
			if err != nil {
				return certsAnswer(err)
			}
			key, csr, err := certs.NewKeyAndCSR(info.Identity)
			if err != nil {
				return trouble(err)
			}
			cert, err := handIn(cmd, dir, enrolURL, text, csr)
			if err != nil {
				return err
			}
			_, ca, err := certs.AcceptEnrolment(text, key, cert, time.Now())
			if err != nil {
				return certsAnswer(err)
			}
			if err := writeParty(out, key, cert, ca, gateway); err != nil {
				return err
			}
			return t.tellParty(out, cert)
		},
	}
	cmd.Flags().StringVar(&token, "token", "", "the one-time token; @FILE reads it from a file, - from standard input")
	cmd.Flags().StringVar(&enrolURL, "url", "", "the authority's enrolment door")
	cmd.Flags().StringVar(&dir, "ca", "", "folder of the authority, when it is on this machine")
	cmd.Flags().StringVar(&gateway, "gateway", "", "the URL of the gateway that the party will talk to")
	asFlag(cmd, &out)
	t.jsonFlag(cmd)
	return cmd
}

// secret returns the value of a flag that should not stand in the list of processes.
func (t *terminal) secret(value string) (string, error) {
	name, ok := strings.CutPrefix(value, "@")
	if !ok && value != "-" {
		return value, nil
	}
	b, err := t.read(name, 1<<20)
	return strings.TrimSpace(string(b)), err
}

// noKeyYet keeps a key that is in use from being written over.
func noKeyYet(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, clientKey)); err == nil {
		return trouble(fmt.Errorf("%s holds a key already", dir), "peacebridge certs renew replaces it")
	}
	return nil
}

// handIn gives token and request to the authority, in its folder or at its door, and returns the certificate.
func handIn(cmd *cobra.Command, dir, door, token string, csr []byte) (cert []byte, err error) {
	if dir == "" {
		return enrolAt(cmd.Context(), door, token, csr)
	}
	err = withAuthority(cmd, dir, func(a *certs.Authority) error {
		cert, err = a.Enrol(token, csr, time.Now())
		return certsAnswer(err)
	})
	return cert, err
}
