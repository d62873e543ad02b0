package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peacebridge/crypto"
)

// TestAgreementSignedByBothIsInForce signs an agreement with two parties' real keys and looks at it with each thing that can be wrong.
func TestAgreementSignedByBothIsInForce(t *testing.T) {
	dir := t.TempDir()
	text := readFile(t, filepath.Join("..", "..", "examples", "agreement.yaml"))
	var keyArguments []string
	for _, agency := range []string{"ca.cbsa", "us.cbp"} {
		home := filepath.Join(dir, agency)
		ring, err := crypto.CreateKeyring(home, agency, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		thumbprint := ""
		for _, key := range ring.Keys(agency) {
			if key.Use() == crypto.Signing {
				thumbprint = key.ID()
			}
		}
		text = strings.Replace(text, "sha256:…", thumbprint, 1)
		keyArguments = append(keyArguments, "--keys", home)
	}
	file := filepath.Join(dir, "agreement.yaml")
	write(t, file, text)
	verify := func(at string) (int, string, string) {
		return runs(t, "", append([]string{"agreement", "verify", "--json", "--at", at, file}, keyArguments...)...)
	}

	if status, stdout, stderr := verify("2027-06-01"); status != statusFinding || !strings.Contains(stdout, `"inForce":false`) {
		t.Errorf("unsigned: status %d\n%s%s", status, stdout, stderr)
	}
	for _, agency := range []string{"ca.cbsa", "us.cbp"} {
		status, stdout, stderr := runs(t, "", "agreement", "sign", "--keys", filepath.Join(dir, agency), "--agency", agency, file)
		if status != statusOK || stdout != file+"."+agency+".jws\n" {
			t.Fatalf("sign: status %d\n%s%s", status, stdout, stderr)
		}
	}
	status, stdout, stderr := verify("2027-06-01")
	var facts struct {
		InForce    bool
		Signatures []string
		Agreement  struct{ ID, Hash string }
	}
	if err := json.Unmarshal([]byte(stdout), &facts); err != nil {
		t.Fatal(err)
	}
	if status != statusOK || !facts.InForce || len(facts.Signatures) != 2 || facts.Agreement.ID == "" || stderr != "" {
		t.Errorf("signed: status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ := verify("2040-01-01"); status != statusFinding || !strings.Contains(stdout, `"reason":`) {
		t.Errorf("after its end: status %d\n%s", status, stdout)
	}

	// Deciding under the signatures works, and no longer when one byte of the agreement has changed.
	decide := append([]string{
		"agreement", "decide", "--json", "--agreement", file, "--from", "us.cbp", "--to", "ca.cbsa",
		"--purpose", "risk-assessment", "--at", "2027-06-01", filepath.Join("testdata", "samples", "cbp-309-complete.x12"),
	}, keyArguments...)
	if status, stdout, stderr := runs(t, "", decide...); status != statusOK || !strings.Contains(stdout, `"outcome":"share"`) {
		t.Errorf("decide: status %d\n%s%s", status, stdout, stderr)
	}
	write(t, file, text+"# later\n")
	if status, _, stderr := runs(t, "", decide...); status != statusFinding || !strings.Contains(stderr, "SIGNATURE_INVALID") {
		t.Errorf("decide over changed bytes: status %d\n%s", status, stderr)
	}

	// A party signs with the key that the agreement names for it, and nobody else signs.
	other := filepath.Join(dir, "other")
	if _, err := crypto.CreateKeyring(other, "us.cbp", time.Now()); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := runs(t, "", "agreement", "sign", "--keys", other, "--agency", "us.cbp", file); status != statusFinding || !strings.Contains(stderr, "names the key") {
		t.Errorf("another key: status %d\n%s", status, stderr)
	}
	if status, _, stderr := runs(t, "", "agreement", "sign", "--keys", other, "--agency", "mx.aduana", file); status != statusFinding || !strings.Contains(stderr, "no party") {
		t.Errorf("no party: status %d\n%s", status, stderr)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
