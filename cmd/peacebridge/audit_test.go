package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// newLedger makes a ledger as a gateway of CBP would, with a few events in it, and closes it.
func newLedger(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "ledger")
	c := audit.Config{Dir: dir, Origin: "us.cbp", Logs: []string{"ca.cbsa"}, Apply: gateway.Apply, MemTable: 4 << 20, MinFree: 1}
	if err := audit.Create(c); err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	events := []audit.Event{
		{Log: audit.Internal, Kind: "party.enrolled", Header: map[string]string{"party": "peacebridge://us.cbp/partner/carrier-7"}},
		{Log: "ca.cbsa", Kind: "recognition.decided", Header: map[string]string{"decision": "RECOGNISED"}, Terms: []string{"equipment:CSQU3054383"}},
		{Log: "ca.cbsa", Kind: "recognition.decided", Header: map[string]string{"decision": "REFER"}, Terms: []string{"equipment:MSKU0000002"}},
	}
	if _, err := l.Append(t.Context(), events, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// lines decodes what --json printed.
func lines(t *testing.T, stdout string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.SplitSeq(strings.TrimSpace(stdout), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		all = append(all, m)
	}
	return all
}

func TestAuditVerifyASoundLedger(t *testing.T) {
	dir := newLedger(t)
	status, stdout, stderr := runs(t, "", "audit", "verify", "--json", dir)
	if status != statusOK || stderr != "" {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	logs := map[string]bool{}
	for _, v := range lines(t, stdout) {
		for _, key := range []string{"log", "verified", "trust", "origin", "size", "root", "cosignatures", "problems"} {
			if _, ok := v[key]; !ok {
				t.Errorf("no key %s in %v", key, v)
			}
		}
		if v["verified"] != true || v["trust"] != "self" {
			t.Errorf("%v", v)
		}
		logs[v["log"].(string)] = true
	}
	if !logs["ca.cbsa"] {
		t.Errorf("logs %v", logs)
	}
	if status, stdout, _ := runs(t, "", "audit", "verify", dir); status != statusOK || !strings.Contains(stdout, "ca.cbsa: verified") {
		t.Errorf("for people: status %d\n%s", status, stdout)
	}
	if status, stdout, stderr := runs(t, "", "audit", "verify", "--policy", filepath.Join(dir, "policy"), "--json", dir); status != statusOK || lines(t, stdout)[0]["trust"] != "policy" {
		t.Errorf("with a policy: status %d\n%s%s", status, stdout, stderr)
	}
}

// TestAuditVerifyADamagedLedger changes one byte in what is stored.
func TestAuditVerifyADamagedLedger(t *testing.T) {
	dir := newLedger(t)
	changed := 0
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".sst" && filepath.Ext(name) != ".vlog" {
			return err
		}
		b, err := os.ReadFile(name)
		if at := strings.Index(string(b), "RECOGNISED"); at >= 0 && err == nil {
			b[at]++
			changed++
			err = os.WriteFile(name, b, 0o600)
		}
		return err
	})
	if err != nil || changed == 0 {
		t.Skipf("the event does not stand in clear on the disk: %v", err)
	}
	if status, stdout, stderr := runs(t, "", "audit", "verify", "--json", dir); status != statusFinding || !strings.Contains(stdout, `"verified":false`) {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

func TestAuditSearchProveExport(t *testing.T) {
	dir := newLedger(t)
	for _, term := range []string{"CSQU3054383", "equipment:CSQU3054383"} {
		status, stdout, stderr := runs(t, "", "audit", "search", "--json", dir, term)
		if found := lines(t, stdout); status != statusOK || len(found) != 1 || found[0]["kind"] != "recognition.decided" || found[0]["log"] != "ca.cbsa" {
			t.Errorf("search %s: status %d\n%s%s", term, status, stdout, stderr)
		}
	}
	if status, stdout, _ := runs(t, "", "audit", "search", "--kind", "party.enrolled", dir); status != statusOK || !strings.Contains(stdout, "carrier-7") {
		t.Errorf("search by kind: status %d\n%s", status, stdout)
	}
	if status, stdout, _ := runs(t, "", "audit", "search", dir, "nothing"); status != statusOK || strings.Contains(stdout, "ca.cbsa") {
		t.Errorf("search for nothing: status %d\n%s", status, stdout)
	}

	status, proof, stderr := runs(t, "", "audit", "prove", "--log", "ca.cbsa", "--index", "0", dir)
	if status != statusOK || !strings.HasPrefix(proof, "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("prove: status %d\n%s%s", status, proof, stderr)
	}
	if status, stdout, _ := runs(t, "", "audit", "prove", "--log", "ca.cbsa", "--index", "99", dir); status != statusFinding || stdout != "" {
		t.Errorf("prove beyond the end: status %d\n%s", status, stdout)
	}

	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	if status, _, stderr := runs(t, "", "audit", "export", "--term", "equipment:CSQU3054383", "--out", bundle, dir); status != statusOK {
		t.Fatalf("export: status %d\n%s", status, stderr)
	}
	if status, stdout, stderr := runs(t, "", "audit", "verify", "--policy", filepath.Join(dir, "policy"), "--json", bundle); status != statusOK {
		t.Errorf("verify the bundle: status %d\n%s%s", status, stdout, stderr)
	}
	lookIntoBundle(t, bundle)
	if status, _, stderr := runs(t, "", "audit", "export", "--out", bundle, dir); status != statusTrouble || !strings.Contains(stderr, "exists") {
		t.Errorf("export over a file: status %d\n%s", status, stderr)
	}
}

// lookIntoBundle finds and proves the one event of a bundle, takes it into another one, and is told what is not there.
func lookIntoBundle(t *testing.T, bundle string) {
	t.Helper()
	status, stdout, stderr := runs(t, "", "audit", "search", "--json", "--kind", "recognition.decided", bundle)
	found := lines(t, stdout)
	if status != statusOK || len(found) != 1 {
		t.Fatalf("search: status %d\n%s%s", status, stdout, stderr)
	}
	index := strconv.Itoa(int(found[0]["index"].(float64)))
	for _, decision := range found[0]["header"].(map[string]any) {
		if status, stdout, stderr := runs(t, "", "audit", "search", "--json", bundle, decision.(string)); status != statusOK || len(lines(t, stdout)) != 1 {
			t.Errorf("search for %s: status %d\n%s%s", decision, status, stdout, stderr)
		}
	}
	if status, stdout, _ := runs(t, "", "audit", "search", "--json", bundle, "nothing"); status != statusOK || stdout != "" {
		t.Errorf("search for nothing: status %d\n%s", status, stdout)
	}
	if status, stdout, stderr := runs(t, "", "audit", "prove", "--log", "ca.cbsa", "--index", index, bundle); status != statusOK || !strings.HasPrefix(stdout, "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("prove: status %d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr := runs(t, "", "audit", "prove", "--log", "ca.cbsa", "--index", "99", bundle); status != statusFinding || !strings.Contains(stderr, "not in this bundle") {
		t.Errorf("prove what is not there: status %d\n%s", status, stderr)
	}
	smaller := filepath.Join(t.TempDir(), "smaller.zip")
	if status, _, stderr := runs(t, "", "audit", "export", "--kind", "recognition.decided", "--out", smaller, bundle); status != statusOK {
		t.Fatalf("export: status %d\n%s", status, stderr)
	}
	if status, stdout, stderr := runs(t, "", "audit", "verify", smaller); status != statusOK || !strings.Contains(stdout, "1 of ") {
		t.Errorf("verify: status %d\n%s%s", status, stdout, stderr)
	}
	none := filepath.Join(t.TempDir(), "none.zip")
	if status, _, stderr := runs(t, "", "audit", "export", "--kind", "nothing", "--out", none, bundle); status != statusFinding {
		t.Errorf("export nothing: status %d\n%s", status, stderr)
	}
	if status, _, stderr := runs(t, "", "audit", "export", "--bodies", "--out", none, bundle); status != statusTrouble {
		t.Errorf("export more than there is: status %d\n%s", status, stderr)
	}
	whole, err := os.ReadFile(bundle)
	if err == nil {
		err = os.WriteFile(none, whole[:len(whole)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"verify"}, {"explain"}, {"search"}, {"prove", "--log", "ca.cbsa", "--index", index}} {
		if status, _, stderr := runs(t, "", append(append([]string{"audit"}, command...), none)...); status != statusTrouble || !strings.Contains(stderr, "cut off") {
			t.Errorf("%s of half a bundle: status %d\n%s", command, status, stderr)
		}
	}
}

// TestAuditVerifyARunningGatewaysLedger holds the ledger open, as a gateway does.
func TestAuditVerifyARunningGatewaysLedger(t *testing.T) {
	dir := newLedger(t)
	const url = "http://127.0.0.1:8445"
	l, err := audit.Open(audit.Config{Dir: dir, Origin: "us.cbp", Logs: []string{"ca.cbsa"}, Apply: gateway.Apply, MemTable: 4 << 20, MinFree: 1, LogURL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, command := range []string{"verify", "search"} {
		status, stdout, stderr := runs(t, "", "audit", command, dir)
		if status != statusTrouble || stdout != "" || !strings.Contains(stderr, url) {
			t.Errorf("%s: status %d\n%s%s", command, status, stdout, stderr)
		}
	}
}
