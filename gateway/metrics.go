package gateway

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// collector shows the counts of the ledger's state as metrics. They count what
// was committed over the life of the ledger, not of the process, and name
// nothing but kinds of events.
type collector struct{ g *Gateway }

var (
	descEvents = prometheus.NewDesc("peacebridge_events_total", "Committed events by what they counted.", []string{"what"}, nil)
	descOutbox = prometheus.NewDesc("peacebridge_outbox_messages", "Messages waiting for a peer.", []string{"peer"}, nil)
	descSize   = prometheus.NewDesc("peacebridge_ledger_size", "Entries of a log.", []string{"log"}, nil)
	descSigned = prometheus.NewDesc("peacebridge_ledger_cosigned_size", "Entries of a log that its peer has cosigned.", []string{"log"}, nil)
	descTaking = prometheus.NewDesc("peacebridge_submissions", "Submissions being taken in.", nil, nil)
	descHealth = prometheus.NewDesc("peacebridge_health_lines", "Things that are wrong, by code and severity.", []string{"code", "severity"}, nil)
)

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descEvents, descOutbox, descSize, descSigned, descTaking, descHealth} {
		ch <- d
	}
}

func (c collector) Collect(ch chan<- prometheus.Metric) {
	s, err := c.g.status()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(descEvents, err)
		return
	}
	for what, n := range s.Counts {
		if strings.HasPrefix(what, "sequence/") || what == "control" || what == "inbox" {
			continue // numbers given out, not events counted
		}
		ch <- prometheus.MustNewConstMetric(descEvents, prometheus.CounterValue, float64(n), what)
	}
	for peer, n := range s.Outbox {
		ch <- prometheus.MustNewConstMetric(descOutbox, prometheus.GaugeValue, float64(n), peer)
	}
	for _, l := range s.Ledgers {
		ch <- prometheus.MustNewConstMetric(descSize, prometheus.GaugeValue, float64(l.Size), l.Log)
		ch <- prometheus.MustNewConstMetric(descSigned, prometheus.GaugeValue, float64(l.Cosigned), l.Log)
	}
	ch <- prometheus.MustNewConstMetric(descTaking, prometheus.GaugeValue, float64(c.g.slots.inUse()))
	lines := map[[2]string]int{}
	for _, h := range s.Health {
		lines[[2]string{h.Code, h.Severity}]++
	}
	for k, n := range lines {
		ch <- prometheus.MustNewConstMetric(descHealth, prometheus.GaugeValue, float64(n), k[0], k[1])
	}
}

// metrics is a registry of this gateway's own: two gateways in one process do
// not mix.
func (g *Gateway) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{g}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
