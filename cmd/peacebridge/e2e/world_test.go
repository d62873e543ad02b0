package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"peacebridge/gateway"
)

const (
	cbp  = "us.cbp"
	cbsa = "ca.cbsa"
)

// names of the clients of the contract.
var clientNames = []string{"carrier-cbsa", "carrier-cbp", "system-cbsa", "system-cbp", "auditor-cbsa", "auditor-cbp"}

// world is two agencies' homes and their clients, on ports of their own.
type world struct {
	t        *testing.T
	dir      string
	settings map[string]*gateway.Settings
	gateways map[string]*process
}

// newWorld copies what the undisturbed day left behind: parties that are
// enrolled, an agreement that is signed, and ledgers that have a past.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), settings: map[string]*gateway.Settings{}, gateways: map[string]*process{}}
	if err := os.CopyFS(w.dir, os.DirFS(day(t).dir)); err != nil {
		t.Fatal(err)
	}
	restrict(t, day(t).dir, w.dir)
	for _, agency := range []string{cbsa, cbp} {
		s, err := gateway.LoadSettings(w.config(agency))
		if err != nil {
			t.Fatal(err)
		}
		s.Listen = gateway.ListenSettings{API: freePort(t), Enrol: freePort(t), Log: freePort(t), Ops: freePort(t)}
		w.settings[agency] = s
	}
	for _, agency := range []string{cbsa, cbp} {
		w.settings[agency].Peers[0].URL = w.url(other(agency))
	}
	w.save()
	return w
}

// restrict gives the copies the modes of the originals: a private key that
// others may read is refused, rightly.
func restrict(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(to, rel), info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func other(agency string) string {
	if agency == cbp {
		return cbsa
	}
	return cbp
}

func (w *world) home(agency string) string   { return filepath.Join(w.dir, agency) }
func (w *world) config(agency string) string { return filepath.Join(w.home(agency), "config.yaml") }
func (w *world) url(agency string) string    { return w.settings[agency].Addresses().API }
func (w *world) client(t *testing.T, name string) *client {
	t.Helper()
	return openClient(t, w.clientDir(name))
}

func (w *world) clientDir(name string) string {
	return filepath.Join(w.dir, "clients", name)
}

// save writes the settings to the homes, and the addresses to the clients.
func (w *world) save() {
	w.t.Helper()
	for agency, s := range w.settings {
		b, err := yaml.Marshal(s)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(w.config(agency), b, 0o644); err != nil {
			w.t.Fatal(err)
		}
		for _, name := range clientNames {
			if !strings.HasSuffix(agency, "."+name[strings.Index(name, "-")+1:]) {
				continue
			}
			if err := os.WriteFile(filepath.Join(w.clientDir(name), "gateway"), []byte(w.url(agency)+"\n"), 0o644); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// start runs both gateways; they end with the test, cleanly.
func (w *world) start() *world {
	w.t.Helper()
	for _, agency := range []string{cbsa, cbp} {
		w.startOne(agency)
	}
	return w
}

func (w *world) startOne(agency string) *process {
	w.t.Helper()
	p := serve(w.t, w.home(agency), w.settings[agency].Addresses())
	w.gateways[agency] = p
	return p
}

// quiet waits until both gateways have nothing left to do, and every published
// head is cosigned.
func (w *world) quiet() {
	w.t.Helper()
	for _, agency := range []string{cbsa, cbp} {
		waitQuiet(w.t, w.settings[agency].Addresses().Ops)
	}
}

// process is one `peacebridge serve`.
type process struct {
	t         *testing.T
	home      string
	addresses gateway.Addresses
	cmd       *exec.Cmd
	ended     chan error
	log       string
}

func serve(t *testing.T, home string, addresses gateway.Addresses) *process {
	t.Helper()
	p := &process{t: t, home: home, addresses: addresses, log: filepath.Join(home, "serve.log"), ended: make(chan error, 1)}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close() // the process has its own
	p.cmd = exec.Command(binary, "serve", "--debug", "--config", filepath.Join(home, "config.yaml"))
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(p.stop)
	p.waitReady()
	return p
}

func (p *process) waitReady() {
	p.t.Helper()
	within(p.t, "gateway "+p.home+" is ready", func() error {
		select {
		case err := <-p.ended:
			p.ended <- err
			p.t.Fatalf("gateway %s ended: %v\n%s", p.home, err, tail(p.log))
		default:
		}
		return expectStatus(p.addresses.Ops+"/readyz", http.StatusOK)
	})
}

// stop ends the gateway as an operator does, and expects a clean end.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("gateway %s ended with %v\n%s", p.home, err, tail(p.log))
		}
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		p.t.Errorf("gateway %s did not end on TERM", p.home)
	}
	p.cmd = nil
}

// kill ends the gateway as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
	p.cmd = nil
}

// memory is the resident set of the process in bytes, now and at its highest.
func (p *process) memory() (now, peak int64) {
	p.t.Helper()
	now, err := p.kernel("VmRSS:")
	if errors.Is(err, fs.ErrNotExist) {
		p.t.Skipf("no /proc on this system: %v", err)
	}
	peak, err2 := p.kernel("VmHWM:")
	if err := errors.Join(err, err2); err != nil {
		p.t.Fatal(err)
	}
	return now, peak
}

// kernel reads a number of bytes that the kernel keeps of the process.
func (p *process) kernel(name string) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("%s is not in /proc/PID/status", name)
}

// logLine is a line of serve.log.
type logLine struct {
	Level, Msg string
	Error      string
}

// sound fails the test for what no gateway may ever log: a line of level ERROR,
// a panic, or something that is no JSON.
func sound(t *testing.T, log string) {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("panic")) || bytes.Contains(b, []byte("goroutine ")) {
		t.Errorf("%s tells of a panic:\n%s", log, tail(log))
	}
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if !strings.HasPrefix(sc.Text(), "{") {
			continue // what serve says to people
		}
		var l logLine
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Errorf("%s: %v: %s", log, err, sc.Text())
		} else if l.Level == "ERROR" {
			t.Errorf("%s: %s", log, sc.Text())
		}
	}
}

func tail(file string) string {
	b, _ := os.ReadFile(file) // shown only when something else went wrong
	return string(b[max(0, len(b)-4000):])
}

// freePort is an address that nobody listens on, for the length of a test. It is
// below the ports that outgoing connections get and apart from those of demos,
// and the UDP port of the same number is the sign for other tests, also of other
// processes, that it is taken: a gateway that is started again must find its own
// free.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(10_000))
		taken, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			_ = taken.Close() // nothing was said on it
			continue
		}
		t.Cleanup(func() { _ = taken.Close() }) // likewise
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}

// patience is how long a test waits for what must come: far longer than the
// slowest machine needs, because a test that passes does not wait for it.
const patience = 5 * time.Minute

// within repeats what fails until it does not, or patience is at its end.
func within(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("after %v it is not so that %s: %v", patience, what, err)
}

func expectStatus(url string, want int) error {
	res, err := http.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		return fmt.Errorf("%s answered %d", url, res.StatusCode)
	}
	return nil
}

// opsStatus is what the ops listener says.
type opsStatus struct {
	Counts  map[string]int64
	Outbox  map[string]int
	Open    int
	Ledgers []struct {
		Log, Relation             string
		Size, Published, Cosigned uint64
	}
}

func readOps(ops string) (*opsStatus, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ops+"/status", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var s opsStatus
	return &s, json.NewDecoder(res.Body).Decode(&s)
}

func waitQuiet(t *testing.T, ops string) {
	t.Helper()
	within(t, "everything has ended and is cosigned", func() error {
		s, err := readOps(ops)
		if err != nil {
			return err
		}
		if s.Open > 0 {
			return fmt.Errorf("%d submissions are open", s.Open)
		}
		for peer, n := range s.Outbox {
			if n > 0 {
				return fmt.Errorf("%d messages wait for %s", n, peer)
			}
		}
		for _, l := range s.Ledgers {
			if l.Relation != "internal" && (l.Published < l.Size || l.Cosigned < l.Published) {
				return fmt.Errorf("log %s: %d of %d entries are cosigned", l.Log, l.Cosigned, l.Size)
			}
		}
		return nil
	})
}

// verdict is a line of `audit verify --json`.
type verdict struct {
	Log          string
	Verified     bool
	Trust        string
	Origin       string
	Size         uint64
	Root         string
	Cosignatures []string
	Problems     []struct {
		Code    string
		Index   uint64
		Message string
	}
}

// verifyFolder lets the program verify a ledger folder by its own policy and,
// the log of the relation, by the auditor's.
func verifyFolder(t *testing.T, dir, agency string) map[string]verdict {
	t.Helper()
	ledger := filepath.Join(dir, agency, "ledger")
	all := verify(t, ledger)
	for _, log := range []string{"internal", other(agency)} {
		v, ok := all[log]
		if !ok || !v.Verified || len(v.Problems) > 0 {
			t.Errorf("%s: log %s is not verified: %+v", ledger, log, v)
		}
	}
	policy := filepath.Join(dir, "clients", "auditor-"+strings.SplitN(agency, ".", 2)[1], "policy")
	v := verify(t, "--policy", policy, "--log", other(agency), ledger)[other(agency)]
	if !v.Verified || v.Trust != "policy" || len(v.Cosignatures) == 0 {
		t.Errorf("%s by the auditor's policy: %+v", ledger, v)
	}
	return all
}

func verify(t *testing.T, args ...string) map[string]verdict {
	t.Helper()
	o := peacebridge(t, append([]string{"audit", "verify", "--json"}, args...)...)
	if o.status != 0 {
		t.Errorf("audit verify %v: exit status %d\n%s%s", args, o.status, o.stdout, o.stderr)
	}
	all := map[string]verdict{}
	for line := range strings.Lines(o.stdout) {
		var v verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all[v.Log] = v
	}
	return all
}

// write replaces a file as a careful operator does: whole, or not at all.
func write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file+".new", b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func errState(d document) error { return fmt.Errorf("document %s is %s %s", d.ID, d.State, d.Reason) }

func pemCertificate(t *testing.T, b []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(b)
	if block == nil {
		t.Fatal("no PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
