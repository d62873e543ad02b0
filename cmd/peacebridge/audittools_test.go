package main

import (
	"archive/zip"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/gateway"
)

// relationLedger makes the closed ledger of one agency with events of its relation with another.
func relationLedger(t *testing.T, agency, peer string, events ...audit.Event) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "ledger")
	l := openedLedger(t, dir, agency, peer, true)
	if len(events) > 0 {
		if _, err := l.Append(t.Context(), events, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openedLedger(t *testing.T, dir, agency, peer string, create bool) *audit.Ledger {
	t.Helper()
	c := audit.Config{Dir: dir, Origin: agency, Logs: []string{peer}, MemTable: 4 << 20, MinFree: 1}
	if create {
		if err := audit.Create(c); err != nil {
			t.Fatal(err)
		}
	}
	l, err := audit.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func messageEvent(log, kind, id, digest string) audit.Event {
	return audit.Event{Log: log, Kind: kind, Header: map[string]string{"message": id, "digest": digest}}
}

// TestAuditCompare lists a message that one side lacks and one that the two describe differently.
func TestAuditCompare(t *testing.T) {
	a := relationLedger(t, "us.cbp", "ca.cbsa",
		messageEvent("ca.cbsa", "record.sealed", "m1", "d1"), messageEvent("ca.cbsa", "record.sealed", "m2", "d2"), messageEvent("ca.cbsa", "record.sealed", "m3", "d3"))
	b := relationLedger(t, "ca.cbsa", "us.cbp", messageEvent("us.cbp", "message.received", "m1", "d1"), messageEvent("us.cbp", "message.received", "m2", "other"))
	status, stdout, stderr := runs(t, "", "audit", "compare", "--json", a, b)
	found := lines(t, stdout)
	if status != statusFinding || len(found) != 2 || found[0]["id"] != "m2" || found[0]["field"] != "digest" || found[1]["id"] != "m3" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, _ := runs(t, "", "audit", "compare", a, b); status != statusFinding || !strings.Contains(stdout, "m3") || !strings.Contains(stdout, "no counterpart") {
		t.Errorf("for people: status %d\n%s", status, stdout)
	}
	if status, stdout, stderr := runs(t, "", "audit", "compare", "--from", "2100-01-01", a, b); status != statusOK || stdout != "" {
		t.Errorf("of the future: status %d\n%s%s", status, stdout, stderr)
	}
}

// TestAuditExplain verifies one event step by step, from the folder and from a bundle, and says which step fails.
func TestAuditExplain(t *testing.T) {
	dir := newLedger(t)
	status, stdout, stderr := runs(t, "", "audit", "explain", "--log", "ca.cbsa", "--index", "0", dir)
	if status != statusOK || !strings.Contains(stdout, "RECOGNISED") || !strings.Contains(stdout, "So this event was in the log") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	if status, _, stderr := runs(t, "", "audit", "export", "--term", "equipment:CSQU3054383", "--out", bundle, dir); status != statusOK {
		t.Fatal(stderr)
	}
	status, stdout, stderr = runs(t, "", "audit", "explain", "--json", bundle)
	steps, ok := 0, true
	for _, line := range lines(t, stdout) {
		if line["step"] != nil {
			steps++
			ok = ok && line["ok"] == true
		}
	}
	if status != statusOK || steps < 5 || !ok {
		t.Errorf("bundle: status %d, %d steps\n%s%s", status, steps, stdout, stderr)
	}
	forged := filepath.Join(t.TempDir(), "forged.zip")
	rezip(t, bundle, forged, "RECOGNISED", "REFER")
	if status, stdout, stderr := runs(t, "", "audit", "explain", forged); status != statusFinding || !strings.Contains(stdout, "FAILS") || !strings.Contains(stdout, "NOT proven") {
		t.Errorf("forged: status %d\n%s%s", status, stdout, stderr)
	}
}

// rezip copies a bundle with a text replaced.
func rezip(t *testing.T, from, to, old, text string) {
	t.Helper()
	z, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for _, f := range z.File {
		b, err := fs.ReadFile(z, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Create(f.Name)
		if err == nil {
			_, err = p.Write([]byte(strings.ReplaceAll(string(b), old, text)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAuditMonitor looks at a log that grows, then at another history under the same key: the evidence is both checkpoints.
func TestAuditMonitor(t *testing.T) {
	dir := relationLedger(t, "us.cbp", "ca.cbsa", messageEvent("ca.cbsa", "record.sealed", "m1", "d1"))
	twin := filepath.Join(t.TempDir(), "ledger")
	if err := os.CopyFS(twin, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(filepath.Dir(twin), "keys"), os.DirFS(filepath.Join(filepath.Dir(dir), "keys"))); err != nil {
		t.Fatal(err)
	}
	state, policy := filepath.Join(t.TempDir(), "seen"), filepath.Join(dir, "policy")
	look := func(dir, message string) (int, string, string) {
		l := openedLedger(t, dir, "us.cbp", "ca.cbsa", false)
		defer l.Close()
		if _, err := l.Append(t.Context(), []audit.Event{messageEvent("ca.cbsa", "record.sealed", message, "d")}, nil); err != nil {
			t.Fatal(err)
		}
		if err := l.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(l.Handler())
		defer srv.Close()
		return runs(t, "", "audit", "monitor", "--json", "--policy", policy, "--state", state, srv.URL)
	}
	for _, message := range []string{"m2", "m3"} {
		if status, stdout, stderr := look(dir, message); status != statusOK || lines(t, stdout)[0]["origin"] != "us.cbp/audit/ca.cbsa" {
			t.Fatalf("status %d\n%s%s", status, stdout, stderr)
		}
	}
	for _, want := range []string{"audit.rollback", "audit.fork"} {
		status, stdout, stderr := look(twin, "x")
		said := lines(t, stdout)[0]
		notes, _ := said["checkpoints"].([]any)
		if status != statusFinding || len(notes) != 2 || !strings.HasPrefix(notes[1].(string), "us.cbp/audit/ca.cbsa\n") || notes[0] == notes[1] || !strings.Contains(stdout, want) {
			t.Errorf("status %d, want %s\n%s%s", status, want, stdout, stderr)
		}
	}
	kept, err := filepath.Glob(state + ".evidence-*")
	if err != nil || len(kept) != 2 {
		t.Errorf("evidence %v: %v", kept, err)
	}
	// A policy that wants a cosignature which the log does not have: the head is stale.
	l := openedLedger(t, filepath.Join(t.TempDir(), "ledger"), "ca.cbsa", "us.cbp", true)
	defer l.Close()
	keys, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	strict := strings.Replace(string(keys), "quorum none", "witness w "+l.WitnessKey()+"\nquorum w", 1)
	policy = filepath.Join(t.TempDir(), "policy")
	if err := os.WriteFile(policy, []byte(strict), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := look(dir, "m4")
	if status != statusFinding || !strings.Contains(stdout, "audit.stale") || len(lines(t, stdout)[0]["checkpoints"].([]any)) != 2 {
		t.Errorf("stale: status %d\n%s%s", status, stdout, stderr)
	}
}

// TestAuditRecover builds a damaged store again from the journal and says what came back.
func TestAuditRecover(t *testing.T) {
	home := filepath.Join(t.TempDir(), "us.cbp")
	s := &gateway.Settings{
		Agency: "us.cbp", Name: "gateway", Environment: "test", Journal: "journal",
		Listen: gateway.ListenSettings{API: "127.0.0.1:1", Enrol: "127.0.0.1:2", Log: "127.0.0.1:3", Ops: "127.0.0.1:4"},
	}
	if err := gateway.Create(home, s, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		if status, _, stderr := runs(t, "", "audit", "hold", "--id", id, "--subject", "submission/1", "--authority", "court", home); status != statusOK {
			t.Fatal(stderr)
		}
	}
	tables, err := filepath.Glob(filepath.Join(home, "ledger", "badger", "*"))
	if err != nil || len(tables) == 0 {
		t.Fatal(err)
	}
	for _, file := range tables {
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := runs(t, "", "audit", "recover", "--json", "--reason", "DISK_FAILURE", "--authority", "order 17", home)
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	got := lines(t, stdout)[0]
	if got["log"] != "internal" || got["size"] != 2.0 || got["index"] != 2.0 || !strings.Contains(got["evidence"].(string), "badger-damaged-") {
		t.Errorf("%v", got)
	}
	if status, stdout, stderr := runs(t, "", "audit", "search", "--kind", "audit.recovered", home); status != statusOK || !strings.Contains(stdout, "DISK_FAILURE") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

// TestAuditNewShard gives up what no copy has, and the other side agrees to it.
func TestAuditNewShard(t *testing.T) {
	homes := map[string]string{}
	for agency, peer := range map[string]string{"us.cbp": "ca.cbsa", "ca.cbsa": "us.cbp"} {
		homes[agency] = filepath.Join(t.TempDir(), agency)
		s := &gateway.Settings{
			Agency: agency, Name: "gateway", Environment: "test", Peers: []gateway.PeerSettings{{Agency: peer, URL: "https://127.0.0.1:1"}},
			Listen: gateway.ListenSettings{API: "127.0.0.1:1", Enrol: "127.0.0.1:2", Log: "127.0.0.1:3", Ops: "127.0.0.1:4"},
		}
		if err := gateway.Create(homes[agency], s, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for agency, home := range homes {
		in, err := os.ReadFile(filepath.Join(home, "introduction.json"))
		if err != nil {
			t.Fatal(err)
		}
		for other := range homes {
			if other != agency {
				if err := gateway.Introduce(homes[other], in); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	home := homes["us.cbp"]
	if status, _, stderr := runs(t, "", "audit", "hold", "--id", "1", "--subject", "submission/1", "--authority", "court", home); status != statusOK {
		t.Fatal(stderr)
	}
	order := []string{"audit", "recover", "--json", "--reason", "DISK_LOST", "--authority", "order 17", home}
	if status, _, stderr := runs(t, "", append(order, "--from", "peers")...); status != statusTrouble {
		t.Errorf("a peer that is not there: %d %s", status, stderr)
	}
	if status, _, stderr := runs(t, "", append(order, "--from", t.TempDir())...); status == statusOK {
		t.Errorf("an empty copy: %d %s", status, stderr)
	}
	status, stdout, stderr := runs(t, "", append(order, "--new-shard")...)
	if status != statusOK {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	year := time.Now().UTC().Format("2006")
	got := lines(t, stdout)
	if len(got) != 2 || got[0]["log"] != "ca.cbsa/"+year || got[0]["shard"] != true || got[1]["log"] != "internal/"+year {
		t.Errorf("%v", got)
	}
	// Nobody has cosigned the new shard yet, and that is all that is wrong.
	if _, stdout, stderr := runs(t, "", "audit", "verify", home); strings.Count(stdout, "problem") != 1 || !strings.Contains(stdout, "audit.quorum") || !strings.Contains(stdout, "internal/"+year+": verified") {
		t.Errorf("%s%s", stdout, stderr)
	}
	policy, err := os.ReadFile(filepath.Join(home, "ledger", "policy"))
	if err != nil {
		t.Fatal(err)
	}
	key := ""
	for line := range strings.Lines(string(policy)) {
		if k, ok := strings.CutPrefix(strings.TrimSpace(line), "log "); ok && strings.HasPrefix(k, "us.cbp/audit/ca.cbsa/") {
			key = k
		}
	}
	agree := []string{"audit", "agree", "--peer", "us.cbp", "--key", key, "--authority", "order 9", homes["ca.cbsa"]}
	if status, stdout, stderr := runs(t, "", agree...); status != statusOK || !strings.Contains(stdout, "agreed: "+key) {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if b, err := os.ReadFile(filepath.Join(homes["ca.cbsa"], "peers", "us.cbp.shards")); err != nil || string(b) != key+" order 9\n" {
		t.Errorf("%s %v", b, err)
	}
}

// TestAuditCompareBundle compares a bundle with a ledger: what the bundle holds, and nothing that it lacks.
func TestAuditCompareBundle(t *testing.T) {
	a := relationLedger(t, "us.cbp", "ca.cbsa",
		messageEvent("ca.cbsa", "record.sealed", "m1", "d1"), messageEvent("ca.cbsa", "record.sealed", "m2", "d2"))
	b := relationLedger(t, "ca.cbsa", "us.cbp",
		messageEvent("us.cbp", "message.received", "m2", "other"), messageEvent("us.cbp", "message.received", "m3", "d3"))
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	if status, _, stderr := runs(t, "", "audit", "export", "--out", bundle, a); status != statusOK {
		t.Fatal(stderr)
	}
	status, stdout, stderr := runs(t, "", "audit", "compare", "--json", bundle, b)
	found := lines(t, stdout)
	if status != statusFinding || len(found) != 2 || found[0]["id"] != "m1" || found[1]["id"] != "m2" || found[1]["field"] != "digest" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	forged := filepath.Join(t.TempDir(), "forged.zip")
	rezip(t, bundle, forged, "m1", "m9")
	if status, stdout, stderr := runs(t, "", "audit", "compare", forged, b); status != statusTrouble || stdout != "" {
		t.Errorf("a forged bundle: status %d\n%s%s", status, stdout, stderr)
	}
}
