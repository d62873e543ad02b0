package audit

import (
	"archive/zip"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ExplainTarget writes each step of a verification of one event in words: from
// a ledger folder (log and index name the event), or for every event of a
// bundle. It computes everything itself and returns ErrDamaged when a step
// fails, after having said which.
func ExplainTarget(ctx context.Context, target, log string, index uint64, w io.Writer, o VerifyOptions) error {
	bundle, err := isBundle(target)
	if err != nil {
		return err
	}
	if bundle {
		return explainBundle(ctx, target, w, o)
	}
	f, err := openFolder(ctx, target)
	if err != nil {
		return err
	}
	err = f.explain(ctx, log, index, w, o)
	return errors.Join(err, f.close())
}

func (f *folder) explain(ctx context.Context, log string, index uint64, w io.Writer, o VerifyOptions) error {
	text := o.Policy
	if text == nil {
		text = f.policy
	}
	policy, err := ParsePolicy(text)
	if err != nil {
		return err
	}
	raw, err := f.prove(ctx, log, index)
	if err != nil {
		return err
	}
	var d *Disclosure
	var stamp explainedStamp
	err = f.store.view(func(r reader) error {
		_, docs, err := f.successions(r)
		if err != nil {
			return err
		}
		policy.Follow(docs)
		c, text, der, err := f.firstStamp(r, f.logs[log], log, index)
		if err != nil {
			return err
		}
		if der != nil {
			stamp.token = der
			if stamp.proof, err = f.proofAt(r, f.logs[log], index, c, text); err != nil {
				return err
			}
		}
		return eachRecord(r, f.logs[log], index, index+1, func(_ uint64, rec *record) error {
			if rec.lost {
				return rec.lostError(log, index)
			}
			d = disclose(rec, log, index, nil, nil, nil)
			return nil
		})
	})
	if err != nil {
		return err
	}
	if stamp.roots, err = o.tsa(); err != nil {
		return err
	}
	return explain(w, d, raw, stamp, policy)
}

// explainedStamp is the time-stamp that covers an event, if there is one.
type explainedStamp struct {
	proof, token []byte
	roots        *x509.CertPool
}

func explainBundle(ctx context.Context, target string, w io.Writer, o VerifyOptions) error {
	z, err := openBundle(target)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }() // was only read
	c := &bundleCheck{files: map[string]*zip.File{}}
	for _, f := range z.File {
		c.files[f.Name] = f
	}
	text := o.Policy
	if text == nil {
		if text, err = c.read("policy"); err != nil {
			return err
		}
	}
	policy, err := ParsePolicy(text)
	if err != nil {
		return err
	}
	policy.Follow(c.successions())
	roots, err := o.tsa()
	if err != nil {
		return err
	}
	var failed error
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".json")
		if !ok || !strings.HasPrefix(name, "events/") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var d Disclosure
		text, err := c.read(f.Name)
		if err == nil {
			err = json.Unmarshal(text, &d)
		}
		proof, err2 := c.read(name + ".tlog-proof")
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		stamp := explainedStamp{roots: roots}
		if stamp.proof, err = c.read(name + ".tst-proof"); err == nil {
			if p, err := ParseTlogProof(stamp.proof); err == nil {
				stamp.token, _ = c.read(fmt.Sprintf("timestamps/%s/%s%s", d.Log, sizeIn(p.Checkpoint), stampExt)) // missing: a step fails
			}
		}
		if err := explain(w, &d, proof, stamp, policy); err != nil {
			failed = err
		}
	}
	return failed
}

// An explanation numbers its steps and remembers whether one failed.
type explanation struct {
	w    io.Writer
	step int
	err  error
}

func (x *explanation) say(format string, args ...any) {
	if _, err := fmt.Fprintf(x.w, format+"\n", args...); err != nil && x.err == nil {
		x.err = err
	}
}

func (x *explanation) check(ok bool, format string, args ...any) bool {
	x.step++
	mark := "ok    "
	if !ok {
		mark = "FAILS "
		if x.err == nil {
			x.err = ErrDamaged
		}
	}
	x.say("%2d. %s%s", x.step, mark, fmt.Sprintf(format, args...))
	return ok
}

// sizeIn is the second line of a checkpoint.
func sizeIn(checkpoint []byte) string {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return ""
	}
	return lines[1]
}

func explain(w io.Writer, d *Disclosure, raw []byte, stamp explainedStamp, policy *Policy) error {
	x := &explanation{w: w}
	x.say("%s", strings.TrimSuffix(d.String(), "\n"))
	x.check(d.Check() == nil, "the disclosed values, with their salts, and the commitments to the rest hash to the entry %s", hex.EncodeToString(d.Entry))
	leaf := hashEntry(d.Entry)
	x.check(true, "SHA-256 of a zero byte and the entry is its leaf hash %s", leaf)
	p, err := ParseTlogProof(raw)
	if !x.check(err == nil && p.Index == d.Index, "the proof is a C2SP tlog-proof for index %d", d.Index) {
		return x.err
	}
	text, _, _ := strings.Cut(string(p.Checkpoint), "\n\n")
	c, err := ParseCheckpoint(text + "\n")
	if !x.check(err == nil && p.Index < c.Size, "its checkpoint is a head of log %s with %d entries", c.Origin, c.Size) {
		return x.err
	}
	root, ok := x.climb(p, c.Size, leaf)
	x.check(ok && root == c.Root, "the root reached is the one of the checkpoint, %s", c.Root)
	x.signatures(p, c, policy)
	if stamp.proof != nil {
		x.timestamp(d, stamp, policy)
	}
	if x.err == nil {
		x.say("So this event was in the log when the checkpoint was signed, and has not changed since.\n")
	} else {
		x.say("So this event is NOT proven.\n")
	}
	return x.err
}

// climb recomputes the root as RFC 9162 section 2.1.3.2 says.
func (x *explanation) climb(p TlogProof, size uint64, h tlog.Hash) (tlog.Hash, bool) {
	fn, sn := p.Index, size-1
	for _, sibling := range p.Proof {
		if sn == 0 {
			return h, false
		}
		side := "right"
		if fn&1 == 1 || fn == sn {
			h, side = nodeHash(&sibling, &h), "left"
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			h = nodeHash(&h, &sibling)
		}
		fn, sn = fn>>1, sn>>1
		x.say("      with %s on the %s: %s", sibling, side, h)
	}
	return h, sn == 0
}

// signatures checks the log's signature and each cosignature.
func (x *explanation) signatures(p TlogProof, c Checkpoint, policy *Policy) {
	key := policy.log(c.Origin)
	how := "the policy knows the log"
	if slices.Contains(policy.named, key) {
		how = "the policy knows an earlier shard, whose last entry names the key of this one"
	}
	if !x.check(key != nil, "%s", how) {
		return
	}
	_, _, err := openCheckpoint(p.Checkpoint, key)
	x.check(err == nil, "the log has signed the checkpoint with key %s", key.vkey())
	_, n, err := openCheckpoint(p.Checkpoint, key, policy.verifiers()...)
	if !x.check(err == nil, "no cosignature of a known witness is wrong") {
		return
	}
	for _, sig := range n.Sigs {
		switch {
		case sig.Name == key.name && sig.Hash == key.hash:
		case strings.HasPrefix(c.Origin, sig.Name+"/"):
			x.check(true, "the log has signed it with its ML-DSA-44 key too, at %s", sigTime(sig).Format("2006-01-02 15:04:05 MST"))
		default:
			x.check(true, "%s has cosigned it at %s: it has seen no other history of this log", sig.Name, sigTime(sig).Format("2006-01-02 15:04:05 MST"))
		}
	}
	if isInternal(key) {
		x.say("      the internal log is cosigned through the relation logs, which commit to its heads")
		return
	}
	x.check(policy.satisfied(n.Sigs), "the cosignatures are what the policy wants (quorum %s)", policy.quorum)
}

// timestamp explains the token of a time-stamping authority.
func (x *explanation) timestamp(d *Disclosure, stamp explainedStamp, policy *Policy) {
	p, err := ParseTlogProof(stamp.proof)
	if !x.check(err == nil && p.Index == d.Index, "there is a second proof, to a checkpoint that has a time-stamp (RFC 3161)") {
		return
	}
	head, _, err := p.check(policy, d.Entry)
	if !x.check(err == nil || errors.Is(err, errQuorum), "the entry is in that checkpoint too, of %d entries, which the log has signed", head.Size) {
		return
	}
	s, err := judgeToken(stamp.token, head, nil)
	if !x.check(err == nil, "the time-stamp token is over the three lines of that checkpoint, and signed") {
		return
	}
	when := s.Time.Format("2006-01-02 15:04:05 MST")
	if stamp.roots == nil {
		x.say("      %s says that it existed at %s; name the authority's CA to have that checked", s.Authority, when)
		return
	}
	_, err = judgeToken(stamp.token, head, stamp.roots)
	x.check(err == nil, "%s, whose CA you trust, says that it existed at %s: the event is not younger", s.Authority, when)
}
