package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verify verifies a target and returns the verdicts by log.
func verify(t testing.TB, target string, o VerifyOptions) map[string]Verdict {
	t.Helper()
	vs, err := VerifyTarget(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Verdict{}
	for _, v := range vs {
		out[v.Log] = v
	}
	return out
}

func TestVerifyFolder(t *testing.T) {
	p := newPair(t)
	e := event(1)
	e.Bodies = []Body{{Name: "small", Data: []byte("x")}, {Name: "large", Data: make([]byte, 200_000)}}
	if _, err := p.ca.Append(t.Context(), []Event{e, {Log: Internal, Kind: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	appendN(t, p.ca, 2, 700)
	p.round()
	appendN(t, p.ca, 702, 3)
	var held *Held
	if _, err := VerifyTarget(t.Context(), p.caConf.Dir, VerifyOptions{}); !errors.Is(err, ErrHeld) || !errors.As(err, &held) {
		t.Fatalf("held folder: %v", err)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	before := listing(t, p.caConf.Dir)
	vs := verify(t, p.caConf.Dir, VerifyOptions{Apply: counting})
	for _, log := range []string{partner, Internal} {
		if v := vs[log]; !v.Verified || v.Trust != "self" {
			t.Errorf("%s: %+v", log, v)
		}
	}
	if v := vs[partner]; v.Size != 705 || v.CosignedSize != 702 || len(v.Cosignatures) != 1 {
		t.Errorf("%+v", v)
	}
	if after := listing(t, p.caConf.Dir); !bytes.Equal(before, after) {
		t.Error("verification changed the folder")
	}
	text, err := json.Marshal(vs[Internal])
	if err != nil || !bytes.Contains(text, []byte(`"cosignatures":[]`)) || !bytes.Contains(text, []byte(`"problems":[]`)) {
		t.Errorf("%s, %v", text, err)
	}
}

// listing hashes names and contents of a folder.
func listing(t testing.TB, dir string) []byte {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		h.Write([]byte(path))
		h.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h.Sum(nil)
}

// serve serves a ledger's logs.
func serve(t testing.TB, l *Ledger) string {
	srv := httptest.NewServer(l.Handler())
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestVerifyURL(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 600)
	p.round()
	appendN(t, p.ca, 600, 50) // not published: not to be seen
	url := serve(t, p.ca)
	policy, err := os.ReadFile(filepath.Join(p.caConf.Dir, "policy"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyTarget(t.Context(), url, VerifyOptions{}); !errors.Is(err, ErrNoPolicy) {
		t.Errorf("without policy: %v", err)
	}
	for _, u := range []string{url, url + "/audit/us.cbp", url + "/audit/us.cbp/"} {
		v := verify(t, u, VerifyOptions{Policy: policy})[partner]
		if !v.Verified || v.Size != 600 || v.Trust != "policy" || v.CosignedSize != 600 {
			t.Errorf("%s: %+v", u, v)
		}
	}
	for path, status := range map[string]int{
		"/checkpoint": 200, "/audit/us.cbp/checkpoint": 200, "/audit/other/checkpoint": 404,
		"/tile/0/000": 200, "/tile/0/002.p/88": 200, "/tile/0/002.p/89": 404, "/tile/0/002": 404,
		"/tile/entries/002.p/88": 200, "/tile/entries/002.p/89": 404, "/tile/1/000.p/2": 200,
		"/tile/1/000.p/3": 404, "/tile/0/000.p/17": 200, "/tile/9/000.p/1": 404, "/audit/internal/checkpoint": 200, "/audit/internal/tile/0/000.p/1": 404,
		"/tile/0/1": 404, "/": 404, "/audit": 404,
	} {
		res, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != status {
			t.Errorf("GET %s: %d, want %d", path, res.StatusCode, status)
		}
	}
	for tags, status := range map[string]int{
		`"tile/0/000"`: 304, `"x", W/"tile/0/000"`: 304, "*": 304, "": 200, `"tile/0/001"`: 200, "tile/0/000": 200,
	} {
		req, err := http.NewRequest(http.MethodGet, url+"/tile/0/000", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-None-Match", tags)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if res.StatusCode != status {
			t.Errorf("If-None-Match %s: %d, want %d", tags, res.StatusCode, status)
		}
	}
}

// Our log, checked with the Go checksum database's client code alone.
func TestOtherVerifier(t *testing.T) {
	sizes := []int{1, 255, 256, 257, 700}
	if os.Getenv("AUDIT_LONG") != "" {
		sizes = append(sizes, 65_535, 65_536, 65_537, 70_000)
	}
	for _, size := range sizes {
		c := testConfig(t)
		c.Apply = counting2
		l := create(t, c)
		appendN(t, l, 0, size)
		if err := l.Publish(time.Now()); err != nil {
			t.Fatal(err)
		}
		url := serve(t, l)
		get := func(path string) []byte {
			b, err := newRemote(url, Access{}).get(context.Background(), path)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		vk, err := note.NewVerifier(l.LogKey(partner))
		if err != nil {
			t.Fatal(err)
		}
		n, err := note.Open(get("checkpoint"), note.VerifierList(vk))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := bytes.Cut([]byte(n.Text), []byte("\n"))
		tree, err := tlog.ParseTree(append([]byte("go.sum database tree\n"), rest...))
		if err != nil || tree.N != int64(size) {
			t.Fatalf("%v, %v", tree, err)
		}
		reader := tlog.TileHashReader(tree, tileReader{get})
		for range 20 {
			i := rand.Int64N(tree.N)
			s, err := l.Entry(partner, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			hs, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			if err != nil || hs[0] != tlog.Hash(s.Leaf) {
				t.Fatalf("leaf %d: %v", i, err)
			}
			proof, text, err := l.Proof(partner, uint64(i))
			if err != nil || !bytes.Equal(text, get("checkpoint")) {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, tlog.Hash(s.Leaf)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tileReader is tlog.TileReader over our paths.
type tileReader struct{ get func(string) []byte }

func (tileReader) Height() int { return tileHeight }

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		out = append(out, r.get(tilePath{Level: t.L, N: uint64(t.N), Width: t.W}.String()))
	}
	return out, nil
}

func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// overwrite changes a value in a closed ledger's store behind its back.
func overwrite(t testing.TB, c Config, key []byte, change func([]byte) []byte) {
	t.Helper()
	s, err := openStore(storeOptions{dir: c.badgerDir(), memTable: c.MemTable})
	if err != nil {
		t.Fatal(err)
	}
	err = s.update(func(w *writer) error {
		v, err := w.get(key)
		if err != nil {
			return err
		}
		return w.txn.Set(key, change(v))
	})
	if err := errors.Join(err, s.close()); err != nil {
		t.Fatal(err)
	}
}

func flipAt(i int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[(i+len(b))%len(b)] ^= 1
		return b
	}
}

// Each tampering is found, with the first bad index and what is at fault.
func TestTampering(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	for i := range 600 { // one piece each
		appendN(t, l, i, 1)
	}
	if _, err := l.Append(t.Context(), []Event{{Log: Internal, Kind: "k", Bodies: []Body{{Name: "b", Data: []byte("body")}, {Name: "f", Data: make([]byte, 100_000)}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	id, internal := l.logs()[partner].id, l.logs()[Internal].id
	gen := l.gen()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	for _, test := range []struct {
		name   string
		key    []byte
		change func([]byte) []byte
		log    string
		code   string
		index  uint64
	}{
		{"entry in a full bundle", pieceKey(id, 300), flipAt(-40), partner, badEntry, 300},
		{"entry in the last bundle", pieceKey(id, 590), flipAt(-40), partner, badEntry, 590},
		{"entry kind", pieceKey(id, 5), func(b []byte) []byte { return bytes.Replace(b, []byte("accepted"), []byte("rejected"), 1) }, partner, badEntry, 5},
		{"entry header", pieceKey(id, 5), func(b []byte) []byte { return bytes.Replace(b, []byte("d-5"), []byte("d-6"), 1) }, partner, badEntry, 5},
		{"entry cut", pieceKey(id, 7), cut(3), partner, badEntry, 7},
		{"entry emptied", pieceKey(id, 8), func([]byte) []byte { return nil }, partner, badEntry, 8},
		{"two entries exchanged", pieceKey(id, 9), nil, partner, badEntry, 9},
		{"tile of leaves", tileKey(id, 0, 1), flipAt(10 * 32), partner, badTile, 256 + 10},
		{"head signature", headKey(id), flipAt(-10), partner, badHead, 0},
		{"head root", headKey(id), func(b []byte) []byte { b[len("ca.cbsa/audit/us.cbp\n600\n")] ^= 1; return b }, partner, badHead, 0},
		{"published checkpoint", publishedKey(id, 601), flipAt(-10), partner, badHead, 601},
		{"inline body", bodyKey(internal, 0, 0), flipAt(5), Internal, badBody, 0},
		{"state value", stateKey(gen, "doc/3"), flipAt(-1), partner, badState, 598},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := c
			bad.Dir = filepath.Join(t.TempDir(), "ledger")
			bad.Keys = filepath.Join(filepath.Dir(c.Dir), "keys")
			copyTree(t, c.Dir, bad.Dir)
			change := test.change
			if change == nil {
				var other []byte
				overwrite(t, bad, pieceKey(id, 10), func(b []byte) []byte { other = bytes.Clone(b); return b })
				change = func([]byte) []byte { return other }
			}
			overwrite(t, bad, test.key, change)
			v := verify(t, bad.Dir, VerifyOptions{Apply: counting})[test.log]
			if v.Verified || len(v.Problems) == 0 || v.Problems[0].Code != test.code || v.Problems[0].Index != test.index {
				t.Fatalf("%+v", v)
			}
			if test.code == badState || test.code == badBody || test.name == "published checkpoint" {
				return
			}
			// A gateway that starts on it turns red: at once or by the re-hash.
			l, err := Open(bad)
			if err != nil {
				return // does not even open: not silent
			}
			deadline := time.Now().Add(patience)
			for l.refused() == nil && time.Now().Before(deadline) {
				time.Sleep(5 * time.Millisecond)
			}
			if l.refused() == nil {
				t.Error("the ledger stays green")
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	body, _ := filepath.Glob(filepath.Join(c.Dir, "bodies", "??", "*"))
	if len(body) != 1 {
		t.Fatal(body)
	}
	if err := os.Truncate(body[0], 50_000); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, c.Dir, VerifyOptions{})[Internal]; len(v.Problems) != 1 || v.Problems[0].Code != badBody {
		t.Errorf("%+v", v)
	}
}

func TestBundle(t *testing.T) {
	p := newPair(t)
	appendN(t, p.ca, 0, 300)
	e := event(1000)
	e.Bodies = []Body{{Name: "document", MediaType: "text/plain", Data: []byte("hello")}}
	if _, err := p.ca.Append(t.Context(), []Event{e}, nil); err != nil {
		t.Fatal(err)
	}
	p.round()
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	found, err := SearchTarget(t.Context(), p.caConf.Dir, Query{Term: "control/1000"})
	if err != nil || len(found) != 1 || found[0].Index != 300 {
		t.Fatalf("%+v, %v", found, err)
	}
	if found, err := SearchTarget(t.Context(), p.caConf.Dir, Query{Kind: "document.accepted", Limit: 7}); err != nil || len(found) != 7 {
		t.Errorf("%d, %v", len(found), err)
	}
	proof, err := ProveTarget(t.Context(), p.caConf.Dir, partner, 300, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseTlogProof(proof); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	err = ExportTarget(t.Context(), p.caConf.Dir, &out, ExportOptions{Query: Query{Term: "control/1000"}, Fields: []string{"control"}, Bodies: true})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("ACME")) {
		t.Error("a field that is not disclosed is in the bundle")
	}
	path := filepath.Join(t.TempDir(), "bundle.zip")
	write := func(b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(out.Bytes())
	policy, err := os.ReadFile(filepath.Join(p.caConf.Dir, "policy"))
	if err != nil {
		t.Fatal(err)
	}
	v := verify(t, path, VerifyOptions{Policy: policy})[partner]
	if !v.Verified || v.Size != 301 || len(v.Cosignatures) != 1 || v.Trust != "policy" {
		t.Errorf("%+v", v)
	}
	if v := verify(t, path, VerifyOptions{})[partner]; !v.Verified || v.Trust != "self" {
		t.Errorf("%+v", v)
	}
}

// Whoever sees the tree learns how much was published, and nothing else: every
// entry has one width whatever it commits to, equal events have entries that
// differ, and nothing is served before the beat.
func TestTreeTellsNothing(t *testing.T) {
	c := testConfig(t)
	l := create(t, c)
	get := func(path string) (int, []byte) {
		t.Helper()
		w := httptest.NewRecorder()
		l.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.Bytes()
	}
	small := Event{Log: partner, Kind: "k"}
	large := Event{
		Log: partner, Kind: "a.much.longer.kind", Header: map[string]string{"h": strings.Repeat("x", 500)},
		Details: map[string]string{"d": strings.Repeat("y", 5000)}, Terms: []string{"t"}, Bodies: []Body{{Name: "b", Data: make([]byte, 60_000)}},
	}
	for _, e := range []Event{small, small, large, large} {
		if _, err := l.Append(t.Context(), []Event{e}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := get("/checkpoint"); status != http.StatusNotFound {
		t.Errorf("before the beat: %d", status)
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	size := l.Size(partner) // the commitment to the internal log may be among them
	status, bundle := get("/tile/entries/000.p/" + strconv.FormatUint(size, 10))
	entries, err := parseBundle(bundle)
	if status != http.StatusOK || err != nil || uint64(len(entries)) != size {
		t.Fatalf("%d %v: %d entries", status, err, len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if len(e) != entrySize || seen[string(e)] {
			t.Errorf("entry %x: %d bytes, or there twice", e, len(e))
		}
		seen[string(e)] = true
	}
	appendN(t, l, 0, 3)
	for _, path := range []string{"/tile/entries/000.p/", "/tile/0/000.p/"} {
		if status, _ := get(path + strconv.FormatUint(size+1, 10)); status != http.StatusNotFound {
			t.Errorf("%s beyond the published head: %d", path, status)
		}
	}
}
