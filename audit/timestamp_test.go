package audit

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// authority is a time-stamping authority that we did not write: `openssl ts`.
type authority struct {
	t     *testing.T
	dir   string
	roots *x509.CertPool
	ca    []byte
	reply func(request []byte) []byte // nil: as openssl answers
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is not installed: make witnesses installs it")
		}
		t.Skip("openssl is not installed: it is the time-stamping authority")
	}
	a := &authority{t: t, dir: t.TempDir()}
	conf := `[tsa]
dir = ` + a.dir + `
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.crt
certs = $dir/ca.crt
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`
	for name, text := range map[string]string{"ts.cnf": conf, "serial": "01\n", "ext": "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n", "plain": "extendedKeyUsage=critical,timeStamping,serverAuth\n"} {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Time CA", "-days", "30")
	a.certificate("ext")
	var err error
	if a.ca, err = os.ReadFile(filepath.Join(a.dir, "ca.crt")); err != nil {
		t.Fatal(err)
	}
	if a.roots, err = TSARoots(a.ca); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) certificate(extensions string) {
	a.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=Time Office/CN=clock one")
	a.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.crt", "-days", "20", "-extfile", extensions)
}

func (a *authority) openssl(args ...string) []byte {
	a.t.Helper()
	out, err := a.run(args...)
	if err != nil {
		a.t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
	return out
}

func (a *authority) run(args ...string) ([]byte, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = a.dir
	return cmd.CombinedOutput()
}

// post is the authority's door.
func (a *authority) post(_ context.Context, request []byte) ([]byte, error) {
	if a.reply != nil {
		return a.reply(request), nil
	}
	if err := os.WriteFile(filepath.Join(a.dir, "request"), request, 0o600); err != nil {
		return nil, err
	}
	if out, err := a.run("ts", "-reply", "-config", "ts.cnf", "-section", "tsa", "-queryfile", "request", "-out", "reply"); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(filepath.Join(a.dir, "reply"))
}

func (a *authority) tsa() TSA { return TSA{Post: a.post, Roots: a.roots} }

// A checkpoint gets a token from openssl's authority; the folder verifies with
// it, a bundle carries it, each step is explained, and openssl verifies what
// the bundle holds.
func TestTimestamp(t *testing.T) {
	a := newAuthority(t)
	c := testConfig(t)
	l := create(t, c)
	stamp := func() error { return l.Timestamp(t.Context(), partner, 24*time.Hour, a.tsa()) }
	if err := stamp(); err != nil {
		t.Fatalf("nothing is published: %v", err)
	}
	appendN(t, l, 0, 300)
	publish := func() {
		t.Helper()
		if err := l.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	if err := stamp(); err != nil {
		t.Fatal(err)
	}
	first := l.Size(partner)
	appendN(t, l, 300, 10)
	publish()
	if err := stamp(); err != nil { // within a day: none
		t.Fatal(err)
	}
	if err := l.Timestamp(t.Context(), partner, 0, a.tsa()); err != nil {
		t.Fatal(err)
	}
	a.served(l, c, first)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, roots := range [][]byte{nil, a.ca} {
		v := verify(t, c.Dir, VerifyOptions{TSA: roots})[partner]
		if !v.Verified || len(v.Timestamps) != 2 || v.Timestamps[0].Size != first || v.Timestamps[0].Trusted != (roots != nil) || !strings.Contains(v.Timestamps[0].Authority, "clock one") {
			t.Errorf("%+v", v)
		}
	}
	stranger := newAuthority(t)
	if v := verify(t, c.Dir, VerifyOptions{TSA: stranger.ca})[partner]; v.Verified || v.Problems[0].Code != badTimestamp {
		t.Errorf("an authority that nobody trusts: %+v", v)
	}

	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	var buf bytes.Buffer
	if err := ExportTarget(t.Context(), c.Dir, &buf, ExportOptions{Query: Query{Log: partner, Limit: 3}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bundle, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, bundle, VerifyOptions{TSA: a.ca})[partner]; !v.Verified || len(v.Timestamps) != 1 || !v.Timestamps[0].Trusted {
		t.Errorf("bundle: %+v", v)
	}
	var text strings.Builder
	if err := ExplainTarget(t.Context(), bundle, "", 0, &text, VerifyOptions{TSA: a.ca}); err != nil || !strings.Contains(text.String(), "the event is not younger") {
		t.Errorf("%v\n%s", err, text.String())
	}
	text.Reset()
	if err := ExplainTarget(t.Context(), c.Dir, partner, 5, &text, VerifyOptions{}); err != nil || !strings.Contains(text.String(), "clock one") {
		t.Errorf("%v\n%s", err, text.String())
	}
	a.judges(bundle, first)
	// A token of another checkpoint.
	stamps := filepath.Join(c.Dir, "timestamps", partner)
	sizes, err := stampSizes(stamps)
	if err != nil || len(sizes) != 2 {
		t.Fatal(sizes, err)
	}
	if err := os.Rename(stampFile(stamps, sizes[1]), stampFile(stamps, sizes[0])); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, c.Dir, VerifyOptions{})[partner]; v.Verified || v.Problems[0].Code != badTimestamp {
		t.Errorf("token moved: %+v", v)
	}
}

// served verifies the tokens of a log over HTTP, also when somebody on the way
// changes them.
func (a *authority) served(l *Ledger, c Config, first uint64) {
	a.t.Helper()
	policy, err := os.ReadFile(filepath.Join(c.Dir, "policy"))
	if err != nil {
		a.t.Fatal(err)
	}
	var path, instead string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path != "" && strings.HasSuffix(r.URL.Path, path) {
			_, _ = io.WriteString(w, instead)
			return
		}
		l.Handler().ServeHTTP(w, r)
	}))
	defer srv.Close()
	judge := func(roots []byte) Verdict {
		return verify(a.t, srv.URL, VerifyOptions{Policy: policy, TSA: roots})[partner]
	}
	for _, roots := range [][]byte{nil, a.ca} {
		if v := judge(roots); !v.Verified || len(v.Timestamps) != 2 || v.Timestamps[0].Size != first || v.Timestamps[0].Trusted != (roots != nil) {
			a.t.Errorf("served: %+v", v)
		}
	}
	res, err := http.Get(srv.URL + "/timestamps/" + strconv.FormatUint(first, 10) + ".tst")
	if err != nil {
		a.t.Fatal(err)
	}
	token, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		a.t.Fatal(err)
	}
	last := "/timestamps/" + strconv.FormatUint(l.Size(partner), 10)
	for _, lie := range []struct{ path, instead string }{
		{"/timestamps", "one\n"},
		{"/timestamps", "1\n"}, // not there
		{last + ".tst", string(token)},
		{last + ".tst", "x"},
		{last + ".checkpoint", "x"},
	} {
		path, instead = lie.path, lie.instead
		if v := judge(a.ca); v.Verified || v.Problems[0].Code != badTimestamp {
			a.t.Errorf("%s is %.20q: %+v", lie.path, lie.instead, v)
		}
	}
	path = ""
	for _, name := range []string{"timestamps/x.tst", "timestamps/1", "timestamps/1.tst", "timestamps/../policy", "timestamps/%2e%2e/policy"} {
		res, err := http.Get(srv.URL + "/" + name)
		if err != nil {
			a.t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNotFound {
			a.t.Errorf("%s: %d %v", name, res.StatusCode, err)
		}
	}
}

// judges has openssl verify the token of a bundle.
func (a *authority) judges(bundle string, size uint64) {
	a.t.Helper()
	z, err := zip.OpenReader(bundle)
	if err != nil {
		a.t.Fatal(err)
	}
	defer z.Close()
	check := &bundleCheck{files: map[string]*zip.File{}}
	for _, f := range z.File {
		check.files[f.Name] = f
	}
	der, err1 := check.read(fmt.Sprintf("timestamps/%s/%d.tst", partner, size))
	proof, err2 := check.read(fmt.Sprintf("events/%s/0.tst-proof", partner))
	if err := errors.Join(err1, err2); err != nil {
		a.t.Fatal(err)
	}
	_, checkpoint, _ := strings.Cut(string(proof), "\n\n")
	text, _, _ := strings.Cut(checkpoint, "\n\n")
	for name, b := range map[string][]byte{"token": der, "text": []byte(text + "\n")} {
		if err := os.WriteFile(filepath.Join(a.dir, name), b, 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	if out := a.openssl("ts", "-verify", "-token_in", "-in", "token", "-data", "text", "-CAfile", "ca.crt"); !bytes.Contains(out, []byte("Verification: OK")) {
		a.t.Errorf("openssl says %s", out)
	}
}

// What an authority must not answer: another question, an old answer, a wrong
// time, a certificate for something else, a refusal, rubbish.
func TestTimestampRefused(t *testing.T) {
	a := newAuthority(t)
	l := create(t, testConfig(t))
	appendN(t, l, 0, 10)
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	var old []byte
	keep := TSA{Roots: a.roots, Post: func(ctx context.Context, request []byte) (answer []byte, err error) {
		old, err = a.post(ctx, request)
		return old, errors.Join(err, errors.New("lost"))
	}}
	if err := l.Timestamp(t.Context(), partner, 0, keep); err == nil || old == nil {
		t.Fatal("a lost answer counts")
	}
	expect := func(what, want string, tsa TSA) {
		t.Helper()
		if err := l.Timestamp(t.Context(), partner, 0, tsa); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	answer := func(b []byte) TSA {
		return TSA{Roots: a.roots, Post: func(context.Context, []byte) ([]byte, error) { return b, nil }}
	}
	expect("an answer of before", "nonce", answer(old))
	expect("rubbish", "malformed", answer([]byte("no")))
	expect("a refusal", "status 2", answer([]byte{0x30, 5, 0x30, 3, 2, 1, 2}))
	expect("no roots", "no CA", TSA{Post: a.post})
	expect("another CA", "unknown authority", TSA{Post: a.post, Roots: newAuthority(t).roots})
	changed := bytes.Clone(old)
	changed[len(changed)-3] ^= 1
	expect("a bit of the signature", "time-stamp", answer(changed))
	l.config.Now = func() time.Time { return time.Now().Add(3 * time.Hour) }
	expect("a wrong clock", "clock", a.tsa())
	l.config.Now = time.Now
	a.certificate("plain")
	expect("a certificate for more", "time-stamp", a.tsa())
	a.certificate("ext")
	if err := l.Timestamp(t.Context(), partner, 0, a.tsa()); err != nil {
		t.Error(err)
	}
}

// Any bit of a token that is flipped is noticed or changes nothing that is said.
func TestTimestampFlips(t *testing.T) {
	a := newAuthority(t)
	c := Checkpoint{Origin: "ca.cbsa/audit/us.cbp", Size: 7, Root: sha256.Sum256([]byte("x"))}
	der, err := askTSA(t.Context(), c, a.tsa(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	want, err := judgeToken(der, c, a.roots)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(der) * 8 {
		if i%13 != 0 {
			continue
		}
		b := bytes.Clone(der)
		b[i/8] ^= 1 << (i % 8)
		if s, err := judgeToken(b, c, a.roots); err == nil && s != want {
			t.Errorf("bit %d: %+v", i, s)
		}
	}
}

func FuzzTimeToken(f *testing.F) {
	f.Add([]byte{0x30, 5, 0x30, 3, 2, 1, 2})
	if der, err := os.ReadFile("testdata/token.tst"); err == nil {
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if token, err := parseToken(b); err == nil {
			token.covers("x")
			_ = token.authority()
		}
		_, _ = tokenOf(b) // must not panic
	})
}
