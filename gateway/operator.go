package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"peacebridge/audit"
)

// What an operator does with the ledger of a gateway that is stopped. The
// folder's lock keeps a running gateway and these apart, so that the ledger has
// one committer at any time.

// OpenLedger opens the ledger of a home as the gateway itself would: with its
// state, and with what is known of the peers.
func OpenLedger(home string) (*audit.Ledger, error) {
	c, err := ledgerOf(home)
	if err != nil {
		return nil, err
	}
	return audit.Open(c)
}

// RecoverLedger builds a damaged store again from the journal (audit.Recover).
func RecoverLedger(ctx context.Context, home string, in audit.Incident) error {
	c, err := ledgerOf(home)
	if err != nil {
		return err
	}
	return audit.Recover(ctx, c, in)
}

// FromPeers is the place of copies that the peers serve.
const FromPeers = "peers"

// RefillLedger brings the ledger of a stopped gateway back from copies of its
// logs (audit.Refill): from the peers' own mirrors over mutual TLS when a place
// is FromPeers, else from a folder or a URL, "<agency>=<place>" where there are
// several peers. Both sides are compared again afterwards, message by message:
// that lists what is lost.
func RefillLedger(ctx context.Context, home string, places []string, r audit.Recovery) ([]audit.Recovered, error) {
	c, err := ledgerOf(home)
	if err != nil {
		return nil, err
	}
	for _, place := range places {
		agency, at, ok := strings.Cut(place, "=")
		switch {
		case place == FromPeers:
			copies, err := peerCopies(home)
			if err != nil {
				return nil, err
			}
			r.Copies = append(r.Copies, copies...)
		case ok && slices.Contains(c.Logs, agency):
			r.Copies = append(r.Copies, audit.Copy{Relation: agency, Place: at})
		case len(c.Logs) == 1:
			r.Copies = append(r.Copies, audit.Copy{Relation: c.Logs[0], Place: place})
		default:
			return nil, fmt.Errorf("%s: which peer's copy is this? AGENCY=PLACE says it", place)
		}
	}
	out, err := audit.Refill(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return out, os.RemoveAll(filepath.Join(home, "reconcile"))
}

// peerCopies are the mirrors that the peers keep of this home's logs.
func peerCopies(home string) ([]audit.Copy, error) {
	g := &Gateway{home: home, now: time.Now, log: slog.Default(), peers: map[string]*peer{}, sequences: map[string]*atomic.Uint64{}}
	var err error
	if g.settings, err = LoadSettings(filepath.Join(home, configFile)); err != nil {
		return nil, err
	}
	g.settings.defaults()
	if err := g.open1(); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	defer func() { _ = g.Close() }() // nothing was written
	var copies []audit.Copy
	for _, ps := range g.settings.Peers {
		in, err := readIntroduction(home, ps.Agency)
		if err == nil {
			err = g.addPeer(ps, in, new(audit.Config))
		}
		if err != nil {
			return nil, fmt.Errorf("peer %s: %w", ps.Agency, err)
		}
		client := g.clientOf(g.peers[ps.Agency])
		client.Timeout = attemptTimeout
		copies = append(copies, audit.Copy{Relation: ps.Agency, Place: ps.URL + "/exchange/v1/mirror", Client: client})
	}
	return copies, nil
}

// RekeyLedger gives a stopped ledger a new store key (audit.Rekey).
func RekeyLedger(home string) error {
	c, err := ledgerOf(home)
	if err != nil {
		return err
	}
	return audit.Rekey(c)
}

// ledgerOf is the configuration of a home's ledger, with the peers in it: what
// was cosigned for them is in the high-water note, and must stay there.
func ledgerOf(home string) (audit.Config, error) {
	s, err := LoadSettings(filepath.Join(home, configFile))
	if err != nil {
		return audit.Config{}, err
	}
	c := ledgerConfig(home, s)
	for _, ps := range s.Peers {
		in, err := readIntroduction(home, ps.Agency)
		if err != nil {
			return c, err
		}
		c.Peers = append(c.Peers, ledgerPeer(s.Agency, in))
	}
	return c, nil
}

// ledgerPeer is what the ledger is told of a peer: whose cosignatures count for
// the log of the relation, and which of the peer's logs is cosigned here.
func ledgerPeer(own string, in *Introduction) audit.Peer {
	p := audit.Peer{Log: in.Agency, WitnessKey: in.Witness, WitnessMLDSA: in.WitnessMLDSA}
	if key := in.LogKeys[own]; key != "" {
		p.LogKeys = append(p.LogKeys, key)
	}
	return p
}

// journalDir is the folder of the ledger's journal; a relative one is inside
// the home.
func journalDir(home, journal string) string {
	if journal == "" || filepath.IsAbs(journal) {
		return journal
	}
	return filepath.Join(home, journal)
}
