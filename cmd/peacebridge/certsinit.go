package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

func certsInitCommand(t *terminal) *cobra.Command {
	var dir, agency string
	cmd := &cobra.Command{
		Use:   "init --ca DIR --agency AGENCY",
		Short: "Make the certification authority of an agency",
		Long: `Make a certification authority: its key, its certificate and an empty register. An authority that is there already is never
touched. peacebridge init does this for a whole gateway.`,
		Example: "  peacebridge certs init --ca us.cbp/ca --agency us.cbp",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "ca", "agency"); err != nil {
				return err
			}
			a, err := certs.CreateAuthority(dir, agency, time.Now())
			if err != nil {
				return trouble(fmt.Errorf("%s: %w", dir, err))
			}
			defer a.Close() // everything is durable when CreateAuthority returns
			if t.json {
				return t.object(struct {
					Agency      string `json:"agency"`
					CA          string `json:"ca"`
					Fingerprint string `json:"fingerprint"`
				}{a.Agency(), dir, a.Fingerprint()})
			}
			t.print("%s: authority of %s, %s", dir, a.Agency(), a.Fingerprint())
			return nil
		},
	}
	authorityFlag(cmd, &dir)
	cmd.Flags().StringVar(&agency, "agency", "", "the agency that it speaks for, such as us.cbp")
	t.jsonFlag(cmd)
	return cmd
}

func certsTokenCommand(t *terminal) *cobra.Command {
	var dir string
	var ttl time.Duration
	var hosts []string
	cmd := &cobra.Command{
		Use:   "token --ca DIR IDENTITY",
		Short: "Make a one-time token with which a party enrols",
		Long: `Make a token that lets its holder enrol once as IDENTITY. It carries the fingerprint of the authority, so that the party
knows whom it enrols with. Hand it over by another way than the documents will take; only its hash is kept here.`,
		Example: "  peacebridge certs token --ca us.cbp/ca --ttl 1h peacebridge://us.cbp/partner/carrier-7",
		Args:    exactly("IDENTITY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := identity(cmd, args[0])
			if err != nil {
				return err
			}
			return withAuthority(cmd, dir, func(a *certs.Authority) error {
				now := time.Now()
				token, err := a.Token(id, ttl, now, hosts...)
				if err != nil {
					return certsAnswer(err)
				}
				if t.json {
					return t.object(struct {
						Identity string    `json:"identity"`
						Token    string    `json:"token"`
						Expires  time.Time `json:"expires"`
					}{id.URI(), token, now.Add(ttl).UTC().Truncate(time.Second)})
				}
				t.print("%s", token)
				t.say("for %s, once, until %s", id, now.Add(ttl).UTC().Format(time.RFC3339))
				return nil
			})
		},
	}
	authorityFlag(cmd, &dir)
	cmd.Flags().DurationVar(&ttl, "ttl", 24*time.Hour, "how long the token is good")
	cmd.Flags().StringArrayVar(&hosts, "host", nil, "name or address that a gateway's certificate carries too (may be repeated)")
	t.jsonFlag(cmd)
	return cmd
}
