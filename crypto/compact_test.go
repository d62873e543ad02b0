package crypto

import (
	"encoding/base64"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"
)

// TestHostileSigned gives the verifier every input that the JOSE library is known to take, or to work on, though we must
// not. Each token is signed with the issuer's true key, so that the header alone is at fault.
func TestHostileSigned(t *testing.T) {
	b := newBorder(t)
	signer := key(t, b.cbp, Signing, P256)
	claims := payloadOf(t, b.seal(t, b.claims()).JWS)
	with := func(more string) string { return strings.TrimSuffix(signedHeader(signer), "}") + "," + more + "}" }
	instead := func(old, new string) string { return strings.Replace(signedHeader(signer), old, new, 1) }
	jwk := string(signer.Public().JWK())
	for name, c := range map[string]struct {
		header string
		want   Reason
	}{
		"good":                       {signedHeader(signer), ""},
		"other order and blanks":     {fmt.Sprintf(` { "typ":"peacebridge-record+jwt", "kid":%q, "alg":"ES256" } `, signer.ID()), ""},
		"crit empty":                 {with(`"crit":[]`), HeaderRefused},
		"crit names an absent one":   {with(`"crit":["exp"]`), HeaderRefused},
		"crit unknown":               {with(`"crit":["x"],"x":1`), HeaderRefused},
		"b64 false":                  {with(`"b64":false`), HeaderRefused},
		"b64 false and critical":     {with(`"b64":false,"crit":["b64"]`), HeaderRefused},
		"b64 true":                   {with(`"b64":true`), HeaderRefused},
		"case variant":               {with(`"ALG":"none"`), HeaderRefused},
		"case variant alone":         {instead(`"alg"`, `"Alg"`), HeaderRefused},
		"alg twice":                  {with(`"alg":"ES256"`), HeaderRefused},
		"alg twice by escape":        {with(`"\u0061lg":"none"`), HeaderRefused},
		"jwk":                        {with(`"jwk":` + jwk), HeaderRefused},
		"jku":                        {with(`"jku":"https://127.0.0.1/keys"`), HeaderRefused},
		"x5u":                        {with(`"x5u":"https://127.0.0.1/cert"`), HeaderRefused},
		"x5c":                        {with(`"x5c":["AAAA"]`), HeaderRefused},
		"x5t":                        {with(`"x5t":"AAAA"`), HeaderRefused},
		"a thousand certificates":    {with(`"x5c":["` + strings.Repeat("A", 500_000) + `"]`), HeaderRefused},
		"zip":                        {with(`"zip":"DEF"`), HeaderRefused},
		"cty":                        {with(`"cty":"JWT"`), HeaderRefused},
		"nonce":                      {with(`"nonce":"x"`), HeaderRefused},
		"nested deep":                {with(`"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), HeaderRefused},
		"nested 20,000 deep":         {with(`"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000)), HeaderRefused},
		"no kid":                     {fmt.Sprintf(`{"alg":"ES256","typ":%q}`, recordType(KindRecord)), HeaderRefused},
		"kid a number":               {instead(`"`+signer.ID()+`"`, `1`), HeaderRefused},
		"kid of nobody":              {instead(signer.ID(), "sha256:nobody"), KeyUnknown},
		"kid of another agency":      {instead(signer.ID(), key(t, b.third, Signing, P256).ID()), KeyUnknown},
		"kid of an encryption key":   {instead(signer.ID(), key(t, b.cbp, Encryption, P256).ID()), KeyUnknown},
		"kid of the other curve":     {instead(signer.ID(), key(t, b.cbp, Signing, P384).ID()), KeyUnknown},
		"alg none":                   {instead("ES256", "none"), AlgorithmRefused},
		"alg of the other profile":   {instead("ES256", "ES384"), AlgorithmRefused},
		"alg in small letters":       {instead("ES256", "es256"), AlgorithmRefused},
		"no typ":                     {instead(`,"typ":"peacebridge-record+jwt"`, ``), HeaderRefused},
		"typ of a receipt":           {instead("record", "receipt"), TypeWrong},
		"typ JWT":                    {instead("peacebridge-record+jwt", "JWT"), TypeWrong},
		"typ in capitals":            {instead("peacebridge-record+jwt", "PEACEBRIDGE-RECORD+JWT"), TypeWrong},
		"header a list":              {`["alg"]`, HeaderRefused},
		"header empty":               {``, HeaderRefused},
		"header with bad UTF-8":      {with("\"x\":\"\xff\""), HeaderRefused},
		"text after the header":      {signedHeader(signer) + "{}", HeaderRefused},
		"one byte more than 4 KB":    {signedHeader(signer) + strings.Repeat(" ", 3000), HeaderRefused},
		"hash algorithm for the key": {instead("ES256", "HS256"), AlgorithmRefused},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := b.cbsa.Open(b.reseal(t, forgeSigned(t, signer, c.header, claims)), b.expect())
			if got := reasonOf(err); got != c.want || (err == nil) != (c.want == "") {
				t.Errorf("reason %q, want %q", got, c.want)
			}
		})
	}
	for _, alg := range []jose.SignatureAlgorithm{
		jose.HS256, jose.HS384, jose.HS512, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES384,
		jose.ES512, jose.EdDSA, "Ed25519", "Ed448", "ES256K", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "none", "",
	} {
		_, _, err := b.cbsa.Open(b.reseal(t, forgeSigned(t, signer, instead("ES256", string(alg)), claims)), b.expect())
		if got := reasonOf(err); got != AlgorithmRefused && (alg != "" || got != HeaderRefused) {
			t.Errorf("alg %q: %q", alg, got)
		}
	}
}

// TestOtherSpellings alters the spelling of a good signed token, never its meaning to a kind reader.
func TestOtherSpellings(t *testing.T) {
	b := newBorder(t)
	good := string(b.seal(t, b.claims()).JWS)
	parts := strings.Split(good, ".")
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts[1], parts[0], parts[2])
	flat := fmt.Sprintf(`{"payload":%q,"header":{"alg":"ES256","kid":"x"},"signature":%q}`, parts[1], parts[2])
	for name, token := range map[string]string{
		"line feed at the end":  good + "\n",
		"return inside":         good[:50] + "\r\n" + good[50:],
		"blank in front":        " " + good,
		"padding":               good + "==",
		"spare bits":            good[:len(good)-1] + string(nextSextet(good[len(good)-1])),
		"standard alphabet":     strings.NewReplacer("-", "+", "_", "/").Replace(good) + "+",
		"four parts":            good + "." + parts[2],
		"two parts":             parts[0] + "." + parts[1],
		"empty":                 "",
		"dots alone":            "..",
		"two million dots":      strings.Repeat(".", 1<<20),
		"general JSON":          general,
		"flattened, unsigned":   flat,
		"no signature":          parts[0] + "." + parts[1] + ".",
		"signature in DER":      parts[0] + "." + parts[1] + "." + enc.EncodeToString(make([]byte, 70)),
		"signature of P-384":    parts[0] + "." + parts[1] + "." + enc.EncodeToString(make([]byte, 96)),
		"detached":              parts[0] + ".." + parts[2],
		"an envelope inside":    string(b.seal(t, b.claims()).Envelope),
		"zero signature":        parts[0] + "." + parts[1] + "." + enc.EncodeToString(make([]byte, 64)),
		"payload of another":    parts[0] + "." + enc.EncodeToString([]byte(`{}`)) + "." + parts[2],
		"header of another key": enc.EncodeToString([]byte(signedHeader(key(t, b.third, Signing, P256)))) + "." + parts[1] + "." + parts[2],
	} {
		want := TokenMalformed
		switch name {
		case "detached", "zero signature", "payload of another":
			want = SignatureInvalid
		case "dots alone":
			want = HeaderRefused
		case "header of another key":
			want = KeyUnknown
		}
		_, _, err := b.cbsa.Open(b.reseal(t, token), b.expect())
		if got := reasonOf(err); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// nextSextet is the next character of the alphabet: the same byte, with a spare bit set.
func nextSextet(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)+1]
}

func TestHostileEncrypted(t *testing.T) {
	b := newBorder(t)
	jws := b.seal(t, b.claims()).JWS
	to := key(t, b.cbsa, Encryption, P256).Public()
	with := func(more string) string { return strings.TrimSuffix(encryptedHeader(to), "}") + "," + more + "}" }
	instead := func(old, new string) string { return strings.Replace(encryptedHeader(to), old, new, 1) }
	x32 := enc.EncodeToString(make([]byte, 32))
	for name, c := range map[string]struct {
		header string
		want   Reason
	}{
		"good":                    {encryptedHeader(to), ""},
		"zip":                     {with(`"zip":"DEF"`), HeaderRefused},
		"crit":                    {with(`"crit":["x"],"x":1`), HeaderRefused},
		"crit empty":              {with(`"crit":[]`), HeaderRefused},
		"apu":                     {with(`"apu":"QQ"`), HeaderRefused},
		"apv":                     {with(`"apv":"QQ"`), HeaderRefused},
		"p2c":                     {with(`"p2c":1000000`), HeaderRefused},
		"jwk":                     {with(`"jwk":` + string(to.JWK())), HeaderRefused},
		"x5c":                     {with(`"x5c":["AAAA"]`), HeaderRefused},
		"typ":                     {with(`"typ":"JWT"`), HeaderRefused},
		"no kid":                  {instead(`"kid":"`+to.ID()+`",`, ``), HeaderRefused},
		"kid of nobody":           {instead(to.ID(), "sha256:nobody"), DecryptionFailed},
		"kid of a signing key":    {instead(to.ID(), key(t, b.cbsa, Signing, P256).ID()), DecryptionFailed},
		"kid of the other curve":  {instead(to.ID(), key(t, b.cbsa, Encryption, P384).ID()), DecryptionFailed},
		"no cty":                  {instead(`,"cty":"JWT"`, ``), HeaderRefused},
		"cty other":               {instead(`"JWT"`, `"text/plain"`), TypeWrong},
		"alg dir":                 {instead(algKeyWrap, "dir"), AlgorithmRefused},
		"alg without wrapping":    {instead(algKeyWrap, "ECDH-ES"), AlgorithmRefused},
		"enc A128GCM":             {instead(algContent, "A128GCM"), AlgorithmRefused},
		"epk missing":             {instead(`,"epk":<epk>`, ``), HeaderRefused},
		"epk a text":              {instead(`<epk>`, `"x"`), HeaderRefused},
		"epk private":             {instead(`<epk>`, `{"kty":"EC","crv":"P-256","x":"`+x32+`","y":"`+x32+`","d":"`+x32+`"}`), HeaderRefused},
		"epk of the other curve":  {instead(`<epk>`, `{"kty":"EC","crv":"P-384","x":"`+x32+`","y":"`+x32+`"}`), HeaderRefused},
		"epk short":               {instead(`<epk>`, `{"kty":"EC","crv":"P-256","x":"AA","y":"`+x32+`"}`), HeaderRefused},
		"epk OKP":                 {instead(`<epk>`, `{"kty":"OKP","crv":"X25519","x":"`+x32+`"}`), HeaderRefused},
		"epk beside the curve":    {instead(`<epk>`, `{"kty":"EC","crv":"P-256","x":"`+x32+`","y":"`+x32+`"}`), DecryptionFailed},
		"epk of somebody else":    {instead(`<epk>`, ephemeralJWKOf(t, key(t, b.third, Encryption, P256).Public())), DecryptionFailed},
		"a thousand certificates": {with(`"x5c":["` + strings.Repeat("A", 500_000) + `"]`), HeaderRefused},
	} {
		_, _, err := b.cbsa.Open([]byte(forgeEncrypted(t, to, c.header, jws)), b.expect())
		if got := reasonOf(err); got != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: reason %q, want %q", name, got, c.want)
		}
	}
	for _, alg := range []jose.KeyAlgorithm{
		jose.RSA1_5, jose.RSA_OAEP, jose.RSA_OAEP_256, jose.A128KW, jose.A192KW, jose.A256KW, jose.DIRECT, jose.ECDH_ES,
		jose.ECDH_ES_A128KW, jose.ECDH_ES_A192KW, jose.A128GCMKW, jose.A192GCMKW, jose.A256GCMKW, jose.PBES2_HS256_A128KW,
		jose.PBES2_HS384_A192KW, jose.PBES2_HS512_A256KW, "HPKE-0", "none",
	} {
		_, _, err := b.cbsa.Open([]byte(forgeEncrypted(t, to, instead(algKeyWrap, string(alg)), jws)), b.expect())
		if got := reasonOf(err); got != AlgorithmRefused {
			t.Errorf("alg %q: %q", alg, got)
		}
	}
	for _, algorithm := range []jose.ContentEncryption{
		jose.A128CBC_HS256, jose.A192CBC_HS384, jose.A256CBC_HS512, jose.A128GCM, jose.A192GCM, "XC20P",
	} {
		_, _, err := b.cbsa.Open([]byte(forgeEncrypted(t, to, instead(algContent, string(algorithm)), jws)), b.expect())
		if got := reasonOf(err); got != AlgorithmRefused {
			t.Errorf("enc %q: %q", algorithm, got)
		}
	}
}

func ephemeralJWKOf(t *testing.T, k PublicKey) string {
	t.Helper()
	e, err := k.key.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	return ephemeralJWK(e, k.profile)
}

func TestEnvelopeParts(t *testing.T) {
	b := newBorder(t)
	good := string(b.seal(t, b.claims()).Envelope)
	part := strings.Split(good, ".")
	join := func(i int, s string) string {
		p := append([]string(nil), part...)
		p[i] = s
		return strings.Join(p, ".")
	}
	unprotected := fmt.Sprintf(`{"protected":%q,"unprotected":{"kid":"x"},"encrypted_key":%q,"iv":%q,"ciphertext":%q,"tag":%q}`,
		part[0], part[1], part[2], part[3], part[4])
	for name, c := range map[string]struct {
		token string
		want  Reason
	}{
		"empty":                 {"", TokenMalformed},
		"JSON":                  {unprotected, TokenMalformed},
		"a signed token":        {string(b.seal(t, b.claims()).JWS), TokenMalformed},
		"six parts":             {good + ".", TokenMalformed},
		"wrapped key empty":     {join(1, ""), TokenMalformed},
		"wrapped key short":     {join(1, part[1][:40]), TokenMalformed},
		"nonce of 16":           {join(2, enc.EncodeToString(make([]byte, 16))), TokenMalformed},
		"nonce empty":           {join(2, ""), TokenMalformed},
		"tag of 12":             {join(4, enc.EncodeToString(make([]byte, 12))), TokenMalformed},
		"tag empty":             {join(4, ""), TokenMalformed},
		"tag zero":              {join(4, enc.EncodeToString(make([]byte, 16))), DecryptionFailed},
		"content empty":         {join(3, ""), DecryptionFailed},
		"content altered":       {join(3, strings.Repeat("A", len(part[3])/4*4)), DecryptionFailed},
		"line feed at the end":  {good + "\n", TokenMalformed},
		"largest":               {join(3, strings.Repeat("A", (MaxEnvelope-len(good)+len(part[3]))/4*4)), DecryptionFailed},
		"one byte over 2 MB":    {good + strings.Repeat("A", MaxEnvelope+1-len(good)), TooLarge},
		"100 MB of one part":    {strings.Repeat("A", 100<<20), TooLarge},
		"2 MB of dots":          {strings.Repeat(".", MaxEnvelope), TokenMalformed},
		"header over 4 KB":      {join(0, strings.Repeat("A", maxHeader+4)), HeaderRefused},
		"an honest bomb's size": {join(3, strings.Repeat("A", 1<<20)), DecryptionFailed},
	} {
		start := processorTime(t)
		_, _, err := b.cbsa.Open([]byte(c.token), b.expect())
		if got := reasonOf(err); got != c.want {
			t.Errorf("%s: reason %q, want %q", name, got, c.want)
		}
		if took := processorTime(t) - start; took > 2*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// processorTime is what this process has used of the processors: a machine with other work does not change it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// TestCanonicalIsReencoding holds the alphabet check against its definition: decode, encode, compare.
func TestCanonicalIsReencoding(t *testing.T) {
	check := func(t *rapid.T, s string) {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if want := err == nil && base64.RawURLEncoding.EncodeToString(b) == s; canonical(s) != want {
			t.Fatalf("%q: %v, want %v", s, !want, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringMatching(`[A-Da-d0-9_\-\r\n=+/]{0,9}`).Draw(t, "text"))
		check(t, base64.RawURLEncoding.EncodeToString(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
	})
}

// TestRFC7515Vector gives our profile the ES256 example of RFC 7515 appendix A.3: its signature is good, and still it is
// refused as a token of ours, because it names neither key nor type.
func TestRFC7515Vector(t *testing.T) {
	const vector = "eyJhbGciOiJFUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	const x, y = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	pub, err := ParsePublicKey(fmt.Appendf(nil, `{"kty":"EC","crv":"P-256","x":%q,"y":%q,"use":"sig","alg":"ES256","kid":%q}`,
		x, y, thumbprint(P256, x, y)))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := verifyCompact(pub, vector)
	if err != nil || !strings.Contains(string(payload), `"iss":"joe"`) {
		t.Errorf("%s %v", payload, err)
	}
	if _, err := verifyCompact(pub, strings.Replace(vector, "DtEh", "DtEi", 1)); err == nil {
		t.Error("altered vector verifies")
	}
	_, err = splitSigned(vector, P256)
	if f, ok := errors.AsType[*fault](err); !ok || f.reason != HeaderRefused {
		t.Error(err)
	}
}

// TestRFC7518KeyAgreement holds the derivation that the tests forge with against RFC 7518 appendix C.
func TestRFC7518KeyAgreement(t *testing.T) {
	z := []byte{
		158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106, 72,
		246, 218, 167, 121, 140, 254, 144, 196,
	}
	// The appendix has party info, which our profile leaves out.
	got := concatKDFWithParties(z, "A128GCM", "Alice", "Bob", 16)
	if enc.EncodeToString(got) != "VqqN6vgjbSBcIijNcacQGg" {
		t.Error(enc.EncodeToString(got))
	}
}

// TestOneFileKnowsJOSE holds the library behind one file: replacing it is replacing that file.
func TestOneFileKnowsJOSE(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file == "jose.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if strings.Contains(i.Path.Value, "jose") {
				t.Errorf("%s imports %s", file, i.Path.Value)
			}
		}
	}
}
