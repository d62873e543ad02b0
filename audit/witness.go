package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A witness remembers the newest checkpoint of somebody else's log, accepts
// only consistent successors, and cosigns them (C2SP tlog-witness).

// maxWitnessBody is enough for 63 hashes and a checkpoint with many signatures.
const maxWitnessBody = 64 << 10

func newWitnessKey(name string, seed []byte, now func() time.Time) *signKey {
	if now == nil {
		now = time.Now
	}
	return &signKey{name: name, alg: algCosignature, priv: ed25519.NewKeyFromSeed(seed), now: now}
}

// addCheckpoint is the body of an add-checkpoint request.
type addCheckpoint struct {
	old   uint64
	proof tlog.TreeProof
	note  []byte
}

var errAddCheckpoint = errors.New("malformed add-checkpoint request")

func (a addCheckpoint) encode() []byte {
	b := fmt.Appendf(nil, "old %d\n", a.old)
	for _, h := range a.proof {
		b = append(append(b, h.String()...), '\n')
	}
	return append(append(b, '\n'), a.note...)
}

func parseAddCheckpoint(b []byte) (addCheckpoint, error) {
	var a addCheckpoint
	head, text, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		return a, errAddCheckpoint
	}
	a.note = text
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if !ok || len(lines) > 1+63 {
		return a, errAddCheckpoint
	}
	var err error
	if a.old, err = decimal(size, 1<<63-1); err != nil {
		return a, errAddCheckpoint
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil || h.String() != line {
			return a, errAddCheckpoint
		}
		a.proof = append(a.proof, h)
	}
	return a, nil
}

// witnessed is what this ledger, as a witness, knows of a peer's log.
type witnessed struct {
	mu   sync.Mutex // makes compare and set one step
	key  *verifyKey
	next *verifyKey // of the shard that follows, nil: none is known
	lost bool       // the next one was opened by an incident
}

// Witness serves C2SP tlog-witness for the logs of our peers: a POST to a path
// that ends in add-checkpoint.
func (l *Ledger) Witness() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "add-checkpoint" && !strings.HasSuffix(req.URL.Path, "/add-checkpoint") {
			http.NotFound(w, req)
			return
		}
		if req.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxWitnessBody))
		if err != nil {
			http.Error(w, "request body is too large or broken", http.StatusRequestEntityTooLarge)
			return
		}
		status, kind, answer := l.addCheckpoint(body)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_, _ = w.Write(answer) // the client went away: it will ask again
	})
}

const (
	plainText = "text/plain; charset=utf-8"
	sizeText  = "text/x.tlog.size"
)

// addCheckpoint answers one request.
func (l *Ledger) addCheckpoint(body []byte) (status int, kind string, answer []byte) {
	fail := func(status int, text string) (int, string, []byte) { return status, plainText, []byte(text + "\n") }
	a, err := parseAddCheckpoint(body)
	if err != nil {
		return fail(http.StatusBadRequest, err.Error())
	}
	origin, _, _ := strings.Cut(string(a.note), "\n")
	log := l.witnessing(origin)
	if log == nil {
		return fail(http.StatusNotFound, "unknown origin")
	}
	head, n, err := openCheckpoint(a.note, log.key)
	switch _, unverified := err.(*note.UnverifiedNoteError); {
	case unverified || errors.As(err, new(*note.InvalidSignatureError)):
		return fail(http.StatusForbidden, "no valid signature of the log")
	case err != nil:
		return fail(http.StatusBadRequest, "malformed checkpoint")
	case a.old > head.Size:
		return fail(http.StatusBadRequest, "old size is larger than the checkpoint")
	}
	// A witness that was put back has forgotten what it saw.
	if err := l.refused(); err != nil {
		return fail(http.StatusServiceUnavailable, "this witness signs nothing at present")
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	seen, err := l.witnessedHead(origin, log.key)
	if err != nil {
		return fail(http.StatusInternalServerError, "internal")
	}
	conflict := func() (int, string, []byte) {
		return http.StatusConflict, sizeText, []byte(strconv.FormatUint(seen.Size, 10) + "\n")
	}
	switch {
	case a.old != seen.Size, log.next != nil && head.Size > seen.Size: // nothing follows the final head
		return conflict()
	case a.old == head.Size && a.old > 0 && seen.Root != head.Root:
		return conflict()
	case !consistent(a.proof, seen, head):
		return fail(http.StatusUnprocessableEntity, "consistency proof does not verify")
	}
	// Persist before answering.
	if head.Size != seen.Size {
		err := l.write(func(w *writer) error {
			w.put(witnessKey(origin), a.note)
			return w.err
		})
		if err == nil {
			err = l.rememberOutside()
		}
		if err != nil {
			return fail(http.StatusInternalServerError, "internal")
		}
	}
	if answer, err = l.cosign([]byte(n.Text)); err != nil {
		return fail(http.StatusInternalServerError, "internal")
	}
	return http.StatusOK, plainText, answer
}

// cosign is the lines of this witness under a checkpoint.
func (l *Ledger) cosign(text []byte) ([]byte, error) {
	sig, err := l.witness.Sign(text)
	if err != nil {
		return nil, err
	}
	lines := []byte(signature(l.witness, sig))
	if l.witnessPQ != nil {
		if sig, err = l.witnessPQ.Sign(text); err != nil {
			return nil, err
		}
		lines = append(lines, signature(l.witnessPQ, sig)...)
	}
	return lines, nil
}

// rememberOutside puts what was cosigned into the high-water note too, so that
// a store that is put back is noticed to have forgotten it.
func (l *Ledger) rememberOutside() error {
	l.publish.Lock()
	defer l.publish.Unlock()
	return l.writeHighWater()
}

// consistent checks a consistency proof (RFC 6962 section 2.1.2); it is empty
// from size 0 and between equal sizes.
func consistent(proof tlog.TreeProof, old, head Checkpoint) bool {
	if old.Size == 0 || old.Size == head.Size {
		return len(proof) == 0
	}
	return tlog.CheckTree(proof, int64(head.Size), head.Root, int64(old.Size), old.Root) == nil
}

// witnessedHead is what was cosigned last for an origin, size 0 if nothing.
func (l *Ledger) witnessedHead(origin string, key *verifyKey) (Checkpoint, error) {
	var head Checkpoint
	err := l.view(func(r reader) error {
		b, err := r.get(witnessKey(origin))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		head, _, err = openCheckpoint(b, key)
		return err
	})
	return head, err
}

// Witnessed returns the newest checkpoint that was cosigned for a peer's log,
// nil if none.
func (l *Ledger) Witnessed(origin string) []byte {
	var out []byte
	err := l.view(func(r reader) (err error) {
		out, err = r.get(witnessKey(origin))
		return err
	})
	if err != nil {
		return nil
	}
	return out
}

// Cosigned is Witnessed with a cosignature of now, nil if there is none.
func (l *Ledger) Cosigned(origin string) []byte {
	note := l.Witnessed(origin)
	text, _, ok := bytes.Cut(note, []byte("\n\n"))
	if !ok || l.refused() != nil {
		return nil
	}
	lines, err := l.cosign(append(bytes.Clone(text), '\n'))
	if err != nil {
		return nil
	}
	return append(note, lines...)
}

// signature is the signature line of a key.
func signature(k *signKey, sig []byte) string {
	b := []byte{byte(k.KeyHash() >> 24), byte(k.KeyHash() >> 16), byte(k.KeyHash() >> 8), byte(k.KeyHash())}
	return sigLine(note.Signature{Name: k.name, Hash: k.KeyHash(), Base64: base64.StdEncoding.EncodeToString(append(b, sig...))})
}
