package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peacebridge/audit"
	"peacebridge/crypto"
	"peacebridge/gateway"
	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// TestWithheldElementIsNowhere hands CBP documents whose every value is unique,
// and looks for those that the agreement keeps in CBP's hands in everything
// that left them: the wire before TLS, the opened envelopes, the other side's
// folder, ledger and answers, the logs and metrics of both.
func TestWithheldElementIsNowhere(t *testing.T) {
	w := newWorld(t)
	toCBSA, toCBP := w.newTap(cbsa), w.newTap(cbp)
	w.start()
	c := canaries{seen: map[string]canary{}}
	ids := c.handIn(t, w)
	w.quiet()
	system := w.client(t, "system-cbp")
	for _, id := range ids {
		if d := system.document(id); d.State != "delivered" && d.State != "refused" {
			t.Errorf("document %s is %s %s", id, d.State, d.Reason)
		}
	}
	c.count(t)

	// The search must be able to find: CBP's own answers have every value.
	var own search
	for _, id := range ids {
		own.add("CBP's content of "+id, system.mustGet("/v1/documents/"+id+"/content"))
	}
	own.mustFind(t, c)

	var s search
	for name, tp := range map[string]*tap{"wire to CBSA": toCBSA, "wire to CBP": toCBP} {
		everything, envelopes := tp.take()
		s.add(name, everything)
		if name == "wire to CBSA" {
			if len(envelopes) < len(ids) {
				t.Errorf("%d envelopes were captured for %d documents", len(envelopes), len(ids))
			}
			s.openAll(t, w, envelopes)
		}
	}
	s.answers(t, w)
	for _, agency := range []string{cbsa, cbp} {
		w.gateways[agency].stop()
		b, err := os.ReadFile(filepath.Join(w.home(agency), "serve.log"))
		if err != nil {
			t.Fatal(err)
		}
		s.add("serve.log of "+agency, b)
	}
	s.folder(t, w.home(cbsa))
	s.ledger(t, w, cbsa)
	s.mustNotFind(t, c)

	// And once more the proof that it can: the same walk through CBP's ledger.
	var ownLedger search
	ownLedger.ledger(t, w, cbp)
	ownLedger.mustFind(t, c)
}

// canary is a value that is nowhere else in the world.
type canary struct {
	where  string // element and document
	secret bool   // it must not leave
}

// canaries makes values and remembers what they stand for.
type canaries struct {
	n    int
	seen map[string]canary // by value
}

func (c *canaries) text(where string) string {
	c.n++
	v := fmt.Sprintf("CNRY%05dX", c.n*7919%100_000)
	c.seen[v] = canary{where: where}
	return v
}

// kept is a value of an element that the agreement's own words keep back.
func (c *canaries) kept(where string) string {
	v := c.text(where)
	c.seen[v] = canary{where: where, secret: true}
	return v
}

func (c *canaries) digits(where string) string {
	c.n++
	v := fmt.Sprintf("73%05d91", c.n*7919%100_000)
	c.seen[v] = canary{where: where}
	return v
}

// date is a day long ago, each only once.
func (c *canaries) date(where string) string {
	c.n++
	v := time.Date(1911, 3, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 17*c.n).Format(time.DateOnly)
	c.seen[v] = canary{where: where}
	return v
}

func (c *canaries) count(t *testing.T) {
	t.Helper()
	secret := 0
	for _, one := range c.seen {
		if one.secret {
			secret++
		}
	}
	t.Logf("%d values went in, %d of them must not come out", len(c.seen), secret)
	if secret < 100 {
		t.Errorf("only %d values are to be kept: the documents miss the point", secret)
	}
}

// handIn hands in the documents and returns their ids.
func (c *canaries) handIn(t *testing.T, w *world) []string {
	carrier, system := w.client(t, "carrier-cbp"), w.client(t, "system-cbp")
	ids := []string{
		carrier.accepted(c.manifest(t)).ID,
		carrier.accepted(c.cuscar(t)).ID,
	}
	a := w.agreement()
	for _, class := range []string{"cargo.report", "conveyance.report", "exam.result", "status.notice", "arrival.report", "movement.event", "seal.event", "trader.status"} {
		for _, person := range []bool{false, true} {
			r := c.record(t, class, person)
			c.judge(a, r)
			ids = append(ids, system.accepted(r.Canonical()).ID)
		}
	}
	return ids
}

// manifest is the complete 309 of the day with a secret in every position that
// the agreement names as withheld or masked.
func (c *canaries) manifest(t *testing.T) []byte {
	birth := c.date("309 DMG02")
	c.seen[birth] = canary{where: "309 driver's birth date", secret: true}
	return []byte(replaced(t, string(manifest(t, 901)),
		"TREMBLAY", c.kept("309 driver's family name"), "LUC", c.kept("309 driver's given name"),
		"19800312", strings.ReplaceAll(birth, "-", ""), "QX184467", c.kept("309 driver's document"),
		"11 MAIN ST", c.kept("309 driver's street"), "N4*DETROIT*MI*48201*US~\nP4", "N4*"+c.kept("309 driver's city")+"*MI*48201*US~\nP4",
		"J DOE", c.kept("309 contact"), "3135550100", c.kept("309 contact's telephone"), "0000027190", c.kept("309 shipper's id (masked)")))
}

// cuscar is the agency's own sample, likewise.
func (c *canaries) cuscar(t *testing.T) []byte {
	return []byte(replaced(t, example(t, "2-manifest.edi"),
		":1604+54++ACE", ":1604+54901++ACE", "UNZ+1+54'", "UNZ+1+54901'",
		"LOCKKH041122106", "LOCKKH041122901", "+KH041122106:", "+KH041122901:", "LOCKKH04112206", "LOCKKH04112901",
		"NAD+VW+0000041047:109++AADLER:KEN", "NAD+VW+"+c.kept("CUSCAR driver's id")+":109++"+c.kept("CUSCAR driver's family name")+":"+c.kept("CUSCAR driver's given name"),
		"STATE FARM INSURANCE COMPANY", c.kept("CUSCAR insurer"), "QO123456789", c.kept("CUSCAR policy"),
		"NAD+IM+00010:109+1234 MAIN STREET+KATHY SMITH++BELTSVILLE",
		"NAD+IM+"+c.kept("CUSCAR importer's id")+":109+"+c.kept("CUSCAR importer's C058")+"+"+c.kept("CUSCAR importer's name")+"++"+c.kept("CUSCAR importer's city"),
		"CTA+IC'", "CTA+IC+:"+c.kept("CUSCAR contact")+"'", "8005551212", c.kept("CUSCAR contact's telephone"),
		"NAD+CN+65424:", "NAD+CN+"+c.kept("CUSCAR consignee's id (masked)")+":"))
}

// record fills every element of a class that can hold a value of its own.
func (c *canaries) record(t *testing.T, class string, person bool) *cargo.Record {
	t.Helper()
	r := &cargo.Record{Class: class, Agency: cbp, Mode: "road", Function: "original", IssuedAt: cargo.TimeText(time.Now().Add(-time.Hour).Truncate(time.Second))}
	c.fill(t, class, person, "", r)
	return r
}

func (c *canaries) fill(t *testing.T, class string, person bool, at cargo.Path, g cargo.Group) {
	for _, e := range cargo.Dictionary().Members(at) {
		if !e.In(class) {
			continue
		}
		rel := string(e.Path)
		if at != "" {
			rel = rel[len(at)+1:]
		}
		ref, err := cargo.CompileRef(at, rel)
		if err != nil {
			t.Fatal(err)
		}
		if !e.Leaf() {
			sub, err := ref.Append(g)
			if err != nil {
				t.Fatal(err)
			}
			c.fill(t, class, person, e.Path, sub)
			continue
		}
		v := c.value(e, class, person)
		if v == "" {
			continue
		}
		if e.Repeat {
			err = ref.AppendValue(g, v)
		} else {
			err = ref.Set(g, v)
		}
		if err != nil {
			t.Fatalf("%s: %v", e.Path, err)
		}
	}
}

// value is a unique value of an element, "" for what can have none.
func (c *canaries) value(e *cargo.Element, class string, person bool) string {
	where := fmt.Sprintf("%s of a %s (person %v)", e.Path, class, person)
	switch string(e.Path) {
	case "id", "class", "agency", "mode", "function", "issuedAt", "supersedes":
		return ""
	case "exam.performedBy": // an exam of another agency is not its to hand in
		return cbp
	case "consignment[].goods[].equipment[]", "exam.item[].equipment", "equipment[].id":
		return "PBXU0000019"[:10] + checkDigit("PBXU000001")
	}
	if strings.HasSuffix(string(e.Path), "naturalPerson") {
		return fmt.Sprint(person)
	}
	switch e.Type {
	case "text":
		return c.text(where)
	case "id", "code":
		if len(e.Lists) == 0 {
			return c.text(where)
		}
		name := e.Lists[0]
		if l, ok := cargo.Dictionary().List(name); ok && len(l.Codes) > 0 {
			v := l.Codes[0].Code // of a list: no canary, but it brings others along
			if len(e.Lists) > 1 {
				v = name + ":" + v
			}
			return v
		}
		if len(e.Lists) > 1 {
			return name + ":" + c.text(where)
		}
		return c.text(where)
	case "int", "decimal":
		return c.digits(where)
	case "date":
		return c.date(where)
	case "time":
		return c.date(where) + "T11:07:13Z"
	case "hash":
		v := fmt.Sprintf("%x", fmt.Sprintf("%-32s", c.text(where)))
		c.seen[v] = canary{where: where}
		return "sha256:" + v
	}
	return ""
}

func checkDigit(ten string) string {
	for digit := range 10 {
		if ok, _ := cargo.CheckDigit(fmt.Sprint(ten, digit)); ok {
			return fmt.Sprint(digit)
		}
	}
	return "0"
}

// agreement is the signed file of the world.
func (w *world) agreement() *agreement.Agreement {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.home(cbp), "agreements", "agreement.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	a, issues := agreement.Parse(b)
	if a == nil {
		w.t.Fatalf("agreement: %v", issues)
	}
	return a
}

// keptPaths are parts of paths that the example agreement withholds in words,
// whatever a program makes of it.
var keptPaths = []string{".person[]", ".insurance.", ".importer.", ".contact[]", "consignment[].value.", "goods[].value.", "exam.officer.", "exam.finding[]", "exam.image[]", "hold[].ground", "trustedTrader"}

// judge marks which values of a record must stay: those that the agreement does
// not share in clear, and those of keptPaths whatever it decides.
func (c *canaries) judge(a *agreement.Agreement, r *cargo.Record) {
	may := map[string]bool{}
	n := 0
	for _, unit := range cargo.Split(r, func() string { n++; return fmt.Sprintf("0199e0b2-7c1c-7000-8000-%012d", n) }) {
		purpose, ok := a.Purpose(cbp, cbsa, unit.Class)
		if !ok {
			continue
		}
		d := a.Decide(agreement.Request{From: cbp, To: cbsa, Purpose: purpose, Record: unit, At: time.Now(), Pseudonym: func(_, v string) string { return v }})
		clear := map[string]bool{}
		for _, e := range d.Elements {
			clear[e.Instance] = e.Verdict == "share" || e.Verdict == "mask" && e.Method == "full"
		}
		_ = cargo.Walk(unit, func(l cargo.Leaf) error { // it returns what the function does: nil
			if d.Outcome == "share" && clear[l.Instance] {
				may[l.Value] = true
			}
			return nil
		})
	}
	_ = cargo.Walk(r, func(l cargo.Leaf) error { // as above
		value := l.Value
		for _, prefix := range []string{"sha256:", "T11:07:13Z"} {
			value = strings.ReplaceAll(value, prefix, "")
		}
		if _, code, found := strings.Cut(value, ":"); found {
			value = code
		}
		one, ours := c.seen[value]
		if !ours {
			return nil
		}
		one.secret = !may[l.Value]
		for _, part := range keptPaths {
			one.secret = one.secret || strings.Contains(string(l.Element.Path), part)
		}
		c.seen[value] = one
		return nil
	})
}

// search is everything that is looked through, each with a name.
type search struct {
	names []string
	texts [][]byte
}

func (s *search) add(name string, b []byte) {
	s.names = append(s.names, name)
	s.texts = append(s.texts, bytes.ToUpper(b))
}

// forms are the ways in which a value could be written.
func forms(v string) [][]byte {
	all := [][]byte{[]byte(v), []byte(strings.ReplaceAll(v, "-", "")), []byte(hex.EncodeToString([]byte(v)))}
	for shift := range 3 { // base64 has three forms of a text, by where it begins
		enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), v...))
		enc = enc[[]int{0, 2, 3}[shift]:]
		all = append(all, []byte(enc[:len(enc)-1])) // the last digit depends on what follows
	}
	for i := range all {
		all[i] = bytes.ToUpper(all[i])
	}
	return all
}

// where finds the first text that has the value in any form.
func (s *search) where(v string) string {
	for _, form := range forms(v) {
		for i, text := range s.texts {
			if has(text, form) {
				return s.names[i]
			}
		}
	}
	return ""
}

// has finds a form in a text. Eight or nine digits are by chance in some hash,
// random id or fraction of a second of every hundredth run: there they do not count.
func has(text, form []byte) bool {
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], form)
		if i < 0 {
			return false
		}
		at += i
		if len(form) > 9 || len(bytes.Trim(form, "0123456789")) > 0 || !random(text, at, at+len(form)) {
			return true
		}
	}
}

// random reports whether digits stand in a hash or a UUID, or behind a decimal point.
func random(text []byte, from, to int) bool {
	first, last := around(text, from, to, "0123456789ABCDEF-") // the text is in capitals
	point, _ := around(text, from, to, "0123456789")
	return last-first >= 32 || point > 1 && text[point-1] == '.' && '0' <= text[point-2] && text[point-2] <= '9'
}

// around widens a part of a text to the whole run of some characters.
func around(text []byte, from, to int, of string) (first, last int) {
	for from > 0 && strings.IndexByte(of, text[from-1]) >= 0 {
		from--
	}
	for to < len(text) && strings.IndexByte(of, text[to]) >= 0 {
		to++
	}
	return from, to
}

func (s *search) mustFind(t *testing.T, c canaries) {
	t.Helper()
	for v, one := range c.seen {
		if s.where(v) == "" {
			t.Errorf("the search does not find %s, which is there", one.where)
		}
	}
}

func (s *search) mustNotFind(t *testing.T, c canaries) {
	t.Helper()
	bytes, crossed := 0, 0
	for _, text := range s.texts {
		bytes += len(text)
	}
	for v, one := range c.seen {
		where := s.where(v)
		if where != "" {
			crossed++
		}
		if one.secret && where != "" {
			t.Errorf("%s is in %s", one.where, where)
		}
	}
	t.Logf("%d bytes in %d places searched; %d values crossed as the agreement allows", bytes, len(s.texts), crossed)
	if crossed == 0 {
		t.Error("nothing at all crossed: the search saw nothing")
	}
}

// openAll opens the captured envelopes as CBSA does.
func (s *search) openAll(t *testing.T, w *world, envelopes [][]byte) {
	t.Helper()
	ring, err := crypto.LoadKeyring(filepath.Join(w.home(cbsa), "keys"), cbsa)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(w.home(cbsa), "peers", cbp+".json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, jwk := range decode[gateway.Introduction](t, b).Keys {
		key, err := crypto.ParsePublicKey(jwk)
		if err != nil {
			t.Fatal(err)
		}
		if err := ring.AddPeer(cbp, key); err != nil {
			t.Fatal(err)
		}
	}
	for i, env := range envelopes {
		claims, opened, err := ring.Open(env, crypto.Expect{Issuer: cbp, Audience: cbsa, Now: time.Now()})
		if err != nil {
			t.Fatalf("envelope %d: %v", i, err)
		}
		all, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		s.add(fmt.Sprintf("claims of envelope %d", i), all)
		for _, part := range bytes.Split(opened.JWS, []byte(".")) {
			plain, err := base64.RawURLEncoding.DecodeString(string(part))
			if err != nil {
				t.Fatal(err)
			}
			s.add(fmt.Sprintf("signed statement of envelope %d", i), plain)
		}
	}
}

// answers gathers what CBSA's people and systems can ask for, and what both
// gateways tell their operators and the world.
func (s *search) answers(t *testing.T, w *world) {
	t.Helper()
	guides := writingGuides(t)
	for _, name := range []string{"system-cbsa", "auditor-cbsa"} {
		c := w.client(t, name)
		s.add("inbox for "+name, c.mustGet("/v1/inbox?limit=1000"))
		for _, item := range c.inbox() {
			at := "/v1/documents/" + item.ID
			s.add("document for "+name, c.mustGet(at))
			s.add("record for "+name, c.mustGet(at+"/content"))
			for _, guide := range guides {
				s.add(guide+" for "+name, c.get(at+"/content?guide="+guide).body)
				s.add("report of "+guide+" for "+name, c.get(at+"/report?guide="+guide).body)
			}
		}
	}
	for _, agency := range []string{cbsa, cbp} {
		a := w.settings[agency].Addresses()
		for _, url := range []string{a.Ops + "/metrics", a.Ops + "/status", a.Ops + "/readyz", a.Log + "/audit/" + other(agency) + "/checkpoint", a.Log + "/audit/" + other(agency) + "/tile/0/000"} {
			res, err := http.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close() // read to its end
			s.add(url, b)
		}
	}
}

func writingGuides(t *testing.T) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(peacebridge(t, "guides", "list", "--json").stdout) {
		g := decode[struct {
			Name   string
			Writes bool
		}](t, []byte(line))
		if g.Writes {
			names = append(names, g.Name)
		}
	}
	if len(names) < 3 {
		t.Fatalf("guides that write: %v", names)
	}
	return names
}

// folder adds every file of a home.
func (s *search) folder(t *testing.T, home string) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		s.add(path, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ledger adds every event of a ledger with its details and bodies decrypted:
// what is compressed or encrypted in the folder is searched too.
func (s *search) ledger(t *testing.T, w *world, agency string) {
	t.Helper()
	home := w.home(agency)
	l, err := audit.Open(audit.Config{
		Dir: filepath.Join(home, "ledger"), Keys: filepath.Join(home, "keys"), Origin: agency,
		Logs: []string{other(agency)}, Apply: gateway.Apply, HighWater: filepath.Join(home, "highwater"),
		Journal: filepath.Join(home, "journal"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, log := range []string{audit.Internal, other(agency)} {
		err := l.Entries(log, 0, func(e *audit.Stored) bool {
			name := fmt.Sprintf("event %d of %s's log %s", e.Index, agency, log)
			s.event(t, l, e, name)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	items, err := l.Scan("", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		s.add("state "+item.Key+" of "+agency, append([]byte(item.Key+" "), item.Value...))
	}
}

func (s *search) event(t *testing.T, l *audit.Ledger, e *audit.Stored, name string) {
	t.Helper()
	head, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	s.add(name, head)
	details, err := l.Details(e.Log, e.Index)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for k, v := range details {
		s.add(name+" detail "+k, []byte(v))
	}
	for _, b := range e.Bodies {
		r, err := l.Body(e.Log, e.Index, b.Name)
		if err != nil {
			t.Fatalf("%s body %s: %v", name, b.Name, err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s body %s: %v", name, b.Name, err)
		}
		_ = r.Close() // read to its end
		s.add(name+" body "+b.Name, data)
	}
}
