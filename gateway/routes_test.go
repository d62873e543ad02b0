package gateway_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAddresses asks every listener for what it does not have, and for what it
// has in ways that HTTP knows: the answer is a problem, and says what is known.
func TestAddresses(t *testing.T) {
	b := newBorder(t)
	carrier, system, auditor := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "oig")
	id := carrier.accepted(manifest(t, 1)).ID
	at := b.sides[cbp].settings.Addresses()
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: carrier.ca}}}
	for _, test := range []struct {
		client      *http.Client
		method, url string
		status      int
		code, allow string
	}{
		{carrier.http, "PUT", at.API + "/v1/documents", 405, "method-not-allowed", "POST"},
		{carrier.http, "OPTIONS", at.API + "/v1/documents/" + id, 405, "method-not-allowed", "GET, HEAD"},
		{carrier.http, "DELETE", at.API + "/v1/inbox/" + id + "/ack", 405, "method-not-allowed", "POST"},
		{carrier.http, "DELETE", at.API + "/exchange/v1/messages", 405, "method-not-allowed", "GET, HEAD, POST"},
		{carrier.http, "POST", at.API + "/v1//documents", 404, "not-found", ""},
		{carrier.http, "GET", at.API + "/v1/documents/" + id + "/", 404, "not-found", ""},
		{carrier.http, "GET", at.API + "/v1/documents/../inbox", 404, "not-found", ""},
		{carrier.http, "GET", at.API + "/v1/documents/%2e%2e", 404, "not-found", ""},
		{carrier.http, "GET", at.API + "/v1/documents/" + id + "%2Fcontent", 404, "not-found", ""},
		{carrier.http, "OPTIONS", at.API + "/*", 404, "not-found", ""},
		{system.http, "GET", at.API + "/v1/inbox?after=1;limit=1", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/inbox?after=1&after=2", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/inbox?limit=%2B5", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/inbox?nothing=1&nothing=2&after=99", 200, "ok", ""},
		{system.http, "GET", at.API + "/v1/documents/" + id + "/content?guide=%zz", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/recognition?unit=A&unit=B", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/recognition?unit=A%00", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/recognition?unit=%ff", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/dead?after=1", 400, "bad-request", ""},
		{system.http, "GET", at.API + "/v1/dead?limit=1001", 400, "bad-request", ""},
		{auditor.http, "GET", at.API + "/v1/audit/events?term=" + strings.Repeat("t", 129), 400, "bad-request", ""},
		{auditor.http, "GET", at.API + "/v1/audit/events?from=2026-01-01t00:00:00z&limit=1", 200, "ok", ""},
		{carrier.http, "HEAD", at.API + "/v1/documents/" + id, 200, "", ""},
		{carrier.http, "HEAD", at.API + "/v1/documents/nobody", 404, "", ""},
		{system.http, "HEAD", at.API + "/v1/inbox", 200, "", ""},
		{anybody, "GET", at.Enrol + "/v1/enrol", 405, "method-not-allowed", "POST"},
		{anybody, "POST", at.Enrol + "/v1/documents", 404, "not-found", ""},
		{anybody, "POST", at.Enrol + "/v1//enrol", 404, "not-found", ""},
		{anybody, "GET", at.Ops + "/v1/../healthz", 404, "not-found", ""},
		{anybody, "GET", at.Log + "/", 404, "not-found", ""},
		{anybody, "GET", at.Log + "/audit/nobody/checkpoint", 404, "not-found", ""},
		{anybody, "POST", at.Log + "/checkpoint", 405, "method-not-allowed", "GET, HEAD"},
		{anybody, "HEAD", at.Ops + "/healthz", 200, "", ""},
		{anybody, "GET", at.Ops + "/v1/documents", 404, "not-found", ""},
		{anybody, "POST", at.Ops + "/metrics", 405, "method-not-allowed", "GET, HEAD"},
	} {
		t.Run(test.method+" "+test.url[strings.LastIndex(test.url, ":"):], func(t *testing.T) {
			req, err := http.NewRequest(test.method, test.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := test.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			a := &answer{status: res.StatusCode, header: res.Header, body: body}
			if test.code == "ok" {
				if a.status != test.status {
					t.Errorf("answered %s", a)
				}
			} else if test.code != "" {
				expect(t, a, test.status, test.code)
			} else if a.status != test.status || len(body) > 0 {
				t.Errorf("answered %s", a)
			}
			if allow := res.Header.Get("Allow"); allow != test.allow {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

// TestAuditorsHeadIsRecorded asks as an auditor without taking the body along: it
// is an event as the whole answer would be.
func TestAuditorsHeadIsRecorded(t *testing.T) {
	b := newBorder(t)
	auditor := b.party(t, cbp, "auditor", "oig")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, err := http.NewRequest(method, auditor.url+"/v1/inbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := auditor.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	n := 0
	for _, e := range events(t, auditor, "audit.queried") {
		if e.Header["path"] == "/v1/inbox" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("of two requests %d are in the ledger", n)
	}
}

// TestHeadersThatStandOnce sends headers of which one counts, twice; and a body
// that says, before it comes, that it is too large.
func TestHeadersThatStandOnce(t *testing.T) {
	b := newBorder(t)
	carrier := b.party(t, cbp, "partner", "carrier")
	doc := manifest(t, 1)
	for name, values := range map[string][]string{
		"Idempotency-Key":  {"one", "two"},
		"Content-Type":     {"application/edi-x12", "application/edifact"},
		"Content-Encoding": {"identity", "gzip"},
	} {
		req, err := http.NewRequest(http.MethodPost, carrier.url+"/v1/documents", strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/edi-x12"}}
		req.Header[name] = values
		res, err := carrier.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("%s twice: answered %d", name, res.StatusCode)
		}
	}
	carrier.accepted(doc) // none of them was taken

	conn, err := tls.Dial("tcp", strings.TrimPrefix(carrier.url, "https://"), carrier.http.Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v1/documents HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("before the body is sent: answered %d", res.StatusCode)
	}
}

// TestRefusalIsRead sends the whole of a large body before it listens, as plain
// clients do: whatever it is refused for, the answer reaches it.
func TestRefusalIsRead(t *testing.T) {
	b := newBorder(t)
	for _, test := range []struct {
		role, media, path string
		status            int
	}{
		{"system", "application/json", "/v1/documents", http.StatusRequestEntityTooLarge},
		{"partner", "application/xml", "/v1/documents", http.StatusRequestEntityTooLarge},
		{"partner", "text/plain", "/v1/documents", http.StatusUnsupportedMediaType},
		{"auditor", "application/edi-x12", "/v1/documents", http.StatusForbidden},
		{"partner", "application/pkcs10", "/v1/renew", http.StatusRequestEntityTooLarge},
		{"partner", "application/edi-x12", "/v1/nowhere", http.StatusNotFound},
	} {
		t.Run(fmt.Sprint(test.status, test.media), func(t *testing.T) {
			p := b.party(t, cbp, test.role, "large")
			conn, err := tls.Dial("tcp", strings.TrimPrefix(p.url, "https://"), p.http.Transport.(*http.Transport).TLSClientConfig)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			const size = 20 << 20 // more than all the buffers between the two
			head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: gateway\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", test.path, test.media, size)
			if _, err := io.WriteString(conn, head+strings.Repeat(" ", size)); err != nil {
				t.Fatal(err)
			}
			answers := bufio.NewReader(conn)
			res, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != test.status {
				t.Errorf("answered %d %s: %v", res.StatusCode, body, err)
			}
		})
	}
}

// TestContentCoding refuses what a client compressed: bytes are evidence, and
// are taken as they are.
func TestContentCoding(t *testing.T) {
	b := newBorder(t)
	carrier := b.party(t, cbp, "partner", "carrier")
	expect(t, carrier.post(manifest(t, 1), "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "unsupported-media-type")
	carrier.accepted(manifest(t, 1), "Content-Encoding", "identity")
}

// TestRecognition asks CBP's gateway about the unit of the day's exam, and
// about one that nobody examined.
func TestRecognition(t *testing.T) {
	b := newBorder(t)
	carrier, system := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace")
	carrier.accepted(example(t, "1-manifest.x12"))
	b.party(t, cbsa, "system", "highway").accepted(example(t, "5-exam.json"))
	within(t, "the exam arrives", func() error {
		if len(system.inbox()) == 0 {
			return io.ErrNoProgress
		}
		return nil
	})
	for query, want := range map[string]string{
		"unit=CSQU3054383":                               "RECOGNISED",
		"unit=CSQU3054383&seal=H4471902":                 "RECOGNISED",
		"unit=CSQU3054383&seal=H4471902&sealCondition=2": "NOT_RECOGNISED R12:SEAL_BROKEN",
		"unit=CSQU3054383&sealCondition=3":               "NOT_RECOGNISED R12:SEAL_BROKEN", // missing: there is no number to read
		"unit=CSQU3054383&sealCondition=1":               "RECOGNISED",
		"unit=CSQU3054383&ground=PHYTO":                  "NOT_RECOGNISED R07:GROUND_NOT_DELEGABLE(PHYTO)",
		"unit=MSKU0000000":                               "NOT_RECOGNISED NO_EXAM",
	} {
		d := decode[struct {
			Decision string
			Reasons  []string
		}](t, system.get("/v1/recognition?"+query).body)
		if got := strings.Join(append([]string{d.Decision}, d.Reasons...), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
