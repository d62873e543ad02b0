package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/gateway"
)

// A bench puts documents through two gateways, in turns with the bare work of
// the same documents, so that the noise of a machine meets both alike.
type bench struct {
	t        *terminal
	dir      string
	seconds  int
	inFlight int
}

// benchRounds is how often gateways and ceiling take turns.
const benchRounds = 3

// A benchResult is what bench prints.
type benchResult struct {
	DocumentsPerSecond float64      `json:"documentsPerSecond"`
	P50                float64      `json:"p50ms"`
	P99                float64      `json:"p99ms"`
	CPU                float64      `json:"cpuMsPerDocument"` // of both gateways
	Ceiling            benchCeiling `json:"ceiling"`
	Ratio              float64      `json:"ratio"`
	Documents          int          `json:"documents"`
}

type benchCeiling struct {
	DocumentsPerSecond float64 `json:"documentsPerSecond"`
}

func benchCommand(t *terminal) *cobra.Command {
	b := bench{t: t}
	cmd := &cobra.Command{
		Use:   "bench [--dir DIR] [--seconds N] [--documents N]",
		Short: "Measure documents a second across the border, next to this machine's own limit",
		Long: `Start the gateways of two agencies on this machine and keep truck manifests under way between them: a carrier hands one in at
CBP over mutual TLS, and it counts when CBSA's system has found, fetched and taken both documents that come of it. The
latency is from the one moment to the other.

The ceiling is the same work without the gateways, on all processors, in the same run and in turns with them: read, check
and translate the manifest, conceal, sign, encrypt, open and verify two records, sign and verify their receipts, write
both documents, and have all of it on disk, in a plain file with one sync for all who wait. What the ratio lacks to 1 is
what TLS, HTTP, the agreement, the ledger with its state, and this program's own clients take.

DIR should be on the disk that is to be measured. It is removed afterwards.`,
		Example: `  peacebridge bench --seconds 30 --documents 32`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			if b.seconds < 1 || b.inFlight < 1 || b.inFlight > idleConnections {
				return usage(cmd, "", "--seconds wants a number from 1, --documents one from 1 to %d", idleConnections)
			}
			return b.run(ctx)
		},
	}
	cmd.Flags().StringVar(&b.dir, "dir", "bench", "folder to work in; it must be empty or absent")
	cmd.Flags().IntVar(&b.seconds, "seconds", 12, "how long to measure, half of it the gateways")
	cmd.Flags().IntVar(&b.inFlight, "documents", 16, "documents under way at the same time")
	t.jsonFlag(cmd)
	return cmd
}

func (b *bench) run(ctx context.Context) error {
	if err := emptyFolder(b.dir); err != nil {
		return trouble(err, "name another folder with --dir, or remove this one")
	}
	defer os.RemoveAll(b.dir)
	d := demo{t: b.t, dir: b.dir, started: time.Now(), adjust: func(s *gateway.Settings) {
		s.Beat = 0                             // the default, not the demo's
		s.Limits.RequestsPerSecond = 1_000_000 // one party is all of them here
	}}
	if err := d.setUp(ctx); err != nil {
		return trouble(err)
	}
	defer d.stop()
	if err := d.startAll(ctx); err != nil {
		return trouble(err)
	}
	result, err := b.measure(ctx, &d)
	if err != nil {
		return trouble(err)
	}
	if b.t.json {
		return b.t.object(result)
	}
	b.t.print("%.0f documents a second, %.1f ms in the middle, %.1f ms for the slowest of a hundred", result.DocumentsPerSecond, result.P50, result.P99)
	b.t.print("%.2f ms of processor time a document in both gateways", result.CPU)
	b.t.print("this machine's limit for the same work: %.0f documents a second; ratio %.2f", result.Ceiling.DocumentsPerSecond, result.Ratio)
	return nil
}

func (b *bench) measure(ctx context.Context, d *demo) (*benchResult, error) {
	l, err := newLoad(d, b.inFlight)
	if err != nil {
		return nil, err
	}
	c, err := newCeiling(d, b.inFlight)
	if err != nil {
		return nil, err
	}
	defer c.close()
	turn := time.Duration(b.seconds) * time.Second / (2 * benchRounds)
	if err := l.run(ctx, turn/4); err != nil { // connections, caches
		return nil, err
	}
	var through, bare tally
	var cpu float64
	for round := range benchRounds {
		before, err := d.processorSeconds(ctx)
		if err != nil {
			return nil, err
		}
		l.tally = tally{}
		if err := l.run(ctx, turn); err != nil {
			return nil, err
		}
		after, err := d.processorSeconds(ctx)
		if err != nil {
			return nil, err
		}
		cpu += after - before
		through.add(l.tally)
		one, err := c.run(ctx, turn)
		if err != nil {
			return nil, err
		}
		bare.add(one)
		b.t.say("round %d of %d: %.0f documents a second, limit %.0f", round+1, benchRounds, l.perSecond(), one.perSecond())
	}
	if through.documents == 0 || bare.documents == 0 {
		return nil, fmt.Errorf("no document ended within %s; measure longer", turn)
	}
	slices.Sort(through.latencies)
	return &benchResult{
		DocumentsPerSecond: round1(through.perSecond()),
		P50:                round1(through.quantile(0.50)), P99: round1(through.quantile(0.99)),
		CPU:       round2(cpu * 1000 / float64(through.documents)),
		Ceiling:   benchCeiling{round1(bare.perSecond())},
		Ratio:     round2(through.perSecond() / bare.perSecond()),
		Documents: through.documents,
	}, nil
}

// A tally is what ended in a measured time.
type tally struct {
	documents int
	took      time.Duration
	latencies []time.Duration
}

func (t *tally) add(o tally) {
	t.documents += o.documents
	t.took += o.took
	t.latencies = append(t.latencies, o.latencies...)
}

func (t *tally) perSecond() float64 { return float64(t.documents) / t.took.Seconds() }

// quantile is in milliseconds; the latencies are sorted.
func (t *tally) quantile(q float64) float64 {
	at := min(int(q*float64(len(t.latencies))), len(t.latencies)-1)
	return float64(t.latencies[at]) / float64(time.Millisecond)
}

func round1(f float64) float64 { return rounded(f, 1) }
func round2(f float64) float64 { return rounded(f, 2) }

func rounded(f float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
	if err != nil {
		return f // not a number: said as it is
	}
	return r
}

// processorSeconds is what both gateways have used since they started, as
// their metrics say.
func (d *demo) processorSeconds(ctx context.Context) (float64, error) {
	var sum float64
	for _, s := range d.sides {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.process.settings.Addresses().Ops+"/metrics", nil)
		if err != nil {
			return 0, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return 0, err
		}
		_, after, ok := strings.Cut(string(text), "\nprocess_cpu_seconds_total ")
		number, _, _ := strings.Cut(after, "\n")
		seconds, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("%s does not tell its processor time", s.agency)
		}
		sum += seconds
	}
	return sum, nil
}
