package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"peacebridge/crypto"
)

// Keys for signing and encryption have a life. Well before it ends the gateway
// makes the next one, which takes over days later: until then the peers have
// fetched it, with a signature by a key that they know already.

// Before its end a key is followed by the next one, which takes over after the
// overlap.
const (
	rotateSigning    = 30 * 24 * time.Hour
	rotateEncryption = 90 * 24 * time.Hour
	rotateOverlap    = 7 * 24 * time.Hour
	keysEvery        = time.Minute
	keysBytes        = 256 << 10
)

// keyList is what GET /exchange/v1/keys answers: the public JWKs that are or
// will be in force, and a detached signature over the bytes of Keys by the
// signing key in force.
type keyList struct {
	Keys      json.RawMessage `json:"keys"`
	Signature string          `json:"signature"`
}

func (g *Gateway) keysDir() string { return filepath.Join(g.home, "keys") }

// rotateKeys makes the next key of each use when the last one nears its end.
func (g *Gateway) rotateKeys(now time.Time) error {
	made := false
	for _, r := range []struct {
		use    crypto.Use
		before time.Duration
	}{{crypto.Signing, rotateSigning}, {crypto.Encryption, rotateEncryption}} {
		last := time.Time{}
		for _, k := range g.keys.Keys(g.settings.Agency) {
			if k.Use() == r.use && k.Validity.NotAfter.After(last) {
				last = k.Validity.NotAfter
			}
		}
		if last.Sub(now) > r.before {
			continue
		}
		key, err := g.keys.Rotate(r.use, crypto.P256, now.Add(rotateOverlap))
		if err != nil {
			return err
		}
		made = true
		g.log.Info("key made", "use", string(r.use), "key", key.ID(), "from", stamp(key.Validity.NotBefore))
	}
	if !made {
		return nil
	}
	return g.keys.Save(g.keysDir())
}

// getKeys gives peers this agency's public keys.
func (g *Gateway) getKeys(w http.ResponseWriter, r *http.Request) error {
	at := caller(r).at
	var jwks []json.RawMessage
	for _, k := range g.keys.Published(at) {
		jwks = append(jwks, k.JWK())
	}
	keys, err := json.Marshal(jwks)
	if err != nil {
		return err
	}
	jws, err := g.keys.SignDetachedAt(keys, crypto.P256, at)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, keyList{Keys: keys, Signature: string(jws)})
}

// fetchKeys brings a peer's new keys in, from time to time. They count only
// with a signature by a key of that agency that is known here.
func (g *Gateway) fetchKeys(ctx context.Context, p *peer, now time.Time) error {
	if now.Sub(p.keysAt) < keysEvery && now.After(p.keysAt) {
		return nil
	}
	body, err := p.get(ctx, "/exchange/v1/keys", keysBytes)
	if err != nil {
		return err
	}
	var list keyList
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	id, err := crypto.DetachedKey([]byte(list.Signature))
	if err != nil {
		return err
	}
	signer, ok := g.keys.Find(p.agency, id)
	if !ok {
		return errors.New("the list of keys is signed by a key that is not known here")
	}
	if err := crypto.VerifyDetached(signer, list.Keys, []byte(list.Signature)); err != nil {
		return err
	}
	if err := g.takeKeys(p.agency, list.Keys); err != nil {
		return err
	}
	p.keysAt = now
	return nil
}

func (g *Gateway) takeKeys(agency string, list []byte) error {
	var jwks []json.RawMessage
	if err := json.Unmarshal(list, &jwks); err != nil {
		return err
	}
	added := false
	for _, jwk := range jwks {
		key, err := crypto.ParsePublicKey(jwk)
		if err != nil {
			return err
		}
		switch err := g.keys.AddPeer(agency, key); {
		case errors.Is(err, crypto.ErrDuplicateKey):
		case err != nil:
			return err
		default:
			added = true
			g.log.Info("peer's key taken", "peer", agency, "key", key.ID())
		}
	}
	if !added {
		return nil
	}
	return g.keys.Save(g.keysDir())
}

// get fetches something small from the peer.
func (p *peer) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("peer answered %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = errors.New("peer answered more than is taken")
	}
	return body, err
}
