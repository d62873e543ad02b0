package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"peacebridge/audit"
	"peacebridge/certs"
	"peacebridge/crypto"
)

// Introduction is what one agency tells another so that their gateways can
// work together. The two hand it over by a way that they trust; it holds no
// secret. It stands in introduction.json of the home that made it and in
// peers/<agency>.json of the home that was told.
type Introduction struct {
	Agency string `json:"agency"`
	// CA is the certificate (PEM) under which the agency's gateway is known.
	CA string `json:"ca"`
	// Keys are the public JWKs for signing and encryption.
	Keys []json.RawMessage `json:"keys"`
	// LogKeys are the verifier keys of its logs, by relation; Witness is the
	// verifier key of its cosignatures (C2SP signed-note vkeys).
	LogKeys map[string]string `json:"logKeys"`
	Witness string            `json:"witness"`
	// WitnessMLDSA is the key of its ML-DSA-44 cosignatures, if it makes any.
	WitnessMLDSA string `json:"witnessMLDSA,omitempty"`
}

const introductionFile = "introduction.json"

// Create makes a home folder: keys, CA, ledger, configuration. It never
// touches one that exists, and serve never makes one: a ledger that is not
// where it was must not be replaced by an empty one.
func Create(home string, s *Settings, now time.Time) error {
	if err := s.check(); err != nil {
		return err
	}
	for _, made := range []string{"ca", "ledger", introductionFile} {
		if _, err := os.Stat(filepath.Join(home, made)); err == nil {
			return fmt.Errorf("%s: a home exists there already", home)
		}
	}
	for _, dir := range []string{"", "keys", "rules", "agreements", "peers"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return err
		}
	}
	ring, err := crypto.CreateKeyring(filepath.Join(home, "keys"), s.Agency, now)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	ca, err := certs.CreateAuthority(filepath.Join(home, "ca"), s.Agency, now)
	if err != nil {
		return fmt.Errorf("ca: %w", err)
	}
	defer ca.Close()
	if err := issueOwn(home, s, ca, now); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	lc := ledgerConfig(home, s)
	if err := audit.Create(lc); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := writeIntroduction(home, s, ring, ca, lc, now); err != nil {
		return fmt.Errorf("introduction: %w", err)
	}
	if _, err := os.Stat(filepath.Join(home, configFile)); err == nil {
		return nil // the operator's own, which s was read from
	}
	return s.Save(home)
}

// issueOwn gives the gateway its certificate from its own agency's CA.
func issueOwn(home string, s *Settings, ca *certs.Authority, now time.Time) error {
	id := certs.Identity{Agency: s.Agency, Role: certs.RoleGateway, ID: s.Name}
	key, csr, err := certs.NewKeyAndCSR(id)
	if err != nil {
		return err
	}
	cert, err := ca.Issue(id, csr, now, s.Hosts...)
	if err != nil {
		return err
	}
	return errors.Join(
		writeNew(filepath.Join(home, "keys", "tls.key"), key, 0o600),
		writeNew(filepath.Join(home, "keys", "tls.crt"), cert, 0o644),
	)
}

func ledgerConfig(home string, s *Settings) audit.Config {
	c := audit.Config{
		Dir: filepath.Join(home, "ledger"), Keys: filepath.Join(home, "keys"), Origin: s.Agency,
		Apply: Apply, HighWater: filepath.Join(home, "highwater"), LogURL: s.Addresses().Log,
		Journal: journalDir(home, s.Journal), Encrypt: s.Encrypt,
		Auditors: s.auditors(), AuditorQuorum: s.Witness.Quorum, MLDSA: s.MLDSA,
	}
	for _, p := range s.Peers {
		c.Logs = append(c.Logs, p.Agency)
	}
	return c
}

func writeIntroduction(home string, s *Settings, ring *crypto.Keyring, ca *certs.Authority, lc audit.Config, now time.Time) error {
	keys, err := audit.ReadKeys(lc)
	if err != nil {
		return err
	}
	in := Introduction{Agency: s.Agency, CA: string(ca.Certificate()), LogKeys: map[string]string{}, Witness: keys.Witness, WitnessMLDSA: keys.WitnessMLDSA}
	for log, key := range keys.Logs {
		if log != audit.Internal {
			in.LogKeys[log] = key
		}
	}
	for _, k := range ring.Published(now) {
		in.Keys = append(in.Keys, k.JWK())
	}
	b, err := json.MarshalIndent(in, "", "  ")
	if err != nil {
		return err
	}
	return writeNew(filepath.Join(home, introductionFile), append(b, '\n'), 0o644)
}

// Introduce tells a home about the agency of another home, as their operators
// would: by bringing the other's introduction.json over.
func Introduce(home string, introduction []byte) error {
	in, err := parseIntroduction(introduction)
	if err != nil {
		return err
	}
	s, err := LoadSettings(filepath.Join(home, configFile))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(s.Peers, func(p PeerSettings) bool { return p.Agency == in.Agency }) {
		return fmt.Errorf("introduction of %s: no peer of %s; config.yaml names the peers", in.Agency, s.Agency)
	}
	return writeNew(filepath.Join(home, "peers", in.Agency+".json"), introduction, 0o644)
}

func parseIntroduction(b []byte) (*Introduction, error) {
	var in Introduction
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("introduction: %w", err)
	}
	if !agencyForm(in.Agency) || in.CA == "" || len(in.Keys) == 0 || in.Witness == "" {
		return nil, errors.New("introduction: agency, ca, keys or witness is missing")
	}
	return &in, nil
}

func readIntroduction(home, agency string) (*Introduction, error) {
	b, err := os.ReadFile(filepath.Join(home, "peers", agency+".json"))
	if err != nil {
		return nil, fmt.Errorf("peer %s has not introduced itself (peacebridge init introduce): %w", agency, err)
	}
	in, err := parseIntroduction(b)
	if err == nil && in.Agency != agency {
		err = fmt.Errorf("introduction of %s stands where %s is expected", in.Agency, agency)
	}
	return in, err
}

// RelationPolicy is the C2SP tlog-policy by which an auditor judges this home's
// log of the relation with a peer: the log's key, the peer as the witness whose
// cosignature is required, and of the outside witnesses as many as configured.
func RelationPolicy(home, peer string) ([]byte, error) {
	s, err := LoadSettings(filepath.Join(home, configFile))
	if err != nil {
		return nil, err
	}
	lc := ledgerConfig(home, s)
	keys, err := audit.ReadKeys(lc)
	if err != nil {
		return nil, err
	}
	other, err := readIntroduction(home, peer)
	if err != nil {
		return nil, err
	}
	return audit.RelationPolicy(keys, ledgerPeer(s.Agency, other), lc.Auditors, lc.AuditorQuorum)
}

// tellMLDSA adds the key of our ML-DSA cosignatures to the introduction of a
// home that was made without: its operator hands it over again.
func (g *Gateway) tellMLDSA(lc audit.Config) error {
	file := filepath.Join(g.home, introductionFile)
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	in, err := parseIntroduction(b)
	if err != nil || in.WitnessMLDSA != "" || !lc.MLDSA {
		return err
	}
	keys, err := audit.ReadKeys(lc)
	if err != nil {
		return err
	}
	in.WitnessMLDSA = keys.WitnessMLDSA
	if b, err = json.MarshalIndent(in, "", "  "); err != nil {
		return err
	}
	if err := os.Remove(file + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := writeNew(file+".new", append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
