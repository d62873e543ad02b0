package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/gateway"
)

func demoCommand(t *terminal) *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo [--dir DIR] [--once]",
		Short: "Run two agencies' gateways on this machine and play a day at the border",
		Long: `Start the gateways of CBSA and CBP on loopback, each a process with its own folder, CA, ledger and configuration; enrol a
carrier, an agency system and an auditor on each side; have both sides sign an agreement; then send a short day of real
documents through them. Everything stays in DIR, to go on with. With --once the gateways end with the day, and the exit
status is 0 only if every document ended as it should and both ledgers verify, cosigned by the other side. Without it the
gateways go on serving until TERM.`,
		Example: `  peacebridge demo --once --dir day
  peacebridge inbox --as day/clients/system-cbsa`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			d.t, d.started = t, time.Now()
			return d.run(ctx)
		},
	}
	cmd.Flags().StringVar(&d.dir, "dir", "demo", "folder to work in; it must be empty or absent")
	cmd.Flags().BoolVar(&d.once, "once", false, "end with the day instead of serving on")
	t.jsonFlag(cmd)
	return cmd
}

// demo is one run of the demonstration.
type demo struct {
	t       *terminal
	dir     string
	once    bool
	started time.Time
	adjust  func(*gateway.Settings) // of each gateway, before its home is made; may be nil
	sides   []*side
	failed  int // steps that did not end as they should
}

// side is one agency in the demonstration.
type side struct {
	agency  string // us.cbp
	short   string // cbp, the last part of client names
	home    string
	process *process
	tokens  map[string]string // client name to enrolment token
}

// clientDir is the folder of a client of this side, such as carrier-cbp.
func (d *demo) clientDir(name string) string { return d.dir + "/clients/" + name }

func (d *demo) run(ctx context.Context) error {
	if err := emptyFolder(d.dir); err != nil {
		return trouble(err, "name another folder with --dir, or remove this one")
	}
	if err := d.setUp(ctx); err != nil {
		return trouble(err)
	}
	defer d.stop()
	if err := d.startAll(ctx); err != nil {
		return trouble(err)
	}
	if err := d.play(ctx); err != nil {
		return trouble(err)
	}
	sum, err := d.summary(ctx)
	if err != nil {
		return trouble(err)
	}
	if d.once {
		d.stop()
	}
	if err := d.verify(ctx, sum); err != nil {
		return trouble(err)
	}
	if err := d.tellSummary(sum); err != nil {
		return err
	}
	if d.once {
		if d.failed > 0 || !sum.good() {
			return refused(fmt.Errorf("%s did not end as it should", count(d.failed, "step")))
		}
		return nil
	}
	return d.serveOn(ctx)
}

// serveOn says where everything is and waits for TERM.
func (d *demo) serveOn(ctx context.Context) error {
	line, err := d.ready()
	if err != nil {
		return trouble(err)
	}
	if d.t.json {
		if err := d.t.object(line); err != nil {
			return err
		}
	} else {
		for _, g := range line.Gateways {
			d.t.print("%s serves at %s; log %s, operations %s", g.Agency, g.API, g.Log, g.Ops)
		}
		d.t.print("go on in another terminal, for example: peacebridge inbox --as %s", d.clientDir("system-cbsa"))
		d.t.print("stop with an interrupt")
	}
	<-ctx.Done()
	d.stop()
	return nil
}

func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o755)
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", dir)
	}
	return err
}
