package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDay plays the day as a newcomer does, and holds every word of the contract
// about `demo --once --json` against it.
func TestDay(t *testing.T) {
	d := day(t)
	if d.status != 0 {
		t.Fatalf("exit status %d\n%s\n%s", d.status, d.stdout, d.stderr)
	}
	if strings.Contains(d.stderr, "NOT AS EXPECTED") {
		t.Errorf("a step did not end as expected:\n%s", d.stderr)
	}
	t.Run("summary", func(t *testing.T) { checkSummary(t, d.stdout) })
	t.Run("seconds", d.seconds)
	t.Run("tree", func(t *testing.T) { checkTree(t, d.dir) })
	t.Run("logs", func(t *testing.T) {
		sound(t, filepath.Join(d.dir, cbp, "serve.log"))
		sound(t, filepath.Join(d.dir, cbsa, "serve.log"))
	})
	t.Run("verify", func(t *testing.T) {
		for _, agency := range []string{cbsa, cbp} {
			verifyFolder(t, d.dir, agency)
		}
	})
	t.Run("folder must be empty", func(t *testing.T) {
		if o := peacebridge(t, "demo", "--once", "--json", "--dir", d.dir); o.status != 2 || o.stdout != "" {
			t.Errorf("a second demo in the same folder: exit status %d, stdout %q", o.status, o.stdout)
		}
	})
	t.Run("privacy of keys", func(t *testing.T) { checkKeysPrivate(t, d.dir) })
}

// checkSummary holds the one line on stdout against the contract: exactly these
// members, and numbers that fit together.
func checkSummary(t *testing.T, stdout string) {
	if strings.Count(stdout, "\n") != 1 {
		t.Fatalf("stdout is not one line: %q", stdout)
	}
	s := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatal(err)
	}
	numbers := func(group string, names ...string) map[string]int64 {
		var got map[string]int64
		if err := json.Unmarshal(s[group], &got); err != nil {
			t.Errorf("%s: %v: %s", group, err, s[group])
			return nil
		}
		for _, name := range names {
			if _, ok := got[name]; !ok {
				t.Errorf("%s has no %s", group, name)
			}
		}
		if len(got) != len(names) {
			t.Errorf("%s has other members than the contract: %s", group, s[group])
		}
		return got
	}
	docs := numbers("documents", "submitted", "accepted", "rejected")
	ex := numbers("exchanges", "sealed", "delivered", "receipts", "refused")
	el := numbers("elements", "shared", "masked", "withheld")
	rec := numbers("recognition", "recognised", "partial", "refer", "notRecognised")
	// The day: two manifests, a cargo report, a broken one, an exam, a trader
	// status, the first manifest again, and one while the peer is down.
	want := map[string]int64{"submitted": 8, "accepted": 6, "rejected": 1}
	for name, n := range want {
		if docs[name] != n {
			t.Errorf("documents: %s is %d, expected %d", name, docs[name], n)
		}
	}
	if ex["sealed"] == 0 || ex["delivered"] != ex["sealed"] || ex["receipts"] != ex["sealed"] || ex["refused"] != 1 {
		t.Errorf("exchanges do not fit together: %v", ex)
	}
	if el["shared"] == 0 || el["masked"] == 0 || el["withheld"] == 0 {
		t.Errorf("elements: %v", el)
	}
	if rec["recognised"] != 1 || rec["partial"]+rec["refer"]+rec["notRecognised"] != 0 {
		t.Errorf("recognition: %v", rec)
	}
	checkSummaryLedgers(t, s["ledgers"])
	if len(s) != 6 {
		t.Errorf("other members than the contract's: %s", stdout)
	}
}

// seconds holds the contract's 30 seconds against the day. They are those of a
// machine that has nothing else to do: where others wait for processors and disks
// at the same time, what they waited may be added.
func (d *onceDay) seconds(t *testing.T) {
	var s struct{ Seconds float64 }
	if err := json.Unmarshal([]byte(d.stdout), &s); err != nil || s.Seconds <= 0 {
		t.Fatalf("seconds: %v: %s", err, d.stdout)
	}
	took := time.Duration(s.Seconds * float64(time.Second))
	t.Logf("%v, with %v of processor time; the machine was waited for %v", took, d.busy, d.stalled)
	const limit = 30 * time.Second
	if d.busy > limit || d.counted && took > limit+d.stalled {
		t.Errorf("a day takes %v, %v of it at work", took, d.busy)
	}
}

func checkSummaryLedgers(t *testing.T, raw json.RawMessage) {
	var ledgers []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &ledgers); err != nil || len(ledgers) != 2 {
		t.Fatalf("ledgers: %v: %s", err, raw)
	}
	seen := map[string]bool{}
	for _, l := range ledgers {
		b, _ := json.Marshal(l) // it was decoded a moment ago
		var v struct {
			Agency     string
			Size       uint64
			Root       string
			Verified   bool
			CosignedBy []string
		}
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		for _, name := range []string{"agency", "size", "root", "verified", "cosignedBy"} {
			if _, ok := l[name]; !ok {
				t.Errorf("ledger has no %s: %s", name, b)
			}
		}
		if len(l) != 5 || v.Size == 0 || !v.Verified || v.Root == "" || len(v.CosignedBy) == 0 {
			t.Errorf("ledger: %s", b)
		}
		seen[v.Agency] = true
	}
	if !seen[cbp] || !seen[cbsa] {
		t.Errorf("ledgers are of %v", seen)
	}
}

// checkTree expects the files of the contract.
func checkTree(t *testing.T, dir string) {
	var want []string
	for _, agency := range []string{cbsa, cbp} {
		for _, name := range []string{"config.yaml", "keys", "ca", "rules", "ledger", "serve.log"} {
			want = append(want, agency+"/"+name)
		}
	}
	for _, name := range clientNames {
		for _, file := range []string{"client.crt", "client.key", "ca.crt", "gateway"} {
			want = append(want, "clients/"+name+"/"+file)
		}
	}
	for _, name := range append(want, "agreement.yaml", "agreement.yaml.ca.cbsa.jws", "agreement.yaml.us.cbp.jws") {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		} else if !info.IsDir() && info.Size() == 0 && !strings.HasSuffix(name, ".log") {
			t.Errorf("%s is empty", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !regexp.MustCompile(`^(ca\.cbsa|us\.cbp|clients|agreement\.yaml(\..+\.jws)?)$`).MatchString(e.Name()) {
			t.Errorf("%s is not in the contract", e.Name())
		}
	}
}

// checkKeysPrivate looks for secrets that others on the machine may read.
func checkKeysPrivate(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		secret := bytes.Contains(b, []byte("PRIVATE KEY")) || bytes.Contains(b, []byte(`"d":`)) && strings.Contains(path, "/keys/")
		if secret && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// readyLine is what a serving demo prints after its day.
type readyLine struct {
	Ready    bool
	Gateways []struct {
		Agency, URL, EnrolURL, LogURL, OpsURL, Home string
		Clients                                     []struct{ Name, Role, Dir string }
	}
}

// demo is a demo that goes on serving.
type demo struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	lines  chan string
	stderr *os.File
	ready  readyLine
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{t: t, dir: filepath.Join(t.TempDir(), "demo"), lines: make(chan string, 16)}
	var err error
	if d.stderr, err = os.Create(filepath.Join(t.TempDir(), "stderr")); err != nil {
		t.Fatal(err)
	}
	d.cmd = exec.Command(binary, "demo", "--json", "--dir", d.dir)
	d.cmd.Stderr = d.stderr
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.lines)
		sc := bufio.NewScanner(stdout)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			d.lines <- sc.Text()
		}
	}()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // after stop there is nothing left to kill
		_ = d.stderr.Close()
	})
	return d
}

// waitReady waits for the line that says that the day has ended.
func (d *demo) waitReady() {
	d.t.Helper()
	select {
	case line, ok := <-d.lines:
		if !ok {
			d.t.Fatalf("demo ended: %v\n%s", d.cmd.Wait(), d.said())
		}
		d.ready = decode[readyLine](d.t, []byte(line))
	case <-time.After(patience):
		d.t.Fatalf("demo is not ready after %v\n%s", patience, d.said())
	}
}

func (d *demo) said() string {
	b, _ := os.ReadFile(d.stderr.Name()) // shown only when something else went wrong
	return string(b)
}

// stop ends the demo by TERM, which must be exit status 0.
func (d *demo) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	for line := range d.lines { // until stdout closes
		d.t.Errorf("demo printed more than the ready line: %s", line)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("demo ended by TERM with %v\n%s", err, d.said())
	}
}

func (d *demo) clientDir(name string) string { return filepath.Join(d.dir, "clients", name) }

// TestServingDemo goes on where the day ended, with the commands that the
// contract gives to clients.
func TestServingDemo(t *testing.T) {
	d := startDemo(t)
	d.waitReady()
	if !d.ready.Ready || len(d.ready.Gateways) != 2 {
		t.Fatalf("ready line: %+v", d.ready)
	}
	for _, g := range d.ready.Gateways {
		for what, url := range map[string]string{"url": g.URL, "enrolUrl": g.EnrolURL, "logUrl": g.LogURL, "opsUrl": g.OpsURL} {
			if !regexp.MustCompile(`^https?://127\.0\.0\.1:[0-9]+$`).MatchString(url) {
				t.Errorf("%s: %s is %q", g.Agency, what, url)
			}
		}
		if _, err := os.Stat(filepath.Join(g.Home, "config.yaml")); err != nil || len(g.Clients) != 3 {
			t.Errorf("%s: home or clients: %v %+v", g.Agency, err, g.Clients)
		}
		roles := map[string]bool{}
		for _, c := range g.Clients {
			roles[c.Role] = true
			if _, err := os.Stat(filepath.Join(c.Dir, "client.crt")); err != nil || filepath.Base(c.Dir) != c.Name {
				t.Errorf("client %+v: %v", c, err)
			}
		}
		if !roles["partner"] || !roles["system"] || !roles["auditor"] {
			t.Errorf("%s: roles %v", g.Agency, roles)
		}
	}
	t.Run("send, status, inbox", func(t *testing.T) { d.clientCommands(t) })
	t.Run("a held ledger is not opened", func(t *testing.T) {
		o := peacebridge(t, "audit", "verify", "--json", filepath.Join(d.dir, cbp, "ledger"))
		if o.status != 2 || !strings.Contains(o.stdout+o.stderr, d.ready.Gateways[1].LogURL) {
			t.Errorf("exit status %d, logUrl not named: %s%s", o.status, o.stdout, o.stderr)
		}
	})
	t.Run("the log is verified over HTTP", func(t *testing.T) {
		for _, g := range d.ready.Gateways {
			waitQuiet(t, g.OpsURL)
			policy := filepath.Join(d.clientDir("auditor-"+strings.SplitN(g.Agency, ".", 2)[1]), "policy")
			for log, v := range verify(t, "--policy", policy, g.LogURL) {
				if !v.Verified || v.Trust != "policy" || len(v.Cosignatures) == 0 {
					t.Errorf("%s: log %s: %+v", g.LogURL, log, v)
				}
			}
		}
		if o := peacebridge(t, "audit", "verify", d.ready.Gateways[0].LogURL); o.status != 2 {
			t.Errorf("a URL without a policy: exit status %d", o.status)
		}
	})
	d.stop()
	for _, agency := range []string{cbsa, cbp} {
		sound(t, filepath.Join(d.dir, agency, "serve.log"))
		verifyFolder(t, d.dir, agency)
	}
}

func (d *demo) clientCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "manifest.x12")
	if err := os.WriteFile(file, manifest(t, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := peacebridge(t, "send", "--as", d.clientDir("carrier-cbp"), "--json", file)
	if sent.status != 0 {
		t.Fatalf("send: exit status %d\n%s", sent.status, sent.stderr)
	}
	doc := decode[document](t, []byte(sent.stdout))
	if doc.State != "accepted" || doc.Class == "" || doc.Acknowledgement != "997" {
		t.Errorf("send printed %s", sent.stdout)
	}
	o := peacebridge(t, "status", "--as", d.clientDir("carrier-cbp"), "--json", doc.ID)
	if got := decode[document](t, []byte(o.stdout)); o.status != 0 || got.ID != doc.ID || got.State != "accepted" {
		t.Errorf("status for the partner: exit status %d %s", o.status, o.stdout)
	}
	within(t, "the agency's system sees it delivered", func() error {
		o := peacebridge(t, "status", "--as", d.clientDir("system-cbp"), "--json", doc.ID)
		if got := decode[document](t, []byte(o.stdout)); o.status != 0 || got.State != "delivered" {
			return fmt.Errorf("exit status %d, %s", o.status, o.stdout)
		}
		return nil
	})
	page := peacebridge(t, "inbox", "--as", d.clientDir("system-cbsa"), "--json")
	items := decode[struct {
		Items []document
		Next  string
	}](t, []byte(page.stdout))
	if page.status != 0 || len(items.Items) < 4 || items.Next == "" {
		t.Fatalf("inbox: exit status %d, %s", page.status, page.stdout)
	}
	last := items.Items[len(items.Items)-1]
	content := peacebridge(t, "inbox", "--as", d.clientDir("system-cbsa"), "--content", last.ID)
	if content.status != 0 || !json.Valid([]byte(content.stdout)) {
		t.Errorf("inbox --content: exit status %d %s", content.status, content.stderr)
	}
	if o := peacebridge(t, "send", "--as", d.clientDir("carrier-cbp"), "--json", file); o.status != 1 || !strings.Contains(o.stdout, doc.ID) {
		t.Errorf("send again: exit status %d, the first one is not named: %s%s", o.status, o.stdout, o.stderr)
	}
	if o := peacebridge(t, "status", "--as", d.clientDir("carrier-cbp"), "no-such-id"); o.status != 1 {
		t.Errorf("status of an unknown id: exit status %d", o.status)
	}
	if o := peacebridge(t, "status", "--as", t.TempDir(), doc.ID); o.status != 2 {
		t.Errorf("status without a client folder: exit status %d", o.status)
	}
}
