package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// tap stands between two gateways and keeps everything that they say to each
// other, as it is before TLS. It can do so because the test has both homes: it
// shows each gateway the other's own certificate.
type tap struct {
	t         *testing.T
	mu        sync.Mutex
	seen      bytes.Buffer
	envelopes [][]byte
}

// newTap listens for what the peer says to the agency, and passes it on.
func (w *world) newTap(agency string) *tap {
	w.t.Helper()
	tp := &tap{t: w.t}
	target, err := url.Parse(w.url(agency))
	if err != nil {
		w.t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(w.home(agency), "ca", "ca.crt"))
	if err != nil {
		w.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: pool, Certificates: []tls.Certificate{w.gatewayPair(other(agency))},
		}},
		ModifyResponse: tp.response,
		ErrorLog:       log.New(io.Discard, "", 0), // a gateway that is not up yet
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert,
		Certificates: []tls.Certificate{w.gatewayPair(agency)}, SessionTicketsDisabled: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	srv := &http.Server{Handler: tp.requests(proxy), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = srv.Serve(ln) }() // it ends by Close
	w.t.Cleanup(func() { _ = srv.Close() })
	w.settings[other(agency)].Peers[0].URL = "https://" + ln.Addr().(*net.TCPAddr).String()
	w.save()
	return tp
}

// gatewayPair is the certificate of a gateway, without its CA's as it sends it.
func (w *world) gatewayPair(agency string) tls.Certificate {
	w.t.Helper()
	keys := filepath.Join(w.home(agency), "keys")
	pair, err := tls.LoadX509KeyPair(filepath.Join(keys, "tls.crt"), filepath.Join(keys, "tls.key"))
	if err != nil {
		w.t.Fatal(err)
	}
	pair.Certificate = pair.Certificate[:1]
	return pair
}

func (tp *tap) requests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true) // it leaves the body to be read again
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		tp.mu.Lock()
		tp.seen.Write(dump)
		if strings.HasSuffix(r.URL.Path, "/messages") {
			_, body, _ := bytes.Cut(dump, []byte("\r\n\r\n"))
			tp.envelopes = append(tp.envelopes, body)
		}
		tp.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (tp *tap) response(res *http.Response) error {
	dump, err := httputil.DumpResponse(res, true)
	if err != nil {
		return err
	}
	tp.mu.Lock()
	defer tp.mu.Unlock()
	tp.seen.Write(dump)
	return nil
}

// take returns what was said so far.
func (tp *tap) take() (everything []byte, envelopes [][]byte) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return bytes.Clone(tp.seen.Bytes()), tp.envelopes
}
