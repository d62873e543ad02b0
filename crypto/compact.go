package crypto

import (
	"encoding/base64"
	"strings"
)

// This file looks at a compact token before the JOSE library does. The library is looser than we may be: it skips line
// breaks and spare bits in base64url, honours b64 that crit does not name, verifies with an empty crit, and parses
// certificates out of x5c before any signature is checked. A token that gets past here has exactly the headers of our
// profile, in the one spelling that they have, and parts of the one length that the algorithms give.

// header is a JOSE header of ours: nothing else may stand in one.
type header struct {
	alg, enc, kid, typ, cty string
}

// splitSigned checks a compact JWS (RFC 7515 section 3.1) and returns its header.
func splitSigned(token string, p Profile) (header, error) {
	parts, err := split(token, 3)
	if err != nil {
		return header{}, err
	}
	h, err := readHeader(parts[0], p, false)
	if err != nil {
		return header{}, err
	}
	if len(parts[2]) != base64.RawURLEncoding.EncodedLen(2*p.size()) {
		return header{}, fail(TokenMalformed, "signature of %d characters", len(parts[2]))
	}
	return h, nil
}

// splitEncrypted checks a compact JWE (RFC 7516 section 3.1) and returns its header.
func splitEncrypted(token string, p Profile) (header, error) {
	parts, err := split(token, 5)
	if err != nil {
		return header{}, err
	}
	h, err := readHeader(parts[0], p, true)
	if err != nil {
		return header{}, err
	}
	// A wrapped 32-byte key is 40 bytes (RFC 3394), a GCM nonce 12 and a tag 16 (RFC 7518 section 5.3). An empty wrapped
	// key once crashed the library.
	for _, part := range []struct{ index, size int }{{1, 40}, {2, 12}, {4, 16}} {
		if n := len(parts[part.index]); n != base64.RawURLEncoding.EncodedLen(part.size) {
			return header{}, fail(TokenMalformed, "part %d of %d characters", part.index+1, n)
		}
	}
	return h, nil
}

func split(token string, n int) ([]string, error) {
	if len(token) > MaxEnvelope {
		return nil, tooLong(len(token), MaxEnvelope)
	}
	if strings.Count(token, ".") != n-1 {
		return nil, fail(TokenMalformed, "not %d parts", n)
	}
	parts := strings.Split(token, ".")
	if len(parts[0]) > maxHeader {
		return nil, fail(HeaderRefused, "header of %d characters, at most %d", len(parts[0]), maxHeader)
	}
	for i, part := range parts {
		if !canonical(part) {
			return nil, fail(TokenMalformed, "part %d: not canonical base64url", i+1)
		}
	}
	return parts, nil
}

func readHeader(part string, p Profile, encrypted bool) (header, error) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return header{}, fail(TokenMalformed, "header: %w", err)
	}
	v, err := parseJSON(raw)
	if err != nil {
		return header{}, fail(HeaderRefused, "%w", err)
	}
	o := objectOf(v)
	h := header{alg: o.text("alg", must), kid: o.text("kid", must)}
	if encrypted {
		h.enc, h.cty = o.text("enc", must), o.text("cty", must)
		if epk, ok := o.member("epk", kindObject, must); ok {
			checkEphemeral(o, epk, p)
		}
	} else {
		h.typ = o.text("typ", must)
	}
	if err := o.end(); err != nil {
		return header{}, fail(HeaderRefused, "%w", err)
	}
	want := p.signature()
	if encrypted {
		want = algKeyWrap
	}
	if h.alg != want || encrypted && h.enc != algContent {
		return header{}, fail(AlgorithmRefused, "alg or enc: not of the profile %v", p)
	}
	return h, nil
}

// checkEphemeral holds the sender's ephemeral key to the profile's curve and to a public point in one spelling
// (RFC 7518 section 4.6.1.1). That the point is on the curve is checked when it is used.
func checkEphemeral(o *object, epk value, p Profile) {
	e := objectOf(epk)
	kty, crv := e.text("kty", must), e.text("crv", must)
	x, y := e.text("x", must), e.text("y", must)
	if err := e.end(); err != nil {
		o.fail("epk", err.Error())
		return
	}
	_, errX := fixed(x, p.size())
	_, errY := fixed(y, p.size())
	if kty != "EC" || crv != p.String() || errX != nil || errY != nil {
		o.fail("epk", "not a point on the profile's curve")
	}
}

// canonical says whether s is what encoding its own decoded bytes would give: the URL alphabet only, no padding, no line
// breaks, and no bits set beyond the last byte (RFC 4648 section 3.5). Otherwise one token has many spellings. It decodes
// piece by piece and keeps nothing.
func canonical(s string) bool {
	if strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0 { // the decoder skips them, even when strict
		return false
	}
	var in [2 << 10]byte
	var out [len(in) / 4 * 3]byte
	for len(s) > 0 {
		n := copy(in[:], s)
		if _, err := strictBase64.Decode(out[:], in[:n]); err != nil {
			return false
		}
		s = s[n:]
	}
	return true
}

var strictBase64 = base64.RawURLEncoding.Strict()
