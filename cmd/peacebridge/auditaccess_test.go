package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peacebridge/audit"
)

// TestAuditAccess shows a token to a log that wants one, from a file or from the environment, to a server that the given CA vouches for.
func TestAuditAccess(t *testing.T) {
	dir := relationLedger(t, "us.cbp", "ca.cbsa", messageEvent("ca.cbsa", "record.sealed", "m1", "d1"))
	l := openedLedger(t, dir, "us.cbp", "ca.cbsa", false)
	defer l.Close()
	const secret = "a-token-of-this-test"
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		l.Handler().ServeHTTP(w, r)
	}))
	defer srv.Close()
	ca, token := filepath.Join(t.TempDir(), "ca.crt"), filepath.Join(t.TempDir(), "token")
	for file, content := range map[string][]byte{
		ca:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}),
		token: []byte(secret + "\n"),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	policy := filepath.Join(dir, "policy")
	for _, command := range [][]string{{"verify"}, {"prove", "--log", "ca.cbsa", "--index", "0"}, {"monitor", "--state", filepath.Join(t.TempDir(), "seen")}} {
		args := append([]string{"audit"}, command...)
		args = append(args, "--policy", policy, "--ca", ca)
		if status, stdout, stderr := runs(t, "", append(args, srv.URL)...); status != statusTrouble || stdout != "" || !strings.Contains(stderr, "--bearer") {
			t.Errorf("%v without a token: status %d\n%s%s", command, status, stdout, stderr)
		}
		if status, stdout, stderr := runs(t, "", append(args, "--bearer", token, srv.URL)...); status != statusOK {
			t.Errorf("%v with the token: status %d\n%s%s", command, status, stdout, stderr)
		}
		t.Run(command[0], func(t *testing.T) {
			t.Setenv(bearerVariable, secret)
			if status, stdout, stderr := runs(t, "", append(args, srv.URL)...); status != statusOK {
				t.Errorf("with the environment's token: status %d\n%s%s", status, stdout, stderr)
			}
		})
	}
	if status, _, stderr := runs(t, "", "audit", "verify", "--policy", policy, "--bearer", token, srv.URL); status != statusTrouble {
		t.Errorf("a server that nobody vouches for: status %d\n%s", status, stderr)
	}
	if status, _, stderr := runs(t, "", "audit", "verify", "--policy", policy, "--as", "x", "--ca", ca, srv.URL); status != statusTrouble || !strings.Contains(stderr, "not both") {
		t.Errorf("two ways: status %d\n%s", status, stderr)
	}
	if _, err := audit.VerifyTarget(t.Context(), dir, audit.VerifyOptions{}); err == nil {
		t.Error("a held folder was opened")
	}
}
