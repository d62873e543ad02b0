package crypto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeyFileRoundTrip(t *testing.T) {
	for _, p := range []Profile{P256, P384} {
		for _, use := range []Use{Signing, Encryption} {
			k, err := p.generate(use)
			if err != nil {
				t.Fatal(err)
			}
			k.Validity = Validity{time.Unix(1795219200, 0).UTC(), time.Unix(1802995200, 0).UTC(), time.Unix(1800000000, 0).UTC()}
			private, err := k.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParsePrivateKey(private)
			if err != nil {
				t.Fatal(err)
			}
			if !back.key.Equal(k.key) || back.ID() != k.ID() || back.Use() != use || back.Profile() != p || back.Validity != k.Validity {
				t.Errorf("%v %s: another key came back", p, use)
			}
			public, err := ParsePublicKey(k.Public().JWK())
			if err != nil {
				t.Fatal(err)
			}
			if !public.key.Equal(k.public.key) || public.Validity != k.Validity || bytes.Contains(k.Public().JWK(), []byte(`"d"`)) {
				t.Errorf("%v %s: another public key came back", p, use)
			}
			if _, err := ParsePublicKey(private); !errors.Is(err, ErrKey) {
				t.Errorf("private key read as public: %v", err)
			}
			if _, err := ParsePrivateKey(k.Public().JWK()); !errors.Is(err, ErrKey) {
				t.Errorf("public key read as private: %v", err)
			}
		}
	}
}

func TestKeyFileRefused(t *testing.T) {
	k, err := GenerateSigning()
	if err != nil {
		t.Fatal(err)
	}
	other, err := GenerateSigning()
	if err != nil {
		t.Fatal(err)
	}
	good, err := k.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var member, otherMember map[string]any
	otherFile, err := other.Marshal()
	if err := errors.Join(err, json.Unmarshal(good, &member), json.Unmarshal(otherFile, &otherMember)); err != nil {
		t.Fatal(err)
	}
	zero := enc.EncodeToString(make([]byte, 32))
	set := func(name string, value any) []byte {
		changed := map[string]any{}
		for n, v := range member {
			changed[n] = v
		}
		changed[name] = value
		if value == nil {
			delete(changed, name)
		}
		b, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := func(name string) string { return member[name].(string) }
	for name, file := range map[string][]byte{
		"empty":               nil,
		"not JSON":            []byte("key"),
		"a list":              []byte("[]"),
		"too large":           append(bytes.Repeat([]byte(" "), maxJWK), good...),
		"name twice":          bytes.Replace(good, []byte("{"), []byte(`{"use":"sig",`), 1),
		"unknown member":      set("key_ops", []string{"sign"}),
		"certificates":        set("x5c", []string{"AAAA"}),
		"no use":              set("use", nil),
		"no alg":              set("alg", nil),
		"no kid":              set("kid", nil),
		"use other":           set("use", "both"),
		"use enc, alg ES256":  set("use", "enc"),
		"alg of other curve":  set("alg", "ES384"),
		"alg of encryption":   set("alg", algKeyWrap),
		"kid chosen":          set("kid", "my-key"),
		"kid of another":      set("kid", other.ID()),
		"kty RSA":             set("kty", "RSA"),
		"kty OKP":             set("kty", "OKP"),
		"curve P-521":         set("crv", "P-521"),
		"curve empty":         set("crv", ""),
		"curve P-384":         set("crv", "P-384"),
		"x of another":        set("x", otherMember["x"]),
		"point at zero":       bytes.Replace(set("x", zero), []byte(text("y")), []byte(zero), 1),
		"x with padding":      set("x", text("x")+"="),
		"x short":             set("x", text("x")[:42]),
		"x with a blank":      set("x", " "+text("x")[1:]),
		"d of another":        set("d", otherMember["d"]),
		"d zero":              set("d", zero),
		"d out of range":      set("d", enc.EncodeToString(bytes.Repeat([]byte{255}, 32))),
		"d short":             set("d", "AAAA"),
		"nbf a text":          set("nbf", "soon"),
		"nbf negative":        set("nbf", -1),
		"nbf of many figures": set("nbf", 1e300),
	} {
		if _, err := ParsePrivateKey(file); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRotation: a new key takes over on its day; the old one verifies and opens for ever, and never signs again.
func TestRotation(t *testing.T) {
	b := newBorder(t)
	oldSigner, oldRecipient := key(t, b.cbp, Signing, P256).ID(), key(t, b.cbsa, Encryption, P256).ID()
	before := b.seal(t, b.claims())
	day := b.now.Add(7 * 24 * time.Hour)
	signer, err := b.cbp.Rotate(Signing, P256, day)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := b.cbsa.Rotate(Encryption, P256, day)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.cbsa.AddPeer("us.cbp", signer), b.cbp.AddPeer("ca.cbsa", recipient)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at                time.Time
		signer, recipient string
	}{
		{b.now, oldSigner, oldRecipient},
		{day.Add(-time.Second), oldSigner, oldRecipient},
		{day, signer.ID(), recipient.ID()},
		{day.Add(time.Hour), signer.ID(), recipient.ID()},
	} {
		claims := b.claims()
		claims.Expires = c.at.Add(time.Hour)
		s, err := b.cbp.SealEnvelope(claims, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if s.SigningKey != c.signer || s.RecipientKey != c.recipient {
			t.Errorf("%v: the wrong generation of keys", c.at)
		}
		if _, _, err := b.cbsa.Open(s.Envelope, Expect{Issuer: "us.cbp", Now: c.at}); err != nil {
			t.Errorf("%v: %v", c.at, err.(*Refusal).Detail())
		}
	}
	// What was sealed before the change is opened after it, also when the old keys were ended.
	if err := errors.Join(b.cbsa.Retire(oldSigner, day), b.cbsa.Retire(oldRecipient, day)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.cbsa.Open(before.Envelope, b.expect()); err != nil {
		t.Error(err.(*Refusal).Detail())
	}
	if got := len(b.cbp.Published(b.now.AddDate(0, 0, 91))); got != 3 {
		t.Errorf("%d keys published after the first signing keys ended, want 3", got)
	}
}

func TestKeyDatesAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(k *Keyring, id string, now time.Time) error
		want   Reason
	}{
		"in force":               {func(*Keyring, string, time.Time) error { return nil }, ""},
		"ended after":            {func(k *Keyring, id string, now time.Time) error { return k.Retire(id, now.Add(time.Second)) }, ""},
		"ended within tolerance": {func(k *Keyring, id string, now time.Time) error { return k.Retire(id, now.Add(-time.Minute)) }, ""},
		"ended before":           {func(k *Keyring, id string, now time.Time) error { return k.Retire(id, now.Add(-time.Hour)) }, KeyNotValid},
		"ended twice, first counts": {func(k *Keyring, id string, now time.Time) error {
			return errors.Join(k.Retire(id, now.Add(-time.Hour)), k.Retire(id, now.Add(time.Hour)))
		}, KeyNotValid},
		"revoked":           {func(k *Keyring, id string, now time.Time) error { return k.Revoke(id, now) }, KeyRevoked},
		"revoked later":     {func(k *Keyring, id string, now time.Time) error { return k.Revoke(id, now.Add(time.Second)) }, ""},
		"revoked, old date": {func(k *Keyring, id string, now time.Time) error { return k.Revoke(id, now.Add(-time.Minute)) }, KeyRevoked},
	} {
		b := newBorder(t)
		s := b.seal(t, b.claims())
		if err := c.change(b.cbsa, s.SigningKey, b.now); err != nil {
			t.Fatal(err)
		}
		_, _, err := b.cbsa.Open(s.Envelope, b.expect())
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	b := newBorder(t)
	if err := b.cbsa.Revoke("sha256:nobody", b.now); !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
	if err := b.cbp.Revoke(key(t, b.cbp, Signing, P256).ID(), b.now); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cbp.Seal(b.claims(), b.now); !errors.Is(err, ErrNoKey) {
		t.Errorf("a revoked key signs: %v", err)
	}
	if _, err := b.cbp.SignDetached(nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("a revoked key signs: %v", err)
	}
	if _, err := b.third.Seal(b.claims(), b.now.AddDate(0, 4, 0)); !errors.Is(err, ErrNoKey) {
		t.Errorf("an ended key signs: %v", err)
	}
}

func TestKeyIsInTheRingOnce(t *testing.T) {
	b := newBorder(t)
	own := key(t, b.cbp, Signing, P256)
	otherUse, err := newPrivateKey(own.key, Encryption)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := GenerateSigning()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err, want error
	}{
		"own again":            {b.cbp.AddOwn(own), ErrDuplicateKey},
		"under another use":    {b.cbp.AddOwn(otherUse), ErrDuplicateKey},
		"own as a peer's":      {b.cbp.AddPeer("ca.cbsa", own.Public()), ErrDuplicateKey},
		"one peer's as other":  {b.cbp.AddPeer("mx.sat", key(t, b.cbsa, Signing, P256).Public()), ErrDuplicateKey},
		"peer's as own":        {b.cbp.AddOwn(key(t, b.cbsa, Signing, P256)), ErrDuplicateKey},
		"owner as a peer":      {b.cbp.AddPeer("us.cbp", fresh.Public()), ErrKey},
		"no key":               {b.cbp.AddPeer("ca.cbsa", PublicKey{}), ErrKey},
		"no own key":           {b.cbp.AddOwn(nil), ErrKey},
		"empty own key":        {b.cbp.AddOwn(&PrivateKey{}), ErrKey},
		"agency with a slash":  {b.cbp.AddPeer("../x", fresh.Public()), errAny},
		"agency empty":         {b.cbp.AddPeer("", fresh.Public()), errAny},
		"agency ends in a dot": {b.cbp.AddPeer("ca.", fresh.Public()), errAny},
	} {
		if c.err == nil || c.want != errAny && !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if _, err := NewKeyring("CA.CBSA"); err == nil {
		t.Error("agency in capitals")
	}
	if _, ok := b.cbp.Find("mx.sat", key(t, b.cbsa, Signing, P256).ID()); ok {
		t.Error("a key is found under another agency")
	}
	if k, ok := b.cbp.Find("us.cbp", own.ID()); !ok || k.ID() != own.ID() {
		t.Error("own key is not found")
	}
}

var errAny = errors.New("any error")

func TestKeyringOnDisk(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	k, err := CreateKeyring(dir, "ca.cbsa", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CreateKeyring(dir, "ca.cbsa", now); !errors.Is(err, fs.ErrExist) {
		t.Errorf("keys made over keys: %v", err)
	}
	b := newBorder(t)
	for _, p := range b.cbp.Published(b.now) {
		if err := k.AddPeer("us.cbp", p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(k.Revoke(b.cbp.Published(b.now)[0].ID(), now), k.Save(dir)); err != nil {
		t.Fatal(err)
	}
	back, err := LoadKeyring(dir, "ca.cbsa")
	if err != nil {
		t.Fatal(err)
	}
	for _, agency := range []string{"ca.cbsa", "us.cbp"} {
		if diff := cmp.Diff(describe(k.Keys(agency)), describe(back.Keys(agency))); diff != "" {
			t.Error(agency, diff)
		}
	}
	files, err := keyFiles(filepath.Join(dir, ownFolder))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if err := os.Chmod(files[0], 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyring(dir, "ca.cbsa"); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "0640") {
		t.Errorf("a private key that others may read: %v", err)
	}
	if err := errors.Join(os.Chmod(files[0], 0o600), os.WriteFile(files[1], []byte("{}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeyring(dir, "ca.cbsa"); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), files[1]) {
		t.Errorf("a broken file: %v", err)
	}
	if empty, err := LoadKeyring(t.TempDir(), "ca.cbsa"); err != nil || len(empty.Keys("ca.cbsa")) != 0 {
		t.Errorf("an empty folder: %v", err)
	}
}

func describe(keys []PublicKey) []string {
	var list []string
	for _, k := range keys {
		list = append(list, fmt.Sprint(k.ID(), k.Use(), k.Profile(), k.Validity))
	}
	return list
}

func TestKeyringIsSafeForConcurrentUse(t *testing.T) {
	b := newBorder(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 20 {
				s, err := b.cbp.SealEnvelope(b.claims(), b.now)
				if err == nil {
					_, _, err = b.cbsa.Open(s.Envelope, b.expect())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			_, err := b.cbp.Rotate(Signing, P384, b.now.Add(time.Duration(i)*time.Hour))
			if err := errors.Join(err, b.cbp.Retire(key(t, b.third, Signing, P256).ID(), b.now)); err != nil {
				t.Error(err)
			}
			b.cbp.Published(b.now)
		})
	}
	wg.Wait()
}
