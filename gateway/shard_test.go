package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// TestYearTurnsAtTheBorder goes on exchanging while the logs of both agencies
// go on in new shards, which each learns of by itself.
func TestYearTurnsAtTheBorder(t *testing.T) {
	clock := &clock{}
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
					if m.MirroredLog == l.Origin && m.Mirrored == l.Published {
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
	within(t, "an auditor with the first key is shown messages of both years", func() error {
		policy, err := gateway.RelationPolicy(b.sides[cbp].home, cbsa)
		if err != nil {
			t.Fatal(err)
		}
		logs := map[string]int{}
		for _, e := range provenMessages(t, auditor, policy) {
			logs[e.Log]++
		}
		if logs[cbsa] != 2 || logs[cbsa+"/2027"] != 2 {
			return fmt.Errorf("%v", logs)
		}
		return nil
	})
	if a := auditor.get("/v1/audit/events?kind=record.sealed&log=" + url.QueryEscape(cbsa)); strings.Count(string(a.body), `"record.sealed"`) < 2 {
		t.Errorf("%s", a)
	}
	for agency, s := range b.sides {
		policy, err := gateway.RelationPolicy(s.home, other(agency))
		if err != nil {
			t.Fatal(err)
		}
		check := func(target string) error {
			verdicts, err := audit.VerifyTarget(t.Context(), target, audit.VerifyOptions{Policy: policy, Apply: gateway.Apply})
			if err != nil || len(verdicts) != 2 {
				return fmt.Errorf("%d verdicts, %w", len(verdicts), err)
			}
			for _, v := range verdicts {
				if !v.Verified || len(v.Cosignatures) != 1 {
					return fmt.Errorf("%s: %s: %+v", target, v.Log, v)
				}
			}
			return nil
		}
		// The newest head is published first and cosigned a moment later.
		within(t, "both shards of "+agency+" are verified over HTTP", func() error { return check(s.settings.Addresses().Log) })
		s.stop()
		if err := check(filepath.Join(s.home, "ledger")); err != nil {
			t.Error(err)
		}
		s.start()
	}
	third := system.inState(carrier.accepted(manifest(t, 3)).ID, "delivered")
	if third.Log != cbsa+"/2027" {
		t.Errorf("log %s", third.Log)
	}
}

// ledgerFolders are what is lost together with a disk.
var ledgerFolders = []string{"ledger", "journal"}

// oldLedger stops a side, copies its ledger and journal, and starts it again.
func (s *side) oldLedger() string {
	s.t.Helper()
	s.stop()
	old := s.t.TempDir()
	for _, name := range ledgerFolders {
		if err := os.CopyFS(filepath.Join(old, name), os.DirFS(filepath.Join(s.home, name))); err != nil {
			s.t.Fatal(err)
		}
	}
	s.start()
	return old
}

func (s *side) putBack(old string) {
	s.t.Helper()
	for _, name := range ledgerFolders {
		err := os.RemoveAll(filepath.Join(s.home, name))
		if err == nil {
			err = os.CopyFS(filepath.Join(s.home, name), os.DirFS(filepath.Join(old, name)))
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// mirrored waits until the other side's copy of a log is whole and has its cosignature.
func (b *border) mirrored(agency string) {
	b.t.Helper()
	within(b.t, "the copy is whole", func() error {
		for _, l := range b.sides[agency].status().Ledgers {
			if l.Log != other(agency) {
				continue
			}
			copied, err := os.ReadFile(filepath.Join(b.sides[other(agency)].home, "mirror", agency, "checkpoint"))
			if err != nil || l.Published != l.Size || !strings.Contains(string(copied), fmt.Sprintf("\n%d\n", l.Size)) || !strings.Contains(string(copied), "— "+other(agency)+"/witness ") {
				return fmt.Errorf("%d, %d: %s %v", l.Size, l.Published, copied, err)
			}
		}
		return nil
	})
}

// stopMirrored stops a side at a moment when the other side's copy has all of its
// log: one more event may have been on its way when it was told to stop.
func (b *border) stopMirrored(agency string) {
	b.t.Helper()
	s := b.sides[agency]
	within(b.t, "the copy is whole when the gateway has stopped", func() error {
		b.mirrored(agency)
		s.stop()
		l, err := gateway.OpenLedger(s.home)
		if err != nil {
			b.t.Fatal(err)
		}
		size := l.Size(other(agency))
		if err := l.Close(); err != nil {
			b.t.Fatal(err)
		}
		copied, err := os.ReadFile(filepath.Join(b.sides[other(agency)].home, "mirror", agency, "checkpoint"))
		if err != nil || !strings.Contains(string(copied), fmt.Sprintf("\n%d\n", size)) {
			s.start()
			return fmt.Errorf("%d: %s %w", size, copied, err)
		}
		return nil
	})
}

// TestRefilledFromThePeer puts an old ledger back, has it refilled by the peer
// over mutual TLS, and goes on exchanging in the same logs.
func TestRefilledFromThePeer(t *testing.T) {
	b := newBorder(t, func(s *gateway.Settings) { s.Reconcile = gateway.Duration(time.Second) })
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	s := b.sides[cbp]
	old := s.oldLedger()
	lost := system.inState(carrier.accepted(manifest(t, 2)).ID, "delivered")
	b.stopMirrored(cbp)
	s.putBack(old)
	incident := audit.Recovery{Incident: audit.Incident{Reason: "DISK_LOST", Authority: "order 17"}}

	// It does not go on by itself, and says what to do. Without the high-water
	// note it is the peer who knows.
	if _, err := gateway.New(t.Context(), gateway.Config{Home: s.home}); !errors.Is(err, audit.ErrBehind) {
		t.Fatalf("an old ledger goes on: %v", err)
	}
	if err := os.Remove(filepath.Join(s.home, "highwater")); err != nil {
		t.Fatal(err)
	}
	s.start()
	within(t, "the gateway refuses and names the way out", func() error {
		for _, line := range s.status().Health {
			if line.Code == "ledger.audit.behind" && strings.Contains(line.Text, "audit recover --from peers") && strings.Contains(line.Text, "--new-shard") {
				return nil
			}
		}
		return fmt.Errorf("%+v", s.status().Health)
	})
	s.stop()
	out, err := gateway.RefillLedger(t.Context(), s.home, []string{gateway.FromPeers}, incident)
	if err != nil || len(out) != 2 || out[0].Log != cbsa || out[0].Shard {
		t.Fatalf("%+v, %v", out, err)
	}
	s.start()
	if a := system.get("/v1/documents/" + lost.ID); a.status != http.StatusNotFound {
		t.Errorf("a lost document: %s", a)
	}
	third := system.inState(carrier.accepted(manifest(t, 3)).ID, "delivered")
	if third.Log != cbsa {
		t.Errorf("log %s", third.Log)
	}
	within(t, "the log is cosigned again, and what is lost is listed", func() error {
		r := s.status()
		for _, l := range r.Ledgers {
			if l.Log == cbsa && l.Cosigned == l.Published && l.Published == l.Size && r.has("differences") {
				return nil
			}
		}
		return fmt.Errorf("%+v", r)
	})
	s.stop()
	policy, err := gateway.RelationPolicy(s.home, cbsa)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := audit.VerifyTarget(t.Context(), filepath.Join(s.home, "ledger"), audit.VerifyOptions{Policy: policy, Apply: gateway.Apply})
	if err != nil || len(verdicts) != 1 || !verdicts[0].Verified || verdicts[0].Lost == 0 {
		t.Errorf("%+v, %v", verdicts, err)
	}
	s.start()
}

// TestNewShardIsAgreedTo loses what no copy has. The peer records the incident,
// shows it, and cosigns the new shard when its operator agrees.
func TestNewShardIsAgreedTo(t *testing.T) {
	b := newBorder(t)
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	s, peer := b.sides[cbp], b.sides[cbsa]
	old := s.oldLedger()
	system.inState(carrier.accepted(manifest(t, 2)).ID, "delivered")
	b.stopMirrored(cbp)
	s.putBack(old)
	incident := audit.Recovery{Incident: audit.Incident{Reason: "DISK_LOST", Authority: "order 17"}, NewShard: true}
	out, err := gateway.RefillLedger(t.Context(), s.home, nil, incident)
	if err != nil || len(out) != 2 || !out[0].Shard {
		t.Fatalf("%+v, %v", out, err)
	}
	s.start()
	third := system.inState(carrier.accepted(manifest(t, 3)).ID, "delivered") // exchange goes on
	if third.Log != out[0].Log {
		t.Errorf("log %s", third.Log)
	}
	auditor := b.party(t, cbsa, "auditor", "inspector")
	events := func() []audit.Stored {
		return decode[struct{ Items []audit.Stored }](t, auditor.get("/v1/audit/events?kind=peer.incident").body).Items
	}
	key := ""
	within(t, "the peer records and shows the incident", func() error {
		found := events()
		if r := peer.status(); !r.has("peer-incident") || len(found) != 1 {
			return fmt.Errorf("%+v %+v", r.Health, found)
		}
		key = found[0].Header["shard"]
		if found[0].Log != cbp || found[0].Header["reason"] != "DISK_LOST" || found[0].Header["status"] != "declared" {
			return fmt.Errorf("%+v", found)
		}
		return nil
	})
	cosigned := func() bool {
		for _, l := range s.status().Ledgers {
			if l.Log == out[0].Log {
				return l.Cosigned > 0 && l.Cosigned == l.Published
			}
		}
		return false
	}
	if cosigned() {
		t.Error("cosigned before anybody agreed")
	}
	if err := gateway.AgreeShard(peer.home, cbp, "another+0+key", "x"); err == nil {
		t.Error("any key is agreed to")
	}
	if err := gateway.AgreeShard(peer.home, cbp, key, "A. Tremblay, order 9"); err != nil {
		t.Fatal(err)
	}
	within(t, "the new shard is cosigned and copied", func() error {
		r := peer.status()
		if found := events(); !cosigned() || r.has("peer-incident") || r.has("peer-log") || len(found) != 2 || found[1].Header["authority"] != "A. Tremblay, order 9" {
			return fmt.Errorf("%v %+v %+v", cosigned(), r, found)
		}
		_, err := os.Stat(filepath.Join(peer.home, "mirror", cbp, strings.TrimPrefix(out[0].Log, cbsa+"/"), "checkpoint"))
		return err
	})
}
