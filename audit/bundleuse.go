package audit

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A bundle can be looked into like the ledger that it is of: for the proof of an
// event, for events, and for a smaller bundle. It must verify by its own policy.

// proveBundle is the proof of an event, as it is in the bundle.
func proveBundle(target, log string, index uint64) ([]byte, error) {
	z, err := openBundle(target)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }() // was only read
	c := &bundleCheck{files: map[string]*zip.File{}}
	for _, f := range z.File {
		c.files[f.Name] = f
	}
	proof, err := c.read(fmt.Sprintf("events/%s/%d.tlog-proof", log, index))
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%s: log %s: index %d is not in this bundle: %w", target, log, index, ErrNotFound)
	}
	if err == nil {
		_, err = ParseTlogProof(proof)
	}
	return proof, err
}

// searchBundle finds events among those of a bundle. It has terms as HMACs
// under a key that it has not: a term is looked for in what is disclosed.
func searchBundle(ctx context.Context, target string, terms []string, q Query) ([]*Stored, error) {
	var found []*Stored
	verdicts, err := checkBundle(ctx, target, VerifyOptions{}, func(d *Disclosure) {
		e := d.stored()
		if q.in(e.Log) && q.matches(e) && slices.ContainsFunc(terms, d.says) && (q.Limit == 0 || len(found) < q.Limit) {
			found = append(found, e)
		}
	})
	if err == nil {
		err = unsound(target, verdicts)
	}
	return found, err
}

// says says whether a value of a term, or the whole of it, is disclosed.
func (d *Disclosure) says(term string) bool {
	_, value, _ := strings.Cut(term, ":")
	return term == "" || slices.ContainsFunc(slices.Concat(d.Header, d.Details), func(v DisclosedValue) bool {
		return v.Salt != nil && v.Value != "" && (v.Value == term || v.Value == value)
	})
}

// unsound is an error that names the first problem of a bundle.
func unsound(target string, verdicts []Verdict) error {
	for _, v := range verdicts {
		if !v.Verified {
			return fmt.Errorf("%s: log %s: %s: %w", target, v.Log, v.Problems[0].Message, ErrDamaged)
		}
	}
	return nil
}

// exportBundle writes a bundle with some events of another, as they are there.
func exportBundle(ctx context.Context, target string, w io.Writer, o ExportOptions) error {
	chosen := map[string]bool{} // names without extension, and bodies
	verdicts, err := checkBundle(ctx, target, VerifyOptions{}, func(d *Disclosure) {
		if e := d.stored(); o.Query.in(e.Log) && o.Query.matches(e) && d.says(o.Query.Term) {
			chosen[fmt.Sprintf("events/%s/%d", d.Log, d.Index)] = true
			for _, b := range d.Bodies {
				chosen[b.File] = true
			}
		}
	})
	if err == nil {
		err = unsound(target, verdicts)
	}
	if err != nil {
		return err
	}
	z, err := openBundle(target)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }() // was only read
	out := zip.NewWriter(w)
	for _, f := range z.File {
		name := f.Name
		if i := strings.LastIndexByte(name, '.'); i > strings.LastIndexByte(name, '/') {
			name = name[:i]
		}
		if (strings.HasPrefix(name, "events/") || strings.HasPrefix(name, "bodies/")) && !chosen[name] {
			continue
		}
		if err := out.Copy(f); err != nil {
			return err
		}
	}
	return out.Close()
}
