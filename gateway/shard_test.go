package gateway_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// newYear is a clock that a test moves over the end of a year.
type newYear struct{ offset atomic.Int64 }

func (n *newYear) now() time.Time { return time.Now().Add(time.Duration(n.offset.Load())).UTC() }

func (n *newYear) set(at time.Time) { n.offset.Store(int64(time.Until(at))) }

// TestYearTurnsAtTheBorder goes on exchanging while the logs of both agencies
// go on in new shards, which each learns of by itself.
func TestYearTurnsAtTheBorder(t *testing.T) {
	clock := &newYear{}
	clock.set(time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC))
	b := makeBorderAt(t, clock.now, func(s *gateway.Settings) { s.Reconcile = gateway.Duration(time.Second) })
	for _, s := range b.sides {
		s.start()
	}
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	first := system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	if first.Log != cbsa {
		t.Errorf("log %s", first.Log)
	}
	clock.set(time.Date(2027, 1, 1, 4, 0, 0, 0, time.UTC))
	second := system.inState(carrier.accepted(manifest(t, 2)).ID, "delivered")
	if second.Log != cbsa+"/2027" {
		t.Errorf("log %s", second.Log)
	}
	for agency, s := range b.sides {
		within(t, agency+" has the peer's new shard cosigned and copied", func() error {
			theirs, ours := b.sides[other(agency)].status(), s.status()
			for _, l := range theirs.Ledgers {
				if l.Log != agency+"/2027" || l.Published < 2 || l.Cosigned != l.Published {
					continue
				}
				for _, m := range ours.Ledgers {
					if m.Log == other(agency)+"/2027" && m.Mirrored == l.Published {
						return nil
					}
				}
			}
			return fmt.Errorf("%+v %+v", ours, theirs.Ledgers)
		})
		copied, err := os.ReadFile(filepath.Join(s.home, "mirror", other(agency), "2027", "checkpoint"))
		if err != nil || !strings.HasPrefix(string(copied), other(agency)+"/audit/"+agency+"/2027\n") {
			t.Errorf("copy of %s: %q: %v", agency, copied, err)
		}
	}
	within(t, "both logs were compared over the border of the years", func() error {
		for agency, s := range b.sides {
			file, err := os.ReadFile(filepath.Join(s.home, "reconcile", other(agency)+".json"))
			if err != nil {
				return err
			}
			c := decode[struct {
				Compared int
				Open     map[string]any
			}](t, file)
			if c.Compared != 4 || len(c.Open) > 0 { // two units of either year
				return fmt.Errorf("%s: %s", agency, file)
			}
		}
		return nil
	})
	auditor := b.party(t, cbp, "auditor", "inspector")
	if a := auditor.get("/v1/audit/events?kind=record.sealed&log=" + url.QueryEscape(cbsa)); strings.Count(string(a.body), `"record.sealed"`) < 2 {
		t.Errorf("%s", a)
	}
	for agency, s := range b.sides {
		policy, err := gateway.RelationPolicy(s.home, other(agency))
		if err != nil {
			t.Fatal(err)
		}
		check := func(target string) {
			t.Helper()
			verdicts, err := audit.VerifyTarget(t.Context(), target, audit.VerifyOptions{Policy: policy, Apply: gateway.Apply})
			if err != nil || len(verdicts) != 2 {
				t.Fatalf("%d verdicts, %v", len(verdicts), err)
			}
			for _, v := range verdicts {
				if !v.Verified || len(v.Cosignatures) != 1 {
					t.Errorf("%s: %s: %+v", target, v.Log, v)
				}
			}
		}
		check(s.settings.Addresses().Log)
		s.stop()
		check(filepath.Join(s.home, "ledger"))
		s.start()
	}
	third := system.inState(carrier.accepted(manifest(t, 3)).ID, "delivered")
	if third.Log != cbsa+"/2027" {
		t.Errorf("log %s", third.Log)
	}
}
