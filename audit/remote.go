package audit

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A remoteLog is a log that is read over HTTP (C2SP tlog-tiles).
type remoteLog struct {
	prefix string // ends with a slash
	access Access
	client *http.Client
}

// Access is how a log is reached that is not served to everybody.
type Access struct {
	Bearer    string            // token, empty: none
	Transport http.RoundTripper // with a certificate, or the CA of the server; nil: http.DefaultTransport
}

const (
	maxRemote     = 1 << 20 // a checkpoint, tile or bundle of ours is far smaller
	remoteTimeout = 30 * time.Second
	// cosignWait is how long a head may be without cosignatures: it is
	// published first and cosigned a moment later.
	cosignWait = 5 * time.Second
)

func newRemote(prefix string, a Access) *remoteLog {
	return &remoteLog{
		prefix: strings.TrimSuffix(prefix, "/") + "/", access: a,
		client: &http.Client{
			Transport: a.Transport, Timeout: remoteTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (r *remoteLog) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.prefix+path, nil)
	if err != nil {
		return nil, err
	}
	if r.access.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.access.Bearer)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // was only read
	switch res.StatusCode {
	case http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("%s%s: status %d: %w", r.prefix, path, res.StatusCode, ErrNoAccess)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s%s: status %d", r.prefix, path, res.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxRemote+1))
	if err == nil && len(b) > maxRemote {
		err = fmt.Errorf("%s%s: %w", r.prefix, path, ErrTooLarge)
	}
	return b, err
}

func (r *remoteLog) tile(ctx context.Context, level int, n uint64, width int) ([]tlog.Hash, error) {
	b, err := r.get(ctx, tilePath{Level: level, N: n, Width: width}.String())
	if err != nil {
		return nil, err
	}
	hs, err := decodeTile(b)
	if err == nil && len(hs) != width {
		err = errTile
	}
	return hs, err
}

func (r *remoteLog) readTile(ctx context.Context, level int, n uint64, width int, _ uint64) ([]tlog.Hash, error) {
	return r.tile(ctx, level, n, width)
}

func (r *remoteLog) entries(ctx context.Context, n uint64, width int, fn func(index uint64, entry []byte, err error) error) error {
	b, err := r.get(ctx, tilePath{Entries: true, N: n, Width: width}.String())
	if errors.Is(err, ErrNotFound) {
		return nil // missing: the caller counts
	}
	if err != nil {
		return err
	}
	entries, err := parseBundle(b)
	if err != nil {
		return nil // as if missing: nothing of it can be trusted
	}
	for i, e := range entries[:min(width, len(entries))] {
		if err := fn(n*tileWidth+uint64(i), e, nil); err != nil {
			return err
		}
	}
	return nil
}

// An unknownLog is one that the policy does not name.
type unknownLog struct{ target, origin string }

func (e *unknownLog) Error() string {
	what := fmt.Sprintf("the policy does not know log %q", e.origin)
	if e.target != "" {
		what = e.target + ": " + what
	}
	return what
}

// findRemote returns the logs at a URL: the one whose prefix it is, or those of the
// policy under <url>/audit/.
func findRemote(ctx context.Context, target string, a Access, policy *Policy) (map[*verifyKey]*remoteLog, error) {
	found := map[*verifyKey]*remoteLog{}
	r := newRemote(target, a)
	b, err := r.get(ctx, "checkpoint")
	if err == nil {
		origin, _, _ := strings.Cut(string(b), "\n")
		key := policy.log(origin)
		if key == nil {
			return nil, &unknownLog{target, origin}
		}
		found[key] = r
		return found, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	for _, key := range policy.logs {
		_, name, ok := strings.Cut(key.name, "/audit/")
		if !ok {
			continue
		}
		r := newRemote(strings.TrimSuffix(target, "/")+"/audit/"+strings.ReplaceAll(url.PathEscape(name), "%2F", "/"), a)
		if b, err := r.get(ctx, "checkpoint"); err == nil && strings.HasPrefix(string(b), key.name+"\n") {
			found[key] = r
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no log of the policy is served here: %w", target, ErrNotFound)
	}
	return found, nil
}

// head fetches and verifies the checkpoint, waiting a little for cosignatures.
func (r *remoteLog) head(ctx context.Context, key *verifyKey, policy *Policy) (Checkpoint, *note.Note, []byte, error) {
	deadline := time.Now().Add(cosignWait)
	for {
		b, err := r.get(ctx, "checkpoint")
		if err != nil {
			return Checkpoint{}, nil, nil, err
		}
		c, n, err := openCheckpoint(b, key, policy.verifiers()...)
		if err != nil {
			return Checkpoint{}, nil, nil, &Damage{Fault: "head", What: err.Error()}
		}
		if policy.satisfied(n.Sigs) || isInternal(key) || time.Now().After(deadline) {
			return c, n, b, nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return Checkpoint{}, nil, nil, ctx.Err()
		}
	}
}

// isInternal says whether a log is an internal one: those are cosigned through
// the relation logs that commit to them.
func isInternal(key *verifyKey) bool { return relationOf(logName(key.name)) == Internal }

func verifyURL(ctx context.Context, target string, o VerifyOptions) ([]Verdict, error) {
	if o.Policy == nil {
		return nil, ErrNoPolicy
	}
	policy, err := ParsePolicy(o.Policy)
	if err != nil {
		return nil, err
	}
	found, err := findRemote(ctx, target, o.Access, policy)
	if stranger, ok := errors.AsType[*unknownLog](err); ok {
		v := Verdict{Log: logName(stranger.origin), Trust: "policy", Origin: stranger.origin, Cosignatures: []string{}}
		v.add(badPolicy, 0, "the policy does not know this log")
		return []Verdict{v}, nil
	}
	if err != nil {
		return nil, err
	}
	state, err := openResumer(o.State)
	if err != nil {
		return nil, err
	}
	roots, err := o.tsa()
	if err != nil {
		return nil, err
	}
	var out []Verdict
	for _, key := range policy.logs {
		r := found[key]
		if r == nil {
			continue
		}
		links, err := chain(ctx, key, r)
		broken := err
		if err != nil && !errors.Is(err, errSuccession) {
			return nil, err
		}
		for i, k := range links {
			if i > 0 && found[policy.log(k.key.name)] != nil {
				break // has its own turn
			}
			if !o.wants(logName(k.key.name)) {
				continue
			}
			v := Verdict{Log: logName(k.key.name), Trust: "policy", Origin: k.key.name, Cosignatures: []string{}, Problems: []VerdictProblem{}}
			if broken != nil && i == len(links)-1 {
				v.add(badShard, 0, "%v", broken)
			}
			if err := k.log.verify(ctx, &v, links, i, policy, state, roots); err != nil {
				return nil, err
			}
			v.Verified = len(v.Problems) == 0
			out = append(out, v)
		}
	}
	return out, nil
}

// verify verifies one shard of a chain.
func (r *remoteLog) verify(ctx context.Context, v *Verdict, links []*link, i int, policy *Policy, state *resumer, roots *x509.CertPool) error {
	key := links[i].key
	c, n, _, err := r.head(ctx, key, policy)
	if d, ok := errors.AsType[*Damage](err); ok {
		v.add(badHead, 0, "%s", d.What)
		return nil
	}
	if err != nil {
		return err
	}
	v.Size, v.Root = c.Size, c.Root.String()
	v.Cosignatures = policy.cosigners(n.Sigs)
	if policy.satisfied(n.Sigs) {
		v.CosignedSize = c.Size
	} else if !isInternal(key) {
		v.add(badQuorum, 0, "the checkpoint lacks cosignatures that the policy wants")
	}
	check := &treeCheck{src: r, head: c, verdict: v, save: state, wanted: wants(links, i, c, v)}
	if err := r.timestamps(ctx, v, key, c, check.wanted, roots); err != nil {
		return err
	}
	if check.edge, err = state.edge(check.memory(), c.Size); err != nil {
		return err
	}
	if err := check.run(ctx); !errors.Is(err, errTruncated) {
		return err
	}
	return nil
}

func proveURL(ctx context.Context, target, log string, index uint64, o VerifyOptions) ([]byte, error) {
	if o.Policy == nil {
		return nil, ErrNoPolicy
	}
	policy, err := ParsePolicy(o.Policy)
	if err != nil {
		return nil, err
	}
	found, err := findRemote(ctx, target, o.Access, policy)
	if err != nil {
		return nil, err
	}
	for first, r := range found {
		key, r, err := pickShard(ctx, first, r, log)
		if err != nil {
			return nil, err
		}
		if key == nil {
			continue
		}
		c, _, text, err := r.head(ctx, key, policy)
		if err != nil {
			return nil, err
		}
		if index >= c.Size {
			return nil, fmt.Errorf("log %s: index %d: %w", log, index, ErrNotFound)
		}
		proof, err := tlog.ProveRecord(int64(c.Size), int64(index), hashReader(c.Size, func(level int, n uint64, width int) (*hashTile, error) {
			hs, err := r.tile(ctx, level, n, width)
			return &hashTile{hashes: hs}, err
		}))
		if err != nil {
			return nil, err
		}
		return TlogProof{Index: index, Proof: proof, Checkpoint: text}.Encode(), nil
	}
	return nil, fmt.Errorf("log %s: %w", log, ErrNotFound)
}
