package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// t0 is the instant that tests happen at, unless a test moves it.
var t0 = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) func() time.Time { return func() time.Time { return t0.Add(d) } }

func party(role, id string) Identity { return Identity{Agency: "ca.cbsa", Role: role, ID: id} }

func newAuthority(t testing.TB, agency string) *Authority {
	t.Helper()
	a, err := CreateAuthority(filepath.Join(t.TempDir(), "ca"), agency, t0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// issued is a party with everything that it holds.
type issued struct {
	id      Identity
	certPEM []byte
	keyPEM  []byte
	tls     tls.Certificate
	serial  string
}

func issueTo(t testing.TB, a *Authority, id Identity, now time.Time) issued {
	t.Helper()
	keyPEM, csrPEM, err := NewKeyAndCSR(id)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := must(a.Issue(id, csrPEM, now))(t)
	cert := must(tls.X509KeyPair(certPEM, keyPEM))(t)
	return issued{id: id, certPEM: certPEM, keyPEM: keyPEM, tls: cert, serial: serialText(cert.Leaf)}
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Reason != reason {
		t.Fatalf("got %v, want refusal %s", err, reason)
	}
}

// serve answers every request of parties that Check accepts with their identity, and others with 403 and the reason.
func serve(t testing.TB, trust *Trust, config *tls.Config, now func() time.Time) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := trust.Check(r.TLS, now())
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			http.Error(w, refusal.Reason, http.StatusForbidden)
			return
		}
		fmt.Fprint(w, id.URI())
	}))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what these tests are about
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func client(t testing.TB, config *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 3 * time.Minute}
}

func get(c *http.Client, url string) (status int, body string, err error) {
	response, err := c.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return response.StatusCode, string(b), err
}

// handshake runs one TLS handshake over a real socket and returns what each end thinks of it, and the client's state.
func handshake(t testing.TB, server, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	done := make(chan error, 1)
	go func() {
		raw, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		defer raw.Close()
		conn := tls.Server(raw, server)
		err = conn.HandshakeContext(context.Background())
		if err == nil {
			_, err = conn.Write([]byte("ok"))
		}
		done <- err
	}()
	conn, clientErr := tls.Dial("tcp", l.Addr().String(), client)
	if clientErr == nil {
		// In TLS 1.3 the client finishes first; what the server thinks arrives with the first read.
		buf := make([]byte, 2)
		_, clientErr = io.ReadFull(conn, buf)
		state = conn.ConnectionState()
		conn.Close()
	}
	return state, <-done, clientErr
}

// program returns the path of an outside witness. On a continuous integration machine it must be there.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed: the outside witness of this test is missing", name)
	return ""
}

func write(t testing.TB, name string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
