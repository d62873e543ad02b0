package gateway_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// ministry is an outside witness behind TLS and a token.
type ministry struct {
	ledger *audit.Ledger
	srv    *httptest.Server
	away   atomic.Bool
}

const ministryToken = "ministry-token"

// newMinistry makes one that knows CBP's log of the relation with CBSA.
func newMinistry(t *testing.T, home string) *ministry {
	t.Helper()
	var in gateway.Introduction
	b, err := os.ReadFile(filepath.Join(home, "introduction.json"))
	if err == nil {
		err = json.Unmarshal(b, &in)
	}
	if err != nil {
		t.Fatal(err)
	}
	c := audit.Config{
		Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "oag.example", Logs: []string{cbp}, MinFree: 1,
		Peers: []audit.Peer{{Log: cbp, LogKeys: []string{in.LogKeys[cbsa]}}},
	}
	if err := audit.Create(c); err != nil {
		t.Fatal(err)
	}
	m := &ministry{}
	if m.ledger, err = audit.Open(c); err != nil {
		t.Fatal(err)
	}
	m.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.away.Load() || r.Header.Get("Authorization") != "Bearer "+ministryToken {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		m.ledger.Witness().ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		m.srv.Close()
		if err := m.ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// settle writes the settings of a side into its home, as its operator would.
func (s *side) settle() {
	s.t.Helper()
	b, err := yaml.Marshal(s.settings)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.home, "config.yaml"), b, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestOutsideWitness has a ministry's witness cosign beside the peer: its
// cosignature is wanted by the written policy, its size and age are in the
// status, and health says when it is away; the peer alone does not satisfy.
func TestOutsideWitness(t *testing.T) {
	b := makeBorder(t)
	s := b.sides[cbp]
	m := newMinistry(t, s.home)
	for name, content := range map[string][]byte{
		"oag.crt":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.srv.Certificate().Raw}),
		"oag.token": []byte(ministryToken + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(s.home, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.settings.Witnesses = []gateway.OutsideWitnessSettings{{
		Name: "oag", VKey: m.ledger.WitnessKey(), URL: m.srv.URL + "/witness", CA: "oag.crt", TokenFile: "oag.token",
	}}
	s.settings.Witness.WarnAfter = gateway.Duration(500 * time.Millisecond)
	s.settle()
	for _, s := range b.sides {
		s.start()
	}
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	policy, err := gateway.RelationPolicy(s.home, cbsa)
	if err != nil || !strings.Contains(string(policy), "group witnesses all "+cbsa+" oag\nquorum witnesses\n") {
		t.Fatalf("policy %s: %v", policy, err)
	}
	within(t, "both have cosigned", func() error {
		verdicts, err := audit.VerifyTarget(t.Context(), s.settings.Addresses().Log, audit.VerifyOptions{Policy: policy})
		if err == nil && (!verdicts[0].Verified || len(verdicts[0].Cosignatures) != 2) {
			err = fmt.Errorf("%+v", verdicts)
		}
		return err
	})
	within(t, "the status says so", func() error {
		for _, l := range s.status().Ledgers {
			if l.Log == cbsa && len(l.Witnesses) == 2 && l.Witnesses[1].Name == "oag" && l.Witnesses[1].Cosigned > 0 && l.Witnesses[1].Age != "" {
				return nil
			}
		}
		return fmt.Errorf("%+v", s.status().Ledgers)
	})
	m.away.Store(true)
	system.inState(carrier.accepted(manifest(t, 2)).ID, "delivered") // nothing is held for it
	within(t, "health says that it is away", func() error {
		for _, line := range s.status().Health {
			if line.Code == "not-cosigned" && strings.Contains(line.Text, "by oag at size") {
				return nil
			}
		}
		return fmt.Errorf("%+v", s.status().Health)
	})
	s.stop() // also across a restart
	verdicts, err := audit.VerifyTarget(t.Context(), filepath.Join(s.home, "ledger"), audit.VerifyOptions{Policy: policy, Apply: gateway.Apply})
	if err != nil || !verdicts[0].Verified || verdicts[0].CosignedSize == 0 || verdicts[0].CosignedSize >= verdicts[0].Size {
		t.Errorf("the folder: %+v: %v", verdicts, err)
	}
	own, err := os.ReadFile(filepath.Join(s.home, "ledger", "policy"))
	if err != nil || !strings.Contains(string(own), "quorum witnesses") {
		t.Errorf("ledger/policy %s: %v", own, err)
	}
	s.start()
	if r := s.status(); !r.has("not-cosigned") {
		t.Errorf("after a restart: %+v", r.Health)
	}
	m.away.Store(false)
	within(t, "it is back", func() error {
		if r := s.status(); r.has("not-cosigned") {
			return fmt.Errorf("%+v", r.Health)
		}
		return nil
	})
}

// TestPeerThatNeverCosigned is held for what the ledger remembers, not for how
// long this run has lasted.
func TestPeerThatNeverCosigned(t *testing.T) {
	b := makeBorder(t, func(s *gateway.Settings) {
		s.Witness = gateway.WitnessSettings{WarnAfter: gateway.Duration(500 * time.Millisecond), StopAfter: gateway.Duration(2 * time.Second)}
	})
	s := b.sides[cbp]
	s.start()
	b.party(t, cbp, "system", "ace").inState(b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1)).ID, "shared")
	within(t, "it is held", func() error {
		if r := s.status(); !r.has("held") {
			return fmt.Errorf("%+v", r.Health)
		}
		return nil
	})
	time.Sleep(4 * time.Second) // twice the limit after the first event at the least
	s.stop()
	s.start()
	if r := s.status(); !r.has("held") {
		t.Errorf("a restart begins to count again: %+v", r.Health)
	}
	b.sides[cbsa].start()
	within(t, "the peer has come", func() error {
		if r := s.status(); r.has("held") {
			return fmt.Errorf("%+v", r.Health)
		}
		return nil
	})
}

// TestMLDSA has both gateways add ML-DSA-44 cosignatures; the policy that
// auditors get wants the log's.
func TestMLDSA(t *testing.T) {
	b := newBorder(t, func(s *gateway.Settings) { s.MLDSA = true })
	b.party(t, cbp, "system", "ace").inState(b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1)).ID, "delivered")
	s := b.sides[cbp]
	policy, err := gateway.RelationPolicy(s.home, cbsa)
	if err != nil || !strings.Contains(string(policy), "group witnesses all "+cbsa+" logs-mldsa\n") {
		t.Fatalf("%s: %v", policy, err)
	}
	within(t, "all have signed", func() error {
		verdicts, err := audit.VerifyTarget(t.Context(), s.settings.Addresses().Log, audit.VerifyOptions{Policy: policy})
		if err == nil && !verdicts[0].Verified {
			err = fmt.Errorf("%+v", verdicts)
		}
		if err == nil && strings.Join(verdicts[0].Cosignatures, " ") != cbsa+"/witness "+cbp+"/audit" {
			err = fmt.Errorf("%v", verdicts[0].Cosignatures)
		}
		return err
	})
	within(t, "the newest head has both of the peer's", func() error { // it is published first and cosigned a moment later
		res, err := http.Get(s.settings.Addresses().Log + "/checkpoint")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		checkpoint, err := io.ReadAll(res.Body)
		if err == nil && strings.Count(string(checkpoint), "— "+cbsa+"/witness ") != 2 {
			err = fmt.Errorf("%.300s", checkpoint)
		}
		return err
	})
}

// TestMLDSALater tells the peer of the key when the setting comes later.
func TestMLDSALater(t *testing.T) {
	b := makeBorder(t)
	s := b.sides[cbp]
	s.settings.MLDSA = true
	s.settle()
	s.start()
	in, err := os.ReadFile(filepath.Join(s.home, "introduction.json"))
	if err != nil || !strings.Contains(string(in), `"witnessMLDSA": "us.cbp/witness+`) {
		t.Errorf("%s: %v", in, err)
	}
}
