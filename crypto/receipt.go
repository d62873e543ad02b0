package crypto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Verdict is what became of an envelope at its receiver.
type Verdict = string

// The verdicts.
const (
	VerdictCommitted Verdict = "COMMITTED" // it is in the receiver's ledger at Index of LogOrigin
	VerdictDuplicate Verdict = "DUPLICATE" // it was there already; Index is the first one's
	VerdictRefused   Verdict = "REFUSED"   // it was opened and not accepted, for Reason; Index is of the refusal
)

// Receipt is the receiver's signed statement about one envelope. It names the digest of what was opened, not of what
// came over the wire: who has not opened the envelope cannot write it.
//
// A receipt is derived from the receiver's committed event and may be signed again, with a later key. So receipts are
// compared by Same, never by their bytes.
type Receipt struct {
	Issuer    string // agency that received; on signing empty is the ring's owner
	Audience  string // agency that sent
	MessageID string // of the envelope

	PayloadDigest string // Opened.PayloadDigest: the Digest of the signed claims
	Verdict       Verdict
	Reason        string // UPPER_SNAKE, when refused
	LogOrigin     string // the receiver's log, by its checkpoint origin
	Index         uint64 // in that log
	At            time.Time
	RecipientKey  string // thumbprint of the key that opened it

	StricterWithheld int // elements that the receiver's reading of the agreement kept from its own systems

	SignedAt time.Time // whole seconds; zero is At. Not part of what Same compares
	Profile  Profile   // not a claim: the header says it
}

// Same says whether two receipts state the same, whenever they were signed.
func (r Receipt) Same(o Receipt) bool {
	if !r.At.Equal(o.At) {
		return false
	}
	r.At, o.At, r.SignedAt, o.SignedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return r == o
}

type wireReceipt struct {
	Iss              string  `json:"iss"`
	Aud              string  `json:"aud"`
	Iat              int64   `json:"iat"`
	Message          string  `json:"message"`
	PayloadDigest    string  `json:"payloadDigest"`
	Verdict          Verdict `json:"verdict"`
	Reason           string  `json:"reason,omitempty"`
	Log              string  `json:"log"`
	Index            uint64  `json:"index"`
	At               string  `json:"at"`
	RecipientKey     string  `json:"recipientKey"`
	StricterWithheld int     `json:"stricterWithheld"`
}

// SignReceipt signs a receipt with the key in use at SignedAt: a compact JWS.
func (k *Keyring) SignReceipt(r Receipt) ([]byte, error) {
	if r.Issuer == "" {
		r.Issuer = k.agency
	}
	if r.SignedAt.IsZero() {
		r.SignedAt = r.At
	}
	if r.Issuer != k.agency {
		return nil, fmt.Errorf("receipt: iss: %s cannot sign for %s", k.agency, r.Issuer)
	}
	if !r.Profile.known() {
		return nil, fmt.Errorf("receipt: %v: not known", r.Profile)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	signer, err := k.signer(r.Profile, r.SignedAt)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	payload, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	token, err := signCompact(signer, recordType(kindReceipt), payload)
	return []byte(token), err
}

func (r *Receipt) encode() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(wireReceipt{
		Iss: r.Issuer, Aud: r.Audience, Iat: r.SignedAt.Unix(), Message: r.MessageID, PayloadDigest: r.PayloadDigest,
		Verdict: r.Verdict, Reason: r.Reason, Log: r.LogOrigin, Index: r.Index, At: r.At.UTC().Format(time.RFC3339Nano),
		RecipientKey: r.RecipientKey, StricterWithheld: r.StricterWithheld,
	})
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// OpenReceipt verifies a receipt. The sender then compares MessageID, PayloadDigest and RecipientKey with what Seal gave.
func (k *Keyring) OpenReceipt(b []byte, x Expect) (*Receipt, error) {
	const subject = "receipt"
	if !x.Profile.known() {
		return nil, refuse(subject, false, fail(AlgorithmRefused, "%v", x.Profile))
	}
	if len(b) > maxReceipt {
		return nil, refuse(subject, false, tooLong(len(b), maxReceipt))
	}
	payload, key, err := k.verify(b, recordType(kindReceipt), x)
	if err != nil {
		return nil, refuse(subject, false, err)
	}
	r, err := decodeReceipt(payload)
	if err != nil {
		return nil, refuse(subject, true, err)
	}
	if err := k.judgeParties(r.Issuer, r.Audience, x); err != nil {
		return nil, refuse(subject, true, err)
	}
	if err := judgeKey(key, r.SignedAt, x.Now); err != nil {
		return nil, refuse(subject, true, err)
	}
	if latest := x.Now.Add(Tolerance); r.SignedAt.After(latest) || r.At.After(latest) {
		return nil, refuse(subject, true, fail(NotYetValid, "iat or at: ahead"))
	}
	r.Profile = x.Profile
	return r, nil
}

const maxReceipt = 16 << 10 // bytes of a receipt: its texts are bounded

func decodeReceipt(payload []byte) (*Receipt, error) {
	v, err := parseJSON(payload)
	if err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	o := objectOf(v)
	r := &Receipt{
		Issuer: o.text("iss", must), Audience: o.text("aud", must), SignedAt: instant(o.number("iat", must)),
		MessageID: o.text("message", must), PayloadDigest: o.text("payloadDigest", must), Verdict: o.text("verdict", must),
		Reason: o.text("reason", may), LogOrigin: o.text("log", must), Index: uint64(o.number("index", must)),
		RecipientKey: o.text("recipientKey", must), StricterWithheld: int(o.number("stricterWithheld", must)),
	}
	at := o.text("at", must)
	if err := o.end(); err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	if r.At, err = time.Parse(time.RFC3339Nano, at); err != nil || !strings.HasSuffix(at, "Z") {
		return nil, fail(ClaimsInvalid, "at: not RFC 3339 in UTC")
	}
	if err := r.check(); err != nil {
		return nil, fail(ClaimsInvalid, "%w", err)
	}
	return r, nil
}

func (r *Receipt) check() error {
	for _, id := range []string{r.Issuer, r.Audience} {
		if err := checkAgency(id); err != nil {
			return err
		}
	}
	if !messageID(r.MessageID) {
		return fmt.Errorf("message: not a message id")
	}
	if !digestForm(r.PayloadDigest) {
		return fmt.Errorf("payloadDigest: not sha256 in hexadecimal")
	}
	for _, text := range []struct{ name, value string }{{"log", r.LogOrigin}, {"recipientKey", r.RecipientKey}} {
		if err := checkText(text.value); err != nil {
			return fmt.Errorf("%s: %w", text.name, err)
		}
	}
	switch r.Verdict {
	case VerdictCommitted, VerdictDuplicate:
		if r.Reason != "" {
			return fmt.Errorf("reason: only of a refusal")
		}
	case VerdictRefused:
		if r.Reason == "" || len(r.Reason) > 64 || strings.Trim(r.Reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return fmt.Errorf("reason: not a code")
		}
	default:
		return fmt.Errorf("verdict: not known")
	}
	if r.Index >= 1<<53 || r.StricterWithheld < 0 {
		return fmt.Errorf("index or stricterWithheld: out of range")
	}
	if r.At.Unix() <= 0 || r.SignedAt.Unix() <= 0 {
		return fmt.Errorf("at or iat: not after 1970")
	}
	return nil
}
