package audit_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"peacebridge/audit"
)

// A bundle is checked as its README says, with nothing of ours: SHA-256, x/mod's
// tlog and note for the tree, openssl for the signatures.
func TestBundleByHand(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("openssl is not installed: make witnesses installs it")
		}
		t.Skip("openssl is not installed: it verifies the signatures")
	}
	files := handBundle(t)
	policy := string(files["policy"])
	events := 0
	for name := range files {
		base, ok := strings.CutSuffix(name, ".json")
		if !ok || !strings.HasPrefix(name, "events/") {
			continue
		}
		events++
		var d map[string]any
		if err := json.Unmarshal(files[name], &d); err != nil {
			t.Fatal(err)
		}
		entry := handEntry(t, d, files)
		if !bytes.Equal(entry, files[base+".entry"]) {
			t.Errorf("%s: by hand the entry is %x, in the bundle %x", name, entry, files[base+".entry"])
		}
		handProof(t, string(files[base+".tlog-proof"]), entry, policy)
	}
	if events != 12 {
		t.Errorf("%d events", events)
	}
}

// handBundle exports a bundle, with details and bodies, of a log that a peer
// has cosigned.
func handBundle(t *testing.T) map[string][]byte {
	t.Helper()
	ca := audit.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "ca.cbsa", Logs: []string{"us.cbp"}, MinFree: 1}
	us := audit.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Origin: "us.cbp", Logs: []string{"ca.cbsa"}, MinFree: 1}
	for _, c := range []audit.Config{ca, us} {
		if err := audit.Create(c); err != nil {
			t.Fatal(err)
		}
	}
	ours, err1 := audit.ReadKeys(ca)
	theirs, err2 := audit.ReadKeys(us)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	ca.Peers = []audit.Peer{{Log: "us.cbp", WitnessKey: theirs.Witness}}
	us.Peers = []audit.Peer{{Log: "ca.cbsa", LogKeys: []string{ours.Logs["us.cbp"]}}}
	l, err1 := audit.Open(ca)
	w, err2 := audit.Open(us)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for i := range 12 {
		_, err := l.Append(t.Context(), []audit.Event{{
			Log: "us.cbp", Kind: "record.sealed", Time: time.Now(), Subject: "s", Terms: []string{"equipment:X"},
			Header:  map[string]string{"document": fmt.Sprint("d", i), "class": "cargo.report", "empty": ""},
			Details: map[string]string{"consignee": "LAKE PARTS INC", "weight": fmt.Sprint(i)},
			Bodies:  []audit.Body{{Name: "decision", MediaType: "application/json", Data: []byte(`{"n":1}`)}, {Name: "large", MediaType: "text/plain", Data: bytes.Repeat([]byte("x"), 70_000)}},
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	err := l.Cosign(t.Context(), "us.cbp", func(_ context.Context, body []byte) (int, []byte, error) {
		rec := httptest.NewRecorder()
		w.Witness().ServeHTTP(rec, httptest.NewRequest("POST", "/add-checkpoint", bytes.NewReader(body)))
		return rec.Code, rec.Body.Bytes(), nil
	})
	for _, err := range []error{err, l.Close(), w.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	// One detail and one header field are disclosed, the others stay hidden.
	o := audit.ExportOptions{Query: audit.Query{Log: "us.cbp", Kind: "record.sealed"}, Fields: []string{"consignee"}, Header: []string{"document", "empty"}, Bodies: true}
	if err := audit.ExportTarget(t.Context(), ca.Dir, &buf, o); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// handText is text(s) of the README.
func handText(s string) string {
	return string(binary.AppendUvarint(nil, uint64(len(s)))) + s
}

// handSum hashes parts that stand behind each other.
func handSum(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "")))
	return string(sum[:])
}

// handEntry computes the entry of an event from what its file discloses.
func handEntry(t *testing.T, d map[string]any, files map[string][]byte) []byte {
	t.Helper()
	raw := func(v any) string {
		b, err := base64.StdEncoding.DecodeString(fmt.Sprint(v))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	text := func(v any) string {
		if v == nil {
			return ""
		}
		return v.(string)
	}
	commitments := func(v any) (all []string) {
		for _, one := range v.([]any) {
			m := one.(map[string]any)
			if m["salt"] == nil {
				all = append(all, raw(m["commitment"]))
			} else {
				all = append(all, handSum("pbc1", raw(m["salt"]), handText(text(m["name"])), handText(text(m["value"]))))
			}
		}
		return all
	}
	fixed := []string{"pbf1", handSum(append([]string{"pbd1"}, commitments(d["details"])...)...), raw(d["hidden"])}
	header := commitments(d["header"])
	fixed = append(append(fixed, string(binary.BigEndian.AppendUint16(nil, uint16(len(header))))), header...)
	for _, one := range d["bodies"].([]any) {
		m := one.(map[string]any)
		content, ok := files[m["file"].(string)]
		if !ok {
			t.Errorf("no file %s", m["file"])
		}
		said := handText(text(m["mediaType"])) + string(binary.BigEndian.AppendUint64(nil, uint64(len(content)))) + handSum(string(content))
		fixed = append(fixed, handSum("pbc1", raw(m["salt"]), handText(text(m["name"])), handText(said)), raw(m["cipherHash"]))
	}
	when, err := time.Parse(time.RFC3339Nano, d["time"].(string))
	if err != nil {
		t.Fatal(err)
	}
	nanos := string(binary.BigEndian.AppendUint64(nil, uint64(when.UnixNano())))
	if d["flags"] != nil {
		t.Errorf("the clock had stepped: %v", d["flags"])
	}
	return []byte("pbe1" + handSum("pbr1", handSum(fixed...), nanos, "\x00", d["kind"].(string)))
}

// handProof checks a tlog-proof: the tree with x/mod, every signature with openssl.
func handProof(t *testing.T, proof string, entry []byte, policy string) {
	t.Helper()
	head, checkpoint, ok := strings.Cut(proof, "\n\n")
	if !ok {
		t.Fatal(proof)
	}
	lines := strings.Split(head, "\n")
	var index int64
	if _, err := fmt.Sscanf(lines[1], "index %d", &index); err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
		t.Fatal(proof)
	}
	var hashes tlog.RecordProof
	for _, line := range lines[2:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	text, sigs, _ := strings.Cut(checkpoint, "\n\n")
	var size int64
	parts := strings.Split(text, "\n")
	if _, err := fmt.Sscan(parts[1], &size); err != nil {
		t.Fatal(err)
	}
	root, err := tlog.ParseHash(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckRecord(hashes, size, root, index, tlog.RecordHash(entry)); err != nil {
		t.Errorf("index %d: %v", index, err)
	}
	keys := map[string]string{} // vkey by name
	for line := range strings.Lines(policy) {
		w := strings.Fields(line)
		if len(w) > 0 && (w[0] == "log" || w[0] == "witness") {
			name, _, _ := strings.Cut(w[len(w)-1], "+")
			keys[name] = w[len(w)-1]
		}
	}
	if v, err := note.NewVerifier(keys[parts[0]]); err != nil {
		t.Error(err)
	} else if _, err := note.Open([]byte(checkpoint), note.VerifierList(v)); err != nil {
		t.Errorf("x/mod: %v", err)
	}
	n := 0
	for line := range strings.Lines(sigs) {
		w := strings.Fields(line)
		sig, err := base64.StdEncoding.DecodeString(w[2])
		if err != nil {
			t.Fatal(err)
		}
		_, b64, _ := strings.Cut(keys[w[1]][len(w[1])+1:], "+")
		key, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			t.Fatal(err)
		}
		message, signature := text+"\n", sig[4:]
		if key[0] == 4 {
			message = fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), message)
			signature = signature[8:]
		}
		opensslVerifies(t, key[1:], message, signature)
		n++
	}
	if n != 2 {
		t.Errorf("%d signatures in\n%s", n, checkpoint)
	}
}

// opensslVerifies has openssl verify an Ed25519 signature.
func opensslVerifies(t *testing.T, key []byte, message string, signature []byte) {
	t.Helper()
	dir := t.TempDir()
	spki := append([]byte{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}, key...) // RFC 8410
	for name, b := range map[string][]byte{"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), "message": []byte(message), "signature": signature} {
		if err := os.WriteFile(path.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "message", "-sigfile", "signature")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
}
