package crypto

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The outside witness is the command of latchset's jose: a C implementation of JOSE that shares nothing with ours.

// joseCommand runs it with files of the given contents. "@name" in an argument stands for the file called name.
func joseCommand(t *testing.T, files map[string][]byte, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = filepath.Join(dir, name)
		}
	}
	cmd := exec.Command("jose", args...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("jose %s: %v: %s", strings.Join(args, " "), err, problems.String())
	}
	return out.Bytes()
}

func needJOSE(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("jose"); err == nil {
		return
	}
	const missing = "the program jose is not here: install Debian's package jose (apt-get install jose)"
	if os.Getenv("CI") != "" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

func marshal(t *testing.T, k *PrivateKey) []byte {
	t.Helper()
	b, err := k.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestJOSECommandOpensOurs(t *testing.T) {
	needJOSE(t)
	b := newBorder(t)
	for _, p := range []Profile{P256, P384} {
		c := b.claims()
		c.Profile = p
		sealed := b.seal(t, c)
		recipient, signer := key(t, b.cbsa, Encryption, p), key(t, b.cbp, Signing, p)

		signed := joseCommand(t, map[string][]byte{"envelope": sealed.Envelope, "key": marshal(t, recipient)},
			"jwe", "dec", "-i", "@envelope", "-k", "@key", "-O", "-")
		if !bytes.Equal(signed, sealed.JWS) {
			t.Errorf("%v: jose decrypts to other bytes", p)
		}
		claims := joseCommand(t, map[string][]byte{"signed": signed, "key": signer.Public().JWK()},
			"jws", "ver", "-i", "@signed", "-k", "@key", "-O", "-")
		if Digest(claims) != sealed.PayloadDigest {
			t.Errorf("%v: jose verifies other bytes", p)
		}
		thumb := joseCommand(t, map[string][]byte{"key": signer.Public().JWK()}, "jwk", "thp", "-a", "S256", "-i", "@key")
		if "sha256:"+strings.TrimSpace(string(thumb)) != signer.ID() {
			t.Errorf("%v: jose has another thumbprint: %s", p, thumb)
		}
	}
}

func TestWeOpenTheJOSECommands(t *testing.T) {
	needJOSE(t)
	b := newBorder(t)
	for _, p := range []Profile{P256, P384} {
		c := b.claims()
		c.Profile = p
		sealed := b.seal(t, c)
		claims := payloadOf(t, sealed.JWS)
		recipient, signer := key(t, b.cbsa, Encryption, p).Public(), key(t, b.cbp, Signing, p)

		signed := joseCommand(t, map[string][]byte{
			"claims": claims, "key": marshal(t, signer), "template": fmt.Appendf(nil, `{"protected":%s}`, signedHeader(signer)),
		}, "jws", "sig", "-I", "@claims", "-s", "@template", "-k", "@key", "-c", "-o", "-")
		template := fmt.Appendf(nil, `{"protected":{"alg":"ECDH-ES+A256KW","enc":"A256GCM","kid":%q,"cty":"JWT"}}`, recipient.ID())
		envelope := joseCommand(t, map[string][]byte{
			"signed": bytes.TrimSpace(signed), "key": recipient.JWK(), "template": template,
		}, "jwe", "enc", "-i", "@template", "-I", "@signed", "-k", "@key", "-c", "-o", "-")

		x := b.expect()
		x.Profile = p
		_, opened, err := b.cbsa.Open(bytes.TrimSpace(envelope), x)
		if err != nil {
			t.Fatalf("%v: %s", p, err.(*Refusal).Detail())
		}
		if opened.PayloadDigest != sealed.PayloadDigest {
			t.Errorf("%v: other claims", p)
		}
	}
}

func TestJOSECommandVerifiesReceiptAndDetached(t *testing.T) {
	needJOSE(t)
	b := newBorder(t)
	receipt, err := b.cbsa.SignReceipt(b.receipt(t))
	if err != nil {
		t.Fatal(err)
	}
	got := joseCommand(t, map[string][]byte{"receipt": receipt, "key": key(t, b.cbsa, Signing, P256).Public().JWK()},
		"jws", "ver", "-i", "@receipt", "-k", "@key", "-O", "-")
	if !bytes.Equal(got, payloadOf(t, receipt)) {
		t.Error("jose verifies other bytes")
	}
	text := []byte("agreement: ca-us-highway\r\nversion: 3\n")
	jws, err := b.cbp.SignDetached(text)
	if err != nil {
		t.Fatal(err)
	}
	// The command takes a detached payload only beside the JSON form.
	head, signature, _ := strings.Cut(string(jws), "..")
	joseCommand(t, map[string][]byte{
		"jws":  fmt.Appendf(nil, `{"protected":%q,"signature":%q}`, head, signature),
		"text": text, "key": key(t, b.cbp, Signing, P256).Public().JWK(),
	}, "jws", "ver", "-i", "@jws", "-I", "@text", "-k", "@key")
}
