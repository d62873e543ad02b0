package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A load keeps manifests under way from a carrier of CBP to the system of CBSA.
type load struct {
	manifest []byte
	inFlight int
	carrier  *client
	system   *client
	after    string // cursor in CBSA's inbox
	number   atomic.Int64

	mu      sync.Mutex
	pending map[int64]*flight
	tally
}

// A flight is one manifest on its way.
type flight struct {
	missing int // documents that CBSA's system has not taken yet
	ended   chan struct{}
}

// documentsOf is what comes of one manifest: a cargo report and a conveyance report.
const documentsOf = 2

// arrivalTimeout is when a document that has not come is given up.
const arrivalTimeout = time.Minute

func newLoad(d *demo, inFlight int) (*load, error) {
	carrier, err := openClientFolder(d.clientDir("carrier-cbp"))
	if err != nil {
		return nil, err
	}
	system, err := openClientFolder(d.clientDir("system-cbsa"))
	if err != nil {
		return nil, err
	}
	manifest, err := document("1-manifest.x12", d.started)
	return &load{manifest: manifest, inFlight: inFlight, carrier: carrier, system: system, pending: map[int64]*flight{}}, err
}

// numbered is the manifest with control number and shipment number of its own.
func numbered(manifest []byte, n int64) []byte {
	out := bytes.ReplaceAll(manifest, []byte("*000000001"), fmt.Appendf(nil, "*%09d", n))
	return bytes.Replace(out, []byte("M11*00001001*"), fmt.Appendf(nil, "M11*%08d*", n), 1)
}

// numberIn finds the shipment number in what CBSA gets: the standing rules
// make the cargo control number of it.
var numberIn = regexp.MustCompile(`CCN(\d{8})`)

// run keeps the load up for a while, and then until nothing is under way. Each
// sender hands in one manifest at least, however short the while.
func (l *load) run(ctx context.Context, d time.Duration) error {
	began := time.Now()
	loading, stop := context.WithDeadline(ctx, began.Add(d))
	defer stop()
	senders, sending := errgroup.WithContext(ctx)
	for range l.inFlight {
		senders.Go(func() error {
			for {
				if err := l.send(sending); err != nil || loading.Err() != nil {
					return err
				}
			}
		})
	}
	reading, enough := context.WithCancel(ctx)
	defer enough()
	readers := new(errgroup.Group)
	readers.Go(func() error { return l.read(reading) })
	err := senders.Wait()
	l.took += time.Since(began)
	enough()
	if rerr := readers.Wait(); rerr != nil && ctx.Err() == nil {
		return rerr
	}
	return err
}

// send hands in one manifest and waits until both of its documents are taken.
func (l *load) send(ctx context.Context) error {
	n := l.number.Add(1)
	f := &flight{missing: documentsOf, ended: make(chan struct{})}
	l.mu.Lock()
	l.pending[n] = f
	l.mu.Unlock()
	began := time.Now()
	a, err := l.carrier.do(ctx, http.MethodPost, "/v1/documents", nil,
		http.Header{"Content-Type": {"application/edi-x12"}, "Accept": {acceptJSON}}, bytes.NewReader(numbered(l.manifest, n)))
	if err != nil {
		return err
	}
	if a.status != http.StatusAccepted {
		return fmt.Errorf("a manifest was answered %d: %s", a.status, oneLine(string(a.body)))
	}
	select {
	case <-f.ended:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(arrivalTimeout):
		return fmt.Errorf("manifest %d did not arrive within %s", n, arrivalTimeout)
	}
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.documents++
	l.latencies = append(l.latencies, took)
	return nil
}

// inboxPause is waited when the inbox has nothing new. It is part of the latency.
const inboxPause = 2 * time.Millisecond

// read is CBSA's system: it lists what is new, and fetches and takes each.
func (l *load) read(ctx context.Context) error {
	taking, tctx := errgroup.WithContext(ctx)
	taking.SetLimit(l.inFlight)
	for tctx.Err() == nil {
		items, err := l.list(tctx)
		if err != nil {
			break
		}
		for _, item := range items {
			taking.Go(func() error { return l.take(tctx, item) })
		}
		if len(items) == 0 && sleep(tctx, inboxPause) != nil {
			break
		}
	}
	return taking.Wait()
}

func (l *load) list(ctx context.Context) ([]documentObject, error) {
	a, err := l.get(ctx, "/v1/inbox", url.Values{"after": {l.after}, "limit": {"100"}})
	if err != nil {
		return nil, err
	}
	var page struct {
		Items []documentObject `json:"items"`
		Next  string           `json:"next"`
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return nil, err
	}
	l.after = page.Next
	return page.Items, nil
}

func (l *load) take(ctx context.Context, item documentObject) error {
	doc, err := l.get(ctx, "/v1/documents/"+item.ID+"/content", url.Values{"guide": {item.Guide}})
	if err != nil {
		return err
	}
	found := numberIn.FindSubmatch(doc.body)
	if found == nil {
		return fmt.Errorf("%s names no shipment", item.ID)
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		return err
	}
	if _, err := l.system.do(ctx, http.MethodPost, "/v1/inbox/"+item.ID+"/ack", nil, nil, nil); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.pending[n]
	if f == nil {
		return fmt.Errorf("shipment %d came once too often", n)
	}
	if f.missing--; f.missing == 0 {
		delete(l.pending, n)
		close(f.ended)
	}
	return nil
}

func (l *load) get(ctx context.Context, path string, q url.Values) (*answer, error) {
	a, err := l.system.do(ctx, http.MethodGet, path, q, nil, nil)
	if err == nil && a.status != http.StatusOK {
		err = fmt.Errorf("%s answered %d: %s", path, a.status, oneLine(string(a.body)))
	}
	return a, err
}
