package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestHUP sends HUP to a gateway, as systemctl reload does: it goes on, with
// config.yaml taken over or with health saying why not.
func TestHUP(t *testing.T) {
	w := newWorld(t)
	p := w.startOne(cbp)
	good, err := os.ReadFile(w.config(cbp))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		config string
		want   bool // health has a line about it
	}{
		{string(good) + "nonsense: true\n", true},
		{string(good), false},
		{strings.Replace(string(good), "environment: test", "environment: production", 1), true},
		{string(good), false},
	} {
		if err := os.WriteFile(w.config(cbp), []byte(test.config), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		within(t, "the configuration is read", func() error {
			res, err := http.Get(p.addresses.Ops + "/readyz")
			if err != nil {
				return err
			}
			defer res.Body.Close()
			health, err := io.ReadAll(res.Body)
			if err == nil && (res.StatusCode != http.StatusOK || bytes.Contains(health, []byte("not taken over")) != test.want) {
				err = fmt.Errorf("%d %s", res.StatusCode, health)
			}
			return err
		})
	}
}
