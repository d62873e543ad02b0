package crypto

import (
	"bytes"
	"testing"
	"time"
)

// TestRelationKeyIsSharedByTwo shows that both sides of a relation compute the
// same secret, and that another label, another relation or another key gives another.
func TestRelationKeyIsSharedByTwo(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	rings := map[string]*Keyring{}
	for _, agency := range []string{"ca.cbsa", "us.cbp", "mx.sat"} {
		ring, err := CreateKeyring(t.TempDir(), agency, now)
		if err != nil {
			t.Fatal(err)
		}
		rings[agency] = ring
	}
	for a, ring := range rings {
		for b, other := range rings {
			if a == b {
				continue
			}
			for _, key := range other.Published(now) {
				if err := ring.AddPeer(b, key); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	get := func(from, to, label string) []byte {
		key, err := rings[from].RelationKey(to, label, now)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	one := get("ca.cbsa", "us.cbp", "pseudonym")
	if len(one) != 32 || !bytes.Equal(one, get("us.cbp", "ca.cbsa", "pseudonym")) {
		t.Fatal("the two sides compute different secrets")
	}
	for what, other := range map[string][]byte{
		"label":    get("ca.cbsa", "us.cbp", "another"),
		"relation": get("ca.cbsa", "mx.sat", "pseudonym"),
	} {
		if bytes.Equal(one, other) {
			t.Errorf("another %s gives the same secret", what)
		}
	}
	if _, err := rings["ca.cbsa"].RelationKey("fr.douane", "pseudonym", now); err == nil {
		t.Error("an agency without a key has a secret")
	}
}
