package gateway_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/gateway"
)

// expect expects a problem of a type, as openapi.yaml and problems.csv have it.
func expect(t *testing.T, a *answer, status int, code string) problem {
	t.Helper()
	p := problem{}
	if a.header.Get("Content-Type") == "application/problem+json" {
		p = decode[problem](t, a.body)
	}
	if a.status != status || p.Status != status || p.Type != "/problems/"+code || p.Title == "" {
		t.Errorf("expected %d %s: %s", status, code, a)
	}
	if (status == 429 || status == 503) && a.header.Get("Retry-After") == "" {
		t.Errorf("%d without Retry-After", status)
	}
	return p
}

// table reads a code table below its heading: column to value, row by row.
func table(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows: %v", file, len(rows), err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// tables are the code tables of all rooms and the column of their codes.
var tables = map[string]string{
	"problems.csv": "code", "findings.csv": "code", "reasons.csv": "reason", "../edi/findings.csv": "code", "../mapping/cargo/findings.csv": "code", "../mapping/findings.csv": "code",
	"agreement/issues.csv": "code", "agreement/reasons.csv": "code", "recognition/reasons.csv": "code", "../certs/reasons.csv": "reason", "../crypto/refusals.csv": "code",
}

// sameMeaning are codes that several rooms have because the references give
// them to several decisions; they say the same thing wherever they stand.
var sameMeaning = []string{"SIGNATURE_INVALID", "KEY_NOT_VALID_AT_SIGNING", "TOKEN_MALFORMED", "RECORD_INVALID"}

// TestCodeTables holds the rooms' tables apart: a code stands in one of them,
// once, and its form tells which.
func TestCodeTables(t *testing.T) {
	prefix := map[string]string{"findings.csv": "gateway.", "../edi/findings.csv": "edi.", "../mapping/cargo/findings.csv": "mapping.", "../mapping/findings.csv": "mapping.", "agreement/issues.csv": "agreement."}
	where := map[string]string{}
	for file, column := range tables {
		inFile := map[string]bool{}
		for _, row := range table(t, file) {
			code := row[column]
			if inFile[code] && file != "recognition/reasons.csv" { // there a code may follow from several rules
				t.Errorf("%s: %s stands twice", file, code)
			}
			if first, ok := where[code]; ok && first != file && !slices.Contains(sameMeaning, code) {
				t.Errorf("%s is in %s and in %s", code, first, file)
			}
			inFile[code], where[code] = true, file
			form := `^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`
			switch {
			case prefix[file] != "":
				form = "^" + regexp.QuoteMeta(prefix[file]) + `[a-z0-9]+(-[a-z0-9]+)*$`
			case file == "problems.csv":
				form = `^[a-z]+(-[a-z]+)*$`
			}
			if !regexp.MustCompile(form).MatchString(code) {
				t.Errorf("%s: %s is not of the form %s", file, code, form)
			}
		}
	}
}

// TestCodesInUse reads this room's own source: whatever code it names stands in
// a table, and every problem is named.
func TestCodesInUse(t *testing.T) {
	known := map[string]bool{}
	for file, column := range tables {
		for _, row := range table(t, file) {
			known[row[column]] = true
		}
	}
	used := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			used[text] = true
			if regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$`).MatchString(text) || regexp.MustCompile(`^(gateway|mapping|edi)\.[a-z-]+$`).MatchString(text) {
				if !known[text] {
					t.Errorf("%s: %s is in no table", file, text)
				}
			}
			return true
		})
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "refuse" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				if code, _ := strconv.Unquote(lit.Value); !known[code] {
					t.Errorf("%s: problem %s is not in problems.csv", file, code)
				}
			}
			return true
		})
	}
	for _, row := range table(t, "problems.csv") {
		if !used[row["code"]] {
			t.Errorf("problems.csv: nothing refuses with %s", row["code"])
		}
	}
}

// TestEveryProblem produces every row of problems.csv over HTTP.
func TestEveryProblem(t *testing.T) {
	b := newBorder(t)
	carrier, system, auditor := b.party(t, cbp, "partner", "carrier"), b.party(t, cbp, "system", "ace"), b.party(t, cbp, "auditor", "oig")
	doc := manifest(t, 1)
	id := carrier.accepted(doc, "Idempotency-Key", "used").ID
	h := func(media string) map[string]string {
		return map[string]string{"Content-Type": media, "Accept": acceptJSON}
	}
	send := func(media, body string) *answer {
		return carrier.do(http.MethodPost, "/v1/documents", h(media), strings.NewReader(body))
	}
	produce := map[string]func(t *testing.T) *answer{
		"bad-request":            func(*testing.T) *answer { return system.get("/v1/inbox?after=x") },
		"document-rejected":      func(t *testing.T) *answer { return carrier.post(example(t, "4-broken.x12")) },
		"empty-document":         func(*testing.T) *answer { return send("application/edi-x12", "") },
		"unknown-syntax":         func(*testing.T) *answer { return send("application/edifact", doc) },
		"too-many-interchanges":  func(t *testing.T) *answer { return tooMany(t, carrier) },
		"erased":                 erased,
		"no-guide":               func(*testing.T) *answer { return send("application/xml", "<a/>") },
		"not-acceptable-class":   func(t *testing.T) *answer { return carrier.post(example(t, "6-trader.json")) },
		"foreign-sender":         foreignSender,
		"foreign-agency":         func(t *testing.T) *answer { return system.post(byAgency(t, "*", "agency", cbp, cbsa)) },
		"document-too-large":     func(*testing.T) *answer { return send("application/json", "{"+strings.Repeat(" ", 1<<20)) },
		"unsupported-media-type": func(*testing.T) *answer { return send("text/csv", doc) },
		"duplicate":              func(*testing.T) *answer { return carrier.post(doc) },
		"idempotency-key-reused": func(t *testing.T) *answer { return carrier.post(manifest(t, 2), "Idempotency-Key", "used") },
		"request-in-progress":    b.inProgress,
		"forbidden":              func(*testing.T) *answer { return auditor.post(doc) },
		"reader-unknown":         readerUnknown,
		"identity-refused":       b.identityRefused,
		"not-found":              func(*testing.T) *answer { return system.get("/v1/documents/nobody") },
		"not-rendered":           func(*testing.T) *answer { return system.get("/v1/documents/" + id + "/content?guide=cbp/truck/350") },
		"not-resendable": func(*testing.T) *answer {
			return system.do(http.MethodPost, "/v1/documents/"+id+"/resend", map[string]string{"Accept": acceptJSON}, nil)
		},
		"method-not-allowed": func(*testing.T) *answer { return system.do(http.MethodPut, "/v1/documents", nil, nil) },
		"rate-limited":       rateLimited,
		"overloaded":         overloaded,
		"stopping":           stopping,
		"enrolment-refused":  b.enrolmentRefused,
		"exchange-refused":   func(t *testing.T) *answer { return b.peer(t, cbsa).deliver([]byte("x")) },
		"no-ground":          func(*testing.T) *answer { return system.get("/v1/recognition?unit=A&ground=") },
		"internal":           internal,
	}
	for _, row := range table(t, "problems.csv") {
		code := row["code"]
		t.Run(code, func(t *testing.T) {
			do := produce[code]
			if do == nil {
				t.Fatal("nothing here produces it")
			}
			status, err := strconv.Atoi(row["status"])
			if err != nil {
				t.Fatal(err)
			}
			p := expect(t, do(t), status, code)
			if p.Title != row["title"] {
				t.Errorf("title %q", p.Title)
			}
		})
	}
}

// inProgress sends a large interchange, and the same again while its messages
// are being taken in.
func (b *border) inProgress(t *testing.T) *answer {
	carrier := b.party(t, cbp, "partner", "large")
	one := manifest(t, 5000)
	begin, end := strings.Index(one, "ST*309"), strings.Index(one, "GE*1*")
	const messages = 300
	var body strings.Builder
	body.WriteString(one[:begin])
	for i := range messages {
		control := fmt.Sprintf("%04d", 1+i)
		body.WriteString(strings.NewReplacer("ST*309*0001", "ST*309*"+control, "SE*22*0001", "SE*22*"+control,
			"~\n", "~"+strings.Repeat("\n", 200)).Replace(manifest(t, 5000+i)[begin:end]))
	}
	body.WriteString(strings.Replace(one[end:], "GE*1*", fmt.Sprintf("GE*%d*", messages), 1))
	first := make(chan *answer)
	go func() { first <- carrier.post(body.String(), "Idempotency-Key", "large") }()
	within(t, "it is stored", func() error {
		if r := b.sides[cbp].status(); r.Open == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	again := carrier.post(body.String(), "Idempotency-Key", "large")
	if a := <-first; a.status != http.StatusAccepted {
		t.Errorf("the first is answered %s", a)
	}
	return again
}

// foreignSender hands in from an address that is registered for somebody else.
func foreignSender(t *testing.T) *answer {
	b := makeBorder(t)
	text := "party,qualifier,sender,note\npeacebridge://us.cbp/partner/owner,ZZ,ABCD,\n"
	if err := os.WriteFile(filepath.Join(b.sides[cbp].home, "senders.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.sides[cbp].start()
	return b.party(t, cbp, "partner", "other").post(manifest(t, 1))
}

// readerUnknown asks a log listener that has readers, and shows nothing.
func readerUnknown(t *testing.T) *answer {
	b := newBorder(t, func(s *gateway.Settings) {
		s.LogReaders = []gateway.LogReaderSettings{{Name: "oig", TokenSHA256: strings.Repeat("0", 64), Logs: []string{"internal"}}}
	})
	res, err := b.sides[cbp].as(t).http.Get(b.sides[cbp].settings.Addresses().Log + "/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.Header.Get("WWW-Authenticate") == "" {
		t.Error("no way to show who one is")
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}
}

// identityRefused revokes a certificate while its connection is open.
func (b *border) identityRefused(t *testing.T) *answer {
	p := b.party(t, cbp, "partner", "thief")
	p.get("/v1/documents/nobody")
	ca, err := certs.OpenAuthority(filepath.Join(b.sides[cbp].home, "ca"))
	if err != nil {
		t.Fatal(err)
	}
	defer ca.Close()
	if _, err := ca.RevokeIdentity(certs.Identity{Agency: cbp, Role: "partner", ID: "thief"}, certs.ReasonKeyCompromise, time.Now()); err != nil {
		t.Fatal(err)
	}
	var a *answer
	within(t, "the open connection is refused", func() error {
		if a = p.get("/v1/documents/nobody"); a.status != http.StatusForbidden {
			return fmt.Errorf("answered %s", a)
		}
		return nil
	})
	return a
}

// rateLimited asks twice in one second, which is as long as the test wants.
func rateLimited(t *testing.T) *answer {
	now := time.Now()
	b := makeBorderAt(t, func() time.Time { return now }, func(s *gateway.Settings) { s.Limits.RequestsPerSecond = 1 })
	b.sides[cbp].start()
	p := b.party(t, cbp, "system", "ace")
	p.get("/v1/inbox")
	a := p.get("/v1/inbox")
	if b.party(t, cbp, "system", "ace-2").get("/v1/inbox").status != http.StatusOK {
		t.Error("one party's haste is another's wait")
	}
	return a
}

// overloaded holds the only slot with a body that does not end. Who is refused
// meanwhile is answered even if its own body does not end either.
func overloaded(t *testing.T) *answer {
	b := newBorder(t, func(s *gateway.Settings) { s.Limits.Submissions = 1 })
	slow, quick := b.party(t, cbp, "partner", "slow"), b.party(t, cbp, "partner", "quick")
	read, write := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = slow.try(http.MethodPost, "/v1/documents", headers("ISA"), read) // it is cut off
	}()
	if _, err := write.Write([]byte("ISA")); err != nil {
		t.Fatal(err)
	}
	b.taken(t, 1)
	cut := make(chan struct{})
	a, err := quick.try(http.MethodPost, "/v1/documents", headers("ISA"), io.MultiReader(strings.NewReader("ISA"), silent(cut)))
	close(cut)
	if err != nil {
		t.Fatal(err)
	}
	_ = write.CloseWithError(io.ErrUnexpectedEOF) // the pipe's own end
	<-ended
	within(t, "there is a slot again", func() error {
		if a := quick.post(manifest(t, 2)); a.status != http.StatusAccepted {
			return fmt.Errorf("answered %s", a)
		}
		return nil
	})
	return a
}

// TestConnectionOutlivesRefusal takes longer over a refusal than a refused body
// may: the next request on the connection is answered as any other.
func TestConnectionOutlivesRefusal(t *testing.T) {
	b := makeBorder(t)
	s := b.sides[cbp]
	s.log.slow = func(line []byte) {
		if bytes.Contains(line, []byte(`"request refused"`)) {
			time.Sleep(1500 * time.Millisecond)
		}
	}
	s.start()
	system := b.party(t, cbp, "system", "ace")
	expect(t, system.get("/v1/documents/nobody"), 404, "not-found")
	expect(t, system.do(http.MethodPost, "/v1/documents", headers("ISA"), strings.NewReader("ISA")), 422, "unknown-syntax")
	for range 12 {
		if a := system.get("/v1/recognition?unit=CSQU3054383"); a.status != http.StatusOK {
			t.Errorf("answered %s", a)
		}
	}
}

// silent says nothing until it is cut off.
type silent chan struct{}

func (s silent) Read([]byte) (int, error) {
	<-s
	return 0, io.ErrUnexpectedEOF
}

// stopping asks again and again, from many sides, while the gateway is told to
// stop. Who asks at that moment is told; whose connection is idle finds it closed.
func stopping(t *testing.T) *answer {
	b := newBorder(t)
	p := b.party(t, cbp, "system", "ace")
	var mu sync.Mutex
	var said *answer
	var group sync.WaitGroup
	for range 16 {
		one := b.sides[cbp].as(t, p.pair) // with a connection of its own
		one.get("/v1/inbox")
		group.Go(func() {
			for {
				a, err := one.try(http.MethodGet, "/v1/inbox", nil, nil)
				if err != nil {
					return
				}
				if a.status != http.StatusOK && a.status != http.StatusTooManyRequests {
					mu.Lock()
					said = a
					mu.Unlock()
					return
				}
			}
		})
	}
	b.sides[cbp].stop()
	group.Wait()
	if said == nil {
		t.Fatal("it ended without saying so to anybody")
	}
	return said
}

// tooMany repeats an interchange more often than one body may.
func tooMany(t *testing.T, p *party) *answer {
	one := manifest(t, 1)
	return p.post(strings.Repeat(one, 1001))
}

func (b *border) enrolmentRefused(t *testing.T) *answer {
	p := b.sides[cbp].as(t)
	p.url = b.sides[cbp].settings.Addresses().Enrol
	res, err := p.http.Post(p.url+"/v1/enrol", "application/json", strings.NewReader(`{"token":"pbt1:x","csr":"y"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}
}

// internal damages a body on disk: what cannot be answered truly is not answered
// at all, and the answer says nothing of why.
func internal(t *testing.T) *answer {
	b := newBorder(t)
	p := b.party(t, cbp, "system", "ace")
	doc := p.accepted(`{"class":"trader.status","agency":"us.cbp","function":"original","issuedAt":"2026-11-20T12:00:00Z","reference":{"message":"` +
		strings.Repeat("M", 200) + `"},"trustedTrader":[` + strings.TrimSuffix(strings.Repeat(`{"number":"`+strings.Repeat("N", 200)+`"},`, 400), ",") + `]}`)
	n := 0
	err := filepath.WalkDir(filepath.Join(b.sides[cbp].home, "ledger", "bodies"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		text[len(text)/2] ^= 1
		return os.WriteFile(path, text, 0o600)
	})
	if err != nil || n == 0 {
		t.Fatalf("%d bodies lie beside the ledger: %v", n, err)
	}
	a := p.get("/v1/documents/" + doc.ID + "/content")
	if got := decode[map[string]any](t, a.body); got["detail"] != nil || got["findings"] != nil || bytes.Contains(a.body, []byte("body")) {
		t.Errorf("the answer tells why: %s", a)
	}
	return a
}

// erased destroys the keys of a submission's bodies, as an order would.
func erased(t *testing.T) *answer {
	b := newBorder(t)
	s := b.sides[cbp]
	p := b.party(t, cbp, "system", "ace")
	doc := p.accepted(example(t, "6-trader.json"))
	s.stop()
	l, err := audit.Open(audit.Config{
		Dir: filepath.Join(s.home, "ledger"), Keys: filepath.Join(s.home, "keys"), Origin: cbp,
		Logs: []string{cbsa}, Apply: gateway.Apply, HighWater: filepath.Join(s.home, "highwater"),
		Journal: filepath.Join(s.home, "journal"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Erase(t.Context(), audit.Erasure{Subject: "submission/" + doc.Submission, Ground: "RETENTION", Authority: "test"})
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	s.start()
	return p.get("/v1/documents/" + doc.ID + "/content")
}
