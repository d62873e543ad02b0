package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/crypto"
	"peacebridge/gateway/recognition"
	"peacebridge/mapping"
)

// Config is what New needs besides the home folder.
type Config struct {
	// Home is the folder that Create made.
	Home string
	// Settings are those of config.yaml; nil reads them from Home.
	Settings *Settings
	// Now is the only clock of business code; it is read once per request.
	// Default time.Now.
	Now func() time.Time
	// Log takes events for operators: never a value of a document. Default slog.Default().
	Log *slog.Logger
}

// Gateway is one agency's edge. New opens it, Run serves until its context ends.
type Gateway struct {
	settings *Settings // of the start; current has what may change since
	live     atomic.Pointer[Settings]
	home     string
	now      func() time.Time
	log      *slog.Logger
	problems problemTable
	access   access
	origins  origins

	ledger     *audit.Ledger
	keys       *crypto.Keyring
	ca         *certs.Authority
	trust      *certs.Trust
	own        *certs.KeyPair
	guides     *mapping.Library
	registers  recognition.Registers
	rules      standing
	agreements agreementSet
	senders    senders
	inUse      inUse
	readers    atomic.Pointer[[]*logReader] // of the log listener
	peers      map[string]*peer
	peerNames  []string
	outside    []*outsideWitness
	tsa        *audit.TSA // nil: no time-stamps
	couriers   []*courier

	control   atomic.Uint64 // the last control number given out
	sequences map[string]*atomic.Uint64
	slots     *slots        // submissions being taken in
	large     chan struct{} // those of them that do not fit in memory
	limits    limiters
	stopping  atomic.Bool
	startedAt time.Time

	tasksMu sync.Mutex
	tasks   map[string]string // recurring tasks that failed last time, by name

	notReloaded string // what was wrong with config.yaml when it was last read again

	listeners listeners
}

// peer is another agency's gateway.
type peer struct {
	agency string
	url    string
	client *http.Client
	crlAt  time.Time // when its revocation list was fetched; askPeer's alone
	keysAt time.Time // when its keys were fetched; askPeer's alone

	published chan struct{} // has something after each beat, for askPeer

	logKey      string    // of its log of the relation; empty: it has not told
	log         peerLog   // the copy of it
	comparedAt  time.Time // when the two logs were compared; watch's alone
	differences atomic.Int64

	seenMu sync.Mutex
	seenAt time.Time // when nothing waited for its cosignature
}

// New opens a home: ledger, keys, CA, guides, rules and agreements are read and
// checked completely, or New fails.
func New(ctx context.Context, c Config) (*Gateway, error) {
	g := &Gateway{
		settings: c.Settings, home: c.Home, now: c.Now, log: c.Log, peers: map[string]*peer{},
		sequences: map[string]*atomic.Uint64{}, tasks: map[string]string{},
		rules: standing{old: map[string]*ruleSet{}},
	}
	if g.now == nil {
		g.now = time.Now
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	var err error
	if g.settings == nil {
		if g.settings, err = LoadSettings(filepath.Join(c.Home, configFile)); err != nil {
			return nil, err
		}
	}
	g.settings.defaults()
	g.live.Store(g.settings)
	g.startedAt = g.now()
	g.slots = newSlots(g.settings.Limits.Submissions)
	g.large = make(chan struct{}, largeAtOnce)
	if err := g.open1(); err != nil {
		g.Close()
		return nil, err
	}
	if err := g.open2(ctx); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// open1 reads what needs no ledger.
func (g *Gateway) open1() error {
	var err error
	if g.problems, err = loadProblems(); err != nil {
		return err
	}
	if g.access, err = loadAccess(); err != nil {
		return err
	}
	if g.origins, err = loadOrigins(); err != nil {
		return err
	}
	if g.guides, err = mapping.Builtin(); err != nil {
		return fmt.Errorf("guides: %w", err)
	}
	if g.registers, err = recognition.Embedded(); err != nil {
		return fmt.Errorf("registers: %w", err)
	}
	if g.keys, err = crypto.LoadKeyring(filepath.Join(g.home, "keys"), g.settings.Agency); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if g.ca, err = certs.OpenAuthority(filepath.Join(g.home, "ca")); err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	g.own, err = certs.LoadKeyPair(filepath.Join(g.home, "keys", "tls.crt"), filepath.Join(g.home, "keys", "tls.key"))
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if err := errors.Join(g.openWitnesses(), g.openTimestamps()); err != nil {
		return err
	}
	g.trust = certs.NewTrust()
	roles := slices.DeleteFunc(certs.Roles(), func(r string) bool { return r == certs.RoleGateway })
	if err := g.trust.Add(g.settings.Agency, g.ca.Certificate(), roles...); err != nil {
		return err
	}
	return g.loadCRL(g.now())
}

// open2 opens the ledger with what the peers have said of themselves.
func (g *Gateway) open2(ctx context.Context) error {
	lc := ledgerConfig(g.home, g.settings)
	lc.Now = g.now
	lc.OnProblem = func(p audit.Problem) {
		level := slog.LevelError
		if p.Warning {
			level = slog.LevelWarn // it stops nothing, and may end by itself
		}
		g.log.Log(ctx, level, "ledger problem", "code", p.Code, "log", p.Log, "message", p.Message)
	}
	for _, ps := range g.settings.Peers {
		in, err := readIntroduction(g.home, ps.Agency)
		if err != nil {
			return err
		}
		if err := g.addPeer(ps, in, &lc); err != nil {
			return fmt.Errorf("peer %s: %w", ps.Agency, err)
		}
	}
	err := g.tellMLDSA(lc)
	if err != nil {
		return fmt.Errorf("introduction: %w", err)
	}
	if g.ledger, err = audit.Open(lc); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := g.resumeCounters(); err != nil {
		return err
	}
	if err := g.resumeAway(); err != nil {
		return err
	}
	now := g.now()
	if err := g.loadRules(ctx, now); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if err := g.loadAgreements(ctx, now); err != nil {
		return fmt.Errorf("agreements: %w", err)
	}
	if err := g.loadSenders(ctx, takenAtStart, now); err != nil {
		return err
	}
	if err := g.checkInbox(g.settings); err != nil {
		return err
	}
	if g.settings.Digest != "" {
		g.takeOver(ctx, configFile, g.settings.Digest, takenAtStart, now)
	}
	return nil
}

func (g *Gateway) addPeer(ps PeerSettings, in *Introduction, lc *audit.Config) error {
	if err := g.trust.Add(ps.Agency, []byte(in.CA), certs.RoleGateway); err != nil {
		return err
	}
	for _, jwk := range in.Keys {
		key, err := crypto.ParsePublicKey(jwk)
		if err != nil {
			return err
		}
		if err := g.keys.AddPeer(ps.Agency, key); err != nil && !errors.Is(err, crypto.ErrDuplicateKey) {
			return err
		}
	}
	lc.Peers = append(lc.Peers, ledgerPeer(g.settings.Agency, in))
	p := &peer{agency: ps.Agency, url: ps.URL, logKey: in.LogKeys[g.settings.Agency], published: make(chan struct{}, 1)}
	g.peers[ps.Agency] = p
	g.peerNames = append(g.peerNames, ps.Agency)
	g.sequences[ps.Agency] = new(atomic.Uint64)
	g.couriers = append(g.couriers, newCourier(g, p))
	return nil
}

// resumeCounters goes on after the highest numbers that were ever committed.
func (g *Gateway) resumeCounters() error {
	read := func(name string, to *atomic.Uint64) error {
		var n uint64
		if err := g.state(keyCount(name), &n); err != nil && !errors.Is(err, audit.ErrNotFound) {
			return err
		}
		to.Store(n)
		return nil
	}
	if err := read("control", &g.control); err != nil {
		return err
	}
	for name, seq := range g.sequences {
		if err := read("sequence/"+name, seq); err != nil {
			return err
		}
	}
	return nil
}

// nextControl is a control number for an interchange that this gateway writes.
// ISA13 has nine digits and starts again after the last of them.
func (g *Gateway) nextControl() uint64 { return (g.control.Add(1)-1)%999_999_999 + 1 }

func (g *Gateway) nextSequence(peer string) uint64 { return g.sequences[peer].Add(1) }

// Run serves until ctx ends, then drains: no new requests, those in flight are
// answered, deliveries in flight end, and the ledger is closed.
// Ready, when given, is called once all doors are open.
func (g *Gateway) Run(ctx context.Context, ready func()) error {
	if err := g.listen(); err != nil {
		return errors.Join(err, g.Close())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	for _, p := range g.peers {
		p.client = g.clientOf(p)
	}
	background.Go(func() { g.beat(work) })
	for _, p := range g.peers {
		background.Go(func() { g.askPeer(work, p) })
		background.Go(func() { g.watch(work, p) })
	}
	if g.tsa != nil {
		background.Go(func() { g.stampLogs(work) })
	}
	for _, w := range g.outside {
		background.Go(func() { g.askWitness(work, w) })
	}
	for _, c := range g.couriers {
		background.Go(func() { c.run(work) })
	}
	background.Go(func() { g.note("resume", g.resume(work)) })
	failed := make(chan error, len(g.listeners.all()))
	for _, l := range g.listeners.all() {
		background.Go(func() { failed <- l.serve() })
	}
	if ready != nil {
		ready()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	g.stopping.Store(true)
	time.Sleep(drainPause)
	err = errors.Join(err, g.listeners.shutdown())
	stop()
	background.Wait()
	return errors.Join(err, g.Close())
}

// drainPause is how long those who are about to ask are answered that the gateway
// is stopping, and /readyz says so, before connections are closed.
const drainPause = 100 * time.Millisecond

// Close closes what New opened.
func (g *Gateway) Close() error {
	var err error
	if g.ledger != nil {
		err = g.ledger.Close()
	}
	if g.ca != nil {
		err = errors.Join(err, g.ca.Close())
	}
	return err
}

func (g *Gateway) clientOf(p *peer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:       g.trust.ClientConfigFrom(g.own, certs.Identity{Agency: p.agency, Role: certs.RoleGateway}, g.now),
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: attemptTimeout,
			MaxIdleConnsPerHost:   g.settings.Delivery.Workers + 2,
			IdleConnTimeout:       90 * time.Second,
		},
		// A peer that sends us elsewhere is not followed: the address is in the configuration.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (g *Gateway) wake() {
	for _, c := range g.couriers {
		c.wake()
	}
}

func (g *Gateway) origin(log string) string { return g.settings.Agency + "/audit/" + log }

// changedKey is the guard that did not hold, "" when the error is another.
func changedKey(err error) string {
	if c, ok := errors.AsType[*audit.Changed](err); ok {
		return c.Key
	}
	return ""
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// stamp is the one text form of an instant.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func unitTerm(equipment string) string { return term(nil, "equipment", equipment)[0] }
