package gateway_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peacebridge/gateway"
)

// TestSenders binds a carrier to its address, at a start and while the gateway
// runs: what the certificate says decides what the envelope may say.
func TestSenders(t *testing.T) {
	b := makeBorder(t)
	file := filepath.Join(b.sides[cbp].home, "senders.csv")
	register := func(rows ...string) {
		t.Helper()
		text := "# of the filer register, 2026-11\nparty,qualifier,sender,note\n" + strings.Join(rows, "\n") + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	register("peacebridge://us.cbp/partner/owner,ZZ,ABCD,SCAC")
	for _, s := range b.sides {
		s.start()
	}
	owner, other := b.party(t, cbp, "partner", "owner"), b.party(t, cbp, "partner", "other")
	n := 0
	from := func(sender string) string { // its ISA06
		n++
		return strings.Replace(manifest(t, n), "*ZZ*ABCD           *", fmt.Sprintf("*ZZ*%-15s*", sender), 1)
	}
	owner.accepted(from("ABCD"))
	other.accepted(from("WXYZ")) // nothing is registered for it, and the address is nobody's
	for who, answered := range map[string]*answer{
		"the owner from an address that is not its own": owner.post(from("WXYZ")),
		"another from the owner's address":              other.post(from("ABCD")),
		"the owner in lower case":                       owner.post(from("abcd")),
	} {
		p := expect(t, answered, http.StatusForbidden, "foreign-sender")
		if len(p.Findings) != 1 || p.Findings[0].Code != "gateway.sender-foreign" || p.Findings[0].Position.Segment != 1 || p.Findings[0].Position.Element != 6 {
			t.Errorf("%s: %+v", who, p)
		}
	}
	twice := from("ABCD") + from("WXYZ")
	expect(t, owner.post(twice), http.StatusForbidden, "foreign-sender")

	register("peacebridge://us.cbp/partner/owner,,ABCD,", "peacebridge://us.cbp/partner/owner,ZZ,WXYZ,")
	within(t, "the register is read again", func() error {
		if a := owner.post(from("WXYZ")); a.status != http.StatusAccepted {
			return fmt.Errorf("answered %s", a)
		}
		return nil
	})
	register("carrier-7,ZZ,EFGH,not an identity")
	within(t, "a register that cannot be read is told", func() error {
		if health := fmt.Sprint(b.sides[cbp].status().Health); !strings.Contains(health, "senders failed") {
			return fmt.Errorf("health is %s", health)
		}
		return nil
	})
	expect(t, other.post(from("WXYZ")), http.StatusForbidden, "foreign-sender") // the old one is in force
	b.sides[cbp].stop()
	if _, err := gateway.New(t.Context(), gateway.Config{Home: b.sides[cbp].home}); err == nil || !strings.Contains(err.Error(), "senders.csv: line 3") {
		t.Errorf("it starts with a register that it cannot read: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	b.sides[cbp].start()
	other.accepted(from("WXYZ"))
}

// TestSendersOfEDIFACT is the same for UNB S002.
func TestSendersOfEDIFACT(t *testing.T) {
	b := makeBorder(t)
	text := "party,qualifier,sender,note\npeacebridge://ca.cbsa/partner/owner,ZZ,ABCD,\n"
	if err := os.WriteFile(filepath.Join(b.sides[cbsa].home, "senders.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range b.sides {
		s.start()
	}
	doc := example(t, "3-cargo.edi")
	p := expect(t, b.party(t, cbsa, "partner", "other").post(doc), http.StatusForbidden, "foreign-sender")
	if len(p.Findings) != 1 || p.Findings[0].Position.Element != 2 {
		t.Errorf("%+v", p)
	}
	b.party(t, cbsa, "partner", "owner").accepted(doc)
}
