package crypto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// KindRecord is the kind of an envelope that carries a cargo record.
const KindRecord = "record"

// Claims are what the issuer signs: the record and everything that it must not be separated from. A record without its
// agreement could be used under another; without its audience and recipient key, its reader could pass it on as if it
// had been meant for someone else.
type Claims struct {
	Issuer    string // agency that signs, "us.cbp"; on Seal empty is the ring's owner
	Audience  string // agency that it is for
	MessageID string // letters, digits, ".", "_", ":", "-"; with the issuer it is the key by which replay is judged
	Kind      string // KindRecord when empty on Seal

	Agreement        string // id of the agreement that allows this
	AgreementVersion int    // from 1
	AgreementHash    string // Digest of the agreement's exact bytes
	Purpose          string
	Articles         []string // that allow it
	Caveats          []string // that the receiver must keep

	Sequence uint64    // of the agreement, in this direction: shows gaps and order
	IssuedAt time.Time // whole seconds; on Seal zero is now
	Expires  time.Time // whole seconds; the envelope is refused from here on
	Replaces string    // message id that this one takes the place of

	Class    string // of the record, "cargo.report"
	RecordID string
	Digest   string // Digest of Record; on Seal empty is computed, another is refused

	// RecipientKey is the thumbprint of the key that the envelope is encrypted to. On Seal empty is the audience's key in
	// force.
	RecipientKey string

	// Record is the record as an SD-JWT payload (see Conceal), byte for byte.
	Record json.RawMessage

	// Profile is the agreement's choice of algorithms. It is not a claim: the algorithms stand in the headers, and the
	// receiver's own Profile decides.
	Profile Profile
}

// ReplayKey is what a receiver keeps, unique for ever, to accept a message once. It is taken from what was signed: the
// bytes of a token are no such key, because one ECDSA signature has a second valid form and one claim set may be
// encrypted again.
func (c *Claims) ReplayKey() string { return c.Issuer + "/" + c.MessageID }

// wire is the JSON form of Claims without the record, in its one order.
type wire struct {
	Iss          string        `json:"iss"`
	Aud          string        `json:"aud"`
	Jti          string        `json:"jti"`
	Iat          int64         `json:"iat"`
	Exp          int64         `json:"exp"`
	Kind         string        `json:"kind"`
	Agreement    wireAgreement `json:"agreement"`
	Purpose      string        `json:"purpose"`
	Articles     []string      `json:"articles,omitempty"`
	Caveats      []string      `json:"caveats,omitempty"`
	Seq          uint64        `json:"seq"`
	Replaces     string        `json:"replaces,omitempty"`
	Class        string        `json:"class"`
	RecordID     string        `json:"recordId,omitempty"`
	Digest       string        `json:"digest"`
	RecipientKey string        `json:"recipientKey"`
	SDAlg        string        `json:"_sd_alg"`
}

type wireAgreement struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Hash    string `json:"hash"`
}

// encode writes the claims with the record's bytes as they are. encoding/json would write them anew.
func (c *Claims) encode() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(wire{
		Iss: c.Issuer, Aud: c.Audience, Jti: c.MessageID, Iat: c.IssuedAt.Unix(), Exp: c.Expires.Unix(), Kind: c.Kind,
		Agreement: wireAgreement{c.Agreement, c.AgreementVersion, c.AgreementHash},
		Purpose:   c.Purpose, Articles: c.Articles, Caveats: c.Caveats, Seq: c.Sequence, Replaces: c.Replaces,
		Class: c.Class, RecordID: c.RecordID, Digest: c.Digest, RecipientKey: c.RecipientKey, SDAlg: sdAlg,
	})
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	head := bytes.TrimSuffix(buf.Bytes(), []byte("}\n"))
	out := make([]byte, 0, len(head)+len(c.Record)+len(`,"record":}`))
	out = append(out, head...)
	out = append(out, `,"record":`...)
	out = append(out, c.Record...)
	return append(out, '}'), nil
}

// decodeClaims reads signed claims: all members known, none doubled, none missing, each of its form.
func decodeClaims(payload []byte) (*Claims, error) {
	if len(payload) > maxPayload {
		return nil, tooLong(len(payload), maxPayload)
	}
	v, err := parseJSON(payload)
	if err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	o := objectOf(v)
	c := &Claims{
		Issuer: o.text("iss", must), Audience: o.text("aud", must), MessageID: o.text("jti", must), Kind: o.text("kind", must),
		Purpose: o.text("purpose", must), Articles: o.list("articles", may), Caveats: o.list("caveats", may),
		Sequence: uint64(o.number("seq", must)), Replaces: o.text("replaces", may),
		IssuedAt: instant(o.number("iat", must)), Expires: instant(o.number("exp", must)),
		Class: o.text("class", must), RecordID: o.text("recordId", may), Digest: o.text("digest", must),
		RecipientKey: o.text("recipientKey", must),
	}
	if o.text("_sd_alg", must) != sdAlg {
		o.fail("_sd_alg", "not "+sdAlg)
	}
	if a, ok := o.member("agreement", kindObject, must); ok {
		g := objectOf(a)
		c.Agreement, c.AgreementVersion, c.AgreementHash = g.text("id", must), int(g.number("version", must)), g.text("hash", must)
		if err := g.end(); err != nil {
			o.fail("agreement", err.Error())
		}
	}
	record, _ := o.member("record", kindObject, must)
	if err := o.end(); err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	c.Record = record.raw()
	if err := c.check(); err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	if len(c.Record) > MaxRecord {
		return nil, tooLong(len(c.Record), MaxRecord)
	}
	if Digest(c.Record) != c.Digest {
		return nil, fail(DigestWrong, "record has another digest")
	}
	if _, err := digestsIn(record, false); err != nil { // the claims name the algorithm, for the whole token
		return nil, fail(RecordInvalid, "%w", err)
	}
	return c, nil
}

// check holds the claims to their forms: before they are signed and after they were verified.
func (c *Claims) check() error {
	for _, text := range []struct{ name, value string }{
		{"iss", c.Issuer},
		{"aud", c.Audience},
		{"jti", c.MessageID},
		{"kind", c.Kind},
		{"agreement.id", c.Agreement},
		{"agreement.hash", c.AgreementHash},
		{"purpose", c.Purpose},
		{"class", c.Class},
		{"digest", c.Digest},
		{"recipientKey", c.RecipientKey},
	} {
		if err := checkText(text.value); err != nil {
			return fmt.Errorf("%s: %w", text.name, err)
		}
	}
	for _, id := range []string{c.Issuer, c.Audience} {
		if err := checkAgency(id); err != nil {
			return err
		}
	}
	if c.Issuer == c.Audience {
		return fmt.Errorf("aud: the issuer itself")
	}
	if !messageID(c.MessageID) || c.Replaces != "" && !messageID(c.Replaces) {
		return fmt.Errorf("jti or replaces: not a message id")
	}
	if !word(c.Kind) || c.Kind == kindReceipt {
		return fmt.Errorf("kind: not a lower-case word of an envelope")
	}
	if c.RecordID != "" && checkText(c.RecordID) != nil {
		return fmt.Errorf("recordId: not a text")
	}
	if c.IssuedAt.Unix() <= 0 {
		return fmt.Errorf("iat: not after 1970")
	}
	if c.AgreementVersion < 1 {
		return fmt.Errorf("agreement.version: not from 1")
	}
	if !digestForm(c.AgreementHash) || !digestForm(c.Digest) {
		return fmt.Errorf("agreement.hash or digest: not sha256 in hexadecimal")
	}
	for _, list := range [][]string{c.Articles, c.Caveats} {
		if len(list) > maxList {
			return fmt.Errorf("articles or caveats: %d entries, at most %d", len(list), maxList)
		}
		for _, entry := range list {
			if err := checkText(entry); err != nil {
				return fmt.Errorf("articles or caveats: %w", err)
			}
		}
	}
	if c.Sequence >= 1<<53 {
		return fmt.Errorf("seq: not below 2^53")
	}
	if !c.Expires.After(c.IssuedAt) {
		return fmt.Errorf("exp: not after iat")
	}
	return nil
}

func messageID(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:-", r))
	})
}

func word(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}

func digestForm(s string) bool {
	hexadecimal, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hexadecimal) == 64 && strings.Trim(hexadecimal, "0123456789abcdef") == ""
}
