package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"peacebridge/audit"
	"peacebridge/certs"
)

// Media types of POST /v1/documents.
const (
	mediaX12     = "application/edi-x12"
	mediaEDIFACT = "application/edifact"
	mediaXML     = "application/xml"
	mediaJSON    = "application/json"
)

// inMemory is the largest body that is handled before it is stored: it is
// received, decided and answered in one commit. A larger one is stored first
// and read back from the ledger, so that memory stays bounded.
const inMemory = 1 << 20

// intake is one submission on its way in.
type intake struct {
	id         string
	party      certs.Identity
	media      string
	at         time.Time // the one instant that decides, signs and applies
	data       []byte    // nil when the body is in the ledger
	digest     string
	duplicates []string // state key parts: one for each interchange, or the record's; none while unknown
	idempotent string   // state key part, "" when the client gave no key
	spool      *audit.Spool
	file       string // what the spool received, until it is stored
	stored     *submission
}

// abort lets go of a body that no event names.
func (in *intake) abort() {
	if in.spool != nil {
		_ = in.spool.Abort() // what is left is swept at the next start
	}
}

// open reads the body from its start.
func (g *Gateway) open(in *intake) (io.ReadCloser, error) {
	if in.data != nil || in.stored == nil {
		return io.NopCloser(bytes.NewReader(in.data)), nil
	}
	return g.ledger.Body(in.stored.Event.Log, in.stored.Event.Index, bodyDocument)
}

// postDocument is POST /v1/documents: steps 1 to 6 of design §1.
func (g *Gateway) postDocument(w http.ResponseWriter, r *http.Request) error {
	in, err := g.receive(r)
	if err != nil {
		return err
	}
	defer in.abort()
	if in.idempotent != "" {
		answered, err := g.replay(w, r, in)
		if answered || err != nil {
			return err
		}
	}
	sub, err := g.storeAndTake(r.Context(), in)
	if errors.Is(err, errRepeated) {
		_, err := g.replay(w, r, in)
		return err
	}
	if err != nil {
		return err
	}
	return g.answer(w, r, sub)
}

// errRepeated says that the same request came at the same time, and was first.
var errRepeated = errors.New("the request is a repeated one")

func (g *Gateway) storeAndTake(ctx context.Context, in *intake) (*submission, error) {
	if in.file != "" {
		if err := g.store(ctx, in); err != nil {
			return nil, err
		}
	}
	// The answer tells what is durable; the work does not stop because the
	// client has gone.
	return g.takeOrEnd(context.WithoutCancel(ctx), in)
}

// takeOrEnd takes a submission in. What refuses it whole is kept as its answer
// when it was stored before it was read, because it would be taken up at every
// start, and when the client gave a key, because the key has its answer.
func (g *Gateway) takeOrEnd(ctx context.Context, in *intake) (*submission, error) {
	sub, err := g.take(ctx, in)
	e, refused := errors.AsType[*refusal](err)
	if !refused {
		return sub, err
	}
	events, guards, err := g.ending(in, e)
	if err != nil {
		return nil, err
	}
	if len(events) > 0 {
		if _, err := g.ledger.Append(ctx, events, guards); changedKey(err) != "" {
			return nil, errRepeated // in the meantime the key came with a request that was first
		} else if err != nil {
			return nil, err
		}
	}
	return nil, e
}

// receive checks the media type and limits before anything is parsed. What does
// not fit in memory is spooled.
func (g *Gateway) receive(r *http.Request) (*intake, error) {
	c := caller(r)
	for _, name := range []string{"Content-Type", "Idempotency-Key"} {
		if len(r.Header.Values(name)) > 1 {
			return nil, refuse("bad-request", "%s stands more than once", name)
		}
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	limit := g.limitFor(media)
	if err != nil || limit == 0 {
		return nil, refuse("unsupported-media-type", "Content-Type names none of the media types of this address")
	}
	if coding := strings.Join(r.Header.Values("Content-Encoding"), ", "); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, refuse("unsupported-media-type", "Content-Encoding: the body is taken as it is, not compressed")
	}
	in := &intake{id: newID(), party: c.identity, media: media, at: c.at}
	if in.idempotent, err = idempotencyKey(r, c.identity); err != nil {
		return nil, err
	}
	if r.ContentLength > limit && r.Header.Get("Expect") != "" { // known before a byte of it is asked for
		return nil, tooLarge(limit)
	}
	body := http.MaxBytesReader(nil, r.Body, limit)
	head, err := io.ReadAll(io.LimitReader(body, inMemory+1))
	if err != nil {
		return nil, bodyError(err, limit)
	}
	if len(head) <= inMemory {
		in.data, in.digest = head, digestOf(head)
		return in, nil
	}
	if media == mediaJSON {
		return nil, refuse("document-too-large", "a record has at most %d bytes", limit)
	}
	return in, g.spool(in, io.MultiReader(bytes.NewReader(head), body), limit)
}

// spool receives a large body on disk.
func (g *Gateway) spool(in *intake, body io.Reader, limit int64) error {
	var err error
	if in.spool, err = g.ledger.Spool(); err != nil {
		return err
	}
	if _, err := io.Copy(in.spool, body); err != nil {
		in.abort()
		return bodyError(err, limit)
	}
	file, err := in.spool.Commit()
	if err != nil {
		in.abort()
		return err
	}
	in.file, in.digest = file.File, hex.EncodeToString(file.Digest[:])
	return nil
}

// store puts a large body into the ledger before it is read.
func (g *Gateway) store(ctx context.Context, in *intake) error {
	e := in.received()
	e.Bodies = []audit.Body{{Name: bodyDocument, MediaType: in.media, File: in.file}}
	if _, err := g.ledger.Append(ctx, []audit.Event{e}, in.guards()); err != nil {
		if changed := changedKey(err); changed != "" {
			return g.decideChange(in, changed)
		}
		return err
	}
	var err error
	in.stored, err = g.submissionByID(in.id)
	return err
}

func bodyError(err error, limit int64) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge(limit)
	}
	return refuse("bad-request", "the body ended early")
}

func tooLarge(limit int64) error {
	return refuse("document-too-large", "the limit for this media type is %d bytes", limit)
}

func (g *Gateway) limitFor(media string) int64 {
	switch media {
	case mediaX12, mediaEDIFACT:
		return g.current().Limits.DocumentBytes
	case mediaXML:
		return g.current().Limits.XMLBytes
	case mediaJSON:
		return g.current().Limits.RecordBytes
	}
	return 0
}

// idempotencyKey is the client's key as a part of a state key: scoped to the
// party, and hashed because it is the client's text.
func idempotencyKey(r *http.Request, party certs.Identity) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return "", nil
	}
	if len(key) > 255 {
		return "", refuse("bad-request", "Idempotency-Key has more than 255 characters")
	}
	return hashOf("idempotency", party.URI(), key), nil
}

// digestOf is the SHA-256 of some bytes, in hex.
func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// hashOf names several texts by one hash; lengths keep them apart.
func hashOf(parts ...string) string {
	h := sha256.New()
	enc := json.NewEncoder(h)
	_ = enc.Encode(parts) // a hash does not fail to write
	return hex.EncodeToString(h.Sum(nil))
}

// replay answers a repeated request with the first answer.
func (g *Gateway) replay(w http.ResponseWriter, r *http.Request, in *intake) (bool, error) {
	var id string
	if err := g.state(keyIdempotency(in.idempotent), &id); err != nil {
		if errors.Is(err, audit.ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	first, err := g.submissionByID(id)
	switch {
	case err != nil:
		return false, err
	case first.Digest != in.digest || first.MediaType != in.media:
		return true, refuse("idempotency-key-reused", "the first body with this key was another")
	case first.Answered == nil:
		return true, refuse("request-in-progress", "the first request with this key is being answered")
	case first.Refused != "":
		return true, g.refusedBefore(first)
	}
	return true, g.answer(w, r, first)
}

func (in *intake) received() audit.Event {
	return audit.Event{
		Log: audit.Internal, Kind: kindReceived, Time: in.at, Subject: subjectOf(in.id),
		Header: map[string]string{
			hSubmission: in.id, hParty: in.party.URI(), hMediaType: in.media, hDigest: in.digest,
			hDuplicate: strings.Join(in.duplicates, " "), hIdempotent: in.idempotent,
		},
	}
}

// guards let the first of two equal submissions win, wherever they meet.
func (in *intake) guards() []audit.Guard {
	var guards []audit.Guard
	for _, d := range in.duplicates {
		guards = append(guards, audit.Guard{Key: keyDuplicate(d)})
	}
	if in.idempotent != "" {
		guards = append(guards, audit.Guard{Key: keyIdempotency(in.idempotent)})
	}
	return guards
}

// subjectOf names the data key of a submission and everything made of it.
func subjectOf(submission string) string { return "submission/" + submission }

// refusedAnswer is what is kept of a refusal beside its code, to be told again.
type refusedAnswer struct {
	Detail   string           `json:"detail,omitempty"`
	Findings []problemFinding `json:"findings,omitempty"`
}

// ending are the events that end a submission which is refused whole. Of one
// that is not in the ledger nothing but its digest is kept, for its key's sake.
func (g *Gateway) ending(in *intake, e *refusal) (events []audit.Event, guards []audit.Guard, err error) {
	if e.repeats != "" {
		events = append(events, audit.Event{
			Log: audit.Internal, Kind: kindDuplicate, Time: in.at,
			Header: map[string]string{hParty: in.party.URI(), hDigest: in.digest, hSubmission: e.repeats},
		})
	}
	if in.stored == nil {
		if in.idempotent == "" {
			return events, nil, nil
		}
		in.duplicates = nil // they are not its own
		events, guards = append(events, in.received()), in.guards()
	}
	answered := audit.Event{
		Log: audit.Internal, Kind: kindAnswered, Time: in.at, Subject: subjectOf(in.id),
		Header: map[string]string{hSubmission: in.id, hStatus: strconv.Itoa(g.problems[e.code].Status)},
	}
	if answered.Header[hFirst] = e.repeats; e.repeats == "" {
		answered.Header[hReason] = e.code
		kept, err := json.Marshal(refusedAnswer{e.detail, e.findings})
		if err != nil {
			return nil, nil, err
		}
		answered.Bodies = []audit.Body{{Name: bodyAnswer, MediaType: mediaJSON, Data: kept}}
	}
	return append(events, answered), guards, nil
}

// refusedBefore is the refusal that a submission was answered with.
func (g *Gateway) refusedBefore(s *submission) error {
	b, err := g.body(*s.Answered, bodyAnswer)
	if err != nil {
		return err
	}
	var kept refusedAnswer
	if err := json.Unmarshal(b, &kept); err != nil {
		return err
	}
	return &refusal{code: s.Refused, detail: kept.Detail, findings: kept.Findings}
}

// duplicate is the refusal of a submission whose control number, or record id,
// stands under a key of the state.
func (g *Gateway) duplicate(key string) error {
	var id string
	if err := g.state(key, &id); err != nil {
		return err
	}
	return g.duplicateOf(id)
}

// duplicateOf is the answer that names the first submission's document.
func (g *Gateway) duplicateOf(id string) error {
	first, err := g.submissionByID(id)
	if err != nil {
		return err
	}
	e := refuse("duplicate", "the same control numbers, or the same record id, came before")
	e.first, e.repeats = &documentRef{ID: first.First, ReceivedAt: stamp(first.ReceivedAt)}, id
	return e
}
