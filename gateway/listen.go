package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"peacebridge/certs"
)

// Limits of every listener. Bodies have no overall deadline, because a large
// interchange over a slow line is legitimate; each read has one (see slowBody).
const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	headerBytes     = 64 << 10
	shutdownTimeout = 20 * time.Second
	bodyTimeout     = 30 * time.Second
	unwantedTimeout = time.Second // for the rest of a body that is refused
	unwantedBytes   = 32 << 20    // likewise
)

// slowBody gives each read of a body its own deadline: a large interchange may
// take its time, a silent client may not.
type slowBody struct {
	io.ReadCloser
	conn  *http.ResponseController
	waits bool // the client sends nothing before it is asked to (Expect: 100-continue)
	ended bool // read to its end
}

func newSlowBody(w http.ResponseWriter, r *http.Request) *slowBody {
	return &slowBody{ReadCloser: r.Body, conn: http.NewResponseController(w), waits: r.Header.Get("Expect") != "", ended: r.ContentLength == 0}
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	if err := b.conn.SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil {
		return 0, err
	}
	b.waits = false
	n, err := b.ReadCloser.Read(p)
	b.ended = errors.Is(err, io.EOF)
	return n, err
}

// unwanted bounds the wait for what is left of a body: net/http reads up to
// 256 KiB of it before it answers, and a silent client would hold its connection
// for ever. After the end of a body the connection waits for the next request:
// a deadline would then cancel everything that is still to come on it.
func (b *slowBody) unwanted() error {
	if b.ended {
		return nil
	}
	return b.conn.SetReadDeadline(time.Now().Add(unwantedTimeout))
}

// drain takes in what is left of a body that is refused, so far as unwanted lets
// it: a client that first sends and then listens would find its connection cut
// off, and never read why.
func (b *slowBody) drain() error {
	if b.ended || b.waits {
		return nil
	}
	_, err := io.CopyN(io.Discard, b.ReadCloser, unwantedBytes)
	if b.ended = errors.Is(err, io.EOF); b.ended {
		return b.conn.SetReadDeadline(time.Time{})
	}
	return nil // it is cut off then
}

type listener struct {
	name string
	net  net.Listener
	srv  *http.Server
}

func (l *listener) serve() error {
	if err := l.srv.Serve(l.net); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listener %s: %w", l.name, err)
	}
	return nil
}

// listeners are the four doors of contracts.md section 5.
type listeners struct{ api, enrol, log, ops *listener }

func (l *listeners) all() []*listener { return []*listener{l.api, l.enrol, l.log, l.ops} }

// shutdown lets requests in flight end. The log and ops doors close last, so
// that operators see the drain.
func (l *listeners) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var err error
	for _, one := range l.all() {
		err = errors.Join(err, one.srv.Shutdown(ctx))
	}
	return err
}

func (g *Gateway) listen() error {
	api, err := g.routes()
	if err != nil {
		return err
	}
	enrol := certs.EnrolServerConfigFrom(g.own)
	logs, logTLS := g.logDoor()
	doors := []struct {
		to      **listener
		name    string
		addr    string
		handler http.Handler
		tls     *tls.Config
	}{
		{&g.listeners.api, "api", g.settings.Listen.API, api, g.trust.ServerConfigFrom(g.own, g.now)},
		{&g.listeners.enrol, "enrol", g.settings.Listen.Enrol, g.asProblems(g.enrolRoutes()), enrol},
		{&g.listeners.log, "log", g.settings.Listen.Log, g.asProblems(logs), logTLS},
		{&g.listeners.ops, "ops", g.settings.Listen.Ops, g.asProblems(g.opsRoutes()), nil},
	}
	for _, d := range doors {
		ln, err := net.Listen("tcp", d.addr)
		if err != nil {
			return fmt.Errorf("listener %s: %w", d.name, err)
		}
		if d.tls != nil {
			ln = tls.NewListener(ln, d.tls)
		}
		*d.to = &listener{name: d.name, net: ln, srv: &http.Server{
			Handler: d.handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes,
			ErrorLog: g.serverLog(d.name), DisableGeneralOptionsHandler: true, // OPTIONS * is an address as any other
		}}
	}
	return nil
}

// serverLog takes what net/http reports: refused handshakes, mostly.
func (g *Gateway) serverLog(name string) *log.Logger {
	return slog.NewLogLogger(g.log.With("listener", name).Handler(), slog.LevelDebug)
}

// Addresses are the URLs of the listeners, once Run has opened them.
type Addresses struct {
	API   string `json:"url"`
	Enrol string `json:"enrolUrl"`
	Log   string `json:"logUrl"`
	Ops   string `json:"opsUrl"`
}

// Addresses of the configuration.
func (s *Settings) Addresses() Addresses {
	log := "http://"
	if len(s.LogReaders) > 0 {
		log = "https://"
	}
	return Addresses{
		API: "https://" + s.Listen.API, Enrol: "https://" + s.Listen.Enrol,
		Log: log + s.Listen.Log, Ops: "http://" + s.Listen.Ops,
	}
}
