package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peacebridge/gateway"
)

// TestReload changes config.yaml under a gateway that serves.
func TestReload(t *testing.T) {
	digest := func(token string) string {
		sum := sha256.Sum256([]byte(token))
		return hex.EncodeToString(sum[:])
	}
	b := newBorder(t, func(s *gateway.Settings) {
		s.LogReaders = []gateway.LogReaderSettings{{Name: "first", TokenSHA256: digest("first"), Logs: []string{"internal"}}}
	})
	s := b.sides[cbp]
	file := filepath.Join(s.home, "config.yaml")
	start, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reload := func(oldnew ...string) error {
		t.Helper()
		text := string(start)
		for i := 0; i < len(oldnew); i += 2 {
			if !strings.Contains(text, oldnew[i]) {
				t.Fatalf("no %q in %s", oldnew[i], text)
			}
			text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return s.running.Reload(file)
	}
	system, anybody := b.party(t, cbp, "system", "ace"), s.as(t).http
	reads := func(token string) int {
		req, err := http.NewRequest(http.MethodGet, s.settings.Addresses().Log+"/audit/internal/checkpoint", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := anybody.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	within(t, "the first reader reads", func() error {
		if status := reads("first"); status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})

	limit := "limits:\n    recordBytes: 100\n"
	for _, test := range []struct{ what, old, changed, want string }{
		{"a mistake", "agency: us.cbp\n", "agency: us.cbp\nlimit: {}\n" + limit, "limit is no setting here"},
		{"what a restart changes", "environment: test\n", "environment: production\n" + limit, "environment: changed by a restart only"},
		{"no readers any more", "tokenSHA256: " + digest("first"), "tokenSHA256: \"\"", "want either party or tokenSHA256"},
		{"no such guide", "guide: cbp/truck/350", "guide: cbp/truck/351", "no guide cbp/truck/351"},
	} {
		if err := reload(test.old, test.changed); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.what, err)
		}
		health := s.status()
		if !health.has("config") {
			t.Errorf("%s: health does not say it", test.what)
		}
		system.accepted(example(t, "6-trader.json", "CT-100234", "CT-2"+fmt.Sprint(len(test.what)))) // no limit was taken over
		if reads("first") != http.StatusOK {
			t.Errorf("%s: the reader was taken away", test.what)
		}
	}

	if err := reload("agency: us.cbp\n", "agency: us.cbp\n"+limit+"recognition: {grounds: [PHYTO]}\n", digest("first"), digest("second")); err != nil {
		t.Fatal(err)
	}
	if health := s.status(); health.has("config") {
		t.Error("health still says that nothing was taken over")
	}
	expect(t, system.post(example(t, "6-trader.json")), http.StatusRequestEntityTooLarge, "document-too-large")
	if old, is := reads("first"), reads("second"); old != http.StatusUnauthorized || is != http.StatusOK {
		t.Errorf("first reader %d, second %d", old, is)
	}
	if err := reload(); err != nil { // as it was
		t.Fatal(err)
	}
	system.accepted(example(t, "6-trader.json"))
}
