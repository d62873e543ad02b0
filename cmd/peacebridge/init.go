package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/gateway"
)

func initCommand(t *terminal) *cobra.Command {
	var s gateway.Settings
	var home, config string
	var peers []string
	cmd := &cobra.Command{
		Use:   "init --config FILE | --home DIR --agency AGENCY --peer AGENCY=URL",
		Short: "Make a gateway's home folder: keys, CA, ledger and configuration",
		Long: `Make the home folder of an agency's gateway. Its introduction.json goes to the other agency, whose own goes into peers/ of
this home (peacebridge init introduce). A home that exists is never touched: a ledger must not be replaced by an empty one.
With --config the settings are in a config.yaml that the operator wrote, and the home is the folder that it lies in.`,
		Example: `  peacebridge init --config us.cbp/config.yaml
  peacebridge init --home us.cbp --agency us.cbp --peer ca.cbsa=https://127.0.0.1:7443 \
    --api 127.0.0.1:8443 --enrol 127.0.0.1:8444 --log 127.0.0.1:8445 --ops 127.0.0.1:8446
  peacebridge init introduce --home us.cbp ca.cbsa/introduction.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if config != "" {
				return t.initFrom(config)
			}
			if err := required(cmd, "home", "agency"); err != nil {
				return err
			}
			for _, p := range peers {
				agency, url, ok := strings.Cut(p, "=")
				if !ok {
					return usage(cmd, "", "--peer %q: want AGENCY=URL", oneLine(p))
				}
				s.Peers = append(s.Peers, gateway.PeerSettings{Agency: agency, URL: url})
			}
			var err error
			if s.Inbox, err = gateway.DefaultInbox(s.Agency); err != nil {
				return trouble(err)
			}
			if err := gateway.Create(home, &s, time.Now()); err != nil {
				return trouble(err)
			}
			t.say("%s: home of %s; hand introduction.json to the other agency", home, s.Agency)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "config.yaml in the folder that becomes the home")
	f.StringVar(&home, "home", "", "folder to make")
	f.StringVar(&s.Agency, "agency", "", "agency that runs the gateway, for example us.cbp")
	f.StringVar(&s.Name, "name", "gateway", "name of the gateway within its agency")
	f.StringVar(&s.Environment, "environment", "test", "test or production")
	f.StringArrayVar(&s.Hosts, "host", nil, "name or address that the server certificate carries too (may be repeated)")
	f.StringArrayVar(&peers, "peer", nil, "gateway of another agency, AGENCY=URL (may be repeated)")
	f.StringVar(&s.Journal, "journal", "journal", "folder of the ledger's journal, best on another volume; empty: none, for ever")
	f.BoolVar(&s.Encrypt, "encrypt", false, "encrypt the ledger's store and journal on the disk")
	f.StringVar(&s.Listen.API, "api", "127.0.0.1:8443", "address of the api listener")
	f.StringVar(&s.Listen.Enrol, "enrol", "127.0.0.1:8444", "address of the enrol listener")
	f.StringVar(&s.Listen.Log, "log", "127.0.0.1:8445", "address of the log listener, on loopback unless config.yaml names its readers")
	f.StringVar(&s.Listen.Ops, "ops", "127.0.0.1:8446", "address of the ops listener, on loopback")
	cmd.AddCommand(introduceCommand(t))
	return cmd
}

// initFrom makes the home around a configuration that is there.
func (t *terminal) initFrom(config string) error {
	settings, err := gateway.LoadSettings(config)
	if err != nil {
		return trouble(err)
	}
	home := filepath.Dir(config)
	if err := gateway.Create(home, settings, time.Now()); err != nil {
		return trouble(err)
	}
	t.say("%s: home of %s; hand introduction.json to the other agency", home, settings.Agency)
	return nil
}

func introduceCommand(t *terminal) *cobra.Command {
	var home string
	cmd := &cobra.Command{
		Use:     "introduce --home DIR FILE",
		Short:   "Tell a home about another agency's gateway",
		Long:    `Put another agency's introduction.json into a home. Compare it with the other agency by a way that you trust first.`,
		Example: `  peacebridge init introduce --home us.cbp ca.cbsa/introduction.json`,
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "home"); err != nil {
				return err
			}
			b, err := os.ReadFile(args[0])
			if err != nil {
				return trouble(err)
			}
			if err := gateway.Introduce(home, b); err != nil {
				return trouble(err)
			}
			t.say("%s: introduced by %s", filepath.Clean(home), args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&home, "home", "", "home folder that is told")
	return cmd
}
