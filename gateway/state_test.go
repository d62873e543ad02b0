package gateway_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// TestStateIsWhatTheEventsAddUpTo drops the state of both ledgers after a day
// with everything in it, and computes it again.
func TestStateIsWhatTheEventsAddUpTo(t *testing.T) {
	b := newBorder(t)
	carrier, system, theirs := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace"), b.party(t, cbsa, "system", "aci")
	doc := carrier.accepted(manifest(t, 1), "Idempotency-Key", "k")
	carrier.post(manifest(t, 1))                       // a duplicate
	carrier.post(example(t, "4-broken.x12"))           // a rejection
	system.accepted(example(t, "6-trader.json"))       // a refusal by the agreement
	b.party(t, cbp, "auditor", "oig").post("x")        // a refusal at the door
	exam := theirs.accepted(example(t, "5-exam.json")) // the other way
	b.party(t, cbsa, "partner", "carrier").accepted(example(t, "3-cargo.edi"))
	b.peer(t, cbsa).deliver([]byte("x")) // an envelope that is none
	system.inState(doc.ID, "delivered")
	theirs.inState(exam.ID, "delivered")
	theirs.do("POST", "/v1/inbox/"+theirs.inbox()[0].ID+"/ack", nil, nil)
	system.get("/v1/recognition?unit=CSQU3054383&seal=H4471902")
	suspended := filepath.Join(b.sides[cbp].home, "agreements", "agreement.yaml.suspended")
	if err := os.WriteFile(suspended, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	within(t, "the agreement is suspended", func() error {
		d := carrier.accepted(manifest(t, int(time.Now().UnixNano()/1e6%1e6)))
		system.get("/v1/documents/" + d.ID)
		if got := decode[document](t, system.get("/v1/documents/"+d.ID).body); got.Reason != "SUSPENDED" {
			return os.ErrDeadlineExceeded
		}
		return nil
	})
	for agency, s := range b.sides {
		s.stop()
		if strings.Contains(s.log.String(), `"level":"ERROR"`) {
			t.Errorf("%s logged an error: %s", agency, s.log)
		}
		rebuilt(t, s, agency)
	}
}

func rebuilt(t *testing.T, s *side, agency string) {
	t.Helper()
	l, err := audit.Open(audit.Config{
		Dir: filepath.Join(s.home, "ledger"), Keys: filepath.Join(s.home, "keys"), Origin: agency,
		Logs: []string{other(agency)}, Apply: gateway.Apply, HighWater: filepath.Join(s.home, "highwater"),
		Journal: filepath.Join(s.home, "journal"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	state := func() map[string]string {
		items, err := l.Scan("", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, item := range items {
			all[item.Key] = string(item.Value)
		}
		return all
	}
	kept := state()
	if len(kept) < 20 {
		t.Fatalf("%s has a state of %d values", agency, len(kept))
	}
	if err := l.Rebuild(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept, state()); diff != "" {
		t.Errorf("%s: state kept (-) and rebuilt (+) differ:\n%s", agency, diff)
	}
}
