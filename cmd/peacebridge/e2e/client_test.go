package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// client is a party of a gateway, made with the standard library alone: what
// any carrier's programmer would write.
type client struct {
	t    *testing.T
	http *http.Client
	url  string
}

func openClient(t *testing.T, dir string) *client {
	t.Helper()
	c, err := newClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	c.t = t
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// newClient reads a folder of the contract: client.crt client.key ca.crt gateway.
func newClient(dir string) (*client, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, err
	}
	url, err := os.ReadFile(filepath.Join(dir, "gateway"))
	if err != nil {
		return nil, err
	}
	return clientWith(strings.TrimSpace(string(url)), ca, pair), nil
}

func clientWith(url string, ca []byte, pairs ...tls.Certificate) *client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &client{url: url, http: &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: pairs}},
	}}
}

// answer is what a gateway said to one request.
type answer struct {
	status int
	header http.Header
	body   []byte
	closes bool // the connection
}

func (a *answer) String() string {
	return fmt.Sprintf("%d %s", a.status, a.body[:min(len(a.body), 2000)])
}

// try sends one request; an error means that there was no answer.
func (c *client) try(ctx context.Context, method, path string, header map[string]string, body io.Reader) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &answer{status: res.StatusCode, header: res.Header, body: b, closes: res.Close}, nil
}

// do is try where no answer fails the test.
func (c *client) do(method, path string, header map[string]string, body io.Reader) *answer {
	c.t.Helper()
	a, err := c.try(c.t.Context(), method, path, header, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// get waits as Retry-After says, which a rate limit asks of every client.
func (c *client) get(path string) *answer {
	c.t.Helper()
	for {
		a := c.do(http.MethodGet, path, nil, nil)
		if a.status != http.StatusTooManyRequests {
			return a
		}
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || seconds < 1 || seconds > 60 {
			c.t.Fatalf("429 with Retry-After %q", a.header.Get("Retry-After"))
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}

// mustGet is get where anything but 200 fails the test.
func (c *client) mustGet(path string) []byte {
	c.t.Helper()
	a := c.get(path)
	if a.status != http.StatusOK {
		c.t.Fatalf("GET %s: %s", path, a)
	}
	return a.body
}

const acceptJSON = "application/json, application/problem+json"

func (c *client) post(body []byte, more ...string) *answer {
	c.t.Helper()
	return c.do(http.MethodPost, "/v1/documents", postHeader(body, more...), bytes.NewReader(body))
}

func postHeader(body []byte, more ...string) map[string]string {
	h := map[string]string{"Content-Type": mediaOf(body), "Accept": acceptJSON}
	for i := 0; i+1 < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

func mediaOf(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		return "application/json"
	case bytes.HasPrefix(body, []byte("UN")):
		return "application/edifact"
	}
	return "application/edi-x12"
}

// document is the part of a document object that tests read.
type document struct {
	ID              string
	Submission      string
	State           string
	Reason          string
	Class           string
	Guide           string
	Acknowledgement string
	ReceivedAt      string
	Log             string
	Index           uint64
	From            string
	Findings        []finding
	Documents       []document
	Next            string
	Units           []struct {
		Peer, Class, State, Reason string
		PeerIndex                  *uint64
	}
}

type finding struct {
	Code, Severity, Path, Rule, Message string
	Position                            struct {
		Offset           int64
		Segment, Element int
		Tag, Pointer     string
	}
}

// problem is an RFC 9457 answer.
type problem struct {
	Type, Title, Detail, Instance, Hint, Reason string
	Status                                      int
	Findings                                    []finding
	Document                                    string
	ReceivedAt                                  string
}

func decode[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v: %s", err, b[:min(len(b), 500)])
	}
	return v
}

// accepted hands a document in and expects 202.
func (c *client) accepted(body []byte, more ...string) document {
	c.t.Helper()
	a := c.post(body, more...)
	if a.status != http.StatusAccepted {
		c.t.Fatalf("expected 202: %s", a)
	}
	return decode[document](c.t, a.body)
}

// document asks for the state of a document.
func (c *client) document(id string) document {
	c.t.Helper()
	return decode[document](c.t, c.mustGet("/v1/documents/"+id))
}

// inState waits until a document is in a state.
func (c *client) inState(id, state string) document {
	c.t.Helper()
	var d document
	within(c.t, "document "+id+" is "+state, func() error {
		if d = c.document(id); d.State != state {
			return fmt.Errorf("it is %s %s", d.State, d.Reason)
		}
		return nil
	})
	return d
}

// inbox reads the whole inbox, page by page.
func (c *client) inbox() []document {
	c.t.Helper()
	var all []document
	after := "0"
	for {
		page := decode[struct {
			Items []document
			Next  string
		}](c.t, c.mustGet("/v1/inbox?limit=100&after="+after))
		all = append(all, page.Items...)
		if len(page.Items) == 0 {
			return all
		}
		after = page.Next
	}
}

// references counts the inbox by what each item is about: a key of the record
// that its sender chose and that crosses unchanged.
func (c *client) references() map[string]int {
	c.t.Helper()
	found := map[string]int{}
	for _, item := range c.inbox() {
		r := decode[struct {
			Class       string
			Consignment []struct {
				Reference struct{ SCN, CCN, Bill string }
			}
			Conveyance struct {
				Reference struct{ Trip, CRN string }
			}
			Exam struct{ ID string }
		}](c.t, c.mustGet("/v1/documents/"+item.ID+"/content"))
		key := r.Class + " "
		switch r.Class {
		case "conveyance.report":
			key += r.Conveyance.Reference.Trip + r.Conveyance.Reference.CRN
		case "exam.result":
			key += r.Exam.ID
		default:
			for _, one := range r.Consignment {
				key += one.Reference.SCN + one.Reference.CCN
			}
		}
		found[key]++
	}
	return found
}

func decodeDocument(b []byte) (document, error) {
	var d document
	return d, json.Unmarshal(b, &d)
}
