package audit

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

// What no copy has is given up for: a new shard says what the witness has seen
// more, and the witness cosigns it only when somebody agrees.
func TestNewShardAfterLoss(t *testing.T) {
	p, _ := turning(t, nil)
	policy := peersPolicy(p.ca, p.us)
	appendN(t, p.ca, 0, 300)
	p.exchange()
	old := p.keepOld()
	appendN(t, p.ca, 300, 100)
	p.exchange()
	half := t.TempDir()
	p.mirrorOf(p.ca, half)
	appendN(t, p.ca, 400, 100)
	p.exchange()
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	putOldBack(t, p.caConf.Dir, old)
	if _, err := Refill(t.Context(), p.caConf, Recovery{Incident: lossIncident}); !errors.Is(err, ErrBehind) || !strings.Contains(err.Error(), "no copy is given") {
		t.Fatalf("without copy: %v", err)
	}
	// Meanwhile two events were taken in on top of the old copy.
	p.ca = open(t, p.caConf)
	appendN(t, p.ca, 2000, 2)
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	r := Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: half}}}
	if _, err := Refill(t.Context(), p.caConf, r); !errors.Is(err, ErrBehind) || !strings.Contains(err.Error(), "from index 300 on") {
		t.Fatalf("other entries: %v", err)
	}
	r.NewShard = true
	out, err := Refill(t.Context(), p.caConf, r)
	if err != nil || len(out) != 2 || out[0].Log != partner+"/2026" || !out[0].Shard {
		t.Fatalf("%+v, %v", out, err)
	}
	p.ca = open(t, p.caConf)
	e, err := p.ca.Entry(partner+"/2026", 0)
	if err != nil || e.Header[shardSize] != "300" || e.Header["witnessedSize"] != "400" || e.Header["authority"] != "order 17" {
		t.Fatalf("%+v, %v", e, err)
	}
	appendN(t, p.ca, 3000, 10)
	for _, want := range []error{nil, ErrNotFound} { // first it is heard that the witness knows nothing of the shard
		if err := p.ca.Publish(p.ca.config.Now()); err != nil {
			t.Fatal(err)
		}
		err := p.ca.Cosign(t.Context(), partner, post(p.us))
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), p.ca.LogKey(partner+"/2026")) {
			t.Fatalf("cosigned: %v", err)
		}
	}
	doc, err := p.ca.Succession(partner)
	if err != nil {
		t.Fatal(err)
	}
	incident, ok := errors.AsType[*PeerIncident](p.us.Learn(doc, nil))
	if !ok || incident.Kept.Size != 300 || incident.Witnessed.Size != 500 || incident.Reason != "DISK_LOST" || incident.Key != p.ca.LogKey(partner+"/2026") {
		t.Fatalf("%+v", incident)
	}
	// The old shard is not cosigned any further, and the new one is once agreed to.
	p.agreed = func(vkey string) bool { return vkey == incident.Key }
	p.exchange()
	st := p.ca.Status()
	if s := st[len(st)-1]; s.Log != partner+"/2026" || s.CosignedSize != s.Size || p.ca.refused() != nil {
		t.Fatalf("%+v, %v", s, p.ca.refused())
	}
	if known := p.us.PeerShards("ca.cbsa/audit/us.cbp"); len(known) != 2 || !known[0].Lost {
		t.Errorf("%+v", known)
	}
	// A policy of before does not cover what an incident has opened.
	web := httptest.NewServer(p.ca.Handler())
	defer web.Close()
	if vs := verified(t, web.URL, VerifyOptions{Policy: policy}); len(vs) != 1 {
		t.Errorf("%+v", vs)
	}
	verified(t, web.URL+"/2026", VerifyOptions{Policy: append([]byte("log "+incident.Key+"\n"), policy...)})
	otherVerifier(t, web.URL+"/2026/", incident.Key)
	for _, l := range []**Ledger{&p.ca, &p.us} { // both know it after a restart
		c := p.caConf
		if *l == p.us {
			c = p.conf
		}
		if err := (*l).Close(); err != nil {
			t.Fatal(err)
		}
		verified(t, c.Dir, VerifyOptions{Apply: counting})
		*l = open(t, c)
	}
	appendN(t, p.ca, 4000, 10)
	p.exchange()
	st = p.ca.Status()
	if s := st[len(st)-1]; s.CosignedSize != s.Size || p.ca.refused() != nil {
		t.Fatalf("%+v, %v", s, p.ca.refused())
	}
}
