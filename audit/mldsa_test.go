package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The signed message is the struct of tlog-cosignature, byte for byte.
func TestMLDSAMessage(t *testing.T) {
	c := Checkpoint{Origin: "example.com/log", Size: 0x0102}
	got, err := mldsaMessage("w.example/1", 0x1122, []byte(c.Text()))
	if err != nil {
		t.Fatal(err)
	}
	want := hex.EncodeToString([]byte("subtree/v1\n\x00")) + "0b" + hex.EncodeToString([]byte("w.example/1")) + "0000000000001122" +
		"0f" + hex.EncodeToString([]byte("example.com/log")) + "0000000000000000" + "0000000000000102" + strings.Repeat("00", 32)
	if hex.EncodeToString(got) != want {
		t.Errorf("%x", got)
	}
}

// Both sides with ML-DSA: a published head has the log's second signature and
// both of the witness, the written policy wants the log's, everything verifies
// after a restart, and a flipped bit does not.
func TestMLDSACosignatures(t *testing.T) {
	caConf, usConf := testConfig(t), testConfig(t)
	usConf.Origin, usConf.Logs = "us.cbp", []string{"ca.cbsa"}
	var keys [2]PublicKeys
	for i, c := range []*Config{&caConf, &usConf} {
		c.MLDSA = true
		if err := Create(*c); err != nil {
			t.Fatal(err)
		}
		var err error
		if keys[i], err = ReadKeys(*c); err != nil || keys[i].LogsMLDSA == "" || keys[i].WitnessMLDSA == "" {
			t.Fatal(keys[i], err)
		}
	}
	caConf.Peers = []Peer{{Log: partner, WitnessKey: keys[1].Witness, WitnessMLDSA: keys[1].WitnessMLDSA}}
	usConf.Peers = []Peer{{Log: "ca.cbsa", LogKeys: []string{keys[0].Logs[partner]}}}
	ca, us := open(t, caConf), open(t, usConf)
	appendN(t, ca, 0, 300)
	if err := ca.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := ca.Cosign(t.Context(), partner, post(us)); err != nil {
		t.Fatal(err)
	}
	if by := ca.Status()[1].CosignedBy; len(by) != 1 || by[0] != "us.cbp/witness" {
		t.Errorf("cosigned by %v", by)
	}
	checkpoint := ca.Checkpoint(partner)
	if n := bytes.Count(checkpoint, []byte("\n— ")); n != 4 {
		t.Errorf("%d signatures in\n%s", n, checkpoint)
	}
	policy, err := RelationPolicy(keys[0], caConf.Peers[0], nil, "")
	if err != nil || !bytes.Contains(policy, []byte("group witnesses all us.cbp logs-mldsa\nquorum witnesses\n")) {
		t.Fatalf("%s: %v", policy, err)
	}
	url := serve(t, ca)
	if v := verify(t, url, VerifyOptions{Policy: policy})[partner]; !v.Verified || len(v.Cosignatures) != 2 {
		t.Errorf("%+v", v)
	}
	parsed, err := ParsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	log := parsed.log("ca.cbsa/audit/us.cbp")
	lines := bytes.SplitAfter(checkpoint, []byte("\n"))
	for i, line := range lines {
		if !bytes.HasPrefix(line, []byte("— ")) || len(line) < 3000 {
			continue
		}
		for _, at := range []int{60, 70, len(line) / 2, len(line) - 10} { // time, name's part of the message is fixed
			changed := bytes.Clone(line)
			if changed[at] == 'A' {
				changed[at] = 'B'
			} else {
				changed[at] = 'A'
			}
			parts := append(append([][]byte{}, lines[:i]...), append([][]byte{changed}, lines[i+1:]...)...)
			if _, n, err := openCheckpoint(bytes.Join(parts, nil), log, parsed.verifiers()...); err == nil && len(n.Sigs) == 4 {
				t.Errorf("line %d, byte %d: verifies all the same", i, at)
			}
		}
	}
	if err := ca.Close(); err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(caConf.Dir, "policy"))
	if err != nil || !bytes.Contains(own, []byte("witness us.cbp-mldsa ")) || !bytes.Contains(own, []byte("quorum witnesses")) {
		t.Errorf("%s: %v", own, err)
	}
	if v := verify(t, caConf.Dir, VerifyOptions{})[partner]; !v.Verified || v.CosignedSize != v.Size {
		t.Errorf("%+v", v)
	}
	ca = open(t, caConf)
	if !bytes.Equal(ca.Checkpoint(partner), checkpoint) && bytes.Count(ca.Checkpoint(partner), []byte("\n— ")) != 4 {
		t.Errorf("after a restart\n%s", ca.Checkpoint(partner))
	}
}

// A witness may have an ML-DSA key alone.
func TestMLDSAWitnessAlone(t *testing.T) {
	key, err := newMLDSAKey("oag.example/witness", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	key.now = time.Now
	c := testConfig(t)
	c.Auditors = []Auditor{{"oag", key.vkey()}}
	l := create(t, c)
	appendN(t, l, 0, 3)
	if err := l.Publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	err = l.CosignBy(t.Context(), partner, "oag", func(_ context.Context, body []byte) (int, []byte, error) {
		a, err := parseAddCheckpoint(body)
		if err != nil {
			return 0, nil, err
		}
		text, _, _ := strings.Cut(string(a.note), "\n\n")
		sig, err := key.Sign([]byte(text + "\n"))
		return 200, []byte(signature(key, sig)), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, c.Dir, VerifyOptions{})[partner]; !v.Verified || len(v.Cosignatures) != 1 {
		t.Errorf("%+v", v)
	}
}
