package audit

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// A time-stamp token (RFC 3161) is a third party's word, with its signature,
// that it saw a hash at a time. One token over the text of a checkpoint (its
// three lines) covers every event of the log up to its size. Tokens are
// metadata: files in timestamps/<log>/ of the ledger folder, <size>.tst with
// the token as DER and <size>.checkpoint with what it is for.
//
// The log's own clock and the witnesses' are their operators'; a token can be
// judged when none of them exists any more.

// TSA is a time-stamping authority.
type TSA struct {
	// Post sends a request (DER, application/timestamp-query) and returns the response.
	Post func(ctx context.Context, request []byte) ([]byte, error)
	// Roots are the CA certificates under which the authority is known.
	Roots *x509.CertPool
}

const (
	maxToken = 64 << 10 // a token with a chain of certificates has some 5 KB
	// tokenSkew is how far a token's time may be from ours when we ask for it.
	tokenSkew = time.Hour
)

// Stamped says what a token says of a log.
type Stamped struct {
	Size      uint64    `json:"size"` // of the checkpoint
	Time      time.Time `json:"time"` // no event below size is younger
	Authority string    `json:"authority"`
	Trusted   bool      `json:"trusted"` // the authority is one that the verifier named
}

var (
	errToken     = errors.New("malformed time-stamp token")
	oidTSTInfo   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidSignCert  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSignCert2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidExtUsage  = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// A timeToken is a parsed time-stamp token whose signature holds.
type timeToken struct {
	stamp  *timestamp.Timestamp
	signer *x509.Certificate
	certs  []*x509.Certificate
}

// parseToken reads a token and checks that its signer, whose certificate is in
// it, signed it (RFC 5652, RFC 3161 section 2.4.2). Who the signer is, trusted
// says.
func parseToken(der []byte) (t *timeToken, err error) {
	if len(der) > maxToken {
		return nil, fmt.Errorf("time-stamp token: %w", ErrTooLarge)
	}
	defer func() { // the parser of the library is not ours
		if p := recover(); p != nil {
			t, err = nil, errToken
		}
	}()
	stamp, err := timestamp.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("time-stamp token: %w", err)
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("time-stamp token: %w", err)
	}
	signer := p7.GetOnlySigner()
	if signer == nil || len(p7.Certificates) == 0 {
		return nil, fmt.Errorf("%w: not one signer, whose certificate is in it", errToken)
	}
	var kind asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind); err != nil || !kind.Equal(oidTSTInfo) {
		return nil, fmt.Errorf("%w: its signer has not signed a time", errToken)
	}
	if err := namesSigner(p7, signer); err != nil {
		return nil, err
	}
	return &timeToken{stamp, signer, p7.Certificates}, nil
}

// namesSigner checks that the signed attributes name the certificate by its
// hash (RFC 5816, RFC 2634): else another certificate for the same key would do.
func namesSigner(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	var named struct {
		Certs    []asn1.RawValue
		Policies asn1.RawValue `asn1:"optional"`
	}
	err := p7.UnmarshalSignedAttribute(oidSignCert2, &named)
	hash := crypto.SHA256
	if err != nil {
		hash = crypto.SHA1 // the old form; it only picks a certificate, which is verified by itself
		err = p7.UnmarshalSignedAttribute(oidSignCert, &named)
	}
	if err != nil || len(named.Certs) == 0 {
		return fmt.Errorf("%w: it does not name the certificate of its signer", errToken)
	}
	for rest := named.Certs[0].Bytes; len(rest) > 0; {
		var part asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &part); err != nil {
			return errToken
		}
		if part.Tag == asn1.TagSequence { // the hash algorithm, when it is not SHA-256
			if hash, err = certHash(part.FullBytes); err != nil {
				return err
			}
			continue
		}
		h := hash.New()
		h.Write(signer.Raw)
		if part.Tag != asn1.TagOctetString || !bytes.Equal(h.Sum(nil), part.Bytes) {
			break
		}
		return nil
	}
	return fmt.Errorf("%w: it names another certificate than that of its signer", errToken)
}

// certHash reads the identifier of a hash.
func certHash(der []byte) (crypto.Hash, error) {
	var alg pkix.AlgorithmIdentifier
	if _, err := asn1.Unmarshal(der, &alg); err != nil {
		return 0, errToken
	}
	switch {
	case alg.Algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA256):
		return crypto.SHA256, nil
	case alg.Algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA384):
		return crypto.SHA384, nil
	case alg.Algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA512):
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("%w: unknown hash of its signer's certificate", errToken)
}

// covers says whether the token is over a text.
func (t *timeToken) covers(text string) bool {
	if t.stamp.HashAlgorithm != crypto.SHA256 {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	return bytes.Equal(t.stamp.HashedMessage, sum[:])
}

// trusted checks the chain to the roots, as it was at the token's time, and
// that the certificate is for time-stamping and nothing else (RFC 3161 section 2.3).
func (t *timeToken) trusted(roots *x509.CertPool) error {
	others := x509.NewCertPool()
	for _, c := range t.certs {
		others.AddCert(c)
	}
	_, err := t.signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: others, CurrentTime: t.stamp.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	if err != nil {
		return err
	}
	alone := len(t.signer.ExtKeyUsage) == 1 && len(t.signer.UnknownExtKeyUsage) == 0
	critical := slices.ContainsFunc(t.signer.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidExtUsage) && e.Critical })
	if !alone || !critical {
		return errors.New("the certificate is not for time-stamping alone")
	}
	return nil
}

func (t *timeToken) authority() string { return t.signer.Subject.String() }

// judgeToken reads a token over a checkpoint of some size.
func judgeToken(der []byte, c Checkpoint, roots *x509.CertPool) (Stamped, error) {
	t, err := parseToken(der)
	if err != nil {
		return Stamped{}, err
	}
	s := Stamped{Size: c.Size, Time: t.stamp.Time.UTC(), Authority: t.authority()}
	if !t.covers(c.Text()) {
		return s, errors.New("the time-stamp token is over another checkpoint")
	}
	if roots == nil {
		return s, nil
	}
	if err := t.trusted(roots); err != nil {
		return s, fmt.Errorf("time-stamp of %s: %w", s.Authority, err)
	}
	s.Trusted = true
	return s, nil
}

// TSARoots reads the CA certificates (PEM) of time-stamping authorities.
func TSARoots(pem []byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate (PEM) of a time-stamping authority's CA")
	}
	return pool, nil
}

// Timestamp asks an authority for a token over the newest published checkpoint
// of a relation's log, unless the last one is younger than every or the log has
// not grown since, and over the last checkpoint of each shard that is closed.
// The answer is verified before it is kept.
func (l *Ledger) Timestamp(ctx context.Context, log string, every time.Duration, tsa TSA) error {
	if _, err := l.log(log); err != nil {
		return err
	}
	for _, s := range l.shards(log) {
		wait := every
		if l.after(s) != nil {
			wait = 0
		}
		if err := l.timestampShard(ctx, s, wait, tsa); err != nil {
			return fmt.Errorf("log %s: %w", s.name, err)
		}
	}
	return nil
}

func (l *Ledger) timestampShard(ctx context.Context, s *logState, every time.Duration, tsa TSA) error {
	p := s.public.Load()
	if p == nil || p.head.Size == 0 {
		return nil
	}
	dir := l.stampDir(s)
	sizes, err := stampSizes(dir)
	if err != nil {
		return err
	}
	if n := len(sizes); n > 0 {
		if sizes[n-1] >= p.head.Size {
			return nil
		}
		der, err := readStamp(dir, sizes[n-1])
		if err != nil {
			return err
		}
		last, err := parseToken(der)
		if err != nil {
			return fmt.Errorf("%s: %w", stampFile(dir, sizes[n-1]), err)
		}
		if l.config.Now().Sub(last.stamp.Time) < every {
			return nil
		}
	}
	der, err := askTSA(ctx, p.head, tsa, l.config.Now)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := writeDurable(stampedFile(dir, p.head.Size), p.note); err != nil {
		return err
	}
	return writeDurable(stampFile(dir, p.head.Size), der)
}

// askTSA gets a token for a checkpoint and checks it.
func askTSA(ctx context.Context, c Checkpoint, tsa TSA, now func() time.Time) ([]byte, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(c.Text()))
	request, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Certificates: true, Nonce: nonce}).Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := tsa.Post(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("time-stamping authority: %w", err)
	}
	der, err := tokenOf(answer)
	if err != nil {
		return nil, err
	}
	s, err := judgeToken(der, c, tsa.Roots)
	if err != nil {
		return nil, err
	}
	t, err := parseToken(der)
	switch {
	case err != nil:
		return nil, err
	case t.stamp.Nonce == nil || t.stamp.Nonce.Cmp(nonce) != 0:
		return nil, errors.New("time-stamping authority answers another question: the nonce differs")
	case !s.Trusted:
		return nil, errors.New("time-stamping authority: no CA certificate of it is configured")
	case now().Sub(s.Time).Abs() > tokenSkew:
		return nil, fmt.Errorf("time-stamping authority says %s: its clock or ours is wrong", s.Time.Format(time.RFC3339))
	}
	return der, nil
}

// tokenOf takes the token out of a response.
func tokenOf(response []byte) ([]byte, error) {
	if len(response) > maxToken {
		return nil, fmt.Errorf("time-stamping authority: %w", ErrTooLarge)
	}
	var r struct {
		Status struct {
			Status int
			Text   asn1.RawValue  `asn1:"optional"`
			Fail   asn1.BitString `asn1:"optional"`
		}
		Token asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(response, &r); err != nil || len(rest) > 0 {
		return nil, errors.New("time-stamping authority: malformed response")
	}
	if r.Status.Status > 1 { // granted, granted with modifications
		return nil, fmt.Errorf("time-stamping authority refuses: status %d", r.Status.Status)
	}
	return r.Token.FullBytes, nil
}

const (
	stampExt      = ".tst"
	checkpointExt = ".checkpoint"
)

func (l *Ledger) stampDir(s *logState) string {
	return filepath.Join(l.config.Dir, "timestamps", s.name)
}

func stampFile(dir string, size uint64) string {
	return filepath.Join(dir, strconv.FormatUint(size, 10)+stampExt)
}

// stampedFile is the checkpoint that a token is over.
func stampedFile(dir string, size uint64) string {
	return filepath.Join(dir, strconv.FormatUint(size, 10)+checkpointExt)
}

// stampSizes are the sizes of a log that have a token, ascending.
func stampSizes(dir string) ([]uint64, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var sizes []uint64
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), stampExt)
		if !ok {
			continue
		}
		size, err := decimal(name, 1<<63-1)
		if err != nil {
			return nil, fmt.Errorf("%s: not the name of a token", filepath.Join(dir, f.Name()))
		}
		sizes = append(sizes, size)
	}
	slices.Sort(sizes)
	return sizes, nil
}

// readStamp reads a token.
func readStamp(dir string, size uint64) ([]byte, error) {
	info, err := os.Stat(stampFile(dir, size))
	if err != nil {
		return nil, err
	}
	if info.Size() > maxToken {
		return nil, ErrTooLarge
	}
	return os.ReadFile(stampFile(dir, size))
}

// firstStamp is the earliest time-stamped checkpoint that covers an index, with
// its token; nil if there is none.
func (f *folder) firstStamp(r reader, id uint16, log string, index uint64) (Checkpoint, []byte, []byte, error) {
	dir := filepath.Join(f.original, "timestamps", log)
	sizes, err := stampSizes(dir)
	if err != nil {
		return Checkpoint{}, nil, nil, err
	}
	for _, size := range sizes {
		if size <= index {
			continue
		}
		p, err := readCosigned(r, id, size)
		if errors.Is(err, ErrNotFound) {
			continue // of a history that is not this one: verify says so
		}
		if err != nil {
			return Checkpoint{}, nil, nil, err
		}
		der, err := readStamp(dir, size)
		return p.head, p.note, der, err
	}
	return Checkpoint{}, nil, nil, nil
}

// timestamps checks the tokens that a served log has.
func (r *remoteLog) timestamps(ctx context.Context, v *Verdict, key *verifyKey, head Checkpoint, wanted map[uint64][]wantedRoot, roots *x509.CertPool) error {
	list, err := r.get(ctx, "timestamps")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		size, err := decimal(strings.TrimSuffix(line, "\n"), 1<<63-1)
		if err != nil {
			v.add(badTimestamp, 0, "the list of time-stamps is malformed")
			return nil
		}
		if size > head.Size {
			continue // younger than the head that is being verified
		}
		c, s, err := r.timestamp(ctx, key, size, roots)
		if d, ok := errors.AsType[*Damage](err); ok {
			v.add(badTimestamp, size, "time-stamp at size %d: %s", size, d.What)
			continue
		}
		if err != nil {
			return err
		}
		wanted[size] = append(wanted[size], wantedRoot{c.Root, badTimestamp, size, "time-stamped checkpoint", false})
		v.Timestamps = append(v.Timestamps, s)
	}
	return nil
}

// timestamp fetches and judges one token. What is wrong with it is Damage.
func (r *remoteLog) timestamp(ctx context.Context, key *verifyKey, size uint64, roots *x509.CertPool) (Checkpoint, Stamped, error) {
	name := "timestamps/" + strconv.FormatUint(size, 10)
	text, err := r.get(ctx, name+checkpointExt)
	if err != nil {
		return Checkpoint{}, Stamped{}, stampMissing(err)
	}
	der, err := r.get(ctx, name+stampExt)
	if err != nil {
		return Checkpoint{}, Stamped{}, stampMissing(err)
	}
	c, _, err := openCheckpoint(text, key)
	if err == nil && c.Size != size {
		err = errors.New("the checkpoint has another size")
	}
	var s Stamped
	if err == nil {
		s, err = judgeToken(der, c, roots)
	}
	if err != nil {
		err = &Damage{Fault: "timestamp", What: err.Error()}
	}
	return c, s, err
}

// stampMissing is what it means when a part of a token that is listed was not got.
func stampMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return &Damage{Fault: "timestamp", What: "it is listed and not there"}
	}
	return err
}
