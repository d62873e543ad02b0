package gateway

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"peacebridge/crypto"
	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// validity is how long a sealed message may wait for its delivery. After it
// the peer refuses the envelope and the delivery is dead.
const validity = 7 * 24 * time.Hour

// sealed is a unit on its way: stored once, resent unchanged.
type sealed struct {
	message     string
	sequence    uint64
	envelope    []byte
	disclosures []byte
	digest      string // of the payload, which the receipt must name
	key         string
}

// seal is step 5. The record goes into the signature as it was decided: what
// was masked stands masked, what was withheld leaves the digest of its salted
// value, so that it can be disclosed later and checked against this signature.
func (g *Gateway) seal(u *cargo.Record, d *decision, peer string, at time.Time) (*sealed, error) {
	payload, disclosures, err := g.conceal(u, d)
	if err != nil {
		return nil, fmt.Errorf("conceal: %w", err)
	}
	s := &sealed{message: newID(), sequence: g.nextSequence(peer)}
	env, err := g.keys.SealEnvelope(crypto.Claims{
		Issuer: g.settings.Agency, Audience: peer, MessageID: s.message, Kind: kindRecord,
		Agreement: d.Agreement.ID, AgreementVersion: d.Agreement.Version, AgreementHash: d.Agreement.Hash,
		Purpose: d.Purpose, Articles: d.Articles, Caveats: d.Caveats, Sequence: s.sequence,
		IssuedAt: at, Expires: at.Add(validity), Class: u.Class, RecordID: u.ID, Record: payload,
	}, at)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	s.envelope, s.digest, s.key = env.Envelope, env.PayloadDigest, env.RecipientKey
	if s.disclosures, err = json.Marshal(disclosures); err != nil {
		return nil, err
	}
	return s, nil
}

// kindRecord is the kind of claims that carry a record.
const kindRecord = "record"

// conceal writes the record with masked values in place and with digests for
// what is withheld. It goes by the verdict on each instance: one without a
// verdict to share stays behind. Element paths become JSON pointers here and
// nowhere else.
func (g *Gateway) conceal(u *cargo.Record, d *decision) ([]byte, []crypto.Disclosure, error) {
	shared := make(map[string]bool, len(d.Elements))
	for _, e := range d.Elements {
		if e.Verdict == agreement.Share {
			shared[e.Instance] = true
		}
	}
	// Nothing is taken out here, so that an instance is the same one in u, in
	// the decision and in whole. A mask that its element cannot hold masks
	// nothing: the value is withheld.
	whole := cargo.Filter(u, func(l cargo.Leaf) (string, bool) {
		if masked, ok := d.Masked[l.Instance]; ok {
			if v, err := l.Element.Normalise(masked); err == nil && v != "" {
				shared[l.Instance] = true
				return v, true
			}
		}
		return l.Value, true
	})
	var pointers []string
	err := cargo.Walk(whole, func(l cargo.Leaf) error {
		if !shared[l.Instance] {
			pointers = append(pointers, l.Pointer)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return crypto.Conceal(whole.Canonical(), pointers, rand.Reader)
}
