package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path"
	"path/filepath"
	"time"

	"peacebridge/certs"
	"peacebridge/crypto"
	"peacebridge/examples"
	"peacebridge/gateway"
	"peacebridge/gateway/agreement"
)

// demoBeat is the demo's pace of checkpoints: quick, so that a short day ends
// with every head cosigned.
const demoBeat = gateway.Duration(150 * time.Millisecond)

// setUp makes both homes, introduces them to each other, gives each its
// standing rules, and has both sign the agreement.
func (d *demo) setUp(ctx context.Context) error {
	d.sides = []*side{
		{agency: "ca.cbsa", short: "cbsa", home: filepath.Join(d.dir, "ca.cbsa")},
		{agency: "us.cbp", short: "cbp", home: filepath.Join(d.dir, "us.cbp")},
	}
	settings, err := d.settings()
	if err != nil {
		return err
	}
	for i, s := range d.sides {
		if d.adjust != nil {
			d.adjust(settings[i])
		}
		if err := gateway.Create(s.home, settings[i], time.Now()); err != nil {
			return err
		}
		if err := copyRules(s); err != nil {
			return err
		}
		if err := s.makeTokens(); err != nil {
			return err
		}
	}
	for i, s := range d.sides {
		other := d.sides[1-i]
		b, err := os.ReadFile(filepath.Join(other.home, "introduction.json"))
		if err != nil {
			return err
		}
		if err := gateway.Introduce(s.home, b); err != nil {
			return err
		}
	}
	return d.signAgreement(ctx)
}

func (d *demo) settings() ([]*gateway.Settings, error) {
	ports, err := freePorts(8)
	if err != nil {
		return nil, err
	}
	var all []*gateway.Settings
	for i, s := range d.sides {
		p := ports[4*i:]
		inbox, err := gateway.DefaultInbox(s.agency)
		if err != nil {
			return nil, err
		}
		all = append(all, &gateway.Settings{
			Agency: s.agency, Name: "gateway", Environment: "test", Beat: demoBeat, Journal: "journal",
			Listen:   gateway.ListenSettings{API: p[0], Enrol: p[1], Log: p[2], Ops: p[3]},
			Delivery: gateway.DeliverySettings{MaxBackoff: gateway.Duration(500 * time.Millisecond)},
			Inbox:    inbox,
		})
	}
	all[0].Peers = []gateway.PeerSettings{{Agency: d.sides[1].agency, URL: "https://" + all[1].Listen.API}}
	all[1].Peers = []gateway.PeerSettings{{Agency: d.sides[0].agency, URL: "https://" + all[0].Listen.API}}
	return all, nil
}

// freePorts are addresses on loopback that nobody listens on now. They are held
// open together, so that all of them differ. They lie below the range from which
// systems give ports to outgoing connections: else one of those could take the
// port of a gateway that is just being started again.
func freePorts(n int) ([]string, error) {
	var out []string
	for tries := 0; len(out) < n; tries++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if err != nil && tries > 100*n {
			return nil, err
		}
		if err != nil {
			continue
		}
		defer ln.Close()
		out = append(out, ln.Addr().String())
	}
	return out, nil
}

func copyRules(s *side) error {
	dir := path.Join("rules", s.agency)
	entries, err := fs.ReadDir(examples.Files, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(examples.Files, path.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.home, "rules", e.Name()), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeTokens prepares the enrolment of this side's clients, before its gateway
// has the authority to itself.
func (s *side) makeTokens() error {
	ca, err := certs.OpenAuthority(filepath.Join(s.home, "ca"))
	if err != nil {
		return err
	}
	defer ca.Close()
	s.tokens = map[string]string{}
	for kind, role := range map[string]string{"carrier": certs.RolePartner, "system": certs.RoleSystem, "auditor": certs.RoleAuditor} {
		name := kind + "-" + s.short
		id := certs.Identity{Agency: s.agency, Role: role, ID: name}
		if s.tokens[name], err = ca.Token(id, time.Hour, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// signAgreement writes the example agreement with the two signing keys in it,
// and each side's signature over its exact bytes beside both copies.
func (d *demo) signAgreement(ctx context.Context) error {
	draft, err := examples.Files.ReadFile("agreement.yaml")
	if err != nil {
		return err
	}
	now := time.Now()
	rings, keys := make([]*crypto.Keyring, len(d.sides)), map[string]string{}
	for i, s := range d.sides {
		if rings[i], err = crypto.LoadKeyring(filepath.Join(s.home, "keys"), s.agency); err != nil {
			return err
		}
		if keys[s.agency], err = signingKey(rings[i], now); err != nil {
			return err
		}
	}
	text, err := agreement.FillKeys(draft, keys)
	if err != nil {
		return err
	}
	file := filepath.Join(d.dir, "agreement.yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	for i, s := range d.sides {
		jws, err := rings[i].SignDetachedAt(text, crypto.P256, now)
		if err != nil {
			return err
		}
		for _, copy := range []string{file, filepath.Join(d.sides[0].home, "agreements", "agreement.yaml"), filepath.Join(d.sides[1].home, "agreements", "agreement.yaml")} {
			if err := os.WriteFile(copy+"."+s.agency+".jws", append(jws, '\n'), 0o644); err != nil {
				return err
			}
		}
	}
	for _, s := range d.sides {
		if err := os.WriteFile(filepath.Join(s.home, "agreements", "agreement.yaml"), text, 0o644); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// signingKey is the thumbprint of a keyring's signing key.
func signingKey(ring *crypto.Keyring, now time.Time) (string, error) {
	for _, k := range ring.Published(now) {
		var jwk struct {
			Use string `json:"use"`
		}
		if err := json.Unmarshal(k.JWK(), &jwk); err != nil {
			return "", err
		}
		if jwk.Use == "sig" {
			return k.ID(), nil
		}
	}
	return "", fmt.Errorf("keyring has no signing key")
}

// enrolAll makes the folders of this side's clients, through the door that
// every party uses.
func (d *demo) enrolAll(ctx context.Context, s *side) error {
	a := s.process.settings.Addresses()
	for name, token := range s.tokens {
		info, err := certs.ParseToken(token)
		if err != nil {
			return err
		}
		key, csr, err := certs.NewKeyAndCSR(info.Identity)
		if err != nil {
			return err
		}
		var cert []byte
		err = patiently(ctx, func() error {
			cert, err = enrolAt(ctx, a.Enrol, token, csr)
			return err
		})
		if err != nil {
			return fmt.Errorf("enrol %s: %w", name, err)
		}
		_, ca, err := certs.AcceptEnrolment(token, key, cert, time.Now())
		if err != nil {
			return err
		}
		if err := writeParty(d.clientDir(name), key, cert, ca, a.API); err != nil {
			return err
		}
	}
	return d.writePolicy(s)
}

// writePolicy gives the auditor of a side what it needs to trust the log of
// the relation: the log's key, and the other side as its witness (C2SP tlog-policy).
func (d *demo) writePolicy(s *side) error {
	policy, err := gateway.RelationPolicy(s.home, d.other(s).agency)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.clientDir("auditor-"+s.short), "policy"), policy, 0o644)
}

func (d *demo) other(s *side) *side {
	if d.sides[0] == s {
		return d.sides[1]
	}
	return d.sides[0]
}
