package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is the OpenAPI document and the way to its operations.
type contract struct {
	doc    *openapi3.T
	router routers.Router

	mu   sync.Mutex
	seen map[string]bool // operation and status
}

// loadContract reads openapi.yaml and teaches the validator our media types.
var loadContract = sync.OnceValues(func() (*contract, error) {
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		return nil, err
	}
	router, err := gorillamux.NewRouter(doc)
	for _, media := range []string{"application/edi-x12", "application/edifact", "application/jose", "application/pkix-crl", "application/yaml"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.FileBodyDecoder)
	}
	return &contract{doc: doc, router: router, seen: map[string]bool{}}, err
})

// documented fails the test for an answer that openapi.yaml does not describe.
func documented(t *testing.T, req *http.Request, a *answer) {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	where := fmt.Sprintf("%s %s: %d", req.Method, req.URL.Path, a.status)
	plain, err := http.NewRequest(req.Method, req.URL.Path+"?"+req.URL.RawQuery, nil) // the document names no server
	if err != nil {
		t.Fatal(err)
	}
	plain.Header = req.Header
	route, params, err := c.router.FindRoute(plain)
	if err != nil {
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed && a.status != http.StatusForbidden && a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: an address that openapi.yaml does not have: %v", where, err)
		}
		return
	}
	c.mu.Lock()
	c.seen[fmt.Sprintf("%s %d", route.Operation.OperationID, a.status)] = true
	c.mu.Unlock()
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: plain, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		t.Errorf("%s is not as openapi.yaml says: %v\n%s", where, err, a.body[:min(len(a.body), 1500)])
	}
	if a.status >= 400 && !strings.HasPrefix(a.header.Get("Content-Type"), "application/") && !strings.HasSuffix(req.URL.Path, "add-checkpoint") {
		t.Errorf("%s without a problem: %q", where, a.header.Get("Content-Type"))
	}
	if a.header.Get("X-Request-Id") == "" {
		t.Errorf("%s without X-Request-Id", where)
	}
}

// TestEveryOperation asks for everything that openapi.yaml has, with success.
// That each answer is as described is checked for every request of every test.
func TestEveryOperation(t *testing.T) {
	b := newBorder(t)
	carrier, system, theirs := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace"), b.party(t, cbsa, "system", "aci")
	doc := carrier.accepted(manifest(t, 1))
	if doc.State != "accepted" || doc.Acknowledgement != "997" || len(doc.Documents) != 1 {
		t.Errorf("a partner's answer: %+v", doc)
	}
	system.inState(doc.ID, "delivered")
	items := theirs.inbox()
	if len(items) != 2 {
		t.Fatalf("%d items are in the inbox", len(items))
	}
	record := system.accepted(example(t, "6-trader.json"))
	for _, path := range []string{
		"/v1/submissions/" + doc.Submission, "/v1/documents/" + doc.ID, "/v1/documents/" + doc.ID + "/content", "/v1/documents/" + doc.ID + "/content?guide=cbp/truck/309",
		"/v1/documents/" + doc.ID + "/report", "/v1/documents/" + doc.ID + "/acknowledgement", "/v1/documents/" + record.ID + "/acknowledgement",
		"/v1/inbox", "/v1/inbox?after=0&limit=1", "/v1/recognition?unit=CSQU3054383&risk=LOW&ground=SECURITY&seal=H1", "/v1/openapi.yaml", "/v1/dead",
	} {
		if a := system.get(path); a.status != http.StatusOK {
			t.Errorf("%s: %s", path, a)
		}
	}
	for _, item := range items {
		for _, path := range []string{"", "/content", "/content?guide=" + item.Guide, "/report"} {
			if a := theirs.get("/v1/documents/" + item.ID + path); a.status != http.StatusOK {
				t.Errorf("%s%s: %s", item.Class, path, a)
			}
		}
	}
	for range 2 { // taking twice changes nothing
		if a := theirs.do(http.MethodPost, "/v1/inbox/"+items[0].ID+"/ack", nil, nil); a.status != http.StatusNoContent {
			t.Errorf("taking an item: %s", a)
		}
	}
	if again := theirs.inbox(); !again[0].Taken || again[1].Taken {
		t.Error("taken is not shown")
	}
	b.renews(t, carrier)
	if a := b.party(t, cbp, "auditor", "inspector").get("/v1/audit/messages?from=0"); a.status != http.StatusOK {
		t.Fatalf("%s", a)
	}
	if a := b.party(t, cbp, "auditor", "inspector").get("/v1/audit/events?kind=document.accepted&limit=1"); a.status != http.StatusOK {
		t.Errorf("an auditor's question: %s", a)
	}
	peer := b.peer(t, cbsa)
	for _, path := range []string{"/exchange/v1/crl", "/exchange/v1/keys", "/exchange/v1/messages?from=0", "/exchange/v1/log/checkpoint", "/exchange/v1/mirror/checkpoint", "/exchange/v1/mirror/witnessed"} {
		within(t, path+" is answered", func() error { // the first checkpoint is published on a beat
			if a := peer.get(path); a.status != http.StatusOK {
				return fmt.Errorf("answered %s", a)
			}
			return nil
		})
	}
	b.deliversTwice(t, peer)
	b.witnesses(t, peer)
	t.Run("resend", TestDeadLetterIsSentAgain)

	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			c.mu.Lock()
			if !c.seen[op.OperationID+" 200"] && !c.seen[op.OperationID+" 201"] && !c.seen[op.OperationID+" 202"] && !c.seen[op.OperationID+" 204"] {
				t.Errorf("%s %s was not asked with success", method, path)
			}
			c.mu.Unlock()
		}
	}
	if served := carrier.get("/v1/openapi.yaml").body; !bytes.Contains(served, []byte("operationId: postDocument")) {
		t.Error("the document that is served is not the one that is tested")
	}
}
