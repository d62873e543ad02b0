package gateway

import (
	"context"
	"path/filepath"

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
