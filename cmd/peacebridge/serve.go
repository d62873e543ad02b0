package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"peacebridge/audit"
	"peacebridge/gateway"
)

func serveCommand(t *terminal) *cobra.Command {
	var config string
	var debug bool
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run one agency's gateway until TERM",
		Long: `Run the gateway of the home folder that FILE, its config.yaml, lies in. TERM or an interrupt stops it cleanly: requests
in flight are answered, then the ledger is closed. HUP reads config.yaml again and takes over limits, the patience of delivery
and witnesses, the inbox, recognition, and who may read the logs; if anything else has changed, or there is a mistake in it,
nothing is taken over and /readyz says why. A home is made by peacebridge init; serve never makes one.`,
		Example: `  peacebridge serve --config us.cbp/config.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "config"); err != nil {
				return err
			}
			settings, err := gateway.LoadSettings(config)
			if err != nil {
				return trouble(err)
			}
			hup := make(chan os.Signal, 1) // before anything is opened: it must not end the process without a drain
			signal.Notify(hup, syscall.SIGHUP)
			defer signal.Stop(hup)
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			return t.serve(ctx, hup, settings, config, debug)
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "config.yaml of the gateway's home folder")
	cmd.Flags().BoolVar(&debug, "debug", false, "log refused handshakes too")
	t.jsonFlag(cmd)
	return cmd
}

// served is the line that says that a gateway is ready.
type served struct {
	Ready  bool   `json:"ready"`
	Agency string `json:"agency"`
	gateway.Addresses
	Home string `json:"home"`
}

func (t *terminal) serve(ctx context.Context, hup <-chan os.Signal, s *gateway.Settings, config string, debug bool) error {
	home := filepath.Dir(config)
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(t.err, &slog.HandlerOptions{Level: level}))
	g, err := gateway.New(ctx, gateway.Config{Home: home, Settings: s, Log: log})
	if errors.Is(err, audit.ErrBehind) {
		return trouble(err, behindHints(home)...)
	}
	if err != nil {
		return trouble(err)
	}
	var reloading sync.WaitGroup
	defer reloading.Wait()
	ctx, done := context.WithCancel(ctx)
	defer done()
	reloading.Go(func() { reload(ctx, hup, g, config) })
	err = g.Run(ctx, func() {
		line := served{Ready: true, Agency: s.Agency, Addresses: s.Addresses(), Home: home}
		if t.json {
			_ = t.object(line) // nobody reads it: the gateway serves all the same
			return
		}
		t.print("%s serves at %s (enrolment %s, log %s, operations %s)", line.Agency, line.API, line.Enrol, line.Log, line.Ops)
	})
	if err != nil {
		return trouble(err)
	}
	return nil
}

// reload has config.yaml read again at each HUP. What is wrong with it is in the log and in health.
func reload(ctx context.Context, hup <-chan os.Signal, g *gateway.Gateway, config string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			_ = g.Reload(config) // it has logged it, and serves on
		}
	}
}
