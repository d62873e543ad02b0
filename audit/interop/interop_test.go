// Package interop lets programs that we did not write judge the ledger's
// logs: Tessera's fsck and client, and transparency-dev's merkle and formats.
package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"peacebridge/audit"
)

const partner = "us.cbp"

// gateway is a ledger with its log over HTTP.
type gateway struct {
	t        *testing.T
	ledger   *audit.Ledger
	verifier note.Verifier
	fetch    *client.HTTPFetcher
	origin   string
}

func newGateway(t *testing.T, journal bool) *gateway {
	t.Helper()
	dir := t.TempDir()
	c := audit.Config{Dir: filepath.Join(dir, "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, MinFree: 1}
	if journal {
		c.Journal = filepath.Join(dir, "journal")
	}
	if err := audit.Create(c); err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(l.Handler())
	t.Cleanup(server.Close)
	g := &gateway{t: t, ledger: l, origin: "ca.cbsa/audit/" + partner}
	if g.verifier, err = note.NewVerifier(l.LogKey(partner)); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server.URL + "/audit/" + partner + "/")
	if err != nil {
		t.Fatal(err)
	}
	if g.fetch, err = client.NewHTTPFetcher(u, http.DefaultClient); err != nil {
		t.Fatal(err)
	}
	return g
}

// grow appends until the log has n entries, and publishes.
func (g *gateway) grow(n uint64) {
	g.t.Helper()
	for size := g.ledger.Size(partner); size < n; size = g.ledger.Size(partner) {
		events := make([]audit.Event, min(500, n-size))
		for i := range events {
			events[i] = audit.Event{Log: partner, Kind: "k", Header: map[string]string{"n": fmt.Sprint(size + uint64(i))}}
		}
		if _, err := g.ledger.Append(g.t.Context(), events, nil); err != nil {
			g.t.Fatal(err)
		}
	}
	if err := g.ledger.Publish(time.Now()); err != nil {
		g.t.Fatal(err)
	}
}

// leaves hashes the entries of a bundle as RFC 6962 says.
func leaves(bundle []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	out := make([][]byte, 0, len(b.Entries))
	for _, e := range b.Entries {
		out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return out, nil
}

func (g *gateway) fsck(ctx context.Context) error {
	return fsck.New(g.origin, g.verifier, g.fetch, leaves, fsck.Opts{N: 4}).Check(ctx)
}

// head is the published checkpoint as formats reads it.
func (g *gateway) head() *log.Checkpoint {
	g.t.Helper()
	c, _, _, err := log.ParseCheckpoint(g.ledger.Checkpoint(partner), g.origin, g.verifier)
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

// Tessera's fsck derives every tile and the root from the entries, at each
// size where tiles begin and end; its client's proofs lead to our root.
func TestTessera(t *testing.T) {
	for _, journal := range []bool{false, true} {
		t.Run(fmt.Sprint("journal=", journal), func(t *testing.T) {
			g := newGateway(t, journal)
			var before *log.Checkpoint
			for _, size := range []uint64{0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000} {
				g.grow(size)
				head := g.head()
				if head.Size != size {
					t.Fatalf("checkpoint of size %d, want %d", head.Size, size)
				}
				if err := g.fsck(t.Context()); err != nil {
					t.Errorf("size %d: fsck: %v", size, err)
				}
				if size > 0 {
					g.clientProofs(before, head)
				}
				before = head
			}
		})
	}
}

// clientProofs has Tessera's client prove from our tiles and merkle verify.
func (g *gateway) clientProofs(before, head *log.Checkpoint) {
	t := g.t
	t.Helper()
	b, err := client.NewProofBuilder(t.Context(), head.Size, g.fetch.ReadTile)
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []uint64{0, head.Size / 2, head.Size - 1, rand.Uint64N(head.Size)} {
		p, err := b.InclusionProof(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		e, err := g.ledger.Entry(partner, index)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, head.Size, e.Leaf[:], p, head.Hash); err != nil {
			t.Errorf("size %d: index %d: %v", head.Size, index, err)
		}
	}
	if before.Size > 0 {
		p, err := b.ConsistencyProof(t.Context(), before.Size, head.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, before.Size, head.Size, p, before.Hash, head.Hash); err != nil {
			t.Errorf("sizes %d to %d: %v", before.Size, head.Size, err)
		}
	}
}

// A changed entry is what fsck exists for: it must say so.
func TestTesseraSeesDamage(t *testing.T) {
	g := newGateway(t, false)
	g.grow(300)
	honest := g.ledger.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		honest.ServeHTTP(rec, r)
		b := rec.Body.Bytes()
		if strings.HasSuffix(r.URL.Path, "/tile/entries/000") {
			b[100] ^= 1
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(b) // the client went away
	}))
	defer server.Close()
	u, err := url.Parse(server.URL + "/audit/" + partner + "/")
	if err != nil {
		t.Fatal(err)
	}
	if g.fetch, err = client.NewHTTPFetcher(u, http.DefaultClient); err != nil {
		t.Fatal(err)
	}
	if err := g.fsck(t.Context()); err == nil {
		t.Error("a changed entry was not noticed")
	}
}

// Our proofs at every size to 600 and at random larger ones, judged by merkle
// and, beside it, by x/mod's tlog; the root by merkle's compact range. With
// AUDIT_LONG to a million.
func TestDifferential(t *testing.T) {
	g := newGateway(t, false)
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	roots := [][]byte{rfc6962.DefaultHasher.EmptyRoot()}
	var leaf [][32]byte
	check := func(size uint64) {
		t.Helper()
		g.grow(size)
		for i := uint64(len(leaf)); i < size; i++ {
			e, err := g.ledger.Entry(partner, i)
			if err != nil {
				t.Fatal(err)
			}
			leaf = append(leaf, e.Leaf)
			if err := r.Append(e.Leaf[:], nil); err != nil {
				t.Fatal(err)
			}
			root, err := r.GetRootHash(nil)
			if err != nil {
				t.Fatal(err)
			}
			roots = append(roots, root)
		}
		if head := g.head(); !bytes.Equal(head.Hash, roots[size]) {
			t.Fatalf("size %d: our root differs from merkle's", size)
		}
		for range 3 {
			g.differ(size, rand.Uint64N(size), 1+rand.Uint64N(size), leaf, roots)
		}
	}
	for size := uint64(1); size <= 600; size++ {
		check(size)
	}
	limit, step := uint64(20_000), uint64(4000)
	if os.Getenv("AUDIT_LONG") != "" {
		limit, step = 1_000_000, 150_000
	}
	for size := uint64(600); size < limit; {
		size += 1 + rand.Uint64N(step)
		check(size)
	}
}

func (g *gateway) differ(size, index, from uint64, leaf [][32]byte, roots [][]byte) {
	t := g.t
	t.Helper()
	p, _, err := g.ledger.Proof(partner, index)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf[index][:], raw(p), roots[size]); err != nil {
		t.Errorf("size %d: index %d: merkle: %v", size, index, err)
	}
	if err := tlog.CheckRecord(p, int64(size), tlog.Hash(roots[size]), int64(index), leaf[index]); err != nil {
		t.Errorf("size %d: index %d: tlog: %v", size, index, err)
	}
	c, err := g.ledger.Consistency(partner, from, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, from, size, raw(c), roots[from], roots[size]); err != nil {
		t.Errorf("sizes %d to %d: merkle: %v", from, size, err)
	}
	if from < size { // tlog wants none of two equal sizes
		if err := tlog.CheckTree(c, int64(size), tlog.Hash(roots[size]), int64(from), tlog.Hash(roots[from])); err != nil {
			t.Errorf("sizes %d to %d: tlog: %v", from, size, err)
		}
	}
}

func raw[H ~[32]byte](hashes []H) [][]byte {
	out := make([][]byte, len(hashes))
	for i := range hashes {
		h := [32]byte(hashes[i])
		out[i] = h[:]
	}
	return out
}

// Our witness's cosignature is one to formats, and our tlog-proof text too.
func TestFormats(t *testing.T) {
	g := newGateway(t, false)
	g.grow(10)
	us := audit.Config{
		Dir: filepath.Join(t.TempDir(), "ledger"), Origin: partner, Logs: []string{"ca.cbsa"}, MinFree: 1,
		Peers: []audit.Peer{{Log: "ca.cbsa", LogKeys: []string{g.ledger.LogKey(partner)}}},
	}
	if err := audit.Create(us); err != nil {
		t.Fatal(err)
	}
	witness, err := audit.Open(us)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := witness.Close(); err != nil {
			t.Error(err)
		}
	}()
	plain := g.ledger.Checkpoint(partner)
	rec := httptest.NewRecorder()
	body := "old 0\n\n" + string(plain)
	witness.Witness().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(body)))
	if rec.Code != http.StatusOK {
		t.Fatalf("witness: %d %s", rec.Code, rec.Body)
	}
	v, err := fnote.NewVerifierForCosignatureV1(witness.WitnessKey())
	if err != nil {
		t.Fatal(err)
	}
	_, _, n, err := log.ParseCheckpoint(append(bytes.Clone(plain), rec.Body.Bytes()...), g.origin, g.verifier, v)
	if err != nil || len(n.Sigs) != 2 {
		t.Fatalf("cosigned: %v", err)
	}
	for _, s := range n.Sigs {
		if s.Name == v.Name() {
			if at, err := fnote.CoSigV1Timestamp(s); err != nil || time.Since(at).Abs() > time.Minute {
				t.Errorf("time %v, %v", at, err)
			}
		}
	}
	text, err := g.ledger.TlogProof(partner, 7)
	if err != nil {
		t.Fatal(err)
	}
	var p fproof.TLogProof
	if err := p.Unmarshal(text); err != nil || p.Index != 7 || !bytes.Equal(p.Marshal(), text) {
		t.Errorf("tlog-proof: %v", err)
	}
}

// The ML-DSA-44 cosignatures of the log and of the witness, judged by formats
// and, over the message made here by hand, by circl's implementation.
func TestMLDSA(t *testing.T) {
	ca := audit.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, MinFree: 1, MLDSA: true}
	us := audit.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Origin: partner, Logs: []string{"ca.cbsa"}, MinFree: 1, MLDSA: true}
	for _, c := range []audit.Config{ca, us} {
		if err := audit.Create(c); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := audit.ReadKeys(ca)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := audit.ReadKeys(us)
	if err != nil {
		t.Fatal(err)
	}
	us.Peers = []audit.Peer{{Log: "ca.cbsa", LogKeys: []string{keys.Logs[partner]}}}
	l, witness := opened(t, ca), opened(t, us)
	if _, err := l.Append(t.Context(), []audit.Event{{Log: partner, Kind: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	checkpoint := l.Checkpoint(partner)
	rec := httptest.NewRecorder()
	body := "old 0\n\n" + string(checkpoint)
	witness.Witness().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(body)))
	if rec.Code != http.StatusOK {
		t.Fatalf("witness: %d %s", rec.Code, rec.Body)
	}
	checkpoint = append(checkpoint, rec.Body.Bytes()...)
	logKey, err := note.NewVerifier(keys.Logs[partner])
	if err != nil {
		t.Fatal(err)
	}
	for _, vkey := range []string{keys.LogsMLDSA, theirs.WitnessMLDSA} {
		v, err := fnote.NewVerifierForCosignatureV1(vkey)
		if err != nil {
			t.Fatal(err)
		}
		head, _, n, err := log.ParseCheckpoint(checkpoint, "ca.cbsa/audit/"+partner, logKey, v)
		if err != nil || len(n.Sigs) != 2 {
			t.Fatalf("%s: formats: %v", v.Name(), err)
		}
		i := slices.IndexFunc(n.Sigs, func(s note.Signature) bool { return s.Hash == v.KeyHash() })
		sig, err := base64.StdEncoding.DecodeString(n.Sigs[i].Base64)
		if err != nil {
			t.Fatal(err)
		}
		_, b64, _ := strings.Cut(vkey[strings.Index(vkey, "+")+1:], "+")
		public, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			t.Fatal(err)
		}
		var key mldsa44.PublicKey
		if err := key.UnmarshalBinary(public[1:]); err != nil {
			t.Fatal(err)
		}
		msg := append([]byte("subtree/v1\n\x00"), byte(len(v.Name())))
		msg = append(append(msg, v.Name()...), sig[4:12]...)
		msg = append(append(msg, byte(len(head.Origin))), head.Origin...)
		msg = binary.BigEndian.AppendUint64(append(msg, make([]byte, 8)...), head.Size)
		msg = append(msg, head.Hash...)
		if !mldsa44.Verify(&key, msg, nil, sig[12:]) {
			t.Errorf("%s: circl does not verify the cosignature", v.Name())
		}
		msg[len(msg)-1] ^= 1
		if mldsa44.Verify(&key, msg, nil, sig[12:]) {
			t.Errorf("%s: circl verifies another head", v.Name())
		}
	}
}

func opened(t *testing.T, c audit.Config) *audit.Ledger {
	t.Helper()
	l, err := audit.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// circl signs, our policy's verifier judges: a witness that is not ours.
func TestMLDSAByCircl(t *testing.T) {
	public, private, err := mldsa44.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const name = "oag.example/witness"
	raw, err := public.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	raw = append([]byte{6}, raw...)
	id := sha256.Sum256(append([]byte(name+"\n"), raw...))
	vkey := fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(raw))
	c := audit.Config{
		Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "ca.cbsa", Logs: []string{partner}, MinFree: 1,
		Auditors: []audit.Auditor{{Name: "oag", Key: vkey}},
	}
	if err := audit.Create(c); err != nil {
		t.Fatal(err)
	}
	l := opened(t, c)
	if _, err := l.Append(t.Context(), []audit.Event{{Log: partner, Kind: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, good := range []bool{false, true} {
		err = l.CosignBy(t.Context(), partner, "oag", func(_ context.Context, body []byte) (int, []byte, error) {
			_, checkpoint, _ := strings.Cut(string(body), "\n\n")
			var head log.Checkpoint
			text, _, _ := strings.Cut(checkpoint, "\n\n")
			if _, err := head.Unmarshal([]byte(text + "\n")); err != nil {
				return 0, nil, err
			}
			msg := append([]byte("subtree/v1\n\x00"), byte(len(name)))
			msg = append(msg, name...)
			at := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()))
			msg = append(append(append(msg, at...), byte(len(head.Origin))), head.Origin...)
			msg = binary.BigEndian.AppendUint64(append(msg, make([]byte, 8)...), head.Size)
			msg = append(msg, head.Hash...)
			if !good {
				msg[0]++
			}
			sig := make([]byte, mldsa44.SignatureSize)
			if err := mldsa44.SignTo(private, msg, nil, true, sig); err != nil {
				return 0, nil, err
			}
			line := append(append(id[:4:4], at...), sig...)
			return http.StatusOK, []byte("— " + name + " " + base64.StdEncoding.EncodeToString(line) + "\n"), nil
		})
		if (err == nil) != good {
			t.Errorf("a cosignature of circl, good %v: %v", good, err)
		}
	}
	if n := bytes.Count(l.Checkpoint(partner), []byte("\n— ")); n != 2 {
		t.Errorf("%d signatures", n)
	}
}
