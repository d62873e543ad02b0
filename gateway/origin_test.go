package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"peacebridge/crypto"
	"peacebridge/mapping/cargo"
)

// byAgency is a small record of a class that says at a path which agency it is by.
func byAgency(t *testing.T, class, path, own, named string) string {
	t.Helper()
	if class == "*" {
		class = "status.notice"
	}
	rec := map[string]any{"class": class, "agency": own, "mode": "road"}
	in := rec
	parts := strings.Split(path, ".")
	for _, p := range parts[:len(parts)-1] {
		group, ok := in[p].(map[string]any)
		if !ok {
			group = map[string]any{}
			in[p] = group
		}
		in = group
	}
	in[parts[len(parts)-1]] = named
	b, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestForeignOrigin hands in records that say that they are by the other agency,
// by every element that can say so, and has that agency's gateway deliver
// records that say they are by this one. Who is shown to be one agency does not
// speak for another.
func TestForeignOrigin(t *testing.T) {
	b := newBorder(t)
	system, auditor := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "oig")
	peer, rings := b.peer(t, cbsa), b.rings()
	for i, row := range table(t, "origins.csv") {
		class, path := row["class"], row["path"]
		t.Run(class+" "+path, func(t *testing.T) {
			if _, ok := cargo.Dictionary().Lookup(cargo.Path(path)); !ok {
				t.Fatal("no such element")
			}
			claimed := byAgency(t, class, path, cbp, cbsa)
			a := system.post(claimed)
			p := expect(t, a, http.StatusForbidden, "foreign-agency")
			if len(p.Findings) != 1 || p.Findings[0].Code != "gateway.agency-foreign" || p.Findings[0].Path != path {
				t.Fatalf("findings %+v", p.Findings)
			}
			at := p.Findings[0].Position
			if at.Pointer != "/"+strings.ReplaceAll(path, ".", "/") || at.Offset != int64(strings.Index(claimed, `"`+cbsa)) {
				t.Errorf("position %+v in %s", at, claimed)
			}
			if bytes.Contains(a.body, []byte(cbsa)) {
				t.Errorf("the answer repeats the value: %s", a)
			}
			system.accepted(byAgency(t, class, path, cbp, cbp))

			c := b.claims()
			c.MessageID = fmt.Sprintf("0199e0b2-7c1c-7000-8000-%012d", i)
			c.Record = json.RawMessage(strings.NewReplacer(" ", "", "\n", "").Replace(byAgency(t, class, path, cbsa, cbp)))
			if c.RecordID = ""; class != "*" {
				c.Class = class
			} else {
				c.Class = "status.notice"
			}
			r, err := rings[cbsa].OpenReceipt(peer.deliver(b.seal(rings[cbsa], c)).body, crypto.Expect{Issuer: cbp, Audience: cbsa, Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != crypto.VerdictRefused || r.Reason != "FOREIGN_ORIGIN" {
				t.Errorf("receipt says %s %s", r.Verdict, r.Reason)
			}
		})
	}
	if items := system.inbox(); len(items) > 0 {
		t.Errorf("the inbox has %d items that are by nobody", len(items))
	}
	n := 0
	for _, e := range events(t, auditor, "request.refused") {
		if e.Header["reason"] == "foreign-agency" {
			n++
		}
	}
	if want := len(table(t, "origins.csv")); n != want {
		t.Errorf("%d refusals are in the ledger, of %d", n, want)
	}
}
