package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"peacebridge/certs"
	"peacebridge/gateway"
)

// TestDeadLetterIsSentAgain: what the peer did not take for longer than
// deadAfter is in the dead letters, is never lost, and arrives once when it is
// sent again.
func TestDeadLetterIsSentAgain(t *testing.T) {
	clock := &clock{}
	b := makeBorderAt(t, clock.now, func(s *gateway.Settings) { s.Delivery.DeadAfter = gateway.Duration(time.Hour) })
	b.sides[cbp].start() // and the other side not
	carrier, system := b.party(t, cbp, certs.RolePartner, "carrier"), b.party(t, cbp, certs.RoleSystem, "ace")
	doc := carrier.accepted(manifest(t, 1))
	system.inState(doc.ID, "shared")
	clock.pass(61 * time.Minute)
	dead := system.inState(doc.ID, "dead")
	if dead.Reason != "DELIVERY_EXPIRED" {
		t.Errorf("its reason is %q", dead.Reason)
	}
	within(t, "both parts are dead letters", func() error {
		letters := decode[struct{ Items []document }](t, system.get("/v1/dead").body).Items
		if len(letters) != 2 || letters[0].ID != doc.ID || letters[1].ID != doc.ID {
			return fmt.Errorf("they are %+v", letters)
		}
		return nil
	})
	next, found := "", 0
	for pages := 0; pages < 3; pages++ { // both parts, one a page, and the end
		page := decode[struct {
			Items []document
			Next  string
		}](t, system.get("/v1/dead?limit=1&after="+next).body)
		found += len(page.Items)
		if len(page.Items) == 0 && page.Next != next {
			t.Errorf("the end has the cursor %q after %q", page.Next, next)
		}
		next = page.Next
	}
	if found != 2 {
		t.Errorf("%d dead letters are in the pages", found)
	}
	expect(t, carrier.get("/v1/dead"), 403, "forbidden")
	expect(t, carrier.do("POST", "/v1/documents/"+doc.ID+"/resend", nil, nil), 403, "forbidden")

	b.sides[cbsa].start()
	if a := system.do("POST", "/v1/documents/"+doc.ID+"/resend", nil, nil); a.status != 200 {
		t.Fatalf("answered %s", a)
	}
	system.inState(doc.ID, "delivered") // it has an hour again
	expect(t, system.do("POST", "/v1/documents/"+doc.ID+"/resend", nil, nil), 409, "not-resendable")
	if items := decode[struct{ Items []document }](t, system.get("/v1/dead").body).Items; len(items) != 0 {
		t.Errorf("%d dead letters are left", len(items))
	}
	classes := map[string]int{}
	for _, item := range b.party(t, cbsa, certs.RoleSystem, "aci").inbox() {
		classes[item.Class]++
	}
	if len(classes) != 2 || classes["cargo.report"] != 1 || classes["conveyance.report"] != 1 {
		t.Errorf("the inbox has %v, each part is expected once", classes)
	}
}
