package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

const authorityConfig = `[tsa]
serial = serial
crypto_device = builtin
signer_cert = tsa.crt
certs = ca.crt
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`

// newAuthority serves `openssl ts`, a time-stamping authority that we did not
// write, and returns its URL and its CA's certificate.
func newAuthority(t *testing.T) (url string, ca []byte, asked *atomic.Int64) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is not installed: make witnesses installs it")
		}
		t.Skip("openssl is not installed: it is the time-stamping authority")
	}
	dir := t.TempDir()
	openssl := func(args ...string) error {
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("openssl %v: %w\n%s", args, err, out)
		}
		return nil
	}
	for name, text := range map[string]string{"ts.cnf": authorityConfig, "serial": "01\n", "ext": "extendedKeyUsage=critical,timeStamping\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Time CA", "-days", "30"},
		{"req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=clock one"},
		{"x509", "-req", "-in", "tsa.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.crt", "-days", "20", "-extfile", "ext"},
	} {
		if err := openssl(args...); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	asked = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		request, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Type") == "application/timestamp-query" {
			err = os.WriteFile(filepath.Join(dir, "request"), request, 0o600)
		}
		if err == nil {
			err = openssl("ts", "-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "request", "-out", "reply")
		}
		reply, err2 := os.ReadFile(filepath.Join(dir, "reply"))
		if err != nil || err2 != nil {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(reply)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, ca, asked
}

// TestTimestamps has the day's checkpoint of a relation's log stamped by a real
// authority, once, across a restart.
func TestTimestamps(t *testing.T) {
	url, ca, asked := newAuthority(t)
	began := time.Now().UTC()
	b := makeBorder(t)
	s := b.sides[cbp]
	if err := os.WriteFile(filepath.Join(s.home, "tsa.crt"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	s.settings.Timestamps = gateway.TimestampSettings{URL: url, CA: "tsa.crt"}
	s.settle()
	for _, s := range b.sides {
		s.start()
	}
	system, carrier := b.party(t, cbp, "system", "ace"), b.party(t, cbp, "partner", "carrier")
	system.inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	within(t, "there is a token", func() error {
		found, err := filepath.Glob(filepath.Join(s.home, "ledger", "timestamps", cbsa, "*.tst"))
		if err == nil && len(found) == 0 {
			err = errors.New("none")
		}
		return err
	})
	s.stop()
	s.start()
	system.inState(carrier.accepted(manifest(t, 2)).ID, "delivered")
	s.stop()
	days := 1 + int64(time.Now().UTC().Truncate(24*time.Hour).Sub(began.Truncate(24*time.Hour))/(24*time.Hour)) // the authority's clock is the real one
	if n := asked.Load(); n < 1 || n > days {
		t.Errorf("the authority was asked %d times in %d days", n, days)
	}
	verdicts, err := audit.VerifyTarget(t.Context(), filepath.Join(s.home, "ledger"), audit.VerifyOptions{TSA: ca, Apply: gateway.Apply})
	if err != nil || !verdicts[0].Verified || len(verdicts[0].Timestamps) != int(asked.Load()) || !verdicts[0].Timestamps[0].Trusted {
		t.Errorf("%+v: %v", verdicts, err)
	}
}
