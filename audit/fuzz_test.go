package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

func FuzzTilePath(f *testing.F) {
	for _, s := range []string{"tile/0/000", "tile/3/x001/x234/067.p/17", "tile/entries/x001/000", "tile/63/999", "tile/0/0", "tile/0/x000/001", "tile/64/000", "tile/0/000.p/256"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseTilePath(s)
		if err == nil && p.String() != s {
			t.Errorf("%q is read as %q", s, p.String())
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add("ca.cbsa/audit/us.cbp\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Add("a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCheckpoint(s)
		if err == nil && c.Text() != s {
			t.Errorf("%q is read as %q", s, c.Text())
		}
	})
}

// Our verifier keys and signature lines agree with x/mod's.
func FuzzNote(f *testing.F) {
	key, err := newLogKey(make([]byte, 32), "ca.cbsa/audit/us.cbp")
	if err != nil {
		f.Fatal(err)
	}
	text := Checkpoint{Origin: key.name}.Text()
	signed, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed, key.vkey())
	f.Add(append(signed, "— x y\n"...), key.vkey())
	f.Fuzz(func(t *testing.T, b []byte, vk string) {
		ours, err := parseVkey(vk)
		theirs, err2 := note.NewVerifier(vk)
		if err == nil && ours.alg == algEd25519 && (err2 != nil || theirs.KeyHash() != ours.KeyHash()) {
			t.Fatalf("vkey %q: x/mod says %v", vk, err2)
		}
		if err != nil {
			return
		}
		c, n, err := openCheckpoint(b, ours)
		if err != nil {
			return
		}
		if n.Text != c.Text() {
			t.Error("text changed")
		}
	})
}

func FuzzSigLine(f *testing.F) {
	f.Add("— ca.cbsa/audit/us.cbp AAAAAAAAAAA=\n")
	f.Fuzz(func(t *testing.T, s string) {
		if sig, err := parseSigLine(s); err == nil && sigLine(sig) != s {
			t.Errorf("%q", s)
		}
	})
}

func FuzzAddCheckpoint(f *testing.F) {
	f.Add([]byte("old 0\n\na\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAA=\n"))
	f.Add([]byte("old 10\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAddCheckpoint(b)
		if err == nil && !bytes.Equal(a.encode(), b) {
			t.Errorf("%q is read as %q", b, a.encode())
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte("quorum none\n"))
	f.Add([]byte("witness a ca.cbsa/witness+8f2a7b3c+BAAA\ngroup g any a\nquorum g\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParsePolicy(b); err == nil {
			p.satisfied(nil)
		}
	})
}

func FuzzTlogProof(f *testing.F) {
	f.Add([]byte(proofHeader + "index 3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\na\n"))
	f.Add([]byte(proofHeader + "extra AA==\nindex 0\n\na\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseTlogProof(b)
		if err == nil && !bytes.Equal(p.Encode(), b) {
			t.Errorf("%q is read as %q", b, p.Encode())
		}
	})
}

func FuzzBundle(f *testing.F) {
	f.Add([]byte{0, 1, 'a', 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := parseBundle(b)
		if err != nil {
			return
		}
		var out []byte
		for _, e := range entries {
			out = appendBundle(out, e)
		}
		if !bytes.Equal(out, b) {
			t.Errorf("%x is read as %x", b, out)
		}
	})
}

// A bundle that somebody sends: whatever is in it, a verdict or an error.
func FuzzEvidence(f *testing.F) {
	c := testConfig(f)
	l := create(f, c)
	if _, err := l.Append(f.Context(), []Event{event(1), event(2)}, nil); err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(l.Publish(time.Now()), l.Close()); err != nil {
		f.Fatal(err)
	}
	var buf bytes.Buffer
	if err := ExportTarget(f.Context(), c.Dir, &buf, ExportOptions{Bodies: true}); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	file := filepath.Join(f.TempDir(), "bundle.zip")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = VerifyTarget(t.Context(), file, VerifyOptions{})
		_ = ExplainTarget(t.Context(), file, "", 0, io.Discard, VerifyOptions{})
	})
}

// A disclosure whose check succeeds is the one of its entry: nothing of it can
// be another.
func FuzzDisclosure(f *testing.F) {
	r := &record{kind: "k", pairs: pairs{[]string{"a", "b"}, []string{"b", "c"}}, bodies: []StoredBody{{Name: "n", Size: 3}}}
	seed, err := json.Marshal(disclose(r, "us.cbp", 3, nil, []string{"a"}, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Disclosure
		if json.Unmarshal(b, &d) != nil || d.Check() != nil {
			return
		}
		_ = d.String()
		changed := d
		changed.Kind += "x"
		if changed.Check() == nil {
			t.Errorf("%s: its kind may be another", b)
		}
		changed = d
		changed.Time = d.Time.Add(1)
		if changed.Check() == nil {
			t.Errorf("%s: its time may be another", b)
		}
	})
}

func FuzzRecord(f *testing.F) {
	r := &record{kind: "k", pairs: pairs{[]string{"a"}, []string{"b"}}, terms: [][16]byte{{1}}, seal: []byte("x"), bodies: []StoredBody{{Name: "n", Size: 3, InFile: true}}}
	f.Add(r.encode(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b)
		if err != nil {
			return
		}
		var h hasher
		r.leaf(&h)
		again, err := decodeRecord(r.encode(nil))
		if err != nil || again.leaf(&h) != r.leaf(&h) {
			t.Errorf("%x: %v", b, err)
		}
	})
}

func FuzzBatch(f *testing.F) {
	r := &record{kind: "k"}
	p := &prepared{log: "internal", record: r, encoded: r.encode(nil), erase: []uint64{7}, bodies: [][]byte{{1}}}
	b, err := (&Batch{clock: 1, subs: []*submission{{guards: []Guard{{"a", 1}}, events: []*prepared{p}}}}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		var b Batch
		if err := b.UnmarshalBinary(data); err != nil {
			return
		}
		out, err := b.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var again Batch
		if err := again.UnmarshalBinary(out); err != nil {
			t.Error(err)
		}
	})
}
