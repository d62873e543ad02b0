package audit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An auditor's witness beside the peer: the ledger's policy wants both, each
// remembers on its own, and a restart asks nobody twice.
func TestAuditorCosigns(t *testing.T) {
	p := newPair(t)
	auditor := testConfig(t)
	auditor.Origin, auditor.Logs = "auditor.example", []string{"ca.cbsa"}
	auditor.Peers = []Peer{{Log: "ca.cbsa", LogKeys: []string{p.ca.LogKey(partner)}}}
	third := create(t, auditor)
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	p.caConf.Auditors = []Auditor{{"oag", third.WitnessKey()}}
	p.ca = open(t, p.caConf)

	const name = "oag"
	verified := func() bool {
		t.Helper()
		policy, err := os.ReadFile(filepath.Join(p.caConf.Dir, "policy"))
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := ParsePolicy(policy)
		if err != nil {
			t.Fatalf("%v in\n%s", err, policy)
		}
		_, n, err := openCheckpoint(p.ca.Checkpoint(partner), parsed.log("ca.cbsa/audit/"+partner), parsed.verifiers()...)
		return err == nil && parsed.satisfied(n.Sigs)
	}
	for n := range 3 {
		appendN(t, p.ca, n*10, 10)
		p.round()
		if verified() {
			t.Fatal("the peer alone satisfies the policy")
		}
		if err := p.ca.CosignBy(t.Context(), partner, name, post(third)); err != nil {
			t.Fatal(err)
		}
		if !verified() {
			t.Fatalf("peer and auditor do not satisfy the policy:\n%s", p.ca.Checkpoint(partner))
		}
	}
	if err := p.ca.CosignBy(t.Context(), partner, "nobody", post(third)); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown witness: %v", err)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, p.caConf)
	for _, w := range p.ca.logs()[partner].witnesses() {
		if size, _ := w.cosigned(); size != 30 {
			t.Errorf("%s cosigned %d, want 30", w.key.name, size)
		}
	}
	if !verified() {
		t.Error("cosignatures are gone after a restart")
	}
	p.caConf.Auditors = append(p.caConf.Auditors, Auditor{"second", third.WitnessKey()})
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(p.caConf); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("one auditor twice: %v", err)
	}
}

// What an auditor has seen counts: a store that was put back stops, although
// the peer has forgotten.
func TestAuditorNoticesRollback(t *testing.T) {
	c := testConfig(t)
	if err := Create(c); err != nil {
		t.Fatal(err)
	}
	keys, err := ReadKeys(c)
	if err != nil {
		t.Fatal(err)
	}
	auditor := testConfig(t)
	auditor.Origin, auditor.Logs = "auditor.example", []string{"ca.cbsa"}
	auditor.Peers = []Peer{{Log: "ca.cbsa", LogKeys: []string{keys.Logs[partner]}}}
	third := create(t, auditor)
	c.Auditors = []Auditor{{"oag", third.WitnessKey()}}
	old := filepath.Join(t.TempDir(), "old")
	copyTree(t, c.Dir, old)
	l := open(t, c)
	appendN(t, l, 0, 20)
	round := func() error {
		if err := l.Publish(time.Now()); err != nil {
			return err
		}
		return l.CosignBy(t.Context(), partner, "oag", post(third))
	}
	if err := round(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	copyTree(t, old, c.Dir)
	l = open(t, c)
	appendN(t, l, 0, 3)
	if err := round(); !errors.Is(err, ErrBehind) {
		t.Errorf("round: %v", err)
	}
	if _, err := l.Append(t.Context(), []Event{event(1)}, nil); !errors.Is(err, ErrBehind) {
		t.Errorf("append: %v", err)
	}
}
