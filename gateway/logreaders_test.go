package gateway_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"peacebridge/audit"
	"peacebridge/gateway"
)

const readersToken = "Zq3vYc0r7dPp1mX8uKf5sHn2bTj9wLg4"

// TestLogReaders serves the logs over TLS to those who are named, each the logs
// that are named for it, and records that they read.
func TestLogReaders(t *testing.T) {
	sum := sha256.Sum256([]byte(readersToken))
	clock := noon() // what is read is recorded once a day
	b := makeBorderAt(t, clock.now, func(s *gateway.Settings) {
		if s.Agency == cbp {
			s.LogReaders = []gateway.LogReaderSettings{
				{Name: "oag", TokenSHA256: hex.EncodeToString(sum[:]), Logs: []string{cbsa}},
				{Name: "inspector", Party: "peacebridge://us.cbp/auditor/inspector", Logs: []string{cbsa, audit.Internal}},
			}
		}
	})
	for _, s := range b.sides {
		s.start()
	}
	carrier := b.party(t, cbp, "partner", "carrier")
	b.party(t, cbp, "system", "ace").inState(carrier.accepted(manifest(t, 1)).ID, "delivered")
	inspector, second := b.party(t, cbp, "auditor", "inspector"), b.party(t, cbp, "auditor", "second")
	log := b.sides[cbp].settings.Addresses().Log
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, Time: clock.now, RootCAs: carrier.ca}}}
	get := func(client *http.Client, token, path string) (int, []byte) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, log+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body
	}
	within(t, "there is a checkpoint", func() error {
		if status, _ := get(anybody, readersToken, "/checkpoint"); status != http.StatusOK {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	for _, test := range []struct {
		who    string
		client *http.Client
		token  string
		path   string
		want   int
	}{
		{"nobody", anybody, "", "/checkpoint", http.StatusUnauthorized},
		{"a wrong token", anybody, readersToken + "x", "/audit/" + cbsa + "/checkpoint", http.StatusUnauthorized},
		{"the digest as token", anybody, hex.EncodeToString(sum[:]), "/checkpoint", http.StatusUnauthorized},
		{"the token", anybody, readersToken, "/audit/" + cbsa + "/checkpoint", http.StatusOK},
		{"the token", anybody, readersToken, "/tile/entries/000.p/1", http.StatusOK},
		{"the token", anybody, readersToken, "/audit/internal/checkpoint", http.StatusNotFound},
		{"the token", anybody, readersToken, "/audit/internal/tile/0/000.p/1", http.StatusNotFound},
		{"the token", anybody, readersToken, "/audit/%69nternal/checkpoint", http.StatusNotFound},
		{"the auditor", inspector.http, "", "/audit/" + cbsa + "/checkpoint", http.StatusOK},
		{"the auditor", inspector.http, "", "/audit/internal/checkpoint", http.StatusOK},
		{"another auditor", second.http, "", "/checkpoint", http.StatusForbidden},
		{"another auditor with the token", second.http, readersToken, "/checkpoint", http.StatusForbidden},
		{"a carrier", carrier.http, "", "/checkpoint", http.StatusForbidden},
	} {
		if status, body := get(test.client, test.token, test.path); status != test.want {
			t.Errorf("%s, %s: %d %s", test.who, test.path, status, body)
		}
	}
	if res, err := http.Get("http" + strings.TrimPrefix(log, "https") + "/checkpoint"); err == nil {
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			t.Error("served without TLS")
		}
	}
	policy, err := gateway.RelationPolicy(b.sides[cbp].home, cbsa)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(a audit.Access) error {
		verdicts, err := audit.VerifyTarget(t.Context(), log, audit.VerifyOptions{Policy: policy, Access: a})
		if err == nil && (len(verdicts) != 1 || !verdicts[0].Verified) {
			err = fmt.Errorf("%+v", verdicts)
		}
		return err
	}
	for _, a := range []audit.Access{{Bearer: readersToken, Transport: anybody.Transport}, {Transport: inspector.http.Transport}} {
		within(t, "the log is verified", func() error { return verify(a) }) // a new head is cosigned a moment later
	}
	if err := verify(audit.Access{Transport: anybody.Transport}); !errors.Is(err, audit.ErrNoAccess) {
		t.Errorf("verify without a token: %v", err)
	}
	events := inspector.get("/v1/audit/events?kind=audit.queried&limit=100")
	for _, name := range []string{"oag", "inspector"} {
		if n := bytes.Count(events.body, []byte(`"party":"`+name+`"`)); n != 1 {
			t.Errorf("%d events say that %s has read", n, name)
		}
	}
	if said := b.sides[cbp].log.String(); strings.Contains(said, readersToken) {
		t.Error("the token is in the gateway's log")
	}
}

// TestOpenLogListener shows every log to everybody on the machine, the only
// relation's at the root too.
func TestOpenLogListener(t *testing.T) {
	b := newBorder(t)
	b.party(t, cbp, "system", "ace").inState(b.party(t, cbp, "partner", "carrier").accepted(manifest(t, 1)).ID, "delivered")
	log := b.sides[cbp].settings.Addresses().Log
	for path, want := range map[string]int{"/checkpoint": 200, "/audit/" + cbsa + "/checkpoint": 200, "/audit/internal/checkpoint": 200, "/audit/us.nobody/checkpoint": 404} {
		within(t, path, func() error {
			res, err := http.Get(log + path)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if res.StatusCode != want {
				return fmt.Errorf("status %d", res.StatusCode)
			}
			return nil
		})
	}
}
