package crypto

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestSignedFormIsStable holds the bytes that are signed to what peers and auditors read. A change here is a change of the
// protocol between agencies.
func TestSignedFormIsStable(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	thumb := "sha256:" + strings.Repeat("A", 43)
	full := Claims{
		Issuer: "us.cbp", Audience: "ca.cbsa", MessageID: "01938f00-0000-7000-8000-000000000002", Kind: KindRecord,
		Agreement: "ca-us-highway", AgreementVersion: 3, AgreementHash: Digest([]byte("agreement")), Purpose: "risk-assessment",
		Articles: []string{"4.1", "4.2"}, Caveats: []string{"no-onward"}, Sequence: 7, IssuedAt: at, Expires: at.Add(72 * time.Hour),
		Replaces: "01938f00-0000-7000-8000-000000000001", Class: "cargo.report", RecordID: "r-1", RecipientKey: thumb,
		Record: json.RawMessage(`{"id": "r-1", "note":"<&> é", "_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}`),
	}
	full.Digest = Digest(full.Record)
	least := full
	least.Articles, least.Caveats, least.Replaces, least.RecordID = nil, nil, "", ""
	receipt := Receipt{
		Issuer: "ca.cbsa", Audience: "us.cbp", MessageID: full.MessageID, PayloadDigest: Digest([]byte("claims")),
		Verdict: VerdictCommitted, LogOrigin: "cbsa.example/us.cbp", Index: 41, At: at.Add(1500 * time.Millisecond),
		RecipientKey: thumb, StricterWithheld: 2, SignedAt: at.Add(time.Hour),
	}
	refused := receipt
	refused.Verdict, refused.Reason, refused.StricterWithheld = VerdictRefused, "NO_AGREEMENT", 0

	got := &txtar.Archive{Comment: []byte("What is signed, byte for byte: claims with all members, with the fewest, and receipts; and the header names.\n")}
	add := func(name string, b []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		got.Files = append(got.Files, txtar.File{Name: name, Data: append(b, '\n')})
	}
	b, err := full.encode()
	add("claims-full.json", b, err)
	if back, err := decodeClaims(b); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(&full, back); diff != "" {
		t.Error(diff)
	}
	b, err = least.encode()
	add("claims-least.json", b, err)
	b, err = receipt.encode()
	add("receipt-committed.json", b, err)
	b, err = refused.encode()
	add("receipt-refused.json", b, err)

	world := newBorder(t)
	sealed := world.seal(t, world.claims())
	token, err := world.cbsa.SignReceipt(world.receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	detached, err := world.cbp.SignDetached(nil)
	if err != nil {
		t.Fatal(err)
	}
	var headers bytes.Buffer
	for _, token := range [][]byte{sealed.Envelope, sealed.JWS, token, detached} {
		var header map[string]any
		raw, err := enc.DecodeString(strings.Split(string(token), ".")[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &header); err != nil {
			t.Fatal(err)
		}
		header["kid"] = "sha256:…"
		if epk, ok := header["epk"].(map[string]any); ok {
			epk["x"], epk["y"] = "…", "…"
		}
		line, err := json.Marshal(header)
		if err != nil {
			t.Fatal(err)
		}
		headers.Write(append(line, '\n'))
	}
	add("headers.jsonl", bytes.TrimSuffix(headers.Bytes(), []byte("\n")), nil)

	const file = "testdata/signed.txtar"
	if *update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("the signed form changed (-update rewrites the file, not the agencies' software):\n%s", diff)
	}
}
