package audit

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// A bundle is a zip file with what an auditor needs to check chosen events
// without the gateway: for each event its disclosure, its entry and a C2SP
// tlog-proof with the checkpoint, then the policy and a README.
//
//	README.txt
//	policy
//	successions/<log>.json           leads from a closed shard to the key of the next
//	events/<log>/<index>.json        disclosure
//	events/<log>/<index>.entry       what the leaf hashes
//	events/<log>/<index>.tlog-proof
//	events/<log>/<index>.tst-proof   the same, to the first checkpoint with a time-stamp
//	timestamps/<log>/<size>.tst      time-stamp token (RFC 3161) over that checkpoint
//	bodies/<log>/<index>/<n>         content of disclosed bodies

//go:embed bundle.txt
var bundleReadme []byte

// Limits for reading a bundle that somebody sends.
const (
	maxBundleFile  = 16 << 20
	maxBundleFiles = 1 << 20
)

// export writes a bundle from a folder.
func (f *folder) export(ctx context.Context, w io.Writer, o ExportOptions) error {
	z := zip.NewWriter(w)
	policy := o.Policy
	if policy == nil {
		policy = f.policy
	}
	put := func(name string, data []byte) error {
		out, err := z.Create(name)
		if err == nil {
			_, err = out.Write(data)
		}
		return err
	}
	if err := errors.Join(put("README.txt", bundleReadme), put("policy", policy)); err != nil {
		return err
	}
	err := f.store.view(func(r reader) error {
		names, docs, err := f.successions(r)
		if err != nil {
			return err
		}
		for i, name := range names {
			if err := put("successions/"+name+".json", docs[i]); err != nil {
				return err
			}
		}
		b := &bundling{f: f, r: r, put: put, o: o, heads: map[uint16]bundleHead{}, stamped: map[string]bool{}}
		return f.each(ctx, r, o.Query, b.event)
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// bundling is one export.
type bundling struct {
	f     *folder
	r     reader
	put   func(name string, data []byte) error
	o     ExportOptions
	heads map[uint16]bundleHead // checkpoint that the proofs of a log are for

	stamped map[string]bool // tokens that are in the bundle
}

type bundleHead struct {
	c     Checkpoint
	text  []byte
	tiles tileSource
}

func (b *bundling) event(id uint16, index uint64, rec *record, log string) error {
	head, ok := b.heads[id]
	if !ok || index >= head.c.Size {
		c, text, err := b.f.best(b.r, id, index)
		if err != nil {
			return err
		}
		head = bundleHead{c, text, b.f.tiles(b.r, id, c.Size)}
		b.heads[id] = head
	}
	proof, err := b.f.proofAt(b.r, id, index, head.c, head.text)
	if err != nil {
		return err
	}
	s, erased, err := b.open(rec)
	if err != nil {
		return fmt.Errorf("log %s: index %d: %w", log, index, err)
	}
	d := disclose(rec, log, index, s, b.o.Header, b.o.Fields)
	d.Erased = erased
	if s != nil && b.o.Bodies {
		if err := b.bodies(id, index, rec, s, d); err != nil {
			return fmt.Errorf("log %s: index %d: %w", log, index, err)
		}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	name := fmt.Sprintf("events/%s/%d", log, index)
	return errors.Join(b.put(name+".json", append(text, '\n')), b.put(name+".entry", d.Entry), b.put(name+".tlog-proof", proof), b.timestamp(id, log, index))
}

// timestamp adds the first token that covers an event, with the proof that the
// event is in its checkpoint.
func (b *bundling) timestamp(id uint16, log string, index uint64) error {
	c, text, der, err := b.f.firstStamp(b.r, id, log, index)
	if err != nil || der == nil {
		return err
	}
	proof, err := b.f.proofAt(b.r, id, index, c, text)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("timestamps/%s/%d%s", log, c.Size, stampExt)
	if !b.stamped[name] {
		b.stamped[name] = true
		if err := b.put(name, der); err != nil {
			return err
		}
	}
	return b.put(fmt.Sprintf("events/%s/%d.tst-proof", log, index), proof)
}

// open opens the sealed part if anything of it is wanted.
func (b *bundling) open(rec *record) (*sealed, bool, error) {
	if len(b.o.Fields) == 0 && !b.o.Bodies || rec.key == 0 {
		return nil, false, nil
	}
	if b.f.keys == nil {
		return nil, false, errors.New("the key pages are missing")
	}
	s, err := openSealed(b.f.keys, rec)
	if errors.Is(err, ErrErased) {
		return nil, true, nil
	}
	return s, false, err
}

// bodies adds the content of bodies that are not erased.
func (b *bundling) bodies(id uint16, index uint64, rec *record, s *sealed, d *Disclosure) error {
	var h hasher
	for i := range rec.bodies {
		body := &rec.bodies[i]
		in, err := openBody(b.r, b.f.keys, path.Join(b.f.original, "bodies"), id, index, rec, body.Name)
		if errors.Is(err, ErrErased) {
			continue
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
		out := &d.Bodies[i]
		digest := sha256.Sum256(content)
		salt := s.bodySalt(&h, i)
		out.Name, out.MediaType, out.Size = body.Name, body.MediaType, body.Size
		out.SHA256, out.Salt = digest[:], salt[:]
		out.File = fmt.Sprintf("bodies/%s/%d/%d", d.Log, index, i)
		if err := b.put(out.File, content); err != nil {
			return err
		}
	}
	return nil
}

// verifyBundle checks every event of a bundle. One verdict a log; its size is
// that of the largest checkpoint in the bundle.
func verifyBundle(ctx context.Context, target string, o VerifyOptions) ([]Verdict, error) {
	return checkBundle(ctx, target, o, nil)
}

func openBundle(target string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(target)
	if errors.Is(err, zip.ErrFormat) {
		err = ErrNoBundle
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	return z, nil
}

// checkBundle is verifyBundle, and calls seen, if it is not nil, for each event.
func checkBundle(ctx context.Context, target string, o VerifyOptions, seen func(*Disclosure)) ([]Verdict, error) {
	z, err := openBundle(target)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }() // was only read
	if len(z.File) > maxBundleFiles {
		return nil, fmt.Errorf("%s: %w", target, ErrTooLarge)
	}
	c := &bundleCheck{files: map[string]*zip.File{}, trust: "policy", verdicts: map[string]*Verdict{}, seen: seen}
	for _, f := range z.File {
		c.files[f.Name] = f
	}
	text := o.Policy
	if text == nil {
		c.trust = "self"
		if text, err = c.read("policy"); err != nil {
			return nil, fmt.Errorf("%s: %w", target, err)
		}
	}
	if c.policy, err = ParsePolicy(text); err != nil {
		return nil, err
	}
	c.policy.Follow(c.successions())
	if c.tsa, err = o.tsa(); err != nil {
		return nil, err
	}
	if err := c.all(ctx, target, slices.Concat(text, o.TSA), z.File, o.State); err != nil {
		return nil, err
	}
	out := make([]Verdict, 0, len(c.order))
	for _, log := range c.order {
		v := c.verdicts[log]
		v.Verified, v.Shown = len(v.Problems) == 0, c.count(log)
		if o.wants(log) {
			out = append(out, *v)
		}
	}
	if len(c.order) == 0 {
		return nil, fmt.Errorf("%s: no events in this bundle: %w", target, ErrNotFound)
	}
	return out, nil
}

// count is the number of events of a log in the bundle.
func (c *bundleCheck) count(log string) (n uint64) {
	for name := range c.files {
		if strings.HasPrefix(name, "events/") && strings.HasSuffix(name, ".json") && bundleLog(name) == log {
			n++
		}
	}
	return n
}

// all checks every event, and goes on where an interrupted verification of the
// same file under the same trust was.
func (c *bundleCheck) all(ctx context.Context, target string, trust []byte, files []*zip.File, state string) error {
	resume, err := openResumer(state)
	if err != nil {
		return err
	}
	memory := ""
	if state != "" {
		if memory, err = c.memory(target, trust); err != nil {
			return err
		}
	}
	done, found := resume.bundle(memory)
	for _, v := range found {
		c.verdicts[v.Log] = &v
		c.order = append(c.order, v.Log)
	}
	for i, f := range files {
		if i < done {
			continue
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(err, c.remember(resume, memory, i))
		}
		if i > 0 && i%bundleResume == 0 {
			if err := c.remember(resume, memory, i); err != nil {
				return err
			}
		}
		if name, ok := strings.CutSuffix(f.Name, ".json"); ok && strings.HasPrefix(name, "events/") {
			c.event(name)
		}
	}
	return c.remember(resume, memory, len(files))
}

// bundleResume is how many files of a bundle are checked between two writes of
// the state.
const bundleResume = 4096

// memory is the name of a bundle in the state file.
func (*bundleCheck) memory(target string, trust []byte) (string, error) {
	f, err := os.Open(target)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	sum := sha256.Sum256(trust)
	return fmt.Sprintf("bundle %x under %x", h.Sum(nil), sum[:]), nil
}

// remember notes how far the bundle is, unless there is a problem: then the
// next verification begins again.
func (c *bundleCheck) remember(resume *resumer, memory string, done int) error {
	var found []Verdict
	for _, log := range c.order {
		if len(c.verdicts[log].Problems) > 0 {
			return resume.forget(memory)
		}
		found = append(found, *c.verdicts[log])
	}
	return resume.saveBundle(memory, done, found)
}

type bundleCheck struct {
	files    map[string]*zip.File
	policy   *Policy
	tsa      *x509.CertPool
	trust    string
	verdicts map[string]*Verdict
	order    []string
	seen     func(*Disclosure) // nil: nobody looks
}

func (c *bundleCheck) read(name string) ([]byte, error) {
	f := c.files[name]
	if f == nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(in, maxBundleFile+1))
	if err == nil && len(b) > maxBundleFile {
		err = fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	return b, errors.Join(err, in.Close())
}

func (c *bundleCheck) verdict(log string) *Verdict {
	v := c.verdicts[log]
	if v == nil {
		v = &Verdict{Log: log, Trust: c.trust, Cosignatures: []string{}, Problems: []VerdictProblem{}}
		c.verdicts[log] = v
		c.order = append(c.order, log)
	}
	return v
}

// event checks one event: disclosure to entry, entry to checkpoint, checkpoint
// to the policy.
func (c *bundleCheck) event(name string) {
	v := c.verdict(bundleLog(name))
	var d Disclosure
	text, err := c.read(name + ".json")
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		err = dec.Decode(&d)
	}
	if err != nil {
		v.add(badEntry, 0, "%s: %v", name, err)
		return
	}
	if err := d.Check(); err != nil || name != fmt.Sprintf("events/%s/%d", d.Log, d.Index) {
		v.add(badEntry, d.Index, "%s: %v", name, errDisclosure)
		return
	}
	// The verdict is on the disclosure; who checks by hand takes this file.
	if entry, err := c.read(name + ".entry"); !errors.Is(err, ErrNotFound) && (err != nil || !bytes.Equal(entry, d.Entry)) {
		v.add(badEntry, d.Index, "%s.entry is not the entry of the event", name)
	}
	if c.seen != nil {
		c.seen(&d)
	}
	for _, b := range d.Bodies {
		if b.File == "" {
			continue
		}
		content, err := c.read(b.File)
		if digest := sha256.Sum256(content); err != nil || !bytes.Equal(digest[:], b.SHA256) {
			v.add(badBody, d.Index, "body %s is not what was logged", b.Name)
		}
	}
	raw, err := c.read(name + ".tlog-proof")
	if err != nil {
		v.add(badHead, d.Index, "%v", err)
		return
	}
	p, err := ParseTlogProof(raw)
	if err == nil && p.Index != d.Index {
		err = errProof
	}
	if err != nil {
		v.add(badHead, d.Index, "proof: %v", err)
		return
	}
	head, cosigners, err := p.check(c.policy, d.Entry)
	_, unknown := errors.AsType[*unknownLog](err)
	switch {
	case unknown:
		v.add(badPolicy, d.Index, "%v", err)
	case errors.Is(err, errQuorum):
		v.add(badQuorum, d.Index, "%v", err)
	case err != nil:
		v.add(badHead, d.Index, "proof: %v", err)
	case logName(head.Origin) != d.Log:
		v.add(badHead, d.Index, "proof is from log %s", head.Origin)
	case head.Size >= v.Size:
		v.Origin, v.Size, v.Root, v.Cosignatures = head.Origin, head.Size, head.Root.String(), cosigners
		if len(cosigners) > 0 {
			v.CosignedSize = head.Size
		}
	}
	c.timestamp(v, name, &d)
}

// timestamp checks the token that covers an event, if there is one.
func (c *bundleCheck) timestamp(v *Verdict, name string, d *Disclosure) {
	s, err := c.stamp(name, d)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		v.add(badTimestamp, d.Index, "%v", err)
	case !slices.ContainsFunc(v.Timestamps, func(x Stamped) bool { return x.Size == s.Size }):
		v.Timestamps = append(v.Timestamps, s)
	}
}

// stamp reads what time-stamp an event of the bundle has: ErrNotFound if none.
func (c *bundleCheck) stamp(name string, d *Disclosure) (Stamped, error) {
	raw, err := c.read(name + ".tst-proof")
	if err != nil {
		return Stamped{}, err
	}
	p, err := ParseTlogProof(raw)
	if err == nil && p.Index != d.Index {
		err = errProof
	}
	if err != nil {
		return Stamped{}, fmt.Errorf("proof to the time-stamped checkpoint: %w", err)
	}
	head, _, err := p.check(c.policy, d.Entry)
	if err != nil && !errors.Is(err, errQuorum) { // the token does not want witnesses
		return Stamped{}, fmt.Errorf("proof to the time-stamped checkpoint: %w", err)
	}
	der, err := c.read(fmt.Sprintf("timestamps/%s/%d%s", d.Log, head.Size, stampExt))
	if errors.Is(err, ErrNotFound) {
		return Stamped{}, errors.New("the time-stamp token is missing")
	}
	if err != nil {
		return Stamped{}, err
	}
	return judgeToken(der, head, c.tsa)
}

// bundleSide is a bundle as one of two sides that are compared.
func bundleSide(ctx context.Context, target string, o VerifyOptions) (*Side, error) {
	var events []*Stored
	verdicts, err := checkBundle(ctx, target, o, func(d *Disclosure) { events = append(events, d.stored()) })
	if err == nil {
		err = unsound(target, verdicts)
	}
	if err != nil {
		return nil, err
	}
	side := &Side{Partial: true, Close: func() error { return nil }}
	for _, v := range verdicts {
		side.Agency, _, _ = strings.Cut(v.Origin, "/audit/")
	}
	side.Mentions = func(_ context.Context, peer string, o CompareOptions) ([]Mention, error) {
		out := []Mention{}
		for _, e := range events {
			if m := o.mention(e); m != nil && relationOf(e.Log) == peer {
				out = append(out, *m)
			}
		}
		return out, nil
	}
	return side, nil
}
