package gateway

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// healthLine is one thing that is wrong, in words; /readyz, the console and
// status share them.
type healthLine struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // warning, or error: not ready
	Text     string `json:"text"`
}

func (g *Gateway) health(now time.Time) []healthLine {
	lines := []healthLine{}
	warn := func(code, text string) { lines = append(lines, healthLine{code, "warning", text}) }
	if g.stopping.Load() {
		lines = append(lines, healthLine{"stopping", "error", "the gateway is stopping"})
	}
	for _, s := range g.ledger.Status() {
		for _, p := range s.Problems {
			severity := "error"
			if p.Warning {
				severity = "warning"
			}
			text := s.Log + ": " + p.Message
			if p.Code == "audit.behind" {
				text += "; stop the gateway, then: peacebridge audit recover --from peers, and with --new-shard what no copy has is given up"
			}
			lines = append(lines, healthLine{"ledger." + p.Code, severity, text})
		}
		g.awayLines(s, now, warn)
	}
	for _, name := range g.peerNames {
		g.peerLines(g.peers[name], warn)
	}
	for _, c := range g.couriers {
		c.mu.Lock()
		if c.reason != "" {
			warn("delivery", c.peer.agency+": "+c.reason)
		}
		c.mu.Unlock()
	}
	g.agreements.mu.RLock()
	for _, name := range g.agreements.bad {
		warn("agreement", name+" cannot be read: run peacebridge agreement lint")
	}
	g.agreements.mu.RUnlock()
	g.tasksMu.Lock()
	if g.notReloaded != "" {
		warn("config", "not taken over: "+g.notReloaded)
	}
	for task := range g.tasks {
		warn("task", task+" failed and is repeated")
	}
	g.tasksMu.Unlock()
	slices.SortFunc(lines, func(a, b healthLine) int {
		if a.Code != b.Code {
			return compare(a.Code, b.Code)
		}
		return compare(a.Text, b.Text)
	})
	return lines
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// status is what operators and the demo read: counts over everything that was
// ever committed, and how the logs stand.
type status struct {
	Agency  string            `json:"agency"`
	Health  []healthLine      `json:"health"`
	Counts  map[string]uint64 `json:"counts"`
	Outbox  map[string]int    `json:"outbox"`
	Open    int               `json:"open"` // submissions stored and not yet answered
	Ledgers []ledgerStatus    `json:"ledgers"`
}

type ledgerStatus struct {
	Log        string   `json:"log"`
	Relation   string   `json:"relation"`         // whose shard it is: an agency, or internal
	Closed     bool     `json:"closed,omitempty"` // a later shard takes the events
	Origin     string   `json:"origin"`
	Size       uint64   `json:"size"`
	Root       string   `json:"root"`
	Published  uint64   `json:"published"`
	Cosigned   uint64   `json:"cosigned"`
	CosignedBy []string `json:"cosignedBy"`

	CosignedAt  string `json:"cosignedAt,omitempty"`  // by the witness's clock
	CosignedAge string `json:"cosignedAge,omitempty"` // when this was asked
	Mirrored    uint64 `json:"mirrored,omitempty"`    // size of the copy of the peer's log
	MirroredLog string `json:"mirroredLog,omitempty"` // origin of the peer's shard that is copied

	Witnesses []witnessStatus `json:"witnesses,omitempty"` // the peer first
}

// witnessStatus is how far one witness of a log has come.
type witnessStatus struct {
	Name       string `json:"name"`
	Cosigned   uint64 `json:"cosigned"`
	CosignedAt string `json:"cosignedAt,omitempty"`
	Age        string `json:"age,omitempty"`
}

func (g *Gateway) status() (*status, error) {
	s := &status{Agency: g.settings.Agency, Health: g.health(g.now()), Counts: map[string]uint64{}, Outbox: map[string]int{}}
	counts, err := g.ledger.Scan("count/", "", 0)
	if err != nil {
		return nil, err
	}
	for _, item := range counts {
		var n uint64
		if err := json.Unmarshal(item.Value, &n); err != nil {
			return nil, err
		}
		s.Counts[item.Key[len("count/"):]] = n
	}
	for _, name := range g.peerNames {
		items, err := g.ledger.Scan("outbox/"+name+"/", "", scanOutbox)
		if err != nil {
			return nil, err
		}
		s.Outbox[name] = len(items)
	}
	open, err := g.ledger.Scan("open/", "", scanOutbox)
	if err != nil {
		return nil, err
	}
	s.Open = len(open)
	for _, l := range g.ledger.Status() {
		by := l.CosignedBy
		if by == nil {
			by = []string{}
		}
		one := ledgerStatus{
			Log: l.Log, Relation: l.Relation, Closed: l.Closed, Origin: l.Origin, Size: l.Size, Root: hex.EncodeToString(l.Root[:]),
			Published: l.PublishedSize, Cosigned: l.CosignedSize, CosignedBy: by,
		}
		if !l.CosignedAt.IsZero() {
			one.CosignedAt, one.CosignedAge = stamp(l.CosignedAt), age(g.now().Sub(l.CosignedAt))
		}
		for _, w := range l.Witnesses {
			ws := witnessStatus{Name: w.Name, Cosigned: w.Size}
			if !w.At.IsZero() {
				ws.CosignedAt, ws.Age = stamp(w.At), age(g.now().Sub(w.At))
			}
			one.Witnesses = append(one.Witnesses, ws)
		}
		if p := g.peers[l.Relation]; p != nil && !l.Closed {
			copied := p.log.copied()
			one.Mirrored, one.MirroredLog = copied.Size, copied.Origin
		}
		s.Ledgers = append(s.Ledgers, one)
	}
	return s, nil
}

// opsRoutes is the ops listener, on loopback only.
func (g *Gateway) opsRoutes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		g.opsJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	m.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		lines, code := g.health(g.now()), http.StatusOK
		if slices.ContainsFunc(lines, func(l healthLine) bool { return l.Severity == "error" }) {
			code = http.StatusServiceUnavailable
		}
		g.opsJSON(w, code, map[string]any{"ready": code == http.StatusOK, "health": lines})
	})
	m.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		s, err := g.status()
		if err != nil {
			g.log.Error("status", "error", err.Error())
			g.opsJSON(w, http.StatusInternalServerError, map[string]string{"status": "failed"})
			return
		}
		g.opsJSON(w, http.StatusOK, s)
	})
	m.Handle("GET /metrics", promhttp.HandlerFor(g.metrics(), promhttp.HandlerOpts{}))
	return m
}

func (g *Gateway) opsJSON(w http.ResponseWriter, code int, v any) {
	if err := writeJSON(w, code, v); err != nil {
		g.log.Error("ops answer", "error", err.Error())
	}
}
