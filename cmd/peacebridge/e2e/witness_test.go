package e2e

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	bytesof "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// TestOpenSSL lets another implementation of TLS judge the api listener.
func TestOpenSSL(t *testing.T) {
	openssl := program(t, "openssl")
	w := newWorld(t).start()
	dir := w.clientDir("carrier-cbp")
	address := strings.TrimPrefix(w.url(cbp), "https://")
	request := "GET /v1/openapi.yaml HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
	run := func(args ...string) string {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		base := []string{"s_client", "-connect", address, "-CAfile", filepath.Join(dir, "ca.crt"), "-verify_return_error", "-verify_ip", "127.0.0.1", "-ign_eof"}
		cmd := exec.CommandContext(ctx, openssl, append(base, args...)...)
		cmd.Stdin = strings.NewReader(request)
		out, _ := cmd.CombinedOutput() // a refusal is an exit status; what was said tells it from others
		return string(out)
	}
	identity := []string{"-cert", filepath.Join(dir, "client.crt"), "-key", filepath.Join(dir, "client.key")}

	out := run(append(identity, "-tls1_3")...)
	for _, want := range []string{"Verification: OK", "TLSv1.3", "HTTP/1.1 200 OK", "openapi: 3", "X25519MLKEM768"} {
		if want == "X25519MLKEM768" && !strings.Contains(out, "Negotiated TLS1.3 group") {
			continue // an openssl before 3.5 knows neither the group nor how to name it
		}
		if !strings.Contains(out, want) {
			t.Errorf("with a certificate: no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "New Session Ticket arrived") {
		t.Error("a session ticket was given out")
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"without a certificate", []string{"-tls1_3"}, "certificate required"},
		{"TLS 1.2", append(identity, "-tls1_2"), "protocol version"},
		{"another agency's certificate", []string{"-tls1_3", "-cert", filepath.Join(w.clientDir("carrier-cbsa"), "client.crt"), "-key", filepath.Join(w.clientDir("carrier-cbsa"), "client.key")}, "alert"},
	} {
		out := run(test.args...)
		if strings.Contains(out, "HTTP/1.1") {
			t.Errorf("%s: the gateway answered\n%s", test.name, out)
		}
		if !strings.Contains(out, test.want) {
			t.Errorf("%s: no %q in\n%s", test.name, test.want, out)
		}
	}
}

// TestPublishedLog verifies the published head and one document's inclusion with
// the packages of Go's checksum database, and tiles fetched over HTTP.
func TestPublishedLog(t *testing.T) {
	w := newWorld(t).start()
	doc := w.client(t, "carrier-cbp").accepted(manifest(t, 1))
	doc = w.client(t, "system-cbp").inState(doc.ID, "delivered")
	w.quiet()
	base := w.settings[cbp].Addresses().Log + "/audit/" + cbsa
	policy, err := os.ReadFile(filepath.Join(w.clientDir("auditor-cbp"), "policy"))
	if err != nil {
		t.Fatal(err)
	}
	text := fetch(t, base+"/checkpoint")
	origin, tree := openNote(t, text, policy)
	if origin != "us.cbp/audit/ca.cbsa" || doc.Log != cbsa || int64(doc.Index) >= tree.N {
		t.Fatalf("log %s of %d entries; the document is at %s %d", origin, tree.N, doc.Log, doc.Index)
	}
	if root := fetch(t, w.settings[cbp].Addresses().Log+"/checkpoint"); !bytes.Equal(root, text) {
		t.Error("the only relation's log is not served at the root")
	}
	reader := tlog.TileHashReader(tree, tiles{t, base})
	for _, index := range []int64{0, int64(doc.Index), tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			t.Fatal(err)
		}
		leaf := leafHash(t, base, index, tree.N)
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			t.Errorf("entry %d: %v", index, err)
		}
		leaf[0] ^= 1
		if tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf) == nil {
			t.Errorf("entry %d: another leaf is proved too", index)
		}
	}
	t.Run("grows consistently", func(t *testing.T) {
		w.client(t, "carrier-cbp").accepted(manifest(t, 2))
		w.quiet()
		_, grown := openNote(t, fetch(t, base+"/checkpoint"), policy)
		if grown.N <= tree.N {
			t.Fatalf("%d entries after %d", grown.N, tree.N)
		}
		proof, err := tlog.ProveTree(grown.N, tree.N, tlog.TileHashReader(grown, tiles{t, base}))
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(proof, grown.N, grown.Hash, tree.N, tree.Hash); err != nil {
			t.Error(err)
		}
	})
}

func fetch(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, res.StatusCode, err)
	}
	return b
}

// openNote opens a checkpoint with the keys of a C2SP tlog-policy. The log and
// the witness must both have signed it.
func openNote(t *testing.T, text, policy []byte) (string, tlog.Tree) {
	t.Helper()
	var log, witness note.Verifier
	for line := range strings.Lines(string(policy)) {
		fields := strings.Fields(line)
		var err error
		switch {
		case len(fields) >= 2 && fields[0] == "log":
			log, err = note.NewVerifier(fields[1])
		case len(fields) >= 3 && fields[0] == "witness":
			witness, err = newCosigner(fields[2])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	n, err := note.Open(text, note.VerifierList(log, witness))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(n.Sigs) != 2 || len(n.UnverifiedSigs) != 0 {
		t.Fatalf("signatures: %+v, unknown: %+v", n.Sigs, n.UnverifiedSigs)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 {
		t.Fatalf("checkpoint of %d lines", len(lines))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	return lines[0], tlog.Tree{N: size, Hash: hash}
}

// cosigner verifies a cosignature/v1 (C2SP tlog-cosignature): Ed25519 over the
// time and the note, under a key of type 4.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("vkey without three parts")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("vkey is not of type 4: %w", err)
	}
	return &cosigner{name: parts[0], hash: uint32(hash), key: key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := bytesof.BigEndian.Uint64(sig)
	if age := time.Since(time.Unix(int64(at), 0)); age < -time.Minute || age > time.Hour {
		return false
	}
	return ed25519.Verify(c.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, msg), sig[8:])
}

// tiles reads the tiles of a log (C2SP tlog-tiles) for package tlog, whose own
// paths have the tile height in them.
type tiles struct {
	t    *testing.T
	base string
}

func (tiles) Height() int { return 8 }

func (r tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		out = append(out, fetch(r.t, r.base+"/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return out, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// leafHash is the hash of an entry as its tile has it.
func leafHash(t *testing.T, base string, index, size int64) tlog.Hash {
	t.Helper()
	tile := tlog.TileForIndex(8, tlog.StoredHashIndex(0, index))
	tile.W = int(min(256, size-tile.N*256))
	data, err := tiles{t, base}.ReadTiles([]tlog.Tile{tile})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := tlog.HashFromTile(tile, data[0], tlog.StoredHashIndex(0, index))
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
