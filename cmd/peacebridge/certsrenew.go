package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

func certsRenewCommand(t *terminal) *cobra.Command {
	var dir, as string
	cmd := &cobra.Command{
		Use:   "renew --as DIR [--ca DIR]",
		Short: "Renew the certificate in a party's folder, with a new key",
		Long: `Renew the certificate of a party's folder: a new key is made, and the authority issues the next certificate for the same
identity while the old one is live. The party's gateway is asked over the connection that the old one opens; with --ca the
authority is on this machine. What has expired or was revoked cannot be renewed: enrol again.`,
		Example: "  peacebridge certs renew --as clients/carrier-7",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "as"); err != nil {
				return err
			}
			pair, err := certs.LoadKeyPair(filepath.Join(as, clientCert), filepath.Join(as, clientKey))
			if err != nil {
				return trouble(err)
			}
			key, csr, err := certs.NewKeyAndCSR(pair.Identity())
			if err != nil {
				return trouble(err)
			}
			cert, err := renewal(cmd, dir, as, pair, csr)
			if err != nil {
				return err
			}
			if err := pair.Replace(cert, key); err != nil {
				return trouble(err)
			}
			return t.tellParty(as, cert)
		},
	}
	authorityFlag(cmd, &dir)
	asFlag(cmd, &as)
	t.jsonFlag(cmd)
	return cmd
}

// renewal gets the next certificate, from the authority in its folder or from the party's gateway.
func renewal(cmd *cobra.Command, dir, as string, pair *certs.KeyPair, csr []byte) (cert []byte, err error) {
	if dir == "" {
		c, err := openClient(cmd, as)
		if err != nil {
			return nil, err
		}
		return renewAt(cmd.Context(), c, csr)
	}
	err = withAuthority(cmd, dir, func(a *certs.Authority) error {
		cert, err = a.Renew(pair.Certificate().Leaf, csr, time.Now())
		return certsAnswer(err)
	})
	return cert, err
}

func renewAt(ctx context.Context, c *client, csr []byte) ([]byte, error) {
	a, err := c.do(ctx, http.MethodPost, "/v1/renew", nil, http.Header{"Content-Type": {"application/pkcs10"}}, strings.NewReader(string(csr)))
	if err != nil {
		return nil, trouble(err, "is the gateway running?")
	}
	return certificateIn(a)
}
