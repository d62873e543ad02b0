package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"peacebridge/gateway"
)

// kills is how often a gateway is killed, at least. The issue wants twenty.
const kills = 30

// TestDayUnderKill kills both gateways at random moments while the demo plays
// its day and carriers of both sides hand in documents of their own. Every
// document that was accepted must arrive once, and both ledgers must verify.
func TestDayUnderKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	calm := newWorld(t).start() // what a day without kills brings
	want := map[string]map[string]int{
		cbsa: calm.client(t, "system-cbsa").references(),
		cbp:  calm.client(t, "system-cbp").references(),
	}
	d := startDemo(t)
	d.waitEnrolled()

	s := &stream{dir: d.dir, stop: make(chan struct{})}
	var senders sync.WaitGroup
	for i := range 2 {
		senders.Go(func() { s.run(t, "carrier-cbp", number(1000*i), manifest) })
		senders.Go(func() { s.run(t, "carrier-cbsa", number(5000+1000*i), northbound) })
	}
	killed := d.killAtRandom()
	close(s.stop)
	senders.Wait()
	d.waitReady()
	for _, g := range d.ready.Gateways {
		waitQuiet(t, g.OpsURL)
	}
	t.Logf("%d kills of CBSA's gateway, %d of CBP's; %d documents accepted in %d requests", killed[cbsa], killed[cbp], len(s.sent), s.requests)

	for _, doc := range s.sent {
		for _, key := range doc.keys {
			want[doc.at][key]++
		}
		system := openClient(t, d.clientDir("system-"+strings.TrimPrefix(doc.client, "carrier-")))
		if got := system.document(doc.id); got.State != "delivered" {
			t.Errorf("document %s is %s %s", doc.id, got.State, got.Reason)
		}
	}
	for _, agency := range []string{cbsa, cbp} {
		got := openClient(t, d.clientDir("system-"+strings.SplitN(agency, ".", 2)[1])).references()
		for _, key := range slices.Sorted(maps.Keys(want[agency])) {
			if got[key] != want[agency][key] {
				t.Errorf("inbox of %s: %s is there %d times, expected %d", agency, key, got[key], want[agency][key])
			}
			delete(got, key)
		}
		for key := range got {
			t.Errorf("inbox of %s: nobody sent %s", agency, key)
		}
	}
	d.stop()
	if said := d.said(); strings.Contains(said, "NOT AS EXPECTED") {
		t.Errorf("the day under kills did not end as the day without:\n%s", said)
	}
	for _, agency := range []string{cbsa, cbp} {
		verifyFolder(t, d.dir, agency)
		sound(t, filepath.Join(d.dir, agency, "serve.log"))
	}
}

// waitEnrolled waits until every client of the demo has its folder: enrolment
// is a conversation with an operator, and not under test here.
func (d *demo) waitEnrolled() {
	d.t.Helper()
	within(d.t, "the clients are enrolled", func() error {
		for _, name := range clientNames {
			if _, err := os.Stat(filepath.Join(d.clientDir(name), "gateway")); err != nil {
				return err
			}
		}
		return nil
	})
}

// killAtRandom kills now this, now that gateway. A kill counts when it ended a
// process that had not been killed before.
func (d *demo) killAtRandom() map[string]int {
	d.t.Helper()
	seed := rand.Uint64()
	d.t.Logf("seed of the kills: %d", seed)
	rnd := rand.New(rand.NewPCG(seed, seed))
	killed, last := map[string]int{}, map[string]int{}
	for killed[cbsa]+killed[cbp] < kills || killed[cbsa] < kills/3 || killed[cbp] < kills/3 {
		// Short pauses hit a gateway that is starting, long ones one at work. Every
		// third is at work, however long a start takes on this machine.
		agency := []string{cbsa, cbp}[rnd.IntN(2)]
		if (killed[cbsa]+killed[cbp])%3 == 2 {
			d.waitServing(agency)
		}
		time.Sleep(time.Duration(50+rnd.IntN(1200)) * time.Millisecond)
		b, err := os.ReadFile(filepath.Join(d.dir, agency, "serve.pid"))
		if err != nil {
			d.t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil || pid == last[agency] || !isGateway(pid, d.dir, agency) {
			continue // it is just being started
		}
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			last[agency] = pid
			killed[agency]++
		}
	}
	return killed
}

// waitServing waits until a gateway of the demo is ready.
func (d *demo) waitServing(agency string) {
	d.t.Helper()
	s, err := gateway.LoadSettings(filepath.Join(d.dir, agency, "config.yaml"))
	if err != nil {
		d.t.Fatal(err)
	}
	within(d.t, agency+" is serving", func() error { return expectStatus(s.Addresses().Ops+"/readyz", http.StatusOK) })
}

// isGateway makes sure that a process id is still that of our gateway.
func isGateway(pid int, dir, agency string) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(b, []byte("serve")) && bytes.Contains(b, []byte(filepath.Join(dir, agency)))
}

// stream hands in documents until it is stopped.
type stream struct {
	dir  string
	stop chan struct{}

	mu       sync.Mutex
	sent     []sent
	requests int
}

// sent is a document that was accepted.
type sent struct {
	id     string
	client string
	at     string // whose inbox it must be in
	keys   []string
}

func (s *stream) run(t *testing.T, name string, from number, make func(*testing.T, number) []byte) {
	c, err := newClient(filepath.Join(s.dir, "clients", name))
	if err != nil {
		t.Error(err)
		return
	}
	c.http.Timeout = time.Minute
	defer c.http.CloseIdleConnections()
	for n := from; ; n++ {
		select {
		case <-s.stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		body := make(t, n)
		id, err := s.insist(c, body, fmt.Sprintf("%s-%d", name, n))
		if err != nil {
			t.Errorf("document %d of %s: %v", n, name, err)
			continue
		}
		doc := sent{id: id, client: name, at: cbsa, keys: manifestKeys(n)}
		if name == "carrier-cbsa" {
			doc.at, doc.keys = cbp, []string{northboundKey(n)}
		}
		s.mu.Lock()
		s.sent = append(s.sent, doc)
		s.mu.Unlock()
	}
}

// insist repeats a request with the same key until it has an answer that says
// what became of the document.
func (s *stream) insist(c *client, body []byte, key string) (string, error) {
	var last error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		s.mu.Lock()
		s.requests++
		s.mu.Unlock()
		a, err := c.try(context.Background(), http.MethodPost, "/v1/documents", postHeader(body, "Idempotency-Key", key), bytes.NewReader(body))
		switch {
		case err != nil:
			last = err
		case a.status == http.StatusAccepted:
			d, err := decodeDocument(a.body)
			return d.ID, err
		case a.status == http.StatusServiceUnavailable, a.status == http.StatusTooManyRequests,
			bytes.Contains(a.body, []byte("request-in-progress")):
			last = fmt.Errorf("answered %v", a)
		default:
			return "", fmt.Errorf("answered %v", a)
		}
	}
	return "", fmt.Errorf("no answer in %v, at last: %w", patience, last)
}
